"""Transports for httpx that go to one server, whatever address the client has for it."""

import httpx


class TowardTransport(httpx.BaseTransport):
    """For `httpx.Client`: all that is asked goes to `origin`; the server sees the host that the client names."""

    def __init__(self, origin: str) -> None:
        self._origin = httpx.URL(origin)
        self._way = httpx.HTTPTransport(trust_env=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._way.handle_request(_toward(self._origin, request))

    def close(self) -> None:
        self._way.close()


class AsyncTowardTransport(httpx.AsyncBaseTransport):
    """For `httpx.AsyncClient`."""

    def __init__(self, origin: str) -> None:
        self._origin = httpx.URL(origin)
        self._way = httpx.AsyncHTTPTransport(trust_env=False)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._way.handle_async_request(_toward(self._origin, request))

    async def aclose(self) -> None:
        await self._way.aclose()


def _toward(origin: httpx.URL, request: httpx.Request) -> httpx.Request:
    url = request.url.copy_with(scheme=origin.scheme, host=origin.host, port=origin.port)
    return httpx.Request(
        request.method, url, headers=request.headers, stream=request.stream, extensions=request.extensions
    )
