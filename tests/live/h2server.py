"""A server that speaks HTTP/2, stream by stream as a test tells it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import DataReceived, Event, RequestReceived, StreamEnded, StreamReset, TrailersReceived, WindowUpdated

from tests.live.servers import Upstream

Fields = list[tuple[bytes, bytes]]


@dataclass(slots=True)
class Stream:
    """One request at the server's end, whole; and what is sent back."""

    number: int
    fields: Fields
    wire: "Wire"
    body: bytes = b""
    trailers: Fields = field(default_factory=list)
    reset: bool = False

    @property
    def path(self) -> str:
        return dict(self.fields)[b":path"].decode("latin-1")

    async def head(self, status: int = 200, *fields: tuple[bytes, bytes], end: bool = False) -> None:
        self.wire.h2.send_headers(self.number, [(b":status", b"%d" % status), *fields], end_stream=end)
        await self.wire.flush()

    async def data(self, data: bytes, *, end: bool = False) -> None:
        """Sends as much at a time as the other side has room for."""
        rest = memoryview(data)
        while rest:
            room = min(self.wire.h2.local_flow_control_window(self.number), self.wire.h2.max_outbound_frame_size)
            if room == 0:
                await self.wire.wait_for_room()
                continue
            self.wire.h2.send_data(self.number, rest[:room].tobytes())
            await self.wire.flush()
            rest = rest[room:]
        if end:
            self.wire.h2.end_stream(self.number)
            await self.wire.flush()

    async def end_with(self, *trailers: tuple[bytes, bytes]) -> None:
        self.wire.h2.send_headers(self.number, list(trailers), end_stream=True)
        await self.wire.flush()

    async def cut(self) -> None:
        """RST_STREAM: the rest will not come."""
        self.wire.h2.reset_stream(self.number, ErrorCodes.INTERNAL_ERROR)
        await self.wire.flush()

    async def go_away(self) -> None:
        """GOAWAY: streams after this one were not looked at, and the connection ends."""
        self.wire.h2.close_connection(last_stream_id=self.number)
        await self.wire.flush()
        self.wire.writer.close()


StreamAnswer = Callable[[Stream], Awaitable[None]]


def says(body: bytes = b"", *fields: tuple[bytes, bytes], status: int = 200) -> StreamAnswer:
    """Sends a whole response."""

    async def answer(stream: Stream) -> None:
        await stream.head(status, *fields, end=not body)
        if body:
            await stream.data(body, end=True)

    return answer


class Wire:
    """One connection with a client."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.h2 = H2Connection(H2Configuration(client_side=False, header_encoding=None))
        self.reader = reader
        self.writer = writer
        self.streams: dict[int, Stream] = {}
        self._room = asyncio.Event()

    async def flush(self) -> None:
        self.writer.write(self.h2.data_to_send())
        await self.writer.drain()

    async def wait_for_room(self) -> None:
        self._room.clear()
        await self._room.wait()

    def hear(self, event: Event) -> Stream | None:
        """The stream whose request is whole now, if there is one."""
        match event:
            case RequestReceived():
                self.streams[event.stream_id] = Stream(event.stream_id, list(event.headers), self)
            case DataReceived():
                self.streams[event.stream_id].body += event.data
                self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            case TrailersReceived():
                self.streams[event.stream_id].trailers = list(event.headers)
            case StreamReset():
                self.streams[event.stream_id].reset = True
            case WindowUpdated():
                self._room.set()
            case StreamEnded():
                return self.streams[event.stream_id]
        return None


@dataclass
class Http2Upstream(Upstream):
    """The server. `streams` are the answers by path to clients that choose `h2`, which the context has to offer; what
    has none gets 404. Other clients get HTTP/1.1, and `answers`.
    """

    streams: dict[str, StreamAnswer] = field(default_factory=dict)
    seen: list[Stream] = field(default_factory=list)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if writer.get_extra_info("ssl_object").selected_alpn_protocol() != "h2":
            await super()._talk(reader, writer)
            return
        self.connections += 1
        wire = Wire(reader, writer)
        wire.h2.initiate_connection()
        await wire.flush()
        answering = []
        try:
            while data := await reader.read(65536):
                for event in wire.h2.receive_data(data):
                    if stream := wire.hear(event):
                        self.seen.append(stream)
                        path = stream.path.partition("?")[0]
                        answering.append(asyncio.ensure_future(self.streams.get(path, says(status=404))(stream)))
                await wire.flush()
        finally:
            for task in answering:
                task.cancel()
            await asyncio.gather(*answering, return_exceptions=True)
