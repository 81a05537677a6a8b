"""What the clients of a stub did, in the API's words: the calls, what they were answered, what they brought about."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic.alias_generators import to_camel

from inspector.analysis import calls
from inspector.analysis.analyst import Analyst, Derived
from inspector.analysis.causes import Cause
from inspector.analysis.channel import Message
from inspector.analysis.finding import Finding
from inspector.traffic.exchange import Event, Instant

OF_CLIENTS = ("GW1", "GW401", "GW406", "GW408", "GW410", "GW602", "GW701")
"""Rules (a family, or one) that are a client's to keep. All others tell of what a server said, which is recorded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """An event that a call brought about, as its client was told: its `kind` (`file-uploaded` and the like), and the
    `data` of the message.
    """

    kind: str
    data: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call of a client. `body` is the JSON object that it sent; `status` is HTTP's, None while it is not answered;
    `status_code` is the API's, from the reply, None if that has none.
    """

    number: int
    operation: str
    agent: str
    chat_id: str
    document_id: str
    body: dict[str, Any]
    status: int | None
    status_code: int | None
    notifications: Sequence[Notification] = ()

    @property
    def accepted(self) -> bool:
        """The reply said 0: forwarded. What became of it, its notifications say."""
        return self.status_code == 0

    def value(self, name: str) -> Any:
        """What a call has under this name: a field of ours, or a member of its body (`upload_type`, `uploadType`).

        Raises KeyError if it has neither.
        """
        if name in self.__slots__ or name == "accepted":
            return getattr(self, name)
        return self.body[name] if name in self.body else self.body[to_camel(name)]


@dataclass(frozen=True, slots=True)
class Understood:
    """What some events mean: the calls in the order in which they were asked, the rules that clients broke, and all
    that was `derived` for that, in its order.
    """

    calls: list[Call] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    derived: list[Derived] = field(default_factory=list)


def understand(events: Iterable[Event], now: Instant) -> Understood:
    """Judges the events as those of a session that ends `now`."""
    analyst = Analyst()
    derived: list[Derived] = [one for event in events for one in analyst.feed(event)]
    derived += analyst.close(now)
    made = {one.number: one for one in derived if isinstance(one, calls.Call)}
    messages = {(one.exchange, one.position): one for one in derived if isinstance(one, Message)}
    caused = [one for one in derived if isinstance(one, Cause)]
    findings = [one for one in derived if isinstance(one, Finding) and one.rule.startswith(OF_CLIENTS)]
    return Understood([_call(made[number], caused, messages) for number in sorted(made)], findings, derived)


def _call(made: calls.Call, causes: Sequence[Cause], messages: dict[tuple[int, int], Message]) -> Call:
    told = [messages[one.exchange, one.position] for one in causes if one.call == made.number]
    return Call(
        number=made.number,
        operation=made.operation,
        agent=made.agent.user_name if made.agent else "",
        chat_id=made.chat_id,
        document_id=made.document_id,
        body=made.body or {},
        status=made.status,
        status_code=made.reply.status_code if made.reply else None,
        notifications=tuple(Notification(kind=one.kind, data=one.content.get("data")) for one in told),
    )
