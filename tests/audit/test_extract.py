"""Files out of recordings: each once, under its digest, with a manifest; nothing that traffic says leads anywhere."""

import gzip
import hashlib
import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from inspector.analysis.rules.selection import Selection
from inspector.audit.audited import auditing
from inspector.audit.extract import Extracted, extract
from inspector.errors import UsageError
from tests.analysis.arbitrary import CONNECT, CONNECTED
from tests.analysis.shapes import CHAT, attachment, chat_has
from tests.analysis.traffic import CHANNEL, ME, OK, TOPIC
from tests.audit.sendings import BYTES, COOKIE, HOSTILE, Sent, begin, document_of, recorded
from tests.recording.keeping import change

PNG = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + bytes(20)
LARGE = bytes(range(256)) * 10_000
PAGE = b"<!DOCTYPE html><script>alert(1)</script>"
PROGRAM = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0" + bytes(100)


def extracted(folder: Path, *paths: Path) -> tuple[Extracted, Any]:
    with auditing(paths, Selection()) as audited:
        done = extract(audited, folder)
    return done, json.loads((folder / "manifest.json").read_bytes())


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "manifest.json"}


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_each_content_is_there_once_and_all_its_transfers_are_listed(tmp_path: Path) -> None:
    files = [Sent("a.txt", b"12345"), Sent("b.png", PNG), Sent("c.txt", b"12345"), Sent("large", LARGE)]
    done, manifest = extracted(tmp_path / "out", recorded(tmp_path / "one.db", files))
    assert contents(tmp_path / "out") == {
        f"{digest(b'12345')}.txt": b"12345",
        f"{digest(PNG)}.png": PNG,
        f"{digest(LARGE)}.bin": LARGE,
    }
    assert done == Extracted(3, 5 + len(PNG) + len(LARGE), 0)
    assert [one["sha256"] for one in manifest["files"]] == sorted(map(digest, (b"12345", PNG, LARGE)))
    by_digest = {one["sha256"]: one for one in manifest["files"]}
    assert [one["name"] for one in by_digest[digest(b"12345")]["transfers"]] == ["a.txt", "c.txt"]
    assert by_digest[digest(PNG)]["detected_type"] == "image/png" and by_digest[digest(PNG)]["size"] == len(PNG)
    assert manifest["missing"] == []
    assert manifest["head"]["recordings"][0]["name"] == "one.db"


def test_an_empty_file_is_a_file(tmp_path: Path) -> None:
    files = [Sent("sent.txt", b""), Sent("fetched.txt", b"", back=b"more")]
    done, manifest = extracted(tmp_path / "out", recorded(tmp_path / "one.db", files))
    assert contents(tmp_path / "out") == {f"{digest(b'')}.bin": b"", f"{digest(b'more')}.txt": b"more"}
    assert (done, manifest["missing"]) == (Extracted(2, 4, 0), [])


def test_only_their_owner_may_read_them(tmp_path: Path) -> None:
    extracted(tmp_path / "out", recorded(tmp_path / "one.db", [Sent("a.txt", b"12345")]))
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "out").iterdir()}
    assert (modes, stat.S_IMODE((tmp_path / "out").stat().st_mode)) == ({0o600}, 0o700)


def test_no_name_of_traffic_becomes_a_files_name(tmp_path: Path) -> None:
    files = [Sent(name, name.encode() + b"!", mime=name) for name in HOSTILE.values()]
    path = recorded(tmp_path / "one.db", files)
    before = set(tmp_path.rglob("*"))
    done, manifest = extracted(tmp_path / "out", path)
    assert done.files == len(files)
    names = {f"{digest(file.content)}.{end}" for file in files for end in ("txt", "bin")}
    assert set(contents(tmp_path / "out")) <= names
    assert {found for found in tmp_path.rglob("*") if (tmp_path / "out") not in (found, found.parent)} == before
    told = {use["name"] for one in manifest["files"] for use in one["transfers"]}
    assert told == set(HOSTILE.values())


@pytest.mark.parametrize("content", [PROGRAM, PAGE], ids=["program", "page"])
def test_what_would_run_when_it_is_opened_is_named_so_that_it_does_not(content: bytes, tmp_path: Path) -> None:
    extracted(tmp_path / "out", recorded(tmp_path / "one.db", [Sent("a.exe", content)]))
    assert contents(tmp_path / "out") == {f"{digest(content)}.bin": content}


def test_a_download_that_differs_is_kept_beside_what_was_uploaded(tmp_path: Path) -> None:
    path = recorded(tmp_path / "one.db", [Sent("a.txt", b"12345", back=b"other")])
    _, manifest = extracted(tmp_path / "out", path)
    assert set(contents(tmp_path / "out").values()) == {b"12345", b"other"}
    [use] = [use for one in manifest["files"] if one["sha256"] == digest(b"other") for use in one["transfers"]]
    assert use["how"].startswith("downloaded in #")


def test_a_coded_download_is_kept_as_the_file_it_is(tmp_path: Path) -> None:
    text = b"12345" * 1000
    coded: Sent = Sent("a.txt", text, fields=(BYTES, ("Content-Encoding", "gzip")), back=gzip.compress(text))
    extracted(tmp_path / "out", recorded(tmp_path / "one.db", [coded]))
    assert contents(tmp_path / "out") == {f"{digest(text)}.txt": text}


def test_a_coding_that_nobody_can_undo_is_kept_as_it_came(tmp_path: Path) -> None:
    broken = Sent("a.txt", b"12345", fields=(BYTES, ("Content-Encoding", "gzip")), back=b"\x1f\x8bno gzip")
    extracted(tmp_path / "out", recorded(tmp_path / "one.db", [broken]))
    assert set(contents(tmp_path / "out").values()) == {b"12345", b"\x1f\x8bno gzip"}


def test_what_was_kept_by_its_digest_only_is_told_of(tmp_path: Path) -> None:
    path = recorded(tmp_path / "one.db", [Sent("a.txt", b"12345"), Sent("b.png", PNG)])
    change(path, "UPDATE bodies SET content = NULL, kept = 'digest' WHERE sha256 = ?", digest(PNG))
    done, manifest = extracted(tmp_path / "out", path)
    assert contents(tmp_path / "out") == {f"{digest(b'12345')}.txt": b"12345"}
    assert done.missing == len(manifest["missing"]) > 0
    assert {(one["sha256"], one["why"]) for one in manifest["missing"]} == {(digest(PNG), "only its digest was kept")}
    assert {one["transfer"]["name"] for one in manifest["missing"]} == {"b.png"}


def test_bytes_that_somebody_has_bent_are_not_passed_off_as_the_file(tmp_path: Path) -> None:
    path = recorded(tmp_path / "one.db", [Sent("a.txt", b"12345")])
    change(path, "UPDATE bodies SET content = x'3534333231' WHERE sha256 = ?", digest(b"12345"))
    _, manifest = extracted(tmp_path / "out", path)
    assert contents(tmp_path / "out") == {}
    assert {one["sha256"] for one in manifest["missing"]} == {digest(b"12345")}
    assert all(digest(b"54321") in one["why"] for one in manifest["missing"])


def test_a_download_that_was_cut_is_told_of(tmp_path: Path) -> None:
    path = recorded(tmp_path / "one.db", [Sent("a.txt", b"12345", back=b"123")])
    change(path, "UPDATE exchanges SET error = 'it broke' WHERE id = (SELECT max(id) FROM exchanges)")
    change(path, "UPDATE sessions SET judged = ''")
    _, manifest = extracted(tmp_path / "out", path)
    assert set(contents(tmp_path / "out").values()) == {b"12345"}
    assert ["not all of #" in one["why"] for one in manifest["missing"]] == [True]


def test_a_transfer_of_which_two_contents_are_missing_counts_once(tmp_path: Path) -> None:
    path = recorded(tmp_path / "one.db", [Sent("a.txt", b"12345", back=b"123")])
    change(path, "UPDATE bodies SET content = NULL, kept = 'digest' WHERE sha256 = ?", digest(b"12345"))
    change(path, "UPDATE exchanges SET error = 'it broke' WHERE id = (SELECT max(id) FROM exchanges)")
    done, manifest = extracted(tmp_path / "out", path)
    assert (done.missing, len(manifest["missing"])) == (1, 2)


def test_a_file_whose_bytes_never_came_by_is_told_of(tmp_path: Path) -> None:
    recording = begin(tmp_path / "one.db")
    link = {"operationName": "AddAttachment", "documentId": document_of(1)}
    recording.ask("POST", f"{ME}/chats/{CHAT}", link, OK, COOKIE)
    told = [{"channel": TOPIC, "data": chat_has(attachment(document_of(1)))}, CONNECTED]
    recording.ask("POST", CHANNEL, CONNECT, told, COOKIE)
    recording.close()
    _, manifest = extracted(tmp_path / "out", recording.path)
    assert [(one["sha256"], one["why"]) for one in manifest["missing"]] == [("", "its bytes never crossed the wire")]


def test_a_folder_that_holds_anything_is_refused(tmp_path: Path) -> None:
    path = recorded(tmp_path / "one.db", [Sent("a.txt", b"12345")])
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match="not empty"):
        extracted(tmp_path / "out", path)
    assert [found.name for found in (tmp_path / "out").iterdir()] == ["mine.txt"]


def test_an_empty_folder_will_do(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert extracted(tmp_path / "out", recorded(tmp_path / "one.db", [Sent("a.txt", b"12345")]))[0].files == 1


@pytest.mark.parametrize("kind", ["file", "link to a folder", "link to nothing", "below a file"])
def test_what_is_no_folder_of_its_own_is_refused(kind: str, tmp_path: Path) -> None:
    path = recorded(tmp_path / "one.db", [Sent("a.txt", b"12345")])
    elsewhere, out = tmp_path / "elsewhere", tmp_path / "out"
    elsewhere.mkdir()
    if kind == "file":
        out.write_text("mine")
    elif kind == "below a file":
        (tmp_path / "file").write_text("mine")
        out = tmp_path / "file" / "out"
    else:
        out.symlink_to(elsewhere if "folder" in kind else tmp_path / "nothing")
    with pytest.raises(UsageError):
        extracted(out, path)
    assert list(elsewhere.iterdir()) == [] and not (tmp_path / "nothing").exists()


def test_a_link_that_somebody_lays_in_the_way_is_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, out, victim = recorded(tmp_path / "one.db", [Sent("a.txt", b"12345")]), tmp_path / "out", tmp_path / "victim"
    victim.write_text("mine")
    listdir = os.listdir

    def slipped(place: Any) -> list[str]:
        found = listdir(place)  # somebody else is quick: after the look, before the write
        (out / f"{digest(b'12345')}.txt").symlink_to(victim)
        return found

    monkeypatch.setattr(os, "listdir", slipped)
    with pytest.raises(UsageError, match="exists"):
        extracted(out, path)
    assert victim.read_text() == "mine"
