"""A client that speaks HTTP/2 over TLS, stream by stream as a test tells it."""

import socket
import ssl
from dataclasses import dataclass, field
from types import TracebackType
from urllib.parse import urlsplit

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    TrailersReceived,
)

from tests.live.clients import PATIENCE

Fields = list[tuple[bytes, bytes]]


@dataclass(slots=True)
class Response:
    """What has come on a stream until now."""

    fields: Fields = field(default_factory=list)
    body: bytes = b""
    trailers: Fields = field(default_factory=list)
    ended: bool = False
    reset: bool = False

    @property
    def status(self) -> int:
        return int(dict(self.fields)[b":status"])


class Http2:
    """One connection with as many streams as wanted; `context` must offer h2, and the other side choose it."""

    def __init__(self, url: str, context: ssl.SSLContext) -> None:
        parts = urlsplit(url)
        assert parts.hostname and parts.port
        self.authority = parts.netloc.encode()
        plain = socket.create_connection((parts.hostname, parts.port), timeout=PATIENCE)
        self._socket = context.wrap_socket(plain, server_hostname=parts.hostname)
        assert self._socket.selected_alpn_protocol() == "h2"
        self._h2 = H2Connection(H2Configuration(client_side=True, header_encoding=None))
        self._h2.initiate_connection()
        self._flush()
        self._streams: dict[int, Response] = {}
        self.order: list[int] = []
        """The streams in the order in which they ended."""
        self.gone_away = False

    def __enter__(self) -> "Http2":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def begin(
        self, method: bytes, path: str, *fields: tuple[bytes, bytes], body: bytes = b"", trailers: Fields | None = None
    ) -> int:
        """Send a request; the number of its stream."""
        number = self._h2.get_next_available_stream_id()
        self._streams[number] = Response()
        head = [(b":method", method), (b":scheme", b"https"), (b":authority", self.authority)]
        head += [(b":path", path.encode()), *fields]
        self._h2.send_headers(number, head, end_stream=not body and not trailers)
        self._flush()
        rest = memoryview(body)
        while rest:
            room = min(self._h2.local_flow_control_window(number), self._h2.max_outbound_frame_size)
            if room == 0:
                self._hear()
                continue
            last = len(rest) <= room and not trailers
            self._h2.send_data(number, rest[:room].tobytes(), end_stream=last)
            self._flush()
            rest = rest[room:]
        if trailers:
            self._h2.send_headers(number, trailers, end_stream=True)
            self._flush()
        return number

    def response(self, number: int) -> Response:
        """The stream's response, waited for until it has ended or was reset, or all has."""
        response = self._streams[number]
        while not (response.ended or response.reset or self.gone_away):
            self._hear()
        return response

    def ask(self, method: bytes, path: str, *fields: tuple[bytes, bytes], body: bytes = b"") -> Response:
        return self.response(self.begin(method, path, *fields, body=body))

    def reset(self, number: int) -> None:
        """RST_STREAM: nobody waits for this any more."""
        self._h2.reset_stream(number)
        self._flush()

    def _hear(self) -> None:
        data = self._socket.recv(65536)
        if not data:
            self.gone_away = True
        for event in self._h2.receive_data(data):
            self._take(event)
        self._flush()

    def _take(self, event: Event) -> None:
        match event:
            case ResponseReceived():
                self._streams[event.stream_id].fields = list(event.headers)
            case DataReceived():
                self._streams[event.stream_id].body += event.data
                self._h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            case TrailersReceived():
                self._streams[event.stream_id].trailers = list(event.headers)
            case StreamReset():
                self._streams[event.stream_id].reset = True
            case StreamEnded():
                self._streams[event.stream_id].ended = True
                self.order.append(event.stream_id)
            case ConnectionTerminated():
                self.gone_away = True

    def _flush(self) -> None:
        self._socket.sendall(self._h2.data_to_send())
