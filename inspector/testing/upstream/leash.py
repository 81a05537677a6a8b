"""A recorder does not outlive the tests that have started it, however they end: nor does what it has recorded then."""

import atexit
import os
import signal
import sys
import threading
from pathlib import Path

from inspector.recording.place import remove


def hold(recording: str) -> None:
    """From now on this process ends by SIGINT when whoever started it is gone (its stdin ends, which it holds open and
    writes nothing to); then the recording is nobody's, and is removed.
    """
    gone = threading.Event()

    def watch() -> None:
        while os.read(0, 1):
            pass
        gone.set()
        os.kill(os.getpid(), signal.SIGINT)

    def tidy() -> None:
        if gone.is_set():
            remove(Path(recording))

    atexit.register(tidy)
    threading.Thread(target=watch, name="leash", daemon=True).start()
    sys.stdin = None  # it is ours
