"""A chat with agents in it, and what was found to have caused what there."""

from tests.analysis.operations import says
from tests.analysis.shapes import Json
from tests.analysis.traffic import Desk, Wire


def at_work(*users: str) -> tuple[Wire, list[Desk]]:
    """Agents in one chat, and nothing derived so far."""
    wire = Wire()
    desks = [wire.at_work(user) for user in users or ("sofia",)]
    wire.derived.clear()
    wire.wait(60_000)
    return wire, desks


def edges(wire: Wire) -> list[tuple[int, int, int]]:
    """Call, exchange, position of every edge."""
    return [(one.call, one.exchange, one.position) for one in wire.all_causes]


def evidence(wire: Wire) -> list[tuple[int, int, str]]:
    return [(one.call, one.exchange, one.evidence) for one in wire.all_causes]


def second_tab(desk: Desk) -> Desk:
    """Another Bayeux client of the same agent."""
    tab = Desk(desk.wire, *desk.fields)
    tab.listen()
    return tab


def text(said: str = "Hello", by: str | Json = "sofia", index: int = 8) -> Json:
    return says("Text", by, index, text=said)


def update(desk: Desk, **kept: object) -> int:
    """Sets user data, and is answered; the call's number."""
    call = desk.do("UpdateUserData", userData=kept)
    desk.wire.answer(call)
    return call.number
