"""`replay --explain`: which recorded exchange would answer a request, or why none does; nothing is served."""

import asyncio
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
from rich.text import Text

from inspector.errors import UsageError
from inspector.render.escape import plain
from inspector.render.machine import dump
from inspector.render.miss import miss_lines
from inspector.render.table import console
from inspector.replay.misses.explaining import Explanation, explain, request, value
from inspector.replay.plans.opening import Prepared
from inspector.replay.plans.plan import Kind, Told
from inspector.replay.stub import Settings
from inspector.traffic.exchange import Request

_LINE = 2000
"""Characters of a line that may be from traffic."""


def request_of(words: Sequence[str]) -> Request:
    """The request that METHOD PATH [BODY] mean; BODY is text, `@FILE`, or `-` for stdin. Raises UsageError."""
    if not 2 <= len(words) <= 3:
        raise UsageError("--explain takes METHOD PATH [BODY], as in --explain POST /api/v2/me '{…}'")
    return request(words[0], words[1], _content(words[2]) if len(words) == 3 else b"")


def tell(prepared: Prepared, asked: Request, settings: Settings, as_json: bool) -> bool:
    """Prints what would become of the request; whether it would be answered."""
    explanation = asyncio.run(explain(prepared, asked, settings))
    if as_json:
        click.echo(dump(value(explanation)))
    else:
        out = console()
        for line in miss_lines(explanation.miss) if explanation.miss else _lines(explanation, settings.reuse):
            out.print(line, soft_wrap=True)
    return explanation.miss is None


def _content(body: str) -> bytes:
    if body in ("-", "@-"):
        return sys.stdin.buffer.read()
    if not body.startswith("@"):
        return os.fsencode(body)
    try:
        return Path(body[1:]).read_bytes()
    except (OSError, ValueError) as error:
        raise UsageError(f"{body[1:]} cannot be read: {getattr(error, 'strerror', None) or error}") from None


def _lines(explanation: Explanation, reuse: bool) -> Iterator[Text]:
    """`✓ #12 answers POST /api/v2/me · operation · status 200 · of sofia`, and what hangs on it."""
    what = plain(f"{explanation.method} {explanation.path}", _LINE)
    if explanation.exchange is None:
        yield Text.assemble(
            ("✓ ", "bold green"), ("the stub itself", "bold"), f" answers {what}, nothing recorded does"
        )
        return
    line = Text.assemble(("✓ ", "bold green"), (f"#{explanation.exchange}", "bold"), f" answers {what}")
    assert explanation.kind
    told = [explanation.kind.value, f"status {explanation.status}"]
    told += [f"of {plain(explanation.agent)}"] if explanation.agent else []
    told += ["with credentials" if explanation.credentials else "without credentials"]
    yield line.append("".join(f" · {one}" for one in told), "dim")
    if later := ", ".join(f"#{number}" for number in explanation.later):
        when = "later in the story" if explanation.kind is Kind.READ else "asked again"
        yield Text.assemble("    ", (f"{when}: ", "dim"), later)
    elif explanation.kind is Kind.OPERATION:
        yield Text.assemble("    ", ("asked again: ", "dim"), "the same" if reuse else "a miss, unless with --reuse")
    for event in explanation.told:
        yield _told(event)


def _told(told: Told) -> Text:
    """`late, 12 ms after the reply: #13:0 on /v2/me/chats {…}`"""
    early = told.lag_ms < 0
    when = f"{abs(told.lag_ms):.0f} ms {'before' if early else 'after'} the reply"
    line = Text.assemble("    ", ("early" if early else "late", "magenta" if early else "cyan"), f", {when}: ")
    line.append(f"#{told.exchange}:{told.position} on {plain(told.topic)}", "bold")
    if not told.asked_for:
        line.append(" (waits for it, but nothing says that it was caused by it)", "dim")
    return line.append(f" {plain(told.data.decode('utf-8', 'replace'), 120)}", "dim")
