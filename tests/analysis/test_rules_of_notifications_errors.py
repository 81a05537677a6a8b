"""GW307: an `Error` after calls that were accepted, and what it may be about."""

from typing import Any

from inspector.analysis.finding import Severity
from tests.analysis.shapes import CHAT, CUSTOMER, OTHER_CHAT, Json, chat_is, line, log_has
from tests.analysis.traffic import OK, Desk, Verdict, Wire

WHY = "Chat Server is not there"


def error(chat: str | None = CHAT, **members: Any) -> Json:
    told: Json = {"messageType": "ChatStateChangeMessage", "notificationType": "Error", "errorMessage": WHY} | members
    return told | {"chat": chat_is(of=chat)["chat"]} if chat else told


def quiet_desk(wire: Wire) -> Desk:
    """Its Accept is too long ago to be what fails."""
    desk = wire.at_work()
    wire.wait(40_000)
    return desk


def told(wire: Wire) -> list[str]:
    return [finding.text for finding in wire.findings if finding.rule == "GW307"]


def test_307_names_the_call_and_what_the_server_said() -> None:
    wire = Wire()
    sofia = quiet_desk(wire)
    call = sofia.do("SendMessage", text="Hello")
    wire.answer(call)
    heard = sofia.hear(error())
    assert wire.verdicts == [Verdict("GW307", Severity.WARNING, heard, 0, "/data/errorMessage", WHY)]
    assert told(wire) == [
        f"SendMessage (#{call.number}) was accepted, then an Error was told in the chat '{CHAT}': '{WHY}'"
    ]


def test_307_an_error_may_say_nothing_and_name_no_chat() -> None:
    wire = Wire()
    sofia = quiet_desk(wire)
    call = sofia.do("SendMessage", text="Hello")
    wire.answer(call)
    sofia.hear({"notificationType": "Error"})
    assert told(wire) == [f"SendMessage (#{call.number}) was accepted, then an Error was told: without an errorMessage"]
    assert wire.findings[0].pointer == "/data/notificationType"


def test_307_of_two_calls_none_is_blamed() -> None:
    wire = Wire()
    sofia = quiet_desk(wire)
    for text in ("a", "b"):
        wire.answer(sofia.do("SendMessage", text=text))
    sofia.hear(error())
    assert told(wire) == [f"several calls were accepted, then an Error was told in the chat '{CHAT}': '{WHY}'"]


def test_307_unless_the_error_refers_to_one() -> None:
    wire = Wire()
    sofia = quiet_desk(wire)
    calls = [sofia.do("Invite", targetUri=uri) for uri in "ab"]
    for reference, call in enumerate(calls):
        wire.answer(call, OK | {"referenceId": reference})
    sofia.hear(error(referenceId="1"))
    assert told(wire)[0].startswith(f"Invite (#{calls[1].number}) was accepted")


def test_307_an_error_may_come_before_the_reply() -> None:
    wire = Wire()
    sofia = quiet_desk(wire)
    call = sofia.do("SendMessage", text="Hello")
    heard = sofia.hear(error())
    assert told(wire) == []
    wire.wait(20)
    wire.answer(call)
    assert [(verdict.rule, verdict.exchange) for verdict in wire.verdicts] == [("GW307", heard)]
    wire.answer(sofia.do("SendMessage", text="again"))
    assert len(told(wire)) == 1


def test_307_after_a_call_that_was_then_refused_the_refusal_is_enough() -> None:
    wire = Wire()
    sofia = quiet_desk(wire)
    call = sofia.do("SendMessage", text="Hello")
    sofia.hear(error())
    wire.refuse(call)
    wire.answer(sofia.do("SendMessage", text="again"))
    assert told(wire) == []
    assert "GW202" in [finding.rule for finding in wire.findings]


def test_307_a_redelivery_is_no_other_error() -> None:
    """Also where another call was accepted in the meantime: it is not blamed for what was told before it."""
    wire = Wire()
    sofia = quiet_desk(wire)
    wire.answer(sofia.do("SendMessage", text="Hello"))
    sofia.hear(error(), error())
    wire.answer(sofia.do("SendMessage", text="again"))
    sofia.hear(error() | {"metrics": {"serverProcessingTimeTotalMs": 3}})
    assert len(told(wire)) == 1
    sofia.hear(error(errorMessage="something else"))
    assert len(told(wire)) == 2


def test_307_is_silent_where_nothing_was_asked_for() -> None:
    """Another tab, another agent, another chat, or long ago."""
    wire = Wire()
    sofia = quiet_desk(wire)
    sofia.hear(error())
    toni = wire.log_in("toni")
    toni.listen()
    wire.answer(toni.do("SendMessage", chat=OTHER_CHAT, text="Hello"))
    sofia.hear(error(OTHER_CHAT), error(None))
    toni.hear(error())
    wire.answer(sofia.do("SendMessage", text="Hello"))
    wire.wait(30_001)
    sofia.hear(error(errorMessage="late"))
    wire.close()
    assert told(wire) == []


def test_307_other_notifications_are_no_errors() -> None:
    wire = Wire()
    sofia = quiet_desk(wire)
    wire.answer(sofia.do("SendMessage", text="Error"))
    sofia.hear(chat_is(kind="PropertiesUpdated") | {"errorMessage": WHY}, log_has(line("Error", CUSTOMER, 3)))
    assert wire.findings == []
