"""Many stubs in a process, and the address where they are controlled."""
