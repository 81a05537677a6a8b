"""A session in which nothing is wrong stays clean, however it is written; what is broken is found, and no more."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.analysis.analyst import Analyst
from inspector.analysis.calls import Call
from inspector.analysis.causes import Cause
from inspector.analysis.rules import CATALOGUE
from inspector.analysis.transfers import Transfer
from tests.mutation.catalogue import MUTATIONS, NOT_SHOWN
from tests.mutation.clean import clean
from tests.mutation.harmless import HARMLESS, differences, done, infos
from tests.mutation.judging import SETTINGS, alarms, judged, randomly, rules
from tests.mutation.mutation import all_files, everything, files
from tests.mutation.of_the_channel import delivered_again
from tests.mutation.tape import Place


def test_the_session_has_everything() -> None:
    """What is not in it cannot be broken."""
    analyst = Analyst(SETTINGS)
    derived = [thing for event in clean().events for thing in analyst.feed(event)]
    done = {thing.operation for thing in derived if isinstance(thing, Call)}
    assert done >= {"Accept", "AddAttachment", "UploadFile", "RemoveAttachment", "Download", "Invite", "SendMessage"}
    assert done >= {"AttachUserData", "SetInFocus", "SetDisposition", "Leave", "Complete", "LeaveAndComplete"}
    assert len(clean().exchanges) >= 60
    lives = {thing.number: str(thing.state) for thing in derived if isinstance(thing, Transfer)}
    assert sorted(lives.values()) == ["received", "received", "removed", "sent", "sent", "sent", "sent"]
    uploads = {cause.call for cause in derived if isinstance(cause, Cause) and cause.kind == "uploaded"}
    assert len(uploads) == 4 and len(all_files(clean())) == 8


def test_the_clean_session_is_clean() -> None:
    assert judged(clean()) == []


@pytest.mark.parametrize("name", HARMLESS)
def test_one_difference_is_no_fault(name: str) -> None:
    for where in range(25):
        findings = judged(HARMLESS[name].do(clean(), where))
        assert rules(findings) <= HARMLESS[name].infos and not alarms(findings), where
        if name not in ("in another order", "delivered again"):
            break


@randomly(80)
@given(differences)
def test_differences_are_no_fault(which: dict[str, int]) -> None:
    findings = judged(done(clean(), which))
    assert rules(findings) <= infos(which) and not alarms(findings)


@pytest.mark.parametrize("name", MUTATIONS)
@randomly(6)
@given(st.data())
def test_what_is_broken_is_found(name: str, data: st.DataObject) -> None:
    """Wherever it is, and whatever else differs; and nothing else is."""
    mutation = MUTATIONS[name]
    broken = mutation.do(clean(), data.draw(st.sampled_from(mutation.places(clean()))))
    which = {one: where for one, where in data.draw(differences).items() if one not in mutation.hidden_by}
    findings = judged(done(broken, which))
    assert rules(findings) >= mutation.rules
    assert rules(findings) <= mutation.rules | mutation.also | infos(which)


@pytest.mark.parametrize("place", everything(clean()), ids=lambda place: f"{place.exchange}-{place.position}")
def test_one_notification_that_is_lost_is_missed_where_a_file_was_sent(place: Place) -> None:
    """And nowhere else: of the others nobody knows whether they had to come."""
    tape = clean()
    sent = any(place in tape.copies(file) for file in files(tape))
    assert rules(judged(tape.loses(tape.copies(place)))) == ({"GW402"} if sent else set())


@pytest.mark.parametrize("place", everything(clean()), ids=lambda place: f"{place.exchange}-{place.position}")
def test_one_notification_that_comes_twice_alarms_nobody(place: Place) -> None:
    tape = clean()
    for again in (delivered_again(tape, place), tape.tells_more(place.exchange, tape.data(place))):
        findings = judged(again)
        assert rules(findings) <= {"GW603"} and not alarms(findings)


@pytest.mark.parametrize("code", CATALOGUE)
def test_every_rule_can_be_shown(code: str) -> None:
    shown = frozenset().union(*(mutation.rules for mutation in MUTATIONS.values()))
    assert (code in shown) is not (code in NOT_SHOWN)


def test_no_rule_is_excused_that_is_none() -> None:
    assert NOT_SHOWN.keys() <= CATALOGUE.keys()
