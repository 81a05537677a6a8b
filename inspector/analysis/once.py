"""One logical event is judged once, whatever number of channels or redeliveries carried it (design, section 7)."""

import re
from collections.abc import Iterable, Iterator

from inspector.analysis.channel import Message
from inspector.analysis.finding import Finding
from inspector.analysis.sameness import digest, told
from inspector.webservices.notifications import MessageLogUpdated

_OF_A_LINE = re.compile(r"/data/messages/([0-9]+)(/.*)?\Z")
_OF_A_VALUE = {"GW306"}
"""Rules of which a session is told once a value: every message has it."""


class Once:
    """What was found in the notifications of one session. It holds what was broken, not what was told."""

    def __init__(self) -> None:
        self._found: dict[str, set[tuple[object, ...]]] = {}

    def fresh(self, message: Message, findings: Iterable[Finding]) -> Iterator[Finding]:
        """The findings, of this message, that were not made when the same event was told before."""
        for finding in findings:
            key = _key(message, finding)
            chat_id = "" if finding.rule in _OF_A_VALUE else message.chat_id
            found = self._found.setdefault(chat_id, set())
            if key is None or key not in found:
                yield finding
            if key is not None:
                found.add(key)

    def forgotten(self, chat_id: str) -> None:
        """The chat was over long ago."""
        self._found.pop(chat_id, None)


def _key(message: Message, finding: Finding) -> tuple[object, ...] | None:
    """What is found of what; None if that cannot be told."""
    if finding.rule in _OF_A_VALUE:
        return finding.rule, finding.pointer.rpartition("/")[2], finding.actual
    event, pointer = _event(message, finding.pointer)
    return None if event is None else (finding.rule, event, pointer, digest([finding.expected, finding.actual]))


def _event(message: Message, pointer: str) -> tuple[object, str]:
    """The event that a pointer leads to, and the way within it: a line by its file or index, else all that was told."""
    notification, of_line = message.notification, _OF_A_LINE.match(pointer)
    if isinstance(notification, MessageLogUpdated) and of_line:
        line, within = notification.messages[int(of_line[1])], of_line[2] or ""
        if line.attachment and line.attachment.file_id:
            return f"file {line.attachment.file_id}", within
        if line.index is not None:
            return f"index {line.index}", within
        return digest(message.content["data"]["messages"][int(of_line[1])]), within
    return digest(told(message.content["data"])), pointer
