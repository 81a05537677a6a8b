"""Recorded notifications and databases as a stranger may have made them: what can be told is told, the rest is left
out or refused in our own words, and nobody waits for ever.
"""

import asyncio
import json
import shutil
import sqlite3

import httpx
import pytest

from inspector.errors import InspectorError
from inspector.replay.fronts.transport import AsyncStubTransport
from inspector.replay.plans.opening import prepare
from tests.analysis.traffic import JSON, ME, OK, TOPIC, Wire
from tests.replay.fronts import NOWHERE, PATIENCE, Ear
from tests.replay.hostile import bombs
from tests.replay.restless import events
from tests.replay.test_loading import done
from tests.replay.written import written

GOOD = '{"messageType":"MessageLogUpdated","good":"news"}'
FIELDS = {"Content-Type": "application/json"}


def event(data: str, channel: str = TOPIC, more: str = "") -> str:
    return f'{{"channel":{json.dumps(channel)},"data":{data}{more}}}'


def poll(*messages: str) -> bytes:
    """A poll's answer."""
    return f"[{','.join((*messages, CONNECTED))}]".encode()


def nested(levels: int) -> str:
    return "[" * levels + "]" * levels


CONNECTED = '{"channel":"/meta/connect","successful":true,"id":"5"}'
HOSTILE = {
    "empty": (b"", []),
    "no JSON": (b"<html><h1>502 Bad Gateway", []),
    "cut": (b'[{"channel":"/v2/me/chats","data":{}}, {"cha', []),
    "no UTF-8": (poll(event('"?"')).replace(b"?", b"\xff"), []),
    "no list": (b'"hello"', []),
    "no objects": (poll("5", "null", '"x"', "[]", event("{}")), []),
    "no channel": (poll('{"data":{}}'), []),
    "a channel that is no text": (poll('{"channel":5,"data":{}}'), []),
    "nested 100,000 deep": (poll(event(nested(100_000))), []),
    "nested as deep as can be read": (poll(event(nested(800))), [nested(800)]),
    "data that are no object": (
        poll(*map(event, ('"text"', "5", "null", "[]", "true", "{}", '""'))),
        ['"text"', "5", "null", "[]", "true", "{}", '""'],
    ),
    "channels that nobody listens to": (
        poll(
            *(
                event('{"n":1}', name)
                for name in ("", "/", "/*", "/**", "/v2/me/chats/x", "/service/x", "\0", "x" * 99_999)
            )
        ),
        [],
    ),
    "data in a reply": (b'[{"channel":"/meta/connect","successful":true,"data":{"n":1}}]', []),
    "odd members": (poll(event('{"n":2}', more=',"id":{"x":[]},"clientId":5,"ext":7,"advice":[]')), ['{"n":2}']),
    "odd acknowledgements": (
        b"[%s]"
        % ",".join(f'{CONNECTED[:-1]},"ext":{{"ack":{ack}}}}}' for ack in ("true", '"x"', "1e308", "[]")).encode(),
        [],
    ),
    "the same twice": (poll(event('{"n":3}'), event('{"n":3}')), ['{"n":3}', '{"n":3}']),
    "odd names": (
        poll(event('{"\\u0000":"\\u0000","":{"uri":null,"Uri":[5,{}]}}')),
        ['{"\\u0000":"\\u0000","":{"uri":null,"Uri":[5,{}]}}'],
    ),
    "odd addresses": (
        poll(event('{"uri":"http://[::","aUri":"//","bUri":"javascript:x","uris":["\\ud83d\\ude00"]}')),
        ['{"uri":"http://[::","aUri":"//","bUri":"javascript:x","uris":["😀"]}'],
    ),
    "half a character": (poll(event('"\\ud800"')), ['"\ufffd"']),
    "a million lines": (poll(event(f'"{"x" * 5_000_000}"')), [f'"{"x" * 5_000_000}"']),
    "many": (poll(*(event(str(number)) for number in range(5000))), [str(number) for number in range(5000)]),
}
"""Answers to a poll, and the `data` in them that can be told."""

CODED = {"a bomb": ("gzip", bombs()["gzip"]), "no such coding": ("x", b"[]"), "no gzip": ("gzip", b"[]")}

SHAKEN = {
    "nothing": b"",
    "no id": b'[{"channel":"/meta/handshake","successful":true}]',
    "a number for an id": b'[{"channel":"/meta/handshake","successful":true,"clientId":5}]',
    "no success": b'[{"channel":"/meta/handshake","successful":false,"clientId":"x"}]',
    "two of them": b'[{"channel":"/meta/handshake","successful":true,"clientId":"x"},'
    b'{"channel":"/meta/handshake","successful":true,"clientId":"y"}]',
    "an empty id": b'[{"channel":"/meta/handshake","successful":true,"clientId":""}]',
}


@pytest.fixture
def judged(caplog):
    """Nothing is reported as a defect while a test records or replays."""
    yield
    assert [record.getMessage() for record in caplog.records if record.levelname in ("ERROR", "CRITICAL")] == []


def told_after(path, *answers):
    """A session in which a poll was answered so, after one operation and before another that brought good news."""
    wire = Wire()
    sofia = wire.log_in()
    sofia.listen()
    done(sofia, "First", chat="1")
    for body, *fields in answers:
        wire.answer(sofia.poll(), body, JSON, *fields)
    done(sofia, "Last", chat="1")
    wire.answer(sofia.poll(), poll(event(GOOD)))
    return written(path, wire)


async def heard(front, operations=("First", "Last")) -> list[str]:
    """The `data`, as written, that a client is told who does the operations and polls until the good news come."""
    told: list[str] = []
    async with front.client() as client, asyncio.timeout(PATIENCE):
        await client.get(ME, auth=("sofia", "any"))
        ear = Ear(client)
        await ear.open()
        for operation in operations:
            answer = await client.post(f"{ME}/chats/1", json={"operationName": operation})
            assert answer.status_code == 200
        connect = {"channel": "/meta/connect", "connectionType": "long-polling", "clientId": ear.client_id}
        while GOOD not in told:
            answer = await client.post("/api/v2/notifications", json=[connect])
            assert answer.status_code == 200
            told += [data for _, data in events(answer.text)]
    return told


async def test_what_can_be_told_is_told_and_the_rest_holds_up_nobody(play, tmp_path, judged):
    answers = [(body,) for body, _ in HOSTILE.values()]
    answers += [(body, ("Content-Encoding", coding)) for coding, body in CODED.values()]
    async with play(told_after(tmp_path / "hostile.db", *answers)) as front:
        told = await heard(front)
    assert [one[:1000] for one in told] == [*(one[:1000] for _, expected in HOSTILE.values() for one in expected), GOOD]


@pytest.mark.parametrize("name", [*HOSTILE, *CODED])
def test_whatever_a_poll_was_answered_with_the_recording_loads(tmp_path, judged, name):
    body, *coding = (HOSTILE[name][0],) if name in HOSTILE else (CODED[name][1], ("Content-Encoding", CODED[name][0]))
    expected = HOSTILE[name][1] if name in HOSTILE else []
    [plan] = prepare(told_after(tmp_path / "hostile.db", (body, *coding))).loaded.plans
    there = [told.data.decode() for events in plan.lists for told in events if told.topic == TOPIC]
    assert there == [*expected, GOOD]


@pytest.mark.parametrize("name", SHAKEN)
async def test_after_an_odd_handshake_a_client_may_shake_hands_all_the_same(play, tmp_path, judged, name):
    wire = Wire()
    sofia = wire.log_in()
    wire.answer(sofia.send({"channel": "/meta/handshake", "version": "1.0"}), SHAKEN[name], JSON)
    sofia.listen()
    done(sofia, "Last", chat="1")
    wire.answer(sofia.poll(), poll(event(GOOD)))
    async with play(written(tmp_path / "shaken.db", wire)) as front:
        assert await heard(front, ["Last"]) == [GOOD]


BENT = {
    "headers that are no JSON": "UPDATE exchanges SET response_headers = 'oops'",
    "headers that are no pairs": "UPDATE exchanges SET request_headers = '[[1],[2,3,4]]'",
    "no UTF-8": "UPDATE exchanges SET path = CAST(x'2fff' AS TEXT) WHERE id = 5",
    "a NUL": "UPDATE exchanges SET path = path || char(0), reason = char(0, 10, 13)",
    "a body that is not there": "UPDATE exchanges SET response_body = 4711 WHERE id = 9",
    "bodies without content": "UPDATE bodies SET content = NULL",
    "bodies of other sizes": "UPDATE bodies SET size = -size",
    "bodies in chunks": "UPDATE bodies SET kept = 'chunks'",
    "bodies in parts": "UPDATE bodies SET kept = 'parts'",
    "bodies of which only digests are kept": "UPDATE bodies SET kept = 'digest', content = NULL, sha256 = id",
    "statuses": "UPDATE exchanges SET status = id * 7 - 100",
    "answers without a request's end": "UPDATE exchanges SET done_tick = NULL",
    "all at once": "UPDATE exchanges SET done_tick = 7",
    "no exchange": "DELETE FROM exchanges",
    "answers before their requests": "UPDATE exchanges SET done_tick = start_tick - 100",
    "ticks of any size": "UPDATE exchanges SET done_tick = 9223372036854775807 - id",
    "ticks below zero": "UPDATE exchanges SET start_tick = -start_tick",
    "times of any size": "UPDATE exchanges SET done_mono = 9223372036854775807, answered_mono = -9223372036854775808",
    "times that are missing": "UPDATE exchanges SET done_mono = NULL, answered_at = NULL",
    "errors": "UPDATE exchanges SET error = 'cut'",
    "methods": "UPDATE exchanges SET method = 'A B' WHERE id % 2",
    "one path for all": "UPDATE exchanges SET path = '/api/v2/me'",
    "channel and nothing else": "UPDATE exchanges SET path = '/api/v2/notifications'",
    "schemes": "UPDATE exchanges SET scheme = 'x:', authority = '[', query = '&&==%', http_version = ''",
    "parts": "UPDATE parts SET head = x'ff0d0a0d0a', name = NULL, type = char(13), body = NULL",
    "causes of nothing": "UPDATE causes SET call = 4711 + call, position = -1 - position",
    "causes by themselves": "UPDATE causes SET call = exchange",
    "causes that come later": "UPDATE causes SET call = (SELECT max(exchange) FROM calls)",
    "no causes": "DELETE FROM causes",
    "an upstream": "UPDATE sessions SET upstream = 'http://[::'",
    "origins that are no JSON": "UPDATE sessions SET origins = '{'",
    "origins": """UPDATE sessions SET origins = '["", "http://", "javascript:", "http://[::", "\\u0000", "*"]'""",
    "secrets that are no lists": "UPDATE sessions SET redacted = '[]'",
    "secrets": """UPDATE sessions SET redacted = '{"headers": ["", "("], "members": ["", "*", "uri"]}'""",
    "a session under way": "UPDATE sessions SET state = 'open'",
    "no session": "DELETE FROM sessions",
    "no table": "DROP TABLE causes",
    "another table": "ALTER TABLE exchanges RENAME COLUMN path TO road",
}


@pytest.mark.parametrize("how", BENT)
async def test_a_recording_that_somebody_has_bent_is_played_or_refused_in_our_own_words(tale, tmp_path, judged, how):
    path = tmp_path / "bent.db"
    asked = prepare(shutil.copy(tale.path, path)).loaded
    requests = [asked.identities[one.number] for plan in asked.plans for one in plan.recorded]
    with sqlite3.connect(path, isolation_level=None) as db:
        db.execute("PRAGMA foreign_keys = OFF")
        db.execute(BENT[how])
    db.close()
    try:
        stub = prepare(path).stub()
    except InspectorError as error:
        assert "\n" not in str(error)
        return
    async with (
        httpx.AsyncClient(transport=AsyncStubTransport(stub), base_url=NOWHERE, timeout=PATIENCE) as client,
        asyncio.timeout(PATIENCE),
    ):
        ear = Ear(client)
        await ear.open()
        for one in requests:
            answer = await client.request(one.method, one.path, json=OK, auth=("sofia", "any"))
            assert answer.status_code != 500, answer.text
            answer = await client.request(one.method, one.path, json=OK)
            assert answer.status_code != 500, answer.text
        await ear.poll(advice={"timeout": 0})
        stub.verify()
        stub.close()
