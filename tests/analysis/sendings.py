"""Sofia and her document in two chats, and what was found about it."""

from inspector.analysis.finding import Finding
from tests.analysis.shapes import CHAT, DOCUMENT, OTHER_CHAT
from tests.analysis.traffic import Desk, Wire

WINDOW = 30_000
THIRD_CHAT = "0001PaBMYY3600RA"


def in_two_chats() -> tuple[Wire, Desk]:
    """Sofia, with her document linked to either."""
    wire = Wire()
    sofia = wire.at_work("sofia")
    sofia.has_linked(DOCUMENT, CHAT)
    sofia.accept(OTHER_CHAT)
    sofia.has_linked(DOCUMENT, OTHER_CHAT)
    return wire, sofia


def found(wire: Wire) -> list[Finding]:
    return [finding for finding in wire.findings if finding.rule[:3] in ("GW2", "GW4")]


def rules(wire: Wire) -> list[str]:
    """Those of replies and transfers."""
    return [finding.rule for finding in found(wire)]


def silence(wire: Wire, *desks: Desk) -> None:
    """Until all windows are over."""
    wire.wait(2 * WINDOW)
    for desk in desks:
        desk.hear()
