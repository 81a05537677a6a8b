"""What an exchange shows of a file: what a request claims of it, and the bytes that came with it."""

from inspector.analysis.calls import Call
from inspector.analysis.files.detecting import kind_of_bytes, kind_of_type
from inspector.analysis.files.documents import DOWNLOADED, UPLOADED, Content, Document
from inspector.errors import BodyError
from inspector.traffic.exchange import Exchange
from inspector.webservices.attachments import bytes_of

_PAGE = "page or XML"
_MEANS_NOTHING = "_="
"""Begins a query that jQuery adds against caches."""


def claimed(call: Call) -> tuple[str, str, int | None]:
    """Name, media type and size (bytes) that an AddAttachment tells of its document, as far as it does."""
    body = call.body or {}
    name, mime, size = body.get("name"), body.get("mime"), bytes_of(body.get("size"))
    return (
        name if isinstance(name, str) else "",
        mime if isinstance(mime, str) else "",
        size if size is not None and size >= 0 else None,
    )


def content_brought(call: Call) -> Content:
    """The bytes of the new document that an AddAttachment brings."""
    assert call.file is not None
    body = call.file.body
    return Content(
        UPLOADED,
        call.number,
        body.size,
        body.sha256,
        kind_of_bytes(body.head),
        (body.size, body.sha256),
    )


def content_fetched(call: Call, exchange: Exchange, document: Document) -> Content | None:
    """The bytes of a download; None if they are not the whole file, or may be something else.

    A query may ask for another rendition; 200 may come with a refusal in JSON, or with a page of whoever is between
    (a log-in, a balancer) instead of the file.
    """
    response, query = exchange.response, exchange.request.query
    if response is None or call.size is None or (query and not query.startswith(_MEANS_NOTHING)):
        return None
    body, said = response.body, response.headers.media_type
    if said == "application/json" and _refuses(exchange):
        return None
    if kind_of_type(said) == _PAGE and not any(kind_of_type(one) == _PAGE for one in document.mimes):
        return None
    try:
        kind = kind_of_bytes(body.decoded() if body.content is not None or body.coding else body.head)
    except BodyError:
        kind = ""
    return Content(DOWNLOADED, call.number, call.size, call.sha256, kind, (body.size, body.sha256))


def _refuses(exchange: Exchange) -> bool:
    assert exchange.response is not None
    try:
        told = exchange.response.body.json()
    except BodyError:
        return False
    return isinstance(told, dict) and "statusCode" in told
