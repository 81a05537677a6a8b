"""5xx: what a policy says of files, by whoever wrote it: what they are, and when and how many are sent.

`expected` is the policy's line that is broken. Without a line there is nothing to break.
"""

from collections.abc import Iterator

from inspector.analysis.files.documents import BytesDenied, FileShown
from inspector.analysis.finding import Breach, Severity, shown
from inspector.analysis.policy.hours import DAYS, local
from inspector.analysis.rules.catalogue import rule
from inspector.analysis.rules.contents import called
from inspector.analysis.watches.contents import CustomerSent
from inspector.analysis.watches.sendings import FileCounted, FileSentAt, UploadAskedFor

BY_POLICY = "the policy; neither Chat Server nor UCS restricts what agents send (Chat Server, file transfer by agents)"
FOR_CUSTOMERS = "Chat Server, File Transfer: client-file-transfer/upload-max-file-size, -max-files, -max-total-size"


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
                f"{called(file.document.name, file.document.id)}: {member} {shown(value)} breaks {line}",
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
            f"{called(file.document.name, file.document.id)} has {file.size} bytes, which breaks {line}",
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
    "GW509",
    Severity.ERROR,
    "more sent than the policy allows in a chat or on a day",
    source=BY_POLICY,
    cure="look at who sent so much, and why; or raise the policy's limit",
)
def sendings_keep_limits(file: FileCounted) -> Iterator[Breach]:
    name, limits = called(file.name, file.document_id), file.limits
    if limits.max_files is not None and file.files == limits.max_files + 1:
        line = f"{file.table}.max_files: {limits.max_files}"
        yield Breach(
            f"{name} is file number {file.files} {file.among}, which breaks {line}",
            pointer=file.pointer("id"),
            expected=line,
            actual=file.files,
        )
    if limits.max_total is not None and file.total - file.size <= limits.max_total < file.total:
        line = f"{file.table}.max_total: {limits.max_total}"
        yield Breach(
            f"{name} makes {file.total} bytes {file.among}, which breaks {line}",
            pointer=file.pointer("size"),
            expected=line,
            actual=file.total,
        )


@rule(
    "GW510",
    Severity.ERROR,
    "file sent outside the policy's hours",
    source=BY_POLICY,
    cure="find out who was at work then; or add the hours to the policy, and see that its time_zone is meant",
)
def file_is_sent_in_time(file: FileSentAt) -> Iterator[Breach]:
    line, moment = file.policy.against_time(file.at), local(file.at, file.policy.time_zone)
    if line and moment:
        said = f"{DAYS[moment.weekday()]} {moment:%Y-%m-%d %H:%M:%S}"
        yield Breach(
            f"{called(file.name, file.document_id)} was sent on {said}, which breaks {line}",
            pointer=file.pointer("id"),
            expected=line,
            actual=moment.isoformat(timespec="milliseconds"),
        )


@rule(
    "GW511",
    Severity.ERROR,
    "UploadFile without the description that the policy requires",
    source=f"Chat API, UploadFile: description is optional there; {BY_POLICY}",
    cure="say in description what the file is for",
)
def upload_is_described(upload: UploadAskedFor) -> Iterator[Breach]:
    body = upload.call.body
    if body is not None and (line := upload.policy.against_description(body.get("description"))):
        has = "a blank" if body.get("description") else "no"
        yield Breach(
            f"UploadFile of {shown(upload.call.document_id)} has {has} description, which breaks {line}",
            pointer="/description",
            expected=line,
            actual=body.get("description"),
        )


@rule(
    "GW512",
    Severity.ERROR,
    "bytes that the policy denies",
    source=BY_POLICY,
    cure="keep the file away from everybody: somebody knew these bytes, and wrote them down",
)
def bytes_are_not_denied(denied: BytesDenied) -> Iterator[Breach]:
    document, content = denied.document, denied.content
    yield Breach(
        f"the bytes of {called(document.name, document.id)}, which were {content.how}, break {denied.line}",
        expected=denied.line,
        actual=content.sha256,
    )


def _over(sent: CustomerSent, member: str, said: str, line: str, actual: int) -> Breach:
    pointer = f"{sent.pointer}/{member}"
    return Breach(
        f"{shown(sent.name)} {said}, which breaks {line}",
        pointer=pointer,
        expected=line,
        actual=actual,
    )
