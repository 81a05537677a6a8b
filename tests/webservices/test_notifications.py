"""What the API tells without being asked: the documentation's samples, the damaged seed, and looser traffic."""

import json
from pathlib import Path

import pytest

from inspector.webservices.attachments import LinkedFile
from inspector.webservices.known_values import LINE_TYPES
from inspector.webservices.notifications import ChatStateChange, MessageLogUpdated, NeighbourChange, Participant, parse

FOLDER = Path(__file__).parents[1] / "data" / "samples" / "notifications"
SAMPLES = sorted(FOLDER.glob("*.json"))


def sample(name):
    return json.loads((FOLDER / f"{name}.json").read_bytes())


def understood(data):
    """The notification that the data holds, once it is clear that it has no flaw."""
    notification, flaws = parse(data)
    assert flaws == []
    return notification


def flaws_of(data):
    notification, flaws = parse(data)
    assert notification is None
    return [(flaw.pointer, flaw.kind) for flaw in flaws]


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_the_documentation_s_samples_are_understood_and_kept_whole(path):
    data = json.loads(path.read_bytes())
    assert understood(data).model_dump(by_alias=True, exclude_unset=True) == data


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("upload-file", (MessageLogUpdated, "0001PaBMYY3600R8", "file-uploaded")),
        ("transcript", (MessageLogUpdated, "CHATID", "NewMessages")),
        ("add-attachment", (ChatStateChange, "0001PaBMYY3600R8", "ChatStateChangeMessage")),
        ("accept-first", (ChatStateChange, "CHATID", "StatusChange")),
        ("accept-second", (ChatStateChange, "CHATID", "ParticipantsUpdated")),
        ("reject", (ChatStateChange, "CHATID", "StatusChange")),
        ("leave", (ChatStateChange, "CHATID", "StatusChange")),
        ("complete", (ChatStateChange, "CHATID", "StatusChange")),
        ("user-data", (ChatStateChange, "CHATID", "ChatStateChangeMessage")),
    ],
)
def test_a_notification_says_of_which_chat_it_is_and_of_what_kind(name, told):
    notification = understood(sample(name))
    assert (type(notification), notification.chat_id, notification.kind) == told


def test_the_seed_s_notification():
    [message] = understood(sample("upload-file")).messages
    file, sender = message.attachment, message.sender
    assert (message.is_file, message.kind, message.index, message.timestamp_seconds) == (
        True,
        "file-uploaded",
        7,
        1469111000000,
    )
    assert (file.id, file.file_id, file.name, file.bytes, file.path) == (
        "0001PaBMYY3600RC",
        "009F5790DAD80068",
        "testfileUploadAgent.txt",
        46,
        "/attachments/0001PaBMYY3600RC",
    )
    assert (sender.user_id, sender.nickname, sender.type, sender.participant_id) == (
        "0bcb93c9854f41d6ad89344047ec3223",
        "TestName",
        "Agent",
        "009F5790DA8D0066",
    )


def test_the_seed_s_notification_as_the_conversion_damaged_it():
    """`inone` three times instead of `nickname`, `index` lost; the lost brace has to be put back to read it at all."""
    lost = '"visibility": "All"\n                  "noticeText"'
    damaged = (FOLDER / "upload-file-damaged.txt").read_text()
    assert damaged.count(lost) == 1 and damaged.count('"inone"') == 3

    data = json.loads(damaged.replace(lost, lost.replace("\n", "\n},\n")))
    notification = understood(data)
    [message] = notification.messages
    assert (notification.chat_id, message.attachment.id, message.attachment.file_id) == (
        "0001PaBMYY3600R8",
        "0001PaBMYY3600RC",
        "009F5790DAD80068",
    )
    assert (message.is_file, message.index, message.sender.nickname, message.sender.user_id) == (
        True,
        None,
        None,
        "0bcb93c9854f41d6ad89344047ec3223",
    )
    assert message.sender.model_extra == {"inone": "TestName"}
    assert notification.model_dump(by_alias=True, exclude_unset=True) == data


def test_files_that_are_linked():
    files = understood(sample("add-attachment")).chat.attachments
    assert [(type(file), file.id, file.mime, file.name, file.bytes) for file in files] == [
        (LinkedFile, "0001PaBMYY3600RC", "text/plain", "a.txt", 46),
        (LinkedFile, "0000YaB6ARKB0019", "application/octet-stream", "b.log", 20053630),
    ]


def test_who_is_in_a_chat_and_which_of_them_are_users():
    people = understood(sample("add-attachment")).chat.participants
    assert [(person.type, person.user_id) for person in people] == [("Customer", ""), ("External", ""), ("Agent", "U")]


def test_kinds_of_a_transcript_s_lines():
    lines = understood(sample("transcript")).messages
    assert [line.kind for line in lines] == [
        "ParticipantJoined",
        "Text",
        "TypingStarted",
        "PushUrl",
        "Notice",
        "CustomNotice",
    ]
    assert [line.is_file for line in lines] == [False] * 6
    assert (lines[1].text, lines[1].message_type, lines[3].url) == ("Hello", "Greeting", "http://example.com/")
    assert [line.notice_text for line in lines] == [None] * 5 + ["free text"]


def test_what_is_known_of_a_chat_is_kept_with_its_types():
    chat = understood(sample("user-data")).chat
    known = {"IdentifyCreateContact": "3", "RVQID": "", "SomeQueue distribution": 1, "RRequestedSkills": None}
    assert {key: chat.user_data[key] for key in known} == known
    assert (chat.state, chat.capabilities[:2]) == ("Chatting", ["Transfer", "Leave"])


@pytest.mark.parametrize(
    "more", [{}, {"email": {"id": "E", "attachments": []}}, {"email": 7, "notificationType": {}}, {"messages": "none"}]
)
def test_a_neighbour_is_known_by_its_name_and_left_alone(more):
    """An e-mail, a work item: whatever it holds is none of ours (E-mail API, notifications)."""
    data = {"messageType": "EmailStateChangeMessage", "notificationType": "AttachmentAdded"} | more
    told = understood(data)
    assert (type(told), told.kind, told.chat_id) == (NeighbourChange, "EmailStateChangeMessage", "")
    assert told.model_dump(by_alias=True, exclude_unset=True) == data


@pytest.mark.parametrize(
    ("members", "kind", "is_file"),
    [
        ({"type": "SystemCommand", "noticeText": "file-uploaded"}, "file-uploaded", True),
        ({"type": "SystemCommand", "noticeText": "file-deleted"}, "file-deleted", False),
        ({"type": "SystemCommand"}, "SystemCommand", False),
        ({"type": "CustomNotice", "noticeText": "file-uploaded"}, "CustomNotice", False),
        *(({"type": kind}, kind, False) for kind in sorted(LINE_TYPES.values - {"SystemCommand"})),
    ],
)
def test_one_line_gives_its_notification_its_kind(members, kind, is_file):
    notification = understood({"messageType": "MessageLogUpdated", "messages": [members]})
    assert (notification.kind, notification.messages[0].is_file) == (kind, is_file)


UPLOADED = sample("upload-file")


@pytest.mark.parametrize("lost", ["chatPath", "chatUri"])
def test_either_path_or_uri_names_the_chat(lost):
    data = {name: value for name, value in UPLOADED.items() if name != lost}
    assert understood(data).chat_id == "0001PaBMYY3600R8"


@pytest.mark.parametrize(
    ("chat", "chat_id"), [({"uri": "http://HOST/api/v2/chats/C"}, "C"), ({"id": "D"}, "D"), ({}, ""), (None, "")]
)
def test_the_chat_of_a_state_is_its_id_or_the_end_of_its_uri(chat, chat_id):
    assert understood({"messageType": "ChatStateChangeMessage", "chat": chat}).chat_id == chat_id


@pytest.mark.parametrize("named", [{"path": "/users/U"}, {"uri": "http://HOST/api/v2/users/U"}])
def test_either_path_or_uri_names_the_user(named):
    assert Participant.model_validate(named).user_id == "U"


@pytest.mark.parametrize(
    "more",
    [
        {"metrics": {"eventProcessing": {"nodeProcessingTimeNanos": 123456, "serverProcessingTimeTotalMs": 3}}},
        {"messages": []},
        {"notificationType": None, "chatPath": None},
        {"notificationType": "SomethingNew", "unheardOf": {"deep": [1.5, None]}},
        {"messages": [{"type": "SomethingNew", "visibility": "Supervisors"}]},
        {"messages": [{"type": "Text", "text": None, "from": None, "attachment": None, "timestamp": None}]},
        {"messages": [{"type": "Text", "from": {"participantId": 1, "nickname": "Customer"}}]},
        {"messages": [{"type": "SystemCommand", "noticeText": "file-uploaded", "attachment": {"id": "D"}}]},
        {"messages": [{"type": "SystemCommand", "attachment": {"id": "D", "size": "4"}}]},
        {"messages": [{"type": "SystemCommand", "noticeText": "file-uploaded"}]},
    ],
)
def test_a_transcript_looser_than_its_documentation_is_no_flaw(more):
    data = UPLOADED | more
    assert understood(data).model_dump(by_alias=True, exclude_unset=True) == data


@pytest.mark.parametrize(
    "chat",
    [
        {"attachments": None, "participants": None, "userData": {"a b": [{}, None, ""]}},
        {"attachments": [], "participants": []},
        {"state": "Frozen", "capabilities": ["Dance"], "receivedDate": "2014-05-0511:08:45.000-0700"},
        {"participants": ["Customer", "Agent"], "participantsInfo": [{"nickname": "Customer"}, {"nickname": "Agent"}]},
    ],
)
def test_a_state_looser_than_its_documentation_is_no_flaw(chat):
    data = {"messageType": "ChatStateChangeMessage", "notificationType": "PropertiesUpdated", "chat": chat}
    assert understood(data).model_dump(by_alias=True, exclude_unset=True) == data


def test_an_error_is_told_with_its_text():
    notification = understood({"notificationType": "Error", "referenceId": "5", "errorMessage": "no such document"})
    assert (type(notification), notification.kind, notification.error_message, notification.chat_id) == (
        ChatStateChange,
        "Error",
        "no such document",
        "",
    )


@pytest.mark.parametrize(
    ("data", "found"),
    [
        ({"messageType": "MessageLogUpdated"}, [("/messages", "missing")]),
        ({"messages": []}, [("/messageType", "missing")]),
        (UPLOADED | {"messageType": "messageLogUpdated"}, [("/messageType", "literal_error")]),
        (UPLOADED | {"messages": {}}, [("/messages", "list_type")]),
        (UPLOADED | {"messages": [{"type": "Text"}, {}]}, [("/messages/1/type", "missing")]),
        (UPLOADED | {"messages": [{"type": "Text", "index": "7"}]}, [("/messages/0/index", "int_type")]),
        (UPLOADED | {"messages": [{"type": "Text", "attachment": {}}]}, [("/messages/0/attachment/id", "missing")]),
        ({"chat": {"id": 7}}, [("/chat/id", "string_type")]),
        ({"chat": {"participants": [{"nickname": 7}]}}, [("/chat/participants/0/nickname", "string_type")]),
        ({"chat": {"attachments": [{"id": "D"}, {"name": "a"}]}}, [("/chat/attachments/1/id", "missing")]),
    ],
)
def test_a_broken_shape_is_told_by_its_place(data, found):
    assert flaws_of(data) == found
