"""A miss for a terminal: what was asked, what is recorded that comes near, where they differ, what to do."""

from collections.abc import Iterator

from rich.text import Text

from inspector.analysis.miss import Miss, Near
from inspector.render.escape import plain
from inspector.traffic.difference import Difference

_LINE = 2000
"""Characters of a line of ours: longer than any, and yet a limit for what is from traffic in it."""


def miss_lines(miss: Miss) -> Iterator[Text]:
    """The lines that explain a miss; the first one says it all."""
    yield Text.assemble(("✗ ", "bold red"), (plain(miss.text, _LINE), "bold"))
    for near in miss.nearest:
        yield _near(near)
        if near.differences:
            same = ", ".join(near.same) or "nothing"
            yield Text.assemble("      ", ("same: ", "dim"), (same, "green"))
        yield from (_difference(difference) for difference in near.differences)
        if near.cut:
            yield Text("      and more", "dim")
    for number, advice in enumerate(miss.advice, 1):
        yield Text.assemble((f"  {number}. ", "bold cyan"), plain(advice, _LINE))


def _near(near: Near) -> Text:
    """`#12 POST /api/v2/me/chats/42 · identical · answered once, used up`"""
    line = Text.assemble("    ", (f"#{near.number} ", "bold"), plain(f"{near.method} {near.path}", _LINE))
    for told, style in (
        ("identical" if near.identical else "", "green"),
        (f"of {plain(near.agent)}" if near.agent else "", "magenta"),
        (f"answered {_times(near.used)}" if near.used else "", "dim"),
        ("used up" if near.spent else "", "yellow"),
        (plain(near.problem), "yellow"),
    ):
        if told:
            line.append(" · ", "dim")
            line.append(told, style)
    return line


def _difference(difference: Difference) -> Text:
    """`body /documentId: recorded "a", asked "b"`"""
    line = Text.assemble("      ", (f"{difference.part} {plain(difference.place, _LINE)}".rstrip(), "cyan"), ": ")
    for label, value, style in (("recorded ", difference.expected, "red"), (", asked ", difference.actual, "green")):
        line.append(label, "dim")
        line.append("nothing" if value is None else plain(value), "dim" if value is None else style)
    return line


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
