"""Sessions that somebody else's tool captured: told by a file, and recorded as if they passed now."""
