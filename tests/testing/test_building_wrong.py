"""A script that cannot be meant ends in one clear line, and leaves every file as it was."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from inspector.demo.documents import Document, File
from inspector.errors import InspectorError, RecordingIncomplete, UsageError
from inspector.recording.recorder import Recorder
from inspector.testing.building.builder import RecordingBuilder
from inspector.testing.building.keeping import keep
from inspector.traffic.exchange import Instant
from tests.testing.built import PDF, built, facts, rules

pytestmark = pytest.mark.once


def linked(chat: Any) -> Any:
    return chat.link("contract.pdf", PDF)


def left(chat: Any) -> Any:
    chat.leave()
    return chat


def home(sofia: Any) -> Any:
    sofia.go_home()
    return sofia


WRONG: dict[str, tuple[Callable[..., Any], str]] = {
    "not linked": (lambda r, a, c: c.upload(r.document("memo.txt", b"")), "is not linked to chat 0001TaBTNRPW01GV"),
    "not linked, refused": (lambda r, a, c: c.upload(r.document("memo.txt", b""), refused=2), "unlinked=True"),
    "taken back": (lambda r, a, c: [c.unlink(f := linked(c)), c.upload(f)], "is not linked"),
    "linked twice": (lambda r, a, c: c.link(linked(c)), "AddAttachment would be refused with 18 (Document"),
    "never linked": (lambda r, a, c: c.unlink(r.document("memo.txt", b"")), "would be refused with 6"),
    "left": (lambda r, a, c: left(c).message("hello"), "SendMessage would be refused with 2 (The chat is in"),
    "left for good": (lambda r, a, c: [c.complete(), c.complete()], "Complete would be refused with 2"),
    "customer of a chat that is left": (lambda r, a, c: left(c).customer_message("hello"), "is in state LeftChat"),
    "file to a chat that is left": (lambda r, a, c: left(c).customer_file("a.png", b""), "is in state LeftChat"),
    "accepted twice": (lambda r, a, c: c.accept(), "Accept would be refused with 2"),
    "refused 99": (lambda r, a, c: c.upload(linked(c), refused=99), "refused=99 is no statusCode that refuses"),
    "refused 0": (lambda r, a, c: c.message("x", refused=0), "refused=0 is no statusCode"),
    "refused '3'": (lambda r, a, c: c.message("x", refused="3"), "refused='3' is no statusCode"),
    "refused True": (lambda r, a, c: c.message("x", refused=True), "refused=True is no statusCode"),
    "refused and replied": (lambda r, a, c: c.message("x", refused=2, reply={}), "give one of them"),
    "why it is not refused": (lambda r, a, c: c.message("x", because="no"), "give refused=, too"),
    "status alone": (lambda r, a, c: c.message("x", status=500), "give reply= or refused=, too"),
    "status 99": (lambda r, a, c: c.message("x", reply={}, status=99), "status=99 is no status of HTTP"),
    "reply of nothing known": (lambda r, a, c: c.message("x", reply=object()), "reply= is neither JSON"),
    "told before it was asked": (lambda r, a, c: c.message("x", took_ms=5, lag_ms=-8), "comes after the request"),
    "told never": (lambda r, a, c: c.message("x", lag_ms=float("inf")), "in the end"),
    "unknown operation": (lambda r, a, c: c.call("Dance"), "Dance would be refused with 10 (There is no"),
    "unknown address": (lambda r, a, c: a.read("/nothing"), "GET /api/v2/nothing would be refused with 6"),
    "no path": (lambda r, a, c: a.call("GET", "api"), "'api' is no path"),
    "body of nothing known": (lambda r, a, c: a.call("POST", "/api/v2/me", {1: object()}), "has to be JSON"),
    "told of nothing known": (lambda r, a, c: a.notify("/v2/me/chats", object()), "is told has to be JSON"),
    "path of two lines": (lambda r, a, c: a.call("GET", "/a\r\nb", reply={}), "is no path"),
    "whole path": (lambda r, a, c: a.read("/api/v2/me"), "'/api/v2/me' is no path under /api/v2: give one like /me"),
    "path of no slash": (lambda r, a, c: a.read("me", reply={}), "'me' is no path under /api/v2"),
    "whole path of a login": (lambda r, a, c: r.agent("toni", reads=["/api/v2/me"]), "is no path under /api/v2"),
    "path of spaces": (lambda r, a, c: a.read("/me/chats?fields=a b"), "is no path: give one like"),
    "deaf": (lambda r, a, c: a.notify("/v2/me/calls", {}), "sofia does not listen to /v2/me/calls: call listen("),
    "no topic": (lambda r, a, c: a.listen("calls"), "'calls' is no topic"),
    "empty topic": (lambda r, a, c: a.listen(""), "'' is no topic"),
    "topic of the protocol": (lambda r, a, c: a.listen("/meta/connect"), "'/meta/connect' is no topic"),
    "told on a pattern": (lambda r, a, c: [a.listen("/v2/**"), a.notify("/v2/**", {})], "'/v2/**' is no topic"),
    "told by the protocol": (lambda r, a, c: [a.listen("/**"), a.notify("/meta/connect", {})], "is no topic"),
    "gone home": (lambda r, a, c: home(a).read("/me"), "sofia has gone home"),
    "listens at home": (lambda r, a, c: home(a).listen(), "sofia has gone home"),
    "chat of one at home": (lambda r, a, c: [a.go_home(), c.message("x")], "sofia has gone home"),
    "two of a name": (lambda r, a, c: r.agent("sofia"), "sofia is here already"),
    "no name": (lambda r, a, c: r.agent("a:b"), "nobody can log in as 'a:b'"),
    "no login": (lambda r, a, c: r.agent("toni", reads=[]), "toni logs in by no request"),
    "chat that is there": (lambda r, a, c: a.chat(c.id), "the id 0001TaBTNRPW01GV is taken"),
    "chat of no id": (lambda r, a, c: a.chat("a/b"), "'a/b' is no id"),
    "chat of the folder above": (lambda r, a, c: a.chat(".."), "'..' is no id"),
    "document that is there": (lambda r, a, c: [r.document("a", b"", id="A") for _ in "12"], "the id A is taken"),
    "document of nobody": (lambda r, a, c: c.upload(Document("X", File("x", "", b""))), "is no document of this"),
    "refused document": (lambda r, a, c: c.upload(c.link("a", b"", refused=3)), "its link was refused"),
    "download of what nobody knows": (lambda r, a, c: c.download(r.document("memo.txt", b"")), "nobody was told in"),
    "no content": (lambda r, a, c: c.link("a.pdf"), "a new document needs its content"),
    "text as content": (lambda r, a, c: c.link("a.txt", "text"), "the content of a.txt is to be bytes, as b'…'"),
    "customer's text": (lambda r, a, c: c.customer_file("a.txt", "text"), "the content of a.txt is to be bytes"),
    "document of text": (lambda r, a, c: r.document("a.txt", "text"), "bytes(), not 'text'"),
    "download of text": (lambda r, a, c: c.download(linked(c), "text"), "is to be bytes"),
    "file of no name": (lambda r, a, c: c.link(Path("a.txt"), b""), "is no name of a file"),
    "name that is no text": (lambda r, a, c: c.customer_file("\udcff.txt", b""), "is no name of a file"),
    "upload by an id": (lambda r, a, c: c.upload(linked(c).id), "'0001PaBMYY3600RC' is no document: give what link"),
    "content twice": (lambda r, a, c: c.link(linked(c), b"other"), "has its content already"),
    "back in time": (lambda r, a, c: r.wait(-1), "wait(-1): time passes"),
    "for ever": (lambda r, a, c: r.wait(float("inf")), "comes to an end"),
    "for centuries": (lambda r, a, c: r.wait(1e10), "give 0 to 604800 seconds"),
    "told after centuries": (lambda r, a, c: c.message("x", lag_ms=1e13), "nothing takes more than a week"),
    "answered after centuries": (lambda r, a, c: c.message("x", took_ms=1e13), "nothing takes more than a week"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_meant_is_told_in_one_line_and_nothing_is_written(name: str, tmp_path: Path):
    lines, words = WRONG[name]
    with pytest.raises(UsageError) as caught:
        built(tmp_path / "a.db", lines)
    assert words in str(caught.value) and "\n" not in str(caught.value)
    assert os.listdir(tmp_path) == []


def test_an_unknown_option_is_a_mistake_of_python_s_kind(tmp_path: Path):
    with pytest.raises(TypeError, match=r"there is no option notifed; there are because, lag_ms, notified"):
        built(tmp_path / "a.db", lambda recording, sofia, chat: chat.message("x", notifed=False))
    assert os.listdir(tmp_path) == []


def test_what_is_refused_on_purpose_may_be_out_of_order(tmp_path: Path):
    def lines(recording: Any, sofia: Any, chat: Any) -> None:
        contract = linked(chat)
        chat.leave()
        chat.upload(contract, refused=2)

    assert rules(built(tmp_path / "a.db", lines)) == ["GW406", "GW202"]


@pytest.mark.parametrize(
    ("path", "options", "words"),
    [
        ("nowhere/a.db", {}, "there is no folder"),
        ("", {"overwrite": True}, "it is a folder"),
        ("there.db", {}, "exists already: give a name that is free, or overwrite=True"),
        ("a.db", {"origin": "gws.example.com"}, "is none: give one like https://gws.example.com"),
        ("a.db", {"origin": "https://gws.example.com/api"}, "is none: give one like"),
        ("a.db", {"began": datetime(2026, 1, 5)}, "has no time zone"),
    ],
    ids=["no folder", "a folder", "taken", "no scheme", "a path", "no zone"],
)
def test_a_place_that_cannot_be_meant_is_told_before_the_script_begins(
    path: str, options: dict[str, Any], words: str, tmp_path: Path
):
    (tmp_path / "there.db").write_bytes(b"mine")
    with pytest.raises(UsageError) as caught:
        RecordingBuilder(tmp_path / path, **options)
    assert words in str(caught.value) and "\n" not in str(caught.value)
    assert (os.listdir(tmp_path), (tmp_path / "there.db").read_bytes()) == (["there.db"], b"mine")


def test_an_exception_in_the_block_leaves_no_file_and_an_old_one_as_it_was(tmp_path: Path):
    old = built(tmp_path / "old.db", lambda recording, sofia, chat: chat.message("old")).read_bytes()

    def lines(recording: Any, sofia: Any, chat: Any) -> None:
        chat.message("new")
        raise ZeroDivisionError

    for name in ("new.db", "old.db"):
        with pytest.raises(ZeroDivisionError):
            built(tmp_path / name, lines, overwrite=True)
    assert (os.listdir(tmp_path), (tmp_path / "old.db").read_bytes()) == (["old.db"], old)


def test_an_existing_file_is_replaced_if_that_is_meant(tmp_path: Path):
    path = tmp_path / "a.db"
    path.write_bytes(b"anything")
    built(path, lambda recording, sofia, chat: chat.upload(linked(chat), refused=3), overwrite=True)
    assert rules(path) == ["GW202"]
    assert os.listdir(tmp_path) == ["a.db"]


@pytest.fixture
def killed(tmp_path: Path) -> Path:
    """A recording whose recorder was killed: what it still had to write is in the log beside it."""
    path, copy = built(tmp_path / "a.db", lambda recording, sofia, chat: chat.message("old")), tmp_path / "killed"
    copy.mkdir()
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("UPDATE exchanges SET path = '/of/the/old/one'")
        db.commit()
        for end in ("", "-wal"):
            shutil.copy(f"{path}{end}", copy / f"a.db{end}")
    return copy / "a.db"


def test_of_a_recording_that_is_replaced_nothing_gets_into_the_new_one(killed: Path, tmp_path: Path):
    new = built(tmp_path / "new.db", lambda recording, sofia, chat: chat.message("new"))
    built(killed, lambda recording, sofia, chat: chat.message("new"), overwrite=True)
    assert facts(killed) == facts(new)
    assert os.listdir(killed.parent) == ["a.db"]


def test_where_the_log_of_another_recording_lies_nothing_is_built(killed: Path):
    killed.unlink()
    with pytest.raises(UsageError, match=r"a\.db-wal exists already: give a name that is free"):
        RecordingBuilder(killed)
    assert os.listdir(killed.parent) == ["a.db-wal"]


def test_a_file_that_comes_meanwhile_is_not_replaced(tmp_path: Path):
    path = tmp_path / "a.db"
    with pytest.raises(UsageError, match="exists already"):
        built(path, lambda recording, sofia, chat: path.write_bytes(b"theirs"))
    assert (os.listdir(tmp_path), path.read_bytes()) == (["a.db"], b"theirs")


def take(path: Path) -> None:
    path.write_text("theirs")


def test_nor_one_that_comes_while_it_is_written(tmp_path: Path):
    path, moment = tmp_path / "a.db", Instant(1, 1)
    with pytest.raises(UsageError, match="exists already"):
        keep(path, "https://gws.example.com", moment, moment, lambda recorder: take(path), False)
    assert (os.listdir(tmp_path), path.read_text()) == (["a.db"], "theirs")


def test_a_recorder_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Recorder, "failure", "the disk is full")
    with pytest.raises(RecordingIncomplete, match="the disk is full"):
        built(tmp_path / "a.db", lambda recording, sofia, chat: None)
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(os.name == "nt", reason="files of Windows have no mode")
def test_only_its_owner_may_read_it_as_any_recording(tmp_path: Path):
    path = built(tmp_path / "a.db", lambda recording, sofia, chat: None)
    assert path.stat().st_mode & 0o777 == 0o600


def test_nothing_can_be_written_outside_of_the_block(tmp_path: Path):
    recording = RecordingBuilder(tmp_path / "a.db")
    with pytest.raises(UsageError, match="a recording is built in its block"):
        recording.agent("sofia")
    with recording:
        chat = recording.agent("sofia").chat()
    for late in (lambda: chat.message("x"), lambda: recording.wait(1), lambda: recording.document("a", b"")):
        with pytest.raises(InspectorError, match="a recording is built in its block"):
            late()
