"""7xx: what is shown to those whom it does not concern."""

import re
from collections.abc import Iterator

from inspector.analysis.calls import UPLOAD
from inspector.analysis.finding import Breach, Severity, shown
from inspector.analysis.happenings import Asked
from inspector.analysis.rules.catalogue import rule
from inspector.analysis.watches.exposure import LeadsElsewhere, SentInTheClear, ServedToAnybody

FILE_SYSTEM = "file-system"
_PLACE = re.compile(r"(?!C:\\fakepath\\)(?:[A-Za-z]:[\\/]|[\\/]{2}[^\\/]|/[^/]|~[\\/]|file:)", re.IGNORECASE)
"""How a place on a disk begins: a drive, a share, the root, somebody's home, or a URL of any of them. What browsers
put there instead tells nothing (HTML Standard, input, value mode filename)."""


@rule(
    "GW701",
    Severity.INFO,
    "uploadPath tells a path of the agent's disk",
    source="Chat API, UploadFile, parameters: uploadPath, which is optional",
    cure="leave uploadPath out, or send the file's name alone: the server needs no more",
)
def path_is_kept_private(asked: Asked) -> Iterator[Breach]:
    """The page asks for it, so it is no more than worth knowing."""
    body = asked.call.body
    if asked.call.operation != UPLOAD or body is None or body.get("uploadType") != FILE_SYSTEM:
        return
    path = body.get("uploadPath")
    if isinstance(path, str) and _PLACE.match(path):
        yield Breach(
            f"uploadPath {shown(path)} tells where the file lies on the agent's machine",
            pointer="/uploadPath",
            expected="no uploadPath, or a file's name",
            actual=path,
        )


@rule(
    "GW702",
    Severity.WARNING,
    "credentials over plain HTTP to another machine",
    source="RFC 7617 section 4; RFC 6265 section 8.3",
    cure="use https: whoever sees this traffic can act as the agent",
)
def credentials_are_encrypted(sent: SentInTheClear) -> Iterator[Breach]:
    yield Breach(
        f"{sent.what} was sent by plain HTTP to {shown(sent.host)}, which is another machine",
        expected="https, or a server on this machine",
        actual=sent.host,
    )


@rule(
    "GW703",
    Severity.ERROR,
    "attachment served without a session",
    source="Return Values: 20, not authenticated; Attachments API",
    cure="let the server ask for a session: whoever learns the address can read this file",
)
def files_ask_for_a_session(served: ServedToAnybody) -> Iterator[Breach]:
    yield Breach(
        f"{served.size} bytes of attachment {shown(served.call.document_id)} were served to a request "
        "with neither a cookie nor Authorization nor any token",
        expected="403 with statusCode 20",
        actual=served.call.status,
    )


@rule(
    "GW704",
    Severity.INFO,
    "attachment uri points to a host that clients do not use",
    source="Configuration options, externalApiUrlV2",
    cure="see that clients reach this host, or let them use path below their own; record --advertise keeps them here",
)
def attachment_is_at_home(leads: LeadsElsewhere) -> Iterator[Breach]:
    used = ", ".join(leads.used[:4])
    yield Breach(
        f"the attachment's uri {shown(leads.uri)} leads to {shown(leads.host)}; requests were for {shown(used)}",
        pointer=leads.pointer,
        expected=used,
        actual=leads.uri,
    )
