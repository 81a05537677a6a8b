"""How an import is judged and what it redacts is set as for `record`; and what becomes of one that does not end."""

import json
from pathlib import Path

import pytest

from inspector.errors import RecordingIncomplete
from inspector.recording.har.reading import read
from inspector.recording.importing.feeding import record
from inspector.recording.scope import Scope
from tests.live.commands import run
from tests.recording.har.hars import BASIC, entry, exchanges, fields, imported, saved
from tests.recording.keeping import query

UPLOAD = {"mimeType": "application/json", "text": '{"operationName":"UploadFile"}'}


def test_findings_decide_the_exit_code_if_somebody_says_so(tmp_path: Path) -> None:
    file = saved(tmp_path / "it.har", entry("/api/v2/me/chats/1", method="POST", sent=UPLOAD))
    assert run("import", file, tmp_path / "a.db").code == 0
    ended = run("import", file, tmp_path / "b.db", "--fail-on", "error")
    assert ended.code == 1 and "1 error" in ended.err
    assert run("import", file, tmp_path / "c.db", "--fail-on", "error", "--ignore", "GW103").code == 0
    quiet = run("import", file, tmp_path / "d.db", "-q")
    assert (quiet.out, quiet.err) == ("", "")


def test_the_settings_of_record_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = '[record]\nalso = ["/shop"]\nwindow = 5\n[redaction]\nmembers = ["nickname"]\nheaders = ["X-Key"]\n'
    (tmp_path / "gws-inspector.toml").write_text(settings)
    sent = {"mimeType": "application/json", "text": '{"nickname":"sesame"}'}
    headers = [*fields(content_type="application/json", X_Key="xyzzy"), BASIC]
    bought = entry("/shop/1", method="POST", sent=sent, request={"headers": headers})
    path, _ = imported(tmp_path, bought, entry("/elsewhere"))
    [row] = exchanges(path)
    assert b"sesame" not in row["sent"] and "xyzzy" not in row["request_headers"]
    [session] = query(path, "SELECT settings, redacted FROM sessions")
    assert json.loads(session["settings"])["window_ms"] == 5000
    assert json.loads(session["redacted"]) == {"headers": ["X-Key"], "members": ["nickname"]}
    path.unlink()
    path, _ = imported(tmp_path, bought, options=("--window", "7"))
    assert json.loads(query(path, "SELECT settings FROM sessions")[0]["settings"])["window_ms"] == 7000


@pytest.mark.parametrize(
    "option",
    [
        *(("--also", "("), ("--bodies", "some"), ("--select", "GW9")),
        *(("--window", seconds) for seconds in ("nan", "inf", "-1", "1e30")),
    ],
    ids=" ".join,
)
def test_options_that_cannot_be_meant_are_refused_before_anything_is_read(
    option: tuple[str, str], tmp_path: Path
) -> None:
    ended = run("import", saved(tmp_path / "it.har", entry()), tmp_path / "it.db", *option)
    assert (ended.code, ended.err.count("\n")) == (2, 1), ended.err
    assert not (tmp_path / "it.db").exists()


def test_an_import_that_is_interrupted_leaves_a_session_that_says_so(tmp_path: Path) -> None:
    file, path = saved(tmp_path / "it.har", *(entry(f"/api/v2/{n}") for n in range(5))), tmp_path / "it.db"
    happened = 0

    def interrupt() -> None:
        nonlocal happened
        happened += 1
        if happened == 7:
            raise KeyboardInterrupt

    with read(file, Scope()) as capture, pytest.raises(KeyboardInterrupt):
        record(capture, path, watch=interrupt)
    [session] = query(path, "SELECT state, trouble FROM sessions")
    assert session == {"state": "incomplete", "trouble": "its import was interrupted: KeyboardInterrupt"}
    assert [name.name for name in tmp_path.iterdir() if "-wal" in name.name] == []


def test_an_import_that_cannot_be_written_is_incomplete(tmp_path: Path) -> None:
    file, path = saved(tmp_path / "it.har", entry(), entry("/api/v2/x")), tmp_path / "it.db"
    with read(file, Scope()) as capture, pytest.raises(RecordingIncomplete, match="was deleted"):
        record(capture, path, watch=lambda: path.unlink(missing_ok=True))
