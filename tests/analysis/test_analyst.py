"""One pass: what comes out at which event, in which order, and the same again for the same events."""

import gzip
from collections.abc import Callable

import pytest

from inspector.analysis.agents import Agent
from inspector.analysis.analyst import AnalysisSettings, Analyst, Derived
from inspector.analysis.calls import Call
from inspector.analysis.causes import Cause
from inspector.analysis.channel import Message
from inspector.analysis.finding import Finding
from inspector.analysis.transfers import Fetch, Transfer
from inspector.traffic.exchange import Completed, Event, Started
from tests.analysis.shapes import CUSTOMER, DOCUMENT, OTHER_DOCUMENT, chat_has, sent
from tests.analysis.traffic import CHANNEL, OK, Desk, Wire


def kinds(derived: list[Derived]) -> list[type]:
    return [type(thing) for thing in derived]


def meaning(wire: Wire, happens: Callable[[], object]) -> list[Derived]:
    """What comes out while something happens."""
    before = len(wire.derived)
    happens()
    return wire.derived[before:]


def test_a_request_tells_what_it_breaks_and_begins_and_its_reply_tells_the_call() -> None:
    wire = Wire()
    sofia = wire.at_work()
    uploads: list[int] = []
    assert kinds(meaning(wire, lambda: uploads.append(sofia.upload().number))) == [Finding, Transfer]
    asked = next(event.exchange for event in wire.events if event.exchange.number == uploads[0])
    assert kinds(meaning(wire, lambda: wire.refuse(asked))) == [Call, Finding, Transfer]


def test_a_call_comes_before_its_edges_and_a_message_before_what_follows_from_it() -> None:
    wire = Wire()
    sofia = wire.at_work()
    link, poll = sofia.link(), sofia.poll()
    assert kinds(meaning(wire, lambda: wire.answer(link))) == [Call]
    told = meaning(wire, lambda: wire.tell(poll, chat_has(DOCUMENT)))
    assert kinds(told) == [Message, Message, Cause, Transfer, Message]
    upload = sofia.upload()
    sofia.hear(sent())
    assert kinds(meaning(wire, lambda: wire.answer(upload))) == [Call, Cause, Transfer]


def test_an_agent_comes_before_everything_of_its_own() -> None:
    wire = Wire()
    first = meaning(wire, lambda: Desk(wire, ("Cookie", "JSESSIONID=old")).upload())
    assert kinds(first) == [Agent, Finding, Transfer]


def test_the_end_tells_all_agents_once_more_with_when_they_were_last_seen() -> None:
    wire = Wire()
    sofia = wire.log_in("sofia")
    wire.log_in("toni")
    wire.answer(sofia.get("/me/chats"), OK)
    assert [(agent.user_name, agent.first_tick, agent.last_tick) for agent in meaning(wire, wire.close)] == [  # type: ignore[union-attr]
        ("sofia", 2, 6),
        ("toni", 4, 4),
    ]


def test_what_is_no_matter_of_the_api_means_nothing() -> None:
    wire = Wire()
    for method, target in (("GET", "/"), ("POST", "/login"), ("OPTIONS", CHANNEL), ("PUT", "/api/v2/me/chats/C")):
        wire.answer(wire.ask(method, target, b"x"), b"y", ("Content-Type", "text/plain"))
    wire.close()
    assert wire.derived == []


def test_an_end_whose_begin_was_not_seen_does_no_harm() -> None:
    wire = Wire()
    sofia = wire.at_work()
    wire.answer(sofia.upload())
    sofia.hear(sent())
    analyst = Analyst()
    for event in wire.events:
        if isinstance(event, Completed):
            analyst.feed(event)


def test_an_analyst_that_is_never_fed_has_nothing_to_say() -> None:
    assert Analyst().close(Wire().now) == []


def test_the_window_is_half_a_minute_unless_told_otherwise() -> None:
    assert AnalysisSettings() == AnalysisSettings(window_ms=30_000)


def eventful() -> Wire:
    """Two agents in one chat, and most of what can happen to files."""
    wire = Wire()
    sofia, toni = wire.at_work("sofia"), wire.at_work("toni")
    sofia.has_linked()
    uploads = [sofia.upload(), toni.upload(OTHER_DOCUMENT), sofia.do("UploadFile", documentId=7)]
    polls = [sofia.poll(), toni.poll()]
    wire.wait(20)
    for poll in polls:
        wire.tell(poll, sent(), sent(OTHER_DOCUMENT, by="toni"), sent("C", by=CUSTOMER, path="/x"), {"messages": 7})
    wire.wait(20)
    wire.answer(uploads[0])
    wire.refuse(uploads[1])
    wire.fail(uploads[2])
    wire.answer(sofia.get(f"/attachments/{DOCUMENT}"), gzip.compress(b"x", mtime=0), ("Content-Encoding", "gzip"))
    wire.answer(sofia.upload())
    wire.wait(40_000)
    sofia.hear()
    toni.upload()
    wire.answer(toni.log_out())
    wire.close()
    return wire


def derived_from(events: list[Event], wire: Wire) -> list[Derived]:
    analyst = Analyst()
    derived = [thing for event in events for thing in analyst.feed(event)]
    return derived + analyst.close(wire.now)


def test_the_same_events_mean_the_same() -> None:
    wire = eventful()
    assert {type(thing) for thing in wire.derived} == {Agent, Call, Message, Cause, Transfer, Fetch, Finding}
    assert derived_from(wire.events, wire) == wire.derived == eventful().derived


def test_two_analysts_know_nothing_of_each_other() -> None:
    wire = eventful()
    first, second = Analyst(), Analyst()
    derived: list[list[Derived]] = [[], []]
    for event in wire.events:
        derived[0] += first.feed(event)
        derived[1] += second.feed(event)
    assert derived[0] + first.close(wire.now) == derived[1] + second.close(wire.now) == wire.derived


def test_what_was_derived_once_does_not_change_afterwards() -> None:
    """So that it can be kept, compared, or written by another thread."""
    wire = Wire()
    sofia = Desk(wire, ("Cookie", "JSESSIONID=old"))
    wire.answer(sofia.do("Accept"))
    wire.answer(sofia.get("/me"), OK | {"user": {"id": "U7", "userName": "Sofia"}})
    wire.close()
    told = [thing for thing in wire.derived if isinstance(thing, Agent)]
    assert [(agent.user_name, agent.last_tick) for agent in told] == [("", 1), ("Sofia", 4), ("Sofia", 4)]


@pytest.mark.parametrize("held", [True, False])
def test_events_of_exchanges_that_overlap_are_taken_as_they_come(held: bool) -> None:
    """A held poll spans many operations; only when it ends is anybody told."""
    wire = Wire()
    sofia = wire.at_work()
    poll = sofia.poll() if held else None
    sofia.link()
    upload = sofia.upload()
    wire.answer(upload)
    number = wire.tell(poll or sofia.poll(), chat_has(DOCUMENT), sent())
    assert [(cause.kind, cause.call, cause.position) for cause in wire.causes if cause.exchange == number] == [
        ("uploaded", upload.number, 1)
    ]
    assert wire.life() == ["asked", "accepted", "sent"]
    assert [event for event in wire.events if isinstance(event, Started)][-1].exchange.number == max(
        number, upload.number
    )
