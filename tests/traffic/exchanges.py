"""Requests, responses and exchanges for tests, from the few things that a test is about."""

from inspector.traffic.body import Body
from inspector.traffic.exchange import Exchange, Instant, Request, Response
from inspector.traffic.headers import Headers
from inspector.traffic.multipart import split


def request(method="POST", path="/api/v2/me", query="", headers=(), body=b"", content_type="", coding=""):
    fields = _fields(headers, content_type, coding)
    return Request(
        method, "http", "gws:8080", path, query, "HTTP/1.1", fields, Body.of(body, coding), split(body, content_type)
    )


def response(status=200, headers=(), body=b"", content_type="", coding=""):
    return Response(status, "", _fields(headers, content_type, coding), Body.of(body, coding))


def exchange(request, response=None):
    return Exchange(1, "client", Instant(0, 0), request, Instant(1, 1), Instant(2, 2), response)


def _fields(headers, content_type, coding):
    own = (("Content-Type", content_type), ("Content-Encoding", coding))
    return Headers((*(field for field in own if field[1]), *headers))
