"""How a scribe ends: closed, closed twice, with much to do, with a lock, or left by those who waited."""

import asyncio
import os
import signal
import threading
from pathlib import Path

from inspector.recording.reader import reading
from inspector.recording.recorder import now
from inspector.recording.scribe.scribe import Scribe
from tests.recording.keeping import query
from tests.recording.scribing import EDGE, FORM, a_file, a_form, asked, exchanged, scribing, uploaded, uploading
from tests.recording.test_locked import hold

MIB = 1024 * 1024


def state(file: Path) -> tuple[str, str | None]:
    [row] = query(file, "SELECT state, trouble FROM sessions")
    return row["state"], row["trouble"]


def process_of(scribe: Scribe) -> int:
    return scribe._process.pid


async def test_nothing_was_recorded(file: Path) -> None:
    with scribing(file) as (scribe, told):
        process = process_of(scribe)
    assert (state(file), told.troubles, told.log) == (("complete", None), [], [])
    assert not Path(f"/proc/{process}").exists()
    assert [found.name for found in file.parent.iterdir()] == [file.name]


async def test_closing_twice_and_using_it_afterwards_does_nothing(file: Path) -> None:
    with scribing(file) as (scribe, told):
        number, body = uploading(scribe, a_file())
        body.write(b"some")
        scribe.origins(["http://gws.example"])
        scribe.close()
        scribe.origins(["http://another.example"])
        scribe.close()
        async with asyncio.timeout(20):
            await body.over(cut=True)
            body.write(b"more")
            await scribe.heard()
            await exchanged(scribe)
            assert scribe.room() is None
            late, another = uploading(scribe, a_file())
            await uploaded(scribe, late, another)
    assert (state(file), told.troubles) == (("complete", None), [])
    assert query(file, "SELECT id FROM exchanges") == [{"id": number}]
    assert query(file, "SELECT origins FROM sessions") == [{"origins": '["http://gws.example"]'}]


async def test_closing_while_much_is_asked_loses_nothing(file: Path) -> None:
    """Those who wait go on when it is over, and then all of it is there."""
    with scribing(file) as (scribe, told):
        waiting = [asyncio.ensure_future(exchanged(scribe, bytes(MIB), bytes(MIB))) for _ in range(40)]
        await asyncio.sleep(0)
        scribe.close()
        async with asyncio.timeout(20):
            numbers = await asyncio.gather(*waiting)
    assert (state(file), told.troubles) == (("complete", None), [])
    assert [row["id"] for row in query(file, "SELECT id FROM exchanges WHERE done_tick IS NOT NULL")] == numbers


async def test_who_waits_for_an_end_is_told_why(file: Path) -> None:
    """Somebody else has locked the file: it is said while the end waits, or nobody would know what for."""
    with scribing(file) as (scribe, told):
        gate = hold(file)
        last_resort = threading.Timer(30, gate.close)
        last_resort.start()

        def log(level: int, text: str) -> None:
            told.log.append(text)
            if "is locked" in text:
                gate.close()

        scribe._log = log
        scribe.started(scribe.number(), "c", now(), asked())
        scribe.close()
        assert last_resort.is_alive(), "it was not told before the end"
        last_resort.cancel()
    assert (state(file), told.troubles) == (("complete", None), [])
    assert len(query(file, "SELECT id FROM exchanges")) == 1


async def test_those_who_do_not_wait_any_more(file: Path) -> None:
    """Clients that have gone: others go on, and what they sent is recorded all the same."""
    with scribing(file) as (scribe, told):
        gate = hold(file)
        left = [asyncio.ensure_future(exchanged(scribe)) for _ in range(5)]
        stays = asyncio.ensure_future(exchanged(scribe))
        await asyncio.sleep(0)
        for one in left:
            one.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        assert not stays.done()
        gate.close()
        async with asyncio.timeout(20):
            last = await stays
    assert (state(file), told.troubles, last) == (("complete", None), [], 6)
    assert len(query(file, "SELECT id FROM exchanges WHERE done_tick IS NOT NULL")) == 6


async def test_a_scribe_that_is_killed_is_told_of_once_and_nobody_waits(file: Path) -> None:
    with scribing(file) as (scribe, told):
        number = await exchanged(scribe)
        gate = hold(file)
        waiting = [asyncio.ensure_future(exchanged(scribe)) for _ in range(5)]
        lost, body = uploading(scribe, a_file())
        while body.waiting < 32 * MIB:
            body.write(bytes(64 * 1024))
        room, below = scribe.room(), asyncio.Event()
        body.when_below(0, below.set)
        assert room
        os.kill(process_of(scribe), signal.SIGKILL)
        async with asyncio.timeout(20):
            await asyncio.gather(*waiting, room, below.wait(), body.over())
            await uploaded(scribe, lost, body)
            await exchanged(scribe)
        assert (scribe.is_gone, scribe.room(), body.waiting) == (True, None, 0)
        gate.close()
    [trouble] = told.troubles
    assert "was ended by SIGKILL" in trouble
    assert state(file) == ("incomplete", trouble)
    assert query(file, "SELECT id FROM exchanges WHERE done_tick IS NOT NULL") == [{"id": number}]
    assert [found.name for found in file.parent.iterdir()] == [file.name]


async def test_a_scribe_that_is_killed_while_it_ends(file: Path) -> None:
    with scribing(file) as (scribe, told):
        gate = hold(file)

        def log(level: int, text: str) -> None:
            if "is locked" in text:
                os.kill(process_of(scribe), signal.SIGKILL)
                gate.close()

        scribe._log = log
        scribe.started(scribe.number(), "c", now(), asked())
        scribe.close()
        assert scribe.is_gone
    assert state(file) == ("incomplete", told.troubles[0])


async def test_a_recording_that_was_taken_away_is_not_made_again(file: Path) -> None:
    with scribing(file) as (scribe, _):
        os.kill(process_of(scribe), signal.SIGKILL)
        file.unlink()
    assert not file.exists()


async def test_forms_have_all_their_parts(file: Path) -> None:
    """Of known and of unknown length; the last part is a text, which must not be taken for one that was cut."""
    with scribing(file) as (scribe, told):
        for size, known in ((100, False), (3 * MIB, False), (100, True), (3 * MIB, True)):
            content = (
                EDGE + b'f; filename="a"\r\n\r\n' + bytes(size) + b"\r\n" + EDGE + b"last\r\n\r\nvalue\r\n--edge--"
            )
            number, body = uploading(scribe, a_form(len(content) if known else None))
            for start in range(0, len(content), 64 * 1024):
                body.write(content[start : start + 64 * 1024])
            async with asyncio.timeout(20):
                await uploaded(scribe, number, body, FORM)
            with reading(file) as recording:
                found = recording.exchange(number)
            assert [(part.name, part.body.size) for part in found.request.parts[:2]] == [("f", size), ("last", 5)]
            assert (found.request.parts[1].body.content, found.truncated) == (b"value", ())
    assert (state(file), told.troubles) == (("complete", None), [])
