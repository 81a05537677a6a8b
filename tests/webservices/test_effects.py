"""What shows in a line or in a change that an operation was done, and what does not."""

import pytest

from inspector.webservices.effects import (
    AGENTS,
    Appears,
    Becomes,
    Disposes,
    Drops,
    History,
    Keeps,
    Lists,
    Moves,
    Says,
    SendsOut,
    user_at,
)
from inspector.webservices.notifications import ChatMessage, ChatStateChange

USER = {"path": "/users/U", "type": "Agent"}
URI = "http://HOST/api/v2/users/U"
TARGET = {"targetUri": URI}


def line(kind, **members):
    return ChatMessage.model_validate({"type": kind} | members)


def change(kind="PropertiesUpdated", **chat):
    return ChatStateChange.model_validate({"notificationType": kind, "chat": {"id": "C"} | chat})


@pytest.mark.parametrize(
    ("effect", "asked", "told", "evidence"),
    [
        (Says("said", same="text"), {"text": "a"}, line("Text", text="a", visibility="All"), "text"),
        (Says("said", same="text"), {"text": "a"}, line("Text", text="a"), "text"),
        (Says("said", same="text"), {"text": "a"}, line("Text", text="a", visibility="ALL"), "text"),
        (Says("said", same="text"), {"text": "a"}, line("Text", text="a", visibility="Agents"), ""),
        (Says("said", same="text"), {"text": "a"}, line("Text", text="A", visibility="All"), ""),
        (Says("said", same="text"), {"text": "a"}, line("Notice", text="a"), ""),
        (Says("said", same="text"), {}, line("Text"), ""),
        (Says("said", to=AGENTS, same="text"), {"text": "a"}, line("Text", text="a", visibility="INT"), "text"),
        (Says("said", to=AGENTS, same="text"), {"text": "a"}, line("Text", text="a", visibility="All"), ""),
        (Says("said", type="PushUrl", same="url", like=True), {"url": "a"}, line("PushUrl", url="a"), "url"),
        (Says("said", type="PushUrl", same="url", like=True), {"url": "a"}, line("PushUrl", url="b"), "type"),
        (Says("said", type="CustomNotice", same="noticeText"), {}, line("CustomNotice", noticeText="a"), ""),
        (Says("typing", type="TypingStarted"), {}, line("TypingStarted", text="preview"), "type"),
        (Says("typing", type="TypingStarted"), {}, line("TypingStopped"), ""),
        (Moves("joined"), TARGET, line("ParticipantJoined", **{"from": USER}), "targetUri"),
        (Moves("joined"), {"targetUri": URI + "2"}, line("ParticipantJoined", **{"from": USER}), ""),
        (Moves("joined"), TARGET, line("ParticipantJoined"), ""),
        (Moves("joined"), {}, line("ParticipantJoined", **{"from": {"type": "Customer"}}), ""),
        (Moves("joined"), TARGET, line("ParticipantLeft", **{"from": USER}), ""),
        (SendsOut("removed"), {"userUri": URI}, line("Notice", text="REMOVE_PARTICIPANT_FROM_CONFERENCEU"), "userUri"),
        (SendsOut("removed"), TARGET, line("Notice", text="REMOVE_PARTICIPANT_FROM_CONFERENCEU2"), ""),
        (SendsOut("removed"), {}, line("Notice", text="REMOVE_PARTICIPANT_FROM_CONFERENCE"), ""),
        (SendsOut("removed"), {"userUri": URI}, line("Text", text="REMOVE_PARTICIPANT_FROM_CONFERENCEU"), ""),
        (Becomes("state", states=frozenset({"Completed"})), {}, line("Text"), ""),
    ],
)
def test_what_a_line_shows(effect, asked, told, evidence):
    assert effect.in_line(asked, told) == evidence
    assert not effect.in_history()


SUPERVISED = [{"type": "Agent", "visibility": "Supervisors"}]


@pytest.mark.parametrize(
    ("effect", "asked", "told", "evidence"),
    [
        (Becomes("state", states=frozenset({"Completed"})), {}, change("StatusChange", state="Completed"), "state"),
        (Becomes("state", states=frozenset({"Completed"})), {}, change("StatusChange", state="LeftChat"), ""),
        (Becomes("state", states=frozenset({"Completed"})), {}, change("ParticipantsUpdated", state="Completed"), ""),
        (Becomes("state", states=frozenset({"Completed"})), {}, ChatStateChange(), ""),
        (Lists("participants"), {}, change("ParticipantsUpdated"), "participants"),
        (Lists("participants"), {}, change("StatusChange"), ""),
        (
            Lists("p", user="targetUri"),
            TARGET,
            change("ParticipantsUpdated", participants=[USER]),
            "targetUri",
        ),
        (Lists("p", user="targetUri"), TARGET, change("ParticipantsUpdated", participants=["toni"]), ""),
        (Lists("p", user="targetUri"), {}, change("ParticipantsUpdated", participants=[{"type": "Customer"}]), ""),
        (Keeps("data"), {"userData": {"a": 1}}, change(userData={"a": 1, "b": None}), "userData"),
        (Keeps("data"), {"userData": {"a": 1}}, change(userData={"a": "1"}), "userData"),
        (Keeps("data"), {"userData": {"a": None}}, change(userData={}), ""),
        (Keeps("data"), {"userData": {"a": 1, "b": 2}}, change(userData={"a": 1}), ""),
        (Keeps("data"), {"userData": {"a": 1}}, change("StatusChange", userData={"a": 1}), ""),
        (Keeps("data"), {"userData": {}}, change(userData={"a": 1}), ""),
        (Keeps("data"), {"userData": "a"}, change(userData={"a": 1}), ""),
        (Keeps("data"), {"userData": {"a": 1}}, change(), ""),
        (Drops("data"), {"keys": ["a", "b"]}, change(userData={"c": 1}), "keys"),
        (Drops("data"), {"keys": ["a", "b"]}, change(userData={"b": 1}), ""),
        (Drops("data"), {"keys": []}, change(userData={"b": 1}), ""),
        (Drops("data"), {"keys": ["a"]}, change(), ""),
        (Drops("data"), {"keys": [["a"]]}, change(userData={}), "keys"),
        (Disposes("data"), {"disposition": "7"}, change(userData={"DispositionCode": "7"}), "disposition"),
        (Disposes("data"), {"disposition": 7, "dispositionKey": "k"}, change(userData={"k": "7"}), "disposition"),
        (Disposes("data"), {"disposition": 7, "dispositionKey": []}, change(userData={"k": 7}), ""),
        (Disposes("data"), {}, change(userData={"DispositionCode": None}), ""),
        (Appears("state"), {}, change(participants=SUPERVISED), "participants"),
        (Appears("state"), {}, change(participants=["toni", {"visibility": "All"}]), ""),
        (Says("said"), {}, change(), ""),
    ],
)
def test_what_a_change_shows(effect, asked, told, evidence):
    assert effect.in_change(asked, told) == evidence


def test_only_the_history_is_shown_by_a_transcript_from_its_begin():
    assert History("history").in_history()


@pytest.mark.parametrize(
    ("uri", "user"),
    [
        (URI, "U"),
        ("/users/U", "U"),
        (f"{URI}/?fields=*", "U"),
        (f"{URI}/channels", "U"),
        ("http://HOST/api/v2/queues/Q", ""),
        ("", ""),
        (None, ""),
        (["/users/U"], ""),
    ],
)
def test_whom_an_address_names(uri, user):
    assert user_at(uri) == user
