"""Which bodies are read and which only pass: those that we understand are held whole, redacted, and judged.

Files are evidence, and never altered: they stream, and are hashed and kept on the way.
"""

from inspector.traffic.exchange import Half
from inspector.webservices.routes import Resource, is_download, route

READ_LIMIT = 16 * 1024 * 1024
"""Bytes on the wire up to which a body that we understand is held in memory; of a larger one only the digest is kept,
for nobody could take the secrets out of it.
"""

CHUNK = 1024 * 1024
"""Bytes of a body that one value may hold (SQLite refuses values over 10⁹ bytes, and reads them whole).

Any other body streams if it has more, or if nobody says beforehand how many it has. One that turns out to have no more
is a body like any other.
"""

_MULTIPART = "multipart/form-data"
_EVENTS = "text/event-stream"


def is_read(half: Half, method: str, path: str, media_type: str) -> bool:
    """Whether a body is one that we understand. `media_type` is in lower case and without parameters, empty for none;
    `method` and `path` are those of the request, also for a response.

    A multipart form is not: it is split on its way, and its text fields are read there. Nor are server-sent events,
    which must pass at once (WHATWG HTML, section 9.2).
    """
    if route(path).resource is Resource.CHANNEL:
        return True
    if half == "response" and is_download(method, path):
        return False
    return _is_text(media_type)


def _is_text(media_type: str) -> bool:
    kind, _, name = media_type.partition("/")
    if not name:
        return True
    if media_type in (_MULTIPART, _EVENTS):
        return False
    # not every name with "xml" in it: those of Office documents are openxmlformats, and they are zip archives
    is_xml = name == "xml" or name.endswith("+xml")
    return kind == "text" or is_xml or name == "x-www-form-urlencoded" or "json" in name or "javascript" in name
