"""The loop that stubs are served in."""

import asyncio
import sys

import pytest

from inspector.replay.fronts.loop import run


async def loop_in_use() -> str:
    return type(asyncio.get_running_loop()).__module__.partition(".")[0]


@pytest.mark.skipif(sys.platform == "win32", reason="uvloop does not run there")
def test_it_is_uvloops():
    assert run(loop_in_use()) == "uvloop"


def test_where_there_is_no_uvloop_it_is_the_ordinary_one(monkeypatch):
    monkeypatch.setitem(sys.modules, "uvloop", None)
    assert run(loop_in_use()) == "asyncio"


def test_what_goes_wrong_comes_out():
    async def fail() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        run(fail())
