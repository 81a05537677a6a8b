"""Both ends of a WebSocket: the handshake byte by byte, the frames by wsproto, which comes with mitmproxy."""

import base64
import hashlib
import ssl
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any

from wsproto.connection import Connection as Wire
from wsproto.connection import ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Event, Message, Ping, Pong, TextMessage
from wsproto.extensions import PerMessageDeflate

from tests.live.clients import Connection
from tests.live.servers import Talk

_KEY = base64.b64encode(bytes(16))
_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""RFC 6455 section 1.3."""
_DEFLATE = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"

Answering = Callable[[Event], Iterable[Event]]


def _wire(kind: ConnectionType, deflate: bool) -> Wire:
    extension = PerMessageDeflate()
    if deflate:
        extension.finalize(_DEFLATE)
    return Wire(kind, [extension] if deflate else [])


def nothing(event: Event) -> Iterable[Event]:
    """What a server answers that only listens."""
    return ()


class Chat:
    """An answer that accepts a WebSocket, says `first`, and then whatever it is told to say to each message."""

    def __init__(self, answering: Answering = nothing, *first: Event, deflate: bool = False) -> None:
        self.heard: list[Event] = []
        self._answering = answering
        self._first = first
        self._deflate = deflate

    async def __call__(self, talk: Talk) -> None:
        key = {name.lower(): value for name, value in talk.received.fields()}[b"sec-websocket-key"]
        accept = base64.b64encode(hashlib.sha1(key + _MAGIC).digest())
        fields = [b"Upgrade: websocket", b"Connection: Upgrade", b"Sec-WebSocket-Accept: " + accept]
        fields += [b"Sec-WebSocket-Extensions: " + _DEFLATE.encode()] if self._deflate else []
        await talk.send(b"\r\n".join((b"HTTP/1.1 101 Switching Protocols", *fields, b"", b"")))
        wire = _wire(ConnectionType.SERVER, self._deflate)
        talk.hang_up()
        await self._say(talk, wire, self._first)
        for event in self._first:
            if isinstance(event, CloseConnection):
                return
        while data := await talk.reader.read(65536):
            wire.receive_data(data)
            for event in wire.events():
                self.heard.append(event)
                if isinstance(event, CloseConnection):
                    return
                await self._say(talk, wire, self._answering(event))

    async def _say(self, talk: Talk, wire: Wire, events: Iterable[Event]) -> None:
        for event in events:
            await talk.send(wire.send(event))


class Socket:
    """A client's WebSocket through a proxy; it has gone when the block ends."""

    def __init__(
        self, url: str, path: str, *fields: bytes, deflate: bool = False, context: ssl.SSLContext | None = None
    ) -> None:
        self.connection = Connection(url, context=context)
        upgrade = [b"Upgrade: websocket", b"Connection: Upgrade", b"Sec-WebSocket-Version: 13"]
        upgrade += [b"Sec-WebSocket-Extensions: permessage-deflate"] if deflate else []
        self.connection.begin(b"GET " + path.encode(), *upgrade, b"Sec-WebSocket-Key: " + _KEY, *fields)
        self.head = self.connection.head()
        self._wire = _wire(ConnectionType.CLIENT, deflate)
        self._events: list[Event] = []

    def __enter__(self) -> "Socket":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.connection.close()

    def send(self, *events: Event) -> None:
        for event in events:
            self.connection.send(self._wire.send(event))

    def event(self) -> Event:
        """The next thing that the other side says; fragments one by one."""
        while not self._events:
            self._wire.receive_data(self.connection.some() or None)
            self._events += self._wire.events()
        return self._events.pop(0)

    def message(self) -> Any:
        """The next message, whole: `str` or `bytes`."""
        whole: Any = None
        while True:
            event = self.event()
            assert isinstance(event, Message), event
            piece = event.data if isinstance(event.data, str) else bytes(event.data)
            whole = piece if whole is None else whole + piece
            if event.message_finished:
                return whole

    def closed(self) -> CloseConnection:
        """How the other side closes; what it says before that is passed over."""
        while not isinstance(event := self.event(), CloseConnection):
            pass
        return event


__all__ = ["BytesMessage", "Chat", "CloseConnection", "Event", "Ping", "Pong", "Socket", "TextMessage", "nothing"]
