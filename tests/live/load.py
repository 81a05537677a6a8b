"""Clients that ask without a pause, each in its own way, and note what they were answered; and who answers them."""

import asyncio
import hashlib
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

from tests.live.clients import PATIENCE, Connection
from tests.live.servers import Answer, Talk, response

CALLS = "/api/v2/load/calls"
CHANNEL = "/api/v2/load/notifications"
HELD = "/api/v2/load/held"
UPLOAD = "/api/v2/load/upload"
DOWNLOAD = "/api/v2/me/chats/load/attachments/1/download"

LARGE = 2 * 1024 * 1024 + 17
_PIECE = 64 * 1024
_JSON = b"Content-Type: application/json"

Answered = dict[str, tuple[int, str]]
"""Query to status and SHA-256 of the body."""


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def told(name: str) -> bytes:
    """What the server has to say to a request of this name: of any size, and never the same twice."""
    chance = random.Random(name)
    filler, number = b"x" * chance.choice((0, 10, 300, 2_000, 30_000)), chance.getrandbits(60)
    return b'{"statusCode":0,"about":"%s","n":%d,"rest":"%s"}' % (name.encode(), number, filler)


def file(name: str) -> bytes:
    """The bytes of a large file."""
    return random.Random(name).randbytes(4096) * (LARGE // 4096) + name.encode()


def answers() -> dict[str, Answer]:
    """The server: calls are answered at once, the channel with a notification after a while, files piece by piece."""

    async def call(talk: Talk) -> None:
        await talk.send(response(told(_query(talk)), _JSON))

    async def channel(talk: Talk) -> None:
        name = _query(talk)
        await asyncio.sleep(random.Random(name).uniform(0.002, 0.03))
        event = b'[{"channel":"/v2/me/chats","data":%s},{"channel":"/meta/connect","successful":true}]' % told(name)
        await talk.send(response(event, _JSON))

    async def held(talk: Talk) -> None:
        await talk.reader.read(1)
        talk.hang_up()

    async def download(talk: Talk) -> None:
        content = file(_query(talk))
        head, _, _ = response(content, b"Content-Type: application/pdf").partition(b"\r\n\r\n")
        await talk.send(head + b"\r\n\r\n")
        for start in range(0, len(content), _PIECE):
            await talk.send(content[start : start + _PIECE])
            await asyncio.sleep(0.002)

    return {CALLS: call, CHANNEL: channel, HELD: held, UPLOAD: call, DOWNLOAD: download}


def _query(talk: Talk) -> str:
    return talk.received.target.partition(b"?")[2].decode()


@dataclass(slots=True)
class Client:
    """One of them. `way` asks one thing: `asked` is known before, `answered` when all of the answer is there."""

    name: str
    way: Callable[["Client", Connection, str], None]
    asked: list[str] = field(default_factory=list)
    sent: dict[str, str] = field(default_factory=dict)
    answered: Answered = field(default_factory=dict)
    came: int = 0
    """Bytes of the answer that is coming."""
    at_work: threading.Event = field(default_factory=threading.Event)

    def run(self, url: str) -> None:
        """Until it gets no more answers."""
        try:
            with Connection(url, PATIENCE) as connection:
                for number in count():
                    self.asked.append(f"{self.name}-{number}")
                    self.way(self, connection, self.asked[-1])
                    self.at_work.set()
        except (OSError, AssertionError, ValueError, IndexError):
            return

    def call(self, connection: Connection, query: str) -> None:
        body = b'{"operationName":"Tell","about":"%s"}' % query.encode() + b" " * (len(query) * 97 % 5_000)
        self._ask(connection, f"POST {CALLS}?{query}", query, body, _JSON)

    def poll(self, connection: Connection, query: str) -> None:
        body = b'[{"channel":"/meta/connect","connectionType":"long-polling","about":"%s"}]' % query.encode()
        self._ask(connection, f"POST {CHANNEL}?{query}", query, body, _JSON)

    def hold(self, connection: Connection, query: str) -> None:
        connection.begin(f"GET {HELD}?{query}".encode())
        self.at_work.set()
        connection.reply()

    def upload(self, connection: Connection, query: str) -> None:
        disposition = b'Content-Disposition: form-data; name="f"; filename="a.pdf"'
        head = b"--b\r\n%s\r\nContent-Type: application/pdf\r\n\r\n" % disposition
        body = head + file(query) + b"\r\n--b--\r\n"
        self._ask(connection, f"POST {UPLOAD}?{query}", query, body, b"Content-Type: multipart/form-data; boundary=b")

    def download(self, connection: Connection, query: str) -> None:
        connection.begin(f"GET {DOWNLOAD}?{query}".encode())
        head, self.came, body = connection.head(), 0, hashlib.sha256()
        length = len(file(query))
        while self.came < length:
            some = connection.some()
            if not some:
                raise OSError("it ended early")
            body.update(some)
            self.came += len(some)
            self.at_work.set()
        self.answered[query] = int(head.split(b" ", 2)[1]), body.hexdigest()

    def _ask(self, connection: Connection, line: str, query: str, body: bytes, *fields: bytes) -> None:
        self.sent[query] = digest(body)
        reply = connection.ask(line.encode(), *fields, body=body)
        if len(reply.body) != int(dict(reply.fields())[b"Content-Length"]):
            raise OSError("it ended early")
        self.answered[query] = reply.status, digest(reply.body)


def clients(name: str) -> list[Client]:
    """Eight that call, four that poll, one whose poll is held for ever, one that sends files and one that gets them."""
    ways = [Client.call] * 8 + [Client.poll] * 4 + [Client.hold, Client.upload, Client.download]
    return [Client(f"{name}-{way.__name__}{number}", way) for number, way in enumerate(ways)]
