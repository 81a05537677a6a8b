"""Whoever follows the traffic of a session for something of its own: the analyst tells it what passes, and judges what
it makes of that."""

from collections.abc import Iterable
from dataclasses import dataclass

from inspector.analysis.agents import Agent
from inspector.analysis.calls import Call
from inspector.analysis.channel import Message
from inspector.analysis.happenings import Happening
from inspector.traffic.exchange import Exchange, Instant
from inspector.webservices.routes import Route


@dataclass(frozen=True, slots=True)
class Seen:
    """An exchange, as far as it has come: where it leads, whose it is, and the call that it makes (None: no operation).

    When it has started, an agent that shows itself by the response alone (a first login) is not known yet.
    """

    exchange: Exchange
    route: Route
    agent: Agent | None
    call: Call | None


class Watch:
    """Does nothing; what follows one thing overrides what that takes. All happenings are judged where they are told."""

    def started(self, seen: Seen) -> Iterable[Happening]:
        """A request is complete."""
        return ()

    def completed(self, seen: Seen) -> Iterable[Happening]:
        """An exchange is over; before the messages in its response are told."""
        return ()

    def told(self, message: Message) -> Iterable[Happening]:
        """A message of the channel was delivered: of either direction, on whatever channel."""
        return ()

    def passed(self, now: Instant) -> Iterable[Happening]:
        """It is `now`, by an event whatever it was; nothing of it is known that the others did not tell."""
        return ()

    def forgotten(self, chat_id: str) -> None:
        """The chat was over long ago: what is known of it can be let go."""
