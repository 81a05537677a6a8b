"""`recordings/upload-file.db` is what the demo records today, without its secrets, and plays from its first request."""

import shutil
import sqlite3
import zlib
from contextlib import closing
from pathlib import Path

import pytest

from inspector.demo import story
from inspector.demo.desktop import at_desk
from inspector.demo.people import AGENT
from inspector.recording import stored
from inspector.recording.derivation import save, summarise
from inspector.recording.file import connected
from inspector.recording.marks import NAMES, applied
from inspector.recording.reader import reading
from inspector.replay.fronts.listening import listening
from inspector.replay.fronts.server import StubApp
from inspector.replay.matching import Matcher
from inspector.replay.plans.keeping import kept, places_of
from inspector.replay.plans.opening import prepare
from inspector.replay.stub import Settings
from tests.recording.played import derived_rows

SHIPPED = Path(__file__).parents[2] / "recordings" / "upload-file.db"
AGAIN = "make it again: see recordings/README.md"


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """A copy: nobody touches the one that is shipped."""
    return Path(shutil.copy(SHIPPED, tmp_path))


async def test_the_demos_story_is_all_of_it(recording):
    stub = prepare(recording).stub(Settings(poll_timeout_ms=500))
    async with (
        listening(StubApp(stub)) as url,
        at_desk(url, AGENT.user_name, AGENT.password, hope=0) as desktop,
    ):
        async for _ in story.play(desktop):
            pass
    verification = stub.verify()
    assert (verification.missed, verification.unused, verification.undelivered) == (0, (), ()), AGAIN


def test_it_is_of_todays_schema_and_starts_at_once(recording):
    with closing(connected(recording)) as db:
        assert applied(db) == NAMES, AGAIN
    with reading(recording) as opened:
        session = opened.session()
        assert kept(opened, session, Matcher(None, places_of(session))) is not None, AGAIN


def test_it_was_judged_by_todays_rules(recording):
    """Who changes what is derived, and forgets to count RULES up, leaves rows in every recording that hold no more."""
    with reading(recording) as opened:
        session = opened.session()
        assert stored.is_judged(session), AGAIN
        assert list(stored.findings(opened, session)) == summarise(opened, session).findings
    before = derived_rows(recording)
    save(recording)
    assert derived_rows(recording) == before, f"count analysis.rules.RULES up, and {AGAIN}"


def test_it_holds_no_secret(recording):
    assert AGENT.password.encode() not in recording.read_bytes()
    with closing(sqlite3.connect(recording)) as db:
        sent = " ".join(text for (text,) in db.execute("SELECT request_headers || response_headers FROM exchanges"))
    assert "JSESSIONID=~secret:" in sent and "Basic sofia:~secret:" in sent


def test_it_is_one_file_of_a_size_that_a_checkout_can_bear():
    """Most of its pages are nearly empty: git keeps it compressed."""
    assert len(zlib.compress(SHIPPED.read_bytes())) < 64 * 1024
    assert SHIPPED.stat().st_size < 1024 * 1024
    assert not list(SHIPPED.parent.glob(f"{SHIPPED.name}-*"))
