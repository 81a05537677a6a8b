"""Which call brought a notification about: each operation of the Chat API, as its page says (reference, 3.1 to 3.4)."""

import pytest

from inspector.analysis.causes import Cause
from inspector.traffic.exchange import Exchange
from inspector.webservices.operations import operation_class
from tests.analysis.operations import OK, OPERATIONS, Done
from tests.analysis.shapes import API, CHAT, CUSTOMER, USERS, agent, line, log_has
from tests.analysis.traffic import ME, Desk, Wire

SUPERVISION = f"{ME.removesuffix('me')}users/{USERS['toni']}/channels/chat"
every_operation = pytest.mark.parametrize("name", OPERATIONS)


def begin(name: str) -> tuple[Wire, Desk]:
    """Sofia, in a chat if the operation is not the one that begins it, and nothing derived so far."""
    wire = Wire()
    if OPERATIONS[name].operation in ("Accept", "Reject", "Monitor", "Coach", "BargeIn"):
        desk = wire.log_in()
        desk.listen()
    else:
        desk = wire.at_work()
    wire.derived.clear()
    wire.wait(60_000)
    return wire, desk


def ask(desk: Desk, done: Done) -> Exchange:
    if done.operation in ("Monitor", "Coach", "BargeIn"):
        return desk.ask("POST", SUPERVISION, {"operationName": done.operation} | done.members)
    return desk.do(done.operation, **done.members)


def tell(wire: Wire, desk: Desk, done: Done) -> int:
    """What the page shows, in one answer of the channel; its number."""
    return desk.hear(*(told.data for told in done.told))


def edges(done: Done, call: int, poll: int, wait_ms: float, lag_ms: float | None) -> list[Cause]:
    return [
        Cause(call, poll, position, told.kind, told.evidence, wait_ms, lag_ms)
        for position, told in enumerate(done.told)
        if told.kind
    ]


@every_operation
def test_an_operation_is_the_cause_of_what_its_page_shows(name: str) -> None:
    done, (wire, desk) = OPERATIONS[name], begin(name)
    call = ask(desk, done)
    wire.wait(30)
    wire.answer(call, done.reply)
    wire.wait(12.5)
    poll = tell(wire, desk, done)
    assert wire.all_causes == edges(done, call.number, poll, wait_ms=42.5, lag_ms=12.5)


@every_operation
def test_what_is_told_before_the_reply_has_its_edge_when_that_comes(name: str) -> None:
    done, (wire, desk) = OPERATIONS[name], begin(name)
    call = ask(desk, done)
    wire.wait(20)
    poll = tell(wire, desk, done)
    assert wire.all_causes == []
    wire.wait(19)
    wire.answer(call, done.reply)
    assert wire.all_causes == edges(done, call.number, poll, wait_ms=20, lag_ms=-19)


@every_operation
def test_an_operation_that_is_refused_is_no_cause(name: str) -> None:
    done, (wire, desk) = OPERATIONS[name], begin(name)
    wire.refuse(ask(desk, done))
    tell(wire, desk, done)
    wire.close()
    assert wire.all_causes == []


@every_operation
def test_an_operation_that_is_refused_later_is_no_cause_either(name: str) -> None:
    done, (wire, desk) = OPERATIONS[name], begin(name)
    call = ask(desk, done)
    tell(wire, desk, done)
    wire.refuse(call)
    tell(wire, desk, done)
    wire.close()
    assert wire.all_causes == []


@every_operation
def test_an_operation_whose_reply_is_cut_is_the_cause_without_a_lag(name: str) -> None:
    done, (wire, desk) = OPERATIONS[name], begin(name)
    call = ask(desk, done)
    wire.wait(5)
    wire.answer(call, b'{"status', error="connection reset")
    wire.wait(5)
    poll = tell(wire, desk, done)
    # a reference that is in no reply joins nothing; the page's other evidence does
    known = {"referenceId": {"participants": "targetUri"}.get}
    expected = []
    for edge in edges(done, call.number, poll, wait_ms=10, lag_ms=None):
        evidence = known[edge.evidence](edge.kind) if edge.evidence in known else edge.evidence
        if evidence:
            expected.append((edge.position, edge.kind, evidence, edge.wait_ms, edge.lag_ms))
    assert [(one.position, one.kind, one.evidence, one.wait_ms, one.lag_ms) for one in wire.all_causes] == expected


@every_operation
def test_what_is_told_without_a_call_has_no_cause(name: str) -> None:
    done, (wire, desk) = OPERATIONS[name], begin(name)
    tell(wire, desk, done)
    call = ask(desk, done)
    wire.answer(call)
    wire.close()
    assert wire.all_causes == []


def test_every_operation_whose_notification_is_known_is_in_the_table() -> None:
    named = {done.operation for done in OPERATIONS.values()}
    assert all(operation_class(name) for name in named)
    assert named >= {name for name in _names() if (model := operation_class(name)) and model.effects}


def _names() -> list[str]:
    """The names of all operations that are registered."""
    from inspector.webservices.operations import Operation

    found, classes = [], [Operation]
    while classes:
        model = classes.pop()
        found.append(model.operation)
        classes += model.__subclasses__()
    return [name for name in found if name]


def customer_says(wire: Wire, chat: str = CHAT, **members: object) -> Exchange:
    """A customer's request: without a login."""
    return wire.ask("POST", f"/api/v2/chats/{chat}", members, ("ContactCenterId", "7"))


def test_a_customers_own_message_is_the_cause_of_its_line() -> None:
    wire = Wire()
    sofia = wire.at_work()
    wire.derived.clear()
    call = customer_says(wire, operationName="SendMessage", text="Help")
    wire.wait(3)
    wire.answer(call, OK | {"chat": {"id": CHAT, "state": "Chatting", "uri": f"{API}/chats/{CHAT}"}})
    ours = log_has(line("Text", agent("sofia"), 7, text="Help"))
    poll = sofia.hear(ours, log_has(line("Text", CUSTOMER, 8, text="Help")))
    assert wire.all_causes == [Cause(call.number, poll, 1, "said", "text", wait_ms=3, lag_ms=0)]


def test_a_customers_typing_is_the_cause_of_its_line() -> None:
    wire = Wire()
    sofia = wire.at_work()
    wire.derived.clear()
    call = customer_says(wire, operationName="SendStartTypingNotification")
    poll = sofia.hear(log_has(line("TypingStarted", agent("sofia"), 7), line("TypingStarted", CUSTOMER, 8)))
    wire.answer(call)
    assert [(one.call, one.exchange, one.kind) for one in wire.all_causes] == [(call.number, poll, "typing")]
