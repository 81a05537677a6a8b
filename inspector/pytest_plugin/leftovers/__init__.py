"""The end of a run: what of its recordings no test has asked for, listed, or dropped (`--gws-prune`)."""
