"""An entry of a HAR as an exchange that can be recorded."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from inspector.errors import UsageError
from inspector.recording.har.bodies import received, sent
from inspector.recording.har.entry import Entry, Message, Own
from inspector.recording.har.heads import (
    Address,
    address,
    fields,
    is_method,
    latin,
    version,
    with_cookies,
    with_set_cookies,
)
from inspector.recording.har.texts import Texts
from inspector.recording.importing.told import NONE, Content, Told, ToldFrame
from inspector.traffic.body import EMPTY
from inspector.traffic.exchange import BINARY, CLOSE, TEXT, Instant, Request, Response
from inspector.traffic.headers import Headers

FIELDS_LOST, NO_CREDENTIALS, UNFINISHED = "fields", "credentials", "unfinished"
"""What `Losses` calls it."""

UPGRADED = 101

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ABORTED = "it was ended before an answer came"


class Telling:
    """Reads entries; `texts` has what the parser left in the file. Raises UsageError for what cannot be meant."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts

    def address(self, entry: Entry) -> Address | None:
        """Where the request went; None if that was no web server (`data:`, an extension's page)."""
        where = address(entry.request.url)
        if where and (own := entry.own):
            path, _, query = own.target.partition("?") if own.target else (where.path, "", where.query)
            return Address(own.scheme or where.scheme, own.authority, path, query)
        return where

    def told(self, entry: Entry) -> tuple[Told, list[str]]:
        """The exchange, and what of it was lost."""
        own, lost = entry.own, []
        request, got_lost = self._request(entry)
        lost += [FIELDS_LOST] if got_lost else []
        begun, answered, done = instants(entry)
        told, said = entry.request, own.request if own else None
        body, kind = sent(told.postData, request.headers, told.bodySize, said, self._texts)
        lost += [kind] if kind else []
        response, back = self._response(entry, request.method, lost)
        error = entry.response.error or (None if response or done is None else _ABORTED)
        if done is None:
            lost.append(UNFINISHED)
        if request.method != "OPTIONS" and not any(name in request.headers for name in ("cookie", "authorization")):
            lost.append(NO_CREDENTIALS)
        connection = entry.connection or entry.server or ""
        if not response:
            answered = None
        told_ = Told(
            connection[:100], begun, request, body, answered, response, back, done, error, bool(entry.messages)
        )
        return told_, lost

    def frames(self, entry: Entry) -> Iterator[ToldFrame]:
        """What was sent on the WebSocket. Pings are not told of by a recorder either."""
        return (self._frame(one) for one in entry.messages if one.opcode in (0, TEXT, BINARY, CLOSE))

    def _request(self, entry: Entry) -> tuple[Request, bool]:
        told, where = entry.request, self.address(entry)
        assert where, "whoever asks has looked"
        if not is_method(told.method):
            raise UsageError("its request.method is none")
        pairs, lost = fields(told.headers, self._texts.whole)
        pseudo = next((pair.value for pair in told.headers if pair.name == ":authority"), "")
        spoken = entry.own.http_version if entry.own else version(told.httpVersion)
        authority = where.authority if entry.own else latin(pseudo) or where.authority
        headers = with_cookies(pairs, told.cookies)
        return Request(told.method, where.scheme, authority, where.path, where.query, spoken, headers, EMPTY), lost

    def _response(self, entry: Entry, method: str, lost: list[str]) -> tuple[Response | None, Content]:
        told, own = entry.response, entry.own
        if told.status <= 0:
            return None, NONE
        if told.status < 100:
            raise UsageError(f"its response.status is {told.status}, which is none")
        pairs, fields_lost = fields(told.headers, self._texts.whole)
        lost += [FIELDS_LOST] if fields_lost else []
        headers = with_set_cookies(pairs, told.cookies)
        said = own.response if own else None
        body, kind = received(told.content, headers, told.status, method, said, told.bodySize, self._texts)
        lost += [kind] if kind else []
        return Response(told.status, latin(told.statusText), Headers(headers.fields), EMPTY), body

    def _frame(self, message: Message) -> ToldFrame:
        at = round(message.time * 1_000_000)
        own = message.own
        moment = Instant(*own.at) if own else Instant(at, at)
        is_text = message.opcode == TEXT
        if own and own.data is not None:
            pieces = self._texts.base64(own.data)
        else:
            pieces = self._texts.text(message.data, "utf-8") if is_text else self._texts.base64(message.data)
        content = b"".join(pieces)
        opcode = message.opcode if message.opcode in (TEXT, CLOSE) else BINARY
        tick = own.tick if own else None
        return ToldFrame(moment, "client" if message.type == "send" else "server", opcode, content, tick)


def instants(entry: Entry) -> tuple[Instant, Instant | None, Instant | None]:
    """When it began, was answered, and was done: as recorded, if it was we who wrote it.

    Else the phases tell (HAR 1.2, timings): the answer's head was there when `wait` was over. A WebSocket's exchange is
    over with its upgrade, whatever the HAR calls its time.
    """
    if own := entry.own:
        return _exact(own)
    told = entry.startedDateTime
    begun = ((told if told.tzinfo else told.replace(tzinfo=UTC)) - _EPOCH) // timedelta(microseconds=1)
    if begun < 0:
        raise UsageError(f"it began in {told.year}, before there was any web")
    phases = entry.timings
    before = sum(max(0.0, one) for one in (phases.blocked, phases.dns, phases.connect, phases.send, phases.wait))
    lasted = entry.time if entry.time >= 0 else before + max(0.0, phases.receive)
    answered = begun + round(min(before, lasted) * 1000)
    is_socket = bool(entry.messages) or entry.response.status == UPGRADED
    done = answered if is_socket else begun + round(lasted * 1000)
    return Instant(begun, begun), Instant(answered, answered), Instant(done, done)


def _exact(own: Own) -> tuple[Instant, Instant | None, Instant | None]:
    return (
        Instant(*own.started),
        Instant(*own.answered) if own.answered else None,
        Instant(*own.done) if own.done else None,
    )
