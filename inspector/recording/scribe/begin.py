"""What the scribe's process does first: before this, nothing of it is there that may be missing, or broken."""

import signal
import socket
import sys

from inspector.recording.scribe.wire import messages_frame

_TURN_S = 0.0005
"""Seconds after which one thread lets the other go on: ten times as often as usual, because a commit that is done waits
for that, and all of its exchanges with it (4 to 8 % more of them a second, measured).
"""


def begin(descriptor: str) -> None:
    """Serves the proxy, which has the other end of the socket with this number, until it closes the session or is gone;
    or tells it why that cannot be.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # for the proxy to act upon; a service manager tells us both
    sys.setswitchinterval(_TURN_S)
    end = socket.socket(fileno=int(descriptor))
    try:
        from inspector.recording.scribe.desk import work
    except Exception as error:  # a library is missing here, or is not what it should be
        end.sendall(b"".join(messages_frame([("broken", f"{type(error).__name__}: {error}")])))
    else:
        work(end)
