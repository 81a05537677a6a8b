"""The lines of one chat's transcript that were told, so that none is taken for a new event when it is told again."""

from inspector.analysis.causes.cause import Expectation
from inspector.traffic.value import value
from inspector.webservices.notifications import ChatMessage

REMEMBERED = 20_000
"""Names of lines a chat; of a transcript longer than that the oldest lines are not told again."""


@value()
class Line:
    """A line, with what it is known to be the effect of, if of anything."""

    file_id: str
    cause: Expectation | None = None
    kind: str = ""


class Lines:
    """One logical event has one `fileId` or `index`, however often and to whomever it is told (design, section 7);
    kinds of notification differ in which of them they show."""

    def __init__(self) -> None:
        self._by_name: dict[str, Line] = {}

    def known(self, told: ChatMessage) -> Line | None:
        """The line if it was told before: by its file, else by its index, else by all that it says."""
        for name in _names(told):
            line = self._by_name.get(name)
            # two files of one index are two files
            if line and (not name.startswith("index") or not (line.file_id and _file_id(told))):
                return line
        return None

    def remember(self, told: ChatMessage, cause: Expectation | None = None, kind: str = "") -> None:
        """From now on the line is known, by every name that it has."""
        line = Line(_file_id(told), cause, kind)
        for name in _names(told):
            self._by_name[name] = line
        while len(self._by_name) > REMEMBERED:
            del self._by_name[next(iter(self._by_name))]

    def forget(self, told: ChatMessage) -> None:
        """It was taken for the wrong call's doing: it is new once more."""
        for name in _names(told):
            self._by_name.pop(name, None)


def _names(told: ChatMessage) -> list[str]:
    file_id = _file_id(told)
    names = [f"file {file_id}"] if file_id else []
    if told.index is not None:
        names.append(f"index {told.index}")
    if not names:
        file, sender = told.attachment, told.sender
        names.append(
            f"text {told.type} {told.text} {told.timestamp} {told.timestamp_seconds} "
            f"{sender and sender.participant_id} {file and (file.id, file.name, file.size)}"
        )
    return names


def _file_id(told: ChatMessage) -> str:
    return (told.attachment.file_id or "") if told.attachment else ""
