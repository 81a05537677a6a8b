"""Files as a client sends them: as the only part of a form (RFC 7578)."""

import mimetypes
from collections.abc import Mapping

from inspector.demo.documents import File
from inspector.errors import UsageError

_UNKNOWN = "application/octet-stream"
_TYPES = mimetypes.MimeTypes()  # those that every machine knows, whatever is installed
_BOUNDARY = "gws-inspector-7MA4YWxkTrZu0gW"
_ESCAPED: Mapping[str, str] = {'"': "%22", "\r": "%0D", "\n": "%0A"}
"""In the names of fields and files (HTML, multipart form data, which browsers and most clients do)."""


def file_of(name: str, content: bytes, media_type: str | None) -> File:
    """A file of a script; its media type is told by its name if none is given. Raises UsageError for what is none."""
    if not isinstance(name, str) or not _is_text(name):
        raise UsageError(f"{name!r} is no name of a file: give a text, as 'contract.pdf'")
    if not isinstance(content, bytes):
        raise UsageError(f"the content of {name} is to be bytes, as b'…' or Path(…).read_bytes(), not {content!r:.40}")
    return File(name, media_type or _TYPES.guess_type(name)[0] or _UNKNOWN, content)


def _is_text(name: str) -> bool:
    """Whether UTF-8 has it: names that a file system gives need not be."""
    return name.encode(errors="replace").decode() == name


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
