"""3xx: what a notification alone shows."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from urllib.parse import unquote

from inspector.analysis.finding import Breach, Severity, shown
from inspector.analysis.happenings import FilesTold, Misshapen, OperationFailed, Told
from inspector.analysis.rules.catalogue import rule
from inspector.webservices.known_values import LOG_CHANGES, MESSAGE_TYPES, STATE_CHANGES, VISIBILITIES, Known
from inspector.webservices.model import after, pointer
from inspector.webservices.notifications import ChatMessage, ChatStateChange, MessageLogUpdated, Participant

UPLOAD_NOTIFICATION = "Chat API, UploadFile, notification"
CLOCKS_DIFFER_MS = 2_000
"""`timestamp` may have no fraction, and be rounded."""
SECONDS_END = 10**11
"""Real seconds, as the member is called and newer versions send them; as milliseconds they were a day before 1974."""
MILLISECONDS_END = 10**14
"""The year 5138."""
FINER_UNITS = {"microseconds": 1_000, "nanoseconds": 1_000_000}


@rule(
    "GW301",
    Severity.ERROR,
    "shape of a notification broken",
    source="Chat API, notifications",
    cure="compare with the page of the operation; clients will fail to read this",
)
def notification_has_its_shape(told: Misshapen) -> Iterator[Breach]:
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
def file_has_an_attachment(told: FilesTold) -> Iterator[Breach]:
    for position, line in told.files:
        if line.attachment is None:
            yield Breach(
                "a file-uploaded message names no attachment",
                pointer=f"/data/messages/{position}/attachment",
                expected="an object with id, name, size, path and uri",
            )


@rule(
    "GW303",
    Severity.ERROR,
    "attachment.id is not the end of its path or uri",
    source=UPLOAD_NOTIFICATION,
    cure="do not follow the address: it leads to another document than the one announced",
)
def attachment_is_where_it_says(told: FilesTold) -> Iterator[Breach]:
    for position, line in told.files:
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
                pointer=f"/data/messages/{position}/attachment/{wrong[0]}",
                expected=f"…/{attachment.id}",
                actual=addresses[wrong[0]],
            )


@rule(
    "GW304",
    Severity.WARNING,
    "timestamp and timestampSeconds disagree, or timestampSeconds is not in milliseconds",
    source="Chat API, UploadFile, notification, sample",
    cure="do not order a transcript by it, use index; ask the operators which clock or time zone is wrong",
)
def times_agree(told: Told) -> Iterator[Breach]:
    for position, line in enumerate(_lines(told)):
        stamp = line.timestamp_seconds
        if stamp is None or stamp < SECONDS_END:
            continue
        shown_ms = _milliseconds(line.timestamp)
        if shown_ms is None and stamp < MILLISECONDS_END:
            continue
        if shown_ms is not None and abs(stamp - shown_ms) <= CLOCKS_DIFFER_MS:
            continue
        yield Breach(
            _how_times_differ(line.timestamp, shown_ms, stamp),
            pointer=f"/data/messages/{position}/timestampSeconds",
            expected="milliseconds since 1970" if shown_ms is None else str(shown_ms),
            actual=stamp,
        )


@rule(
    "GW305",
    Severity.ERROR,
    "chatPath and chatUri name two chats",
    source="Chat API, notifications of new messages",
    cure="find out which of them is meant: clients take the chat from either, and show these lines in the wrong one",
)
def addresses_name_one_chat(told: Told) -> Iterator[Breach]:
    notification = told.message.notification
    if not isinstance(notification, MessageLogUpdated):
        return
    path, uri = notification.chat_path, notification.chat_uri
    if path is None or uri is None or (uri.endswith(path) and "?" not in uri):
        return
    by_path, by_uri = _chat_at(path), _chat_at(uri)
    if by_path and by_uri and by_path != by_uri:
        yield Breach(
            f"chatPath {shown(notification.chat_path)} names the chat {shown(by_path)}, "
            f"chatUri {shown(notification.chat_uri)} the chat {shown(by_uri)}",
            pointer="/data/chatUri",
            expected=f"…/chats/{by_path}",
            actual=notification.chat_uri,
        )


@rule(
    "GW306",
    Severity.INFO,
    "value that the documentation does not list",
    source="Chat API, ChatMessageType and ChatResources",
    cure="see that clients keep it and go on: lists of values grow with versions",
)
def values_are_listed(told: Told) -> Iterator[Breach]:
    for steps, value, known in _listed(told):
        if value and value not in known.values:
            listed = ", ".join(sorted(known.values))
            yield Breach(
                f"{steps[-1]} is {shown(value)}; {known.source} lists {listed}",
                pointer=f"/data{pointer(steps)}",
                expected=listed,
                actual=value,
            )


@rule(
    "GW307",
    Severity.WARNING,
    "Error notification after an accepted call",
    source="Asynchronous Events; ChatMessageType, Error",
    cure="read its errorMessage, and tell the user: 0 in the reply said only that the request was forwarded",
)
def accepted_is_not_done(failed: OperationFailed) -> Iterator[Breach]:
    said = shown(failed.change.error_message) if failed.change.error_message else "without an errorMessage"
    where = f" in the chat {shown(failed.change.chat_id)}" if failed.change.chat_id else ""
    call = failed.call
    after_what = f"{call.operation} (#{call.number}) was accepted" if call else "several calls were accepted"
    yield Breach(
        f"{after_what}, then an Error was told{where}: {said}",
        pointer="/data/errorMessage" if failed.change.error_message else "/data/notificationType",
        actual=failed.change.error_message,
    )


def _milliseconds(timestamp: str | None) -> int | None:
    """Of ISO 8601 in its many spellings, and of samples without a blank (2014-02-1308:20:59.000-0800); None for any
    other, and for one that does not say its zone."""
    said = timestamp or ""
    try:
        moment = datetime.fromisoformat(f"{said[:10]} {said[10:]}" if said[10:12].isdigit() else said)
    except ValueError:
        return None
    return round(moment.timestamp() * 1000) if moment.tzinfo else None


def _how_times_differ(timestamp: str | None, shown_ms: int | None, stamp: int) -> str:
    for unit, factor in FINER_UNITS.items():
        if shown_ms is not None and abs(stamp / factor - shown_ms) <= CLOCKS_DIFFER_MS:
            return f"timestampSeconds {stamp} counts {unit} where milliseconds are told ({timestamp})"
    if shown_ms is None:
        return f"timestampSeconds {stamp} counts something finer than milliseconds"
    apart = abs(stamp - shown_ms) / 1000
    return f"timestamp {timestamp} is {shown_ms} in milliseconds, timestampSeconds {stamp}: {apart:.3f} s apart"


def _chat_at(address: str) -> str:
    """The chat that an address names; empty if it names none."""
    return unquote(after(address.partition("?")[0], "/chats/").partition("/")[0])


def _listed(told: Told) -> Iterator[tuple[tuple[str | int, ...], str | None, Known]]:
    """The values, of members whose list in the documentation is whole: of others a new one may be a known one."""
    notification = told.message.notification
    match notification:
        case MessageLogUpdated():
            if notification.notification_type not in STATE_CHANGES:
                yield ("notificationType",), notification.notification_type, LOG_CHANGES
            for position, line in enumerate(notification.messages):
                yield ("messages", position, "visibility"), line.visibility, VISIBILITIES
                if line.sender:
                    yield ("messages", position, "from", "visibility"), line.sender.visibility, VISIBILITIES
        case ChatStateChange():
            yield ("messageType",), notification.message_type, MESSAGE_TYPES
            people = notification.chat.participants if notification.chat else None
            for position, who in enumerate(people or ()):
                if isinstance(who, Participant):
                    yield ("chat", "participants", position, "visibility"), who.visibility, VISIBILITIES


def _lines(told: Told) -> Sequence[ChatMessage]:
    notification = told.message.notification
    return notification.messages if isinstance(notification, MessageLogUpdated) else ()
