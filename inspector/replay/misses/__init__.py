"""What nothing recorded answers, and why."""
