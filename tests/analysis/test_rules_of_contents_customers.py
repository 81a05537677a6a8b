"""505: what a customer sends into one chat, against Chat Server's limits or those of the policy."""

import gc

from inspector.analysis.chats import OVER_KEPT
from inspector.analysis.files.documents import DOCUMENTS, Document, Documents
from inspector.analysis.policy import Policy
from inspector.analysis.watches.contents import UNDER_WAY, Coming
from tests.analysis.files import at_work, bring, codes
from tests.analysis.shapes import CHAT, CUSTOMER, OTHER_CHAT, chat_is, file_line, log_has, sent
from tests.analysis.traffic import Desk, Wire

MIB = 1024 * 1024


def send(desk: Desk, *sizes: object, chat: str = CHAT, begin: int = 0) -> None:
    """The customer sends files of these sizes."""
    for number, size in enumerate(sizes, begin):
        desk.hear(sent(f"file{number}", by=CUSTOMER, index=10 + number, of=chat, size=size))


def lines(wire: Wire) -> list[str]:
    """The limits that were crossed."""
    return [finding.expected for finding in wire.findings if finding.rule == "GW505"]


def test_three_files_and_five_mebibytes_are_fine() -> None:
    wire, sofia = at_work()
    send(sofia, 2 * MIB, 2 * MIB, MIB)
    assert codes(wire) == []


def test_the_fourth_file_is_one_too_many_and_the_fifth_is_no_news() -> None:
    wire, sofia = at_work()
    send(sofia, 1, 1, 1, 1, 1)
    [finding] = wire.findings
    assert (finding.rule, finding.severity, finding.pointer) == ("GW505", "warning", "/data/messages/0/attachment/id")
    assert finding.text == "'file3.txt' is the customer's file number 4 in this chat, which breaks " + finding.expected
    assert finding.about == ("file3", CHAT)


def test_a_byte_more_than_five_mebibytes_in_all() -> None:
    wire, sofia = at_work()
    send(sofia, 2 * MIB, str(2 * MIB), MIB + 1)
    assert lines(wire) == [f"policy.customer.max_total: {5 * MIB}"]


def test_several_limits_can_be_crossed_at_once() -> None:
    wire, sofia = at_work()
    send(sofia, 1, 1, 1, 6 * MIB)
    assert [line.partition(":")[0].rpartition("_")[2] for line in lines(wire)] == ["bytes", "files", "total"]


def test_one_file_can_be_too_large_both_for_itself_and_for_all() -> None:
    wire, sofia = at_work()
    send(sofia, 6 * MIB)
    assert lines(wire) == [f"policy.customer.max_bytes: {2 * MIB}", f"policy.customer.max_total: {5 * MIB}"]


def test_files_that_are_told_again_are_not_counted_again() -> None:
    wire, sofia = at_work()
    toni = wire.at_work("toni")
    for _ in range(3):
        for desk in (sofia, toni):
            send(desk, 2 * MIB, 2 * MIB, MIB)
    sofia.hear(log_has(*(file_line(f"file{n}", by=CUSTOMER, index=10 + n, size=MIB) for n in range(3))))
    assert codes(wire) == []


def test_agents_have_no_such_limits() -> None:
    wire, sofia = at_work()
    for number in range(5):
        sofia.hear(sent(f"file{number}", by="toni", index=10 + number, size=9 * MIB))
    assert codes(wire) == []


def test_every_chat_has_limits_of_its_own() -> None:
    wire, sofia = at_work()
    sofia.accept(OTHER_CHAT)
    send(sofia, 2 * MIB, 2 * MIB)
    send(sofia, 2 * MIB, 2 * MIB, chat=OTHER_CHAT, begin=2)
    assert codes(wire) == []


def test_files_without_a_size_are_counted() -> None:
    wire, sofia = at_work()
    send(sofia, "large", None, None, None)
    assert lines(wire) == ["policy.customer.max_files: 3"]


def test_the_transcript_so_far_counts() -> None:
    wire = Wire()
    sofia = wire.log_in()
    sofia.listen()
    sofia.accept(CHAT, *(file_line(f"old{n}", by=CUSTOMER, index=n + 1, size=1) for n in range(3)))
    send(sofia, 1)
    assert lines(wire) == ["policy.customer.max_files: 3"]


def test_a_policy_sets_the_limits() -> None:
    limits = {"max_bytes": "10 MiB", "max_files": 1, "max_total": "20 MiB"}
    wire, sofia = at_work(Policy.model_validate({"customer": limits}))
    send(sofia, 10 * MIB, 10 * MIB)
    assert lines(wire) == ["policy.customer.max_files: 1"]


# memory


def test_a_chat_that_was_over_long_ago_begins_anew() -> None:
    wire, sofia = at_work()
    send(sofia, 1, 1, 1)
    for chat in (CHAT, *(f"chat {number}" for number in range(OVER_KEPT))):
        sofia.hear(chat_is("Completed", of=chat))
    send(sofia, 1, begin=3)
    assert lines(wire) == []


def test_new_documents_that_never_get_an_id_are_let_go() -> None:
    _, sofia = at_work()
    before = coming()
    for number in range(UNDER_WAY + 5):
        bring(sofia, f"{number}.txt", b"hello")
    assert coming() - before <= UNDER_WAY


def coming() -> int:
    """New documents without an id that are in memory."""
    gc.collect()
    return sum(isinstance(thing, Coming) for thing in gc.get_objects())


def test_only_the_last_documents_are_remembered() -> None:
    documents = Documents()
    kept = documents.of("first", CHAT)
    for number in range(DOCUMENTS - 1):
        documents.of(str(number), CHAT)
    assert documents.of("first", CHAT) is kept
    documents.of("one more", CHAT)
    assert documents.of("first", CHAT) is kept, "what was met of late stays"
    for number in range(DOCUMENTS):
        documents.of(f"more {number}", CHAT)
    assert documents.of("first", CHAT) is not kept


def test_a_document_with_ever_new_names_is_not_remembered_by_all() -> None:
    document = Document("1", CHAT)
    assert sum(document.is_new("name", f"{number}.txt") for number in range(100)) < 20
