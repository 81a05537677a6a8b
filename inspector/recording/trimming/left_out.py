"""The operations that were left out of a session: nobody can ask for them, but what is left keeps its place among them.

A replay tells how far its story has come by the operations that are over: reads answer by it, and what came by itself
waits for it. So the session remembers where those stood that are gone; in its settings, by which it is judged as well.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from inspector.errors import RecordingError
from inspector.recording.session import Session

_KEY = "left_out"
"""In `Session.settings`."""


class LeftOut(NamedTuple):
    """An operation (exchange `number`), by its ticks; `beside` is an exchange of the same agent that is still there.
    `accepted`: its reply said statusCode 0. `document_id` is what it linked to `chat_id`, if it did.
    """

    number: int
    beside: int
    start: int
    done: int
    operation: str
    accepted: bool
    chat_id: str = ""
    document_id: str = ""


def left_out(session: Session) -> list[LeftOut]:
    """What was left out of the session. Raises RecordingError for what nobody here wrote."""
    told = session.settings.get(_KEY, [])
    if not isinstance(told, list) or not all(map(_fits, told)):
        raise RecordingError(f"the recording is damaged: no operations were left out by {str(told)[:40]!r}")
    return [LeftOut(*one) for one in told]


def with_left_out(settings: dict[str, Any], operations: Sequence[LeftOut]) -> dict[str, object]:
    """The settings of a session that these were left out of."""
    others = {name: value for name, value in settings.items() if name != _KEY}
    return others | ({_KEY: [list(one) for one in operations]} if operations else {})


def _fits(told: Any) -> bool:
    kinds = [int, int, int, int, str, bool, str, str]
    return isinstance(told, list) and list(map(type, told)) == kinds and 0 <= told[2] <= told[3]
