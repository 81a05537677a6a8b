"""What the scribe cannot deal with, by a mistake of ours: it costs one exchange, is told, and nobody waits for it."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from inspector.recording.reader import reading
from inspector.recording.recorder import now
from tests.recording.keeping import query
from tests.recording.scribing import a_file, asked, exchanged, scribing, uploaded, uploading

MIB = 1024 * 1024


def sessions(file: Path) -> list[dict[str, Any]]:
    return query(file, "SELECT state, trouble FROM sessions")


def over(file: Path) -> list[int]:
    """The exchanges that the recording has whole."""
    return [row["id"] for row in query(file, "SELECT id FROM exchanges WHERE done_tick IS NOT NULL ORDER BY id")]


@pytest.mark.parametrize(
    ("message", "what"),
    [
        (("nonsense", 1), "what the proxy said (nonsense)"),
        (("frame", 99, "neither", 1, b"", None), "exchange 99"),
        (("completed", 99, None, None, "x", 0, "", (1, 1)), "exchange 99"),
    ],
    ids=["unknown", "odd", "of no exchange"],
)
async def test_a_message_that_cannot_be_dealt_with(message: tuple[Any, ...], what: str, file: Path) -> None:
    with scribing(file) as (scribe, told):
        before = await exchanged(scribe)
        async with asyncio.timeout(20):
            await scribe.ask(*message)
            await scribe.ask(*message)
            after = [await exchanged(scribe) for _ in range(3)]
        [trouble] = told.troubles
        assert trouble.startswith(f"{what} is lost, by a mistake of ours")
        assert told.log[0].startswith("Traceback")
        assert f"{what} is lost: please report this" in told.log
        assert not scribe.is_gone
    assert over(file) == [before, *after]
    assert sessions(file) == [{"state": "incomplete", "trouble": trouble}]


async def test_of_an_exchange_that_is_lost_nothing_more_is_heard(file: Path) -> None:
    """Its body may go on for long: it is told once."""
    with scribing(file) as (scribe, told):
        number, body = uploading(scribe, "no plan")  # type: ignore[arg-type]
        for _ in range(50):
            body.write(bytes(64 * 1024))
        async with asyncio.timeout(20):
            await uploaded(scribe, number, body)
            after = await exchanged(scribe)
        assert len(told.troubles) == 1
        assert [line for line in told.log if "please report" in line] == [
            f"exchange {number} is lost: please report this"
        ]
    assert over(file) == [after]
    assert sessions(file) == [{"state": "incomplete", "trouble": told.troubles[0]}]


async def test_a_body_that_cannot_be_taken_down_costs_no_more_than_the_body(file: Path) -> None:
    with scribing(file) as (scribe, told):
        number, body = uploading(scribe, replace(a_file(), content_type=None, is_form=True))  # type: ignore[arg-type]
        another, whole = uploading(scribe, a_file())
        for _ in range(50):
            body.write(bytes(64 * 1024))
            whole.write(bytes(64 * 1024))
        async with asyncio.timeout(20):
            await uploaded(scribe, number, body)
            await uploaded(scribe, another, whole)
        assert len(told.troubles) == 1
        assert told.log.count("a body that streams could not be taken down: please report this") == 1
    assert over(file) == [number, another]
    with reading(file) as recording:
        assert recording.exchange(number).truncated == ("request: nothing was kept: it could not be taken down",)
        kept = recording.exchange(another)
        assert (kept.request.body.size, kept.truncated) == (50 * 64 * 1024, ())


async def test_who_listens_may_fail(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    def listen(_: object) -> None:
        raise ValueError("a listener's")

    with scribing(file, listener=listen) as (scribe, _):
        scribe.started(scribe.number(), "c", now(), asked(b"/api/v2/me"))
        async with asyncio.timeout(20):
            await scribe.heard()
            await exchanged(scribe)
        assert "(meant) could not be dealt with: please report this" in caplog.text
    assert sessions(file) == [{"state": "complete", "trouble": None}]


async def test_a_mistake_at_the_end_does_not_hang(file: Path) -> None:
    with scribing(file) as (scribe, told):
        number = await exchanged(scribe, b"x", b"y")
        scribe._line.say(("close", 0, "too little"))
        async with asyncio.timeout(20):
            while not scribe.is_gone:
                await asyncio.sleep(0.01)
            await exchanged(scribe)
        assert "Traceback" in told.log[0]
    assert over(file) == [number]
    assert sessions(file) == [{"state": "incomplete", "trouble": told.troubles[0]}]
