"""Files are evidence: whatever is in them is kept byte for byte, also where it looks like secrets, or is one."""

import gzip
import hashlib
import json

import pytest

from tests.live.clients import ask
from tests.live.recorders import Recorder
from tests.live.secrets import FORM, HTML, JSON, MULTIPART
from tests.live.servers import Upstream, response, says

pytestmark = pytest.mark.once

PASSWORD = "Kn0wn-to-the-recorder"
TEXTS = {
    "json": json.dumps({"password": PASSWORD, "token": "an-other-Token-1"}).encode(),
    "form": f"password={PASSWORD}&SAMLResponse=abcdefgh".encode(),
    "page": f'<input type="password" name="password" value="{PASSWORD}">'.encode(),
    "lines": f"Authorization: Bearer {PASSWORD}\r\nCookie: JSESSIONID={PASSWORD}\r\n".encode(),
    "gzip": gzip.compress(f'{{"password": "{PASSWORD}"}}'.encode()),
    "utf-16": json.dumps({"password": PASSWORD}).encode("utf-16"),
}


@pytest.mark.parametrize("content", TEXTS.values(), ids=TEXTS.keys())
@pytest.mark.parametrize("media_type", [JSON, FORM, HTML, b"Content-Type: application/octet-stream"], ids=range(4))
def test_a_file_with_secrets_is_kept_as_it_went_up_and_came_down(
    content: bytes, media_type: bytes, upstream: Upstream, recorder: Recorder, place: str
) -> None:
    up, down = place, f"/api/v2/me/chats/{place.strip('/')}/attachments/1"
    upstream.answers[up] = says(response(b'{"statusCode":0}', JSON))
    upstream.answers[down] = says(response(content, media_type))
    head = b'--cut\r\nContent-Disposition: form-data; name="password"; filename="password.txt"\r\n' + media_type
    form = head + b"\r\n\r\n" + content + b"\r\n--cut--\r\n"
    login = json.dumps({"password": PASSWORD}).encode()
    ask(recorder.url, b"POST " + up.encode(), JSON, body=login)  # from now on it is known
    ask(recorder.url, b"POST " + up.encode() + b"?up", MULTIPART, body=form)
    assert ask(recorder.url, b"GET " + down.encode()).body == content
    sent = next(row for row in recorder.exchanges(up) if row["query"] == "up")
    [part, _] = recorder.rows("SELECT * FROM parts WHERE exchange = ?", sent["id"])
    digest = hashlib.sha256(content).hexdigest()
    assert (part["sha256"], part["size"]) == (digest, len(content))
    [body] = recorder.rows("SELECT content FROM bodies WHERE id = ?", part["body"])
    assert body["content"] == content
    assert recorder.only(down).response.body.content == content
    assert recorder.only(down).response.body.sha256 == digest


def test_the_known_secret_was_known(upstream: Upstream, recorder: Recorder, place: str) -> None:
    """Else the test above would show nothing."""
    upstream.answers[place] = says(response(f'{{"statusMessage":"{PASSWORD}"}}'.encode(), JSON))
    ask(recorder.url, b"POST " + place.encode(), JSON, body=json.dumps({"password": PASSWORD}).encode())
    body = recorder.only(place).response.body
    assert body.content and body.original
    assert PASSWORD.encode() not in body.content
