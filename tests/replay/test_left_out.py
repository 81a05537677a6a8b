"""A recording without some of its operations: who asks for the others is answered and told as before."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from inspector.recording import derivation
from inspector.recording.reader import Recording, reading
from inspector.recording.trimming.choosing import Wanted
from inspector.recording.trimming.trimming import trim
from inspector.replay.fronts.transport import StubTransport
from inspector.replay.matching import Matcher
from inspector.replay.plans.keeping import make_ready
from inspector.replay.plans.loading import load_session
from inspector.replay.plans.opening import prepare
from inspector.replay.plans.plan import Kind, Loaded
from inspector.replay.stub import Settings
from inspector.traffic.exchange import Exchange
from inspector.traffic.multipart import join
from tests.analysis.shapes import CHAT, line, log_has, sent
from tests.analysis.traffic import ME, Desk, Wire
from tests.recording.keeping import query
from tests.replay.recordings import comes_back, of_everything, written

pytestmark = pytest.mark.once

SHIPPED = Path(__file__).parents[2] / "recordings" / "upload-file.db"
CHANNEL = "/api/v2/notifications"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "whole.db"


@dataclass(slots=True)
class Agent:
    """A live client of its own; hears once it has asked for something."""

    http: httpx.Client
    client: str = ""
    asked: int = field(default=0)

    def ask(self, exchange: Exchange) -> tuple[int, bytes]:
        request = exchange.request
        shown = ("content-type", "authorization")
        fields = {name: request.headers.get(name) for name in shown if name in request.headers}
        content = join(request.parts) if request.parts else b"".join(request.body.pieces())
        target = f"{request.path}?{request.query}" if request.query else request.path
        answer = self.http.request(request.method, target, headers=fields, content=content)
        # a miss tells what is near to it, which may be gone
        return answer.status_code, b"" if answer.status_code == 501 else answer.content

    def hear(self) -> list[Any]:
        """All that there is for it now."""
        if not self.client:
            shaken = self._send("handshake", version="1.0", supportedConnectionTypes=["long-polling"])
            self.client = shaken[0]["clientId"]
            self._send("subscribe", subscription="/**")
        found, empty = list[Any](), 0
        while empty < 2:  # the first one lets go what is held back
            told = self._send("connect", connectionType="long-polling", advice={"timeout": 0})
            events = [one["data"] for one in told if not one["channel"].startswith("/meta/")]
            found += events
            empty = 0 if events else empty + 1
        return found

    def _send(self, what: str, **members: Any) -> list[Any]:
        self.asked += 1
        known = {"clientId": self.client} if self.client else {}
        message = {"channel": f"/meta/{what}", "id": str(self.asked), **known, **members}
        told: list[Any] = self.http.post(CHANNEL, json=[message]).json()
        return told


def heard(path: Path, asked: Sequence[tuple[int, Exchange]]) -> Iterator[tuple[int, Any, Any]]:
    """What each agent (a number) is answered and told when they ask so."""
    transport = StubTransport(prepare(path).stub(Settings(poll_timeout_ms=50)))
    agents: dict[int, Agent] = {}
    for number, exchange in asked:
        agent = agents.setdefault(number, Agent(httpx.Client(transport=transport, base_url="http://gws.test")))
        yield exchange.number, agent.ask(exchange), {who: other.hear() for who, other in agents.items() if who}


def without(path: Path, numbers: Sequence[int]) -> Path:
    def finish(made: Path) -> None:
        derivation.save(made)
        make_ready(made, "1")

    out = path.with_name("small.db")
    out.unlink(missing_ok=True)
    with reading(path) as recording:
        derivation.bring_to_today(recording, recording.sessions())
        trim(recording, recording.sessions(), out, Wanted(without=tuple(numbers)), (), finish)
    return out


def loaded(recording: Recording) -> Loaded:
    return load_session(recording, recording.session(), Matcher())


def errors(path: Path) -> set[tuple[Any, ...]]:
    return {tuple(row.values()) for row in query(path, "SELECT rule, exchange FROM findings WHERE severity = 'error'")}


def shipped(path: Path) -> Path:
    path.write_bytes(SHIPPED.read_bytes())
    return path


def of_two(path: Path) -> Path:
    """Two agents, one with two tabs, whose events come by themselves, of each other, and of calls that overlapped."""
    wire = Wire()
    sofia, toni = wire.at_work("sofia"), wire.at_work("toni")
    tab = Desk(wire, *sofia.fields)
    tab.listen()
    for turn in range(3):
        document = f"0001PaDOCUMENT{turn}RC"
        sofia.has_linked(document)
        wire.answer(sofia.get(f"/chats/{CHAT}"), {"turn": turn, "linked": True})
        first, second = sofia.upload(document), toni.do("SendMessage", text=f"number {turn}")
        wire.answer(second)
        wire.answer(first)
        wire.answer(sofia.get(f"/chats/{CHAT}"), {"turn": turn, "linked": False})
        said = log_has(line("Text", {"nickname": "Customer", "type": "Customer"}, 40 + turn, text=f"hello {turn}"))
        for desk in (toni, tab, sofia):
            desk.hear(sent(document, index=10 + turn), said)
        wire.answer(toni.ask("PUT", f"{ME}/settings", b"%d" % turn))
        sofia.hear(log_has(line("Text", {"nickname": "Customer", "type": "Customer"}, 50 + turn, text=f"well {turn}")))
    return written(wire, path)


MADE = {"shipped": shipped, "two agents": of_two, "everything": lambda path: written(of_everything(), path)}


@pytest.mark.parametrize("made", MADE)
def test_who_asks_for_the_others_is_answered_and_told_as_before(made: str, file: Path) -> None:
    MADE[made](file)
    seed = random.randrange(1 << 32)
    print("seed", seed)
    chance = random.Random(seed)
    with reading(file) as recording:
        session = loaded(recording)
        asked = [(one, plan.agent, recording.exchange(one.number)) for plan in session.plans for one in plan.recorded]
    asked.sort(key=lambda one: one[0].start)
    operations = [one.number for one, *_ in asked if one.kind is Kind.OPERATION and one.key not in session.logins]
    reads = [one for one in asked if one[0].kind is Kind.READ]
    for _ in range(6):
        gone = chance.sample(operations, chance.randrange(1, len(operations) + 1))
        small = without(file, gone)
        assert errors(small) <= errors(file)
        left = [one for one in asked if one[0].number not in gone]
        logins = [one for one in left if one[0].key in session.logins]
        some = [one for one in left if one in logins or chance.random() < 0.7]
        read = [other for one in some for other in (one, chance.choice(reads))]
        for told in (left, logins + some, logins + read, logins + chance.sample(some, len(some))):
            story = [(agent, exchange) for _, agent, exchange in told]
            assert list(heard(small, story)) == list(heard(file, story)), (gone, [one.number for one, *_ in told])


def test_what_was_left_out_is_neither_asked_for_nor_near_to_anything(file: Path) -> None:
    small = without(shipped(file), [11, 13])
    with reading(small) as recording:
        assert comes_back(loaded(recording))
    stub = prepare(small).stub()
    numbers = [one.number for one in stub.verify().operations]
    assert 18 in numbers and not {11, 13} & set(numbers)
    with reading(file) as recording:
        Agent(httpx.Client(transport=StubTransport(stub), base_url="http://gws.test")).ask(recording.exchange(13))
    [(miss, _)] = stub.verify().misses
    assert not {11, 13} & {one.number for one in miss.nearest}


def test_a_document_that_was_linked_by_what_was_left_out_was_linked(file: Path) -> None:
    assert errors(without(shipped(file), [11, 17, 24])) == errors(file) != set()
