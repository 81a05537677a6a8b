"""Between mitmproxy's flows and our exchanges, both ways. Bytes are taken raw: mitmproxy's own decoding is not used."""

from mitmproxy import http

from inspector.traffic.body import EMPTY, Body
from inspector.traffic.exchange import Request, Response
from inspector.traffic.headers import Headers
from inspector.traffic.multipart import split


def authority_of(flow: http.HTTPFlow) -> str:
    """The authority in the request, as it is now; empty if there is none (HTTP/1.0)."""
    return (flow.request.host_header or "").encode("utf-8", "surrogateescape").decode("latin-1")


def request_of(flow: http.HTTPFlow, authority: str) -> Request:
    """The flow's request; `authority` is the one that the client used (reverse mode rewrites it in the flow)."""
    message = flow.request
    headers = Headers.of(message.headers.fields)
    path, _, query = message.data.path.decode("latin-1").partition("?")
    content = message.raw_content or b""
    return Request(
        message.data.method.decode("latin-1"),
        message.scheme,
        authority,
        path,
        query,
        message.http_version,
        headers,
        Body.of(content, headers.coding) if content else EMPTY,
        split(content, headers.get("content-type")) if headers.media_type.startswith("multipart/") else (),
    )


def response_of(flow: http.HTTPFlow) -> Response | None:
    """The flow's response; its body is empty where it was cut before it was complete. None if none began."""
    message = flow.response
    if message is None:
        return None
    headers = Headers.of(message.headers.fields)
    content = message.raw_content or b""
    return Response(
        message.status_code,
        message.data.reason.decode("latin-1"),
        headers,
        Body.of(content, headers.coding) if content else EMPTY,
    )


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
