"""Whose each exchange of a session is, calls or not: as the analyst finds it, and nothing besides."""

from dataclasses import dataclass

from inspector.analysis.agents import Agent, Agents
from inspector.analysis.calls import LOGOUT, answered, understand
from inspector.analysis.channel import Channel
from inspector.traffic.exchange import Completed, Event, Exchange
from inspector.webservices.routes import Resource, Route, route


@dataclass(frozen=True, slots=True)
class Owned:
    """An exchange that is over or was never answered, and its agent; None for nobody who is known."""

    exchange: Exchange
    route: Route
    agent: Agent | None


class Whose:
    """Follows one session, events in tick order."""

    def __init__(self) -> None:
        self.agents = Agents()
        self._channel = Channel()
        self._open: dict[int, Owned] = {}

    def feed(self, event: Event) -> Owned | None:
        """An exchange begins: that tells nothing yet. It is over: whose it was."""
        exchange, where = event.exchange, route(event.exchange.request.path)
        begun = self._open.pop(exchange.number, None)
        if not isinstance(event, Completed):
            agent = self.agents.asking(exchange.request, event.tick)
            if agent is None and where.resource is Resource.CHANNEL:
                agent = self._channel.asking(exchange)
            self._open[exchange.number] = Owned(exchange, where, agent)
            return None
        agent = self.agents.answered(exchange, where, begun.agent if begun else None, event.tick)
        if where.resource is Resource.CHANNEL:
            self._channel.delivered(exchange, agent)
        elif exchange.response and _may_log_out(exchange):
            call = understand(exchange, where, agent)
            if call is not None and call.operation == LOGOUT and answered(call, exchange, agent).accepted:
                self.agents.logged_out(agent, exchange.response)
        return Owned(exchange, where, agent)

    def unfinished(self) -> list[Owned]:
        """Those that were never answered."""
        return list(self._open.values())


def _may_log_out(exchange: Exchange) -> bool:
    return exchange.request.method == "POST" and LOGOUT.encode() in exchange.request.body.readable()
