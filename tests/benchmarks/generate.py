"""Recordings of N UploadFile requests: ours, made as the recorder makes them, and the same in the formats of our peers.

python -m tests.benchmarks.generate FOLDER 1000
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

from inspector.recording.session import Session
from inspector.recording.writer import Writer
from inspector.replay.plans.keeping import keep
from inspector.traffic.body import EMPTY, Body
from inspector.traffic.exchange import Completed, Event, Exchange, Instant, Request, Response, Started
from inspector.traffic.headers import Headers
from inspector.traffic.redaction import Redactor
from tests.benchmarks.story import (
    LOGIN,
    PASSWORD,
    PATH,
    REQUEST_FIELDS,
    RESPONSE_FIELDS,
    UPSTREAM,
    USER,
    answered,
    asked,
)

BEGIN = Instant(1_000_000, 1_469_111_000_000_000)
_AUTHORITY = UPSTREAM.partition("//")[2]
_COOKIE = ("Cookie", "JSESSIONID=3C2F1A9B7D4E5F60")


def recording(path: Path, count: int, *, login: bool = False) -> Path:
    """A recording of `count` exchanges; with `login` they are an agent's, whose login comes first."""
    writer = Writer(path, Session("6f1c9c2e-0000-4000-8000-000000000000", UPSTREAM, BEGIN), _trouble)
    for event in _events(count, login):
        writer.put(event)
    writer.close(_after(count + 2))
    keep(path)
    return path


def flows(path: Path, count: int) -> Path:
    """The same for `mitmdump --server-replay`."""
    from mitmproxy import http, io
    from mitmproxy.test import tflow

    with path.open("wb") as file:
        writer = io.FlowWriter(file)
        for k in range(count):
            request = http.Request.make("POST", UPSTREAM + PATH, asked(k), dict(REQUEST_FIELDS))
            response = http.Response.make(200, answered(k), dict(RESPONSE_FIELDS))
            writer.add(tflow.tflow(req=request, resp=response))
    return path


def tapes(folder: Path, count: int) -> Path:
    """The same for talkback: one file each."""
    folder.mkdir()
    about = {"createdAt": "2016-07-21T14:23:20.000Z", "host": UPSTREAM, "reqHumanReadable": True}
    for k in range(count):
        request = {"url": PATH, "method": "POST", "headers": {"content-type": "application/json"}}
        response = {"status": 200, "headers": {name.lower(): [value] for name, value in RESPONSE_FIELDS}}
        tape = {
            "meta": {**about, "resHumanReadable": True},
            "req": {**request, "body": json.loads(asked(k))},
            "res": {**response, "body": json.loads(answered(k))},
        }
        (folder / f"tape-{k:06d}.json5").write_text(json.dumps(tape))
    return folder


def _events(count: int, login: bool) -> Iterator[Event]:
    redactor = Redactor()
    for number, exchange in enumerate(_exchanges(count, login), 1):
        kept = redactor.exchange(exchange)
        yield Started(2 * number - 1, Exchange(kept.number, kept.connection, kept.started, kept.request))
        yield Completed(2 * number, kept)


def _exchanges(count: int, login: bool) -> Iterator[Exchange]:
    if login:
        fields = Headers((("Set-Cookie", f"{_COOKIE[1]}; Path=/; HttpOnly"), *RESPONSE_FIELDS))
        body = Body.of(b'{"statusCode":0,"user":{"userName":"%s"}}' % USER.encode())
        yield _exchange(1, _request("GET", LOGIN, basic(), EMPTY), Response(200, "OK", fields, body))
    own = (_COOKIE,) if login else ()
    for k in range(count):
        request = _request("POST", PATH, own, Body.of(asked(k)))
        response = Response(200, "OK", Headers(RESPONSE_FIELDS), Body.of(answered(k)))
        yield _exchange(k + 1 + login, request, response)


def basic() -> tuple[tuple[str, str], ...]:
    """The field with which an agent logs in."""
    import base64

    return (("Authorization", "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()),)


def _request(method: str, path: str, own: tuple[tuple[str, str], ...], body: Body) -> Request:
    headers = Headers((("Host", _AUTHORITY), *REQUEST_FIELDS, *own))
    return Request(method, "http", _AUTHORITY, path, "", "HTTP/1.1", headers, body)


def _exchange(number: int, request: Request, response: Response) -> Exchange:
    moment = _after(number)
    return Exchange(number, "desktop", moment, request, moment, moment, response)


def _after(seconds: int) -> Instant:
    return Instant(BEGIN.mono + seconds * 1_000_000, BEGIN.at + seconds * 1_000_000)


def _trouble(what: str) -> None:
    raise OSError(what)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("count", type=int)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    recording(given.folder / "anonymous.db", given.count)
    recording(given.folder / "login.db", given.count, login=True)
    flows(given.folder / "flows", given.count)
    tapes(given.folder / "tapes", given.count)


if __name__ == "__main__":
    main()
