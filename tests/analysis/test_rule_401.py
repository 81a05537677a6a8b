"""GW401: an UploadFile of a document that was never linked to its chat."""

import pytest

from inspector.analysis.finding import Finding, Severity
from tests.analysis.shapes import CHAT, DOCUMENT, OTHER_CHAT, OTHER_DOCUMENT, attachment, chat_has, chat_is
from tests.analysis.traffic import OK, Desk, Verdict, Wire


def verdicts(desk: Desk, document: str = DOCUMENT, chat: str = CHAT) -> list[Severity]:
    """The severities of what is told of an UploadFile, now."""
    call = desk.upload(document, chat).number
    return [verdict.severity for verdict in desk.wire.verdicts if verdict.exchange == call]


def test_it_is_told_when_the_upload_is_asked_for() -> None:
    wire = Wire()
    sofia = wire.at_work()
    upload = sofia.upload()
    assert wire.findings == [
        Finding(
            "GW401",
            Severity.ERROR,
            upload.number,
            None,
            f"UploadFile of {DOCUMENT}, which was never linked to chat {CHAT}",
            "/documentId",
            "a document that AddAttachment linked to this chat",
            DOCUMENT,
        )
    ]


def test_it_is_only_worth_knowing_where_the_chat_was_not_seen_from_its_start() -> None:
    wire = Wire()
    upload = wire.log_in().upload()
    assert wire.verdicts == [Verdict("GW401", Severity.INFO, upload.number, None, "/documentId", DOCUMENT)]
    assert "not seen from its start" in wire.findings[0].text


def test_so_it_is_where_the_agent_began_to_listen_after_the_chat_was_accepted() -> None:
    wire = Wire()
    sofia = wire.log_in()
    wire.answer(sofia.do("Accept"))
    sofia.listen()
    assert verdicts(sofia) == [Severity.INFO]


def test_so_it_is_where_the_accept_was_refused() -> None:
    """Then it is a chat that somebody else has: what is linked there is not told to us."""
    wire = Wire()
    sofia = wire.log_in()
    sofia.listen()
    wire.refuse(sofia.do("Accept"))
    assert verdicts(sofia) == [Severity.INFO]


def test_it_is_told_of_every_upload() -> None:
    wire = Wire()
    sofia = wire.at_work()
    for document in (DOCUMENT, OTHER_DOCUMENT):
        wire.refuse(sofia.upload(document))
    assert [finding.actual for finding in wire.findings if finding.rule == "GW401"] == [DOCUMENT, OTHER_DOCUMENT]


def test_a_document_linked_by_an_accepted_call_is_linked_before_any_list_says_so() -> None:
    wire = Wire()
    sofia = wire.at_work()
    wire.answer(sofia.link())
    assert verdicts(sofia) == []


def test_a_document_whose_link_is_under_way_is_linked() -> None:
    sofia = Wire().at_work()
    sofia.link()
    assert verdicts(sofia) == []


def test_a_document_whose_links_reply_was_cut_may_be_linked() -> None:
    wire = Wire()
    sofia = wire.at_work()
    wire.fail(sofia.link())
    assert verdicts(sofia) == []


def test_a_new_document_is_linked_once_the_list_tells_its_id() -> None:
    wire = Wire()
    sofia = wire.at_work()
    wire.answer(sofia.attach("hello.txt", b"hello"), OK | {"referenceId": 3})
    sofia.hear(chat_has(attachment(name="hello.txt", size=5)))
    assert verdicts(sofia) == []


def test_a_new_document_is_linked_once_the_reply_tells_its_id() -> None:
    wire = Wire()
    sofia = wire.at_work()
    wire.answer(sofia.attach("hello.txt", b"hello"), OK | {"documentId": DOCUMENT})
    assert verdicts(sofia) == []


def test_a_document_that_another_tab_or_agent_linked_is_linked() -> None:
    wire = Wire()
    sofia = wire.at_work()
    sofia.hear(chat_has(DOCUMENT))
    assert verdicts(sofia) == []


def test_a_document_that_was_linked_before_another_agent_accepted_is_linked() -> None:
    wire = Wire()
    wire.at_work("sofia").has_linked()
    assert verdicts(wire.at_work("toni")) == []


def test_a_state_without_its_list_unlinks_nothing() -> None:
    wire = Wire()
    sofia = wire.at_work()
    sofia.has_linked()
    sofia.hear(chat_is(), chat_is(kind="ParticipantsUpdated", participants=[]))
    assert verdicts(sofia) == []


def test_a_document_whose_link_was_refused_is_not_linked() -> None:
    wire = Wire()
    sofia = wire.at_work()
    wire.refuse(sofia.link(), 6)
    assert verdicts(sofia) == [Severity.ERROR]


def test_a_refused_link_of_a_document_that_is_linked_already_changes_nothing() -> None:
    wire = Wire()
    sofia = wire.at_work()
    wire.answer(sofia.link())
    wire.refuse(sofia.link(), 18)
    assert verdicts(sofia) == []


def test_a_document_that_was_taken_back_is_not_linked() -> None:
    wire = Wire()
    sofia = wire.at_work()
    sofia.has_linked()
    wire.answer(sofia.unlink())
    assert verdicts(sofia) == [Severity.ERROR]


@pytest.mark.parametrize("code", [2, 6])
def test_a_document_whose_removal_was_refused_is_linked(code: int) -> None:
    wire = Wire()
    sofia = wire.at_work()
    sofia.has_linked()
    wire.refuse(sofia.unlink(), code)
    assert verdicts(sofia) == []


def test_a_document_that_was_taken_back_and_linked_again_is_linked() -> None:
    wire = Wire()
    sofia = wire.at_work()
    sofia.has_linked()
    wire.answer(sofia.unlink())
    sofia.hear(chat_has())
    sofia.link()
    assert verdicts(sofia) == []


def test_another_document_of_the_chat_is_not_this_one() -> None:
    sofia = Wire().at_work()
    sofia.has_linked(OTHER_DOCUMENT)
    assert verdicts(sofia) == [Severity.ERROR]


def test_a_document_of_another_chat_is_not_linked_to_this_one() -> None:
    sofia = Wire().at_work()
    sofia.accept(OTHER_CHAT)
    sofia.has_linked(DOCUMENT, OTHER_CHAT)
    assert verdicts(sofia) == [Severity.ERROR]
    assert verdicts(sofia, chat=OTHER_CHAT) == []


def test_an_upload_that_names_no_document_is_the_matter_of_other_rules() -> None:
    wire = Wire()
    sofia = wire.at_work()
    sofia.do("UploadFile")
    sofia.do("UploadFile", documentId=7)
    assert [verdict.rule for verdict in wire.verdicts] == ["GW103", "GW107"]


@pytest.mark.parametrize("lost", ["answer", "broken"])
def test_a_new_file_whose_list_never_came_may_be_the_one(lost: str) -> None:
    """Its id is told by the notification alone; the poll that brought it broke, or the server's list was lost."""
    wire = Wire()
    sofia = wire.at_work()
    poll = sofia.poll()
    wire.answer(sofia.attach("notes.txt", b"hello"))
    if lost == "broken":
        wire.fail(poll)
    else:
        wire.tell(poll)
    assert verdicts(sofia, OTHER_DOCUMENT) == []


def test_a_new_file_that_was_refused_or_listed_is_no_excuse_for_another() -> None:
    wire = Wire()
    sofia = wire.at_work()
    wire.refuse(sofia.attach("notes.txt", b"hello"))
    assert verdicts(sofia) == [Severity.ERROR]
    wire.answer(sofia.attach("notes.txt", b"hello"))
    sofia.hear(chat_has(OTHER_DOCUMENT))
    assert verdicts(sofia, "another") == [Severity.ERROR]
