"""What real traffic does that a naive model forbids: who is who, what belongs together, what values look like.

One test for each such assumption; its docstring is the assumption, which is wrong. How traffic travels is in
`test_loose_transport.py`.
"""

import pytest

from inspector.analysis.finding import Severity
from tests.analysis.shapes import (
    API,
    CHAT,
    CUSTOMER,
    DOCUMENT,
    HELLO,
    OTHER_CHAT,
    Json,
    agent,
    attachment,
    chat_has,
    chat_is,
    file_line,
    line,
    log_has,
    sent,
)
from tests.analysis.traffic import Wire

COLLEAGUE = f"{API}/users/U"


def alarms(wire: Wire) -> list[str]:
    """The rules of errors and warnings."""
    return [finding.rule for finding in wire.findings if finding.severity is not Severity.INFO]


def test_one_request_has_many_notifications() -> None:
    """One request, one notification."""
    wire = Wire()
    sofia = wire.log_in()
    sofia.listen()
    wire.answer(sofia.do("Accept", nickname="Agent"))
    sofia.hear(chat_is() | {"referenceId": 17})
    sofia.hear(chat_is(kind="ParticipantsUpdated", participants=[agent("sofia"), CUSTOMER]), log_has(HELLO))
    wire.answer(sofia.do("Invite", targetUri=COLLEAGUE), {"statusCode": 0, "referenceId": 35})
    sofia.hear(chat_is(kind="ParticipantsUpdated", participants=[agent("sofia"), CUSTOMER, agent("toni")]))
    sofia.hear(log_has(line("ParticipantJoined", agent("toni"), 3)))
    wire.answer(sofia.do("RemoveParticipantFromConference", userUri=COLLEAGUE))
    notice = line("Notice", agent("sofia"), 4, text="REMOVE_PARTICIPANT_FROM_CONFERENCEU", visibility="Agents")
    sofia.hear(log_has(notice), log_has(line("ParticipantLeft", agent("toni"), 5)))
    wire.close()
    assert alarms(wire) == []


def test_a_notification_may_be_first() -> None:
    """A notification comes after the reply."""
    wire = Wire()
    sofia = wire.at_work()
    sofia.has_linked()
    upload, poll = sofia.upload(), sofia.poll()
    wire.tell(poll, sent())
    wire.wait(19)
    wire.answer(upload)
    wire.close()
    assert alarms(wire) == []
    assert wire.causes[-1].lag_ms == -19


def test_a_notification_may_have_no_cause_here() -> None:
    """Every notification has a cause in the recording."""
    wire = Wire()
    sofia = wire.log_in()
    sofia.listen()
    sofia.hear(chat_is("Invited"))
    sofia.accept()
    before = len(wire.causes)
    supervisor = {"nickname": "Boss", "type": "Supervisor", "visibility": "Supervisors"}
    sofia.hear(
        log_has(line("Text", CUSTOMER, 3, text="Hello?"), line("TypingStarted", CUSTOMER, 4)),
        sent("photo", by=CUSTOMER, index=5),
        log_has(line("Text", agent("toni"), 6, text="I take it")),
        sent("notes", by="toni", index=7),
        log_has(line("ParticipantJoined", supervisor, 8)),
        chat_is("Revoked"),
    )
    wire.close()
    assert alarms(wire) == []
    assert wire.causes[before:] == []


def test_an_agent_works_in_other_tabs_as_well() -> None:
    """Every agent action is in this client's recording."""
    wire = Wire()
    sofia = wire.log_in()
    sofia.listen()
    sofia.hear(chat_is(), sent("elsewhere", index=3))  # accepted, linked and sent in another tab
    wire.answer(sofia.upload())
    wire.close()
    assert alarms(wire) == []


@pytest.mark.parametrize("lost", ["chatPath", "chatUri"])
def test_a_chat_is_named_in_several_ways(lost: str) -> None:
    """chat.id is in every notification."""
    wire = Wire(loosen=lambda data: {name: value for name, value in data.items() if name != lost})
    sofia = wire.at_work()
    sofia.has_linked()
    wire.answer(sofia.upload())
    sofia.hear(sent())
    assert alarms(wire) == []
    assert wire.life()[-1] == "sent"


def test_a_participant_is_a_join_not_a_person() -> None:
    """participantId names a person."""
    wire = Wire()
    sofia = wire.at_work()
    again = agent("sofia") | {"id": "009F5790F765009C", "participantId": "009F5790F765009C"}
    sofia.hear(chat_is(kind="ParticipantsUpdated", participants=[CUSTOMER, agent("sofia"), again]))
    sofia.has_linked()
    wire.answer(sofia.upload())
    sofia.hear(log_has(file_line(by=again)))
    assert alarms(wire) == []
    assert wire.life()[-1] == "sent"


def test_one_document_is_in_many_chats() -> None:
    """documentId is unique to one chat."""
    wire = Wire()
    sofia = wire.at_work()
    sofia.accept(OTHER_CHAT)
    for chat in (CHAT, OTHER_CHAT):
        sofia.has_linked(chat=chat)
        wire.answer(sofia.upload(chat=chat))
        sofia.hear(sent(of=chat, fileId=f"file in {chat}"))
    wire.wait(60_000)
    sofia.hear()
    wire.close()
    assert alarms(wire) == []
    assert [wire.life(chat=chat)[-1] for chat in (CHAT, OTHER_CHAT)] == ["sent", "sent"]


def test_a_reference_comes_again() -> None:
    """referenceId is unique over a recording."""
    wire = Wire()
    for user, chat in (("sofia", CHAT), ("toni", OTHER_CHAT)):
        desk = wire.at_work(user, chat)
        wire.answer(desk.link(chat=chat), {"statusCode": 0, "referenceId": 3})
        desk.hear(chat_has(DOCUMENT, of=chat) | {"referenceId": 3})
    wire.close()
    assert alarms(wire) == []
    assert [cause.evidence for cause in wire.causes if cause.kind == "linked"] == ["documentId"] * 2


def test_times_are_milliseconds_of_any_zone_in_any_order() -> None:
    """Seconds in timestampSeconds; ISO in timestamp; UTC; one format; monotone."""
    times = [
        ("2016-07-21 17:23:20.000+0300", 1469111000000),
        ("2016-07-2107:23:19.000-0700", 1469110999000),
        ("2016-07-21T14:23:21Z", 1469111001000),
        (None, 1469111002000),
    ]
    lines = [
        line("Text", CUSTOMER, index, text="a", timestamp=told, timestampSeconds=ms)
        for index, (told, ms) in enumerate(times)
    ]
    wire = Wire()
    wire.at_work().hear(log_has(*lines))
    assert alarms(wire) == []


def test_indexes_have_gaps_and_come_again() -> None:
    """index starts at 0 or 1, is contiguous, and comes once."""
    wire = Wire()
    sofia = wire.at_work()
    sofia.has_linked()
    wire.answer(sofia.upload())
    sofia.hear(sent(index=40))
    sofia.accept(CHAT, line("Text", CUSTOMER, 17, text="Hello"), file_line(index=40))
    assert alarms(wire) == []
    assert wire.life().count("sent") == 1


def test_user_data_is_of_any_type() -> None:
    """userData values are strings."""
    known: Json = {"a": 1, "b c": None, "": "", "d": {"e": [1.5, {}]}, "f": [], "g": True}
    wire = Wire()
    sofia = wire.at_work()
    for operation in ("AttachUserData", "UpdateUserData"):
        wire.answer(sofia.do(operation, userData=known))
        sofia.hear(chat_is(kind="PropertiesUpdated", userData=known))
    wire.answer(sofia.do("DeleteUserData", keys=list(known)))
    sofia.hear(chat_is(kind="PropertiesUpdated", userData={}))
    assert alarms(wire) == []


@pytest.mark.parametrize("nothing", [[], None], ids=["empty", "null"])
def test_missing_empty_and_null_occur_for_the_same_member(nothing: object) -> None:
    """Missing, empty and null are the same."""
    wire = Wire()
    sofia = wire.at_work()
    for members in (dict.fromkeys(("attachments", "participants", "capabilities", "userData"), nothing), {}):
        sofia.hear(chat_is(**members))
    said = dict.fromkeys(("from", "attachment", "text", "noticeText", "timestamp", "timestampSeconds"))
    sofia.hear(log_has({"type": "Text", "index": 3} | said), log_has({"type": "Text"}), log_has())
    wire.answer(sofia.do("SendMessage", text="", messageType=None, treatAs=None))
    assert alarms(wire) == []


def test_most_members_may_be_absent() -> None:
    """mime, fileId, path, from.uri, from.id and visibility are always there."""
    wire = Wire()
    sofia = wire.at_work()
    sofia.hear(chat_has({"id": DOCUMENT, "name": "a.txt"}))
    wire.answer(sofia.upload())
    told = {"type": "SystemCommand", "noticeText": "file-uploaded", "attachment": {"id": DOCUMENT}}
    sofia.hear(log_has(told | {"from": {"type": "Agent", "nickname": "sofia"}}))
    assert alarms(wire) == []
    assert wire.life()[-1] == "sent"


def test_sets_are_open() -> None:
    """type, state, capabilities and noticeText are closed sets."""
    wire = Wire()
    sofia = wire.at_work()
    sofia.hear(chat_is("Levitating", kind="Wobbled", capabilities=["Somersault"], chatType="Sideways"))
    ghost = {"type": "Ghost", "visibility": "Nobody"}
    sofia.hear(log_has(line("Whisper", ghost, 3), line("SystemCommand", ghost, 4, noticeText="file-eaten")))
    assert alarms(wire) == []
    assert [message.kind for message in wire.messages if message.is_event][-2:] == ["Wobbled", "NewMessages"]


ODD_NAMES = ["日本語 ☂.txt", "a\"b'c.txt", "", "\U0001f4a9" * 300]


@pytest.mark.parametrize("name", ODD_NAMES, ids=["unicode", "quotes", "empty", "long"])
def test_names_may_hold_anything(name: str) -> None:
    """Names are ASCII and safe."""
    wire = Wire()
    sofia = wire.at_work()
    wire.answer(sofia.do("AddAttachment", documentId=DOCUMENT, name=name, size=46, mime="text/plain"))
    sofia.hear(chat_has(attachment(name=name)))
    wire.answer(sofia.do("UploadFile", documentId=DOCUMENT, description=name))
    sofia.hear(sent(name=name), log_has(line("Text", CUSTOMER | {"nickname": name}, 8, text=name)))
    assert alarms(wire) == []
    assert wire.transfer().name == name


def test_what_a_client_says_of_a_document_is_a_claim() -> None:
    """size equals the transferred bytes."""
    wire = Wire()
    sofia = wire.at_work()
    wire.answer(sofia.do("AddAttachment", documentId=DOCUMENT, name="other.doc", size=1, mime="application/msword"))
    sofia.hear(chat_has(DOCUMENT))
    wire.answer(sofia.upload())
    sofia.hear(sent())
    assert alarms(wire) == []
    assert wire.transfer().size == 46
