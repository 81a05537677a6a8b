"""5xx: what files are, and what is said of them. What a policy says of them is in `policy`."""

from collections.abc import Iterator
from unicodedata import category

from inspector.analysis.files.detecting import contradicts
from inspector.analysis.files.documents import (
    UPLOADED,
    BytesDiffer,
    BytesTyped,
    BytesWeighed,
    Content,
    FileShown,
    SameBytes,
)
from inspector.analysis.finding import Breach, Severity, shown
from inspector.analysis.rules.catalogue import rule

ATTACHMENTS = "Chat API, AddAttachment, notification"

_TURNING = {chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}
"""Bidirectional embeddings, overrides and isolates (UAX 9): `exe.txt` can be shown for `txt.exe`."""


@rule(
    "GW501",
    Severity.WARNING,
    "declared size is not the size of the bytes",
    source=f"{ATTACHMENTS}: size is in bytes",
    cure="find out which of both is the file: a client shows, and may check, the declared size",
)
def size_is_declared(weighed: BytesWeighed) -> Iterator[Breach]:
    content = weighed.content
    if weighed.size not in (content.size, content.sent[0]):
        yield Breach(
            f"{called(weighed.document.name, weighed.document.id)} is declared with {weighed.size} bytes, "
            f"{content.size} were {content.how}",
            expected=str(weighed.size),
            actual=content.size,
        )


@rule(
    "GW502",
    Severity.WARNING,
    "declared type is not the type of the bytes",
    source=f"{ATTACHMENTS}: mime; neither Chat Server nor UCS verifies it (Chat Server, file transfer by agents)",
    cure="do not open the file by its declared type; let the sender declare the true one",
)
def type_is_declared(typed: BytesTyped) -> Iterator[Breach]:
    if contradicts(typed.mime, typed.kind):
        yield Breach(
            f"{called(typed.document.name, typed.document.id)} is declared as {shown(typed.mime)}, "
            f"but begins as a {typed.kind}",
            expected=typed.mime,
            actual=typed.kind,
        )


@rule(
    "GW506",
    Severity.WARNING,
    "file name with path separators or control characters",
    source="RFC 6266 section 4.3: a name is no path; UAX 9 and Unicode TR 36 section 3.1 for what turns text around",
    cure="never use it as a file's name on a disk, and encode it where it is shown",
)
def name_is_harmless(file: FileShown) -> Iterator[Breach]:
    if wrong := _harms(file.name):
        yield Breach(
            f"the file name {shown(file.name)} has {wrong}",
            pointer=file.where.member("name"),
            expected="a name without path separators and control characters",
            actual=file.name,
        )


@rule(
    "GW507",
    Severity.INFO,
    "same bytes under different names",
    source=f"{ATTACHMENTS}: name",
    cure="see whether a file was renamed to pass, or only sent twice",
)
def bytes_have_one_name(same: SameBytes) -> Iterator[Breach]:
    yield Breach(
        f"{called(same.name, same.document.id)} has the same bytes as {called(same.other_name, same.other)}",
        expected=same.other_name,
        actual=same.name,
    )


@rule(
    "GW508",
    Severity.ERROR,
    "downloaded bytes are not the document's bytes",
    source="Attachments API: GET gives the document's content",
    cure="compare both files: what was changed on the way, or in UCS, is not what was sent",
)
def bytes_stay(differ: BytesDiffer) -> Iterator[Breach]:
    before, now = differ.before, differ.now
    if not before.equals(now):
        verb = "brought" if before.how == UPLOADED else "gave"
        yield Breach(
            f"{called(differ.document.name, differ.document.id)}: {_sized(now)} were downloaded, "
            f"#{before.exchange} {verb} {_sized(before)}",
            expected=before.sha256,
            actual=now.sha256,
        )


def called(name: str, document_id: str) -> str:
    """How a sentence names a document that may have no name, or no id yet."""
    if not name:
        return document_id or "a file without a name"
    return f"{shown(name)} ({document_id})" if document_id else shown(name)


def _sized(content: Content) -> str:
    return f"{content.size} bytes ({content.sha256[:12]}…)"


def _harms(name: str) -> str:
    """What is wrong with a name, in words; empty if nothing is."""
    read = _repaired(name)
    if "/" in read or "\\" in read:
        return "a path separator"
    if any(category(sign) in ("Cc", "Zl", "Zp") for sign in read):
        return "a control character"
    return "a sign that turns text around" if not _TURNING.isdisjoint(read) else ""


def _repaired(name: str) -> str:
    """A name in UTF-8 that somebody read as latin-1 seems to hold control characters (0x80 to 0x9F), and holds none."""
    try:
        return name.encode("latin-1").decode("utf-8")
    except ValueError:
        return name
