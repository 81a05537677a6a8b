"""What differs, for people: a table a chat, a line that sums it up, and what was left out."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby

from rich.table import Table
from rich.text import Text

from inspector.audit.diff.result import Difference, Kind, LeftOut, Result
from inspector.render.escape import plain
from inspector.render.table import table

_STYLES = {
    Kind.ADDED: "green",
    Kind.MISSING: "bold red",
    Kind.CHANGED: "yellow",
    Kind.MOVED: "magenta",
    Kind.CAUSE: "magenta",
    Kind.ORDER: "bold cyan",
    Kind.SLOWER: "red",
    Kind.FASTER: "green",
}


def tables(differences: Iterable[Difference]) -> Iterator[Table]:
    """A table for each agent and chat that differs."""
    for (agent, chat), found in groupby(differences, lambda one: (one.agent, one.chat)):
        title = " · ".join(word for word in (plain(agent) or "no agent", f"chat {plain(chat)}" if chat else "") if word)
        rows = [
            (
                Text(one.kind, _STYLES[one.kind]),
                plain(one.what),
                one.at_before,
                one.at_after,
                _folded(_or_note(one)),
                _folded(plain(one.before or "", 400)),
                _after(one),
            )
            for one in found
        ]
        yield table(title, ("", "what", "A", "B", "where", "before", "after"), rows, whole="A B")


def summary(result: Result) -> Text:
    """`3 added, 1 missing`, or that nothing differs."""
    counts = result.counts
    if not counts:
        before, after = result.messages
        return Text(f"no difference: {before} and {after} messages", "green")
    return Text(", ").join(Text(f"{counts[kind]} {kind}", _STYLES[kind]) for kind in Kind if counts[kind])


def left_out(result: Result) -> Text:
    """What was not compared, in a line."""
    found = Counter[str]()
    for one in result.left_out:
        found[one.why] += max(one.before, one.after)
    words = [_counted(found[why], "ignored place" if why == "ignored" else why) for why in sorted(found)]
    if result.renamed:
        words.append(_counted(len(result.renamed), "name"))
    if any(result.polls):
        words.append(_counted(max(result.polls), "poll"))
    return Text(f"left out as volatile: {', '.join(words) or 'nothing'}", "dim")


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def volatile_tables(result: Result) -> Iterator[Table]:
    """What was not compared, member by member, and name by name."""
    members = ((one.member, one.why, str(one.before), str(one.after)) for one in _largest_first(result.left_out))
    if result.left_out:
        yield table("Left out", ("member", "why", "A", "B"), members, right="A B")
    if result.renamed:
        yield table("Other names of the same", ("A", "B"), result.renamed)


def _largest_first(left: Iterable[LeftOut]) -> list[LeftOut]:
    return sorted(left, key=lambda one: (one.why, -max(one.before, one.after), one.member))


def _or_note(one: Difference) -> str:
    return plain(one.pointer or ("" if one.before or one.after else one.note), 200)


def _after(one: Difference) -> Text:
    shown = _folded(plain(one.after or "", 400))
    if one.note and (one.before or one.after):
        shown.append(f" ({plain(one.note)})", "dim")
    return shown


def _folded(text: str) -> Text:
    """All of it, on as many lines as it takes: what differs may be at its end."""
    return Text(text, overflow="fold")
