"""Which UploadFile brought a notification about, and how long it took. (Links: `test_causes_of_links.py`.)"""

import pytest

from inspector.analysis.causes import Cause
from tests.analysis.shapes import (
    CUSTOMER,
    DOCUMENT,
    HELLO,
    OTHER_CHAT,
    OTHER_DOCUMENT,
    Json,
    agent,
    file_line,
    line,
    log_has,
    sent,
)
from tests.analysis.traffic import Desk, Wire

EMPTY_FILE_LINE = line("SystemCommand", agent("sofia"), 7, noticeText="file-uploaded")


def at_work() -> tuple[Wire, Desk]:
    """Sofia, with her document linked to the chat, and nothing derived that is not about to come."""
    wire = Wire()
    sofia = wire.at_work("sofia")
    sofia.has_linked(DOCUMENT)
    sofia.has_linked(OTHER_DOCUMENT)
    wire.derived.clear()
    return wire, sofia


def test_an_upload_causes_the_notification_that_names_its_document() -> None:
    wire, sofia = at_work()
    poll = sofia.poll()
    upload = sofia.upload()
    wire.wait(30)
    wire.answer(upload)
    wire.wait(12.5)
    wire.tell(poll, log_has(HELLO), sent())
    assert wire.causes == [Cause(upload.number, poll.number, 1, "uploaded", "documentId", wait_ms=42.5, lag_ms=12.5)]


def test_the_edge_to_a_notification_that_came_first_waits_for_the_reply() -> None:
    wire, sofia = at_work()
    upload = sofia.upload()
    wire.wait(20)
    poll = sofia.hear(sent())
    assert wire.causes == []
    wire.wait(19)
    wire.answer(upload)
    assert wire.causes == [Cause(upload.number, poll, 0, "uploaded", "documentId", wait_ms=20, lag_ms=-19)]


def test_the_edge_of_a_call_that_was_never_answered_is_told_at_the_end_without_a_lag() -> None:
    wire, sofia = at_work()
    upload = sofia.upload()
    wire.wait(20)
    poll = sofia.hear(sent())
    wire.close()
    assert wire.causes == [Cause(upload.number, poll, 0, "uploaded", "documentId", wait_ms=20, lag_ms=None)]


def test_a_call_whose_reply_was_cut_still_causes_its_notification_and_has_no_lag() -> None:
    wire, sofia = at_work()
    upload = sofia.upload()
    wire.fail(upload)
    wire.wait(20)
    poll = sofia.hear(sent())
    wire.close()
    assert wire.causes == [Cause(upload.number, poll, 0, "uploaded", "documentId", wait_ms=20, lag_ms=None)]


def test_a_reply_that_was_cut_after_the_notification_leaves_the_edge_without_a_lag() -> None:
    wire, sofia = at_work()
    upload = sofia.upload()
    wire.wait(20)
    poll = sofia.hear(sent())
    wire.wait(10)
    wire.fail(upload)
    wire.close()
    assert wire.causes == [Cause(upload.number, poll, 0, "uploaded", "documentId", wait_ms=20, lag_ms=None)]


def test_a_refused_call_causes_nothing() -> None:
    wire, sofia = at_work()
    wire.refuse(sofia.upload())
    sofia.hear(sent())
    wire.close()
    assert wire.causes == []


def test_a_retry_after_a_refusal_is_the_cause() -> None:
    wire, sofia = at_work()
    wire.refuse(sofia.upload())
    retry = sofia.upload()
    wire.answer(retry)
    poll = sofia.hear(sent())
    assert wire.edges == [(retry.number, poll, 0)]


def test_a_notification_without_a_call_has_no_cause() -> None:
    wire, sofia = at_work()
    sofia.hear(sent("another-document"), log_has(HELLO), sent("customers-file", by=CUSTOMER))
    wire.close()
    assert wire.causes == []


def test_an_upload_asked_after_the_notification_is_not_its_cause() -> None:
    wire, sofia = at_work()
    sofia.hear(sent())
    wire.answer(sofia.upload())
    wire.close()
    assert wire.causes == []


def test_a_customers_file_of_the_same_document_is_not_the_agents() -> None:
    wire, sofia = at_work()
    wire.answer(sofia.upload())
    sofia.hear(sent(by=CUSTOMER))
    assert wire.causes == []


def test_one_document_in_two_chats_is_told_of_apart() -> None:
    wire, sofia = at_work()
    sofia.accept(OTHER_CHAT)
    here, there = sofia.upload(), sofia.upload(chat=OTHER_CHAT)
    wire.answer(here)
    wire.answer(there)
    poll = sofia.hear(sent(of=OTHER_CHAT), sent())
    assert wire.edges == [(there.number, poll, 0), (here.number, poll, 1)]


def test_one_document_sent_twice_has_two_edges_in_order() -> None:
    wire, sofia = at_work()
    first, second = sofia.upload(), sofia.upload()
    wire.answer(second)
    wire.answer(first)
    one = sofia.hear(sent(index=7, fileId="F1"))
    two = sofia.hear(sent(index=8, fileId="F2"))
    assert wire.edges == [(first.number, one, 0), (second.number, two, 0)]


def test_a_notification_delivered_again_makes_no_second_edge() -> None:
    wire, sofia = at_work()
    upload = sofia.upload()
    wire.answer(upload)
    poll = sofia.hear(sent())
    sofia.hear(sent() | {"metrics": {"n": 1}}, sent())
    assert wire.edges == [(upload.number, poll, 0)]


def test_a_notification_delivered_again_is_not_taken_for_that_of_a_second_upload() -> None:
    wire, sofia = at_work()
    first = sofia.upload()
    wire.answer(first)
    one = sofia.hear(sent(fileId="F1"))
    second = sofia.upload()
    wire.answer(second)
    sofia.hear(sent(fileId="F1"))
    two = sofia.hear(sent(fileId="F2", index=8))
    assert wire.edges == [(first.number, one, 0), (second.number, two, 0)]


def without(line: Json, *members: str) -> Json:
    """The file's line without these, be they its attachment's or its own."""
    shown = {name: value for name, value in line.items() if name not in members}
    return shown | {"attachment": {name: value for name, value in line["attachment"].items() if name not in members}}


@pytest.mark.parametrize(
    ("first", "again", "same"),
    [
        (file_line(fileId="F1"), file_line(fileId="F1", index=9), True),
        (file_line(fileId="F1"), file_line(fileId="F2", index=9), False),
        (without(file_line(), "fileId"), without(file_line(name="other"), "fileId"), True),
        (without(file_line(), "fileId"), without(file_line(index=9), "fileId"), False),
        (file_line(fileId="F1"), without(file_line(), "fileId"), True),
        (without(file_line(), "fileId"), file_line(fileId="F1"), True),
        (without(file_line(), "fileId", "index"), without(file_line(), "fileId", "index"), True),
        (without(file_line(), "fileId", "index"), without(file_line(size=47), "fileId", "index"), False),
    ],
    ids=["file", "other file", "index", "other index", "no file then", "no file before", "all it says", "or not"],
)
def test_a_line_is_the_same_by_its_file_or_else_its_index_or_else_all_it_says(
    first: Json, again: Json, same: bool
) -> None:
    """One logical event is told by its chat and `fileId` or `index`; members depend on the kind of notification."""
    wire, sofia = at_work()
    uploads = [sofia.upload(), sofia.upload()]
    for upload in uploads:
        wire.answer(upload)
    polls = [sofia.hear(log_has(first)), sofia.hear(log_has(again) | {"metrics": {"n": 1}})]
    edges = [(upload.number, poll, 0) for upload, poll in zip(uploads, polls, strict=True)]
    assert wire.edges == (edges[:1] if same else edges)


def test_each_agent_of_a_chat_that_is_told_has_an_edge_of_its_own() -> None:
    wire, sofia = at_work()
    toni = wire.at_work("toni")
    upload = sofia.upload()
    wire.answer(upload)
    polls = [toni.hear(sent()), sofia.hear(sent())]
    toni.hear(sent())
    assert wire.edges == [(upload.number, polls[0], 0), (upload.number, polls[1], 0)]


def test_edges_of_two_agents_wait_together_for_the_reply() -> None:
    wire, sofia = at_work()
    toni = wire.at_work("toni")
    upload = sofia.upload()
    polls = [toni.hear(sent()), sofia.hear(sent())]
    wire.wait(5)
    wire.answer(upload)
    assert [(cause.call, cause.exchange, cause.lag_ms) for cause in wire.causes] == [
        (upload.number, polls[0], -5),
        (upload.number, polls[1], -5),
    ]


def test_another_agents_file_is_not_ours_though_the_document_is_the_same() -> None:
    wire, sofia = at_work()
    toni = wire.at_work("toni")
    ours, his = sofia.upload(), toni.upload()
    wire.answer(ours)
    wire.answer(his)
    first = sofia.hear(sent(by="toni", fileId="F1"))
    second = sofia.hear(sent(by="sofia", index=8, fileId="F2"))
    assert wire.edges == [(his.number, first, 0), (ours.number, second, 0)]


def test_a_line_of_an_agent_without_an_address_may_be_ours() -> None:
    wire, sofia = at_work()
    upload = sofia.upload()
    wire.answer(upload)
    poll = sofia.hear(sent(by={"type": "Agent", "nickname": "somebody"}))
    assert wire.edges == [(upload.number, poll, 0)]


def test_a_file_without_attachment_belongs_to_the_only_upload_under_way() -> None:
    wire, sofia = at_work()
    upload = sofia.upload()
    wire.answer(upload)
    wire.wait(3)
    poll = sofia.hear(log_has(EMPTY_FILE_LINE))
    assert wire.causes == [
        Cause(upload.number, poll, 0, "uploaded", "the only one under way", wait_ms=3, lag_ms=3),
    ]


def test_a_file_without_attachment_is_not_that_of_an_upload_that_was_lost_before() -> None:
    wire, sofia = at_work()
    wire.answer(sofia.upload())
    wire.wait(30_000)
    sofia.hear()
    upload = sofia.upload(OTHER_DOCUMENT)
    wire.answer(upload)
    poll = sofia.hear(log_has(EMPTY_FILE_LINE))
    assert wire.edges == [(upload.number, poll, 0)]


def test_a_file_without_attachment_belongs_to_none_of_two() -> None:
    wire, sofia = at_work()
    wire.answer(sofia.upload())
    wire.answer(sofia.upload(OTHER_DOCUMENT))
    sofia.hear(log_has(EMPTY_FILE_LINE))
    assert wire.causes == []
