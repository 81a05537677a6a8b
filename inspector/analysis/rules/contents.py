"""5xx: what files are, and what is said of them."""

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
from inspector.analysis.watches.contents import CustomerSent

ATTACHMENTS = "Chat API, AddAttachment, notification"
BY_POLICY = "the policy; neither Chat Server nor UCS restricts what agents send (Chat Server, file transfer by agents)"
FOR_CUSTOMERS = "Chat Server, File Transfer: client-file-transfer/upload-max-file-size, -max-files, -max-total-size"

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
            f"{_called(weighed.document.name, weighed.document.id)} is declared with {weighed.size} bytes, "
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
            f"{_called(typed.document.name, typed.document.id)} is declared as {shown(typed.mime)}, "
            f"but begins as a {typed.kind}",
            expected=typed.mime,
            actual=typed.kind,
        )


@rule(
    "GW503",
    Severity.ERROR,
    "type or extension outside the policy",
    source=BY_POLICY,
    cure="see that the file does not get into chats; or add its type or extension to the policy",
)
def type_is_allowed(file: FileShown) -> Iterator[Breach]:
    for member, value, line in (
        ("name", file.name, file.policy.against_name(file.name)),
        ("mime", file.mime, file.policy.against_type(file.mime)),
    ):
        if line:
            yield Breach(
                f"{_called(file.document.name, file.document.id)}: {member} {shown(value)} breaks {line}",
                pointer=file.where.member(member),
                expected=line,
                actual=value,
            )


@rule(
    "GW504",
    Severity.ERROR,
    "larger than the policy allows",
    source=BY_POLICY,
    cure="see that the file does not get into chats; or raise the policy's limit",
)
def size_is_allowed(file: FileShown) -> Iterator[Breach]:
    if file.size is not None and (line := file.policy.against_size(file.size)):
        yield Breach(
            f"{_called(file.document.name, file.document.id)} has {file.size} bytes, which breaks {line}",
            pointer=file.where.member("size"),
            expected=line,
            actual=file.size,
        )


@rule(
    "GW505",
    Severity.WARNING,
    "customer sent more than Chat Server's limits",
    source=FOR_CUSTOMERS,
    cure="compare the options of Chat Server with these limits; set policy.customer to what yours are",
)
def customer_keeps_limits(sent: CustomerSent) -> Iterator[Breach]:
    limits, size = sent.limits, sent.size or 0
    if size > limits.max_bytes:
        yield _over(
            sent,
            "size",
            f"has {size} bytes",
            f"policy.customer.max_bytes: {limits.max_bytes}",
            size,
        )
    if sent.files == limits.max_files + 1:
        line = f"policy.customer.max_files: {limits.max_files}"
        yield _over(
            sent,
            "id",
            f"is the customer's file number {sent.files} in this chat",
            line,
            sent.files,
        )
    if sent.total - size <= limits.max_total < sent.total:
        line = f"policy.customer.max_total: {limits.max_total}"
        yield _over(
            sent,
            "size",
            f"makes {sent.total} bytes from the customer in this chat",
            line,
            sent.total,
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
        f"{_called(same.name, same.document.id)} has the same bytes as {_called(same.other_name, same.other)}",
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
            f"{_called(differ.document.name, differ.document.id)}: {_sized(now)} were downloaded, "
            f"#{before.exchange} {verb} {_sized(before)}",
            expected=before.sha256,
            actual=now.sha256,
        )


def _called(name: str, document_id: str) -> str:
    """How a sentence names a document that may have no name, or no id yet."""
    if not name:
        return document_id or "a file without a name"
    return f"{shown(name)} ({document_id})" if document_id else shown(name)


def _sized(content: Content) -> str:
    return f"{content.size} bytes ({content.sha256[:12]}…)"


def _over(sent: CustomerSent, member: str, said: str, line: str, actual: int) -> Breach:
    pointer = f"{sent.pointer}/{member}"
    return Breach(
        f"{shown(sent.name)} {said}, which breaks {line}",
        pointer=pointer,
        expected=line,
        actual=actual,
    )


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
