"""What becomes of an entry of a HAR: heads, times, and in which order it is judged."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.live.commands import run
from tests.recording.har.hars import BASIC, entry, exchanges, fields, har, imported, one, saved
from tests.recording.keeping import query

AT = 1_772_355_600_250_000
"""2026-03-01T09:00:00.250Z in microseconds."""


def test_an_entry_becomes_an_exchange_of_a_session_from_a_har(tmp_path: Path) -> None:
    path, ended = imported(tmp_path, entry("/api/v2/me?subresources=*"))
    [session] = query(path, "SELECT * FROM sessions")
    assert [session[name] for name in ("state", "source", "upstream", "origins")] == [
        *("complete", "har", "https://gws.example", '["https://gws.example"]')
    ]
    assert json.loads(session["versions"])["made by"] == "WebInspector 537.36"
    [row] = exchanges(path)
    assert [row[name] for name in ("method", "scheme", "authority", "path", "query", "http_version", "connection")] == [
        *("GET", "https", "gws.example", "/api/v2/me", "subresources=*", "HTTP/1.1", "443")
    ]
    assert json.loads(row["request_headers"])[0] == ["Host", "gws.example"]
    assert (row["status"], row["reason"], row["got"], row["error"], row["truncated"]) == (
        *(200, "OK", b'{"statusCode":0}', None, None),
    )
    assert "swordfish" not in path.read_bytes().decode("latin-1")
    assert "1 exchanges, 0 calls, no findings" in ended.err
    assert run("check", path).code == 0


def test_it_began_was_answered_and_was_done_when_its_phases_say(tmp_path: Path) -> None:
    row = one(tmp_path, entry())
    assert (row["started_at"], row["answered_at"], row["done_at"]) == (AT, AT + 22_000, AT + 30_000)
    assert (row["started_mono"], row["done_mono"]) == (AT, AT + 30_000)


@pytest.mark.parametrize(
    ("told", "at"),
    [
        ("2026-03-01T10:00:00.250+01:00", AT),
        ("2026-03-01T09:00:00.250123Z", AT + 123),
        ("2026-03-01T09:00:00.250", AT),
        ("2026-03-01T09:00:00Z", AT - 250_000),
    ],
    ids=["another zone", "microseconds", "no zone", "whole seconds"],
)
def test_dates_are_read_as_they_are_written(told: str, at: int, tmp_path: Path) -> None:
    assert one(tmp_path, entry(at=told))["started_at"] == at


@pytest.mark.parametrize(
    ("more", "done"),
    [
        ({"time": -1}, 30_000),
        ({"time": None}, 30_000),
        ({"time": 5}, 5_000),
        ({"time": 0, "timings": {}}, 0),
        ({"timings": {"wait": None, "send": -1}}, 30_000),
    ],
    ids=["unknown", "null", "shorter than its phases", "at once", "phases that are none"],
)
def test_times_that_are_missing_are_made_of_those_that_are_there(more: Any, done: int, tmp_path: Path) -> None:
    row = one(tmp_path, entry() | more)
    assert row["done_at"] - row["started_at"] == done
    assert row["started_at"] <= row["answered_at"] <= row["done_at"]


def test_events_are_judged_in_the_order_of_time_whatever_the_order_of_the_file(tmp_path: Path) -> None:
    poll = entry("/api/v2/notifications", at="2026-03-01T09:00:00.000Z", time=9000)
    second = entry("/api/v2/b", at="2026-03-01T09:00:02.000Z", time=1000)
    third = entry("/api/v2/c", at="2026-03-01T09:00:03.000Z", time=0)  # it begins when the second is done
    path, _ = imported(tmp_path, third, poll, second)
    rows = query(path, "SELECT path, start_tick, done_tick FROM exchanges ORDER BY id")
    assert [tuple(row.values()) for row in rows] == [
        ("/api/v2/notifications", 1, 6),
        ("/api/v2/b", 2, 3),
        ("/api/v2/c", 4, 5),
    ]


@pytest.mark.parametrize(
    ("told", "is_"),
    [("h2", "HTTP/2.0"), ("h3", "HTTP/3"), ("HTTP/2", "HTTP/2.0"), ("http/1.0", "HTTP/1.0"), ("unknown", ""), ("", "")],
)
def test_versions_are_named_as_a_recorder_names_them(told: str, is_: str, tmp_path: Path) -> None:
    assert one(tmp_path, entry(request={"httpVersion": told}))["http_version"] == is_


def test_pseudo_headers_are_none_but_tell_the_authority(tmp_path: Path) -> None:
    headers = [*fields(**{":authority": "front.example:8443", ":path": "/x"}), BASIC]
    row = one(tmp_path, entry(request={"headers": headers, "httpVersion": "h2"}))
    assert row["authority"] == "front.example:8443"
    assert [name for name, _ in json.loads(row["request_headers"])] == ["Authorization"]


def test_cookies_that_are_told_beside_the_headers_only_are_cookies_all_the_same(tmp_path: Path) -> None:
    cookie = {"name": "JSESSIONID", "value": "open-sesame", "path": "/", "httpOnly": True, "secure": False}
    both = entry(request={"cookies": [cookie]}, response={"cookies": [cookie]})
    row = one(tmp_path, both)
    [sent] = [value for name, value in json.loads(row["request_headers"]) if name == "Cookie"]
    [set_] = [value for name, value in json.loads(row["response_headers"]) if name == "Set-Cookie"]
    assert sent.startswith("JSESSIONID=~secret:")
    assert set_ == f"{sent}; Path=/; HttpOnly"


def test_lines_of_set_cookie_that_a_browser_has_joined_are_told_apart(tmp_path: Path) -> None:
    headers = [{"name": "set-cookie", "value": "a=1; Path=/\nb=2"}, {"name": "x", "value": "a\r\nEvil: yes"}]
    row = one(tmp_path, entry(response={"headers": headers}))
    names = [name for name, _ in json.loads(row["response_headers"])]
    assert names == ["set-cookie", "set-cookie", "x"]
    assert json.loads(row["response_headers"])[2][1] == "a Evil: yes"


def test_what_http_could_not_have_carried_goes_and_is_told(tmp_path: Path) -> None:
    headers = [{"name": "a b\r\n", "value": "x"}, {"name": "", "value": "y"}, {"name": "X-Name", "value": "Zoë → \0"}]
    path, ended = imported(tmp_path, entry(response={"headers": headers}))
    [row] = exchanges(path)
    assert json.loads(row["response_headers"]) == [["X-Name", "Zoë → ".encode().decode("latin-1") + " "]]
    assert "1 message had header fields that are none" in ended.err


def test_letters_of_other_scripts_in_an_address_are_escaped(tmp_path: Path) -> None:
    asked = {"url": "https://user:pass@gws.example/api/v2/é?a=ü b#here"}
    row = one(tmp_path, entry(request=asked))
    assert (row["authority"], row["path"], row["query"]) == ("gws.example", "/api/v2/%C3%A9", "a=%C3%BC%20b")


def test_what_leads_elsewhere_is_counted_and_recorded_if_somebody_says_so(tmp_path: Path) -> None:
    entries = [entry(), entry("/app.js"), entry(request={"url": "data:image/png;base64,xxxx"})]
    entries.append(entry(request={"url": "chrome-extension://x/y"}))
    path, ended = imported(tmp_path, *entries)
    assert len(exchanges(path)) == 1
    assert "3 requests led elsewhere than to /api/v2: not recorded (--also PATTERN does)" in ended.err
    ended = run("import", saved(tmp_path / "again.har", *entries), tmp_path / "all.db", "--also", ".")
    assert [row["path"] for row in exchanges(tmp_path / "all.db")] == ["/api/v2/me", "/app.js"]
    assert "2 requests led elsewhere" in ended.err


def test_what_a_browser_had_in_its_cache_crossed_no_wire(tmp_path: Path) -> None:
    path, ended = imported(tmp_path, entry(), entry(_fromCache="disk"))
    assert len(exchanges(path)) == 1
    assert "1 response came from the browser's cache" in ended.err


def test_what_was_exported_without_its_secrets_is_told(tmp_path: Path) -> None:
    bare = {"headers": fields(Host="gws.example")}
    _, ended = imported(tmp_path, entry(request=bare), entry(), entry(method="OPTIONS", request=bare))
    assert "1 exchange without cookies and Authorization: browsers leave those out" in ended.err


def test_what_other_tools_write_loosely_is_read_all_the_same(tmp_path: Path) -> None:
    loose = {
        "timings": None,
        "connection": 443,
        "serverIPAddress": None,
        "_fromCache": False,
        "_webSocketMessages": None,
    }
    asked = {"cookies": None, "postData": None, "headers": [{"name": "X-Count", "value": 7}, BASIC], "bodySize": 0.0}
    told = {"headers": None, "content": None, "_error": {"code": 1}, "status": 204.0, "statusText": None}
    row = one(tmp_path, entry(request=asked, response=told) | loose)
    assert (row["connection"], row["status"], row["error"]) == ("443", 204, "{'code': 1}")
    assert json.loads(row["request_headers"])[0] == ["X-Count", "7"]


def test_a_request_that_no_answer_is_told_of_was_given_up(tmp_path: Path) -> None:
    row = one(tmp_path, entry() | {"response": None})
    assert (row["status"], row["error"]) == (None, "it was ended before an answer came")


@pytest.mark.parametrize("status", [0, -1])
def test_a_request_that_was_given_up_has_an_error_and_no_response(status: int, tmp_path: Path) -> None:
    row = one(tmp_path, entry(response={"status": status, "_error": "net::ERR_ABORTED", "content": {}}))
    assert (row["status"], row["error"], row["answered_at"]) == (None, "net::ERR_ABORTED", None)
    assert row["done_tick"] == 2


def test_a_response_that_broke_off_has_an_error_too(tmp_path: Path) -> None:
    row = one(tmp_path, entry(response={"_error": "net::ERR_CONTENT_LENGTH_MISMATCH"}))
    assert (row["status"], row["error"]) == (200, "net::ERR_CONTENT_LENGTH_MISMATCH")


def test_messages_of_a_websocket_are_frames(tmp_path: Path) -> None:
    messages = [
        {"type": "send", "time": AT / 1e6 + 2, "opcode": 1, "data": '{"token":"xyzzy"}'},
        {"type": "receive", "time": AT / 1e6 + 1, "opcode": 2, "data": "AP8="},
    ]
    socket = entry("/api/v2/socket", response={"status": 101, "content": {"size": 0}}, time=60_000)
    socket["request"]["url"] = "wss://gws.example/api/v2/socket"
    path, _ = imported(tmp_path, socket | {"_webSocketMessages": messages}, entry(at="2026-03-01T09:00:01.500Z"))
    frames = query(path, "SELECT f.*, b.content FROM frames f JOIN bodies b ON b.id = f.body ORDER BY tick")
    assert [(row["tick"], row["direction"], row["opcode"], row["at"] - AT) for row in frames] == [
        (3, "server", 2, 1_000_000),
        (6, "client", 1, 2_000_000),
    ]
    assert frames[0]["content"] == b"\x00\xff" and b"xyzzy" not in frames[1]["content"]
    [upgrade, _] = exchanges(path)
    assert (upgrade["scheme"], upgrade["done_at"] - AT) == ("https", 22_000)


def test_an_import_into_a_recording_is_another_session_of_it(tmp_path: Path) -> None:
    path, _ = imported(tmp_path, entry())
    assert run("import", saved(tmp_path / "more.har", entry("/api/v2/x")), path).code == 0
    assert [row["id"] for row in query(path, "SELECT id FROM sessions ORDER BY id")] == [1, 2]
    assert [(row["id"], row["session"], row["start_tick"]) for row in exchanges(path)] == [(1, 1, 1), (2, 2, 1)]


def test_a_har_that_firefox_has_saved_is_read_likewise(tmp_path: Path) -> None:
    """Null and missing members, no `_transferSize`, header fields of a form before its text."""
    form = '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n--b--\r\n'
    upload = entry("/api/v2/me/chats/1/attachments", method="POST")
    upload["request"]["headers"] = fields(Host="gws.example", Content_Type="multipart/form-data; boundary=b")
    upload["request"]["headers"] += fields(Content_Length=str(len(form)), Cookie="JSESSIONID=1")
    before = f"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {len(form)}\r\n\r\n"
    upload["request"]["postData"] = {"mimeType": "multipart/form-data", "params": [], "text": before + form}
    upload["response"]["content"] = {"mimeType": "application/json", "size": 16, "text": '{"statusCode":0}'}
    for name in ("_error", "_transferSize"):
        del upload["response"][name]
    told = har({**upload, "time": 12, "cache": {}, "_securityState": "secure", "connection": None})
    told["log"] |= {
        "creator": {"name": "Firefox", "version": "128.0"},
        "browser": {"name": "Firefox", "version": "128"},
    }
    file = tmp_path / "it.har"
    file.write_text("\ufeff" + json.dumps(told, indent=2), "utf-8")
    assert run("import", file, tmp_path / "it.db").code == 0
    [row] = exchanges(tmp_path / "it.db")
    assert (row["sent_size"], row["truncated"]) == (len(form), None)
    assert [part["name"] for part in query(tmp_path / "it.db", "SELECT name FROM parts")] == ["a", None]
