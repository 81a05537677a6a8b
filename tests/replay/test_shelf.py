"""Recordings are loaded once for all who play them, while everybody else goes on."""

import asyncio
import shutil

import pytest

from inspector.demo.people import AGENT
from inspector.errors import RecordingError
from inspector.replay.control.hosting import Piece, hosting
from inspector.replay.control.shelf import Source
from tests.replay.controlled import code_of_start, writing


async def test_the_others_answer_while_a_recording_is_loaded(tale, tmp_path):
    slow = tmp_path / "slow.db"
    shutil.copy(tale.path, slow)
    async with hosting() as stubs:
        hosted = await stubs.create(Piece(Source(tale.path), await stubs.prepared(Source(tale.path))))
        with writing(slow):
            loading = asyncio.ensure_future(stubs.prepared(Source(slow)))
            assert await code_of_start(hosted.url) == 0
            assert not loading.done()
        assert (await loading).session == hosted.piece.prepared.session


async def test_whoever_gives_up_takes_the_recording_from_nobody(tale, tmp_path):
    slow = tmp_path / "slow.db"
    shutil.copy(tale.path, slow)
    async with hosting() as stubs:
        with writing(slow):
            impatient, patient = [asyncio.ensure_future(stubs.prepared(Source(slow))) for _ in range(2)]
            await asyncio.sleep(0)
            impatient.cancel()
            with pytest.raises(asyncio.CancelledError):
                await impatient
        assert (await patient).session.state == "complete"


async def test_a_recording_that_has_changed_is_loaded_again(tale, tmp_path):
    path = tmp_path / "changes.db"
    shutil.copy(tale.path, path)
    async with hosting() as stubs:
        first, same = [await stubs.prepared(Source(path)) for _ in range(2)]
        assert first is same
        assert await stubs.prepared(Source(path, agent=AGENT.user_name)) is not first
        path.write_text("no recording any more")
        with pytest.raises(RecordingError, match="not a recording"):
            await stubs.prepared(Source(path))
        path.unlink()
        shutil.copy(tale.path, path)
        assert (await stubs.prepared(Source(path))).session == first.session
