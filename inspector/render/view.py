"""One side of an exchange as text for mitmproxy's content view: what it is, what is known of it, and its JSON below.

Nothing here raises, whatever was sent; and what comes out is bounded, and free of control characters.
"""

from collections.abc import Iterator, Sequence

import orjson

from inspector.analysis.calls import Call
from inspector.analysis.causes import Cause
from inspector.analysis.channel import Channel, Message
from inspector.analysis.finding import Finding, shown
from inspector.analysis.transfers import Transfer
from inspector.render.escape import plain
from inspector.render.line import call_line, finding_line
from inspector.render.page import transfer_page
from inspector.render.table import clock
from inspector.traffic.bayeux import BayeuxError, dumps, subscriptions
from inspector.traffic.exchange import Exchange
from inspector.webservices.notifications import ChatMessage, MessageLogUpdated
from inspector.webservices.status_codes import MEANINGS

READ = 1 << 20
"""Bytes that a body may have to be understood here: a view is made while all traffic waits."""

_SHOWN = 1 << 18
"""Characters of a body that are shown; mitmproxy's view Raw has all of it."""

_INDENTED = 1 << 16
"""Bytes that one JSON value may have to be indented, which can make it hundreds of times as large."""

_LISTED = 1000
"""Messages of an exchange, and lines of a message, that are listed."""


def channel_view(exchange: Exchange, direction: str, content: bytes, findings: Sequence[Finding]) -> str:
    """An exchange of the notification channel: its messages, a line each; then those of the `direction` as JSON."""
    messages = Channel().delivered(exchange, None)
    lines = [line for message in messages[:_LISTED] for line in _message(message)]
    if len(messages) > _LISTED:
        lines.append(f"… {len(messages) - _LISTED} messages more")
    contents = [message.content for message in messages if message.direction == direction]
    if not contents:
        lines.append("this side holds no Bayeux messages")
    lines += (finding_line(finding).plain for finding in findings[:_LISTED])
    return "\n".join([*lines, "", *(_bounded(_json(contents)) if contents else _content(content))])


def call_view(
    call: Call, content: bytes, findings: Sequence[Finding], lives: Sequence[tuple[Transfer, Sequence[Cause]]]
) -> str:
    """An operation: how it went, what was found, its document's lives until now; then the shown side's body."""
    lines = [call_line(call).plain]
    if call.reply is not None:
        meaning = MEANINGS.get(call.reply.status_code, "a code that is not documented")
        said = f": {_words(call.reply.status_message)}" if call.reply.status_message else ""
        lines.append(f"the reply says {meaning}{said}")
    lines += [finding_line(finding).plain for finding in findings[:_LISTED]] or ["nothing found until now"]
    for transfer, causes in lives:
        lines += ("", *transfer_lines(transfer, (), causes))
    return "\n".join([*lines, "", *_content(content)])


def transfer_lines(transfer: Transfer, findings: Sequence[Finding], causes: Sequence[Cause]) -> list[str]:
    """The life of a document, line by line."""
    return [str(text) for text in transfer_page(transfer, findings, causes)]


def _message(message: Message) -> Iterator[str]:
    """`19:56:44.123 ← /v2/me/chats  MessageLogUpdated  chat 0001…  document 0002…`, and its chat lines below."""
    words = [f"{clock(message.at)} {'→' if message.direction == 'client' else '←'} {plain(message.channel)}"]
    words += _what(message)
    if message.chat_id:
        words.append(f"chat {plain(message.chat_id)}")
    if message.document_id:
        words.append(f"document {plain(message.document_id)}")
    yield "  ".join(words)
    if isinstance(message.notification, MessageLogUpdated):
        yield from (_chat_line(line) for line in message.notification.messages[:_LISTED])


def _what(message: Message) -> Iterator[str]:
    """What the message is, in words."""
    content = message.content
    if message.notification is not None:
        yield plain(message.kind)
        chat = getattr(message.notification, "chat", None)
        if chat is not None and chat.state:
            yield plain(chat.state)
        if error := getattr(message.notification, "error_message", None):
            yield plain(error)
    elif message.flaws:
        flaw = message.flaws[0]
        yield f"no notification as documented: {plain(flaw.pointer or 'its data')} is not {plain(flaw.expected)}"
    else:
        yield from (plain(name) for name in subscriptions(content)[:_LISTED])
        if isinstance(done := content.get("successful"), bool):
            yield "done" if done else f"refused: {_words(content.get('error', 'it does not say why'))}"


def _chat_line(line: ChatMessage) -> str:
    who = plain((line.sender.nickname if line.sender else None) or "")
    said = line.attachment.name if line.attachment and line.attachment.name else line.text
    words = (str(line.index) if line.index is not None else "", who, plain(line.kind), plain(said or "", 400))
    return "               " + "  ".join(word for word in words if word)


def _words(value: object) -> str:
    """What should be text, and may be anything: `str` of a value that is nested deeply would raise."""
    return plain(value if isinstance(value, str) else shown(value), 1000)


def _content(content: bytes) -> list[str]:
    """A body as JSON; or as text, if it is none."""
    if len(content) > READ:
        return [f"{len(content)} bytes, too many to be read here; they begin", *_text(content)]
    try:
        return _bounded(_json([orjson.loads(content)])) if content else []
    except orjson.JSONDecodeError:
        return _text(content)


def _text(content: bytes) -> list[str]:
    return _bounded(iter(content[:_SHOWN].decode("utf-8", "replace").split("\n")))


def _json(values: Sequence[object]) -> Iterator[str]:
    for value in values:
        try:
            short = dumps(value)
            whole = orjson.dumps(value, option=orjson.OPT_INDENT_2) if len(short) <= _INDENTED else short
        except BayeuxError as error:
            yield f"({error})"
            continue
        except TypeError:  # orjson reads deeper nesting than it writes
            whole = short
        yield from whole.decode("utf-8", "replace").split("\n")


def _bounded(lines: Iterator[str]) -> list[str]:
    """The lines for a reader, until there are enough of them."""
    kept, room = list[str](), _SHOWN
    for line in lines:
        if room <= 0:
            kept.append("… the view Raw shows the rest")
            break
        kept.append(plain(line, 2000))
        room -= len(kept[-1]) + 1
    return kept
