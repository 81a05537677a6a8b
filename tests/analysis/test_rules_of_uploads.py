"""GW406, GW407, GW408 and GW410: uploads after the end, of a changed file, never made, and made twice."""

import unicodedata
from typing import Any

import pytest

from inspector.analysis.finding import Finding, Severity
from tests.analysis.shapes import (
    CHAT,
    CUSTOMER,
    DOCUMENT,
    OTHER_CHAT,
    OTHER_DOCUMENT,
    attachment,
    chat_has,
    chat_is,
    sent,
)
from tests.analysis.traffic import Desk, Wire

WINDOW = 30_000


def at_work() -> tuple[Wire, Desk]:
    """Sofia, with her document linked to the chat."""
    wire = Wire()
    sofia = wire.at_work("sofia")
    sofia.has_linked(DOCUMENT)
    return wire, sofia


def found(wire: Wire, rule: str) -> list[Finding]:
    return [finding for finding in wire.findings if finding.rule == rule]


# GW406


@pytest.mark.parametrize("how", ["LeftChat", "Completed", "Revoked"])
def test_406_when_the_agent_was_told_that_the_chat_is_over(how: str) -> None:
    wire, sofia = at_work()
    sofia.hear(chat_is(how))
    upload = sofia.upload()
    assert found(wire, "GW406") == [
        Finding(
            "GW406",
            Severity.WARNING,
            upload.number,
            None,
            f"UploadFile of {DOCUMENT} into chat {CHAT} when its state had become {how}",
            "",
            "a chat in the state Chatting",
            how,
        )
    ]
    assert found(wire, "GW406")[0].about == (DOCUMENT, CHAT)


@pytest.mark.parametrize("how", ["Leave", "Complete", "LeaveAndComplete"])
def test_406_when_the_agents_own_leaving_was_accepted_and_not_told_yet(how: str) -> None:
    wire, sofia = at_work()
    wire.answer(sofia.do(how))
    sofia.upload()
    assert [finding.text for finding in found(wire, "GW406")] == [
        f"UploadFile of {DOCUMENT} into chat {CHAT} when {how} had been accepted"
    ]


@pytest.mark.parametrize(
    "what",
    [
        "under way",
        "refused",
        "broken",
        "of another chat",
        "of another agent",
        "told to another agent",
        "accepted and failed",
        "then accepted again",
        "then Chatting again",
        "then Chatting again, without its kind",
        "then a participant is back",
    ],
)
def test_406_is_kept_by_a_leaving(what: str) -> None:
    wire, sofia = at_work()
    toni = wire.at_work("toni")
    leaving = (toni if what == "of another agent" else sofia).do(
        "Leave", chat=OTHER_CHAT if what == "of another chat" else CHAT
    )
    match what:
        case "under way" | "told to another agent":
            toni.hear(chat_is("LeftChat")) if what.startswith("told") else None
        case "refused":
            wire.refuse(leaving)
        case "broken":
            wire.fail(leaving)
        case _:
            wire.answer(leaving)
    match what:
        case "accepted and failed":
            sofia.hear(chat_is("Chatting", kind="Error") | {"errorMessage": "no"})
        case "then accepted again":
            sofia.hear(chat_is("LeftChat"))
            wire.answer(sofia.do("Accept"))
        case "then Chatting again":
            sofia.hear(chat_is("LeftChat"), chat_is())
        case "then Chatting again, without its kind":
            again = chat_is()
            del again["notificationType"]
            sofia.hear(chat_is("LeftChat"), again)
        case "then a participant is back":
            sofia.hear(chat_is("LeftChat"), chat_is(kind="ParticipantsUpdated"))
    sofia.upload()
    assert found(wire, "GW406") == []


def test_406_is_kept_by_an_upload_that_was_under_way_when_the_chat_ended() -> None:
    wire, sofia = at_work()
    upload = sofia.upload()
    sofia.hear(chat_is("Completed"), sent())
    wire.answer(upload)
    assert found(wire, "GW406") == []


def test_406_needs_to_know_who_left() -> None:
    """Two desks that show no session at all are nobody known, and not one agent."""
    wire, _ = at_work()
    wire.answer(Desk(wire).do("Leave"))
    Desk(wire).upload()
    assert found(wire, "GW406") == []


def test_406_says_nothing_of_user_data_after_the_end() -> None:
    wire, sofia = at_work()
    sofia.hear(chat_is("LeftChat"))
    wire.answer(sofia.do("SetDisposition", disposition="x"))
    sofia.hear(chat_is("LeftChat", kind="PropertiesUpdated", userData={}))
    assert found(wire, "GW406") == []
    sofia.upload()
    assert len(found(wire, "GW406")) == 1


# GW407

OFFER = {"name": "Preisübersicht.pdf", "size": 46, "mime": "application/pdf"}


def sent_as(linked: dict[str, Any], **told: Any) -> list[Finding]:
    """What is found of a file that was linked with these members and told of with those."""
    wire = Wire()
    sofia = wire.at_work("sofia")
    wire.answer(sofia.link())
    sofia.hear(chat_has(attachment(**linked)))
    wire.answer(sofia.upload())
    sofia.hear(sent(**{"name": linked["name"], "size": linked["size"]} | told))
    sofia.hear(sent(**{"name": linked["name"], "size": linked["size"]} | told))
    return found(wire, "GW407")


@pytest.mark.parametrize(
    ("member", "linked", "told"),
    [
        ("name", "Preisübersicht.pdf", "contract.pdf"),
        ("size", 46, 47),
        ("size", "46", 0),
        ("mime", "application/pdf", "text/html"),
    ],
)
def test_407_tells_both_values(member: str, linked: Any, told: Any) -> None:
    [finding] = sent_as(OFFER | {member: linked}, **{member: told})
    shown = 46 if member == "size" else linked
    assert (finding.severity, finding.pointer) == (Severity.WARNING, f"/data/messages/0/attachment/{member}")
    assert finding.text == f"document {DOCUMENT} was linked with the {member} {shown!r} and sent with {told!r}"
    assert (finding.expected, finding.actual, finding.about) == (str(shown), told, (DOCUMENT, CHAT))


@pytest.mark.parametrize(
    ("linked", "told"),
    [
        ({}, {}),
        ({}, {"name": unicodedata.normalize("NFD", "Preisübersicht.pdf")}),
        ({}, {"size": "46"}),
        ({"size": "46"}, {"size": 46}),
        ({"size": "46 bytes"}, {"size": 46}),
        ({}, {"name": None, "size": None, "mime": None}),
        ({}, {"name": ""}),
        ({"mime": None}, {"mime": "text/html"}),
        ({}, {"mime": 7}),
        ({"mime": "Application/PDF; charset=binary"}, {"mime": "application/pdf"}),
        ({"mime": "application/octet-stream"}, {"mime": "application/pdf"}),
        ({}, {"mime": "application/octet-stream"}),
    ],
    ids=str,
)
def test_407_is_kept_by_values_that_say_the_same_or_nothing(linked: dict[str, Any], told: dict[str, Any]) -> None:
    assert sent_as(OFFER | linked, **told) == []


def test_407_knows_only_the_list_of_this_chat() -> None:
    wire, sofia = at_work()
    sofia.accept(OTHER_CHAT)
    wire.answer(sofia.link(DOCUMENT, OTHER_CHAT))
    sofia.hear(chat_has(attachment(name="other.txt"), of=OTHER_CHAT))
    wire.answer(sofia.upload())
    wire.answer(sofia.upload(chat=OTHER_CHAT))
    sofia.hear(sent(), sent(of=OTHER_CHAT, name="other.txt"))
    assert found(wire, "GW407") == []


def test_407_says_nothing_of_a_file_that_was_never_linked_before_our_eyes_or_that_another_sends() -> None:
    wire = Wire()
    sofia = wire.log_in()
    sofia.listen()
    sofia.hear(chat_has(DOCUMENT))
    wire.answer(sofia.upload())
    sofia.hear(sent(name="other.txt"))
    sofia.has_linked(OTHER_DOCUMENT)
    sofia.hear(sent(OTHER_DOCUMENT, by="toni", index=9, name="other.txt"))
    sofia.hear(sent("photo", by=CUSTOMER, index=11, name="other.txt"))
    assert found(wire, "GW407") == []


# GW410


def again(wire: Wire) -> list[str]:
    return [finding.text for finding in found(wire, "GW410")]


@pytest.mark.parametrize("told", [True, False], ids=["sent", "on its way"])
def test_410_tells_what_became_of_the_first(told: bool) -> None:
    wire, sofia = at_work()
    first = sofia.upload()
    wire.answer(first)
    if told:
        sofia.hear(sent())
    second = sofia.upload()
    how = "was sent" if told else "is on its way"
    [finding] = found(wire, "GW410")
    assert finding == Finding(
        "GW410",
        Severity.INFO,
        second.number,
        None,
        f"UploadFile of {DOCUMENT}, which {how} already in chat {CHAT} (#{first.number})",
        "/documentId",
        "one UploadFile a document and chat",
        DOCUMENT,
    )
    assert finding.about == (DOCUMENT, CHAT)


def test_410_of_what_another_session_sent_names_no_exchange() -> None:
    wire, sofia = at_work()
    sofia.hear(sent(by="toni"))
    sofia.upload()
    assert again(wire) == [f"UploadFile of {DOCUMENT}, which was sent already in chat {CHAT}"]


@pytest.mark.parametrize("how", ["refused", "broken", "lost", "in another chat", "by the customer", "linked anew"])
def test_410_is_kept_by_a_first_that_was(how: str) -> None:
    wire, sofia = at_work()
    if how == "by the customer":
        sofia.hear(sent(by=CUSTOMER))
    else:
        if how == "in another chat":
            sofia.accept(OTHER_CHAT)
        first = sofia.upload(chat=OTHER_CHAT if how == "in another chat" else CHAT)
        wire.refuse(first) if how == "refused" else wire.fail(first) if how == "broken" else wire.answer(first)
    if how == "lost":
        wire.wait(WINDOW)
        sofia.hear()
    if how == "linked anew":
        sofia.hear(sent())
        wire.answer(sofia.unlink())
        sofia.hear(chat_has())
        sofia.has_linked()
    sofia.upload()
    assert again(wire) == []
