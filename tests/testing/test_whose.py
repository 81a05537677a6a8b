"""Which session of a recording is a test's."""

from collections.abc import Iterator

import pytest

from inspector.pytest_plugin.recording.whose import own, replaced
from inspector.recording.session import Session
from inspector.traffic.exchange import Instant

NAMES = ("test_desk.py::test_reads[me]", "test_desk.py::test_reads")
OTHER = "test_desk.py::test_writes"


def sessions(*told: str) -> Iterator[Session]:
    """One after the other: a name, `-` for none; behind it `incomplete`, or `adds` to the first one."""
    for number, words in enumerate(told, 1):
        name, *rest = words.split(" ")
        yield Session(
            f"uuid {number}",
            "http://gws.example",
            Instant(1, 1),
            number,
            parent="uuid 1" if "adds" in rest else None,
            state="incomplete" if "incomplete" in rest else "complete",
            name=name.strip("-"),
        )


@pytest.mark.parametrize(
    ("told", "number"),
    [
        ((NAMES[0], NAMES[0], NAMES[1], "-", OTHER), 2),
        ((NAMES[0], NAMES[1], f"{NAMES[0]} incomplete"), 1),
        ((NAMES[1], NAMES[1], "-", OTHER), 2),
        ((OTHER, "-", "-", OTHER, "- adds", "- incomplete"), 3),
        ((OTHER,), None),
        ((f"{NAMES[0]} incomplete",), None),
        ((), None),
    ],
    ids=["its own", "its own that is complete", "without parameters", "nobody's", "another's", "incomplete", "none"],
)
def test_a_test_plays_its_own(told: tuple[str, ...], number: int | None) -> None:
    found = own(list(sessions(*told)), NAMES)
    assert (found.id if found else None) == number


def test_what_is_replaced_has_the_same_name() -> None:
    told = list(sessions(NAMES[0], NAMES[1], "-", OTHER, f"{NAMES[0]} incomplete", NAMES[0]))
    assert list(replaced(told, NAMES[0], "uuid 6")) == ["uuid 1", "uuid 5"]
