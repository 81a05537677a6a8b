"""The options of the mitmproxy add-on that replays, and what they come to."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from inspector.errors import UsageError
from inspector.replay.control.hosting import Piece
from inspector.replay.control.shelf import Source
from inspector.replay.faults import read as read_faults
from inspector.replay.matching import Policy
from inspector.replay.misses.missing import Tell
from inspector.replay.stub import Settings

OPTIONS: tuple[tuple[str, type, object, str], ...] = (
    ("inspector_replay", str, "", "The recording to replay."),
    ("inspector_session", str, "", "The session to replay (or `all`); by default the newest complete one."),
    ("inspector_agent", str, "", "The user name of the agent to replay; by default all of them."),
    ("inspector_origins", Sequence[str], [], "More addresses of the recorded server."),
    ("inspector_keep_origins", bool, False, "Leave the recorded addresses in the API's URIs."),
    ("inspector_reuse", bool, False, "Let operations answer again, the last answer for ever."),
    ("inspector_pace", str, "0", "Notifications at once (0), as recorded (1), N times faster (N)."),
    ("inspector_poll_timeout", int, 30_000, "Milliseconds that a long poll is held."),
    ("inspector_ignore", Sequence[str], [], "JSON pointers to what does not count in bodies."),
    ("inspector_cors", Sequence[str], [], "Origins whose pages may read answers; * is any."),
    ("inspector_faults", str, "", "A TOML file of faults that are armed from the start."),
)
"""Name, type, default and help of each."""


def piece_of(options: Any, tell: Tell) -> Piece | None:
    """What is to be played; None if no recording is named. Raises InspectorError."""
    if not options.inspector_replay:
        return None
    source = Source(
        Path(options.inspector_replay).expanduser(),
        options.inspector_session or None,
        options.inspector_agent or None,
        Policy(tuple(options.inspector_ignore)),
        tuple(options.inspector_origins),
    )
    settings = Settings(
        _number(options.inspector_pace),
        options.inspector_reuse,
        options.inspector_poll_timeout,
        options.inspector_keep_origins,
        tuple(options.inspector_cors),
    )
    faults = tuple(read_faults(Path(options.inspector_faults).expanduser())) if options.inspector_faults else ()
    return Piece(source, source.prepared(), settings, faults, tell=tell)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UsageError(f"inspector_pace is 0 or how many times faster: not {text!r}") from None
