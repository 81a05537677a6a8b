"""`--keep-secrets` has to be typed out, whole, on the command line; and whoever opens the recording is told of it."""

import json
from pathlib import Path

import pytest

from inspector.proxy.host import script
from tests.live.clients import ask
from tests.live.commands import run
from tests.live.processes import ended
from tests.live.recorders import READY, in_front_of, mitmdump, recording
from tests.live.servers import Upstream, response, says

SECRET = b"to-Be-Kept-1"
WARNING = "warning: nothing is redacted"


@pytest.fixture
def asked(upstream: Upstream, place: str) -> tuple[bytes, bytes, bytes]:
    upstream.answers[place] = says(response(b'{"accessToken":"%s"}' % SECRET, b"Content-Type: application/json"))
    return b"GET " + place.encode(), b"Cookie: JSESSIONID=" + SECRET, b"Authorization: Bearer " + SECRET


@pytest.mark.once
def test_everything_is_kept_as_it_was_sent_and_everybody_is_told(
    upstream: Upstream, asked: tuple[bytes, bytes, bytes], place: str, tmp_path: Path
) -> None:
    path = tmp_path / "recording.db"
    with recording(upstream.url, path, "--keep-secrets", "-q") as recorder:
        assert recorder.process.err.startswith(WARNING), "before anything is recorded, however quiet"
        ask(recorder.url, *asked)
        kept = recorder.only(place)
        assert recorder.process.end().code == 0
    assert kept.response and kept.response.body.json() == {"accessToken": SECRET.decode()}
    assert kept.request.headers.get("authorization") == f"Bearer {SECRET.decode()}"
    with recording(upstream.url, path) as recorder:
        ask(recorder.url, *asked)
        assert WARNING not in recorder.process.end().err
    assert [one["secrets_kept"] for one in json.loads(run("ls", path, "--json").out)["sessions"]] == [True, False]
    checked = run("check", path, "--fail-on", "never")
    assert "session 1 (complete, secrets kept, " in checked.out and "session 2 (complete, 0" in checked.out
    assert checked.err == "session 1 is not redacted: it was recorded with --keep-secrets\n"
    assert run("check", path, "--fail-on", "never", "--format", "json").err == checked.err


@pytest.mark.once
def test_a_replay_of_kept_secrets_works_for_other_ones(
    upstream: Upstream, asked: tuple[bytes, bytes, bytes], tmp_path: Path
) -> None:
    path = tmp_path / "recording.db"
    with recording(upstream.url, path, "--keep-secrets") as recorder:
        ask(recorder.url, asked[0] + b"?token=" + SECRET, *asked[1:])
        recorder.process.end()
    target = asked[0].decode().split(" ")[1]
    assert run("replay", path, "--explain", "GET", f"{target}?token=an-other").code == 0


@pytest.mark.once
@pytest.mark.parametrize("option", ["--keep-secret", "--keep", "-k", "--keep-secrets=1"])
def test_it_has_no_short_form(option: str, tmp_path: Path) -> None:
    told = run("record", "http://127.0.0.1:1", tmp_path / "recording.db", option)
    assert told.code == 2
    assert not (tmp_path / "recording.db").exists()


@pytest.mark.once
def test_it_is_no_setting(upstream: Upstream, asked: tuple[bytes, bytes, bytes], tmp_path: Path) -> None:
    settings = tmp_path / "gws-inspector.toml"
    settings.write_text("[record]\nkeep_secrets = true\n")
    told = run("--config", settings, "record", upstream.url, tmp_path / "recording.db", "--print-command")
    assert (told.code, told.out) == (2, "")
    assert "no setting that we know" in told.err
    path = tmp_path / "by-environment.db"
    environment = dict.fromkeys(("GWS_INSPECTOR_RECORD_KEEP_SECRETS", "GWS_INSPECTOR_KEEP_SECRETS"), "true")
    with recording(upstream.url, path, env=environment) as recorder:
        ask(recorder.url, *asked)
        assert WARNING not in recorder.process.end().err
    assert SECRET not in path.read_bytes()


@pytest.mark.once
def test_the_plain_command_says_so_too(tmp_path: Path) -> None:
    line = run("record", "http://127.0.0.1:1", tmp_path / "recording.db", "--print-command").out
    assert "keep_secrets" not in line
    line = run("record", "http://127.0.0.1:1", tmp_path / "recording.db", "--print-command", "--keep-secrets").out
    assert "--set inspector_keep_secrets=true" in line


def test_in_mitmdump_it_is_typed_too(upstream: Upstream, asked: tuple[bytes, bytes, bytes], tmp_path: Path) -> None:
    path = tmp_path / "recording.db"
    options = ("-s", script("record"), f"--set=inspector_recording={path}", *in_front_of(upstream.url))
    with mitmdump(tmp_path / "confdir", *options, "--set", "inspector_keep_secrets=true") as process:
        ask(process.url(), *asked)
        assert WARNING in process.end().err
    assert SECRET in path.read_bytes()


def test_a_configuration_file_of_mitmproxy_is_refused(upstream: Upstream, tmp_path: Path) -> None:
    confdir, path = tmp_path / "confdir", tmp_path / "recording.db"
    confdir.mkdir()
    (confdir / "config.yaml").write_text("inspector_keep_secrets: true\n")
    options = ("--set", f"confdir={confdir}", "-s", READY, "-s", script("record"))
    told = ended(
        *("-c", "from mitmproxy.tools.main import mitmdump; mitmdump()", *options),
        *(f"--set=inspector_recording={path}", *in_front_of(upstream.url)[1:]),
    )
    assert told.code != 0
    assert "only kept where the command line itself says so" in told.out + told.err
    assert not path.exists()
