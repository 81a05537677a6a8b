"""A recording without its secrets is played to clients who have their own."""

import base64
import json
from pathlib import Path

import pytest

from tests.live.clients import Connection, Reply
from tests.live.processes import COMMAND, running
from tests.live.recorders import recording
from tests.live.secrets import FORM, JSON, MULTIPART, multipart
from tests.live.servers import Upstream, response, says

pytestmark = pytest.mark.once

OK = b'{"statusCode":0}'
CSRF, SESSION = "9f3c8b1e-5d52-4f0e-a9b3-0b5c6e0d7a11", "0A1B2C3D4E5F6789.node-1"
FILE = b"password=not-a-secret-but-a-file"


class Desk:
    """A desktop: it logs in, keeps the cookie that it is given, and sends the CSRF header that it is told of."""

    def __init__(self, url: str, password: str, token: str) -> None:
        self._url, self._password, self._token = url, password, token
        self._known: tuple[bytes, ...] = ()

    def day(self) -> list[Reply]:
        with Connection(self._url) as connection:
            basic = base64.b64encode(f"agent:{self._password}".encode())
            first = connection.ask(b"GET /api/v2/me", b"Authorization: Basic " + basic)
            told = {name.lower(): value for name, value in first.fields()}
            csrf = told[b"x-csrf-header"]
            cookie = told[b"set-cookie"].partition(b";")[0]
            known = (b"Cookie: " + cookie, csrf + b": " + told[csrf.lower()])
            login = {"userName": "agent", "password": self._password, "more": {"credentials": [self._token, 7]}}
            form = f"username=agent&password={self._password}&SAMLResponse={self._token}".encode()
            parts = multipart(("user", b"agent"), ("password", self._password.encode()))
            parts = parts[:-9] + b'--cut\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n' + FILE
            query = f"access_token={self._token}&code={self._token}&state={self._password}&fields=*"
            return [
                first,
                connection.ask(b"POST /api/v2/login", JSON, *known, body=json.dumps(login).encode()),
                connection.ask(b"POST /api/v2/form", FORM, *known, body=form),
                connection.ask(b"POST /api/v2/parts", MULTIPART, *known, body=parts + b"\r\n--cut--\r\n"),
                connection.ask(f"GET /api/v2/places?{query}".encode(), *known),
                connection.ask(f"GET /api/v2/me/chats;jsessionid={self._token}".encode(), *known),
                connection.ask(b"GET /api/v2/bearer", b"Authorization: Bearer " + self._token.encode()),
            ]


@pytest.fixture
def server() -> Upstream:
    fields = (b"X-CSRF-HEADER: X-Our-Check", b"X-Our-Check: " + CSRF.encode())
    fields += (b"Set-Cookie: JSESSIONID=" + SESSION.encode() + b"; Path=/; HttpOnly",)
    upstream = Upstream({"/api/v2/me": says(response(b'{"statusCode":0,"user":{"userName":"agent"}}', JSON, *fields))})
    for number, name in enumerate(("login", "form", "parts", "places", "bearer"), 1):
        upstream.answers[f"/api/v2/{name}"] = says(response(b'{"statusCode":0,"n":%d}' % number, JSON))
    for token in ("a-token-recorded", "another-one-live"):
        upstream.answers[f"/api/v2/me/chats;jsessionid={token}"] = says(response(OK, JSON))
    return upstream


def test_a_client_with_its_own_secrets_is_answered_as_it_was_recorded(server: Upstream, tmp_path: Path) -> None:
    path = tmp_path / "recording.db"
    with server, recording(server.url, path) as recorder:
        recorded = Desk(recorder.url, "recorded-Pässword-1", "a-token-recorded").day()
        assert recorder.process.end().code == 0
    assert b"recorded-P" not in path.read_bytes() and SESSION.encode() not in path.read_bytes()
    with running(*COMMAND, "replay", path, "--listen", "127.0.0.1:0", "--strict") as process:
        live = Desk(process.url(), "live-quite-other-2", "another-one-live").day()
        ended = process.end()
    assert [(reply.status, reply.body) for reply in live] == [(reply.status, reply.body) for reply in recorded]
    assert dict(live[0].fields())[b"X-Our-Check"] != CSRF.encode(), "nobody knows the real one any more"
    assert "7 requests, 7 answered, 0 missed" in ended.err, ended.err
    assert ended.code == 0, ended.err


def test_a_client_without_credentials_is_another(server: Upstream, tmp_path: Path) -> None:
    path = tmp_path / "recording.db"
    with server, recording(server.url, path) as recorder:
        Desk(recorder.url, "recorded-password-1", "a-token-recorded").day()
        recorder.process.end()
    with (
        running(*COMMAND, "replay", path, "--listen", "127.0.0.1:0") as process,
        Connection(process.url()) as connection,
    ):
        assert connection.ask(b"GET /api/v2/bearer").status == 501
