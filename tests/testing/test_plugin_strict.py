"""Operations that nobody asked for, and what a failed test says of them: in its own failure, or beside it."""

import re
from pathlib import Path

import pytest

from tests.testing.outcomes import outcomes, told
from tests.testing.projects import Project
from tests.testing.sample import CONVERSATION, PROJECT

pytestmark = pytest.mark.once

TESTS = """
import sys

pytestmark = pytest.mark.gws_recording("desk.db")

sys.path.insert(0, SOURCES)
from agent_desktop import at_desk

def work(desktop):
    chat = desktop.start_work()
    desktop.accept(chat, "Sofia")
    sent = desktop.send_file(chat, "0001PaBMYY3600RC", "testfileUploadAgent.txt")
    desktop.download(desktop.received_file(chat))
    desktop.complete(chat)
    return sent

def desk(gws_stub):
    return at_desk("https://gws.test", "sofia", "any", transport=gws_stub.transport)

@pytest.fixture
def desktop(gws_stub):
    with desk(gws_stub) as desktop:
        yield desktop

@pytest.mark.gws_recording(strict=True)
def test_uses_all_of_it(gws_stub):
    with desk(gws_stub) as desktop:
        work(desktop)

@pytest.mark.gws_recording(strict=True)
def test_uses_nothing(gws_stub):
    pass

@pytest.mark.gws_recording(strict=True)
def test_uses_the_last_of_it_when_its_fixtures_end(desktop):
    work(desktop)

@pytest.mark.gws_recording(strict=True)
def test_uses_a_part_of_it_until_its_fixtures_end(desktop):
    desktop.start_work()

@pytest.mark.gws_recording(strict=True)
def test_fails_before_it_can_use_it(desktop):
    assert desktop.start_work() is None

def test_needs_not_use_it(desktop):
    desktop.start_work()

def test_fails_by_itself(desktop):
    assert work(desktop) == "nothing"

def test_fails_at_its_begin(desktop):
    assert desktop.start_work() is None
"""


OPERATIONS = (
    "StartContactCenterSession",
    "Accept",
    "AddAttachment",
    "UploadFile",
    "Complete",
    "EndContactCenterSession",
)


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What pytest says of all of these."""
    project = Project(tmp_path_factory.mktemp("strict"))
    recording = PROJECT / CONVERSATION
    project.put(TESTS.replace("SOURCES", repr(str(PROJECT / "src"))), recording=recording)
    return project.run("-rA").out


def test_only_what_is_strict_fails_for_it(output):
    assert outcomes(output) == {
        "test_uses_all_of_it": ["PASSED"],
        "test_uses_the_last_of_it_when_its_fixtures_end": ["PASSED"],
        "test_needs_not_use_it": ["PASSED"],
        "test_uses_nothing": ["FAILED"],
        "test_fails_before_it_can_use_it": ["FAILED"],
        "test_fails_by_itself": ["FAILED"],
        "test_fails_at_its_begin": ["FAILED"],
        "test_uses_a_part_of_it_until_its_fixtures_end": ["PASSED", "ERROR"],
    }, output


def test_each_operation_is_named_that_was_never_used(output):
    others = OPERATIONS[1:-1]
    for test, unused in (
        ("test_uses_nothing", OPERATIONS),
        ("test_uses_a_part_of_it_until_its_fixtures_end", others),
    ):
        text = told(output, test)
        assert [name for name in OPERATIONS if f" {name} POST /api/v2/me" in text] == list(unused), text
        assert text.count("✗ never used: #") == len(unused)


def test_who_fails_by_itself_is_not_told_that_it_did_not_come_to_the_rest_as_a_failure(output):
    assert "✗ never used" not in told(output, "test_fails_before_it_can_use_it")


def test_who_fails_by_itself_is_told_what_happened(output):
    text = told(output, "test_fails_by_itself").partition("Captured gws_stub call")[2]
    happened = ("→ #", "sofia UploadFile 0001PaBMYY3600RC · 200", "file-uploaded 0001PaBMYY3600RC", "⤷ uploaded")
    places = [text.find(words) for words in happened]
    assert -1 not in places and places == sorted(places), text
    assert "no notification answers it" not in text
    assert "gws_stub played recordings/desk.db" in text


def test_and_what_never_happened(output):
    text = told(output, "test_fails_at_its_begin").partition("Captured gws_stub call")[2]
    asked, told_of = text.index("recorded, but never asked for:"), text.index("recorded, but never told:")
    assert asked < text.index("UploadFile POST /api/v2/me/chats/0001TaBTNRPW01GV") < told_of
    event = r"StatusChange 0001TaBTNRPW01GV \(#\d+\): it waits for #\d+, which was never asked for"
    assert told_of < re.search(event, text).start()
    assert "  and " in text[told_of:]


def test_what_happened_is_told_of_nobody_who_passed(output):
    assert "Captured gws_stub" not in told(output, "test_needs_not_use_it")


def test_the_paths_are_those_of_the_project(output):
    assert str(Path.cwd()) not in output
