"""Every rule has an example that breaks it alone, and a near miss that breaks none: tests/data/rules/GW402.json.

An example is what happens at the desk of Sofia, who listens to the channel, has accepted a chat and linked a document
(the scene is in `played`); a minute of silence follows it. Its steps:

    {"do": "UploadFile", "with": {members}, "reply": …}     an operation on the chat (or another: "chat")
    {"ask": "POST /api/v2/…", "body": …, "reply": …}        any request; a body that is no text is JSON
    {"hear": [data, …]}                                     a long poll that is answered with these notifications
    {"wait": 29}                                            seconds
    {"listen": "/v2/me/calls"}                              a subscription

"also" names rules that such traffic, the near miss as well, cannot help but break too; "policy" is what files may be.
Without "reply" the request is never answered; it may have a "status". "as": "toni" puts a step on another agent's desk,
who is at work as well, or has done no more than log in if the first step is "listen"; "anybody" shows no session.
"over" is the address that a request is sent to, if another than usual.
"""

from pathlib import Path
from typing import Any

import orjson
import pytest

from inspector.analysis.policy import Policy
from inspector.analysis.rules import CATALOGUE
from tests.analysis.shapes import CHAT, DOCUMENT
from tests.analysis.traffic import Desk, Wire

FOLDER = Path(__file__).parents[1] / "data" / "rules"
MEMBERS = {"broken", "breaks", "kept", "keeps"}
ALSO = {"also", "policy"}
STEPS = {"do": {"with", "chat"}, "ask": {"body", "over"}, "hear": set[str](), "wait": set[str](), "listen": set[str]()}


def example(code: str) -> dict[str, Any]:
    """The rule's file; it has nothing that nobody reads."""
    path = FOLDER / f"{code}.json"
    assert path.exists(), f"{code} has no example: write {path.name}"
    found: dict[str, Any] = orjson.loads(path.read_bytes())
    assert found.keys() - ALSO == MEMBERS
    return found


def played(steps: list[dict[str, Any]], policy: dict[str, Any] | None = None) -> set[str]:
    """The rules that the steps break."""
    wire = Wire(policy=Policy.model_validate(policy or {}))
    desks = {"sofia": wire.at_work("sofia")}
    desks["sofia"].has_linked(DOCUMENT)
    for step in steps:
        who = step.get("as", "sofia")
        if who not in desks:
            desks[who] = arrived(wire, who, step)
        play(desks[who], step)
    wire.wait(60_000)
    desks["sofia"].hear()
    wire.close()
    return {finding.rule for finding in wire.findings}


def arrived(wire: Wire, who: str, step: dict[str, Any]) -> Desk:
    if who == "anybody":
        return Desk(wire)
    if "listen" not in step:
        return wire.at_work(who)
    desk = wire.log_in(who)
    desk.shake_hands()
    return desk


def play(desk: Desk, step: dict[str, Any]) -> None:
    (verb,) = step.keys() & STEPS.keys()
    assert step.keys() <= {verb, "as", "reply", "status"} | STEPS[verb], step
    match verb:
        case "do":
            asked = desk.do(step["do"], chat=step.get("chat", CHAT), **step.get("with", {}))
        case "ask":
            with desk.wire.over(step.get("over", "https://gws.example")):
                asked = desk.ask(*step["ask"].split(" ", 1), sent(step.get("body", "")))
        case "hear":
            desk.hear(*step["hear"])
            return
        case "wait":
            desk.wire.wait(step["wait"] * 1000)
            return
        case "listen":
            desk.subscribe(step["listen"])
            return
    if "reply" in step:
        desk.wire.answer(asked, sent(step["reply"]), status=step.get("status", 200))


def sent(body: Any) -> Any:
    return body.encode() if isinstance(body, str) else body


@pytest.mark.parametrize("code", CATALOGUE)
def test_an_example_breaks_this_rule_and_no_other(code: str) -> None:
    found = example(code)
    assert played(found["breaks"], found.get("policy")) == {code, *found.get("also", ())}, found["broken"]


@pytest.mark.parametrize("code", CATALOGUE)
def test_a_near_miss_breaks_no_rule(code: str) -> None:
    found = example(code)
    assert found["keeps"], "doing nothing is no near miss"
    assert code not in found.get("also", ())
    assert played(found["keeps"], found.get("policy")) <= {*found.get("also", ())}, found["kept"]


def test_every_file_is_of_a_rule_that_there_is() -> None:
    assert {path.stem for path in FOLDER.iterdir()} <= CATALOGUE.keys()
