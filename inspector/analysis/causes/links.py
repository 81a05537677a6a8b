"""Which call put a document into a chat's list of attachments, or took it out."""

from collections import deque

from inspector.analysis.calls import Call
from inspector.analysis.causes.cause import DOCUMENT_ID, REFERENCE_ID, Cause, Claim, Expectation
from inspector.analysis.channel import Message
from inspector.traffic.value import value
from inspector.webservices.attachments import LinkedFile
from inspector.webservices.notifications import ChatStateChange

LINKED, UNLINKED = "linked", "unlinked"
_REMOVED = "AttachmentRemoved"
_OF_OTHER_THINGS = frozenset({"StatusChange", "ParticipantsUpdated"})
"""Changes that show the list as well, to whoever comes later."""
LOST = 16
"""Claims that wait for the call to which they belong."""


@value()
class LinkTold:
    """An attachment that is new in a chat's list, and the call that linked it, if it is in the recording."""

    message: Message
    file: LinkedFile
    call: Call | None


@value()
class ListTold:
    """What a change's list of attachments tells. `explained`: a call is known that brought it about."""

    links: list[LinkTold]
    edges: list[Cause]
    explained: bool


class Links:
    """The calls of one chat that wait until a list shows what they did."""

    def __init__(self, window_ms: int) -> None:
        self._window = window_ms * 1000
        self._links: list[Expectation] = []
        self._unlinks: list[Expectation] = []
        self._linked: dict[str, Expectation] = {}
        self._lost: deque[Claim] = deque(maxlen=LOST)

    def linking(self, expected: Expectation) -> None:
        self._links.append(expected)

    def unlinking(self, expected: Expectation) -> None:
        self._unlinks.append(expected)

    def answered(self, expected: Expectation, lost: list[Claim]) -> list[Cause]:
        """The reply is there. Refused, it causes nothing any more; files that were taken for another call's are looked
        at again: a `referenceId` or an id in the reply may say which of two equal ones is whose.
        """
        if expected.call.refused:
            for candidates in (self._links, self._unlinks):
                if expected in candidates:
                    candidates.remove(expected)
        self._lose(expected, lost)
        if expected.reference:
            for other in {id(one): one for one in self._linked.values() if one is not expected}.values():
                self._lose(other, other.give_up(lambda claim: expected.refers(claim.message)))
        edges, left, self._lost = [], self._lost, deque(maxlen=LOST)
        for claim in sorted(left, key=lambda claim: not expected.refers(claim.message)):
            assert claim.file is not None
            owner, evidence = self._linked.get(claim.file.id), claim.evidence
            if owner is None:
                owner, evidence = self._take(claim.message, claim.file)
            if owner is None:
                self._lost.append(claim)
            else:
                edges += self._edges(owner, claim.message, claim.file, evidence)
        return edges

    def told(self, message: Message, change: ChatStateChange, listed: set[str]) -> ListTold:
        """Which calls linked the attachments that were not `listed` before, and which call took one away.

        Only an id that is new in the list is evidence (design, section 7): each list is complete. Lists of several
        agents may overtake each other; so what is new to all is known by its call, and what is not may be to one.
        """
        files = change.chat.attachments if change.chat else None
        edges, explained = self._gone(message, change, listed)
        links = []
        for file in files or ():
            owner, evidence = self._take(message, file) if file.id not in listed else (None, "")
            if file.id not in listed:
                links.append(LinkTold(message, file, owner.call if owner else None))
            if owner is None:
                owner, evidence = self._linked_lately(message, change, file), DOCUMENT_ID
            if owner is not None and not owner.has_told(LINKED, message):
                edges += self._edges(owner, message, file, evidence)
                explained = True
        return ListTold(links, edges, explained)

    def _take(self, message: Message, file: LinkedFile) -> tuple[Expectation | None, str]:
        """A new document's id is not told in the reply (Chat API, AddAttachment): its name and size must do."""
        candidates = [
            one for one in self._links if one.call.asked <= message.at and not one.contradicts(message)
        ]  # those that reached the server come first
        candidates.sort(key=lambda one: one.call.error is not None)
        for evidence, fits in (
            (DOCUMENT_ID, lambda one: one.call.document_id == file.id),
            (REFERENCE_ID, lambda one: one.refers(message) and not one.call.document_id),
            ("name and size", lambda one: one.awaits(message.at, self._window) and _carries(one.call, file)),
        ):
            if found := next(filter(fits, candidates), None):
                self._links.remove(found)
                return found, evidence
        return None, ""

    def _linked_lately(self, message: Message, change: ChatStateChange, file: LinkedFile) -> Expectation | None:
        """The call that linked a file which another agent was told of first; not for those who only came later."""
        owner = self._linked.get(file.id)
        of_it = change.notification_type not in _OF_OTHER_THINGS
        return owner if owner and of_it and owner.awaits(message.at, self._window) else None

    def _edges(self, owner: Expectation, message: Message, file: LinkedFile, evidence: str) -> list[Cause]:
        self._linked[file.id] = owner
        return owner.edges(Claim(message, LINKED, evidence, file=file))

    def _lose(self, expected: Expectation, lost: list[Claim]) -> None:
        """What was told is not of this call; it waits for what is."""
        for claim in lost:
            waiting = self._unlinks if claim.file is None else self._links
            if not expected.call.refused and expected not in waiting:
                waiting.append(expected)
            if claim.file is not None:
                if self._linked.get(claim.file.id) is expected:
                    del self._linked[claim.file.id]
                self._lost.append(claim)

    def _gone(self, message: Message, change: ChatStateChange, listed: set[str]) -> tuple[list[Cause], bool]:
        for expected in self._unlinks:
            fits = expected.call.agent is message.agent and expected.awaits(message.at, self._window)
            if not fits or expected.contradicts(message) or self._is_linked_anew(expected):
                continue
            if evidence := _absence(change, expected.call.document_id, listed):
                self._unlinks.remove(expected)
                return expected.edges(Claim(message, UNLINKED, evidence)), True
        return [], False

    def _is_linked_anew(self, unlink: Expectation) -> bool:
        """Whether the document's link, that was asked for before, is still to be told: it was in no list so far."""
        document_id, asked = unlink.call.document_id, unlink.call.asked
        return any(one.call.document_id == document_id and one.call.asked <= asked for one in self._links)


def _absence(change: ChatStateChange, document_id: str, listed: set[str]) -> str:
    """How a change shows that the document is linked no more. A list without any is no list, but a missing member
    (Chat API, RemoveAttachment), which may mean as well that nothing is said of attachments."""
    if change.chat is None or change.notification_type not in (None, "PropertiesUpdated", _REMOVED):
        return ""
    if change.chat.attachments is not None:
        return "" if any(file.id == document_id for file in change.chat.attachments) else DOCUMENT_ID
    if change.notification_type == _REMOVED:
        return "notificationType"
    return DOCUMENT_ID if listed <= {document_id} and change.chat.user_data is None else ""


def _carries(call: Call, file: LinkedFile) -> bool:
    part = call.file
    return bool(part and not call.document_id and part.filename == file.name and part.body.size == file.bytes)
