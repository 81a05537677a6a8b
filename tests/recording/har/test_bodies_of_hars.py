"""The bodies that a HAR tells of: as they were where that is known, and marked with the reason where it is not."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from tests.recording.har.hars import entry, exchanges, fields, imported, one

PNG = b"\x89PNG\r\n\x1a\n\0\xff\xfe"
FILE = "/api/v2/me/chats/1/attachments/9"
JSON = {"size": 16, "mimeType": "application/json", "text": '{"statusCode":0}'}


def said(row: dict[str, Any]) -> dict[str, str]:
    told: dict[str, str] = json.loads(row["truncated"] or "{}")
    return told


def test_base64_is_what_it_says(tmp_path: Path) -> None:
    content = {"size": len(PNG), "mimeType": "image/png", "text": base64.b64encode(PNG).decode(), "encoding": "base64"}
    row = one(tmp_path, entry(FILE, content=content, response={"headers": fields(content_type="image/png")}))
    assert (row["got"], said(row)) == (PNG, {})


@pytest.mark.parametrize("text", ["iVBORw0KGgoA\n//4=\n", "iVBORw0KGgoA//4"], ids=["in lines", "without padding"])
def test_base64_may_be_written_loosely(text: str, tmp_path: Path) -> None:
    content = {"size": len(PNG), "mimeType": "image/png", "text": text, "encoding": "base64"}
    assert one(tmp_path, entry(FILE, content=content))["got"] == PNG


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1", "windows-1252", "utf-16-le"])
@pytest.mark.parametrize("is_told", [True, False], ids=["told", "guessed by its size"])
def test_a_text_is_in_the_charset_that_it_had(charset: str, is_told: bool, tmp_path: Path) -> None:
    text = "Zoë paid 5 £"
    if not is_told and charset == "iso-8859-1":
        charset = "windows-1252"  # what browsers take it for
    encoded = text.encode(charset)
    content = {"size": len(encoded), "mimeType": "text/plain", "text": text}
    told = f"text/plain; charset={charset}" if is_told else "text/plain"
    row = one(tmp_path, entry(content=content, response={"headers": fields(content_type=told)}))
    assert (row["got"], said(row)) == (encoded, {})


@pytest.mark.parametrize("charset", ["base64", "no-such", "zip", "\0", "undefined", "idna"])
def test_a_charset_that_is_none_does_no_harm(charset: str, tmp_path: Path) -> None:
    headers = fields(content_type=f"text/plain; charset={charset}")
    assert one(tmp_path, entry(content=JSON, response={"headers": headers}))["got"] == b'{"statusCode":0}'


def test_a_compressed_response_is_there_decoded_and_says_what_it_was(tmp_path: Path) -> None:
    headers = fields(content_type="application/json", content_encoding="gzip", content_length="36")
    content = JSON | {"compression": -20}
    path, ended = imported(tmp_path, entry(content=content, response={"headers": headers, "bodySize": 36}))
    [row] = exchanges(path)
    assert (row["got"], json.loads(row["response_original"])) == (b'{"statusCode":0}', {"coding": "gzip", "length": 36})
    assert said(row) == {}
    assert "1 response came compressed" in ended.err


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ({"size": 4711, "mimeType": "image/png"}, "cut after 0 bytes: the HAR holds none of its 4711 bytes"),
        ({"size": 4711, "text": ""}, "cut after 0 bytes: the HAR holds none of its 4711 bytes"),
        ({"size": 99, "text": "abc"}, "cut after 3 bytes: the HAR says that it had 99"),
        ({"size": -1, "text": "a\ufffdc"}, "cut after 5 bytes: the HAR has characters for some that could not be read"),
    ],
    ids=["missing", "emptied", "short", "unreadable"],
)
def test_a_response_that_is_not_all_there_says_why(content: Any, why: str, tmp_path: Path) -> None:
    path, ended = imported(tmp_path, entry(FILE, content=content))
    assert said(exchanges(path)[0]) == {"response": why}
    assert "1 exchange without the body, or all of it, that came back" in ended.err


@pytest.mark.parametrize(
    ("method", "status"), [("HEAD", 200), ("GET", 204), ("GET", 304)], ids=["HEAD", "no content", "not modified"]
)
def test_a_response_that_has_no_body_lacks_none(method: str, status: int, tmp_path: Path) -> None:
    headers = fields(content_length="4711")
    row = one(tmp_path, entry(method=method, content={"size": 0}, response={"status": status, "headers": headers}))
    assert (row["got"], said(row)) == (None, {})


def sent(text: str | None, length: int | None, media_type: str = "application/json", **more: Any) -> Any:
    headers = fields(content_type=media_type) + ([] if length is None else fields(content_length=str(length)))
    size = more.pop("size", -1)
    return entry(
        "/api/v2/me/chats/1",
        method="POST",
        request={
            "headers": headers,
            "bodySize": size,
            **({} if text is None and not more else {"postData": {"mimeType": media_type, "text": text, **more}}),
        },
    )


@pytest.mark.parametrize("size", [9, 10, -1, 0], ids=["characters", "bytes", "unknown", "none"])
def test_what_was_sent_is_as_long_as_its_header_says_or_as_a_browser_counts(size: int, tmp_path: Path) -> None:
    row = one(tmp_path, sent('{"a":"é"}', None, size=size))
    assert (row["sent"], said(row)) == ('{"a":"é"}'.encode(), {})


def test_what_was_sent_may_be_told_byte_by_byte(tmp_path: Path) -> None:
    """As mitmproxy does where it knows no charset."""
    row = one(tmp_path, sent("é".encode().decode("latin-1") + "\0", 3, "multipart/form-data; boundary=b"))
    assert (row["sent"], said(row)) == ("é".encode() + b"\0", {})


def test_a_form_with_a_file_that_was_made_text_is_marked(tmp_path: Path) -> None:
    """Chromium writes what it cannot read of a file as U+FFFD."""
    head = '--b\r\nContent-Disposition: form-data; name="f"; filename="a.png"\r\n\r\n'
    was = len(head) + len(PNG) + len("\r\n--b--\r\n")
    row = one(
        tmp_path, sent(head + PNG.decode("utf-8", "replace") + "\r\n--b--\r\n", was, "multipart/form-data; boundary=b")
    )
    assert said(row) == {"request": f"cut after {row['sent_size']} bytes: the HAR says that it had {was}"}


def test_a_body_that_was_sent_and_is_not_told_is_marked(tmp_path: Path) -> None:
    path, ended = imported(tmp_path, sent(None, 10_000_000, "multipart/form-data; boundary=b"))
    assert said(exchanges(path)[0]) == {"request": "cut after 0 bytes: the HAR holds none of its 10000000 bytes"}
    assert "1 exchange without the body, or all of it, that was sent" in ended.err


def test_a_form_that_is_told_by_its_fields_is_made_of_them(tmp_path: Path) -> None:
    params = [{"name": "message", "value": '[{"a":1}]'}, {"name": "x", "value": "ä b"}]
    form = b"message=%5B%7B%22a%22%3A1%7D%5D&x=%C3%A4+b"
    path, ended = imported(tmp_path, sent(None, len(form), "application/x-www-form-urlencoded", params=params))
    [row] = exchanges(path)
    assert (row["sent"], said(row)) == (form, {})
    assert "1 form of which only the fields are told" in ended.err


def test_a_long_body_comes_over_whole(tmp_path: Path) -> None:
    """Longer than what is ever in memory of it: a file in chunks, and a text with escapes everywhere."""
    file = bytes(range(256)) * 20_000
    content = {
        "size": len(file),
        "text": base64.b64encode(file).decode(),
        "encoding": "base64",
        "mimeType": "image/png",
    }
    text = json.dumps({"statusCode": 0, "text": 'é"\\\U0001d11e\n' * 60_000}, ensure_ascii=False)
    long = {"size": len(text.encode()), "text": text, "mimeType": "application/json"}
    png = {"headers": fields(content_type="image/png")}
    path, _ = imported(tmp_path, entry(FILE, content=content, response=png), entry(content=long))
    first, second = exchanges(path)
    assert (first["got_size"], first["got_sha"]) == (len(file), hashlib.sha256(file).hexdigest())
    assert second["got_sha"] == hashlib.sha256(text.encode()).hexdigest()
    assert said(first) == said(second) == {}


def test_only_the_digest_of_files_is_kept_if_somebody_says_so(tmp_path: Path) -> None:
    content = {"size": len(PNG), "mimeType": "image/png", "text": base64.b64encode(PNG).decode(), "encoding": "base64"}
    files = entry(FILE, content=content, response={"headers": fields(content_type="image/png")})
    path, _ = imported(tmp_path, files, options=("--bodies", "digest"))
    [row] = exchanges(path)
    assert (row["got"], row["got_size"]) == (None, len(PNG))
    assert said(row) == {"response": f"only the digest was kept ({len(PNG)} bytes, --bodies digest)"}
