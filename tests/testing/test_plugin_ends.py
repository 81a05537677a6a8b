"""Tests that end otherwise than by passing or failing, what is left of their stubs, and tests that are no functions."""

from pathlib import Path

import pytest

from tests.testing.outcomes import outcomes, told
from tests.testing.projects import Project

pytestmark = pytest.mark.once

SHIPPED = Path(__file__).parents[2] / "recordings" / "upload-file.db"

ENDS = """
import gc
import sys
import weakref

pytestmark = pytest.mark.gws_recording("desk.db")
ended = []

@pytest.fixture(autouse=True)
def any_test_has_one(gws_stub): pass

def documented():
    '''
    >>> 1 + 1
    2
    '''

def test_ends_the_process(gws_stub):
    ask("https://gws.test", "nix", transport=gws_stub.transport)
    sys.exit(3)

def test_is_over_soon(gws_stub):
    assert gws_stub.url
    ended.append(weakref.ref(gws_stub))

def test_nothing_of_it_is_kept():
    gc.collect()
    assert ended.pop()() is None

def test_is_over_but_its_stub_is_kept(gws_stub):
    ended.append(gws_stub)

def test_and_asked_for_its_address():
    assert ended.pop().url
"""


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What pytest says of all of these; that it says so means that it ends."""
    project = Project(tmp_path_factory.mktemp("ends"))
    project.put(ENDS, recording=SHIPPED)
    return project.run("--doctest-modules").out


def test_only_who_ends_the_process_has_failed(output):
    ends = outcomes(output)
    assert ends.pop("test_ends_the_process") == ["FAILED"], output
    assert len(ends) == 5 and {*map(tuple, ends.values())} == {("PASSED",)}, output


def test_it_is_told_what_it_has_missed_beside_its_own_failure(output):
    text = told(output, "test_ends_the_process")
    assert 0 < text.index("SystemExit: 3") < text.index("✗ GET /api/v2/nix was never recorded")


BROKEN_OFF = """
@pytest.fixture
def tidy(gws_stub):
    yield
    ask("https://gws.test", "nix", transport=gws_stub.transport)

@pytest.mark.gws_recording("desk.db", strict=True)
def test_broken_off(tidy, gws_stub):
    gws_stub.expect("UploadFile")
    END

def test_that_is_never_run(): pass
"""


@pytest.mark.parametrize(
    ("end", "code", "says"),
    [("raise KeyboardInterrupt", 2, "KeyboardInterrupt"), ("pytest.exit('enough', 7)", 7, "Exit: enough")],
    ids=["Ctrl-C", "pytest.exit"],
)
def test_a_run_that_is_broken_off_ends_as_without_a_stub(tmp_path, end, code, says):
    project = Project(tmp_path)
    project.put(BROKEN_OFF.replace("END", end), recording=SHIPPED)
    ended = project.run()
    assert (ended.code, ended.err) == (code, "")
    assert f"{says} !!!" in ended.out and "Traceback" not in ended.out
