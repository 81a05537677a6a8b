"""HARs by hand, shaped as browsers write them, and what becomes of them in a recording."""

import json
from pathlib import Path
from typing import Any

from tests.live.commands import run
from tests.live.processes import Ended
from tests.recording.keeping import Row, query

Json = dict[str, Any]

BASIC = {"name": "Authorization", "value": "Basic YWdlbnRAZXhhbXBsZS5jb206c3dvcmRmaXNo"}
"""agent@example.com, swordfish"""


def fields(**named: str) -> list[Json]:
    return [{"name": name.replace("_", "-"), "value": value} for name, value in named.items()]


def entry(
    path: str = "/api/v2/me",
    *,
    method: str = "GET",
    at: str = "2026-03-01T09:00:00.250Z",
    time: float = 30,
    sent: Json | None = None,
    request: Json | None = None,
    content: Json | None = None,
    response: Json | None = None,
    **more: Any,
) -> Json:
    """As Chromium's developer tools write it. `request` and `response` have members in place of the usual ones."""
    asked = {
        "method": method,
        "url": f"https://gws.example{path}",
        "httpVersion": "http/1.1",
        "headers": [*fields(Host="gws.example", content_type="application/json"), BASIC],
        "queryString": [],
        "cookies": [],
        "headersSize": 100,
        "bodySize": 0,
    }
    if sent is not None:
        asked |= {"postData": sent, "bodySize": len(sent.get("text") or "")}
    text = '{"statusCode":0}'
    told = {
        "status": 200,
        "statusText": "OK",
        "httpVersion": "http/1.1",
        "headers": fields(content_type="application/json"),
        "cookies": [],
        "content": {"size": len(text), "mimeType": "application/json", "text": text} if content is None else content,
        "redirectURL": "",
        "headersSize": -1,
        "bodySize": -1,
        "_transferSize": 100,
        "_error": None,
    }
    phases = {"blocked": 1.5, "dns": -1, "ssl": -1, "connect": -1, "send": 0.5, "wait": 20, "receive": 8}
    return {
        "_initiator": {"type": "script"},
        "_priority": "High",
        "_resourceType": "fetch",
        "cache": {},
        "connection": "443",
        "pageref": "page_1",
        "request": asked | (request or {}),
        "response": told | (response or {}),
        "serverIPAddress": "[::1]",
        "startedDateTime": at,
        "time": time,
        "timings": phases,
        **more,
    }


def har(*entries: Json) -> Json:
    creator = {"name": "WebInspector", "version": "537.36"}
    return {"log": {"version": "1.2", "creator": creator, "pages": [], "entries": list(entries)}}


def saved(path: Path, *entries: Json) -> Path:
    path.write_text(json.dumps(har(*entries)), "utf-8")
    return path


def imported(folder: Path, *entries: Json, options: tuple[object, ...] = ()) -> tuple[Path, Ended]:
    """The recording that comes of these entries, and what was said meanwhile."""
    ended = run("import", saved(folder / "it.har", *entries), folder / "it.db", *options)
    assert ended.code == 0, ended.err
    return folder / "it.db", ended


def exchanges(path: Path) -> list[Row]:
    """All exchanges with their bodies."""
    return query(
        path,
        "SELECT e.*, q.content AS sent, q.size AS sent_size, r.content AS got, r.size AS got_size, r.sha256 AS got_sha "
        "FROM exchanges e LEFT JOIN bodies q ON q.id = e.request_body LEFT JOIN bodies r ON r.id = e.response_body "
        "ORDER BY e.start_tick",
    )


def one(folder: Path, entry_: Json) -> Row:
    """The exchange that comes of an entry."""
    [row] = exchanges(imported(folder, entry_)[0])
    return row
