"""`gws-inspector replay` as it is run: what it prints, its control address, its fronts, its faults, how it ends."""

import json
import re

import httpx
import pytest

from inspector.demo.people import AGENT
from tests.live.commands import run
from tests.live.processes import COMMAND, Process, running
from tests.live.stories import Story
from tests.live.test_settings import assert_refused

CHAT = "/api/v2/me/chats/0001TaBTNRPW01GV"
ACCEPT = {"operationName": "Accept", "nickname": "Sofia"}
DANCE = {"operationName": "Dance"}
AUTH = httpx.BasicAuth(AGENT.user_name, AGENT.password)


def replay(story: Story, *options: object):
    return running(*COMMAND, "replay", story.path, "--listen", "127.0.0.1:0", *options)


def control(process: Process) -> httpx.Client:
    """Of its control address, with the token that it printed."""
    _, url, _, token = process.line("control ").split(" ")
    return httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, trust_env=False, verify=False)


def client(url: str, **options) -> httpx.Client:
    return httpx.Client(base_url=url, trust_env=False, verify=False, timeout=20, **options)


def test_it_prints_where_it_is_ready_and_then_where_it_is_controlled(story):
    with replay(story, "-q", "--token", "a-token") as process:
        process.line("control ")
        ended = process.end()
    assert re.fullmatch(r"ready http://127\.0\.0\.1:\d+\ncontrol http://127\.0\.0\.1:\d+ token a-token\n", ended.out), (
        ended.out
    )
    assert (ended.code, ended.err) == (0, "")


def test_other_stubs_are_asked_for_at_the_control_address(story):
    with replay(story) as process, control(process) as at:
        made = at.post("/__inspector__/stubs").json()
        with client(made["url"]) as http:
            assert http.post(CHAT, json=DANCE, auth=AUTH).status_code == 501
        assert at.get(f"/__inspector__/stubs/{made['id']}").json()["missed"] == 1
        assert at.get("/__inspector__/stubs/1").json()["missed"] == 0
        ended = process.end()
    assert ended.code == 0, "a miss of another stub is not its own"


def test_a_reset_begins_anew_and_the_end_tells_of_what_came_after_it(story):
    with replay(story) as process, control(process) as at, client(process.url()) as http:
        assert http.post(CHAT, json=DANCE, auth=AUTH).status_code == 501
        assert at.post("/__inspector__/stubs/1/reset").json()["missed"] == 1
        assert http.post(CHAT, json=ACCEPT, auth=AUTH).status_code == 200
        ended = process.end()
    assert ended.code == 0
    assert "1 requests, 1 answered, 0 missed" in ended.err


def test_a_miss_is_explained_at_once_and_a_second_one_only_counted(story):
    with replay(story) as process, client(process.url()) as http:
        http.post(CHAT, json=DANCE, auth=AUTH)
        process.line("✗ Dance", "err")
        http.post(CHAT, json=DANCE, auth=AUTH)
        ended = process.end()
    assert ended.code == 1
    assert ended.err.count("✗ Dance") == 1
    assert re.search(r"Dance .*: 2 times", ended.err)


def test_faults_of_a_file_are_armed(story, tmp_path):
    faults = tmp_path / "faults.toml"
    faults.write_text('[[faults]]\nfault = "refuse"\noperation = "Accept"\nstatus_code = 3\n')
    with replay(story, "--faults", faults) as process, client(process.url()) as http:
        codes = [http.post(CHAT, json=ACCEPT, auth=AUTH).json()["statusCode"] for _ in range(2)]
        ended = process.end()
    assert codes == [3, 0]
    assert "1 met a fault" in ended.err


@pytest.fixture
def proxied(story):
    """A forward proxy that replays, with a client that goes through it, and its control address."""
    with (
        replay(story, "--front", "proxy") as process,
        control(process) as at,
        httpx.Client(proxy=process.url(), trust_env=False, timeout=20, verify=False) as http,
    ):
        yield process, at, http


@pytest.mark.parametrize("host", ["http://gws.example.com:8090", "https://anybody.example"])
def test_as_a_forward_proxy_it_is_any_host(proxied, host):
    _, _, http = proxied
    assert http.post(f"{host}{CHAT}", json=ACCEPT, auth=AUTH).json()["statusCode"] == 0


def test_as_a_forward_proxy_it_leads_nobody_to_its_control_address(proxied):
    process, at, http = proxied
    where = f"{at.base_url}/__inspector__/stubs".replace("//__", "/__")
    assert at.get("/__inspector__/stubs").status_code == 200
    answer = http.get(where, headers=at.headers)
    assert answer.status_code == 501 and "never recorded" in answer.json()["statusMessage"]
    assert http.request("DELETE", f"{where}/1", headers=at.headers).status_code == 501
    assert process.end().code == 1


def test_as_a_forward_proxy_it_can_be_reset(proxied):
    process, at, http = proxied
    url = f"http://gws.example.com{CHAT}"
    assert http.post(url, json=ACCEPT, auth=AUTH).status_code == 200
    assert at.post("/__inspector__/stubs/1/reset").json()["answered"] == 1
    assert http.post(url, json=ACCEPT, auth=AUTH).status_code == 200
    assert process.end().code == 0


def test_the_report_is_of_the_whole_run(story, tmp_path):
    report = tmp_path / "run.json"
    with replay(story, "--report", report) as process, client(process.url()) as http:
        http.post(CHAT, json=ACCEPT, auth=AUTH)
        http.post(CHAT, json=DANCE, auth=AUTH)
        assert process.end().code == 1
    told = json.loads(report.read_text())
    assert (told["asked"], told["missed"], told["misses"][0]["request"]["operation"]) == (2, 1, "Dance")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--record-missing",), "--spy"),
        (("--spy", "gws.example.com"), "is no server"),
        (("--spy", "http://127.0.0.1:8123", "--listen", "127.0.0.1:8123"), "where this stub listens"),
        (("--token", "two words"), "token"),
        (("--faults", "none.toml"), "cannot read none.toml"),
        (("--front", "proxy", "--tls-cert", "c.pem", "--tls-key", "k.pem"), "certificates itself"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else "",
)
def test_what_makes_no_sense_is_refused_before_anything_begins(story, options, words):
    assert_refused(run("replay", story.path, "--listen", "127.0.0.1:0", *options), words)
