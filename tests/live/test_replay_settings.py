"""What `replay` takes: from the settings file, chosen after recording, from the environment, as flags; and what not."""

import base64
import shlex
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest

from inspector.demo.people import AGENT
from tests.live.clients import Reply, ask
from tests.live.commands import run
from tests.live.processes import COMMAND, Process, running
from tests.live.stories import Story
from tests.live.test_settings import assert_refused
from tests.replay.fronts import Made, make

pytestmark = pytest.mark.once

CHAT = b"POST /api/v2/me/chats/0001TaBTNRPW01GV"
ACCEPT = {"operationName": "Accept", "nickname": "Sofia"}
LOGIN = b"Authorization: Basic " + base64.b64encode(f"{AGENT.user_name}:{AGENT.password}".encode())
PAGE = b"https://desk.example.com"
OK = b'{"statusCode":0}'


@contextmanager
def replaying(folder: Path, path: Path, settings: str = "", *options: object, **env: str) -> Iterator[Process]:
    """The command in a folder with these settings."""
    (folder / "gws-inspector.toml").write_text("[replay]\nlisten = '127.0.0.1:0'\n" + settings, "utf-8")
    named = {f"GWS_INSPECTOR_REPLAY_{name}": value for name, value in env.items()}
    with running(*COMMAND, "replay", path, *options, cwd=folder, env=named) as process:
        process.url()
        yield process


def fields(reply: Reply) -> dict[bytes, bytes]:
    return {name.lower(): value for name, value in reply.fields()}


def post(process: Process, body: Any) -> Reply:
    return ask(process.url(), CHAT, LOGIN, b"Content-Type: application/json", body=orjson.dumps(body))


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording of two operations; one redirects, to a host that is no server of the API."""
    there = [("Location", "http://elsewhere.example/page"), ("Access-Control-Allow-Origin", "https://recorded.example")]
    asked = [Made("/api/v2/go", 302, b"", there, method="POST"), Made("/api/v2/rest", 200, OK, method="POST")]
    return make(tmp_path_factory.mktemp("small") / "small.db", *asked)


@pytest.fixture
def taken() -> Iterator[str]:
    """An address where nobody can listen: whatever is not refused before that ends there."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


# what does not count


NICKNAME = {"nickname": "Somebody else"}


@pytest.mark.parametrize(
    ("settings", "options"),
    [
        ("ignore = ['/nickname']", ()),
        ("ignore = ['/*/clientTime', '/nickname']", ()),
        ("[replay.operations.Accept]\nignore = ['/nickname']", ()),
        ("", ("--ignore", "/none", "--ignore", "/nickname")),
        ("ignore = ['/none']", ("--ignore", "/nickname")),
        ("[replay.operations.Accept]\nignore = ['/nickname']", ("--ignore", "/none")),
    ],
    ids=["file", "several", "operation", "flags", "a flag beats the file", "operations have no flag"],
)
def test_what_is_ignored_does_not_count(story: Story, tmp_path, settings, options):
    with replaying(tmp_path, story.path, settings, *options) as process:
        assert post(process, ACCEPT | NICKNAME).status == 200


@pytest.mark.parametrize(
    ("settings", "options"),
    [
        ("", ()),
        ("ignore = ['/name']", ()),
        ("[replay.operations.UploadFile]\nignore = ['/nickname']", ()),
        ("ignore = ['/nickname']", ("--ignore", "/none")),
    ],
    ids=["nothing", "another place", "another operation", "a flag beats the file"],
)
def test_what_is_not_ignored_counts(story: Story, tmp_path, settings, options):
    with replaying(tmp_path, story.path, settings, *options) as process:
        assert post(process, ACCEPT | NICKNAME).status == 501


def test_the_advice_of_a_miss_can_be_put_into_the_settings_as_it_is(story: Story, tmp_path):
    asked = orjson.dumps(ACCEPT | NICKNAME).decode()
    missed = run("replay", story.path, "--explain", "POST", CHAT.split()[1].decode(), asked, "--json")
    [advice] = [text for text in orjson.loads(missed.out)["advice"] if "[replay]" in text]
    _, line, _, flags, _ = advice.split("`")
    for settings, options in ((line, ()), ("", shlex.split(flags))):
        with replaying(tmp_path, story.path, settings, *options) as process:
            assert post(process, ACCEPT | NICKNAME).status == 200


# options


def test_every_option_has_a_setting(small, tmp_path):
    settings = (
        "reuse = true\nstrict = true\norigins = ['http://elsewhere.example']\ncors = ['https://desk.example.com']\n"
    )
    settings += "report = 'run.json'\npace = 1\npoll_timeout = 0.5\nkeep_origins = false\n"
    with replaying(tmp_path, small, settings) as process:
        answers = [ask(process.url(), b"POST /api/v2/go", b"Origin: " + PAGE) for _ in range(2)]
        ended = process.end()
    told = fields(answers[1])
    assert [answer.status for answer in answers] == [302, 302], "reuse"
    assert told[b"location"] == f"{process.url()}/page".encode(), "origins"
    assert told[b"access-control-allow-origin"] == PAGE, "cors"
    assert ended.code == 1, "strict"
    assert orjson.loads((tmp_path / "run.json").read_bytes())["failed"], "report"


def test_a_flag_beats_the_environment_which_beats_the_file(small, tmp_path):
    settings = "strict = true\nreport = 'file.json'\nkeep_origins = true\norigins = ['http://elsewhere.example']\n"
    env = {"REPORT": "environment.json", "REUSE": "true", "KEEP_ORIGINS": "false", "ORIGINS": '["http://x.example"]'}
    with replaying(tmp_path, small, settings, "--report", "flag.json", **env) as process:
        answers = [ask(process.url(), b"POST /api/v2/go") for _ in range(2)]
        ended = process.end()
    assert [fields(answer)[b"location"] for answer in answers] == [b"http://elsewhere.example/page"] * 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["flag.json", "gws-inspector.toml"]
    assert ended.code == 1


def test_a_page_of_an_allowed_origin_is_let_in_and_another_is_told_of(small, tmp_path):
    with replaying(tmp_path, small, "", "--cors", PAGE.decode(), "--cors", "http://localhost:3000") as process:
        asked = b"OPTIONS /api/v2/go", b"Access-Control-Request-Method: POST"
        answers = [ask(process.url(), *asked, b"Origin: " + origin) for origin in (PAGE, b"https://other.example")]
        missed = ask(process.url(), b"GET /api/v2/none", b"Origin: " + PAGE)
        ended = process.end()
    allowed = [fields(answer).get(b"access-control-allow-origin") for answer in (*answers, missed)]
    assert (allowed, [answer.status for answer in answers]) == ([PAGE, None, PAGE], [204, 204])
    assert ended.err.count("--cors https://other.example") == 1


# mistakes


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ("ignore = ['metrics']", ["replay.ignore.0 is wrong: 'metrics' is no JSON pointer"]),
        ("ignore = ['/a~b']", ["replay.ignore.0", "~0"]),
        ("ignore = '/metrics'", ["replay.ignore", "list"]),
        ("[replay.operations.UploadFile]\nignore = ['', 'x']", ["replay.operations.UploadFile.ignore.1", "slash"]),
        ("[replay.operations.UploadFile]\nignor = []", ["replay.operations.UploadFile.ignor"]),
        ("[replay.operations]\nUploadFile = 5", ["replay.operations.UploadFile"]),
        ("pase = 1", ["replay.pase"]),
        ("pace = 'fast'", ["replay.pace", "fast"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_setting_that_cannot_be_meant(settings, words, tmp_path, monkeypatch):
    (tmp_path / "gws-inspector.toml").write_text(f"[replay]\n{settings}\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    assert_refused(run("replay", "none.db"), "gws-inspector.toml", *words)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("REPLAY_PACE", "fast", ["GWS_INSPECTOR_REPLAY_PACE", "fast"]),
        ("REPLAY_ORIGINS", "http://x.example", ["GWS_INSPECTOR_REPLAY_ORIGINS", "list"]),
        ("REDACTION_HEADERS", "X-Token", ["GWS_INSPECTOR_", "list", "redaction"]),
    ],
)
def test_a_variable_that_cannot_be_meant(name, value, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(f"GWS_INSPECTOR_{name}", value)
    ended = run("replay", "none.db")
    assert_refused(ended, *words)
    assert "gws-inspector.toml" not in ended.err, "there is no such file"


@pytest.mark.parametrize(
    "options",
    [
        ("--ignore", "metrics"), ("--ignore", "/a~"), ("--cors", "https://a/"), ("--cors", "a"), ("--pace", "-1"),
        ("--pace", "nan"), ("--pace", "inf"), ("--poll-timeout", "nan"), ("--poll-timeout", "1e300"),
        ("--origin", "a:80"), ("--origin", "https://"), ("--tls-cert", "a.pem"), ("--json",), ("GET",),
        ("GET", "/api/v2/me"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_an_option_that_cannot_be_meant(options, small, taken):
    ended = run("replay", small, "--listen", taken, *options)
    assert_refused(ended)
    assert "cannot listen" not in ended.err


def test_the_control_address_and_a_bad_day_can_be_set(small: Path, tmp_path: Path) -> None:
    bad_day = "[[faults]]\nfault = 'refuse'\noperation = 'Accept'\nstatus_code = 3\n"
    (tmp_path / "faults.toml").write_text(bad_day, "utf-8")
    with replaying(tmp_path, small, "faults = 'faults.toml'\ntoken = 'of the file'\n", TOKEN="mine") as process:
        assert process.line("control ").endswith(" token mine")
        assert orjson.loads(post(process, ACCEPT).body)["statusCode"] == 3
