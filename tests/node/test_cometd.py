"""What the official CometD client saw through the recorder is in the recording, and each effect has its cause.

Every visit is the same story: log in, try a WebSocket and fall back to long polling, subscribe in a batch, take a chat,
link and send a file, lose the Bayeux session and begin a new one, send two more files, unsubscribe, disconnect.
"""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from inspector.recording.reader import Recording
from inspector.traffic.exchange import Exchange
from inspector.webservices.routes import Resource, route
from tests.node.programs import Json
from tests.node.visits import LOST, OVERTAKING, PLAIN, Visit

DOCUMENTS = (PLAIN, OVERTAKING, LOST)
SUBSCRIPTIONS = ["/meta/subscribe"] * 3

pytestmark = [pytest.mark.node, pytest.mark.xdist_group("visits")]  # a worker makes each visit only once


@pytest.fixture(params=["look-alike", "independent"])
def server(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=[(), ("--ack",)], ids=["plain", "acknowledged"])
def seen(request: pytest.FixtureRequest, server: str, visited: Callable[..., Visit]) -> Visit:
    """A visit to each server, without acknowledgements and with them."""
    return visited(server, *request.param)


@pytest.fixture
def acknowledged(server: str, visited: Callable[..., Visit]) -> Visit:
    return visited(server, "--ack")


@pytest.fixture
def recording(seen: Visit, recording_of: Callable[[Visit], Recording]) -> Recording:
    return recording_of(seen)


def test_every_bayeux_message_that_the_client_was_told_is_in_the_recorded_answers(
    seen: Visit, recording: Recording
) -> None:
    recorded = [message for exchange in _channel(recording) for message in _answer(exchange)]
    assert _sorted(recorded) == _sorted(seen.only("told"))


def test_both_directions_are_in_the_table_of_messages(seen: Visit, recording: Recording) -> None:
    rows = recording.db.execute("SELECT direction, channel, bayeux_id, data FROM messages").fetchall()
    for direction, messages in (("client", seen.sent), ("server", seen.only("told"))):
        recorded = [(row["channel"], row["bayeux_id"], _json(row["data"])) for row in rows if row[0] == direction]
        expected = [(message["channel"], message.get("id", ""), message.get("data")) for message in messages]
        assert _sorted(recorded) == _sorted(expected)


def test_every_message_is_filed_under_its_bayeux_session(seen: Visit, recording: Recording) -> None:
    hands = [message for message in seen.only("told") if message["channel"] == "/meta/handshake"]
    rows = recording.db.execute("SELECT client_id FROM messages GROUP BY client_id ORDER BY min(exchange)")
    assert [client_id for (client_id,) in rows] == [message["clientId"] for message in hands]


def test_every_other_reply_that_the_client_saw_is_in_the_recording(seen: Visit, recording: Recording) -> None:
    recorded = [
        {
            "method": exchange.request.method,
            "path": exchange.request.path,
            "status": exchange.response.status,
            "body": exchange.response.body.json(),
        }
        for exchange in _exchanges(recording)
        if route(exchange.request.path).resource is not Resource.CHANNEL and exchange.response
    ]
    assert recorded == seen.only("reply")
    assert {reply["body"]["statusCode"] for reply in recorded} == {0}


def test_every_file_is_linked_to_the_calls_that_brought_it_about(seen: Visit, recording: Recording) -> None:
    effects = [(row["operation"], row["kind"], row["document_id"], _json(row["data"])) for row in _causes(recording)]
    assert effects == [
        effect
        for document in DOCUMENTS
        for effect in (
            ("AddAttachment", "linked", document, _told_of(seen, document, _attachments)),
            ("UploadFile", "uploaded", document, _told_of(seen, document, _files)),
        )
    ]


def test_a_notification_that_overtakes_its_reply_has_a_lag_below_zero(recording: Recording) -> None:
    lags = {row["document_id"]: row["lag_ms"] for row in _causes(recording) if row["kind"] == "uploaded"}
    assert lags[OVERTAKING] < 0


def test_all_of_it_belongs_to_one_agent(recording: Recording) -> None:
    [agent] = recording.db.execute("SELECT id, login FROM agents").fetchall()
    assert agent["login"] == "sofia"
    for table in ("calls", "messages"):
        owners = recording.db.execute(f"SELECT DISTINCT agent FROM {table}").fetchall()
        assert [owner for (owner,) in owners] == [agent["id"]]


def test_nothing_is_unfinished_and_nothing_is_found_wrong(recording: Recording) -> None:
    [session] = recording.sessions()
    assert (session.state, recording.unfinished(session)) == ("complete", 0)
    findings = recording.db.execute("SELECT rule, severity FROM findings").fetchall()
    # the server names itself otherwise than its clients do, and forgets its sessions because this visit asks it to
    assert {tuple(row) for row in findings} == {("GW704", "info"), ("GW601", "warning")}


def test_a_websocket_is_refused_and_the_client_falls_back_to_long_polling(seen: Visit, recording: Recording) -> None:
    assert seen.only("transport") == [{"from": "websocket", "to": "long-polling"}]
    upgrades = [exchange for exchange in _exchanges(recording) if exchange.request.headers.get("upgrade")]
    assert [exchange.response and exchange.response.status for exchange in upgrades] == [400]


def test_a_batch_is_one_exchange(recording: Recording) -> None:
    batches = [exchange for exchange in _channel(recording) if len(_messages(exchange)) > 1]
    assert [_channels(_messages(exchange)) for exchange in batches] == [SUBSCRIPTIONS] * 2
    for exchange in batches:
        replies = [message for message in _answer(exchange) if message["channel"] == "/meta/subscribe"]
        assert [reply["id"] for reply in replies] == [message["id"] for message in _messages(exchange)]


def test_a_session_that_the_server_forgot_is_answered_with_402_and_followed_by_a_new_one(seen: Visit) -> None:
    metas = [message for message in seen.only("told") if message["channel"] in ("/meta/connect", "/meta/handshake")]
    [(place, refusal)] = [(place, reply) for place, reply in enumerate(metas) if not reply["successful"]]
    assert refusal["error"].startswith("402::")
    assert refusal["advice"] == {"reconnect": "handshake", "interval": 0}
    assert metas[place + 1]["channel"] == "/meta/handshake"
    assert len({message["clientId"] for message in metas if message["channel"] == "/meta/handshake"}) == 2


def test_what_follows_an_unsubscription_is_not_told(seen: Visit, recording: Recording) -> None:
    assert [data for data in seen.notifications if _says(data, "Goodbye")] == []
    rows = recording.db.execute("SELECT data FROM messages WHERE direction = 'server'")
    assert [data for (data,) in rows if data and _says(json.loads(data), "Goodbye")] == []


def test_the_held_poll_ends_with_a_disconnection(seen: Visit) -> None:
    connects = [message["id"] for message in seen.sent if message["channel"] == "/meta/connect"]
    last = {message["channel"]: message for message in seen.only("told") if message["channel"].startswith("/meta/")}
    assert last["/meta/disconnect"]["successful"] and last["/meta/connect"]["id"] == connects[-1]


def test_acknowledged_notifications_are_recorded_in_the_order_that_the_client_saw(
    acknowledged: Visit, recording_of: Callable[[Visit], Recording]
) -> None:
    """They ride with connects only, so that one order is everybody's."""
    answers = [message for exchange in _channel(recording_of(acknowledged)) for message in _answer(exchange)]
    assert [message["data"] for message in answers if "data" in message] == acknowledged.notifications


def test_the_client_acknowledges_the_batch_that_it_was_told_last(acknowledged: Visit) -> None:
    last = 0
    for line in acknowledged.lines:
        if (message := line.get("told")) and "ext" in message:
            last = message["ext"]["ack"] if message["channel"] == "/meta/connect" else 0
        elif (message := line.get("sent")) and message["channel"] == "/meta/connect":
            assert message["ext"]["ack"] == last
    assert last > 1


def test_a_notification_that_was_lost_on_the_way_is_told_again_and_recorded_once(
    visited: Callable[..., Visit], recording_of: Callable[[Visit], Recording]
) -> None:
    seen = visited("independent", "--ack")
    recording = recording_of(seen)
    [broken] = [exchange for exchange in _channel(recording) if exchange.error]
    rows = recording.db.execute("SELECT exchange FROM messages WHERE kind <> '' AND document_id = ?", (LOST,))
    [(told,)] = rows.fetchall()
    assert told > broken.number
    assert [row["told"] for row in _causes(recording) if row["document_id"] == LOST and row["kind"] == "uploaded"] == [
        told
    ]
    assert _told_of(seen, LOST, _files)


def _exchanges(recording: Recording) -> Iterator[Exchange]:
    """In the order of their ends."""
    for (number,) in recording.db.execute("SELECT id FROM exchanges ORDER BY done_tick"):
        yield recording.exchange(number)


def _channel(recording: Recording) -> Iterator[Exchange]:
    """The exchanges of the notification channel that are long polling."""
    for exchange in _exchanges(recording):
        if route(exchange.request.path).resource is Resource.CHANNEL and exchange.request.method == "POST":
            yield exchange


def _messages(exchange: Exchange) -> list[Json]:
    return list(exchange.request.body.json())


def _answer(exchange: Exchange) -> list[Json]:
    return [] if exchange.error or not exchange.response else list(exchange.response.body.json())


def _causes(recording: Recording) -> list[sqlite3.Row]:
    """Each cause of a file with its call and its notification, in the order of the calls."""
    query = """
        SELECT calls.operation, causes.kind, calls.document_id, messages.data, messages.exchange AS told, causes.lag_ms
        FROM causes JOIN calls ON calls.exchange = causes.call
        JOIN messages ON messages.exchange = causes.exchange AND messages.position = causes.position
          AND messages.direction = 'server'
        WHERE causes.kind IN ('linked', 'uploaded') ORDER BY calls.exchange
    """
    return list(recording.db.execute(query).fetchall())


def _told_of(seen: Visit, document: str, within: Callable[[Json], list[str]]) -> Json:
    """The data of the first notification that tells of the document."""
    return next(data for data in seen.notifications if document in within(data))


def _attachments(data: Json) -> list[str]:
    return [attachment["id"] for attachment in data.get("chat", {}).get("attachments", ())]


def _files(data: Json) -> list[str]:
    return [line["attachment"]["id"] for line in data.get("messages", ()) if "attachment" in line]


def _says(data: Json, text: str) -> bool:
    return any(line.get("text") == text for line in data.get("messages", ()))


def _channels(messages: Iterable[Json]) -> list[str]:
    return [message["channel"] for message in messages]


def _json(text: str | None) -> Any:
    return None if text is None else json.loads(text)


def _sorted(values: Iterable[Any]) -> list[str]:
    """For comparing what two connections may bring in any order."""
    return sorted(json.dumps(value, sort_keys=True) for value in values)
