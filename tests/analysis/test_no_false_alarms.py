"""Every JSON shape of the documentation that is not itself wrong passes without an error or a warning.

`tests/data/shapes` has a file for each: `shape`, its `source`, and `where` it occurs: the `request` to which address;
the `reply` to what (`asked`, or a form with a `file`); the `notification` on which topic; on the `channel`, sent, or
told in answer to what was `asked`. `after` are shapes that go before it, `findings` are those that it really earns.
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from inspector.analysis.finding import Severity
from inspector.traffic.exchange import Exchange
from inspector.webservices.operations import operation_class
from inspector.webservices.routes import Resource, route
from tests.analysis.shapes import CHAT
from tests.analysis.traffic import Content, Desk, Wire

FOLDER = Path(__file__).parents[1] / "data" / "shapes"
SHAPES = sorted(path.stem for path in FOLDER.glob("*.json"))
OPERATIONS = {Resource.CHAT, Resource.ME, Resource.REQUESTS, Resource.SUPERVISION}
SAYS_YES = [{"channel": "/meta/connect", "successful": True, "id": "5"}]


def read(name: str) -> dict[str, Any]:
    return json.loads((FOLDER / f"{name}.json").read_bytes())


def bare(shape: Any) -> Content:
    """As a body; null stands for an empty one."""
    return b"" if shape is None else shape


class Stage:
    """A session in which shapes occur: an agent in the middle of the chats that they name, and a customer."""

    def __init__(self, name: str) -> None:
        self.wire = Wire()
        self.agent = self.wire.at_work("sofia", CHAT)
        self.customer = Desk(self.wire, ("ContactCenterId", "7"))
        if re.search(r"\bCHATID\b", (FOLDER / f"{name}.json").read_text("utf-8")):
            self.agent.accept("CHATID")

    def play(self, name: str) -> None:
        told = read(name)
        for before in told.get("after", ()):
            self.play(before)
        where, shape = told["where"], told["shape"]
        self.wire.wait(100)
        match where:
            case {"request": address}:
                self.wire.answer(self.ask(where, address, shape))
            case {"reply": address}:
                self.wire.answer(
                    self.ask(where, address, where.get("asked")), bare(shape), status=where.get("status", 200)
                )
            case {"notification": topic}:
                self.wire.answer(self.agent.poll(), [{"channel": topic, "data": shape}, *SAYS_YES])
            case {"channel": address, "asked": asked}:
                self.wire.answer(self.agent.ask("POST", address, asked), shape)
            case {"channel": address}:
                self.wire.answer(self.agent.ask("POST", address, shape), SAYS_YES)

    def ask(self, where: dict[str, Any], address: str, shape: Any) -> Exchange:
        method, _, target = address.partition(" ")
        if "file" in where:
            return self.agent.attach(where["file"], b"x" * 46, target)
        desk = self.customer if where.get("by") == "customer" else self.agent
        return desk.ask(method, target, bare(shape))


@pytest.mark.parametrize("name", SHAPES)
def test_a_documented_shape_is_no_finding(name: str) -> None:
    stage = Stage(name)
    stage.play(name)
    stage.wire.close()
    bad = [(finding.rule, finding.text) for finding in stage.wire.findings if finding.severity is not Severity.INFO]
    assert [rule for rule, _ in bad] == read(name).get("findings", []), bad


@pytest.mark.parametrize("name", [name for name in SHAPES if "request" in read(name)["where"]])
def test_a_documented_request_is_understood(name: str) -> None:
    """Of a neighbour nothing is."""
    stage = Stage(name)
    stage.play(name)
    told = read(name)
    operation, path = told["shape"]["operationName"], told["where"]["request"].partition(" ")[2]
    if route(path).resource in OPERATIONS:
        call = stage.wire.calls[-1]
        assert (call.operation, call.asked_flaws, call.problem) == (operation, [], "")
        assert call.accepted and operation_class(operation) is not None
    else:
        assert operation not in [call.operation for call in stage.wire.calls if call.chat_id != CHAT]


@pytest.mark.parametrize("name", [name for name in SHAPES if "asked" in read(name)["where"]])
def test_a_documented_reply_is_understood(name: str) -> None:
    stage = Stage(name)
    stage.play(name)
    told = read(name)
    if told["where"].get("reply", "").startswith("POST") and "emails" not in told["where"]["reply"]:
        call = stage.wire.calls[-1]
        assert (call.reply_problem, call.accepted) == ("", "findings" not in told and "partial" not in name)


@pytest.mark.parametrize("name", [name for name in SHAPES if "/v2/me/chats" in read(name)["where"].values()])
def test_a_documented_notification_is_understood(name: str) -> None:
    stage = Stage(name)
    stage.play(name)
    message = [message for message in stage.wire.messages if message.is_event][-1]
    assert message.notification is not None
    assert message.chat_id in (CHAT, "CHATID")


def test_what_is_said_to_come_before_a_shape_is_there() -> None:
    assert {before for name in SHAPES for before in read(name).get("after", ())} <= set(SHAPES)


def test_a_wrong_shape_would_be_noticed() -> None:
    """The stage is no place where everything passes."""
    stage = Stage("1.1-upload-file")
    stage.wire.answer(stage.agent.upload())
    stage.wire.answer(stage.agent.do("SendMessage", text=7))
    stage.wire.answer(stage.agent.do("SendMessage", text="Hello"), {"status": 0})
    stage.agent.hear({"messageType": "MessageLogUpdated"})
    assert [finding.rule for finding in stage.wire.findings] == ["GW401", "GW107", "GW201", "GW301"]
