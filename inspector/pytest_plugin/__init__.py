"""The pytest plugin `gws_inspector`: a stub for each test, which fails if its client asked for what was not recorded.

    @pytest.mark.gws_recording("upload-file.db", strict=True)
    def test_sends_the_contract(gws_stub):
        send_contract(gws_stub.url)
        assert gws_stub.calls[-1].accepted

It is loaded with every run of pytest where it is installed, also where nobody needs it: so nothing is imported here but
pytest, and everything else in the functions.
"""

import sys
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from inspector.testing.stub import GwsStub

MARKER = (
    "gws_recording(name, *, strict, record, session, agent, pace, reuse, poll_timeout, ignore, origins, keep_origins, "
    "cors): what the fixture gws_stub plays; without a name recordings/MODULE/TEST.db beside the test"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--gws-…` and `gws_…` in the ini file; the command line wins, then the marker, then the ini file."""
    group = parser.getgroup("gws-inspector", "Web Services stubs (fixture gws_stub)")
    group.addoption("--gws-strict", action="store_true", default=None, help="Fail if an operation was never used.")
    group.addoption("--gws-recordings", metavar="DIR", help="Where recordings are that no test has beside it.")
    group.addoption("--gws-pace", type=float, metavar="N", help="0: notifications at once; 1: after the recorded lag.")
    parser.addini("gws_strict", "fail if an operation was never used", type="bool", default=False)
    parser.addini("gws_recordings", "where recordings are that no test has beside it", default="recordings")
    parser.addini("gws_pace", "0: notifications at once; 1: after the recorded lag", default="0")
    parser.addini("gws_ignore", "JSON pointers to what does not count in bodies", type="linelist", default=[])
    parser.addini("gws_origins", "more addresses of the recorded server", type="linelist", default=[])


def pytest_configure(config: pytest.Config) -> None:
    """Makes the marker known."""
    config.addinivalue_line("markers", MARKER)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Ends the thread that served the stubs, if there was one."""
    if "inspector.testing.home" in sys.modules:  # else nobody has had a stub
        from inspector.testing.home import home

        home().close()


@pytest.fixture
def gws_stub(request: pytest.FixtureRequest) -> "Iterator[GwsStub]":
    """A stub of the test's recording, its own: `url` for any client, `transport` and `async_transport` for httpx."""
    from inspector.pytest_plugin.staging import staged

    with staged(request) as stub:
        yield stub


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Fails the test where its stub has reasons to; where it has failed by itself, they are told beside."""
    if "gws_stub" not in getattr(item, "fixturenames", ()):
        return (yield)
    from inspector.pytest_plugin.verdict import judged

    with judged(item):
        return (yield)
