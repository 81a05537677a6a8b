"""Which findings are told: `select`, `ignore`, excused cases, other severities."""

import pytest

from inspector.analysis.finding import Finding, Severity
from inspector.analysis.rules import CATALOGUE
from inspector.analysis.rules.selection import selection
from inspector.analysis.summary import Summary
from inspector.errors import UsageError
from tests.analysis.shapes import CHAT, CUSTOMER, DOCUMENT, OTHER_CHAT, OTHER_DOCUMENT, file_line, log_has
from tests.analysis.traffic import Wire

ERROR, WARNING, INFO = Severity.ERROR, Severity.WARNING, Severity.INFO


def on(select: tuple[str, ...] = (), ignore: tuple[str, ...] = ()) -> list[str]:
    """The codes that are told."""
    chosen = selection(select, ignore)
    return [code for code in sorted(CATALOGUE) if chosen.wants(code)]


def of(*begins: str) -> list[str]:
    return [code for code in sorted(CATALOGUE) if code.startswith(begins)]


def finding(rule: str, severity: Severity = ERROR, exchange: int = 12, about: tuple[str, ...] = ()) -> Finding:
    return Finding(rule, severity, exchange, None, "", about=about)


def test_nothing_chosen_is_everything() -> None:
    assert on() == sorted(CATALOGUE)


def test_begins_of_codes_choose_families() -> None:
    assert on(("GW4", "gw101")) == of("GW4", "GW101")
    assert on((), ("GW4",)) == [code for code in sorted(CATALOGUE) if not code.startswith("GW4")]


def test_the_longest_begin_decides_and_ignore_where_both_are_as_long() -> None:
    assert on(("GW402",), ("GW4",)) == ["GW402"]
    assert on(("GW4",), ("GW402",)) == [code for code in of("GW4") if code != "GW402"]
    assert on(("GW402",), ("GW402",)) == []


def test_what_was_not_asked_for_is_not_there_and_what_is_ignored_is_counted() -> None:
    told = selection(["GW4"], ["GW403"]).apply(map(finding, ["GW101", "GW402", "GW403"]))
    assert [one.rule for one in told.kept] == ["GW402"]
    assert [one.rule for one in told.excused] == ["GW403"]


@pytest.mark.parametrize(
    ("excuse", "excused"),
    [
        (f"GW402:{DOCUMENT}", [12]),
        (f"gw4:{CHAT}", [12, 13]),
        ("GW402:#13", [13]),
        (f"GW401:{DOCUMENT}", []),
        ("GW402:0001Pa", []),
        ("GW402:#1", []),
    ],
)
def test_one_case_is_excused_by_its_document_its_chat_or_its_exchange(excuse: str, excused: list[int]) -> None:
    cases = {12: (DOCUMENT, CHAT), 13: (OTHER_DOCUMENT, CHAT), 14: (OTHER_DOCUMENT, OTHER_CHAT)}
    told = selection((), [excuse]).apply([finding("GW402", exchange=n, about=ids) for n, ids in cases.items()])
    assert [one.exchange for one in told.excused] == excused
    assert [one.exchange for one in told.kept] == [number for number in cases if number not in excused]


def test_severities_are_as_asked_for() -> None:
    chosen = selection((), (), {"GW2": "error", "GW202": "info", "gw403": "error"})
    told = chosen.apply([finding("GW201", WARNING), finding("GW202", WARNING), finding("GW403", WARNING)])
    assert [one.severity for one in told.kept] == [ERROR, INFO, ERROR]
    assert chosen.severity("GW402") is ERROR


def test_a_finding_that_is_milder_than_its_rule_never_gets_worse() -> None:
    """A partial success (GW202), a chat that was not seen from its start (GW401)."""
    doubtful = [finding("GW202", INFO), finding("GW401", INFO)]
    told = selection((), (), {"GW202": "error", "GW401": "warning"}).apply(doubtful)
    assert [one.severity for one in told.kept] == [INFO, INFO]


@pytest.mark.parametrize(
    ("code", "near"), [("GW4O2", "GW4"), ("GW40", None), ("G", None), ("402", "GW402"), ("GW1O1", "GW101"), ("", "GW")]
)
def test_a_code_that_no_rule_has_names_the_nearest(code: str, near: str | None) -> None:
    if near is None:
        selection([code], [f"{code}:X"], {code: "info"})
        return
    for asked in ((code,), ()), ((), (f"{code}:{DOCUMENT}",)):
        with pytest.raises(UsageError, match=f"there is no rule '{code}': did you mean {near}"):
            selection(*asked)
    with pytest.raises(UsageError, match=f"did you mean {near}"):
        selection((), (), {code: "info"})


@pytest.mark.parametrize("case", ["GW402:", "GW402: ", "GW402:#", "GW402:#x"])
def test_a_case_that_is_none_is_refused(case: str) -> None:
    with pytest.raises(UsageError, match="excuses nothing"):
        selection((), [case])


def excused(wire: Wire, *ignore: str) -> list[tuple[str, int]]:
    """Rule and exchange of what is excused in all that the wire told."""
    wire.close()
    summary = Summary()
    for thing in wire.derived:
        summary.add(thing)
    told = selection((), ignore).apply(summary.findings)
    return [(one.rule, one.exchange) for one in told.excused]


@pytest.mark.parametrize("case", [OTHER_DOCUMENT, CHAT])
def test_a_request_is_about_its_document_and_its_chat(case: str) -> None:
    wire = Wire()
    sofia = wire.at_work("sofia")
    asked = sofia.upload(OTHER_DOCUMENT)
    wire.answer(asked)
    assert excused(wire, f"GW401:{case}") == [("GW401", asked.number)]
    assert excused(wire, "GW401:elsewhere") == []


def test_a_request_that_was_never_answered_is_so_too() -> None:
    wire = Wire()
    asked = wire.at_work("sofia").upload(OTHER_DOCUMENT)
    assert excused(wire, f"GW401:{OTHER_DOCUMENT}") == [("GW401", asked.number)]


def test_a_notification_is_about_its_chat_and_the_file_that_its_finding_points_at() -> None:
    """Two files in one message, both with a wrong address: one excuse is of one of them."""
    wire = Wire()
    lines = [file_line(name, CUSTOMER, index, path="/attachments/X") for index, name in enumerate((DOCUMENT, "other"))]
    wire.log_in().hear(log_has(*lines))
    assert len(excused(wire, f"GW303:{CHAT}")) == 2
    assert len(excused(wire, "GW303:other")) == 1
    assert excused(wire, f"GW402:{DOCUMENT}") == []


def test_the_same_place_in_two_messages_is_two_cases() -> None:
    wire = Wire()
    sofia = wire.log_in()
    first = sofia.hear(*(log_has(file_line(name, CUSTOMER, 7, path="/attachments/X")) for name in ("a", "b")))
    second = sofia.hear(log_has(file_line("c", CUSTOMER, 8, path="/attachments/X")))
    assert excused(wire, "GW303:b") == [("GW303", first)]
    assert excused(wire, "GW303:c") == [("GW303", second)]
