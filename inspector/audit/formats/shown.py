"""The ledger for a terminal: its rows, some hundred at a time, what they add up to, and what all this rests on."""

from collections import Counter
from collections.abc import Iterator
from itertools import islice

from rich.console import RenderableType
from rich.text import Text

from inspector.analysis.finding import Severity
from inspector.audit.audited import Audited
from inspector.audit.entry import Entry
from inspector.audit.head import Head
from inspector.audit.totals import Total, Totals
from inspector.render.escape import plain
from inspector.render.line import STYLES
from inspector.render.table import moment, table

_TOGETHER = 500
"""Rows of one table: their widths are chosen together."""

_KEYS = 20
"""Agents, chats, types or days that are shown of each, those with most files first."""

_UNKNOWN = {"agent": "(customers and others)", "declared_type": "(none told)", "detected_type": "(not known)"}
"""What is said for a key that is empty."""

_STATES = {"sent": "green", "received": "green", "lost": "bold red", "refused": "yellow", "undecided": "magenta"}


def shown(audited: Audited) -> Iterator[RenderableType]:
    """What is printed, piece by piece. Raises RecordingError."""
    totals = Totals()
    entries = totals.counting(audited.entries())
    title = "Ledger"
    while rows := list(islice(entries, _TOGETHER)):
        yield _rows(title, rows)
        title = ""
    if not totals.all.files:
        yield Text("no file was sent or received")
    yield Text()
    yield from _totals(totals)
    others = Counter(finding.severity for finding, excused in (one.finding for one in audited.others()) if not excused)
    yield Text("\nfindings about no transfer: ").append(_counts(Counter({one.value: others[one] for one in others})))
    yield from _head(audited.head())


def _rows(title: str, entries: list[Entry]) -> RenderableType:
    columns = (
        "time",
        "agent",
        "chat",
        "document",
        "name",
        "type",
        "bytes",
        "sha256",
        "state",
        "delay",
        "got",
        "findings",
    )
    return table(title, columns, (_row(entry) for entry in entries), right="bytes got", whole="time state delay")


def _row(entry: Entry) -> tuple[str | Text, ...]:
    size = entry.seen_size if entry.seen_size is not None else entry.declared_size
    return (
        moment(entry.at),
        plain(entry.login or (entry.direction if entry.direction != "agent" else ""), 40),
        plain(entry.chat, 40),
        plain(entry.document, 40),
        plain(entry.name, 60),
        _type(entry),
        "" if size is None else str(size),
        plain(entry.sha256, 64)[:12],
        Text(entry.state, _STATES.get(entry.state, "")),
        _delay(entry),
        str(len(entry.fetched) or ""),
        _findings(entry),
    )


def _type(entry: Entry) -> Text:
    """As it was declared; if the bytes look otherwise, that too."""
    told = Text(plain(entry.declared_type or entry.detected_type, 60))
    if entry.declared_type and entry.detected_type and entry.declared_type.lower() != entry.detected_type:
        told.append(f" (looks like {plain(entry.detected_type, 60)})", "yellow")
    return told


def _delay(entry: Entry) -> Text:
    """How long after the reply's end everybody was told; before it is worth seeing."""
    lag = entry.notified.lag_ms if entry.notified else None
    return Text() if lag is None else Text(f"{lag:+.0f} ms", "bold cyan" if lag < 0 else "dim")


def _findings(entry: Entry) -> Text:
    worst: dict[str, Severity] = {}
    for finding in entry.findings:
        worst[finding.rule] = max(worst.get(finding.rule, finding.severity), finding.severity, key=lambda one: one.rank)
    told = Text(" ").join(Text(code, STYLES[severity]) for code, severity in worst.items())
    return told.append(f"{' ' if worst else ''}({len(entry.excused)} excused)", "dim") if entry.excused else told


def _totals(totals: Totals) -> Iterator[RenderableType]:
    for which, keys in totals.by.items():
        most = sorted(keys.items(), key=lambda pair: -pair[1].files)
        if which == "day":
            most = sorted(keys.items())
        yield table(
            f"By {which.replace('_', ' ')}",
            (which.split("_")[-1], "files", "bytes", "states", "findings"),
            (_total(key or _UNKNOWN.get(which, "(unknown)"), total) for key, total in most[:_KEYS]),
            right="files bytes",
        )
        if len(most) > _KEYS:
            yield Text(f"… and {len(most) - _KEYS} more: --format json has all", "dim")
        yield Text()
    yield table("All", ("", "files", "bytes", "states", "findings"), [_total("", totals.all)], right="files bytes")


def _total(key: str, total: Total) -> tuple[str | Text, ...]:
    states = ", ".join(f"{count} {plain(state)}" for state, count in total.states.most_common())
    size = f"{total.size}{f' + {total.unsized} unknown' if total.unsized else ''}"
    return plain(key, 60), str(total.files), size, states, _counts(total.findings)


def _counts(findings: Counter[str]) -> Text:
    parts = [Text(f"{findings[one]} {one}", STYLES[one]) for one in reversed(Severity) if findings[one]]
    return Text(" · ").join(parts) if parts else Text("none", "green")


def _head(head: Head) -> Iterator[RenderableType]:
    """What it rests on."""
    yield Text("\nThis rests on", "bold")
    for file in head.recordings:
        yield Text.assemble((plain(file.name), "bold"), f"  sha256 {file.sha256}")
        if file.unsettled:
            yield Text(f"  {plain(file.unsettled, 400)}", "magenta")
        for one in file.sessions:
            state = Text(plain(one.state), "" if one.state == "complete" else "bold magenta")
            trouble = f" ({plain(one.trouble, 400)})" if one.trouble else ""
            secrets = ", secrets kept" if one.secrets_kept else ""
            left = "" if one.counts else ", left out: it is in another recording, too"
            times = f"{moment(one.started)} to {moment(one.ended) or '?'}"
            yield Text.assemble(f"  session {plain(one.uuid)}, ", state, f"{trouble}{secrets}{left}, {times}, ")
            yield Text(f"    {one.exchanges} exchanges ({one.unfinished} unfinished) with {plain(one.upstream, 400)}")
    yield Text(f"gws-inspector {head.tool}, rules {head.rules}, puremagic {head.types}; {policy_words(head)}")
    for name, words in (("select", head.select), ("ignore", head.ignore), ("excused", head.excused)):
        if words:
            yield Text(f"{name}: {plain(', '.join(words), 1000)}")


def policy_words(head: Head) -> str:
    """What files were judged by, in a line."""
    if head.policy is None:
        return "files judged by the policy that each session was recorded with"
    where = (
        f"policy {plain(head.policy_file)}, sha256 {head.policy_sha256}" if head.policy_file else "the settings' policy"
    )
    return f"files judged by {where}: {plain(', '.join(head.policy) or 'nothing but the defaults', 400)}"
