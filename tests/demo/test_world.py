"""The contact centre without any I/O: what each operation does, what is refused, and what goes wrong on purpose."""

from collections.abc import Callable
from typing import Any

import pytest

from inspector.demo.chat import State
from inspector.demo.documents import LIBRARY, NOTES, document
from inspector.demo.operations import attach_new, operate
from inspector.demo.people import AGENT, User
from inspector.demo.quirks import Quirk
from inspector.demo.world import Outcome, World

Operate = Callable[..., Outcome]

CLEAN = document("testfileUploadAgent.txt")


@pytest.fixture
def chat(world: World) -> str:
    """A chat that the agent has accepted."""
    chat = invited(world)
    assert operate(world, AGENT, chat, {"operationName": "Accept"}).reply == {"statusCode": 0}
    return chat


@pytest.fixture
def do(world: World, chat: str) -> Operate:
    def do(operation: str, **members: Any) -> Outcome:
        return operate(world, AGENT, chat, {"operationName": operation} | members)

    return do


def invited(world: World) -> str:
    [told] = world.start_session(AGENT, {"channels": ["chat"]}).notifications
    return str(told["chat"]["id"])


def lines(outcome: Outcome) -> list[dict[str, Any]]:
    return [line for told in outcome.notifications for line in told.get("messages", ())]


def kinds(outcome: Outcome) -> list[str]:
    return [told["notificationType"] for told in outcome.notifications]


def test_only_the_channel_chat_brings_a_customer(world: World) -> None:
    assert world.start_session(AGENT, {"channels": ["voice"]}) == Outcome()
    assert world.start_session(AGENT, {}) == Outcome()
    assert kinds(world.start_session(AGENT, {"channels": ["voice", "chat"]})) == ["StatusChange"]


def test_accepting_tells_the_state_the_participants_and_the_whole_transcript(world: World) -> None:
    outcome = operate(world, AGENT, invited(world), {"operationName": "Accept", "nickname": "Sofia"})
    state, people, transcript, *customer = outcome.notifications
    assert (state["notificationType"], state["chat"]["state"], state["chat"]["participants"]) == (
        "StatusChange",
        "Chatting",
        [],
    )
    assert state["referenceId"] == 1
    assert [one["type"] for one in people["chat"]["participants"]] == ["Customer", "Agent"]
    assert "referenceId" not in people
    assert [line["type"] for line in transcript["messages"]] == ["ParticipantJoined", "Text", "ParticipantJoined"]
    assert [line["index"] for told in (transcript, *customer) for line in told["messages"]] == [1, 2, 3, 4, 5]


def test_a_file_is_linked_then_sent_then_the_customer_answers_with_one_of_their_own(do: Operate) -> None:
    [linked] = do("AddAttachment", documentId=CLEAN.id).notifications
    assert [one["id"] for one in linked["chat"]["attachments"]] == [CLEAN.id]
    outcome = do("UploadFile", documentId=CLEAN.id)
    sent, typing, text, file = lines(outcome)
    assert (sent["attachment"]["id"], sent["from"]["type"]) == (CLEAN.id, "Agent")
    assert [line["type"] for line in (typing, text, file)] == ["TypingStarted", "Text", "SystemCommand"]
    assert (file["attachment"]["name"], file["from"]["type"]) == ("router-lights.png", "Customer")
    assert len(lines(do("UploadFile", documentId=CLEAN.id))) == 1, "the customer does so once"


def test_a_document_sent_twice_has_two_file_ids(do: Operate) -> None:
    do("AddAttachment", documentId=CLEAN.id)
    first, second = (lines(do("UploadFile", documentId=CLEAN.id))[0]["attachment"] for _ in range(2))
    assert first["id"] == second["id"]
    assert first["fileId"] != second["fileId"]


def test_what_the_client_claims_of_a_link_goes_before_what_the_store_knows(do: Operate) -> None:
    [linked] = do("AddAttachment", documentId=CLEAN.id, name="else.txt", size="7").notifications
    [shown] = linked["chat"]["attachments"]
    assert (shown["name"], shown["size"], shown["mime"]) == ("else.txt", "7", "text/plain")
    assert lines(do("UploadFile", documentId=CLEAN.id))[0]["attachment"]["name"] == CLEAN.name


def test_the_list_of_attachments_is_complete_and_missing_when_it_would_be_empty(do: Operate) -> None:
    ids = [one.id for one in LIBRARY[:2]]
    for document_id in ids:
        told = do("AddAttachment", documentId=document_id).notifications[0]
    assert [one["id"] for one in told["chat"]["attachments"]] == ids
    for document_id in ids:
        [told] = do("RemoveAttachment", documentId=document_id).notifications
    assert "attachments" not in told["chat"]


def test_a_new_document_is_told_of_by_the_reply_s_reference_and_not_by_its_id(world: World, chat: str) -> None:
    outcome = attach_new(world, AGENT, chat, NOTES)
    [told] = outcome.notifications
    assert outcome.reply == {"statusCode": 0, "referenceId": told["referenceId"]}
    [linked] = told["chat"]["attachments"]
    added = world.store.find(linked["id"])
    assert added is not None and added.file == NOTES


@pytest.mark.parametrize(
    ("operation", "members", "code"),
    [
        ("UploadFile", {}, 1),
        ("UploadFile", {"documentId": ""}, 1),
        ("UploadFile", {"documentId": 7}, 10),
        ("UploadFile", {"documentId": "0001PaBMYY36ZZZZ"}, 6),
        ("UploadFile", {"documentId": CLEAN.id}, 2),
        ("AddAttachment", {}, 1),
        ("AddAttachment", {"documentId": "0001PaBMYY36ZZZZ"}, 6),
        ("RemoveAttachment", {"documentId": CLEAN.id}, 6),
        ("SendMessage", {}, 1),
        ("Accept", {}, 2),
        ("Dance", {}, 10),
        ("", {}, 1),
    ],
)
def test_refusals_say_why_and_tell_nobody(do: Operate, operation: str, members: dict[str, Any], code: int) -> None:
    outcome = do(operation, **members)
    assert outcome.reply.keys() == {"statusCode", "statusMessage"}
    assert (outcome.reply["statusCode"], outcome.notifications, outcome.status) == (code, (), 200)


def test_the_same_document_is_not_linked_twice(do: Operate) -> None:
    do("AddAttachment", documentId=CLEAN.id)
    assert do("AddAttachment", documentId=CLEAN.id).reply["statusCode"] == 18


@pytest.mark.parametrize("operation", ["UploadFile", "AddAttachment", "RemoveAttachment", "Leave"])
@pytest.mark.parametrize("last", ["Leave", "Complete"])
def test_nothing_is_sent_once_the_chat_was_left(do: Operate, last: str, operation: str) -> None:
    do("AddAttachment", documentId=CLEAN.id)
    do(last)
    refused = do(operation, documentId=CLEAN.id).reply
    assert refused == {"statusCode": 2, "statusMessage": f"The chat is in state {refused['statusMessage'].split()[-1]}"}


def test_nothing_is_sent_before_the_chat_is_accepted(world: World) -> None:
    chat = invited(world)
    body = {"operationName": "UploadFile", "documentId": CLEAN.id}
    assert operate(world, AGENT, chat, body).reply["statusCode"] == 2
    assert attach_new(world, AGENT, chat, NOTES).reply["statusCode"] == 2


def test_a_chat_that_was_left_can_be_completed(world: World, do: Operate) -> None:
    [left] = do("Leave").notifications
    [completed] = do("Complete").notifications
    assert (left["chat"]["state"], completed["chat"]["state"]) == ("LeftChat", "Completed")
    assert "referenceId" in left and "referenceId" not in completed
    assert world.chats_of(AGENT) == []


def test_somebody_else_s_chat_is_not_there(world: World, chat: str, colleague: User) -> None:
    assert operate(world, colleague, chat, {"operationName": "Complete"}).reply["statusCode"] == 6
    assert attach_new(world, colleague, chat, NOTES).reply["statusCode"] == 6


def test_going_home_completes_the_chats_and_starts_the_references_anew(world: World, chat: str) -> None:
    world.end_session(AGENT)
    assert world.chats[chat].state is State.COMPLETED
    again = operate(world, AGENT, invited(world), {"operationName": "Accept"})
    assert again.notifications[0]["referenceId"] == 1


def send(world: World, do: Operate, quirk: Quirk, key: str) -> tuple[Outcome, Outcome]:
    world.quirks = {key: quirk}
    return do("AddAttachment", documentId=CLEAN.id), do("UploadFile", documentId=CLEAN.id)


@pytest.mark.parametrize("key", [CLEAN.id, CLEAN.name])
def test_a_quirk_is_steered_by_document_id_or_by_name(world: World, do: Operate, key: str) -> None:
    _, sent = send(world, do, Quirk.SPEECHLESS, key)
    assert sent == Outcome({"statusCode": 4})


def test_an_overtaking_notification_withholds_the_reply(world: World, do: Operate) -> None:
    _, sent = send(world, do, Quirk.OVERTAKES, CLEAN.id)
    assert sent.withheld and lines(sent)[0]["attachment"]["id"] == CLEAN.id


def test_a_lost_notification_is_in_the_transcript_all_the_same(world: World, do: Operate, chat: str) -> None:
    world.script = ()
    _, sent = send(world, do, Quirk.LOST, CLEAN.id)
    assert (sent.reply, sent.notifications) == ({"statusCode": 0}, ())
    assert world.chats[chat].transcript[-1]["attachment"]["id"] == CLEAN.id


def test_an_empty_one_does_not_say_which_file(world: World, do: Operate) -> None:
    _, sent = send(world, do, Quirk.EMPTY, CLEAN.id)
    assert lines(sent)[0]["noticeText"] == "file-uploaded"
    assert "attachment" not in lines(sent)[0]


def test_one_that_goes_astray_leads_to_a_document_that_is_there(world: World, do: Operate) -> None:
    _, sent = send(world, do, Quirk.ASTRAY, CLEAN.id)
    attachment = lines(sent)[0]["attachment"]
    path_end, uri_end = (attachment[name].rpartition("/")[2] for name in ("path", "uri"))
    assert attachment["id"] == CLEAN.id != path_end == uri_end
    assert world.store.find(path_end)


def test_another_tab_sends_what_this_one_has_only_linked(world: World, do: Operate) -> None:
    linked, _ = send(world, do, Quirk.OTHER_TAB, CLEAN.id)
    assert [(line["attachment"]["id"], line["from"]["type"]) for line in lines(linked)] == [(CLEAN.id, "Agent")]


def test_every_event_has_timers_and_they_vary(do: Operate) -> None:
    told = [do("SendMessage", text=text).notifications[0] for text in ("a", "b")]
    first, second = (one["metrics"]["eventProcessing"] for one in told)
    assert first.keys() == {"nodeProcessingTimeNanos", "serverGenerationTimestamp", "serverProcessingTimeTotalMs"}
    assert first != second
