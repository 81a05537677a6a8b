"""What the scribe's process does first: before this, nothing of it is there that may be missing, or broken."""

import signal
import socket

from inspector.recording.scribe.wire import messages_frame


def begin(descriptor: str) -> None:
    """Serves the proxy, which has the other end of the socket with this number, until it closes the session or is gone;
    or tells it why that cannot be.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # for the proxy to act upon; a service manager tells us both
    end = socket.socket(fileno=int(descriptor))
    try:
        from inspector.recording.scribe.desk import work
    except Exception as error:  # a library is missing here, or is not what it should be
        end.sendall(b"".join(messages_frame([("broken", f"{type(error).__name__}: {error}")])))
    else:
        work(end)
