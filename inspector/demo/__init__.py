"""A look-alike Web Services server, a scripted agent desktop and their story: real traffic on a fresh machine.

`server` serves the `world` on a loopback port, `desktop` is an agent at work on it, `story` is what the agent does.
Some of it goes wrong on purpose (`quirks`), so that there is something to see.
"""
