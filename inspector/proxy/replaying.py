"""Answering flows from elsewhere than a server: what was asked, what goes back, and who has left meanwhile."""

import asyncio
import time
from collections.abc import Coroutine, Iterable
from dataclasses import replace
from typing import Any, TypeVar

from mitmproxy import connection, http
from mitmproxy.proxy.mode_specs import ReverseMode

from inspector.proxy.convert import authority_of, request_of
from inspector.traffic.exchange import Request

T = TypeVar("T")


def asked(flow: http.HTTPFlow) -> Request:
    """The flow's request as its client made it: in reverse mode the flow has the server's scheme."""
    request = request_of(flow, authority_of(flow))
    if isinstance(flow.client_conn.proxy_mode, ReverseMode):
        return replace(request, scheme="https" if flow.client_conn.tls_established else "http")
    return request


def put_answer(
    flow: http.HTTPFlow, status: int, reason: str, headers: Iterable[tuple[bytes, bytes]], body: bytes
) -> None:
    """Answers the flow with exactly this: no server is asked."""
    now, phrase = time.time(), reason.encode("latin-1", "replace")
    flow.response = http.Response(b"HTTP/1.1", status, phrase, http.Headers(tuple(headers)), body, None, now, now)


class Waiting:
    """Work on answers, each for a client: cancelled when that leaves, which mitmproxy does not do with a hook."""

    def __init__(self) -> None:
        self._by_client: dict[str, set[asyncio.Future[Any]]] = {}

    async def done(self, client: connection.Client, work: Coroutine[Any, Any, T]) -> T | None:
        """What the work comes to; None if the client has left."""
        task = asyncio.ensure_future(work)
        tasks = self._by_client.setdefault(client.id, set())
        tasks.add(task)
        try:
            await asyncio.wait({task})
        finally:
            task.cancel()
            tasks.discard(task)
            if not tasks and self._by_client.get(client.id) is tasks:
                del self._by_client[client.id]
        return None if task.cancelled() else task.result()

    def left(self, client: connection.Client) -> None:
        """The client has hung up."""
        for task in self._by_client.pop(client.id, ()):
            task.cancel()
