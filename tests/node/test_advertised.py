"""`record --advertise` in front of a server that names itself by a host that does not exist: a desktop's page works
through it in Chromium, and follows the addresses that it is told.
"""

import json
import random
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from inspector.demo.serving import serving
from inspector.recording.reader import reading
from tests.node.desk_site import PUBLIC, DeskSite
from tests.node.programs import Json, program

pytestmark = [pytest.mark.node, pytest.mark.xdist_group("chromium")]

SEED = 20_26
CONTENT = list(random.Random(SEED).randbytes(20_000))


@asynccontextmanager
async def recorded(site: DeskSite, file: Path, *options: str) -> AsyncIterator[tuple[str, str]]:
    """The recorder's origin, and the server's own."""
    main = "from inspector.cli import main; main()"
    async with serving(site) as upstream:
        command = (sys.executable, "-c", main, "record", upstream, str(file), "--listen", "127.0.0.1:0", "--quiet")
        async with program(*command, *options, folder=file.parent) as process:
            assert process.stdout
            ready, origin = (await process.stdout.readline()).decode().split()
            assert ready == "ready"
            yield origin, upstream
            process.send_signal(signal.SIGINT)
            assert await process.wait() == 0, "the recorder did not end well: see stderr"


async def visited(node: str, chromium: str, url: str) -> Json:
    async with program(node, "advertised.js", chromium, url, json.dumps(CONTENT)) as process:
        out, _ = await process.communicate()
        assert process.returncode == 0, "the page gave up: see stderr"
        seen: Json = json.loads(out)
        return seen


def origins(seen: Json) -> set[str]:
    """Of all that the browser asked for: of addresses in the network."""
    parts = (urlsplit(address) for address in seen["asked"])
    return {f"{one.scheme}://{one.netloc}" for one in parts if one.scheme not in ("data", "blob")}


@pytest.mark.parametrize("strict", [False, True], ids=["lenient", "strict"])
async def test_a_page_behind_the_recorder_asks_nobody_else(
    node: str, chromium: str, tmp_path: Path, strict: bool
) -> None:
    file = tmp_path / "it.db"
    async with recorded(DeskSite(strict=strict), file, "--advertise") as (origin, upstream):
        seen = await visited(node, chromium, f"{origin}/login")
    assert (seen.get("error"), seen["complaints"]) == (None, [])
    assert [one["content"] == CONTENT for one in seen["followed"]] == [True, True]
    assert [one["address"].partition("/api/")[0] for one in seen["followed"]] == [origin, origin]
    assert origins(seen) == {origin}
    with reading(file) as recording:
        exchanges = [event.exchange for event in recording.events(recording.session())]
        whole = repr([(one.request, one.response and one.response.headers) for one in exchanges])
        told = b"".join(one.response.body.readable() for one in exchanges if one.response)
    assert origin not in whole and origin.encode() not in told
    assert PUBLIC.encode() in told
    asked = {one.request.headers.get("origin") for one in exchanges if one.request.method == "POST"}
    assert asked == {upstream}


async def test_without_it_the_page_is_led_to_the_host_that_does_not_exist(
    node: str, chromium: str, tmp_path: Path
) -> None:
    async with recorded(DeskSite(), tmp_path / "it.db") as (origin, _):
        seen = await visited(node, chromium, f"{origin}/desk/")
    assert "Failed to fetch" in seen["error"]
    assert seen["followed"] == []
    assert origins(seen) == {origin, PUBLIC}


async def test_a_page_of_another_site_keeps_its_session(node: str, chromium: str, tmp_path: Path) -> None:
    """Its cookie has to be Secure, SameSite=None and Partitioned, over plain http on the browser's own machine, too."""
    site = DeskSite(strict=True)
    async with recorded(site, tmp_path / "it.db", "--advertise") as (origin, _), serving(DeskSite()) as pages:
        site.guest = pages.replace("127.0.0.1", "localhost")
        seen = await visited(node, chromium, f"{site.guest}/desk/?{urlencode({'api': origin})}")
    assert (seen.get("error"), seen["complaints"]) == (None, [])
    assert [one["content"] == CONTENT for one in seen["followed"]] == [True, True]
    assert origins(seen) == {origin, site.guest}
    [cookie] = seen["cookies"]
    assert (cookie["domain"], cookie["secure"], cookie["sameSite"]) == ("127.0.0.1", True, "None")
