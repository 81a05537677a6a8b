"""Bodies that stream into a recording, as a proxy brings them: in pieces."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

from inspector.recording.incoming import Incoming
from inspector.recording.recorder import Recorder, now
from inspector.traffic.body import EMPTY, Body
from inspector.traffic.exchange import Request, Response
from inspector.traffic.headers import Headers
from inspector.traffic.multipart import Part

PIECE = 64 * 1024
FILE = "/api/v2/me/chats/7/attachments/0001"
PNG = (("Content-Type", "image/png"),)
FORM = (("Content-Type", "multipart/form-data; boundary=b"),)
HEAD = b'--b\r\nContent-Disposition: form-data; name="attachment"; filename="plan.bin"\r\n\r\n'
TAIL = b"\r\n--b--\r\n"


def pieces(size: int, seed: int = 1) -> Iterator[bytes]:
    """So many bytes, the same for a seed, none like another."""
    random = Random(seed)
    for start in range(0, size, PIECE):
        yield random.randbytes(min(PIECE, size - start))


def content(size: int, seed: int = 1) -> bytes:
    return b"".join(pieces(size, seed))


def feed(incoming: Incoming, data: Iterator[bytes]) -> None:
    """Writes it all."""
    for piece in data:
        incoming.write(piece)


def request(method: str = "GET", path: str = FILE, fields: tuple[tuple[str, str], ...] = ()) -> Request:
    return Request(method, "http", "gws", path, "", "HTTP/1.1", Headers(fields))


def response(body: Body = EMPTY, fields: tuple[tuple[str, str], ...] = PNG) -> Response:
    return Response(200, "OK", Headers(fields), body)


class Streaming:
    """A recorder that nobody has trouble with."""

    def __init__(self, path: Path) -> None:
        self.recorder = Recorder(path, "http://gws", trouble=self._trouble)
        self.troubles: list[str] = []

    def _trouble(self, what: str) -> None:
        self.troubles.append(what)

    def begin_download(self, fields: tuple[tuple[str, str], ...] = PNG) -> tuple[int, Incoming]:
        """A download whose head is there."""
        number = self.recorder.number()
        self.recorder.started(number, "c", now(), request())
        self.recorder.answering(number, now(), response(fields=fields))
        self.recorder.commit()
        return number, self.recorder.incoming(number, "response")

    def download(self, data: Iterator[bytes]) -> tuple[int, Body]:
        """One that is complete."""
        number, incoming = self.begin_download()
        feed(incoming, data)
        body = incoming.end()
        self.completed(number, response(body))
        return number, body

    def begin_upload(self) -> tuple[int, Incoming, Incoming]:
        """A form of which the head of the file's part is there: all of it, and the file."""
        number = self.recorder.number()
        self.recorder.opened(number, "c", now(), request("POST", fields=FORM))
        whole = self.recorder.incoming(number, "request", kept=False)
        whole.write(HEAD)
        part = Part(HEAD, "attachment", "plan.bin", "", EMPTY)
        return number, whole, self.recorder.incoming(number, "request", 0, part=part)

    def upload(self, data: Iterator[bytes]) -> tuple[int, Request]:
        """A file in a form, up and answered."""
        number, whole, file = self.begin_upload()

        def both() -> Iterator[bytes]:
            for piece in data:
                whole.write(piece)
                yield piece

        feed(file, both())
        whole.write(TAIL)
        part = Part(HEAD, "attachment", "plan.bin", "", file.end())
        form, sent = request("POST", fields=FORM), whole.end()
        form = Request(
            *(getattr(form, name) for name in form.__slots__[:7]), sent, (part, Part(TAIL, None, None, "", EMPTY))
        )
        self.recorder.started(number, "c", now(), form)
        self.completed(number, Response(200, "OK", Headers()))
        return number, form

    def completed(self, number: int, back: Response, error: str | None = None, truncated: str = "") -> None:
        """It is over, and on disk."""
        self.recorder.completed(number, now(), back, error, truncated)
        self.recorder.commit()

    def rest(self) -> None:
        """As long as nothing else happens: then everything that came is on disk."""
        for _ in range(3):
            self.recorder.rest()

    def close(self) -> None:
        self.recorder.close()
        assert self.troubles == []
