"""The states of a transfer: where each step leads from each state, and that whatever happens is one of those ways."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise, product

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from inspector.analysis.transfers.transfer import State, Step, after
from tests.analysis.shapes import CUSTOMER, chat_has, sent
from tests.analysis.traffic import Wire

WINDOW = 30_000
WAYS = {
    ("linked", "remove", "removed"),
    ("linked", "ask", "asked"),
    ("linked", "tell", "sent"),
    ("linked", "receive", "received"),
    ("removed", "link", "linked"),
    ("removed", "ask", "asked"),
    ("removed", "tell", "sent"),
    ("removed", "receive", "received"),
    ("asked", "accept", "accepted"),
    ("asked", "refuse", "refused"),
    ("asked", "break", "undecided"),
    ("asked", "tell", "sent"),
    ("asked", "end", "undecided"),
    ("refused", "ask", "asked"),
    ("refused", "tell", "sent"),
    ("accepted", "tell", "sent"),
    ("accepted", "lose", "lost"),
    ("accepted", "end", "undecided"),
    ("lost", "tell", "sent"),
    ("undecided", "tell", "sent"),
}


@pytest.mark.parametrize("step", Step)
@pytest.mark.parametrize("state", State)
def test_a_step_leads_where_it_should_or_nowhere(state: State, step: Step) -> None:
    led = [to for begin, how, to in WAYS if (begin, how) == (state, step)] or [state]
    assert [after(state, step)] == led


def test_what_was_sent_or_received_stays_so() -> None:
    assert {after(state, step) for state, step in product([State.SENT], Step)} == {State.SENT}
    assert {after(state, step) for state, step in product([State.RECEIVED], Step)} == {State.RECEIVED}


@dataclass
class Model:
    """One document in one chat of one agent that asks for one thing at a time, in the plainest words."""

    lives: list[list[str]] = field(default_factory=list)
    uploads: list[tuple[int, bool]] = field(default_factory=list)
    """Those that may be told of yet: of which life, and whether nobody knows that they reached the server."""
    listed: bool = False

    @property
    def last(self) -> str:
        return self.lives[-1][-1] if self.lives else ""

    def goes(self, *states: str, once_more: bool = False) -> None:
        if once_more or not self.lives:
            self.lives.append([])
        self.lives[-1] += states

    def does(self, step: str) -> None:
        match step:
            case "link" if not self.listed:
                self.listed = True
                if self.last in ("", "removed", "sent", "received", "lost", "undecided"):
                    self.goes("linked", once_more=self.last not in ("", "removed"))
            case "remove" if self.listed:
                self.listed = False
                if self.last == "linked":
                    self.goes("removed")
            case "accepted" | "refused" | "broken" | "gateway":
                ended = step if step in ("accepted", "refused") else "undecided"
                self.goes("asked", ended, once_more=self.last not in ("", "linked", "removed", "refused"))
                if step != "refused":
                    self.uploads.append((len(self.lives) - 1, step != "accepted"))
            case "sent" if self.uploads:
                one = min(self.uploads, key=lambda upload: upload[1])
                self.uploads.remove(one)
                self.lives[one[0]].append("sent")
            case "sent":
                self.goes("sent", once_more=self.last not in ("", "linked", "removed", "refused"))
            case "received":
                self.goes("received", once_more=self.last not in ("", "linked", "removed"))
            case "silence":
                for life in self.lives:
                    life += ["lost"] if life[-1] == "accepted" else []

    def ends(self) -> list[list[str]]:
        return [[*life, "undecided"] if life[-1] == "accepted" else life for life in self.lives]


STEPS = ["link", "remove", "accepted", "refused", "broken", "gateway", "sent", "received", "silence"]


def played(steps: Sequence[str]) -> tuple[Wire, Model]:
    wire, model = Wire(), Model()
    sofia = wire.at_work()
    for number, step in enumerate(steps):
        listed, index = model.listed, 10 + number
        model.does(step)
        match step:
            case "link" if not listed:
                sofia.has_linked()
            case "remove" if listed:
                wire.answer(sofia.unlink())
                sofia.hear(chat_has())
            case "accepted":
                wire.answer(sofia.upload())
            case "refused":
                wire.refuse(sofia.upload())
            case "broken":
                wire.fail(sofia.upload())
            case "gateway":
                wire.answer(sofia.upload(), b"<html>Bad gateway</html>", ("Content-Type", "text/html"), status=502)
            case "sent":
                sofia.hear(sent(index=index, fileId=f"F{number}"))
            case "received":
                sofia.hear(sent(by=CUSTOMER, index=index, fileId=f"F{number}"))
            case "silence":
                wire.wait(WINDOW)
                sofia.hear()
    wire.close()
    return wire, model


@settings(print_blob=True, deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(STEPS), max_size=14))
@example(["link", "gateway", "accepted", "sent"])
def test_the_lives_of_a_document_are_those_of_a_plain_model(steps: list[str]) -> None:
    wire, model = played(steps)
    assert wire.lives() == model.ends()
    ways = {(begin, to) for begin, _, to in WAYS}
    assert {pair for life in wire.lives() for pair in pairwise(life)} <= ways


@settings(print_blob=True, deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(STEPS), max_size=14))
def test_each_lost_upload_is_found_once(steps: list[str]) -> None:
    """Whatever goes before: each accepted upload that nobody was told of in its window is one GW402."""
    wire, model = played(steps)
    lost = [life for life in model.lives if "lost" in life]
    assert len([finding for finding in wire.findings if finding.rule == "GW402"]) == len(lost)
