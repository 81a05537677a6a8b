"""Starting the scribe: its process, and what it says first."""

import socket
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from inspector import errors
from inspector.analysis.analyst import AnalysisSettings
from inspector.recording.scribe.wire import AT_ONCE, Frames, messages_frame
from inspector.recording.session import Session
from inspector.traffic.redaction import Places

_BEGIN = (
    "import sys; sys.path.append(sys.argv[1]); from inspector.recording.scribe.begin import begin; begin(sys.argv[2])"
)

_PATIENCE_S = 10.0
"""How long a process that has hung up may take to end."""


@dataclass(frozen=True, slots=True)
class Start:
    """What a Recorder is made of; `listens`: somebody wants to hear what is derived."""

    path: Path
    upstream: str
    places: Places
    settings: AnalysisSettings
    keep_secrets: bool
    listens: bool
    proxy: str
    """Its process, as a session names it."""
    name: str = ""
    """Of the session."""


@dataclass(frozen=True, slots=True)
class Started:
    """A scribe at work, and the proxy's end of what joins them; the session that it has begun, and the number of its
    first exchange.
    """

    process: "subprocess.Popen[bytes]"
    end: socket.socket
    frames: Frames
    session: Session
    first: int


def started(start: Start) -> Started:
    """Raises what a Recorder raises, and RecordingError if there can be no such process; then none is left."""
    try:
        process, end = _process()
    except OSError as error:
        raise errors.RecordingError(
            f"{start.path} cannot be recorded to: no process for it can be started: {error.strerror}"
        ) from None
    frames = Frames()
    try:
        return Started(process, end, frames, *_introduced(end, frames, start))
    except BaseException:
        end.close()
        ended(process)
        raise


def ended(process: "subprocess.Popen[bytes]") -> int:
    """How the process ended, which has hung up; waits for that, but not for ever."""
    try:
        return process.wait(_PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def _process() -> tuple["subprocess.Popen[bytes]", socket.socket]:
    ours, theirs = socket.socketpair()
    with theirs:
        try:
            for end in (ours, theirs):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, AT_ONCE)
            process = subprocess.Popen(
                # mitmproxy leaves the folders of scripts in sys.path, where anything may look like a library: none of
                # them goes along (-P: nor the working folder), only where we are
                [sys.executable, "-P", "-c", _BEGIN, str(Path(__file__).parents[3]), str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,  # that of the proxy is for whoever started it
                start_new_session=True,  # Ctrl-C is meant for the proxy, which tells us when it has ended
            )
        except BaseException:
            ours.close()
            raise
    return process, ours


def _introduced(end: socket.socket, frames: Frames, start: Start) -> tuple[Session, int]:
    """The session that the scribe has begun, and the number of its first exchange. Raises what that raises."""
    with suppress(OSError):  # it is gone: what it has said before can be read nevertheless, and then that
        end.sendall(b"".join(messages_frame([("start", start)])))
    with suppress(OSError):
        while size := end.recv_into(frames.room()):
            for _, messages in frames.came(size):
                match messages[0]:
                    case ("begun", session, first):
                        return session, first
                    case ("refused", kind, text):
                        raise getattr(errors, kind)(text)
                    case ("broken", text):
                        raise errors.RecordingError(f"{start.path} cannot be recorded to: {text}")
    raise errors.RecordingError(f"{start.path} cannot be recorded to: the process that should write it does not start")
