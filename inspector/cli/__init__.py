"""The command `gws-inspector`: one file a group of commands, each a thin mirror of the Python below it."""

from inspector.cli.main import main

__all__ = ["main"]
