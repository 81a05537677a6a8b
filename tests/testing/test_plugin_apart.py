"""Every test has a stub of its own, of which nothing is left when it is over; who needs none does not wait for it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.live.processes import environment
from tests.testing.outcomes import outcomes
from tests.testing.projects import ALONE, TWO_WORKERS, Project

pytestmark = pytest.mark.once

SHIPPED = Path(__file__).parents[2] / "recordings" / "upload-file.db"

APART = """
import threading
from pathlib import Path

pytestmark = pytest.mark.gws_recording("desk.db")
CHANNEL = "/api/v2/notifications"

@pytest.fixture(autouse=True)
def fresh(gws_stub):
    assert not gws_stub.journal
    assert not gws_stub.calls
    assert not gws_stub.faults.armed

@pytest.mark.parametrize("number", range(50))
def test_desk(gws_stub, number):
    with httpx.Client(base_url=gws_stub.url, trust_env=False, verify=False) as http:
        me = "/api/v2/me?subresources=features,devices,channels"
        assert http.get(me, auth=(AGENT.user_name, AGENT.password)).status_code == 200
        start = {"operationName": "StartContactCenterSession", "channels": ["chat"]}
        assert http.post("/api/v2/me", json=start).json() == {"statusCode": 0}  # recorded once: each has its own
        hello = {"id": "1", "channel": "/meta/handshake", "supportedConnectionTypes": ["long-polling"]}
        client_id = http.post(CHANNEL, json=[hello]).json()[0]["clientId"]
        assert len(gws_stub.journal) == 3
    connect = {"id": "2", "channel": "/meta/connect", "connectionType": "long-polling", "clientId": client_id}
    # nobody waits for it: it is held when the test ends
    poll = threading.Thread(target=hold, args=(gws_stub.url + CHANNEL, connect), daemon=True)
    poll.start()
    gws_stub.faults.refuse("UploadFile", times=0)
    gws_stub.faults.cut_download(times=0)
    gws_stub.expect("StartContactCenterSession", times=1)
    if number == 7:
        gws_stub.allow_misses()
        httpx.get(gws_stub.url + "/nix", trust_env=False)
    with open(Path(__file__).with_name("urls"), "a") as urls:
        print(gws_stub.url, file=urls)

def hold(url, connect):
    try:
        httpx.post(url, json=[connect], timeout=60, trust_env=False, verify=False)
    except httpx.HTTPError:
        pass
"""
THREADS = """
import threading

def pytest_sessionfinish(session):
    session.config.add_cleanup(lambda: print("left:", sorted(one.name for one in threading.enumerate())))
"""


@pytest.mark.parametrize("options", [(), TWO_WORKERS], ids=["one process", "two workers"])
def test_fifty_tests_share_nothing_and_leave_nothing(tmp_path, options):
    project = Project(tmp_path)
    project.put(APART, recording=SHIPPED)
    (tmp_path / "conftest.py").write_text(THREADS)
    ended = project.run("-s", *options)
    assert ended.code == 0, ended.out + ended.err
    assert "50 passed" in ended.out
    urls = (tmp_path / "urls").read_text().split()
    assert len(urls) == 50
    assert len(set(urls)) > 40  # a port may be given again once it is free
    if not options:
        assert re.findall(r"left: (.*)", ended.out) and "gws-stubs" not in ended.out.partition("left: ")[2], ended.out


BARE = """
def test_nothing(): pass

def test_with_a_fixture(tmp_path): pass
"""
_ALWAYS = ("", ".leftovers", ".leftovers.run", ".leftovers.seen")
OURS = ["inspector", *(f"inspector.pytest_plugin{one}" for one in _ALWAYS)]
LOADED = """
import sys

def pytest_sessionfinish(session):
    known = ("inspector", "httpx", "pydantic", "rich", "sqlite3", "orjson", "asyncio", "mitmproxy", "sqlite_utils")
    loaded = lambda: sorted(one for one in sys.modules if one.split(".")[0] in known)
    session.config.add_cleanup(lambda: print("loaded:", *loaded()))
"""


def test_a_run_without_a_stub_imports_nothing_of_us_but_the_plugin(tmp_path):
    (tmp_path / "test_bare.py").write_text(BARE)
    (tmp_path / "conftest.py").write_text(LOADED)
    ended = Project(tmp_path).run("-s")
    assert ended.code == 0, ended.out + ended.err
    (loaded,) = re.findall(r"loaded: (.*)", ended.out)
    assert loaded.split() == OURS


def as_installed(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """pytest as it is called where the package is installed: the plugin is found by its entry point."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:xdist", *options]
    env = {name: value for name, value in environment().items() if name not in ALONE}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=60, check=False)


def test_it_is_there_where_it_is_installed_and_can_be_left_out(tmp_path):
    (tmp_path / "test_bare.py").write_text(BARE)
    shown = as_installed(tmp_path, "--markers", "--strict-markers")
    assert "@pytest.mark.gws_recording(name, *, strict" in shown.stdout
    assert "gws_stub" in as_installed(tmp_path, "--fixtures").stdout
    without = as_installed(tmp_path, "-p", "no:gws_inspector", "--fixtures")
    assert (without.returncode, "gws_stub" in without.stdout) == (0, False)
    ended = as_installed(tmp_path, "-p", "no:gws_inspector", "-rA")
    assert (ended.returncode, len(outcomes(ended.stdout))) == (0, 2), ended.stdout
