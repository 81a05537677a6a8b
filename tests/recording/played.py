"""A recorder that is told of one exchange after another, and a session in which something of everything is derived."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from inspector.analysis.analyst import Derived
from inspector.recording.recorder import Recorder, now
from inspector.traffic.body import EMPTY, Body
from inspector.traffic.exchange import Exchange, Request, Response
from inspector.traffic.headers import Headers
from inspector.traffic.multipart import split
from tests.analysis.arbitrary import CONNECT, CONNECTED, SHAKEN, SUBSCRIBED, TOLD
from tests.analysis.shapes import CHAT, DOCUMENT, USERS, sent
from tests.analysis.traffic import CHANNEL, ME, OK, TOPIC
from tests.recording.keeping import Row, query

JSON = ("Content-Type", "application/json")
FORM = b'--b\r\nContent-Disposition: form-data; name="attachment"; filename="n.txt"\r\n\r\n12345\r\n--b--\r\n'
TABLES = ("agents", "calls", "messages", "causes", "transfers", "fetches", "findings")
Field = tuple[str, str]


class Recording:
    """A recorder and what it has told; every exchange is asked and answered at once."""

    def __init__(self, path: Path, **options: Any) -> None:
        self.path = path
        self.told: list[Derived] = []
        self.troubles: list[str] = []
        self.recorder = Recorder(
            path, "http://gws.example", listener=self._heard, trouble=self.troubles.append, **options
        )

    def _heard(self, exchange: Exchange, derived: Sequence[Derived]) -> None:
        self.told += derived

    def ask(
        self,
        method: str,
        target: str,
        body: Any = b"",
        back: Any = OK,
        *fields: Field,
        back_fields: Sequence[Field] = (JSON,),
    ) -> int:
        path, _, queried = target.partition("?")
        headers = Headers(fields if any(name == "Content-Type" for name, _ in fields) else (*fields, JSON))
        content = body if isinstance(body, bytes) else orjson.dumps(body)
        parts = split(content, headers.get("content-type")) if headers.media_type.startswith("multipart/") else ()
        asked = Body.of(content, headers.coding) if content else EMPTY
        number = self.recorder.number()
        request = Request(method, "http", "gws.example", path, queried, "HTTP/1.1", headers, asked, parts)
        self.recorder.started(number, "connection", now(), request)
        answer = back if isinstance(back, bytes) else orjson.dumps(back)
        answered = Headers(tuple(back_fields))
        response = Response(200, "OK", answered, Body.of(answer, answered.coding) if answer else EMPTY)
        self.recorder.completed(number, now(), response, None)
        self.recorder.commit()
        return number

    def close(self) -> None:
        self.recorder.close()


def play(recording: Recording, user: str = "sofia") -> None:
    """A login, a chat, an upload that is told of, one that is refused, and one on a document that nobody linked."""
    login = ("Authorization", "Basic c29maWE6b3Blbi1zZXNhbWU=")
    cookie = ("Cookie", f"JSESSIONID={user}-1; other=x")
    recording.ask(
        *("GET", ME, b"", OK | {"user": {"id": USERS[user], "userName": user}}, login),
        back_fields=(JSON, ("Set-Cookie", f"JSESSIONID={user}-1; Path=/")),
    )
    recording.ask("POST", CHANNEL, CONNECT, SHAKEN, cookie)
    recording.ask("POST", CHANNEL, CONNECT, SUBSCRIBED, cookie)
    chat = f"{ME}/chats/{CHAT}"
    recording.ask("POST", chat, {"operationName": "Accept"}, OK, cookie)
    recording.ask("POST", f"{chat}/attachments", FORM, OK, cookie, ("Content-Type", "multipart/form-data; boundary=b"))
    recording.ask("POST", CHANNEL, CONNECT, TOLD, cookie)
    recording.ask("POST", chat, {"operationName": "UploadFile", "documentId": DOCUMENT}, OK, cookie)
    told = [{"channel": TOPIC, "data": sent(by=user, index=9, fileId="new")}, CONNECTED]
    recording.ask("POST", CHANNEL, CONNECT, told, cookie)
    recording.ask("GET", f"{chat}/attachments/{DOCUMENT}", b"", b"12345", cookie)
    recording.ask("POST", chat, {"operationName": "UploadFile", "documentId": "nonesuch"}, {"statusCode": 6}, cookie)
    recording.ask("POST", chat, b"{", {"statusCode": 10}, cookie)


def derived_rows(path: Path) -> dict[str, list[dict[str, Any]]]:
    return {table: in_order(query(path, f"SELECT * FROM {table}")) for table in TABLES}


def in_order(rows: list[Row]) -> list[Row]:
    """By their first three columns, which tell the rows of any derived table apart."""
    return sorted(rows, key=lambda row: [f"{value!s:>40}" for value in row.values()][:3])
