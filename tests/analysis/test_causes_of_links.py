"""Which AddAttachment brought a new entry of a chat's list of attachments about."""

from inspector.analysis.causes import Cause
from tests.analysis.shapes import CHAT, DOCUMENT, OTHER_CHAT, OTHER_DOCUMENT, attachment, chat_has, chat_is
from tests.analysis.traffic import ME, OK, Wire

HELLO = b"hello"
NEW = attachment(DOCUMENT, name="hello.txt", size=5)


def test_a_link_causes_the_list_in_which_its_document_is_new() -> None:
    wire = Wire()
    sofia = wire.at_work()
    link = sofia.link()
    wire.wait(10)
    wire.answer(link)
    wire.wait(5)
    poll = sofia.hear(chat_is(), chat_has(OTHER_DOCUMENT, DOCUMENT))
    assert wire.causes == [Cause(link.number, poll, 1, "linked", "documentId", wait_ms=15, lag_ms=5)]


def test_a_link_is_evidence_only_where_its_document_is_new() -> None:
    wire = Wire()
    sofia = wire.at_work()
    sofia.hear(chat_has(DOCUMENT))
    wire.answer(sofia.link())
    sofia.hear(chat_has(DOCUMENT), chat_has(DOCUMENT, OTHER_DOCUMENT))
    wire.close()
    assert wire.causes == []


def test_two_new_documents_in_one_list_have_their_own_causes() -> None:
    wire = Wire()
    sofia = wire.at_work()
    one, two = sofia.link(DOCUMENT), sofia.link(OTHER_DOCUMENT)
    wire.answer(one)
    wire.answer(two)
    poll = sofia.hear(chat_has(OTHER_DOCUMENT, DOCUMENT))
    assert wire.edges == [(two.number, poll, 0), (one.number, poll, 0)]


def test_the_edge_of_a_link_waits_for_the_reply_as_well() -> None:
    wire = Wire()
    sofia = wire.at_work()
    link = sofia.link()
    poll = sofia.hear(chat_has(DOCUMENT))
    assert wire.causes == []
    wire.wait(4)
    wire.answer(link)
    assert wire.causes == [Cause(link.number, poll, 0, "linked", "documentId", wait_ms=0, lag_ms=-4)]


def test_a_list_delivered_again_makes_no_second_edge() -> None:
    wire = Wire()
    sofia = wire.at_work()
    link = sofia.link()
    wire.answer(link)
    poll = sofia.hear(chat_has(DOCUMENT))
    sofia.hear(chat_has(DOCUMENT), chat_is(), chat_has(DOCUMENT))
    assert wire.edges == [(link.number, poll, 0)]


def test_each_agent_that_is_told_of_a_link_has_an_edge_of_its_own() -> None:
    wire = Wire()
    sofia, toni = wire.at_work("sofia"), wire.at_work("toni")
    link = sofia.link()
    wire.answer(link)
    polls = [sofia.hear(chat_has(DOCUMENT)), toni.hear(chat_has(DOCUMENT))]
    assert wire.edges == [(link.number, polls[0], 0), (link.number, polls[1], 0)]


def test_a_refused_link_causes_nothing() -> None:
    wire = Wire()
    sofia = wire.at_work()
    wire.refuse(sofia.link())
    sofia.hear(chat_has(DOCUMENT))
    assert wire.causes == []


def test_a_link_to_another_chat_is_no_cause_in_this_one() -> None:
    wire = Wire()
    sofia = wire.at_work()
    wire.answer(sofia.link(chat=OTHER_CHAT))
    sofia.hear(chat_has(DOCUMENT))
    assert wire.causes == []


def test_a_new_document_is_found_by_its_name_and_size() -> None:
    wire = Wire()
    sofia = wire.at_work()
    small, hello = sofia.attach("hello.txt", b""), sofia.attach("hello.txt", HELLO)
    other = sofia.attach("other.txt", HELLO)
    for call in (small, hello, other):
        wire.answer(call, OK | {"referenceId": 3})
    wire.wait(2)
    poll = sofia.hear(chat_has(NEW))
    assert wire.causes == [Cause(hello.number, poll, 0, "linked", "name and size", wait_ms=2, lag_ms=2)]


def test_a_new_document_whose_size_is_told_as_text_is_found_as_well() -> None:
    wire = Wire()
    sofia = wire.at_work()
    call = sofia.attach("hello.txt", HELLO)
    poll = sofia.hear(chat_has(NEW | {"size": "5"}))
    wire.answer(call)
    assert wire.edges == [(call.number, poll, 0)]


def test_a_new_document_uploaded_to_the_chat_itself_is_found_as_well() -> None:
    """The address of the page before its correction in 2020."""
    wire = Wire()
    sofia = wire.at_work()
    call = sofia.attach("hello.txt", HELLO, target=f"{ME}/chats/{CHAT}")
    wire.answer(call)
    poll = sofia.hear(chat_has(NEW))
    assert wire.edges == [(call.number, poll, 0)]


def test_a_new_document_whose_id_was_in_the_reply_is_found_by_that() -> None:
    wire = Wire()
    sofia = wire.at_work()
    decoy, call = sofia.attach("hello.txt", HELLO), sofia.attach("hello.txt", HELLO)
    wire.answer(decoy, OK | {"documentId": OTHER_DOCUMENT})
    wire.answer(call, OK | {"documentId": DOCUMENT})
    poll = sofia.hear(chat_has(NEW))
    assert [(cause.call, cause.exchange, cause.evidence) for cause in wire.causes] == [
        (call.number, poll, "documentId"),
    ]


def test_an_existing_document_is_not_found_by_name() -> None:
    wire = Wire()
    sofia = wire.at_work()
    wire.answer(sofia.do("AddAttachment", documentId=OTHER_DOCUMENT, name="hello.txt", size=5))
    sofia.hear(chat_has(NEW))
    assert wire.causes == []
