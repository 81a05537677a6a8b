"""What is known of a session until now, for those who look at it while it is recorded; the recording has all."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary, WeakValueDictionary

from mitmproxy.flow import Flow

from inspector.analysis.analyst import Derived
from inspector.analysis.calls import Call
from inspector.analysis.causes import Cause
from inspector.analysis.finding import Finding
from inspector.analysis.transfers import Transfer

LIMIT = 10_000
"""Exchanges with findings or causes, and documents, that are kept: those that changed last."""


@dataclass(slots=True)
class Life:
    """One transfer until now, and the exchanges that it passed through."""

    transfer: Transfer
    exchanges: set[int] = field(default_factory=set)


class Known:
    """Hears what is derived, and answers for a flow, a document, or all. Flows are not held."""

    def __init__(self) -> None:
        self._flows: WeakValueDictionary[int, Flow] = WeakValueDictionary()
        self._numbers: WeakKeyDictionary[Flow, int] = WeakKeyDictionary()
        self._findings: dict[int, list[Finding]] = {}
        self._causes: dict[int, list[Cause]] = {}
        self._lives: dict[tuple[str, str], dict[int, Life]] = {}

    def met(self, seen: Flow, number: int) -> None:
        """The flow is exchange `number` of the recording."""
        self._flows[number] = seen
        self._numbers[seen] = number

    def flow(self, number: int) -> Flow | None:
        """The flow of an exchange, if mitmproxy still has it."""
        return self._flows.get(number)

    def number(self, seen: Flow) -> int:
        """The exchange's number; 0 if the flow is not in the recording."""
        return self._numbers.get(seen, 0)

    def hear(self, derived: Sequence[Derived]) -> None:
        """What an event meant."""
        for thing in derived:
            match thing:
                case Finding():
                    _keep(self._findings, thing.exchange, [*self._findings.get(thing.exchange, ()), thing])
                case Cause():
                    _keep(self._causes, thing.call, [*self._causes.get(thing.call, ()), thing])
                case Transfer():
                    self._changed(thing)
                case Call() if thing.document_id:
                    self._called(thing)

    def findings(self, flows: Iterable[Flow] | None = None) -> list[Finding]:
        """The findings of these flows, or all, in the order of their exchanges."""
        kept: Iterable[int] = self._findings
        if flows is not None:
            kept = {self._numbers[one] for one in flows if one in self._numbers}
        return self.findings_in(kept)

    def findings_in(self, exchanges: Iterable[int]) -> list[Finding]:
        """The findings of these exchanges, in their order."""
        return [finding for number in sorted(exchanges) for finding in self._findings.get(number, ())]

    def lives(self, document_id: str, chat_id: str = "") -> list[Life]:
        """The lives of a document, in each chat that it was in; or in one of them."""
        if chat_id:
            return list(self._lives.get((chat_id, document_id), {}).values())
        return [
            life for (_, document), lives in self._lives.items() if document == document_id for life in lives.values()
        ]

    def causes(self, life: Life) -> list[Cause]:
        """Which notifications the document's calls brought about."""
        return [cause for number in sorted(life.exchanges) for cause in self._causes.get(number, ())]

    def _called(self, call: Call) -> None:
        """An upload is its life's from its request on; whatever else is done with a document is done with its last."""
        of = (
            [call.chat_id] if call.chat_id else [chat for chat, document in self._lives if document == call.document_id]
        )
        for chat_id in of:
            lives = list(self._lives.get((chat_id, call.document_id), {}).values())
            if lives and not any(call.number in life.exchanges for life in lives):
                lives[-1].exchanges.add(call.number)

    def _changed(self, transfer: Transfer) -> None:
        key = (transfer.chat_id, transfer.document_id)
        lives = self._lives.get(key, {})
        life = lives.setdefault(transfer.number, Life(transfer))
        life.transfer = transfer
        told = transfer.notified_by[0] if transfer.notified_by else None
        life.exchanges |= {number for number in (transfer.linked_by, transfer.uploaded_by, told) if number is not None}
        _keep(self._lives, key, lives)


def _keep(kept: dict[Any, Any], key: object, value: object) -> None:
    """The value under the key, as the newest; the oldest goes when there are too many."""
    kept.pop(key, None)
    kept[key] = value
    if len(kept) > LIMIT:
        del kept[next(iter(kept))]
