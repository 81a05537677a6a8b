"""A real server behind a test: the recorder in front of it, and the draft that is kept if the test passes."""
