"""Lines as they happen: none is lost on a pipe, a terminal gets no more than can be read, errors are always told."""

import asyncio
import io
import logging

from rich.console import Console

from inspector.analysis.finding import Finding, Severity
from inspector.render.line import lines
from inspector.render.terminal import LiveLines

LOGGER = logging.getLogger("inspector")


def console(*, terminal: bool = False, quiet: bool = False) -> tuple[Console, io.StringIO]:
    told = io.StringIO()
    made = Console(file=told, force_terminal=terminal, quiet=quiet, highlight=False, width=200, color_system="standard")
    return made, told


def finding(number: int) -> Finding:
    return Finding("GW402", Severity.ERROR, number, None, "accepted, but never told of")


def tell(number: int) -> None:
    for line in lines([finding(number)]):
        LOGGER.info("%s", line)


def test_a_pipe_gets_every_line_in_order() -> None:
    made, told = console()

    async def busy() -> None:
        for number in range(1000):
            tell(number)

    with LiveLines(made):
        asyncio.run(busy())
    assert [line.split()[2] for line in told.getvalue().splitlines()] == [f"#{number}" for number in range(1000)]


def test_a_line_is_there_soon_though_nothing_follows() -> None:
    made, told = console()

    async def once() -> None:
        tell(7)
        while "GW402 #7" not in told.getvalue():
            await asyncio.sleep(0.01)

    with LiveLines(made):
        asyncio.run(asyncio.wait_for(once(), 10))


def test_without_a_loop_it_is_there_at_once() -> None:
    made, told = console()
    with LiveLines(made):
        tell(1)
        assert "GW402 #1 " in told.getvalue()


def test_a_terminal_gets_the_newest_and_is_told_how_many_more_there_were() -> None:
    made, told = console(terminal=True)

    async def busy() -> None:
        for number in range(1000):
            tell(number)

    with LiveLines(made):
        asyncio.run(busy())
    plain = told.getvalue()
    assert "… 900 more lines" in plain
    assert "#999 " in plain and "#899 " not in plain


def test_an_error_is_told_at_once_and_behind_what_came_before_even_if_quiet() -> None:
    for quiet in (False, True):
        made, told = console(quiet=quiet)

        async def trouble() -> None:
            tell(1)
            LOGGER.error("recording incomplete: %s", "no space")
            assert "recording incomplete: no space" in told.getvalue()  # noqa: B023

        with LiveLines(made) as live:
            asyncio.run(trouble())
        assert live.incomplete == "recording incomplete: no space"
        expected = ["recording incomplete: no space"]
        assert told.getvalue().splitlines()[-1:] == expected
        assert ("GW402" in told.getvalue()) is not quiet


def test_what_nobody_reads_is_not_put_into_words() -> None:
    made, _ = console(quiet=True)
    with LiveLines(made):
        assert not LOGGER.isEnabledFor(logging.INFO)
