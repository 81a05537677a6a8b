"""One server and one recorder in front of it for all tests of a worker: each test has a path of its own on them."""

import re
import socket
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.authority import Authority
from tests.live.recorders import Recorder, in_front_of, mitmdump, recording
from tests.live.servers import Upstream
from tests.live.stories import Story, told


@pytest.fixture(scope="session")
def upstream() -> Iterator[Upstream]:
    """A server that a test tells what to answer."""
    with Upstream() as server:
        yield server


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Who signs the certificates of servers with TLS."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def nobody() -> Iterator[str]:
    """A server's address where connections are refused."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # bound but not listening: refused, and nobody else can take it
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"


@pytest.fixture(scope="session")
def recorder(upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorder]:
    """A recorder in front of the server."""
    path = tmp_path_factory.mktemp("recorder") / "shared.db"
    with recording(upstream.url, path) as started:
        yield started
        ended = started.process.end()
    assert (ended.code, "Traceback" in ended.err) == (0, False), ended.err


@pytest.fixture(scope="session")
def plain(upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """mitmproxy as everybody has it in front of the server: without any addon of ours."""
    with mitmdump(tmp_path_factory.mktemp("plain"), *in_front_of(upstream.url)) as process:
        yield process.url()


@pytest.fixture
def place(request: pytest.FixtureRequest) -> str:
    """A path that no other test uses."""
    return "/{}-{:x}".format(re.sub(r"\W+", "-", request.node.name)[:60], zlib.crc32(request.node.nodeid.encode()))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where a test's own recording may be made."""
    return tmp_path / "recording.db"


@pytest.fixture(scope="session")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """The demo's story, recorded."""
    return told(tmp_path_factory.mktemp("story") / "story.db")
