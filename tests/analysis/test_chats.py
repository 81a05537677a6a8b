"""What is known of a chat: what is linked to it, since when it is watched, and whose a line is."""

from dataclasses import replace
from typing import Any

import pytest

from inspector.analysis.agents import Agent
from inspector.analysis.calls import Call
from inspector.analysis.chats import Chat, Chats, is_agents_own, is_surely
from inspector.webservices.notifications import ChatMessage
from inspector.webservices.replies import Reply
from tests.analysis.shapes import (
    CHAT,
    CUSTOMER,
    DOCUMENT,
    OTHER_CHAT,
    OTHER_DOCUMENT,
    USERS,
    Json,
    agent,
    attachment,
    chat_has,
    chat_is,
)
from tests.analysis.traffic import Wire

SOFIA = Agent(1, "cookie", 1, 1, user_id=USERS["sofia"])
STRANGER = Agent(1, "cookie", 1, 1)


class Story:
    """What happens to one session's chats."""

    def __init__(self) -> None:
        self.chats = Chats()
        self.calls = 0

    def asks(self, operation: str, document: str = DOCUMENT, *, listens: bool = True) -> Call:
        self.calls += 1
        call = Call(self.calls, operation, CHAT, document, Wire().now)
        self.chats.asked(call, lambda agent: listens)
        return call

    def says(self, call: Call, code: int | None) -> None:
        """The reply to a call; None for a connection that broke."""
        reply = None if code is None else Reply.model_validate({"statusCode": code})
        error = "reset" if code is None else None
        self.chats.answered(replace(call, done=Wire().now, reply=reply, error=error))

    def tells(self, data: Json) -> list[str]:
        """The documents that a notification lists, new or not."""
        wire = Wire()
        wire.log_in("sofia").hear(data)
        [message] = (message for message in wire.messages if message.is_event)
        self.chat.listed = set()
        return sorted(self.chats.told(message).listed) if message.chat_id else []

    @property
    def chat(self) -> Chat:
        return self.chats.of(CHAT)


def test_a_link_counts_from_its_request_on() -> None:
    story = Story()
    link = story.asks("AddAttachment")
    assert story.chat.linked == {DOCUMENT}
    story.says(link, 0)
    assert story.chat.linked == {DOCUMENT}


def test_a_refused_link_links_nothing() -> None:
    story = Story()
    story.says(story.asks("AddAttachment"), 6)
    assert story.chat.linked == set()


def test_a_link_whose_connection_broke_may_have_been_made() -> None:
    story = Story()
    story.says(story.asks("AddAttachment"), None)
    assert story.chat.linked == {DOCUMENT}


def test_a_link_that_is_refused_because_it_was_there_already_takes_nothing_away() -> None:
    """`18 already exists`, when somebody clicks twice."""
    story = Story()
    story.says(story.asks("AddAttachment"), 0)
    story.says(story.asks("AddAttachment"), 18)
    assert story.chat.linked == {DOCUMENT}


@pytest.mark.parametrize(
    "then", [chat_is(), chat_is(kind="ParticipantsUpdated", participants=[])], ids=["state", "who"]
)
def test_nor_does_it_if_only_a_notification_told_of_the_link(then: Json) -> None:
    story = Story()
    story.tells(chat_has(DOCUMENT))
    story.tells(then)
    story.says(story.asks("AddAttachment"), 18)
    assert story.chat.linked == {DOCUMENT}


def test_a_removed_document_is_not_linked_any_more() -> None:
    story = Story()
    story.says(story.asks("AddAttachment"), 0)
    refused, accepted = story.asks("RemoveAttachment"), story.asks("RemoveAttachment")
    story.says(refused, 2)
    assert story.chat.linked == {DOCUMENT}
    story.says(accepted, 0)
    assert story.chat.linked == set()


def test_a_document_of_the_list_is_linked_whoever_linked_it() -> None:
    story = Story()
    assert story.tells(chat_has(DOCUMENT, OTHER_DOCUMENT)) == sorted([DOCUMENT, OTHER_DOCUMENT])
    assert (story.chat.listed, story.chat.linked) == ({DOCUMENT, OTHER_DOCUMENT}, {DOCUMENT, OTHER_DOCUMENT})


@pytest.mark.parametrize(
    "data",
    [
        {"messageType": "ChatStateChangeMessage", "chat": None},
        {"notificationType": "Error", "errorMessage": "no"},
        {"chat": {"attachments": [attachment()]}},
    ],
    ids=["null", "missing", "without an id"],
)
def test_a_notification_that_names_no_chat_lists_nothing(data: Json) -> None:
    assert Story().tells(data) == []


def test_the_chat_may_be_named_by_its_uri_alone() -> None:
    data = chat_has(DOCUMENT)
    data["chat"] = {name: value for name, value in data["chat"].items() if name != "id"}
    assert Story().tells(data) == [DOCUMENT]


def test_a_chat_is_known_from_its_start_if_it_is_accepted_by_who_listens() -> None:
    listening, deaf = Story(), Story()
    listening.asks("Accept", "", listens=True)
    deaf.asks("Accept", "", listens=False)
    assert (listening.chat.from_start, deaf.chat.from_start) == (True, False)
    deaf.asks("SendMessage", "", listens=True)
    listening.asks("Accept", "", listens=False)
    assert (listening.chat.from_start, deaf.chat.from_start) == (True, False)


def test_chats_are_apart() -> None:
    story = Story()
    story.asks("AddAttachment")
    assert story.chats.of(OTHER_CHAT) == Chat(OTHER_CHAT)


def read(line: dict[str, Any]) -> ChatMessage:
    return ChatMessage.model_validate(line)


def names(user: str, **members: Any) -> Json:
    """A sender that names the user by path or uri alone."""
    return {"type": "Agent", "nickname": user} | members


@pytest.mark.parametrize(
    ("sender", "who", "own", "surely"),
    [
        (agent("sofia"), SOFIA, True, True),
        (names("sofia", path=f"/users/{USERS['sofia']}"), SOFIA, True, True),
        (names("sofia", uri=f"http://elsewhere/api/v2/users/{USERS['sofia']}"), SOFIA, True, True),
        (agent("toni"), SOFIA, False, False),
        (names("sofia"), SOFIA, True, False),
        (agent("sofia"), STRANGER, True, False),
        (agent("sofia"), None, True, False),
        (None, SOFIA, True, False),
        (CUSTOMER, SOFIA, False, False),
        (CUSTOMER, STRANGER, False, False),
        ({"nickname": "Agent"}, SOFIA, True, False),
        (agent("sofia") | {"type": "Supervisor"}, SOFIA, True, False),
        (agent("toni") | {"type": "Supervisor"}, SOFIA, False, False),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, dict) else None,
)
def test_a_line_may_be_or_surely_is_an_agents_own(
    sender: Json | None, who: Agent | None, own: bool, surely: bool
) -> None:
    line = read({"type": "Text", "from": sender})
    assert (is_agents_own(line, who), is_surely(line, who)) == (own, surely)
