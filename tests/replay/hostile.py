"""Recorded responses as no server should send them, what may become of each, and a client that would notice."""

import asyncio
import gzip
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import brotli
import h11
import httpx
import zstandard

from inspector.replay.answers.legal import HEADERS_LIMIT
from inspector.traffic.body import DECODE_LIMIT
from tests.replay.fronts import Made, make

Fields = Sequence[tuple[str, str]]

BODY = b'{"statusCode":0}'
JSON = ("Content-Type", "application/json")
PLAIN = ("Accept-Encoding", "identity")
NO_UTF_8 = b'{"uri":"http://other.example/\xff\xfe"}'
DEEP = b'{"uri":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
COOKIES = [("Set-Cookie", f"c{number}=v; Path=/") for number in range(40_000)]


@dataclass(frozen=True)
class Case:
    """A response recorded for `/api/v2/NAME` (its first word); asked for with `asks` it is served with `status` and
    `body` (None: any), or refused with 501 and `why`.
    """

    name: str
    status: int
    body: bytes | None
    recorded: int = 200
    content: bytes = BODY
    fields: Fields = (JSON,)
    asks: Fields = ()
    why: str = ""

    @property
    def target(self) -> str:
        return f"/api/v2/{self.name.partition(' ')[0]}"

    @property
    def made(self) -> Made:
        return Made(self.target, self.recorded, self.content, self.fields, self.asks if self.status != 501 else ())


def lengths(name: str, *declared: str) -> Case:
    return Case(name, 200, BODY, fields=[JSON, *(("Content-Length", length) for length in declared)])


def served(name: str, *fields: tuple[str, str]) -> Case:
    return Case(name, 200, BODY, fields=[JSON, *fields])


def refused(name: str, why: str, recorded: int = 200, *fields: tuple[str, str], content: bytes = BODY) -> Case:
    return Case(name, 501, None, recorded, content, fields or (JSON,), [PLAIN], why)


def _cases() -> Iterator[Case]:
    yield lengths("length-too-small", "2")
    yield lengths("length-too-large", "99")
    yield lengths("length-several", "2", "16", "99")
    yield lengths("length-list", "16, 16")
    yield lengths("length-negative", "-1")
    yield lengths("length-huge", "9" * 400)
    yield lengths("length-no-number", "0x10")
    yield Case("no-content", 204, b"", 204, fields=[JSON, ("Content-Length", "16")])
    yield Case("reset", 205, b"", 205, fields=[JSON, ("Content-Length", "16")])
    yield Case("unchanged", 304, b"", 304, asks=[("If-None-Match", '"1"')], fields=[("Content-Length", "16")])
    yield Case("part", 206, b"345", 206, b"345", [("Content-Range", "bytes 3-5/9")], [("Range", "bytes=3-5")])
    yield refused("unchanged-unasked", "304 answers only a request with If-None-Match", 304)
    yield refused("part-unasked", "206 answers only a request with Range", 206)
    for status in (-1, 0, 99, 100, 101, 103, 199, 600, 999, 70_000):
        yield refused(f"status-{status}", f"the recorded status {status} ends no request", status)
    yield served("chunked", ("Transfer-Encoding", "chunked"), ("Trailer", "X-End"), ("TE", "trailers"))
    yield served("chunked-oddly", ("transfer-encoding", "gzip, \x0bchunked"), ("Transfer-Encoding", "identity"))
    yield served("upgrade", ("Connection", "Upgrade, X-Hop, Content-Length"), ("Upgrade", "h2c"), ("X-Hop", "1"))
    yield served("closes", ("Connection", "close"), ("Keep-Alive", "timeout=0"))
    yield served("split-value", ("X-Odd", "a\r\nX-Injected: yes\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"), ("X-Nul", "a\0b"))
    yield served("split-name", ("X-Odd\r\nX-Injected", "yes"), ("X\0", "1"), ("", "1"), ("X Y", "1"), (":status", "9"))
    yield served("split-location", ("Location", "http://gws.example/api/v2/me\r\nX-Injected: yes"), ("Link", "<\n>"))
    yield served("no-latin", ("X-Odd", "\u20ac\ud7ff\U0001f4a9"), ("X-\u20ac", "1"))
    yield served("fields-many", *((f"X-{number}", "") for number in range(90)))
    yield refused("fields-huge", "the recorded headers have 10000", 200, ("X-Huge", "x" * 10_000_000))
    yield refused("name-huge", "the recorded headers have 10000", 200, ("X" * 10_000_000, "x"))
    yield served("cookies", *COOKIES[:1000])
    yield refused("cookies-bomb", "the recorded headers have ", 200, *COOKIES)
    for name in ("Content-Length", "content-type", "Transfer-Encoding", "Set-Cookie", "Connection", "X\r\nX-Injected"):
        yield served(f"csrf-{name.encode().hex()}", ("X-CSRF-HEADER", name), ("Set-Cookie", "JSESSIONID=a; Path=/"))
    yield served("cookie-split", ("Set-Cookie", "JSESSIONID=a\r\nX-Injected: yes; Path=/\0"), ("Set-Cookie", "=;;;="))
    yield Case("no-utf-8", 200, NO_UTF_8, content=NO_UTF_8)
    yield Case("no-utf-8-ours", 200, None, content=NO_UTF_8.replace(b"other.example", b"gws.example"))
    yield Case("json-cut", 200, b'{"uri":"http', content=b'{"uri":"http')
    yield Case("json-deep", 200, DEEP, content=DEEP)
    yield Case("json-utf-16", 200, '{"uri":""}'.encode("utf-16"), content='{"uri":""}'.encode("utf-16"))
    for coding, bomb in bombs().items():
        fields = [JSON, ("Content-Encoding", coding)]
        yield refused(f"bomb-{coding}", f"larger than {DECODE_LIMIT} bytes once decoded", 200, *fields, content=bomb)
        yield Case(f"bomb-{coding} taken", 200, bomb, content=bomb, fields=fields, asks=[("Accept-Encoding", coding)])
        yield refused(f"broken-{coding}", f"broken {coding} coding", 200, *fields, content=b"no such thing")
    yield refused("codings", "content codings, more than", 200, ("Content-Encoding", ", ".join(["gzip"] * 500)))
    yield refused("coding-unknown", "unknown content coding", 200, ("Content-Encoding", "\x7f\u20ac"))


@cache
def bombs() -> dict[str, bytes]:
    """Zeros enough to be too many, in every coding."""
    zeros = bytes(DECODE_LIMIT + 1)
    return {
        "gzip": gzip.compress(zeros, 1, mtime=0),
        "deflate": zlib.compress(zeros, 1),
        "br": brotli.compress(zeros, quality=1),
        "zstd": zstandard.compress(zeros, 1),
    }


CASES = tuple(_cases())
LAST = Case("last", 200, BODY)


def hostile(path: Path) -> Path:
    """A recording of all of them, and of one good answer."""
    return make(path, *{case.target: case.made for case in (*CASES, LAST)}.values(), as_it_is=True)


@dataclass(frozen=True)
class Got:
    """One answer; the names of its fields in lower case."""

    status: int
    fields: Sequence[tuple[str, str]]
    body: bytes


class RawClient:
    """Asks over one connection, and reads it to the byte: one whole answer, nothing behind it, then the next request.

    Where the server closes, it opens another; that has to be announced.
    """

    def __init__(self, url: str) -> None:
        self._url = httpx.URL(url)
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, target: bytes, *, method: str = "GET", fields: Fields = ()) -> Got:
        """Sends the target as it is. Raises h11.RemoteProtocolError, AssertionError for what is no legal answer."""
        lines = [b"%s %s HTTP/1.1" % (method.encode(), target), b"Host: gws.test"]
        lines += [f"{name}: {value}".encode("latin-1") for name, value in fields]
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._url.host, self._url.port)
        reader, writer = self._streams
        writer.write(b"\r\n".join((*lines, b"", b"")))
        got, stays = await self._read(reader, method)
        if not stays:
            assert await reader.read() == b"", "there is something behind the last answer"
            await self.close()
        return got

    async def close(self) -> None:
        if self._streams:
            self._streams[1].close()
            self._streams = None

    async def _read(self, reader: asyncio.StreamReader, method: str) -> tuple[Got, bool]:
        """The answer, and whether the connection stays."""
        parser = h11.Connection(h11.CLIENT, max_incomplete_event_size=2 * HEADERS_LIMIT)
        parser.send(h11.Request(method=method, target="/", headers=[("Host", "gws.test")]))
        parser.send(h11.EndOfMessage())
        head, body = None, b""
        while not isinstance(event := parser.next_event(), h11.EndOfMessage):
            if event is h11.NEED_DATA:
                parser.receive_data(await reader.read(1 << 16))
            elif isinstance(event, h11.Data):
                body += event.data
            else:
                assert isinstance(event, h11.Response), event
                head = event
        assert head is not None and not event.headers and parser.trailing_data == (b"", False)
        fields = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in head.headers]
        return Got(head.status_code, fields, body), parser.their_state is h11.DONE
