"""Whoever follows the traffic of a session for something of its own: the analyst tells it what passes, and judges what
it makes of that."""

from collections.abc import Iterable

from inspector.analysis.agents import Agent
from inspector.analysis.calls import Call
from inspector.analysis.causes import FileTold, LinkTold
from inspector.analysis.channel import Message
from inspector.analysis.happenings import Happening
from inspector.traffic.exchange import Exchange, Instant
from inspector.traffic.value import value
from inspector.webservices.routes import Route


@value()
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

    def linked(self, told: LinkTold) -> Iterable[Happening]:
        """A document is new in a chat's list of attachments."""
        return ()

    def sent(self, told: FileTold) -> Iterable[Happening]:
        """A line says that a file was sent."""
        return ()

    def passed(self, now: Instant) -> Iterable[Happening]:
        """It is `now`, by an event whatever it was; nothing of it is known that the others did not tell."""
        return ()

    def forgotten(self, chat_id: str) -> None:
        """The chat was over long ago: what is known of it can be let go."""


class Watches:
    """All that follow a session: of each, only what it does is called, for most traffic concerns few of them."""

    def __init__(self, *watches: Watch) -> None:
        self.started = [one.started for one in watches if type(one).started is not Watch.started]
        self.completed = [one.completed for one in watches if type(one).completed is not Watch.completed]
        self.told = [one.told for one in watches if type(one).told is not Watch.told]
        self.linked = [one.linked for one in watches if type(one).linked is not Watch.linked]
        self.sent = [one.sent for one in watches if type(one).sent is not Watch.sent]
        self.passed = [one.passed for one in watches if type(one).passed is not Watch.passed]
        self.forgotten = [one.forgotten for one in watches if type(one).forgotten is not Watch.forgotten]
