"""From a recording to what is played: read, made ready, and kept that way."""
