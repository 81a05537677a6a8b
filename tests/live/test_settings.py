"""Settings and options that cannot be meant: told in one line before anything runs."""

import socket
from pathlib import Path

import click
import pytest
from pydantic import BaseModel

from inspector.cli import main
from inspector.config import Settings
from tests.live.clients import ask
from tests.live.commands import run
from tests.live.processes import COMMAND, Ended, command, running
from tests.live.recorders import rows
from tests.live.servers import Upstream, response, says

pytestmark = pytest.mark.once


def assert_refused(ended: Ended, *words: str) -> None:
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.count("\n") == 1, ended.err
    assert all(word in ended.err for word in words), ended.err


@pytest.mark.parametrize(
    "upstream",
    ["", "127.0.0.1:80", "ftp://host", "http://", "http://host:0", "http://host:99999", "http://[::1", "http://a/path",
     "http://user:pw@host", "http://host?q", "http://host:port", "//host", "http://a b", "http://host\x1b[1m/x"],
)  # fmt: skip
def test_an_upstream_that_is_none(upstream: str, file: Path) -> None:
    ended = run("record", upstream, file)
    assert_refused(ended)
    assert "http://HOST:PORT" in ended.err or "Invalid hostname" in ended.err
    assert "\x1b" not in ended.err
    assert not file.exists()


def test_a_port_in_use(upstream: Upstream, file: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = command("record", upstream.url, file, "--listen", f"127.0.0.1:{port}")
    assert_refused(ended, str(port))
    assert not file.exists() or rows(file, "SELECT * FROM sessions") == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[record]\nlistn = '127.0.0.1:0'\n", ["gws-inspector.toml", "record.listn"]),
        ("[recrd]\nlisten = '127.0.0.1:0'\n", ["gws-inspector.toml", "recrd"]),
        ("[record]\nwindow = 'long'\n", ["gws-inspector.toml", "record.window", "long"]),
        ("[redaction]\nheaders = 'X-Token'\n", ["gws-inspector.toml", "redaction.headers"]),
        ("record = 5\n", ["gws-inspector.toml", "record"]),
        ("[record\n", ["gws-inspector.toml", "TOML"]),
        ("\xff", ["gws-inspector.toml"]),
    ],
)
def test_a_settings_file_with_a_mistake(
    text: str, words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gws-inspector.toml").write_bytes(text.encode("latin-1"))
    monkeypatch.chdir(tmp_path)
    assert_refused(run("check", "none.db"), *words)


def test_a_settings_file_that_is_not_there(tmp_path: Path) -> None:
    assert_refused(run("--config", tmp_path / "no.toml", "check", "none.db"), "no.toml")


@pytest.mark.parametrize("name", ["GWS_INSPECTOR_RECRD_LISTEN", "GWS_INSPECTOR_RECORD_LISTN", "GWS_INSPECTOR"])
def test_a_misspelt_variable_stops_nobody(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It may be meant for another version."""
    monkeypatch.setenv(name, "127.0.0.1:0")
    ended = run("ls", tmp_path / "none.db")
    assert "none.db cannot be opened" in ended.err


def test_a_variable_with_a_wrong_value_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GWS_INSPECTOR_RECORD_WINDOW", "long")
    ended = run("ls", "none.db")
    assert_refused(ended, "long")
    assert "gws-inspector.toml" not in ended.err, "there is no such file"


def test_a_flag_beats_the_environment_which_beats_the_file(upstream: Upstream, tmp_path: Path) -> None:
    upstream.answers["/api/v2/me/chats/1"] = says(response(b'{"statusCode":3,"statusMessage":"no"}'))
    settings = tmp_path / "gws-inspector.toml"
    settings.write_text("[record]\nlisten = '127.0.0.1:1'\nwindow = 7\nfail_on = 'never'\n", "utf-8")
    env = {"GWS_INSPECTOR_RECORD_LISTEN": "127.0.0.1:0", "GWS_INSPECTOR_RECORD_FAIL_ON": "error"}
    arguments = ("record", upstream.url, "it.db", "--fail-on", "warning")
    with running(*COMMAND, *arguments, cwd=tmp_path, env=env) as process:
        url = process.url()
        ask(url, b"POST /api/v2/me/chats/1", body=b'{"operationName":"Accept"}')
        ended = process.end()
    assert not url.endswith(":1")
    assert [row["settings"] for row in rows(tmp_path / "it.db", "SELECT settings FROM sessions")] == [
        '{"window_ms":7000}'
    ]
    findings = rows(tmp_path / "it.db", "SELECT severity FROM findings")
    assert [row["severity"] for row in findings] == ["warning"]
    assert ended.code == 1


TYPED = {
    "record": {"name", "keep_secrets", "print_command"},
    "check": {"name", "save", "as_json"},
    "audit": {"name", "output", "folder", "as_json"},
    "diff": {"everything", "as_json"},
    "replay": {"explain", "as_json"},
}
"""Options that are about one run of a command, or have to be typed."""

ELSEWHERE = {"select", "ignore", "policy_file"}
"""Options of those that judge: `[rules]` and `[policy]` hold for all commands."""


@pytest.mark.parametrize("name", TYPED)
def test_what_lasts_can_be_set(name: str) -> None:
    command = main.get_command(click.Context(main), name)
    assert command is not None
    options = {one.name for one in command.params if isinstance(one, click.Option)}
    section = Settings.model_fields[name].annotation
    assert section is not None and issubclass(section, BaseModel)
    own = set() if "policy_file" not in options else ELSEWHERE
    assert set(section.model_fields) - {"operations"} == options - TYPED[name] - own
