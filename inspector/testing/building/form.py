"""Files as a client sends them: as the only part of a form (RFC 7578)."""

import mimetypes
from collections.abc import Mapping

from inspector.demo.documents import File

_UNKNOWN = "application/octet-stream"
_TYPES = mimetypes.MimeTypes()  # those that every machine knows, whatever is installed
_BOUNDARY = "gws-inspector-7MA4YWxkTrZu0gW"
_ESCAPED: Mapping[str, str] = {'"': "%22", "\r": "%0D", "\n": "%0A"}
"""In the names of fields and files (HTML, multipart form data, which browsers and most clients do)."""


def type_of(name: str) -> str:
    """The media type of a file, as its name tells."""
    return _TYPES.guess_type(name)[0] or _UNKNOWN


def form(field: str, file: File) -> tuple[str, bytes]:
    """The Content-Type and the body. The same file gives the same."""
    boundary = _BOUNDARY
    while boundary.encode() in file.content:
        boundary += "0"
    named = f'form-data; name="{_escaped(field)}"; filename="{_escaped(file.name)}"'
    head = f"--{boundary}\r\nContent-Disposition: {named}\r\nContent-Type: {file.mime}\r\n\r\n".encode()
    return f"multipart/form-data; boundary={boundary}", head + file.content + f"\r\n--{boundary}--\r\n".encode()


def _escaped(name: str) -> str:
    return "".join(_ESCAPED.get(character, character) for character in name)
