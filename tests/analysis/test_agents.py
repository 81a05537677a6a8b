"""Who is asking: one login of one user, however its requests show it."""

import base64

import pytest

from inspector.analysis.agents import basic_user
from inspector.traffic.headers import Headers
from tests.analysis.shapes import CHAT, USERS
from tests.analysis.traffic import ME, OK, Desk, Wire


def names(wire: Wire) -> list[tuple[int, str, str]]:
    return [(agent.number, agent.user_name, agent.user_id) for agent in wire.agents]


def askers(wire: Wire) -> list[int | None]:
    """By whom each call was."""
    return [call.agent.number if call.agent else None for call in wire.calls]


def basic(user: str) -> Desk:
    """A desk that sends Basic credentials with every request, and keeps no cookies."""
    return Desk(Wire(), ("Authorization", f"Basic {base64.b64encode(f'{user}:secret'.encode()).decode()}"))


def test_a_login_without_a_cookie_begins_an_agent_whom_its_cookie_names_from_then_on() -> None:
    wire = Wire()
    sofia = wire.log_in("sofia")
    wire.answer(sofia.do("Accept"))
    assert names(wire) == [(1, "sofia", USERS["sofia"])]
    assert askers(wire) == [1]


def test_a_rotated_cookie_is_still_the_same_agent() -> None:
    wire = Wire()
    sofia = wire.log_in("sofia")
    wire.answer(sofia.do("Accept"), OK, ("Set-Cookie", "JSESSIONID=rotated; Path=/"))
    wire.answer(sofia.do("SendMessage"))  # it was sent before the desk had the new cookie
    sofia.fields = (("Cookie", "theme=dark; JSESSIONID=rotated"),)
    wire.answer(sofia.do("Complete"))
    assert askers(wire) == [1, 1, 1]
    assert names(wire) == [(1, "sofia", USERS["sofia"])]


def test_the_agent_of_a_rotated_cookie_keeps_the_first_one_as_its_mark() -> None:
    wire = Wire()
    sofia = wire.log_in("sofia")
    wire.answer(sofia.do("Accept"), OK, ("Set-Cookie", "JSESSIONID=rotated"))
    wire.close()
    assert [(agent.cookie, agent.first_tick, agent.last_tick) for agent in wire.agents] == [("sofia-0", 2, 4)]


@pytest.mark.parametrize(
    ("value", "user"),
    [
        ("Basic c29maWE6c2VjcmV0", "sofia"),
        ("basic c29maWE6c2VjcmV0", "sofia"),
        ("Basic c29mw61hOnNlY3JldA==", "sofía"),
        ("Basic sofia:~secret:0123456789ab~", "sofia"),
        ("Basic sof\xc3\xada:~secret:0123456789ab~", "sofía"),
        ("Basic ~secret:0123456789ab~", ""),
        ("Bearer c29maWE6c2VjcmV0", ""),
        ("Basic not base64!", ""),
        ("Basic", ""),
        ("", ""),
    ],
)
def test_a_basic_user_is_known_redacted_or_not(value: str, user: str) -> None:
    assert basic_user(Headers((("Authorization", value),))) == user


def test_credentials_that_no_decoder_takes_name_nobody() -> None:
    """A header field may hold any byte (RFC 9110 section 5.5)."""
    assert basic_user(Headers((("Authorization", "Basic sofía"),))) == ""


def test_who_sends_credentials_and_no_cookie_is_known_by_name() -> None:
    sofia = basic("sofia")
    sofia.wire.answer(sofia.get("/me"), OK)
    sofia.wire.answer(sofia.do("Accept"))
    assert names(sofia.wire) == [(1, "sofia", "")]
    assert askers(sofia.wire) == [1]


def test_refused_credentials_begin_no_agent() -> None:
    sofia = basic("sofia")
    sofia.wire.answer(sofia.get("/me"), {"statusCode": 20, "statusMessage": "Access denied"}, status=403)
    assert sofia.wire.agents == []


def test_me_tells_the_user_whoever_logged_in() -> None:
    wire = Wire()
    desk = Desk(wire, ("Cookie", "JSESSIONID=old"))
    wire.answer(desk.get("/me?subresources=features"), OK | {"user": {"id": "U7", "userName": "Sofia"}})
    assert names(wire) == [(1, "Sofia", "U7")]


def test_me_may_be_the_user_itself() -> None:
    wire = Wire()
    wire.answer(Desk(wire, ("Cookie", "JSESSIONID=old")).get("/me"), OK | {"id": "U7", "userName": "Sofia"})
    assert names(wire) == [(1, "Sofia", "U7")]


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"user": []}', b'{"user": {"id": null}}'])
def test_a_me_that_says_nothing_leaves_what_the_login_told(body: bytes) -> None:
    sofia = basic("sofia")
    sofia.wire.answer(sofia.get("/me"), body)
    assert names(sofia.wire) == [(1, "sofia", "")]


def test_a_refused_me_tells_nothing() -> None:
    wire = Wire()
    wire.answer(Desk(wire, ("Cookie", "JSESSIONID=old")).get("/me"), {"userName": "nobody"}, status=403)
    assert names(wire) == [(1, "", "")]


def test_whoever_logs_in_after_a_logout_is_another_agent() -> None:
    wire = Wire()
    sofia = wire.log_in("sofia")
    wire.answer(sofia.log_out())
    wire.answer(wire.log_in("sofia").do("Accept"))
    assert askers(wire) == [1, 2]


def test_a_login_with_the_cookie_of_an_ended_session_is_another_agent() -> None:
    wire = Wire()
    sofia = wire.log_in("sofia")
    wire.answer(sofia.log_out())
    wire.answer(sofia.get("/me"), OK, ("Set-Cookie", "JSESSIONID=new"))
    wire.answer(Desk(wire, ("Cookie", "JSESSIONID=new")).do("Accept"))
    assert askers(wire) == [1, 2]


def test_a_straggler_after_the_logout_begins_no_agent() -> None:
    """Desktops stop listening after they have logged out; nobody logged in with that."""
    wire = Wire()
    sofia = wire.log_in("sofia")
    sofia.listen()
    poll = sofia.poll()
    wire.answer(sofia.log_out())
    wire.tell(poll)
    wire.answer(sofia.send({"channel": "/meta/disconnect"}), b"", status=403)
    wire.answer(sofia.do("Complete"), {"statusCode": 20, "statusMessage": "Access denied"}, status=403)
    wire.close()
    assert names(wire) == [(1, "sofia", USERS["sofia"])]
    assert askers(wire) == [1, 1]


def test_a_refused_logout_ends_nothing() -> None:
    wire = Wire()
    sofia = wire.log_in("sofia")
    wire.refuse(sofia.log_out())
    wire.answer(sofia.get("/me"), OK, ("Set-Cookie", "JSESSIONID=rotated"))
    assert [agent.number for agent in wire.agents] == [1]


def test_logging_out_ends_the_login_also_if_me_spelt_the_name_differently() -> None:
    sofia = basic("sofia")
    sofia.wire.answer(sofia.get("/me"), OK | {"user": {"id": "U7", "userName": "Sofia"}})
    sofia.wire.answer(sofia.log_out())
    sofia.wire.answer(sofia.get("/me"), OK | {"user": {"id": "U7", "userName": "Sofia"}})
    sofia.wire.answer(sofia.do("Accept"))
    assert askers(sofia.wire) == [1, 2]


def test_a_logout_that_hands_out_the_next_cookie_still_ends_the_login() -> None:
    wire = Wire()
    sofia = wire.log_in("sofia")
    wire.answer(sofia.log_out(), OK, ("Set-Cookie", "JSESSIONID=anonymous"))
    again = Desk(wire, ("Cookie", "JSESSIONID=anonymous"), ("Authorization", "Basic toni:~secret:0123456789ab~"))
    wire.answer(again.get("/me"), OK | {"user": {"id": USERS["toni"], "userName": "toni"}})
    wire.answer(again.do("Accept"))
    assert askers(wire) == [1, 2]
    assert names(wire) == [(1, "sofia", USERS["sofia"]), (2, "toni", USERS["toni"])]


def test_one_login_that_ends_leaves_the_other_of_the_same_user_alone() -> None:
    wire = Wire()
    first = wire.log_in("sofia")
    credentials = ("Authorization", "Basic sofia:~secret:0123456789ab~")
    second = Desk(wire, ("Cookie", "JSESSIONID=second"), credentials)
    wire.answer(second.do("Accept"))
    wire.answer(first.log_out())
    second.fields = (credentials,)  # as desktops do whose channel keeps no cookies
    wire.answer(second.do("Complete"))
    assert askers(wire) == [2, 1, 2]


def test_an_agent_whose_login_was_not_recorded_is_known_by_its_cookie() -> None:
    wire = Wire()
    desk = Desk(wire, ("Cookie", "JSESSIONID=old"))
    call = desk.do("Accept")
    wire.answer(call)
    wire.close()
    assert askers(wire) == [1]
    assert [(agent.cookie, agent.first_tick, agent.last_tick) for agent in wire.agents] == [("old", 1, 2)]


def test_a_login_over_an_anonymous_session_names_its_agent() -> None:
    """Servers hand out the session cookie with the refusal that asks for credentials."""
    wire = Wire()
    wire.answer(wire.ask("GET", ME), b"", ("Set-Cookie", "JSESSIONID=anonymous"), status=401)
    desk = Desk(wire, ("Cookie", "JSESSIONID=anonymous"), ("Authorization", "Basic sofia:~secret:0123456789ab~"))
    wire.answer(desk.do("Accept"))
    wire.close()
    assert [call.agent.user_name for call in wire.calls if call.agent] == ["sofia"]


def test_a_channel_request_without_cookie_or_name_is_known_by_its_client() -> None:
    wire = Wire()
    sofia = wire.log_in("sofia")
    sofia.listen()
    sofia.fields = ()
    poll = sofia.hear()
    assert {message.agent.number for message in wire.messages if message.agent} == {1}
    assert [message.agent is not None for message in wire.messages if message.exchange == poll] == [True, True]


def test_requests_that_show_nothing_belong_to_nobody() -> None:
    wire = Wire()
    wire.answer(wire.ask("POST", f"{ME}/chats/{CHAT}", {"operationName": "Accept"}))
    assert askers(wire) == [None]
    assert wire.agents == []


def test_two_desks_of_one_user_are_two_agents() -> None:
    """An agent is one login: the second came without the cookie that the first one keeps."""
    wire = Wire()
    at_work, at_home = wire.log_in("sofia"), Desk(wire, ("Authorization", "Basic sofia:~secret:0123456789ab~"))
    wire.answer(at_work.do("Accept"))
    wire.answer(at_home.get("/me"), OK, ("Set-Cookie", "JSESSIONID=home"))
    at_home.fields = (("Cookie", "JSESSIONID=home"),)
    wire.answer(at_home.do("Complete"))
    wire.answer(at_work.do("SendMessage"))
    assert askers(wire) == [1, 2, 1]


def test_a_desk_that_keeps_none_of_its_cookies_is_one_agent() -> None:
    sofia = basic("sofia")
    for number in range(3):
        sofia.wire.answer(sofia.do("SendMessage"), OK, ("Set-Cookie", f"JSESSIONID=unwanted-{number}"))
    assert askers(sofia.wire) == [1, 1, 1]
    assert names(sofia.wire) == [(1, "sofia", "")]


def test_two_agents_interleaved_keep_what_is_theirs() -> None:
    wire = Wire()
    sofia, toni = wire.log_in("sofia"), wire.log_in("toni")
    hers, his = sofia.do("SendMessage"), toni.do("Leave")
    sofia.listen()
    toni.listen()
    wire.answer(his)
    wire.answer(hers)
    polls = [sofia.poll(), toni.poll()]
    for poll in reversed(polls):
        wire.tell(poll)
    assert [(call.operation, call.agent.number if call.agent else 0) for call in wire.calls] == [
        ("Leave", 2),
        ("SendMessage", 1),
    ]
    whose = {message.exchange: message.agent.number for message in wire.messages if message.agent}
    assert [whose[poll.number] for poll in polls] == [1, 2]
    assert names(wire) == [(1, "sofia", USERS["sofia"]), (2, "toni", USERS["toni"])]


def test_an_agent_is_told_when_it_is_new_and_again_when_it_is_better_known() -> None:
    wire = Wire()
    login = wire.ask("GET", ME)
    assert wire.derived == []
    wire.answer(login, OK, ("Set-Cookie", "JSESSIONID=first"))
    assert {agent.number for agent in wire.agents} == {1}
    told = len(wire.derived)
    wire.answer(Desk(wire, ("Cookie", "JSESSIONID=first")).do("Accept"))
    assert [agent for agent in wire.derived[told:] if agent is wire.agents[0]] == []
