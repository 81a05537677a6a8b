"""Requests and responses as they came, before anybody has read them: cheap to take, and to hand to another process."""

from inspector.traffic.body import EMPTY, Body
from inspector.traffic.exchange import Request, Response
from inspector.traffic.headers import Headers
from inspector.traffic.multipart import split

Fields = tuple[tuple[bytes, bytes], ...]

RawRequest = tuple[bytes, str, str, bytes, str, Fields, bytes]
"""Method, scheme, authority (the one that the client used), path with its query, HTTP version, header fields, body."""

RawResponse = tuple[int, bytes, Fields, bytes]
"""Status, reason, header fields, body."""


def request_from(raw: RawRequest) -> Request:
    """The request that was taken so."""
    method, scheme, authority, target, version, fields, content = raw
    headers = Headers.of(fields)
    path, _, query = target.decode("latin-1").partition("?")
    return Request(
        method.decode("latin-1"),
        scheme,
        authority,
        path,
        query,
        version,
        headers,
        Body.of(content, headers.coding) if content else EMPTY,
        split(content, headers.get("content-type")) if headers.media_type.startswith("multipart/") else (),
    )


def response_from(raw: RawResponse) -> Response:
    """The response that was taken so."""
    status, reason, fields, content = raw
    headers = Headers.of(fields)
    return Response(status, reason.decode("latin-1"), headers, Body.of(content, headers.coding) if content else EMPTY)
