"""Which of several calls is the cause: by `referenceId` first, then by what fits best (reference, section 4.3)."""

import pytest

from tests.analysis.limits import at_work, edges, evidence, text, update
from tests.analysis.operations import CHATTING, OK, TONI, data, lists, says
from tests.analysis.shapes import agent
from tests.analysis.traffic import Wire


def test_an_address_that_was_asked_for_is_not_that_of_an_earlier_call() -> None:
    wire, [sofia] = at_work()
    lost, told = sofia.do("SendUrl", url="http://a.example/"), sofia.do("SendUrl", url="http://b.example/")
    wire.answer(lost)
    wire.answer(told)
    poll = sofia.hear(says("PushUrl", url="http://b.example/"))
    assert edges(wire) == [(told.number, poll, 0)]


def test_a_list_of_participants_with_the_invited_user_is_not_that_of_accept() -> None:
    wire = Wire()
    sofia = wire.log_in()
    sofia.listen()
    accept = sofia.do("Accept")
    wire.answer(accept)
    invite = sofia.do("Invite", targetUri=TONI)
    wire.answer(invite)
    poll = sofia.hear(CHATTING, lists(agent("sofia"), agent("toni")))
    assert edges(wire) == [(accept.number, poll, 0), (invite.number, poll, 1)]


def test_a_retry_is_the_cause_rather_than_the_call_whose_connection_broke() -> None:
    wire, [sofia] = at_work()
    broken = sofia.do("SendMessage", text="Hello")
    wire.fail(broken)
    retry = sofia.do("SendMessage", text="Hello")
    wire.answer(retry)
    one, two = sofia.hear(text(index=8)), sofia.hear(text(index=9))
    assert edges(wire) == [(retry.number, one, 0), (broken.number, two, 0)]


def test_what_a_refused_call_was_taken_for_is_another_calls() -> None:
    wire, [sofia, toni] = at_work("sofia", "toni")
    refused, other = sofia.do("SendMessage", text="Hello"), sofia.do("SendMessage", text="Hello")
    polls = [sofia.hear(text()), toni.hear(text())]
    wire.answer(other)
    wire.refuse(refused)
    assert evidence(wire) == [(other.number, polls[0], "text"), (other.number, polls[1], "index")]


def test_what_a_refused_call_was_taken_for_is_not_that_of_a_later_call() -> None:
    wire, [sofia] = at_work()
    refused = sofia.do("SendMessage", text="Hello")
    sofia.hear(text())
    wire.wait(1)
    later = sofia.do("SendMessage", text="Hello")
    wire.answer(later)
    wire.refuse(refused)
    assert edges(wire) == []


def test_a_reference_to_another_call_is_stronger_than_what_is_told() -> None:
    """The replies came first."""
    wire, [sofia] = at_work()
    first, second = sofia.do("UpdateUserData", userData={"a": 1}), sofia.do("UpdateUserData", userData={"a": 1})
    wire.answer(first, OK | {"referenceId": 84})
    wire.answer(second, OK | {"referenceId": 83})
    poll = sofia.hear(data(83, a=1), data(84, a=1))
    assert edges(wire) == [(second.number, poll, 0), (first.number, poll, 1)]


@pytest.mark.parametrize(
    "references", [(84, 83), (84, None), (None, 83)], ids=["both", "of the first", "of the second"]
)
def test_a_reference_in_a_later_reply_puts_right_what_was_taken_for_another_calls(
    references: tuple[int | None, int | None],
) -> None:
    """The notifications came first."""
    wire, [sofia] = at_work()
    calls = [sofia.do("UpdateUserData", userData={"a": 1}) for _ in references]
    poll = sofia.hear(data(83, a=1), data(84, a=1))
    for call, reference in zip(calls, references, strict=True):
        wire.answer(call, OK | ({"referenceId": reference} if reference else {}))
    expected = {(calls[1].number, poll, 0), (calls[0].number, poll, 1)}
    if references[0] is None:
        # the first reply came before anything said that its claim was wrong: told is told
        expected = {(calls[0].number, poll, 0)}
    assert set(edges(wire)) == expected


def test_a_change_that_refers_to_a_call_without_an_effect_is_not_anothers() -> None:
    wire, [sofia] = at_work()
    focus = sofia.do("SetInFocus")
    wire.answer(focus, OK | {"referenceId": 7})
    update(sofia, a=1)
    poll = sofia.hear(data(7, a=1))
    assert evidence(wire) == [(focus.number, poll, "referenceId")]


def test_references_are_those_of_one_agents_session() -> None:
    wire, [sofia, toni] = at_work("sofia", "toni")
    ours, theirs = sofia.do("UpdateUserData", userData={"a": 1}), toni.do("UpdateUserData", userData={"b": 1})
    wire.answer(ours, OK | {"referenceId": 5})
    wire.answer(theirs, OK | {"referenceId": 5})
    polls = [toni.hear(data(5, a=1, b=1)), sofia.hear(data(5, a=1, b=1))]
    assert edges(wire) == [(theirs.number, polls[0], 0), (ours.number, polls[1], 0)]


def test_a_reference_joins_whenever_it_comes() -> None:
    """Who is invited may take long to accept."""
    wire, [sofia] = at_work()
    call = sofia.do("Invite", targetUri=TONI)
    wire.answer(call, OK | {"referenceId": 35})
    wire.wait(45_000)
    poll = sofia.hear(lists(agent("toni")) | {"referenceId": 35})
    assert [(one.call, one.exchange, one.kind, one.lag_ms) for one in wire.all_causes] == [
        (call.number, poll, "participants", 45_000)
    ]
