"""The documented values: what they are for, and that none of them is a constraint."""

import json
from pathlib import Path

import pytest

from inspector.webservices import known_values
from inspector.webservices.known_values import (
    CAPABILITIES,
    CHAT_STATES,
    LINE_TYPES,
    PARTICIPANT_TYPES,
    TREAT_AS,
    UPLOAD_TYPES,
    VISIBILITIES,
    Known,
)
from inspector.webservices.notifications import parse

SHAPES = [json.loads(path.read_bytes()) for path in (Path(__file__).parents[1] / "data" / "shapes").glob("*.json")]
SETS = {name: known for name, known in vars(known_values).items() if isinstance(known, Known)}


@pytest.mark.parametrize("name", SETS)
def test_a_set_holds_names_and_says_where_it_is_from(name):
    known = SETS[name]
    assert known.source and known.values and all(value == value.strip() for value in known.values)
    assert "Somersault" not in known


def test_what_the_documentation_s_shapes_say_is_known():
    told = [shape["shape"] for shape in SHAPES if shape["where"].get("notification") == "/v2/me/chats"]
    asked = [shape["shape"] for shape in SHAPES if "request" in shape["where"]]
    chats = [data["chat"] for data in told if "chat" in data]
    lines = [line for data in told for line in data.get("messages", ())]
    assert len(chats) > 10 and len(lines) > 10
    assert {name for chat in chats for name in chat.get("capabilities", ())} <= CAPABILITIES.values
    assert {chat["state"] for chat in chats if "state" in chat} <= CHAT_STATES.values
    assert {line["type"] for line in lines} == LINE_TYPES.values
    assert {line["visibility"] for line in lines} == VISIBILITIES.values
    assert {line["from"]["type"] for line in lines} == PARTICIPANT_TYPES.values
    assert {body["treatAs"] for body in asked if "treatAs" in body} == TREAT_AS.values
    assert {body["uploadType"] for body in asked if "uploadType" in body} == UPLOAD_TYPES.values


def test_an_unknown_value_breaks_no_shape():
    sender = {"type": "Ghost", "visibility": "Nobody"}
    line = {"type": "Somersault", "visibility": "Nobody", "noticeText": "x", "from": sender}
    log = {"messageType": "MessageLogUpdated", "notificationType": "X", "messages": [line]}
    chat = {"state": "Upside", "capabilities": ["Somersault"], "chatType": "Outbound"}
    for data in (log, {"messageType": "ChatStateChangeMessage", "notificationType": "X", "chat": chat}):
        assert parse(data)[1] == []
