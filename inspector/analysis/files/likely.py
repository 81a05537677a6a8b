"""What the beginning of a file looks like, for people: likely, but unlike `detecting.kind_of_bytes` not sure."""

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import chain

from inspector.analysis.files.detecting import TEXT, kind_of_type, same_type

_HEAD = 4096
"""Bytes that are looked at."""

_BEGINS = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"\x7fELF", "application/x-elf"),
    (b"ID3", "audio/mpeg"),
)
"""What puremagic takes for one of the many things that begin so: old Office documents and messages of Outlook all do
(MS-CFB 2.2), programs of Linux (ELF), and music (ID3v2).
"""

_ZIP = b"PK\x03\x04"
_ENTRY = re.compile(rb"PK\x03\x04.{4}(?P<method>..).{8}.{8}(?P<name>..)(?P<extra>..)", re.DOTALL)
"""A local file header (PKWARE APPNOTE 4.3.7)."""

_INSIDE = {
    "word/": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xl/": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ppt/": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "META-INF/MANIFEST.MF": "application/java-archive",
    "AndroidManifest.xml": "application/vnd.android.package-archive",
}
"""Names in an archive that tell what it is."""

_MARKED = ("application/json", "image/svg+xml", "application/rtf", "message/rfc822", "application/postscript")
"""Texts that are known by their beginning; of others, a word says little: `BMW` begins no picture."""

Signs = frozenset[tuple[int, bytes]]
"""Bytes of signatures, each with where it was found; below zero from the end."""


def type_of_bytes(head: bytes) -> str:
    """The media type that a file with this beginning has; empty if it looks like nothing that is known."""
    head = head[:_HEAD]
    if head.startswith(_ZIP):
        return _of_archive(head)
    for begin, name in _BEGINS:
        if head.startswith(begin):
            return name
    signs = frozenset(_signs(head))
    found = _named(signs, _Bytes(head)) if signs else ""
    if not _is_text(head):
        return found
    return found if found in _MARKED or kind_of_type(found) not in ("", TEXT) else "text/plain"


def _of_archive(head: bytes) -> str:
    """What a zip archive is, by the names at its beginning: OpenDocument and EPUB write theirs into the first file
    (OpenDocument 1.3 part 2, section 3.3), the others are known by their folders.
    """
    for entry in _ENTRY.finditer(head):
        size, extra = (int.from_bytes(entry[which], "little") for which in ("name", "extra"))
        name = head[entry.end() : entry.end() + size].decode("utf-8", "replace")
        if name == "mimetype" and entry["method"] == b"\0\0":
            start = entry.end() + size + extra
            written = re.match(rb"application/[\w.+-]{1,100}(?=PK)", head[start : start + 200])
            return written[0].decode() if written else "application/zip"
        for begin, media_type in _INSIDE.items():
            if name.startswith(begin):
                return media_type
    return "application/zip"


class _Bytes(bytes):
    """Bytes that say nothing about what they are: whatever has the same signs is of the same type."""

    def __hash__(self) -> int:
        return 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Bytes)


@lru_cache(maxsize=1024)
def _named(signs: Signs, head: _Bytes) -> str:
    """By puremagic, which holds bytes against all of its signatures, one by one: that takes milliseconds."""
    import puremagic

    try:
        found = puremagic.magic_string(bytes(head))
    except (puremagic.PureError, ValueError):
        return ""
    # two zeros begin anything
    likely = sorted(
        (one for one in found if one.mime_type and one.byte_match.strip(b"\0")), key=lambda one: -one.confidence
    )
    return same_type(likely[0].mime_type) if likely else ""


def _signs(head: bytes) -> Iterator[tuple[int, bytes]]:
    """Those bytes of signatures that are where puremagic looks for them."""
    for start, size, known in _places():
        found = head[start : start + size or None] if start < 0 else head[start : start + size]
        if found in known:
            yield start, found


@cache
def _places() -> tuple[tuple[int, int, frozenset[bytes]], ...]:
    """Where puremagic looks, how many bytes, and for which."""
    from puremagic import main  # here: it reads 1,500 signatures, which most of what starts never needs

    known: dict[tuple[int, int], set[bytes]] = {}
    for one in (*main.magic_header_array, *main.magic_footer_array, *chain(*main.multi_part_dict.values())):
        known.setdefault((one.offset, len(one.byte_match)), set()).add(one.byte_match)
    return tuple((start, size, frozenset(bytes_)) for (start, size), bytes_ in sorted(known.items()))


def _is_text(head: bytes) -> bool:
    if not head or b"\0" in head:
        return False
    try:
        head[:-3].decode() if len(head) == _HEAD else head.decode()  # a letter may be cut
    except UnicodeDecodeError:
        return False
    return True
