"""No byte leaves the machine: not for a miss, not for what is used up, not for hosts that nobody has heard of."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from inspector.demo.people import AGENT
from inspector.demo.world import PUBLIC_ORIGIN
from tests.replay.alone import elsewhere
from tests.replay.fronts import CHANNEL

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[2]
AUTH = httpx.BasicAuth(AGENT.user_name, AGENT.password)
ME = "/api/v2/me?subresources=features,devices,channels"
START = {"operationName": "StartContactCenterSession", "channels": ["chat"]}
PATIENCE_S = 120

PLAYED = (
    "tests/replay/test_no_byte_leaves.py::test_nobody_is_asked_for_what_is_not_recorded",
    "tests/replay/test_fronts.py::test_the_whole_story_is_what_it_was",
    "tests/replay/test_fronts.py::test_hosts_that_nobody_recorded_change_nothing",
    "tests/replay/test_reads.py::test_who_follows_every_address_stays_on_the_stub",
    "tests/replay/test_replay_addon.py::test_a_forward_proxy_asks_nobody_for_any_host",
    "tests/replay/test_replay_addon.py::test_what_is_no_http_reaches_no_server",
    "tests/replay/test_replay_addon.py::test_a_tunnel_of_unknown_bytes_reaches_no_server",
)
"""What is played where there is no network: all fronts, and what a proxy could be talked into."""


async def test_nobody_is_asked_for_what_is_not_recorded(play, tale):
    hosts = (tale.upstream.partition("//")[2], PUBLIC_ORIGIN.partition("//")[2], "unknown.test", "127.0.0.1:1", "::")
    async with play(tale.path) as front, front.client(auth=AUTH) as client:
        await client.get(ME)
        for host in hosts:
            named = {"Host": host}
            assert (await client.get(ME, headers=named)).status_code == 200
            missed = [
                await client.get("/api/v2/nowhere", headers=named),
                await client.get("/elsewhere", headers=named),
                await client.head("/api/v2/me/calls", headers=named),
                await client.delete("/api/v2/me", headers=named),
                await client.put("/api/v2/me", headers=named, json=START),
            ]
            assert {answer.status_code for answer in missed} == {501}
            assert (await client.post(CHANNEL, headers=named, content=b"no Bayeux")).status_code == 400
            assert tale.watch.connections() == 0
        used_up = [(await client.post("/api/v2/me", json=START)).status_code for _ in range(4)]
        assert tale.watch.connections() == 0
    assert sorted(set(used_up)) == [200, 501]


def a_network_of_its_own() -> tuple[list[str], str]:
    """What to put before a command, so that its process is alone; and why that cannot be done, if it cannot."""
    unshare = shutil.which("unshare")
    if unshare is None:
        return [], "there is no `unshare` here"
    command = [unshare, "--net", "--map-root-user"]
    tried = subprocess.run([*command, "true"], capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    return ([], tried.stderr.strip()) if tried.returncode else (command, "")


def test_all_of_it_works_without_a_network_and_no_name_is_looked_up(tmp_path):
    """In a network namespace of its own; where that is not allowed, it is still watched where the process goes."""
    before, why_not = a_network_of_its_own()
    report = tmp_path / "report.json"
    options = ("-n0", "-q", "-p", "no:cacheprovider", "--strict-markers", f"--basetemp={tmp_path / 'alone'}")
    command = [*before, sys.executable, "-m", "tests.replay.alone", str(report), *options, *PLAYED]
    own = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    ended = subprocess.run(command, cwd=ROOT, env=own, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert report.exists(), ended.stdout + ended.stderr
    told = json.loads(report.read_text("utf-8"))
    assert told["code"] == 0, ended.stdout
    assert "127.0.0.1" in told["addresses"], "nobody has watched"
    assert (elsewhere(told["addresses"]), elsewhere(told["names"])) == ([], [])
    if why_not:
        pytest.skip(f"watched, but not cut off: {why_not}")
    assert told["interfaces"] == ["lo"]
