"""Addresses that cannot be listened on are refused in one line."""

import asyncio
import socket

import pytest

from inspector.errors import UsageError
from inspector.replay.fronts.listening import listening


class App:
    """Answers nobody."""

    async def __call__(self, scope, receive, send): ...

    def close(self): ...


async def test_of_two_who_want_one_port_at_once_the_second_is_refused():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    both_tried = asyncio.Barrier(2)

    async def listens():
        try:
            async with listening(App(), "127.0.0.1", port):
                await both_tried.wait()
        except UsageError as error:
            await both_tried.wait()
            return str(error)

    refused = [text for text in await asyncio.gather(listens(), listens()) if text]
    assert len(refused) == 1 and refused[0].startswith(f"cannot listen on 127.0.0.1:{port}: ")


async def test_a_name_that_cannot_be_one_is_refused():
    with pytest.raises(UsageError, match="cannot listen on"):
        async with listening(App(), f"{'a' * 70}.b"):
            pass
