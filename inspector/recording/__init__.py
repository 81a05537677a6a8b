"""Recordings: one SQLite file, what crossed the wire stored once, everything derived from it rebuilt at will."""
