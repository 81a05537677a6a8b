"""What is long: through a pager where somebody looks at a terminal, in a stream for scripts."""

import os
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import click
import orjson
from rich.console import RenderableType

from inspector.render.grid import console

_TOGETHER = 256
"""Rows that are written at once."""


def paged(renderables: Iterable[RenderableType]) -> None:
    """Prints them; on a terminal through $PAGER, as git does: `less` ends by itself if all of it fits."""
    out = console()
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        for one in renderables:
            out.print(one)
        return
    os.environ.setdefault("LESS", "FRX")

    def text() -> Iterator[str]:
        for one in renderables:
            with out.capture() as captured:
                out.print(one)
            yield captured.get()

    click.echo_via_pager(text(), color=True)


def streamed(members: Iterable[tuple[str, Iterable[Any]]]) -> None:
    """A JSON object of lists on stdout, a row a line: however many there are, a few are in memory."""
    begin = "{"
    for name, rows in members:
        click.echo(f'{begin}\n  "{name}": [', nl=False)
        between, begin, left = "\n    ", ",", iter(rows)
        while some := list(islice(left, _TOGETHER)):
            text = ",\n    ".join(orjson.dumps(row, default=str).decode() for row in some)
            click.echo(between + text, nl=False)
            between = ",\n    "
        click.echo("]" if between == "\n    " else "\n  ]", nl=False)
    click.echo("\n}" if begin == "," else "{}")
