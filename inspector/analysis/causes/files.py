"""Which UploadFile a `file-uploaded` line belongs to: the one that asked for the document, in the order of asking."""

from collections import defaultdict

from inspector.analysis.calls import Call
from inspector.analysis.causes.cause import DOCUMENT_ID, Cause, Claim, Expectation
from inspector.analysis.causes.lines import Lines
from inspector.analysis.channel import Message
from inspector.analysis.chats import is_agents_own
from inspector.traffic.value import value
from inspector.webservices.notifications import ChatMessage

KIND = "uploaded"


@value()
class FileTold:
    """A line that says a file was sent; `call` is the upload that it belongs to; `again`: the line was told before.

    Where no upload is left that it could belong to, `refused` is the last of this document that was refused, and
    `before` the last that another line was told for.
    """

    message: Message
    position: int
    line: ChatMessage
    call: Call | None
    again: bool
    refused: Call | None = None
    before: Call | None = None
    history: bool = False
    """It is in the transcript so far, told to whoever accepts: nobody saw when it was sent."""


class Files:
    """The uploads of one chat that wait for their lines."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._uploads: defaultdict[str, list[Expectation]] = defaultdict(list)
        self._refused: dict[str, Call] = {}
        self._told: dict[str, Expectation] = {}
        self._late: set[int] = set()

    def asked(self, expected: Expectation) -> None:
        self._uploads[expected.call.document_id].append(expected)

    def answered(self, expected: Expectation, lost: list[Claim]) -> list[Cause]:
        """The reply is there. Refused, it causes nothing any more, and what it took is another upload's, if of any."""
        if not expected.call.refused:
            return []
        document_id = expected.call.document_id
        self._refused[document_id] = expected.call
        if expected in self._uploads[document_id]:
            self._uploads[document_id].remove(expected)
        return [edge for claim in lost for edge in self._taken_again(claim, expected)]

    def overdue(self, call: Call) -> None:
        """Its window is over: a line that names nothing is not about it any more; one that names it still is."""
        self._late.add(call.number)

    def told(self, message: Message, position: int, line: ChatMessage, history: bool) -> tuple[FileTold, list[Cause]]:
        """Which upload a line belongs to; a line told again belongs where it did. In the `history` of a chat it is told
        because that was accepted."""
        known = self._lines.known(line)
        document_id = line.attachment.id if line.attachment else ""
        before = self._told.get(document_id)
        if known is None:
            expected = self._take(line)
            self._lines.remember(line, expected, KIND)
            if expected:
                self._told[expected.call.document_id] = expected
        else:
            expected = known.cause
        edges = expected.edges(_claim(message, line)) if expected and not history else []
        told = FileTold(
            message,
            position,
            line,
            expected.call if expected else None,
            known is not None,
            self._refused.get(document_id) if expected is None else None,
            before.call if before and expected is None else None,
            history,
        )
        return told, edges

    def _taken_again(self, claim: Claim, loser: Expectation) -> list[Cause]:
        line = claim.line
        assert line is not None
        known = self._lines.known(line)
        if known and known.cause is loser and (expected := self._take(line)):
            self._lines.remember(line, expected, KIND)
            self._told[expected.call.document_id] = expected
        known = self._lines.known(line)
        return known.cause.edges(claim) if known and known.cause else []

    def expected(self, line: ChatMessage) -> Expectation | None:
        """The upload that a line is about. A line that names no attachment (GW302) is about the only one there is."""
        if line.attachment is not None:
            candidates = [
                one for one in self._uploads.get(line.attachment.id, ()) if is_agents_own(line, one.call.agent)
            ]
            # one that nobody is sure of may never have reached the server: those that did come first
            return min(candidates, key=lambda one: one.call.unsure, default=None)
        open_ = [one for some in self._uploads.values() for one in some if one.call.number not in self._late]
        return open_[0] if len(open_) == 1 and is_agents_own(line, open_[0].call.agent) else None

    def _take(self, line: ChatMessage) -> Expectation | None:
        own = self.expected(line)
        if own is not None:
            self._uploads[own.call.document_id].remove(own)
        return own


def _claim(message: Message, line: ChatMessage) -> Claim:
    return Claim(message, KIND, DOCUMENT_ID if line.attachment else "the only one under way", line=line)
