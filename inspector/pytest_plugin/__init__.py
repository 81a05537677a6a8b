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

from inspector.pytest_plugin.leftovers.run import Run

if TYPE_CHECKING:
    from inspector.testing.stub import GwsStub

MARKER = (
    "gws_recording(name, *, strict, record, session, agent, pace, reuse, poll_timeout, ignore, origins, keep_origins, "
    "cors): what the fixture gws_stub plays; without a name recordings/MODULE/TEST.db beside the test"
)


MODES = ("none", "once", "new_episodes", "all", "rewrite")
"""Of `--gws-record`. Only in the first a test never reaches a server, whatever there is."""


KEEPING, VERDICT = "inspector.pytest_plugin.recording.keeping", "inspector.pytest_plugin.verdict"
"""Are imported once somebody has a stub."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--gws-…` and `gws_…` in the ini file; the command line wins, then the marker, then the ini file."""
    group = parser.getgroup("gws-inspector", "Web Services stubs (fixture gws_stub)")
    group.addoption("--gws-strict", action="store_true", default=None, help="Fail if an operation was never used.")
    group.addoption("--gws-record", metavar="MODE", help="none, once, new_episodes, all, rewrite: what is recorded.")
    group.addoption("--gws-upstream", metavar="URL", help="The server that is recorded: http://HOST:PORT.")
    group.addoption("--gws-recordings", metavar="DIR", help="Where recordings are that no test has beside it.")
    group.addoption("--gws-prune", action="store_true", help="Drop what no test has asked for from the recordings.")
    group.addoption("--gws-pace", type=float, metavar="N", help="0: notifications at once; 1: after the recorded lag.")
    parser.addini("gws_strict", "fail if an operation was never used", type="bool", default=False)
    parser.addini("gws_record", "what is recorded: none, once, new_episodes, all, rewrite", default="none")
    parser.addini("gws_upstream", "the server that is recorded: http://HOST:PORT", default="")
    parser.addini("gws_recordings", "where recordings are that no test has beside it", default="recordings")
    parser.addini("gws_pace", "0: notifications at once; 1: after the recorded lag", default="0")
    parser.addini("gws_ignore", "JSON pointers to what does not count in bodies", type="linelist", default=[])
    parser.addini("gws_origins", "more addresses of the recorded server", type="linelist", default=[])


def pytest_configure(config: pytest.Config) -> None:
    """Makes the marker known. Raises pytest.UsageError for a record mode that there is not."""
    config.addinivalue_line("markers", MARKER)
    mode = config.getoption("gws_record") or config.getini("gws_record")
    if mode not in MODES:
        raise pytest.UsageError(f"there is no record mode {mode!r} (gws_record): {', '.join(MODES)}")
    config.pluginmanager.register(Run(config), "gws_inspector_run")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Ends the thread that served the stubs, if there was one."""
    if "inspector.testing.home" in sys.modules:  # else nobody has had a stub
        from inspector.testing.home import home

        home().close()


@pytest.fixture
def gws_stub(request: pytest.FixtureRequest) -> "Iterator[GwsStub]":
    """A stub of the test's recording, its own: `url` for any client, `transport` and `async_transport` for httpx."""
    from inspector.pytest_plugin.leftovers.accounting import note
    from inspector.pytest_plugin.staging import staged

    with staged(request) as stub:
        try:
            yield stub
        finally:
            note(request.node, stub)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, None, None]:
    """Where a fixture fails, what its stub knows of it is told beside."""
    try:
        return (yield)
    except BaseException as error:
        if verdict := sys.modules.get(VERDICT):
            verdict.failed(item, "setup", error)
        raise


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Fails the test where its stub has reasons to; where it has failed by itself, they are told beside."""
    try:
        result = yield
    except BaseException as error:
        if verdict := sys.modules.get(VERDICT):
            verdict.failed(item, "call", error)
        raise
    if verdict := sys.modules.get(VERDICT):
        verdict.passed(item)
    return result


@pytest.hookimpl(wrapper=True, tryfirst=True)  # around those that make a failure of what has passed
def pytest_runtest_makereport(
    item: pytest.Item, call: "pytest.CallInfo[None]"
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Notes whether what a test has recorded is to be kept."""
    report = yield
    if call.when == "call" and (keeping := sys.modules.get(KEEPING)):
        keeping.noted(item, report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, None, None]:
    """Keeps it, once the fixtures are over, too."""
    keeping = sys.modules.get(KEEPING)
    if not keeping:
        return (yield)
    with keeping.kept(item):
        return (yield)
