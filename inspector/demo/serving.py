"""Serves the look-alike on a loopback port for as long as a block lasts."""

from contextlib import AbstractAsyncContextManager

from inspector.replay.fronts.listening import App, listening

HOST = "127.0.0.1"


def serving(app: App, port: int = 0) -> AbstractAsyncContextManager[str]:
    """Serves `app` in the running loop; gives its origin. Port 0 takes a free one. Raises UsageError."""
    return listening(app, HOST, port)
