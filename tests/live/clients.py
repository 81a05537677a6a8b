"""A client whose every byte is a test's."""

import socket
import ssl
import struct
import threading
from dataclasses import dataclass
from types import TracebackType
from urllib.parse import urlsplit

PATIENCE = 10.0
ENOUGH = 20
"""Answers after which a busy client is well under way."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A response as it came; `body` is without the framing of chunks."""

    head: bytes
    body: bytes

    @property
    def status(self) -> int:
        return int(self.head.split(b" ", 2)[1])

    def fields(self) -> list[tuple[bytes, bytes]]:
        """The header fields, in order and as they were spelt."""
        lines = self.head.rstrip(b"\r\n").split(b"\r\n")[1:]
        return [(name, value.strip()) for name, _, value in (line.partition(b":") for line in lines)]


class Connection:
    """One connection to a proxy or server, kept until the block ends; over TLS if there is a context for it."""

    def __init__(self, url: str, patience: float = PATIENCE, context: ssl.SSLContext | None = None) -> None:
        parts = urlsplit(url)
        assert parts.hostname and parts.port
        self.authority = parts.netloc.encode()
        self._socket = socket.create_connection((parts.hostname, parts.port), timeout=patience)
        if context:
            self._socket = context.wrap_socket(self._socket, server_hostname=parts.hostname)
        self._file = self._socket.makefile("rb")

    def __enter__(self) -> "Connection":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def ask(self, line: bytes, *fields: bytes, body: bytes = b"") -> Reply:
        """Send a request (`GET /path`) with these header fields and a Host, and read its response."""
        self.begin(line, *fields, body=body)
        return self.reply(line.startswith(b"HEAD"))

    def begin(self, line: bytes, *fields: bytes, body: bytes = b"") -> None:
        """Send a request."""
        length = (b"Content-Length: %d" % len(body),) if body else ()
        head = (line + b" HTTP/1.1", b"Host: " + self.authority, *fields, *length)
        self.send(b"\r\n".join((*head, b"", body)))

    def reply(self, head_only: bool = False) -> Reply:
        """Read one response."""
        head = self.head()
        reply = Reply(head, b"")
        fields = {name.lower(): value for name, value in reply.fields()}
        if head_only or reply.status in (204, 304):
            return reply
        if b"chunked" in fields.get(b"transfer-encoding", b""):
            return Reply(head, self._chunks())
        length = fields.get(b"content-length")
        return Reply(head, self._file.read() if length is None else self._file.read(int(length)))

    def head(self) -> bytes:
        """Read the head of one response."""
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = self._file.readline()
            assert line, f"the connection ended after {head!r}"
            head += line
        return head

    def some(self) -> bytes:
        """What has come, at least one byte; nothing if the other side has hung up."""
        return self._file.read1(65536)

    def exactly(self, size: int) -> bytes:
        """So many bytes; fewer only if the other side has hung up."""
        return self._file.read(size)

    def reply_or_none(self) -> Reply | None:
        """A response; None if the other side gives none: for tests that go on then."""
        try:
            return self.reply()
        except TimeoutError:
            return None

    def protocol(self) -> str | None:
        """What was agreed on by ALPN; None without TLS."""
        return self._socket.selected_alpn_protocol() if isinstance(self._socket, ssl.SSLSocket) else None

    def rest(self) -> bytes:
        """Everything until the other side hangs up."""
        return self._file.read()

    def reset(self) -> None:
        """Go away without a word."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self) -> None:
        self._file.close()
        self._socket.close()

    def _chunks(self) -> bytes:
        body = b""
        while size := int(self._file.readline(), 16):
            body += self._file.read(size)
            self._file.readline()
        self._file.readline()
        return body


def ask(url: str, line: bytes, *fields: bytes, body: bytes = b"") -> Reply:
    """One request on a connection of its own."""
    with Connection(url) as connection:
        return connection.ask(line, *fields, body=body)


class Busy(threading.Thread):
    """A client that asks one thing after another, counting, until it gets no more answers."""

    def __init__(self, url: str, path: str, name: str) -> None:
        super().__init__(daemon=True)
        self.answered: list[str] = []
        self.at_work = threading.Event()
        self._url = url
        self._path = path
        self._name = name

    def run(self) -> None:
        with Connection(self._url) as connection:
            while True:
                query = f"n={self._name}{len(self.answered)}"
                try:
                    reply = connection.ask(f"GET {self._path}?{query}".encode())
                except (OSError, AssertionError):
                    return
                if reply.status != 200:
                    return
                self.answered.append(query)
                if len(self.answered) == ENOUGH:
                    self.at_work.set()

    def wait(self) -> None:
        """Until it is well under way."""
        assert self.at_work.wait(PATIENCE)
