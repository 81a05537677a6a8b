"""Whatever is sent, told or left out: the analysis goes on, says the same again, and of nothing that was not there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.analysis.rules import CATALOGUE
from tests.mutation.arbitrary import arbitrary_tape
from tests.mutation.catalogue import MUTATIONS
from tests.mutation.clean import clean
from tests.mutation.judging import judged, randomly
from tests.mutation.tape import Tape

pytestmark = pytest.mark.once


def judge_twice(tape: Tape) -> None:
    findings = judged(tape)
    assert judged(tape) == findings
    assert {finding.rule for finding in findings} <= CATALOGUE.keys()
    assert {finding.exchange for finding in findings} <= tape.exchanges.keys()


@randomly(150)
@given(st.data())
def test_any_session_is_judged(data: st.DataObject) -> None:
    judge_twice(arbitrary_tape(data.draw))


@randomly(40)
@given(st.data())
def test_any_piece_of_a_session_is_judged(data: st.DataObject) -> None:
    """Between any two events that happened."""
    tape = arbitrary_tape(data.draw)
    begin = data.draw(st.integers(0, len(tape.events) - 1))
    judge_twice(tape.cut(begin, data.draw(st.integers(begin + 1, len(tape.events)))))


@randomly(40)
@given(st.data())
def test_any_order_of_events_is_judged(data: st.DataObject) -> None:
    """Of what is wrong already, if every exchange begins before it ends."""
    mutation = MUTATIONS[data.draw(st.sampled_from(sorted(MUTATIONS)))]
    tape = mutation.do(clean(), data.draw(st.sampled_from(mutation.places(clean()))))
    for _ in range(data.draw(st.integers(1, 3))):
        if places := tape.can_be_swapped():
            tape = tape.swapped(data.draw(st.sampled_from(places)))
    judge_twice(tape)
