"""Types of files: what names mean the same, what bytes surely are, and which of both cannot be true together.

A type is only doubted if its own bytes are known to begin otherwise, and those at hand surely are of another kind.
"""

from functools import cache

_KINDS = {
    "PNG image": ("image/png",),
    "JPEG image": ("image/jpeg",),
    "GIF image": ("image/gif",),
    "WebP image": ("image/webp",),
    "TIFF image": ("image/tiff",),
    "PDF": ("application/pdf",),
    "Windows program": ("application/vnd.microsoft.portable-executable",),
    "zip archive": (
        "application/zip",
        "application/java-archive",
        "application/epub+zip",
    ),
    "gzip archive": ("application/gzip",),
    "RAR archive": ("application/vnd.rar",),
    "7-Zip archive": ("application/x-7z-compressed",),
    "old Office document": (
        "application/msword",
        "application/vnd.ms-excel",
        "application/vnd.ms-powerpoint",
    ),
    "page or XML": ("text/html", "application/xml"),
}
"""Kinds whose bytes begin in a way of their own, by the types that have it."""
_KIND_OF = {name: kind for kind, names in _KINDS.items() for name in names}

_ZIPS = (
    "application/vnd.openxmlformats-officedocument.",
    "application/vnd.oasis.opendocument.",
)
"""Begins of types that are zip archives inside (ECMA-376 part 2; OpenDocument 1.3 part 2)."""

_ALIASES = {
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/x-png": "image/png",
    "image/tif": "image/tiff",
    "application/x-pdf": "application/pdf",
    "application/x-zip-compressed": "application/zip",
    "application/x-zip": "application/zip",
    "application/x-gzip": "application/gzip",
    "application/x-rar": "application/vnd.rar",
    "application/x-rar-compressed": "application/vnd.rar",
    "application/x-msdownload": "application/vnd.microsoft.portable-executable",
    "application/x-dosexec": "application/vnd.microsoft.portable-executable",
    "application/x-msdos-program": "application/vnd.microsoft.portable-executable",
    "application/vnd.msword": "application/msword",
    "application/excel": "application/vnd.ms-excel",
    "application/mspowerpoint": "application/vnd.ms-powerpoint",
    "text/xml": "application/xml",
    "application/xhtml+xml": "text/html",
}
"""Names that browsers and servers give to one type, to its registered name."""

TEXT = "text"
_TEXTS = {
    "application/json",
    "application/javascript",
    "application/x-javascript",
    "application/sql",
}
_OFFICE = "old Office document"
_MAY_BE_INSIDE = {
    _OFFICE: {"zip archive", "page or XML"},
    "zip archive": {_OFFICE},
    TEXT: {"page or XML", "gzip archive"},
}
"""Excel and Word open, and write, pages and new documents under the types of old ones; a new document with a password
is an old one outside (MS-OFFCRYPTO 2.3); a page is text; .svgz, and logs that were put away, keep the types of text."""

_NEEDED = {
    "PNG image": 8,
    "GIF image": 6,
    "WebP image": 12,
    "TIFF image": 4,
    _OFFICE: 8,
    "RAR archive": 6,
}
_NEEDED_OF_OTHERS = 3
"""Bytes of a signature that tell it from chance: `MZ` and `BM` begin texts, and `RIFF` many things."""

_HEAD = 4096
"""Bytes that are looked at."""
_FIRST = 2
"""Of those, how many tell whether it is worth it."""


def same_type(media_type: str) -> str:
    """A media type without its parameters, lower case, by the one name that all of its names mean."""
    bare = media_type.partition(";")[0].strip().lower()
    return _ALIASES.get(bare, bare)


def kind_of_type(media_type: str) -> str:
    """The kind that bytes of this type are; empty if that is not known, as of application/octet-stream."""
    name = same_type(media_type)
    if name in _KIND_OF:
        return _KIND_OF[name]
    if name.startswith(_ZIPS) and not name.endswith("-flat-xml"):
        return "zip archive"
    if name in _TEXTS or name.startswith("text/") or name.endswith(("+xml", "+json")):
        return TEXT if name != "text/rtf" else ""
    return ""


def kind_of_bytes(content: bytes) -> str:
    """The kind that the bytes surely are; empty if their beginning does not tell it."""
    if len(content) <= _NEEDED_OF_OTHERS or content[:_FIRST] not in _beginnings():
        return ""
    import puremagic

    content = content[:_HEAD]
    try:
        found = puremagic.magic_string(content)
    except puremagic.PureError:
        return ""
    sure = [
        (len(one.byte_match), kind)
        for one in found
        if (kind := kind_of_type(one.mime_type)) not in ("", TEXT)
        and content.startswith(one.byte_match)
        and len(one.byte_match) >= _NEEDED.get(kind, _NEEDED_OF_OTHERS)
    ]
    return max(sure)[1] if sure else ""


@cache
def _beginnings() -> frozenset[bytes]:
    """What bytes of all kinds that we know begin with: others need not be held against 1,500 signatures."""
    from puremagic import main  # here: it reads all of them, which most of what starts never needs

    known = (one for one in main.magic_header_array if one.offset == 0)
    return frozenset(one.byte_match[:_FIRST] for one in known if kind_of_type(one.mime_type) not in ("", TEXT)) | {
        b"RI"  # of WebP they list what all RIFF files have in common apart
    }


def contradicts(media_type: str, kind: str) -> bool:
    """Whether bytes of the kind cannot be of the declared type."""
    declared = kind_of_type(media_type)
    return bool(declared and kind) and declared != kind and kind not in _MAY_BE_INSIDE.get(declared, ())
