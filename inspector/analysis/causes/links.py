"""Which call put a document into a chat's list of attachments, or took it out."""

from dataclasses import dataclass

from inspector.analysis.calls import Call
from inspector.analysis.causes.cause import Cause, Expectation, contradicts, reference_in
from inspector.analysis.channel import Message
from inspector.webservices.attachments import LinkedFile
from inspector.webservices.notifications import ChatStateChange

LINKED, UNLINKED = "linked", "unlinked"
_REMOVED = "AttachmentRemoved"


@dataclass(frozen=True, slots=True)
class LinkTold:
    """An attachment that is new in a chat's list, and the call that linked it, if it is in the recording."""

    message: Message
    file: LinkedFile
    call: Call | None


class Links:
    """The calls of one chat that wait until a list shows what they did."""

    def __init__(self) -> None:
        self._links: list[Expectation] = []
        self._unlinks: list[Expectation] = []
        self._linked: dict[str, Expectation] = {}

    def linking(self, expected: Expectation) -> None:
        self._links.append(expected)

    def unlinking(self, expected: Expectation) -> None:
        self._unlinks.append(expected)

    def refused(self, expected: Expectation) -> None:
        """It causes nothing any more."""
        for candidates in (self._links, self._unlinks):
            if expected in candidates:
                candidates.remove(expected)

    def told(self, message: Message, change: ChatStateChange, listed: set[str]) -> tuple[list[LinkTold], list[Cause]]:
        """Which calls linked the attachments that were not `listed` before, and which call took one away.

        Only an id that is new in the list is evidence (design, section 7): each list is complete.
        """
        files = change.chat.attachments if change.chat else None
        told, edges = [], self._gone(message, change, listed)
        for file in files or ():
            if file.id not in listed:
                expected, evidence = self._take(message, file)
                told.append(LinkTold(message, file, expected.call if expected else None))
                if expected:
                    self._linked[file.id] = expected
                    edges += expected.edges(message, LINKED, evidence)
            elif expected := self._linked.get(file.id):
                edges += expected.edges(message, LINKED, "documentId")
        return told, edges

    def _take(self, message: Message, file: LinkedFile) -> tuple[Expectation | None, str]:
        """A new document's id is not told in the reply (Chat API, AddAttachment): its name and size must do."""
        reference = reference_in(message)
        candidates = [one for one in self._links if not contradicts(one.reference, message)]
        for evidence, fits in (
            ("documentId", lambda one: one.call.document_id == file.id),
            ("referenceId", lambda one: bool(reference) and one.reference == reference and not one.call.document_id),
            ("name and size", lambda one: _carries(one.call, file)),
        ):
            if found := next(filter(fits, candidates), None):
                self._links.remove(found)
                return found, evidence
        return None, ""

    def _gone(self, message: Message, change: ChatStateChange, listed: set[str]) -> list[Cause]:
        for expected in self._unlinks:
            fits = expected.call.agent is message.agent and not contradicts(expected.reference, message)
            if fits and (evidence := _absence(change, expected.call.document_id, listed)):
                self._unlinks.remove(expected)
                return expected.edges(message, UNLINKED, evidence)
        return []


def _absence(change: ChatStateChange, document_id: str, listed: set[str]) -> str:
    """How a change shows that the document is linked no more. A list without any is no list, but a missing member
    (Chat API, RemoveAttachment), which may mean as well that nothing is said of attachments."""
    if change.chat is None or change.notification_type not in (None, "PropertiesUpdated", _REMOVED):
        return ""
    if change.chat.attachments is not None:
        return "" if any(file.id == document_id for file in change.chat.attachments) else "documentId"
    if change.notification_type == _REMOVED:
        return "notificationType"
    return "documentId" if listed <= {document_id} and change.chat.user_data is None else ""


def _carries(call: Call, file: LinkedFile) -> bool:
    part = call.file
    return bool(part and not call.document_id and part.filename == file.name and part.body.size == file.bytes)
