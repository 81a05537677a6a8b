"""A recording may begin and end at any moment: what it does not hold, nobody is blamed for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.analysis.finding import Finding, Severity
from inspector.traffic.exchange import Instant
from tests.mutation.catalogue import MUTATIONS
from tests.mutation.clean import clean
from tests.mutation.harmless import differences, done, infos
from tests.mutation.judging import alarms, judged, randomly, rules
from tests.mutation.tape import when

pytestmark = pytest.mark.once

EVENTS = len(clean().events)
STEPS = range(0, EVENTS, EVENTS // 8)
"""A test for each eighth, so that several cores share them."""


def eighth(begin: int) -> range:
    return range(begin, min(begin + EVENTS // 8, EVENTS))


@pytest.mark.parametrize("begin", STEPS)
def test_a_recording_that_is_cut_at_its_end_has_no_finding(begin: int) -> None:
    """Right after an event, or just before the next one comes."""
    for end in eighth(begin):
        following = when(clean().events[end])
        for ended in (None, Instant(following.mono - 1, following.at - 1)):
            if end:
                assert judged(clean().cut(0, end, ended)) == [], (end, ended)


@pytest.mark.parametrize("begin", STEPS)
def test_a_recording_that_begins_in_the_middle_has_no_alarm(begin: int) -> None:
    """That an upload may have been linked before is worth knowing."""
    for start in eighth(begin):
        findings = judged(clean().cut(start, EVENTS))
        assert rules(findings) <= {"GW401"} and not alarms(findings), start


@randomly(150)
@given(st.integers(0, EVENTS - 1), st.integers(1, EVENTS), differences)
def test_a_piece_of_a_recording_has_no_alarm(begin: int, length: int, which: dict[str, int]) -> None:
    findings = judged(done(clean(), which).cut(begin, begin + length))
    assert rules(findings) <= {"GW401"} | infos(which) and not alarms(findings)


def place(finding: Finding) -> tuple[object, ...]:
    return finding.rule, finding.exchange, finding.message, finding.pointer


@randomly(80)
@given(st.data())
def test_what_is_cut_off_proves_nothing(data: st.DataObject) -> None:
    """Whatever a broken session's beginning shows, the whole shows as well."""
    mutation = MUTATIONS[data.draw(st.sampled_from(sorted(MUTATIONS)))]
    broken = mutation.do(clean(), data.draw(st.sampled_from(mutation.places(clean()))))
    end = data.draw(st.integers(1, len(broken.events)))
    whole = {place(finding) for finding in judged(broken)}
    assert {place(finding) for finding in judged(broken.cut(0, end))} <= whole


@randomly(60)
@given(st.data())
def test_what_was_before_proves_nothing(data: st.DataObject) -> None:
    """Of what a recording shows that begins in the middle of a broken session, the whole shows every alarm.

    Without the login nobody knows whose file was told of in another chat: then it is only missed in its own.
    """
    mutation = MUTATIONS[data.draw(st.sampled_from(sorted(MUTATIONS)))]
    broken = mutation.do(clean(), data.draw(st.sampled_from(mutation.places(clean()))))
    begin = data.draw(st.integers(0, len(broken.events) - 1))
    whole = rules(judged(broken))
    part = [finding for finding in judged(broken.cut(begin, EVENTS * 2)) if finding.severity is not Severity.INFO]
    assert rules(part) <= whole | ({"GW402"} if "GW409" in whole else set())
