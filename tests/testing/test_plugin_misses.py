"""When a test fails because of its stub: in the test, once, explained, and beside its own failure."""

from pathlib import Path

import pytest

from tests.testing.outcomes import outcomes, told
from tests.testing.projects import Project

pytestmark = pytest.mark.once

SHIPPED = Path(__file__).parents[2] / "recordings" / "upload-file.db"
ME = "me?subresources=features,devices,channels"
MISS = "✗ GET /api/v2/nix was never recorded"

TESTS = f"""
import unittest

pytestmark = pytest.mark.gws_recording("desk.db")
ME = "{ME}"

def test_hits(gws_stub):
    assert ask(gws_stub.url, ME) == [200]

def test_misses(gws_stub):
    assert ask(gws_stub.url, ME, "nix", "nix") == [200, 501, 501]

def test_misses_and_fails(gws_stub):
    ask(gws_stub.url, "nix")
    assert "its own" == "failure"

def test_misses_and_says_that_it_fails(gws_stub):
    ask(gws_stub.url, "nix")
    pytest.fail("its own failure")

def test_sends_what_nobody_can_read_and_fails(gws_stub):
    with httpx.Client(transport=gws_stub.transport, base_url="https://gws.test") as http:
        for body in (b"[" * 3000, b'{{"a":' * 500 + b"1" + b"}}" * 500, b"\\0\\xff", b'{{"a": "\\x1b[2J"}}'):
            http.post("/api/v2/me/chats/\\u202e1", content=body, headers={{"Content-Type": "application/json"}})
            http.post("/api/v2/notifications", content=body, headers={{"Content-Type": "application/json"}})
    assert "its own" == "failure"

def start(gws_stub, *channels):
    with httpx.Client(transport=gws_stub.transport, base_url="https://gws.test") as http:
        http.get("/api/v2/" + ME, auth=("sofia", "any"))
        for one in channels:
            http.post("/api/v2/me", json={{"operationName": "StartContactCenterSession", "channels": one}})

def test_asks_twice(gws_stub):
    start(gws_stub, ["chat"], ["chat"])

def test_asks_for_more(gws_stub):
    start(gws_stub, "chat")

def test_may_miss(gws_stub):
    gws_stub.allow_misses()
    assert ask(gws_stub.url, "nix") == [501]

def test_misses_and_skips(gws_stub):
    ask(gws_stub.url, "nix")
    pytest.skip("not today")

@pytest.mark.gws_recording(strict=True)
def test_skips_what_is_strict(gws_stub):
    pytest.skip("not today")

@pytest.mark.xfail(reason="known")
def test_is_known_to_miss(gws_stub):
    ask(gws_stub.url, "nix")

@pytest.mark.xfail(reason="known", raises=AssertionError)
def test_is_known_to_fail(gws_stub):
    ask(gws_stub.url, "nix")
    assert False

def test_gives_up_as_known(gws_stub):
    ask(gws_stub.url, "nix")
    pytest.xfail("known")

def test_fetches_its_stub_itself(request):
    ask(request.getfixturevalue("gws_stub").url, "nix")

@pytest.fixture
def tidy(gws_stub):
    yield
    ask(gws_stub.url, "nix")

def test_is_tidied_up_by_a_miss(tidy):
    pass

def test_fails_and_is_tidied_up_by_a_miss(tidy, gws_stub):
    ask(gws_stub.url, "nix")
    assert "its own" == "failure"

@pytest.fixture
def hasty(gws_stub):
    ask(gws_stub.url, "nix")

def test_begins_with_a_miss(hasty):
    pass

@pytest.fixture
def broken(gws_stub):
    ask(gws_stub.url, "nix")
    raise OSError("a fixture's own failure")

def test_does_not_begin(broken):
    pass

@pytest.fixture
def reluctant(gws_stub):
    ask(gws_stub.url, "nix")
    pytest.skip("not here")

def test_does_not_want_to_begin(reluctant):
    pass

def test_expects_what_never_comes(gws_stub):
    gws_stub.expect("UploadFile", document_id="0001PaBMYY3600RC")
    ask(gws_stub.url, ME)

@pytest.mark.usefixtures("gws_stub")
class TestOfUnittest(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def _own(self, gws_stub):
        self.url = gws_stub.url

    def test_case_hits(self):
        self.assertEqual(ask(self.url, ME), [200])

    def test_case_misses(self):
        ask(self.url, "nix")

    def test_case_misses_and_fails(self):
        ask(self.url, "nix")
        self.assertEqual("its own", "failure")

    def test_case_skips(self):
        ask(self.url, "nix")
        self.skipTest("not today")
"""

PASSED, FAILED, ERROR, SKIPPED, XFAIL = (["PASSED"], ["FAILED"], ["ERROR"], ["SKIPPED"], ["XFAIL"])


ENDS = {
    "test_hits": PASSED,
    "test_misses": FAILED,
    "test_misses_and_fails": FAILED,
    "test_misses_and_says_that_it_fails": FAILED,
    "test_sends_what_nobody_can_read_and_fails": FAILED,
    "test_asks_twice": FAILED,
    "test_asks_for_more": FAILED,
    "test_may_miss": PASSED,
    "test_is_known_to_miss": XFAIL,
    "test_is_known_to_fail": XFAIL,
    "test_gives_up_as_known": XFAIL,
    "test_fetches_its_stub_itself": FAILED,
    "test_is_tidied_up_by_a_miss": ["PASSED", "ERROR"],
    "test_fails_and_is_tidied_up_by_a_miss": ["FAILED", "ERROR"],
    "test_begins_with_a_miss": FAILED,
    "test_does_not_begin": ERROR,
    "test_expects_what_never_comes": FAILED,
    "TestOfUnittest::test_case_hits": PASSED,
    "TestOfUnittest::test_case_misses": FAILED,
    "TestOfUnittest::test_case_misses_and_fails": FAILED,
}


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What pytest says of all of these."""
    project = Project(tmp_path_factory.mktemp("misses"))
    project.put(TESTS, recording=SHIPPED)
    return project.run("-rA").out


@pytest.mark.parametrize("test", ENDS)
def test_it_ends(output, test):
    assert sorted(outcomes(output)[test]) == sorted(ENDS[test]), output


def test_who_skips_is_judged_by_nobody(output):
    skipped = ("test_misses_and_skips", "test_skips_what_is_strict", "test_does_not_want_to_begin", "test_case_skips")
    assert [told(output, name) for name in skipped] == [""] * len(skipped)
    assert "4 skipped" in output


@pytest.mark.parametrize(
    "test",
    [
        "test_misses",
        "test_misses_and_fails",
        "test_misses_and_says_that_it_fails",
        "test_fetches_its_stub_itself",
        "test_is_tidied_up_by_a_miss",
        "test_begins_with_a_miss",
        "test_does_not_begin",
        "TestOfUnittest.test_case_misses",
        "TestOfUnittest.test_case_misses_and_fails",
    ],
)
def test_a_miss_is_told_once_and_explained(output, test):
    text = told(output, test)
    assert text.count(MISS) == 1, text
    assert "  1. " in text
    assert text.count("gws_stub played recordings/desk.db") == 1


def test_what_to_do_is_told_in_words_of_pytest(output):
    assert "`--gws-record=new_episodes --gws-upstream URL` asks the real server" in told(output, "test_misses")
    again = told(output, "test_asks_twice")
    assert "if it does, say `@pytest.mark.gws_recording(reuse=True)`" in again
    assert "`@pytest.mark.gws_recording(ignore=['/channels'])`, or `gws_ignore` in the ini file" in told(
        output, "test_asks_for_more"
    )


def test_a_miss_that_was_met_again_says_how_often(output):
    assert f"{MISS} (2 times)" in told(output, "test_misses")


def test_what_is_missed_again_later_is_told_again_with_how_often(output):
    text = told(output, "test_fails_and_is_tidied_up_by_a_miss")
    assert text.count(f"{MISS} (2 times)") == 1


@pytest.mark.parametrize(
    ("test", "words"),
    [
        ("test_misses_and_fails", "AssertionError"),
        ("test_misses_and_says_that_it_fails", "Failed: its own failure"),
        ("test_does_not_begin", "OSError: a fixture's own failure"),
        ("TestOfUnittest.test_case_misses_and_fails", "AssertionError: 'its own' != 'failure'"),
    ],
)
def test_its_own_failure_stays(output, test, words):
    text = told(output, test)
    assert words in text
    assert text.index(words) < text.index(MISS)


def test_what_nobody_can_read_is_told_without_doing_anything_to_a_terminal(output):
    text = told(output, "test_sends_what_nobody_can_read_and_fails")
    assert "AssertionError" in text and "cannot be told" not in text, text
    section = text.partition("Captured gws_stub call")[2]
    assert "✗ POST /api/v2/me/chats/" in section
    assert not set("\x1b\x00\u202e") & set(section)


def test_an_expectation_says_what_was_called_instead(output):
    text = told(output, "test_expects_what_never_comes")
    assert "✗ UploadFile(document_id='0001PaBMYY3600RC') was to be called at least once, but was never called" in text
