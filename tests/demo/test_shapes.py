"""What the look-alike says has the members of the samples of the Chat API's pages (8.5.2)."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from inspector.demo.documents import LIBRARY, document
from inspector.demo.operations import operate
from inspector.demo.people import AGENT
from inspector.demo.world import PUBLIC_ORIGIN, World
from inspector.webservices import notifications

TAG = {"nickname", "participantId", "type"}
CUSTOMER = TAG | {"id", "visibility"}
PERSON = CUSTOMER | {"path", "uri"}
LINE = {"from", "index", "timestamp", "timestampSeconds", "type", "visibility"}
LOG = {"chatPath", "chatUri", "messageType", "messages", "notificationType"}
BRIEF = {"id", "state", "uri"}
ATTENDED = BRIEF | {"capabilities", "participants"}
WHOLE = {"attachments", "capabilities", "chatType", "id", "interactionQueue", "participants"}

Told = dict[str, Any]
Do = Callable[..., list[Told]]


@pytest.fixture
def do(world: World) -> Do:
    """Does an operation and gives its notifications' data, without the member that every event has besides."""
    [invited] = world.start_session(AGENT, {"channels": ["chat"]}).notifications

    def do(operation: str, **members: Any) -> list[Told]:
        body = {"operationName": operation} | members
        told = operate(world, AGENT, invited["chat"]["id"], body).notifications
        assert all("metrics" in one for one in told)
        return [{name: value for name, value in one.items() if name != "metrics"} for one in told]

    return do


def test_upload_file_is_the_sample_but_for_names(do: Do) -> None:
    """The sample of the UploadFile page, with our chat, participant and server in it."""
    do("Accept", nickname="TestName")
    sent = document("testfileUploadAgent.txt")
    do("AddAttachment", documentId=sent.id)
    told = do("UploadFile", documentId=sent.id)[0]
    chat = told["chatPath"].removeprefix("/chats/")
    api = f"{PUBLIC_ORIGIN}/api/v2"
    agent = told["messages"][0]["from"]["id"]
    assert told == {
        "chatPath": f"/chats/{chat}",
        "chatUri": f"{api}/chats/{chat}",
        "messageType": "MessageLogUpdated",
        "messages": [
            {
                "attachment": {
                    "fileId": "009F5790DAD80068",
                    "id": "0001PaBMYY3600RC",
                    "name": "testfileUploadAgent.txt",
                    "path": "/attachments/0001PaBMYY3600RC",
                    "size": 46,
                    "uri": f"{api}/attachments/0001PaBMYY3600RC",
                },
                "from": {
                    "id": agent,
                    "nickname": "TestName",
                    "participantId": agent,
                    "path": "/users/0bcb93c9854f41d6ad89344047ec3223",
                    "type": "Agent",
                    "uri": f"{api}/users/0bcb93c9854f41d6ad89344047ec3223",
                    "visibility": "All",
                },
                "index": 6,
                "noticeText": "file-uploaded",
                "timestamp": "2016-07-21 17:23:20.000+0300",
                "timestampSeconds": 1469111000000,
                "type": "SystemCommand",
                "visibility": "All",
            }
        ],
        "notificationType": "NewMessages",
    }
    assert re.fullmatch(r"[0-9A-F]{16}", agent)


def test_a_customer_s_file_differs_by_its_sender_only(do: Do) -> None:
    do("Accept")
    sent = document("testfileUploadAgent.txt")
    do("AddAttachment", documentId=sent.id)
    agents, *_, customers = do("UploadFile", documentId=sent.id)
    [own], [theirs] = agents["messages"], customers["messages"]
    assert own.keys() == theirs.keys() == LINE | {"attachment", "noticeText"}
    assert own["attachment"].keys() == theirs["attachment"].keys() == {"fileId", "id", "name", "path", "size", "uri"}
    assert (own["from"].keys(), theirs["from"].keys()) == (PERSON, CUSTOMER)


def test_add_attachment(do: Do) -> None:
    do("Accept")
    [told] = do("AddAttachment", documentId=LIBRARY[0].id)
    chat = told["chat"]
    assert told.keys() == {"chat", "messageType", "notificationType"}
    assert (told["messageType"], told["notificationType"]) == ("ChatStateChangeMessage", "PropertiesUpdated")
    assert chat.keys() == WHOLE | {"state", "uri"}, "the sample is cut behind `participants`"
    [linked] = chat["attachments"]
    assert linked == {
        "id": LIBRARY[0].id,
        "mime": "text/plain",
        "name": LIBRARY[0].name,
        "path": f"/attachments/{LIBRARY[0].id}",
        "size": 46,
        "uri": f"{PUBLIC_ORIGIN}/api/v2/chats/{chat['id']}/attachments/{LIBRARY[0].id}",
    }
    assert [one.keys() for one in chat["participants"]] == [CUSTOMER, PERSON]


def test_accept(do: Do) -> None:
    state, people, transcript, *_ = do("Accept")
    assert state.keys() == {"messageType", "referenceId", "notificationType", "chat"}
    assert people.keys() == {"messageType", "notificationType", "chat"}
    assert state["chat"].keys() == people["chat"].keys() == ATTENDED
    assert [one.keys() for one in people["chat"]["participants"]] == [TAG, TAG]
    assert transcript.keys() == LOG
    assert [line.keys() - LINE for line in transcript["messages"]] == [set(), {"text"}, set()]


def test_leave_and_complete(do: Do) -> None:
    do("Accept")
    [left] = do("Leave")
    [completed] = do("Complete")
    assert left["chat"].keys() == BRIEF | {"capabilities"}
    assert completed.keys() == {"messageType", "notificationType", "chat"}
    assert completed["chat"].keys() == BRIEF


@pytest.mark.parametrize(
    ("operation", "members", "kind", "own"),
    [
        ("SendMessage", {"text": "Hello", "messageType": "Greeting"}, "Text", {"text", "messageType"}),
        ("SendMessage", {"text": "Hello"}, "Text", {"text"}),
        ("SendStartTypingNotification", {}, "TypingStarted", set()),
        ("SendStopTypingNotification", {}, "TypingStopped", set()),
    ],
)
def test_lines_of_the_transcript(do: Do, operation: str, members: Told, kind: str, own: set[str]) -> None:
    do("Accept")
    [told] = do(operation, **members)
    [line] = told["messages"]
    assert told.keys() == LOG
    assert (line["type"], line.keys(), line["from"].keys()) == (kind, LINE | own, TAG)


def test_our_own_models_find_no_flaw_in_them(do: Do) -> None:
    told = [*do("Accept"), *do("AddAttachment", documentId=LIBRARY[0].id), *do("UploadFile", documentId=LIBRARY[0].id)]
    assert [notifications.parse(one)[1] for one in told] == [[]] * len(told)
