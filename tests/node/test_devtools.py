"""HARs and the developer tools of a real Chromium: what they save is imported, and they open what is exported."""

import asyncio
import base64
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from tests.live.commands import run
from tests.live.servers import Upstream, response, says, says_and_hangs_up
from tests.node.programs import Json, program
from tests.recording.har.hars import exchanges

JSON = b"Content-Type: application/json"
PNG = b"\x89PNG\r\n\x1a\n\0\xff\xfe"
REPLY = json.dumps({"statusCode": 0, "nickname": "Zoë"}, ensure_ascii=False).encode()
STORY = Path(__file__).parents[2] / "recordings" / "upload-file.db"


async def devtools(node: str, chromium: str, wish: str, what: object) -> Any:
    async with program(node, "devtools.js", chromium, wish, str(what)) as process:
        out, _ = await process.communicate()
        assert process.returncode == 0
        return json.loads(out)


def site(upstream: Upstream) -> None:
    upstream.answers["/"] = says(response(b"<!doctype html><link rel=icon href='data:,'>", b"Content-Type: text/html"))
    cookie = b"Set-Cookie: JSESSIONID=open-sesame; Path=/"
    upstream.answers["/api/v2/me"] = says(response(REPLY, JSON, cookie))
    packed = response(gzip.compress(REPLY), JSON, b"Content-Encoding: gzip")
    upstream.answers["/api/v2/me/chats/1"] = says(packed)
    upstream.answers["/api/v2/me/chats/1/attachments"] = says(response(REPLY, JSON))
    upstream.answers["/api/v2/me/chats/1/attachments/d1"] = says(response(PNG, b"Content-Type: image/png"))
    upstream.answers["/api/v2/broken"] = says_and_hangs_up()


@pytest.fixture(scope="module")
def saved(node: str, chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What Chromium's developer tools have saved of a desktop's requests."""
    with Upstream() as upstream:
        site(upstream)
        told = asyncio.run(devtools(node, chromium, "save", f"{upstream.url}/"))
    path: Path = tmp_path_factory.mktemp("saved") / "it.har"
    path.write_text(json.dumps(told), "utf-8")
    return path


@pytest.mark.node
@pytest.mark.once
@pytest.mark.stub_alone
@pytest.mark.xdist_group("chromium")
def test_what_chromium_has_saved_is_recorded_as_if_it_had_passed(saved: Path, tmp_path: Path) -> None:
    ended = run("import", saved, tmp_path / "it.db")
    assert ended.code == 0, ended.err
    me, upload, form, file_form, download, broken = exchanges(tmp_path / "it.db")
    assert (me["path"], me["status"], me["got"]) == ("/api/v2/me", 200, REPLY)
    assert json.loads(upload["sent"]) == {"operationName": "UploadFile", "documentId": "d1", "comment": "Zoë"}
    assert (upload["got"], json.loads(upload["response_original"])["coding"]) == (REPLY, "gzip")
    assert download["got"] == PNG
    assert (form["truncated"], [row["truncated"] for row in (me, upload, download)]) == (None, [None] * 3)
    assert "cut after" in json.loads(file_form["truncated"])["request"], "Chromium has not kept the file's bytes"
    assert (broken["status"], broken["error"]) == (None, "net::ERR_EMPTY_RESPONSE")
    content = (tmp_path / "it.db").read_bytes()
    assert b"swordfish" not in content and b"open-sesame" not in content and b"~secret:" in content
    assert "1 request led elsewhere" in ended.err, "the page itself"
    assert run("check", tmp_path / "it.db").code == 0


@pytest.mark.node
@pytest.mark.once
@pytest.mark.stub_alone
@pytest.mark.xdist_group("chromium")
def test_chromium_shows_what_was_exported(node: str, chromium: str, tmp_path: Path) -> None:
    out = tmp_path / "it.har"
    assert run("export", STORY, out).code == 0
    shown = asyncio.run(devtools(node, chromium, "open", out))
    compared(shown["requests"], exchanges(STORY))
    assert shown["complaints"] == []
    assert shown["summary"].startswith("57 requests")


def compared(shown: list[Json], rows: list[Json]) -> None:
    assert [(one["method"], one["status"]) for one in shown] == [(row["method"], row["status"]) for row in rows]
    for one, row in zip(shown, rows, strict=True):
        assert one["url"].split("?")[0] == f"{row['scheme']}://{row['authority']}{row['path']}"
        assert abs(one["startedMs"] - row["started_at"] / 1000) < 1.5
        assert abs(one["lastedMs"] - (row["done_at"] - row["started_at"]) / 1000) < 1.5
        if row["sent"]:
            assert one["sent"] == row["sent"].decode()
        if row["got"] and b"gzip" not in row["response_headers"].encode():
            assert one["got"].encode() in (row["got"], base64.b64encode(row["got"]))
