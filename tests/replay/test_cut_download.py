"""A download that breaks off: the client gets so many bytes, and knows that there were more."""

import logging

import httpx
import pytest

from tests.replay.fronts import Made, make

FILE = "/api/v2/me/chats/1/attachments/2"
SIZES = {"small": 1_000, "large": 300_000}


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES.keys())
@pytest.mark.parametrize("at", [-1, 0, 100, 10**9], ids=["in the middle", "at once", "later", "before the last byte"])
async def test_a_download_breaks_off_once(play, tmp_path, caplog, size, at):
    content = bytes(number % 251 for number in range(size))
    path = make(tmp_path / "file.db", Made(FILE, body=content, fields=[("Content-Type", "application/octet-stream")]))
    part = {-1: size // 2, 10**9: size - 1}.get(at, at)
    caplog.set_level(logging.WARNING)
    async with play(path) as front, front.client() as client:
        front.stub.faults.cut_download(at=at)
        got = b""
        with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
            async with client.stream("GET", FILE) as response:
                assert (response.status_code, response.headers["content-length"]) == (200, str(size))
                async for piece in response.aiter_raw():
                    got += piece
        assert got == content[:part]
        assert (await client.get(FILE)).content == content
        assert front.stub.verify().faults == 1
    assert [record.getMessage() for record in caplog.records if record.name.startswith(("uvicorn", "inspector"))] == []
