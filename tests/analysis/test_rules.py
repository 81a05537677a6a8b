"""The catalogue: what every rule tells of itself. Their examples are in test_rule_examples.py."""

import re
from collections.abc import Iterator

import pytest

from inspector.analysis.finding import Breach, Severity
from inspector.analysis.happenings import Asked
from inspector.analysis.rules import CATALOGUE
from inspector.analysis.rules.catalogue import rule


@pytest.mark.parametrize("code", CATALOGUE)
def test_a_rule_tells_its_source_and_its_cure(code: str) -> None:
    entry = CATALOGUE[code]
    assert entry.code == code
    assert re.fullmatch(r"GW[1-9]\d\d", code)
    assert isinstance(entry.severity, Severity)
    assert all(text and "\n" not in text for text in (entry.title, entry.source, entry.cure))


def test_no_code_is_given_twice() -> None:
    with pytest.raises(AssertionError, match="GW101 stands in the catalogue already"):

        @rule("GW101", Severity.INFO, "again", source="", cure="")
        def again(asked: Asked) -> Iterator[Breach]:
            yield from ()


def test_severities_are_ordered_by_how_bad_they_are() -> None:
    assert sorted(Severity, key=lambda severity: severity.rank) == [Severity.INFO, Severity.WARNING, Severity.ERROR]
