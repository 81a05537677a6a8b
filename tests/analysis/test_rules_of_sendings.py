"""GW404, GW405 and GW409: files that were told of once too often, though refused, or in another chat."""

from typing import Any

import pytest

from inspector.analysis.finding import Finding, Severity
from tests.analysis.sendings import WINDOW, found, rules, silence
from tests.analysis.shapes import (
    CHAT,
    CUSTOMER,
    DOCUMENT,
    HELLO,
    agent,
    file_line,
    log_has,
    sent,
)
from tests.analysis.traffic import Desk, Wire

NAMELESS = {"type": "Agent", "nickname": "sofia"}


def at_work() -> tuple[Wire, Desk]:
    """Sofia, with her document linked to the chat."""
    wire = Wire()
    sofia = wire.at_work("sofia")
    sofia.has_linked(DOCUMENT)
    return wire, sofia


# GW404


def test_404_tells_which_notification_is_one_too_many() -> None:
    wire, sofia = at_work()
    upload = sofia.upload()
    wire.answer(upload)
    sofia.hear(sent())
    poll = sofia.hear(log_has(HELLO), log_has(HELLO, file_line(index=9, name="offer.txt", fileId="F2")))
    assert found(wire) == [
        Finding(
            "GW404",
            Severity.WARNING,
            poll,
            1,
            f"'offer.txt' was told of once more (fileId F2, index 9); UploadFile (#{upload.number}) asked for it once",
            "/data/messages/1/attachment/fileId",
            "one file-uploaded message an UploadFile",
            "F2",
        )
    ]
    assert found(wire)[0].about == (DOCUMENT, CHAT)
    sofia.hear(log_has(HELLO, file_line(index=9, name="offer.txt", fileId="F2")))
    assert len(found(wire)) == 1


@pytest.mark.parametrize("names", [{"fileId": None}, {"index": None}], ids=["by its index", "by its file"])
def test_404_knows_two_lines_apart_by_whatever_both_have(names: dict[str, Any]) -> None:
    wire, sofia = at_work()
    wire.answer(sofia.upload())
    index = names.get("index", 7)
    sofia.hear(sent(index=index, fileId=names.get("fileId", "F1")))
    sofia.hear(sent(index=index and 9, fileId=names.get("fileId", "F2")))
    assert rules(wire) == ["GW404"]


@pytest.mark.parametrize("first", [{"index": None}, {"fileId": None}], ids=["file, then index", "index, then file"])
def test_404_says_nothing_of_lines_that_may_be_one(first: dict[str, Any]) -> None:
    """A live notification and the transcript differ in which names they show."""
    wire, sofia = at_work()
    wire.answer(sofia.upload())
    one = {"index": 7, "fileId": "F1"} | first
    other = {name: None if one[name] else value for name, value in {"index": 7, "fileId": "F1"}.items()}
    sofia.hear(sent(**one))
    sofia.hear(sent(**other))
    assert rules(wire) == []


def test_404_is_kept_by_a_second_upload_a_redelivery_a_repeated_transcript_and_a_second_tab() -> None:
    wire, sofia = at_work()
    tab = Desk(wire, *sofia.fields)
    tab.listen()
    for index, file in ((7, "F1"), (9, "F2")):
        wire.answer(sofia.upload())
        for desk in (sofia, tab, sofia):
            desk.hear(sent(index=index, fileId=file))
    sofia.accept(CHAT, HELLO, file_line(index=7, fileId="F1"), file_line(index=9, fileId="F2"))
    sofia.hear(log_has(HELLO, file_line(index=7, fileId="F1")), log_has(file_line(index=9, fileId="F2")))
    silence(wire, sofia)
    assert rules(wire) == ["GW410"]


@pytest.mark.parametrize("sender", [CUSTOMER, agent("toni"), NAMELESS, None], ids=["customer", "toni", "who?", "none"])
def test_404_leaves_the_files_of_others_alone(sender: dict[str, Any] | None) -> None:
    wire, sofia = at_work()
    wire.answer(sofia.upload())
    sofia.hear(sent())
    sofia.hear(log_has(file_line(index=9, fileId="F2") | {"from": sender}))
    assert rules(wire) == []


def test_404_is_found_though_another_agent_was_told_first() -> None:
    wire, sofia = at_work()
    toni = wire.at_work("toni")
    wire.answer(sofia.upload())
    sofia.hear(sent())
    poll = toni.hear(sent(index=9, fileId="F2"))
    sofia.hear(sent(index=9, fileId="F2"))
    assert [(finding.rule, finding.exchange) for finding in found(wire)] == [("GW404", poll)]


def test_404_is_kept_by_a_line_of_the_transcript_that_was_taken_for_the_upload() -> None:
    """Sent from elsewhere before, and told of after a second Accept, while an UploadFile is under way."""
    wire, sofia = at_work()
    wire.answer(sofia.do("Accept"))
    wire.answer(sofia.upload())
    sofia.hear(log_has(HELLO, file_line(index=4, fileId="F0")))
    sofia.hear(sent())
    assert rules(wire) == []


# GW405


def told_though_refused(wire: Wire, desk: Desk, told: dict[str, Any], *, first: bool) -> tuple[int, int]:
    """The upload, and what told of it: before the reply or after."""
    upload = desk.upload()
    poll = desk.hear(told) if first else 0
    wire.refuse(upload, 4)
    return upload.number, poll or desk.hear(told)


@pytest.mark.parametrize("first", [False, True], ids=["reply first", "notification first"])
def test_405_tells_of_the_message_whichever_came_first(first: bool) -> None:
    wire, sofia = at_work()
    upload, poll = told_though_refused(wire, sofia, sent(), first=first)
    refused, told = sorted(found(wire), key=lambda finding: finding.rule)
    assert refused.rule == "GW202"
    assert told == Finding(
        "GW405",
        Severity.ERROR,
        poll,
        0,
        f"UploadFile of {DOCUMENT} (#{upload}) was refused with statusCode 4, but its file-uploaded was told",
        "/data/messages/0/attachment/id",
        "no file-uploaded for a request that was refused",
        DOCUMENT,
    )
    assert told.about == (DOCUMENT, CHAT)
    silence(wire, sofia)
    assert len(found(wire)) == 2
    assert wire.life()[-1] == "sent"


def test_405_names_the_status_where_nothing_else_was_said() -> None:
    wire, sofia = at_work()
    wire.answer(sofia.upload(), b"<html>", ("Content-Type", "text/html"), status=403)
    sofia.hear(sent())
    assert "was refused with HTTP 403" in found(wire)[-1].text


@pytest.mark.parametrize("status", [502, 504])
def test_405_is_kept_by_a_gateway_that_does_not_know(status: int) -> None:
    wire, sofia = at_work()
    wire.answer(sofia.upload(), b"<html>", ("Content-Type", "text/html"), status=status)
    sofia.hear(sent())
    assert rules(wire) == []


@pytest.mark.parametrize("first", [False, True], ids=["reply first", "notification first"])
@pytest.mark.parametrize("sender", [CUSTOMER, agent("toni"), NAMELESS, None], ids=["customer", "toni", "who?", "none"])
def test_405_needs_to_know_the_sender(sender: dict[str, Any] | None, first: bool) -> None:
    wire, sofia = at_work()
    told_though_refused(wire, sofia, log_has(file_line() | {"from": sender}), first=first)
    silence(wire, sofia)
    assert rules(wire) == ["GW202"]


@pytest.mark.parametrize("when", ["before the retry's reply", "after the retry's reply"])
def test_405_is_kept_by_a_retry(when: str) -> None:
    wire, sofia = at_work()
    wire.refuse(sofia.upload(), 4)
    retry = sofia.upload()
    if when.startswith("before"):
        sofia.hear(sent())
        wire.answer(retry)
    else:
        wire.answer(retry)
        sofia.hear(sent())
    silence(wire, sofia)
    assert rules(wire) == ["GW202"]


@pytest.mark.parametrize("accepted_first", [False, True])
def test_405_is_kept_by_the_other_of_a_double_click(accepted_first: bool) -> None:
    """Both are under way when the file is told of: it is the accepted one's, and nothing is missing."""
    wire, sofia = at_work()
    refused, accepted = sofia.upload(), sofia.upload()
    poll = sofia.hear(sent())
    if accepted_first:
        wire.answer(accepted)
        wire.refuse(refused, 4)
    else:
        wire.refuse(refused, 4)
        wire.answer(accepted)
    silence(wire, sofia)
    assert rules(wire) == ["GW410", "GW202"]
    assert [life[-1] for life in wire.lives()] == ["refused", "sent"]
    assert (wire.transfer().uploaded_by, wire.transfer().notified_by) == (accepted.number, (poll, 0))


@pytest.mark.parametrize("first", ["broken", "lost"])
def test_405_is_kept_by_an_earlier_upload_that_may_have_been_done(first: str) -> None:
    wire, sofia = at_work()
    earlier = sofia.upload()
    wire.fail(earlier) if first == "broken" else wire.answer(earlier)
    wire.wait(WINDOW)
    sofia.hear()
    later = sofia.upload()
    sofia.hear(sent())
    wire.refuse(later)
    assert rules(wire) == ([] if first == "broken" else ["GW402"]) + ["GW202"]
    assert [life[-1] for life in wire.lives()] == ["sent", "refused"]


def test_405_is_kept_by_the_one_that_the_server_has_heard_of() -> None:
    """Rather than by one whose connection broke, which may never have reached it."""
    wire, sofia = at_work()
    wire.fail(sofia.upload())
    refused, accepted = sofia.upload(), sofia.upload()
    sofia.hear(sent())
    wire.refuse(refused)
    wire.answer(accepted)
    assert [life[-1] for life in wire.lives()] == ["undecided", "refused", "sent"]


def test_405_is_told_of_the_last_of_a_double_click_that_was_refused_altogether() -> None:
    wire, sofia = at_work()
    uploads = [sofia.upload(), sofia.upload()]
    sofia.hear(sent())
    for upload in uploads:
        wire.refuse(upload, 4)
    assert rules(wire) == ["GW410", "GW202", "GW202", "GW405"]
    assert f"(#{uploads[1].number})" in found(wire)[-1].text


def test_405_is_another_tabs_file_when_it_comes_long_after() -> None:
    wire, sofia = at_work()
    upload = sofia.upload()
    wire.refuse(upload, 4)
    wire.wait(WINDOW + 1)
    sofia.hear(sent())
    assert rules(wire) == ["GW202", "GW403"]
    assert found(wire)[-1].text.endswith(f"no UploadFile of this recording asked for it but #{upload.number}, refused")


def test_405_rather_than_404_if_a_second_upload_was_refused_and_told_of() -> None:
    wire, sofia = at_work()
    wire.answer(sofia.upload())
    sofia.hear(sent())
    wire.refuse(sofia.upload(), 4)
    sofia.hear(sent(index=9, fileId="F2"))
    assert rules(wire) == ["GW410", "GW202", "GW405"]


def test_404_rather_than_405_if_the_retry_had_its_own_already() -> None:
    wire, sofia = at_work()
    wire.refuse(sofia.upload(), 4)
    wire.answer(sofia.upload())
    sofia.hear(sent())
    sofia.hear(sent(index=9, fileId="F2"))
    assert rules(wire) == ["GW202", "GW404"]
