"""What is kept of calls and chats: memory stays flat over long sessions."""

import gc

from inspector.analysis.causes.cause import Expectation
from inspector.analysis.chats import LONGEST
from inspector.analysis.finding import Severity
from tests.analysis.operations import says
from tests.analysis.shapes import chat_is, sent
from tests.analysis.traffic import Desk, Wire


def test_of_chats_that_were_over_long_ago_nothing_is_kept() -> None:
    """An id joins whenever it comes, unless 200 other chats are over since then."""
    before, wire = _expectations(), Wire()
    sofia = wire.log_in()
    sofia.listen()
    calls = [_whole_chat(sofia, f"chat {number}") for number in range(1_000)]
    wire.derived.clear()
    sofia.hear(sent(of="chat 0"))
    poll = sofia.hear(sent(of="chat 999"))
    assert wire.edges == [(calls[-1], poll, 0)]
    assert _expectations() - before <= 6 * 202


def test_of_a_chat_that_goes_on_and_on_only_the_last_is_kept() -> None:
    """Not even where nobody tells of its files."""
    before, wire = _expectations(), Wire()
    sofia = wire.at_work()
    for number in range(2 * LONGEST + 100):
        wire.answer(sofia.upload(f"document {number % 500}"))
        wire.derived.clear()
    assert 0 < _expectations() - before <= LONGEST


def test_a_chat_that_begins_anew_in_its_midst_is_nobodys_mistake() -> None:
    wire = Wire()
    sofia = wire.at_work()
    sofia.has_linked("first")
    for number in range(LONGEST // 2):
        upload = sofia.upload("first")
        wire.answer(sofia.do("SendMessage", text=f"{number}"))
        poll = sofia.poll()
        wire.answer(upload)
        wire.tell(poll, sent("first", index=number + 9, fileId=f"file {number}"))
    assert {one.rule for one in wire.findings} == {"GW401", "GW410"}  # of the first it may have been linked before
    assert {one.severity for one in wire.findings} == {Severity.INFO}


def _whole_chat(desk: Desk, chat: str) -> int:
    """From Accept to Complete, with a file that nobody is told of; the UploadFile."""
    desk.accept(chat)
    upload = desk.upload(chat=chat)
    for call in (
        upload,
        desk.do("SendMessage", chat=chat, text="Hello"),
        desk.do("SetInFocus", chat=chat),
        desk.link(chat=chat),
        desk.do("Complete", chat=chat),
    ):
        desk.wire.answer(call)
    desk.hear(chat_is("Completed", of=chat))
    return upload.number


def _expectations() -> int:
    """Calls that are waited for, in whatever place."""
    gc.collect()
    return sum(isinstance(one, Expectation) for one in gc.get_objects())


def test_after_an_accept_that_was_refused_what_is_said_is_new() -> None:
    wire = Wire()
    sofia = wire.at_work()
    wire.derived.clear()
    wire.refuse(sofia.do("Accept"))
    call = sofia.do("SendMessage", text="Hi")
    wire.answer(call)
    poll = sofia.hear(says("Text", text="Hi"))
    assert [(one.call, one.exchange) for one in wire.all_causes] == [(call.number, poll)]


def test_where_a_server_tells_no_transcript_the_first_file_is_the_one_that_was_sent() -> None:
    wire = Wire()
    sofia = wire.log_in()
    sofia.listen()
    wire.answer(sofia.do("Accept"))
    sofia.hear(chat_is())
    sofia.has_linked()
    wire.derived.clear()
    upload = sofia.upload()
    wire.answer(upload)
    first = sofia.hear(sent())
    call = sofia.do("SendMessage", text="Hi")
    wire.answer(call)
    second = sofia.hear(says("Text", text="Hi"))
    edges = [(one.call, one.exchange, one.kind) for one in wire.all_causes]
    assert edges == [(upload.number, first, "uploaded"), (call.number, second, "said")]
