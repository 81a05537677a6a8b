"""The control address: stubs made, looked at, reset and ended over HTTP, by tests in any language.

    POST   /__inspector__/stubs                {"recording": FILE, …}: a new stub, 201 {"id", "url", …}; see WantedStub
    GET    /__inspector__/stubs                all of them
    GET    /__inspector__/stubs/ID             how its run and its recording agree; ?strict=true
    POST   /__inspector__/stubs/ID/reset       it begins anew, at the same URL; how the run before it agreed
    DELETE /__inspector__/stubs/ID             it ends; how its run agreed
    GET    /__inspector__/stubs/ID/journal     what it was asked
    GET    /__inspector__/stubs/ID/faults      what is armed
    POST   /__inspector__/stubs/ID/faults      a fault more, or a list of them
    DELETE /__inspector__/stubs/ID/faults      none
    GET    /__inspector__/openapi.json         all this as an OpenAPI document, for whoever makes a client of it

It has an address of its own, so that no recorded path is taken from a stub.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from inspector.errors import InspectorError, NothingFound, UsageError
from inspector.render.escape import plain
from inspector.replay import faults as fault_values
from inspector.replay.control.guard import Guard, Refusal
from inspector.replay.control.hosting import Hosted, Piece, Stubs
from inspector.replay.control.wanted import StubTold, read_faults, read_stub
from inspector.replay.fronts.server import Receive, Scope, Send
from inspector.replay.journal import Verification
from inspector.replay.journal import value as verification_value
from inspector.replay.stub import Settings

PREFIX = "/__inspector__"

BODY_AT_MOST = 1024 * 1024
"""Bytes of a request."""

_FIELDS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_LONGEST = 1000
"""Characters of an error."""
_TRUTH = {"true": True, "false": False}


class _Json(Response):
    media_type = "application/json"

    def __init__(self, value: Any, status: int = 200, fields: dict[str, str] | None = None) -> None:
        super().__init__(orjson.dumps(value), status, _FIELDS | (fields or {}))


class Control:
    """The ASGI app. `url` is where it listens, `token` what its clients have to show. See `door.py`."""

    def __init__(self, stubs: Stubs, token: str) -> None:
        self.url = ""
        self.token = token
        self._guard = Guard(token)
        self._app = Starlette(
            routes=[
                Route(f"{PREFIX}/openapi.json", _Description),
                Route(f"{PREFIX}/stubs", _All),
                Route(f"{PREFIX}/stubs/{{id}}", _One),
                Route(f"{PREFIX}/stubs/{{id}}/journal", _Journal),
                Route(f"{PREFIX}/stubs/{{id}}/faults", _Faults),
                Route(f"{PREFIX}/stubs/{{id}}/reset", _Reset),
            ],
            exception_handlers={
                Refusal: _refused,
                HTTPException: _not_here,
                ClientDisconnect: _left,
                InspectorError: _cannot,
                Exception: _failed,
            },
        )
        self._app.state.stubs = stubs
        self._app.router.redirect_slashes = False

    def stand_at(self, url: str) -> None:
        """It listens there now; until then it lets nobody in."""
        self.url = url
        self._guard.stand_at(url)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        try:
            self._guard.check(scope["headers"])
        except Refusal as refusal:
            await _told(refusal)(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def close(self) -> None:
        """It holds no requests."""


class _Description(HTTPEndpoint):
    async def get(self, request: Request) -> Response:
        content = files("inspector.replay.control").joinpath("openapi.json").read_bytes()
        return Response(content, headers=_FIELDS, media_type=_Json.media_type)


class _All(HTTPEndpoint):
    async def get(self, request: Request) -> Response:
        return _Json({"stubs": [StubTold.of(hosted).model_dump() for hosted in _stubs(request).all]})

    async def post(self, request: Request) -> Response:
        value, stubs = await _value(request, {}), _stubs(request)
        own = stubs.own
        with _told_as(422):
            wanted = read_stub(value)
            source = wanted.source(own.piece.source if own else None)
            armed = wanted.armed(own.piece.faults if own else ())
            prepared = await stubs.prepared(source)
            piece = Piece(source, prepared, wanted.settings(own.piece.settings if own else Settings()), armed)
        if await request.is_disconnected():
            return Response()  # nobody would know of it, or end it
        with _told_as(409):
            hosted = await stubs.create(piece, wanted.host_of(own), wanted.port, own.certificate if own else None)
        where = f"{PREFIX}/stubs/{hosted.id}"
        return _Json(StubTold.of(hosted).model_dump(), 201, {"Location": where})


class _One(HTTPEndpoint):
    async def get(self, request: Request) -> Response:
        hosted, strict = _hosted(request), _strict(request)
        return _run(hosted, hosted.stub.verify(), strict)

    async def delete(self, request: Request) -> Response:
        hosted, strict = _hosted(request), _strict(request)
        with _told_as(409, UsageError):
            verification = await _stubs(request).end(hosted.id)
        return _run(hosted, verification, strict)


class _Reset(HTTPEndpoint):
    async def post(self, request: Request) -> Response:
        hosted, strict = _hosted(request), _strict(request)
        return _run(hosted, hosted.reset(), strict)


class _Journal(HTTPEndpoint):
    async def get(self, request: Request) -> Response:
        return _Json(_hosted(request).stub.journal.value())


class _Faults(HTTPEndpoint):
    async def get(self, request: Request) -> Response:
        return _armed(_hosted(request))

    async def post(self, request: Request) -> Response:
        hosted, value = _hosted(request), await _value(request)
        with _told_as(422):
            found = read_faults(value)
        for fault in found:
            hosted.stub.faults.add(fault)
        return _armed(hosted)

    async def delete(self, request: Request) -> Response:
        hosted = _hosted(request)
        hosted.stub.faults.clear()
        return _armed(hosted)


def _stubs(request: Request) -> Stubs:
    stubs: Stubs = request.app.state.stubs
    return stubs


def _hosted(request: Request) -> Hosted:
    """The stub that the path names. Raises Refusal."""
    try:
        return _stubs(request).get(request.path_params["id"])
    except NothingFound as error:
        raise Refusal(404, str(error)) from None


def _run(hosted: Hosted, verification: Verification, strict: bool) -> Response:
    return _Json(StubTold.of(hosted).model_dump() | verification_value(verification, strict=strict))


def _armed(hosted: Hosted) -> Response:
    return _Json({"faults": [fault_values.value(fault) for fault in hosted.stub.faults.armed]})


def _strict(request: Request) -> bool:
    """Whether an operation that was never used counts as a failure. Raises Refusal."""
    text = request.query_params.get("strict", "false")
    if text not in _TRUTH:
        raise Refusal(400, "strict is true or false")
    return _TRUTH[text]


async def _value(request: Request, default: Any = None) -> Any:
    """The JSON value that the request brings, the `default` if it brings none. Raises Refusal."""
    media_type = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    coding = request.headers.get("content-encoding", "identity").strip().lower()
    body = await _body(request)
    if not body and default is not None:
        return default
    if media_type != "application/json" or coding != "identity":
        raise Refusal(415, "the body is to be JSON: Content-Type: application/json, and no Content-Encoding")
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Refusal(400, f"the body is not JSON: {error}") from None


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > BODY_AT_MOST:
            raise Refusal(413, f"the body is larger than {BODY_AT_MOST} bytes")
    return bytes(body)


@contextmanager
def _told_as(status: int, kind: type[InspectorError] = InspectorError) -> Iterator[None]:
    try:
        yield
    except kind as error:
        raise Refusal(status, str(error)) from None


def _told(refusal: Refusal) -> Response:
    return _Json({"error": plain(refusal.text, _LONGEST)}, refusal.status, refusal.fields)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    return _told(error)


async def _not_here(request: Request, error: Exception) -> Response:
    """What Starlette has to say: 404, 405."""
    assert isinstance(error, HTTPException)
    return _told(Refusal(error.status_code, error.detail, dict(error.headers or {})))


async def _left(request: Request, error: Exception) -> Response:
    """The client, in the middle of its request: nobody reads this."""
    return Response()


async def _cannot(request: Request, error: Exception) -> Response:
    """A stub that cannot tell: its recording is damaged, or gone."""
    return _told(Refusal(500, str(error)))


async def _failed(request: Request, error: Exception) -> Response:
    """A defect of ours, which is logged."""
    return _told(Refusal(500, f"{type(error).__name__}: {error}"))
