"""What is found while a session is recorded is what its recording gives later: of broken sessions, and of any other."""

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.analysis.finding import Finding, Severity
from inspector.recording import recorder
from inspector.recording.derivation import save
from inspector.traffic.exchange import Instant, Started
from tests.mutation.arbitrary import arbitrary_tape
from tests.mutation.catalogue import MUTATIONS
from tests.mutation.clean import clean
from tests.mutation.harmless import differences, done
from tests.mutation.judging import SETTINGS, judged, randomly
from tests.mutation.tape import Tape, when
from tests.recording.test_recorder import derived_rows

pytestmark = pytest.mark.once


class Clock:
    """The time of the session, for a recorder that looks at the clock when something ends."""

    def __init__(self, now: Instant) -> None:
        self.now = now

    def __call__(self) -> Instant:
        return self.now


def record(tape: Tape, path: Path) -> None:
    """The session passes the real recorder, at its own speed."""
    clock, troubles = Clock(when(tape.events[0])), list[str]()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recorder, "now", clock)
        record = recorder.Recorder(path, "https://gws.example", settings=SETTINGS, trouble=troubles.append)
        for event in tape.events:
            clock.now, exchange = when(event), event.exchange
            if isinstance(event, Started):
                record.started(exchange.number, exchange.connection, exchange.started, exchange.request)
            else:
                record.completed(exchange.number, exchange.answered, exchange.response, exchange.error)
        clock.now = tape.ended
        record.close()
    assert troubles == []


def told(finding: Finding) -> dict[str, Any]:
    """A finding, as a recording keeps it."""
    place = {"exchange": finding.exchange, "message": finding.message, "pointer": finding.pointer}
    return place | {"rule": finding.rule, "severity": finding.severity, "text": finding.text}


def recorded(tape: Tape) -> list[dict[str, Any]]:
    """What is found live; the recording gives all of that again, and the rest of what was derived."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "recording.db"
        record(tape, path)
        live = derived_rows(path)
        save(path)
        assert derived_rows(path) == live
        names = told(Finding("", Severity.INFO, 0, None, ""))
        return [{name: row[name] for name in names} for row in live["findings"]]


def test_the_clean_session() -> None:
    assert recorded(clean()) == []


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_broken_session(name: str) -> None:
    """What is redacted has nothing to do with it."""
    places = MUTATIONS[name].places(clean())
    broken = MUTATIONS[name].do(clean(), places[len(places) // 2])
    assert recorded(broken) == list(map(told, judged(broken)))


@randomly(20)
@given(st.data())
def test_a_broken_session_that_differs(data: st.DataObject) -> None:
    mutation = MUTATIONS[data.draw(st.sampled_from(sorted(MUTATIONS)))]
    broken = mutation.do(clean(), data.draw(st.sampled_from(mutation.places(clean()))))
    broken = done(broken, data.draw(differences))
    assert recorded(broken) == list(map(told, judged(broken)))


@randomly(30)
@given(st.data())
def test_any_session(data: st.DataObject) -> None:
    recorded(arbitrary_tape(data.draw))


@randomly(15)
@given(st.data())
def test_any_piece_of_a_session(data: st.DataObject) -> None:
    tape = arbitrary_tape(data.draw)
    begin = data.draw(st.integers(0, len(tape.events) - 2))
    piece = tape.cut(begin, data.draw(st.integers(begin + 1, len(tape.events))))
    if piece.events:
        recorded(piece)
