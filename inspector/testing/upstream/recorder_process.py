"""`gws-inspector record` in a process of its own, for one test: everything is as people have it who type that."""

import re
import signal
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import Future
from pathlib import Path
from typing import IO

import inspector
from inspector.errors import RecordingIncomplete, UsageError
from inspector.render.escape import plain

_BEGIN = (
    "import sys; sys.path.append(sys.argv.pop(1)); "
    "from inspector.testing.upstream.leash import hold; hold(sys.argv.pop(1)); "
    "from inspector.cli import main; main(prog_name='gws-inspector')"
)
_PACKAGES = Path(inspector.__file__).parents[1]
_READY = "ready "
_ERROR = re.compile("error: ", re.IGNORECASE)
_PATIENCE_S = 60.0
"""Seconds that it may take to begin, and to end: on a machine that has much else to do."""

_FINDINGS = 1
"""The exit code that settings may want (`fail_on`) where a rule was broken; everything is recorded nevertheless."""


class RecorderProcess:
    """Records what passes to `upstream` into a file, as a session of this name. Its settings are those of `folder`.

    Raises UsageError where it cannot be, in its own words.
    """

    def __init__(self, upstream: str, file: Path, name: str, folder: Path) -> None:
        self._said: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  # closed when it has ended
        self._trouble: str | None = None
        options = ["--mode", "reverse", "--listen", "127.0.0.1:0", "--advertise", "--bodies", "full", "--quiet"]
        options.append(f"--name={name}")
        self._process = subprocess.Popen(
            # -P: nothing that lies in the folder is taken for a library
            [sys.executable, "-P", "-c", _BEGIN, *map(str, (_PACKAGES, file)), "record", *options, upstream, str(file)],
            cwd=folder,
            stdin=subprocess.PIPE,  # its end is ours: see `leash`
            stdout=subprocess.PIPE,
            stderr=self._said,
            start_new_session=True,  # Ctrl-C is meant for the tests, which end it
        )
        ready: Future[str] = Future()
        threading.Thread(target=self._listen, args=[ready], name="gws-recorder", daemon=True).start()
        try:
            self.url = ready.result(_PATIENCE_S)
            """Where clients find it."""
        except BaseException:
            self._end()
            self._close()
            raise

    def is_over(self) -> bool:
        """Whether it has ended by itself."""
        return self._process.poll() is not None

    def end(self) -> None:
        """Once this returns, the file holds the whole session. Raises RecordingIncomplete, in its words."""
        if self._trouble is None:
            self._trouble = self._ended()
        if self._trouble:
            raise RecordingIncomplete(self._trouble)

    def _listen(self, ready: "Future[str]") -> None:
        assert self._process.stdout
        for line in self._process.stdout:  # to its end, so that nothing it prints can hold it up
            text = line.decode("utf-8", "replace").strip()
            if text.startswith(_READY) and not ready.done():
                ready.set_result(text.removeprefix(_READY))
        self._process.wait()
        if not ready.done():
            ready.set_exception(UsageError(self._told() or "the recorder has ended before it was ready"))

    def _ended(self) -> str:
        """What went wrong; empty if nothing did."""
        died = self.is_over()
        try:
            code = self._end()
            said = self._told()
        except subprocess.TimeoutExpired:
            return "the recorder does not end, and was killed"
        finally:
            self._close()
        if died:
            return f"the recorder has ended by itself ({code}){said and f': {said}'}"
        return "" if code in (0, _FINDINGS) else said or f"the recorder has ended with {code}"

    def _end(self) -> int:
        self._process.send_signal(signal.SIGINT)  # nothing, if it has ended
        try:
            return self._process.wait(_PATIENCE_S)
        except BaseException:  # the user's second Ctrl-C, or it hangs
            self._process.kill()
            self._process.wait()
            raise

    def _told(self) -> str:
        """The last line that it has said, for people."""
        self._said.seek(0)
        lines = [line for line in self._said.read().decode("utf-8", "replace").splitlines() if line.strip()]
        return plain(_ERROR.sub("", lines[-1]), 1000) if lines else ""

    def _close(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout, self._said):
            if pipe:
                pipe.close()
