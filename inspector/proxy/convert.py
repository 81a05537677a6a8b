"""Between mitmproxy's flows and our exchanges, both ways. Bytes are taken raw: mitmproxy's own decoding is not used."""

import struct

from mitmproxy import http

from inspector.traffic.body import Body
from inspector.traffic.exchange import NO_CODE, Request, Response
from inspector.traffic.headers import Headers
from inspector.traffic.raw import RawRequest, RawResponse, request_from, response_from


def authority_of(flow: http.HTTPFlow) -> str:
    """The authority in the request, as it is now; empty if there is none (HTTP/1.0)."""
    return (flow.request.host_header or "").encode("utf-8", "surrogateescape").decode("latin-1")


def raw_request(flow: http.HTTPFlow, authority: str) -> RawRequest:
    """The flow's request; `authority` is the one that the client used (reverse mode rewrites it in the flow). Its body
    is empty if it streams, or did.
    """
    message, data = flow.request, flow.request.data
    content = data.content or b""
    return data.method, message.scheme, authority, data.path, message.http_version, data.headers.fields, content


def raw_response(flow: http.HTTPFlow) -> RawResponse | None:
    """The flow's response; None if none began. Its body is empty if it streams, or did, or was cut."""
    if flow.response is None:
        return None
    data = flow.response.data
    return data.status_code, data.reason, data.headers.fields, data.content or b""


def request_of(flow: http.HTTPFlow, authority: str) -> Request:
    """The same, read."""
    return request_from(raw_request(flow, authority))


def response_of(flow: http.HTTPFlow) -> Response | None:
    """The same, read."""
    raw = raw_response(flow)
    return None if raw is None else response_from(raw)


def close_payload(code: int | None, reason: str | None) -> bytes:
    """The payload of a close frame that came to this; 1005 means that it had none (RFC 6455 section 7.1.5)."""
    return b"" if code is None or code == NO_CODE else struct.pack("!H", code) + (reason or "").encode()


def put_request(flow: http.HTTPFlow, request: Request) -> None:
    """What goes on to the server instead: headers and body of `request`."""
    _put(flow.request, request.headers, request.body)


def put_response(flow: http.HTTPFlow, response: Response) -> None:
    """What the client gets instead: headers and body of `response`."""
    assert flow.response is not None
    _put(flow.response, response.headers, response.body)


def _put(message: http.Message, headers: Headers, body: Body) -> None:
    message.headers.fields = tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in headers)
    if body.original is not None:  # it was changed, and for that decoded
        message.headers.pop("content-encoding", None)
        message.raw_content = body.content
        if "transfer-encoding" not in message.headers:
            message.headers["content-length"] = str(body.size)
