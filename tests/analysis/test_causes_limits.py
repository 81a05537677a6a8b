"""What is no cause: what only looks like the effect of a call (design, section 7; reference, 4.3 and 12)."""

import pytest

from tests.analysis.limits import at_work, edges, evidence, second_tab, text, update
from tests.analysis.operations import AGENTS, COMPLETED, OK, SOFIA_OLD, TONI, data, lists, says
from tests.analysis.shapes import CHAT, CUSTOMER, OTHER_CHAT, agent, chat_is, line, log_has
from tests.analysis.traffic import ME, Desk, Wire


def test_a_line_of_the_transcript_told_after_accept_is_no_new_event() -> None:
    wire = Wire()
    sofia = wire.log_in()
    sofia.listen()
    accept = sofia.do("Accept")
    wire.answer(accept)
    call = sofia.do("SendMessage", text="Hello")
    wire.answer(call)
    old = line("Text", agent("sofia"), 3, text="Hello")
    tab = second_tab(sofia)
    poll = sofia.hear(log_has(old))
    tab.hear(log_has(old))
    new = sofia.hear(log_has(line("Text", agent("sofia"), 9, text="Hello")))
    assert edges(wire) == [(accept.number, poll, 0), (call.number, new, 0)]


def test_a_transcript_told_again_makes_no_second_edge() -> None:
    wire, [sofia] = at_work()
    first = sofia.do("SendMessage", text="Hello")
    wire.answer(first)
    poll = sofia.hear(text())
    second = sofia.do("SendMessage", text="Hello")
    wire.answer(second)
    sofia.accept(CHAT, line("Text", CUSTOMER, 2, text="Hello"), line("Text", agent("sofia"), 8, text="Hello"))
    sofia.hear(text())
    assert [edge for edge in edges(wire) if edge[0] in (first.number, second.number)] == [(first.number, poll, 0)]


def test_what_another_has_just_said_is_told_to_all_whoever_accepts_meanwhile() -> None:
    wire, [sofia] = at_work()
    toni = wire.log_in("toni")
    toni.listen()
    call = sofia.do("SendMessage", text="Hello")
    toni.accept(CHAT, line("Text", agent("sofia"), 8, text="Hello"))
    poll = sofia.hear(text())
    wire.answer(call)
    assert [edge for edge in edges(wire) if edge[0] == call.number] == [(call.number, poll, 0)]


def test_the_same_text_said_twice_has_two_edges_in_order() -> None:
    wire, [sofia] = at_work()
    first, second = sofia.do("SendMessage", text="Hello"), sofia.do("SendMessage", text="Hello")
    poll = sofia.hear(text(index=8), text(index=9))
    wire.answer(second)
    wire.answer(first)
    assert edges(wire) == [(second.number, poll, 1), (first.number, poll, 0)]


@pytest.mark.parametrize("line_names", [("index",), ()], ids=["by index", "by all it says"])
def test_a_line_that_another_tab_is_told_is_not_that_of_a_second_equal_call(line_names: tuple[str, ...]) -> None:
    wire, [sofia] = at_work()
    tab = second_tab(sofia)
    told = text()
    if not line_names:
        del told["messages"][0]["index"]
    first = sofia.do("SendMessage", text="Hello")
    wire.answer(first)
    poll = sofia.hear(told)
    wire.answer(sofia.do("SendMessage", text="Hello"))
    tab.hear(told | {"metrics": {"n": 1}})
    assert edges(wire) == [(first.number, poll, 0)]


@pytest.mark.parametrize("reference", [None, 85], ids=["no reference", "reference"])
def test_a_change_that_another_tab_is_told_is_not_that_of_a_second_equal_call(reference: int | None) -> None:
    wire, [sofia] = at_work()
    tab = second_tab(sofia)
    first = update(sofia, a=1)
    one = sofia.hear(data(reference, a=1))
    second = update(sofia, a=1)
    tab.hear(data(reference, a=1) | {"metrics": {"n": 1}})
    two = sofia.hear(data(reference and 86, a=1))
    tab.hear(data(reference and 86, a=1))
    assert edges(wire) == [(first, one, 0), (second, two, 0)]


def test_a_change_told_before_the_call_is_not_its_effect_when_another_tab_is_told() -> None:
    """The router's, or another session's: its copy comes when the call is under way."""
    wire, [sofia] = at_work()
    tab = second_tab(sofia)
    sofia.hear(data(None, a=1))
    update(sofia, a=1)
    tab.hear(data(None, a=1))
    assert edges(wire) == []


def test_an_equal_change_on_a_new_client_is_a_new_one_when_the_old_client_is_gone() -> None:
    wire, [sofia] = at_work()
    first = update(sofia, a=1)
    one = sofia.hear(data(None, a=1))
    wire.wait(11_000)
    sofia.listen()
    second = update(sofia, a=1)
    two = sofia.hear(data(None, a=1))
    assert edges(wire) == [(first, one, 0), (second, two, 0)]


def test_a_change_that_is_redelivered_makes_no_second_edge() -> None:
    wire, [sofia] = at_work()
    call = sofia.do("Invite", targetUri=TONI)
    wire.answer(call, OK | {"referenceId": 35})
    told = lists(agent("sofia"), agent("toni")) | {"referenceId": 35}
    poll = sofia.hear(told)
    sofia.hear(told | {"metrics": {"n": 1}})
    assert edges(wire) == [(call.number, poll, 0)]


def test_a_change_that_is_redelivered_before_the_reply_makes_no_second_edge() -> None:
    wire, [sofia] = at_work()
    call = sofia.do("AttachUserData", userData={"a": 1})
    poll = sofia.hear(data(83, a=1))
    sofia.hear(data(83, a=1))
    wire.answer(call, OK | {"referenceId": 83})
    assert evidence(wire) == [(call.number, poll, "referenceId")]


def test_what_another_agent_says_alike_is_not_ours() -> None:
    wire, [sofia] = at_work()
    wire.answer(sofia.do("SendMessage", text="Hello"))
    sofia.hear(text(by="toni"))
    assert edges(wire) == []


def test_two_agents_who_say_the_same_have_each_their_own() -> None:
    wire, [sofia, toni] = at_work("sofia", "toni")
    ours, theirs = sofia.do("SendMessage", text="Hello"), toni.do("SendMessage", text="Hello")
    poll = sofia.hear(text(by="toni", index=8), text(by="sofia", index=9))
    wire.answer(ours)
    wire.answer(theirs)
    assert edges(wire) == [(ours.number, poll, 1), (theirs.number, poll, 0)]


def test_who_is_named_comes_before_one_of_whom_nobody_knows_who_it_is() -> None:
    wire, [toni] = at_work("toni")
    stranger = Desk(wire, ("Cookie", "JSESSIONID=before-the-recording"))
    asked, theirs = stranger.do("SendMessage", text="Hello"), toni.do("SendMessage", text="Hello")
    poll = toni.hear(text(by="toni", index=8), text(by=SOFIA_OLD, index=9))
    wire.answer(theirs)
    wire.answer(asked)
    assert edges(wire) == [(theirs.number, poll, 0), (asked.number, poll, 1)]


def test_a_customer_who_types_while_the_agents_typing_is_under_way_is_not_the_agent() -> None:
    wire, [sofia] = at_work()
    call = sofia.do("SendStartTypingNotification")
    poll = sofia.hear(says("TypingStarted", CUSTOMER, 8), says("TypingStarted", "sofia", 9))
    wire.answer(call)
    assert edges(wire) == [(call.number, poll, 1)]


def test_typing_for_agents_is_not_typing_for_all() -> None:
    wire, [sofia] = at_work()
    for_all = sofia.do("SendStartTypingNotification")
    for_agents = sofia.do("SendStartTypingToAgentsNotification")
    poll = sofia.hear(says("TypingStarted", index=8, **AGENTS), says("TypingStarted", index=9))
    wire.answer(for_all)
    wire.answer(for_agents)
    assert edges(wire) == [(for_all.number, poll, 1), (for_agents.number, poll, 0)]


def test_a_change_of_state_without_a_call_is_the_routers() -> None:
    wire, [sofia] = at_work()
    update(sofia, a=1)
    sofia.hear(chat_is("Revoked"), chat_is("Completed"), chat_is("Chatting"))
    assert edges(wire) == []


def test_a_change_of_state_is_told_to_the_caller_and_others_are_told_of_theirs() -> None:
    wire, [sofia, toni] = at_work("sofia", "toni")
    call = sofia.do("Leave")
    wire.answer(call)
    toni.hear(COMPLETED)
    poll = sofia.hear(COMPLETED)
    assert edges(wire) == [(call.number, poll, 0)]


def test_a_line_has_an_edge_to_each_agent_that_is_told_of_it_and_one_only() -> None:
    wire, [sofia, toni] = at_work("sofia", "toni")
    call = sofia.do("SendMessage", text="Hello")
    wire.answer(call)
    polls = [toni.hear(text()), sofia.hear(text()), toni.hear(text())]
    assert evidence(wire) == [(call.number, polls[0], "text"), (call.number, polls[1], "index")]


def test_an_equal_change_that_another_agent_was_told_before_is_no_copy() -> None:
    wire, [sofia, toni] = at_work("sofia", "toni")
    call = update(sofia, a=1)
    toni.hear(data(None, a=1))
    poll = sofia.hear(data(None, a=1))
    assert edges(wire) == [(call, poll, 0)]


def test_a_transcript_is_told_to_the_one_who_accepted() -> None:
    wire = Wire()
    accepts = []
    for user in ("sofia", "toni"):
        desk = wire.log_in(user)
        desk.listen()
        accepts.append((desk, desk.do("Accept")))
    polls = [desk.hear(log_has(line("Text", CUSTOMER, 2, text="Hello"))) for desk, _ in reversed(accepts)]
    for _, call in accepts:
        wire.answer(call)
    assert edges(wire) == [(accepts[0][1].number, polls[1], 0), (accepts[1][1].number, polls[0], 0)]


def test_a_list_is_no_removal_of_another_agents() -> None:
    wire, [sofia, toni] = at_work("sofia", "toni")
    call = sofia.unlink()
    toni.hear(chat_is(kind="AttachmentRemoved"))
    poll = sofia.hear(chat_is(kind="AttachmentRemoved"))
    wire.answer(call)
    assert edges(wire) == [(call.number, poll, 0)]


def test_what_is_said_in_another_chat_is_not_said_in_this_one() -> None:
    wire, [sofia] = at_work()
    sofia.accept(OTHER_CHAT)
    wire.derived.clear()
    call = sofia.do("SendMessage", chat=OTHER_CHAT, text="Hello")
    wire.answer(call)
    sofia.hear(text())
    assert edges(wire) == []


def test_a_chat_in_which_a_supervisor_has_been_for_long_does_not_appear() -> None:
    wire, [sofia] = at_work()
    supervised = chat_is(participants=[agent("sofia") | {"visibility": "Supervisors"}])
    wire.answer(sofia.ask("POST", f"{ME.removesuffix('me')}users/U/channels/chat", {"operationName": "Monitor"}))
    sofia.hear(supervised)
    assert edges(wire) == []


@pytest.mark.parametrize(("ms", "found"), [(30_000, True), (30_001, False)], ids=["30 s", "later"])
def test_evidence_counts_within_the_window_after_the_reply(ms: int, found: bool) -> None:
    wire, [sofia] = at_work()
    said = sofia.do("SendMessage", text="Hello")
    kept = sofia.do("UpdateUserData", userData={"a": 1})
    wire.wait(90_000)
    wire.answer(said)
    wire.answer(kept)
    wire.wait(ms)
    poll = sofia.hear(text(), data(None, a=1))
    assert edges(wire) == ([(said.number, poll, 0), (kept.number, poll, 1)] if found else [])


def test_a_call_is_awaited_for_as_long_as_its_reply_is() -> None:
    wire, [sofia] = at_work()
    said = sofia.do("SendMessage", text="Hello")
    wire.wait(300_000)
    poll = sofia.hear(text())
    wire.answer(said)
    assert edges(wire) == [(said.number, poll, 0)]
