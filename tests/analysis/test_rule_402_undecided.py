"""GW402 where nobody can know: the agent may not have listened, or what it was told is not recorded."""

import pytest

from tests.analysis.shapes import DOCUMENT
from tests.analysis.traffic import TOPIC, Desk, Wire

WINDOW = 30_000
UNKNOWN = {"channel": "/meta/connect", "successful": False, "error": "402::Unknown client"}


def waiting() -> tuple[Wire, Desk]:
    """Sofia listens, and her UploadFile was accepted just now."""
    wire = Wire()
    sofia = wire.at_work("sofia")
    sofia.has_linked(DOCUMENT)
    wire.answer(sofia.upload())
    return wire, sofia


def undecided(wire: Wire, *found: str) -> bool:
    """Whether nothing but that was found until the end of the recording, and the transfer says that nobody can know."""
    wire.close()
    return [verdict.rule for verdict in wire.verdicts] == list(found) and wire.life()[-1] == "undecided"


def test_the_recording_ended_within_the_window() -> None:
    wire, sofia = waiting()
    wire.wait(WINDOW - 1)
    sofia.hear()
    assert undecided(wire)


def test_the_last_poll_was_never_answered() -> None:
    wire, sofia = waiting()
    sofia.poll()
    wire.wait(2 * WINDOW)
    wire.answer(sofia.do("SendMessage"))
    assert undecided(wire)


def test_the_last_poll_was_answered_within_the_window() -> None:
    wire, sofia = waiting()
    wire.wait(WINDOW - 1)
    sofia.hear()
    wire.wait(WINDOW)
    wire.answer(sofia.do("SendMessage"))
    assert undecided(wire)


def test_the_client_cut_the_last_poll() -> None:
    wire, sofia = waiting()
    poll = sofia.poll()
    wire.wait(2 * WINDOW)
    wire.fail(poll, "client disconnected")
    assert undecided(wire)


@pytest.mark.parametrize("head_came", [False, True])
def test_the_client_cut_a_poll_within_the_window_and_polled_again(head_came: bool) -> None:
    """The server may have told it in the answer that was cut."""
    wire, sofia = waiting()
    poll = sofia.poll()
    wire.wait(1000)
    if head_came:
        wire.answer(poll, b"", error="client disconnected")
    else:
        wire.fail(poll, "client disconnected")
    wire.wait(WINDOW)
    sofia.hear()
    assert undecided(wire)


def test_a_poll_of_the_window_was_answered_by_somebody_in_between() -> None:
    wire, sofia = waiting()
    poll = sofia.poll()
    wire.wait(1000)
    wire.answer(poll, b"<html>Bad gateway</html>", ("Content-Type", "text/html"), status=502)
    wire.wait(WINDOW)
    sofia.hear()
    assert undecided(wire)


def test_a_poll_cut_before_the_upload_was_asked_for_is_no_excuse() -> None:
    wire = Wire()
    sofia = wire.at_work("sofia")
    sofia.has_linked(DOCUMENT)
    wire.fail(sofia.poll(), "client disconnected")
    wire.answer(sofia.upload())
    wire.wait(WINDOW)
    sofia.hear()
    assert [verdict.rule for verdict in wire.verdicts] == ["GW402"]


def test_the_agent_subscribed_after_the_reply() -> None:
    wire = Wire()
    sofia = wire.log_in()
    sofia.shake_hands()
    sofia.link()
    wire.answer(sofia.upload())
    wire.wait(1)
    sofia.subscribe()
    wire.wait(WINDOW)
    sofia.hear()
    assert undecided(wire)


@pytest.mark.parametrize("topic", ["/v2/me/calls", "/v2/*", "/v2/me/chats/*"])
def test_the_agent_subscribed_to_something_else(topic: str) -> None:
    wire = Wire()
    sofia = wire.log_in()
    sofia.shake_hands()
    sofia.subscribe(topic)
    sofia.link()
    wire.answer(sofia.upload())
    wire.wait(WINDOW)
    sofia.hear()
    assert undecided(wire, "GW602")


def test_the_session_was_lost_and_a_new_handshake_was_made() -> None:
    wire, sofia = waiting()
    wire.wait(1000)
    wire.answer(sofia.poll(), [UNKNOWN])
    sofia.listen()
    wire.wait(WINDOW)
    sofia.hear()
    assert undecided(wire, "GW601")


def test_the_page_was_loaded_anew() -> None:
    """Without a word: the old client is forgotten by the server later."""
    wire, sofia = waiting()
    sofia.poll()
    wire.wait(1000)
    sofia.listen()
    wire.wait(WINDOW)
    sofia.hear()
    assert undecided(wire)


@pytest.mark.parametrize("channel", ["/meta/disconnect", "/meta/unsubscribe"])
def test_the_agent_stopped_listening(channel: str) -> None:
    wire, sofia = waiting()
    asked = sofia.send({"channel": channel, "subscription": TOPIC})
    wire.answer(asked, [{"channel": channel, "subscription": TOPIC, "successful": True}])
    wire.wait(WINDOW)
    sofia.hear()
    assert undecided(wire)


def test_only_another_agent_listened() -> None:
    wire = Wire()
    toni = wire.at_work("toni")
    sofia = wire.log_in("sofia")
    sofia.link()
    wire.answer(sofia.upload())
    wire.wait(WINDOW)
    toni.hear()
    assert undecided(wire)


def test_the_recording_began_after_the_subscription() -> None:
    wire = Wire()
    sofia = Desk(wire, ("Cookie", "JSESSIONID=old"))
    sofia.client = "known-before"
    sofia.hear()
    sofia.link()
    wire.answer(sofia.upload())
    wire.wait(WINDOW)
    sofia.hear()
    assert undecided(wire)


def test_no_channel_was_recorded() -> None:
    wire = Wire()
    sofia = wire.log_in()
    sofia.link()
    wire.answer(sofia.upload())
    wire.wait(2 * WINDOW)
    wire.answer(sofia.do("SendMessage"))
    assert undecided(wire)
