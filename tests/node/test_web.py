"""`record --web`: what a person sees of the API on mitmweb's page, in Chromium."""

import asyncio
import json
import urllib.error
import urllib.request
from pathlib import Path

import mitmproxy.version
import pytest

from tests.live.clients import ask
from tests.live.processes import Process, command
from tests.live.recorders import recording
from tests.live.servers import Upstream, response, says
from tests.node.programs import Json, program

UNSAFE = mitmproxy.version.VERSION.startswith("11.")
PATH = "/api/v2/notifications"
JSON = b"Content-Type: application/json"
TEXT = "a line <img src=x onerror=alert(1)> for people"
EVENT = {
    "channel": "/v2/me/chats",
    "data": {
        "messageType": "MessageLogUpdated",
        "chatPath": "/chats/0001W",
        "messages": [{"index": 3, "type": "Text", "text": TEXT, "from": {"nickname": "Kim"}}],
    },
}


async def page(node: str, chromium: str, url: str) -> Json:
    async with program(node, "web.js", chromium, url, PATH) as process:
        out, _ = await process.communicate()
        assert process.returncode == 0
        seen: Json = json.loads(out)
        return seen


def address(process: Process) -> str:
    return process.line("web ").removeprefix("web ")


@pytest.mark.node
@pytest.mark.xdist_group("chromium")
@pytest.mark.skipif(UNSAFE, reason="there it is refused")
def test_the_page_shows_the_channel_as_messages(node: str, chromium: str, tmp_path: Path) -> None:
    with Upstream() as upstream, recording(upstream.url, tmp_path / "it.db", "--web") as recorder:
        upstream.answers[PATH] = says(response(json.dumps([EVENT]).encode(), JSON))
        ask(recorder.url, b"POST " + PATH.encode(), JSON, body=b'[{"channel":"/meta/connect","clientId":"c"}]')
        seen = asyncio.run(page(node, chromium, address(recorder.process)))
        ended = recorder.process.end()
    assert (ended.code, "Traceback" in ended.err) == (0, False), ended.err
    [flow] = seen["flows"]
    assert PATH in flow
    assert seen["view"] == "Web Services"
    first, second = seen["text"].split("\n")[1:3]
    assert ("← /v2/me/chats" in first, "chat 0001W" in first) == (True, True)
    assert second.split() == ["3", "Kim", "Text", *TEXT.split()]
    assert seen["complaints"] == []


@pytest.mark.skipif(UNSAFE, reason="there it is refused")
def test_who_has_no_token_is_not_let_in(tmp_path: Path) -> None:
    with Upstream() as upstream, recording(upstream.url, tmp_path / "it.db", "--web") as recorder:
        url = address(recorder.process)
        page, _, token = url.partition("?token=")
        assert page.startswith("http://127.0.0.1:") and len(token) >= 32
        for start in (page, recorder.url + "/"):  # its own, and through the proxy
            for path in ("flows", "commands", "?token=wrong"):
                with pytest.raises(urllib.error.HTTPError) as refused, urllib.request.urlopen(start + path):
                    pass
                refused.value.close()
                assert refused.value.code in (403, 404)
        with urllib.request.urlopen(f"{page}commands?token={token}") as answer:
            commands = json.load(answer)
        assert {"inspector.findings", "inspector.transfer", "inspector.export"} <= set(commands)
        ended = recorder.process.end()
    assert (ended.code, "Traceback" in ended.err) == (0, False), ended.err


@pytest.mark.skipif(not UNSAFE, reason="this mitmproxy's page is safe")
@pytest.mark.parametrize("more", [(), ("--print-command",)], ids=["run", "printed"])
def test_below_11_1_2_it_is_refused_with_the_reason(tmp_path: Path, more: tuple[str, ...]) -> None:
    file = tmp_path / "it.db"
    ended = command("record", "http://127.0.0.1:1", file, "--listen", "127.0.0.1:0", "--web", *more)
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert "CVE-2025-23217" in ended.err and "11.1.2" in ended.err
    assert not file.exists()
