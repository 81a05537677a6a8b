"""3xx: what a notification alone shows."""

from collections.abc import Iterator

from inspector.analysis.finding import Breach, Severity, shown
from inspector.analysis.happenings import Told
from inspector.analysis.rules.catalogue import rule
from inspector.webservices.model import after
from inspector.webservices.notifications import ChatMessage, MessageLogUpdated

UPLOAD_NOTIFICATION = "Chat API, UploadFile, notification"


@rule(
    "GW301",
    Severity.ERROR,
    "shape of a notification broken",
    source="Chat API, notifications",
    cure="compare with the page of the operation; clients will fail to read this",
)
def notification_has_its_shape(told: Told) -> Iterator[Breach]:
    for flaw in told.message.flaws:
        was = "is missing" if flaw.missing else f"is {shown(flaw.actual)}, not {flaw.expected}"
        yield Breach(
            f"{flaw.pointer[1:] or 'the notification'} {was}",
            pointer=f"/data{flaw.pointer}",
            expected=flaw.expected,
            actual=flaw.actual,
        )


@rule(
    "GW302",
    Severity.ERROR,
    "file-uploaded without attachment",
    source=UPLOAD_NOTIFICATION,
    cure="a client cannot show this file: ask the operators of Chat Server",
)
def file_has_an_attachment(told: Told) -> Iterator[Breach]:
    for pointer, line in _files(told):
        if line.attachment is None:
            yield Breach(
                "a file-uploaded message names no attachment",
                pointer=f"{pointer}/attachment",
                expected="an object with id, name, size, path and uri",
            )


@rule(
    "GW303",
    Severity.ERROR,
    "attachment.id is not the end of its path or uri",
    source=UPLOAD_NOTIFICATION,
    cure="do not follow the address: it leads to another document than the one announced",
)
def attachment_is_where_it_says(told: Told) -> Iterator[Breach]:
    for pointer, line in _files(told):
        attachment = line.attachment
        if attachment is None:
            continue
        addresses = {"path": attachment.path, "uri": attachment.uri}
        wrong = [
            member
            for member, address in addresses.items()
            if address is not None and after(address.partition("?")[0], "/") != attachment.id
        ]
        if wrong:
            yield Breach(
                f"attachment {attachment.id} has the {wrong[0]} {addresses[wrong[0]]}, which ends in another id",
                pointer=f"{pointer}/attachment/{wrong[0]}",
                expected=f"…/{attachment.id}",
                actual=addresses[wrong[0]],
            )


def _files(told: Told) -> Iterator[tuple[str, ChatMessage]]:
    notification = told.message.notification
    if isinstance(notification, MessageLogUpdated):
        for position, line in enumerate(notification.messages):
            if line.is_file:
                yield f"/data/messages/{position}", line
