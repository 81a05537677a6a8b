"""A HAR that is damaged, or was made to do harm: one clear line, exit code 2, and nothing is recorded."""

import base64
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.live.commands import run
from tests.recording.har.hars import entry, har, saved

GOOD = entry("/api/v2/me")


def with_(**members: Any) -> bytes:
    """A good entry, and one with these members."""
    return json.dumps(har(GOOD, {**entry("/api/v2/me/chats"), **members})).encode()


def text(of: bytes) -> str:
    return base64.b64encode(of).decode()


def content(**members: Any) -> bytes:
    return with_(response=GOOD["response"] | {"content": {"size": 3, "mimeType": "image/png", **members}})


def request(**members: Any) -> bytes:
    return with_(request=entry("/api/v2/me/chats")["request"] | members)


WHOLE = json.dumps(har(GOOD, GOOD)).encode()
LONG = text(bytes(300_000))

CASES: dict[str, tuple[bytes, str]] = {
    "cut in an entry": (WHOLE[:-400], "entry 2, before byte"),
    "cut in a long text": (content(text="x" * 400_000)[:-100_000], "entry 2, before byte"),
    "cut before the entries": (WHOLE[:30], "before byte 30"),
    "followed by something": (WHOLE + b"x", "trailing garbage"),
    "no list of entries": (b'{"log": {"entries": {}}}', "no list log.entries"),
    "no log": (b'{"logs": {"entries": []}}', "no list log.entries"),
    "entries that are none": (b'{"log": {"entries": [1]}}', "entry 1"),
    "not a number": (WHOLE.replace(b'"time": 30', b'"time": NaN'), "entry 1, before byte"),
    "a number of many digits": (WHOLE.replace(b'"time": 30', b'"time": ' + b"9" * 5000), "overflow"),
    "a number that is too large": (WHOLE.replace(b'"time": 30', b'"time": 1e400'), "overflow"),
    "a time that nothing takes": (with_(time=1e300), "/time should be"),
    "a text for a number": (with_(time="soon"), "/time should be"),
    "a size without end": (request(bodySize=1e300), "/request/bodySize"),
    "nested without end": (WHOLE.replace(b'"High"', b"[" * 200_000, 1), "nested more than 500 levels deep"),
    "bytes that are no UTF-8": (WHOLE.replace(b"fetch", b"\xff\xfe", 1), "invalid bytes in UTF8 string"),
    "a long text that is no UTF-8": (
        content(text="x" * 400_000, encoding="").replace(b"x" * 9, b"\xff" * 9, 1),
        "entry 2, before byte",
    ),
    "a long text with a control character": (content(text="x" * 400_000).replace(b"xx", b"\x00x", 1), "is broken"),
    "a long text with half an escape": (content(text="x" * 400_000).replace(b"xxxx", rb"\u0g", 1), "is broken"),
    "no base64": (content(text="a*bc", encoding="base64"), "a body is no base64"),
    "base64 with letters of no alphabet": (content(text="ä" * 8, encoding="base64"), "a body is no base64"),
    "base64 padded in the middle": (content(text="AA==AAAA", encoding="base64"), "a body is no base64"),
    "long base64 that is none": (content(text=LONG[:-8] + "?" * 8, encoding="base64"), "a body is no base64"),
    "no date": (with_(startedDateTime="yesterday"), "/startedDateTime should be"),
    "a date without a day": (with_(startedDateTime="2026-13-41T00:00:00Z"), "/startedDateTime should be"),
    "a date before there was a web": (with_(startedDateTime="0001-01-01T00:00:00Z"), "before there was any web"),
    "no request": (with_(request=None), "/request should be"),
    "no method": (request(method="GET /x HTTP/1.1\r\n"), "request.method is none"),
    "no URL": (request(url=["x"]), "/request/url should be"),
    "header fields that are none": (request(headers={"a": "b"}), "/request/headers should be"),
    "a status that is none": (with_(response=GOOD["response"] | {"status": 99}), "response.status is 99"),
    "a status beyond all": (with_(response=GOOD["response"] | {"status": 10**9}), "/response/status"),
    "a header field of a megabyte": (
        request(headers=[{"name": "x", "value": "y" * 1_100_000}]),
        "a text of 1100000 bytes",
    ),
    "our own words, misused": (with_(_gws={"ticks": [-1, 2], "started": [0, 0]}), "/_gws/ticks"),
    "an end before its beginning": (
        with_(_gws={"ticks": [5, 4], "started": [5, 5], "done": [6, 6]}),
        "/_gws should be",
    ),
    "done before it was started": (with_(_gws={"ticks": [1, 2], "started": [5, 5], "done": [4, 4]}), "/_gws should be"),
    "an entry without end": (
        b'{"log":{"creator":{},"entries":[{"a":[' + b"1," * 20_000_000 + b"1]}]}}",
        "has more than 33554432 bytes",
    ),
    "names out of this world": (WHOLE.replace(b'"High"', b'"\\ud800\x1b[31m"'), "entry 1"),
}


@pytest.mark.parametrize(("told", "said"), CASES.values(), ids=CASES)
def test_it_is_refused_in_one_line(told: bytes, said: str, tmp_path: Path) -> None:
    file = tmp_path / "it.har"
    file.write_bytes(told)
    ended = run("import", file, tmp_path / "it.db")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"error: {file} is ") and said in ended.err and ended.err.count("\n") == 1, ended.err
    assert "\x1b[31m" not in ended.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["it.har"]


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (b"", "neither a HAR nor a file of mitmproxy's flows"),
        (b"SQLite format 3\0", "neither a HAR nor a file of mitmproxy's flows"),
        (b"\xff\xfe{\0}\0", "neither a HAR nor a file of mitmproxy's flows"),
        (json.dumps(har()).encode(), "nothing in it is to be recorded"),
        (json.dumps(har(entry("/ui/index.html"))).encode(), "nothing in it is to be recorded"),
    ],
    ids=["empty", "another file", "UTF-16", "no entries", "no entries of the API"],
)
def test_what_holds_nothing_for_us_is_told_and_makes_no_recording(told: bytes, said: str, tmp_path: Path) -> None:
    file = tmp_path / "it.har"
    file.write_bytes(told)
    ended = run("import", file, tmp_path / "it.db")
    assert (ended.code, ended.err.count("\n")) == (2, 1) and said in ended.err, ended.err
    assert not (tmp_path / "it.db").exists()


def folder(path: Path) -> Path:
    path.mkdir()
    return path


@pytest.mark.parametrize("make", [lambda path: path, folder], ids=["missing", "a folder"])
def test_a_file_that_is_none_is_told(make: Callable[[Path], Path], tmp_path: Path) -> None:
    ended = run("import", make(tmp_path / "it.har"), tmp_path / "it.db")
    assert (ended.code, ended.err.count("\n")) == (2, 1) and "it.har" in ended.err


def test_a_recording_that_was_there_stays_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "it.db"
    assert run("import", saved(tmp_path / "good.har", GOOD), path).code == 0
    before = path.read_bytes()
    broken = tmp_path / "broken.har"
    broken.write_bytes(WHOLE[:-200])
    assert run("import", broken, path).code == 2
    assert path.read_bytes() == before
    shutil.copy(broken, tmp_path / "copy.har")
    assert run("import", "--format", "flow", broken, path).code == 2
    assert path.read_bytes() == before
