"""One chat out of a recording of two agents: it replays that agent's whole story, and the other's is nowhere."""

import asyncio
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
import zstandard

from inspector.demo import story
from inspector.demo.desktop import at_desk
from inspector.demo.people import AGENT, User
from inspector.demo.server import LookAlike
from inspector.demo.serving import serving
from inspector.demo.world import World
from inspector.replay.fronts.listening import listening
from inspector.replay.fronts.server import StubApp
from inspector.replay.plans.opening import prepare
from inspector.replay.stub import Settings
from tests.audit.sendings import Sent, recorded
from tests.live.commands import run
from tests.live.recorders import recording, rows

pytestmark = pytest.mark.once

TONI = User("11111111111111111111111111111111", "toni", "open-barley", "Toni", "Vidal")
SAID = "the parcel of Ms Quintero is at depot forty-seven"


@dataclass(frozen=True)
class Both:
    """The recording, and the chats of the two."""

    path: Path
    sofias: str
    tonis: str


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Both:
    return asyncio.run(_recorded(tmp_path_factory.mktemp("both") / "both.db"))


async def _recorded(path: Path) -> Both:
    async with serving(LookAlike(World(users=(AGENT, TONI)), poll_timeout=0.5)) as origin:
        with recording(origin, path) as recorder:
            async with (
                at_desk(recorder.url, AGENT.user_name, AGENT.password) as sofia,
                at_desk(recorder.url, TONI.user_name, TONI.password) as toni,
            ):

                async def talk() -> str:
                    async for _ in story.play(toni, story.STEPS[:4]):
                        pass
                    mine = toni.chat_id
                    await toni.chat("SendMessage", text=SAID)
                    await toni.read("/me/chats?fields=*")
                    return mine

                async def work() -> str:
                    mine = ""
                    async for step in story.play(sofia):
                        mine = sofia.chat_id if step is story.STEPS[4] else mine
                    return mine

                tonis, sofias = await asyncio.gather(talk(), work())
            recorder.process.end()
    return Both(path, sofias, tonis)


def test_the_chat_replays_and_is_judged_as_before(both: Both, tmp_path: Path) -> None:
    out = tmp_path / "small.db"
    ended = run("trim", both.path, out, "--chat", both.sofias)
    assert (ended.code, ended.out) == (0, "") and " exchanges" in ended.err
    assert out.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["small.db"]
    asyncio.run(_plays_all(out))
    assert findings(out) == findings(both.path, "sofia")
    assert [row["login"] for row in rows(out, "SELECT login FROM agents")] == ["sofia"]
    bytes_left = everything(out)
    for gone in (both.tonis, SAID, TONI.id, TONI.user_name, "Vidal"):
        assert gone.encode() in everything(both.path)
        assert gone.encode() not in bytes_left, gone


async def _plays_all(path: Path) -> None:
    stub = prepare(path).stub(Settings(poll_timeout_ms=500))
    async with listening(StubApp(stub)) as url, at_desk(url, AGENT.user_name, AGENT.password, hope=0) as desktop:
        async for _ in story.play(desktop):
            pass
    verification = stub.verify()
    assert (verification.missed, verification.unused, verification.undelivered) == (0, (), ())


def test_an_agent_is_as_good_as_their_chat(both: Both, tmp_path: Path) -> None:
    out = tmp_path / "small.db"
    assert run("trim", both.path, out, "--agent", "sofia").code == 0
    asyncio.run(_plays_all(out))
    assert findings(out) == findings(both.path, "sofia")
    assert both.tonis.encode() not in everything(out) and SAID.encode() not in everything(out)


def test_the_other_one_is_there_as_well(both: Both, tmp_path: Path) -> None:
    out = tmp_path / "small.db"
    assert run("trim", both.path, out, "--chat", both.tonis, "--agent", "toni").code == 0
    assert SAID.encode() in everything(out) and both.sofias.encode() not in everything(out)


def test_what_is_redacted_is_nowhere_and_the_story_still_plays(both: Both, tmp_path: Path) -> None:
    out = tmp_path / "small.db"
    text = "I have sent you what we have"
    assert text.encode() in everything(both.path)
    pointers = ("--redact", "/text", "--redact", "/data/messages/*/text")
    ended = run("trim", both.path, out, "--chat", both.sofias, *pointers, "--redact", "/nonesuch")
    assert ended.code == 0 and "nothing was at /nonesuch" in ended.err and ended.err.count("nothing") == 1
    assert text.encode() not in everything(out)
    assert b"~secret:" in everything(out)
    asyncio.run(_plays_all(out))


def test_all_of_it_is_a_copy_with_nothing_changed(both: Both, tmp_path: Path) -> None:
    out = tmp_path / "copy.db"
    assert run("trim", both.path, out).code == 0
    query = "SELECT e.*, b.sha256 FROM exchanges e LEFT JOIN bodies b ON b.id = e.response_body ORDER BY e.id"
    before, after = rows(both.path, query), rows(out, query)
    volatile = {"request_body": 0, "response_body": 0}
    assert [row | volatile for row in after] == [row | volatile for row in before]


def test_some_sessions_are_kept_and_the_others_are_not(tmp_path: Path) -> None:
    path, out = tmp_path / "three.db", tmp_path / "two.db"
    for name in "abc":
        recorded(path, [Sent(f"{name}.txt", name.encode() * 5)])
    uuids = [row["uuid"] for row in rows(path, "SELECT uuid FROM sessions ORDER BY id")]
    assert run("trim", path, out, "--session", "3", "--session", uuids[0], "--session", "3").code == 0
    assert [row["uuid"] for row in rows(out, "SELECT uuid FROM sessions ORDER BY id")] == [uuids[0], uuids[2]]
    assert [row["name"] for row in rows(out, "SELECT name FROM transfers ORDER BY id")] == ["a.txt", "c.txt"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--agent", "sofya"), "did you mean sofia?"),
        (("--chat", "nonesuch"), "knows no chat 'nonesuch'"),
        (("--redact", "text"), "is no JSON pointer"),
        (("--session", "nonesuch"), "holds no session nonesuch"),
    ],
    ids=["agent", "chat", "pointer", "session"],
)
def test_what_cannot_be_done_is_one_line(options: tuple[str, ...], told: str, both: Both, tmp_path: Path) -> None:
    ended = run("trim", both.path, tmp_path / "small.db", *options)
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert told in ended.err
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_ever_overwritten(both: Both, tmp_path: Path) -> None:
    copy = Path(shutil.copy(both.path, tmp_path / "copy.db"))
    before = copy.read_bytes()
    for out in (copy, tmp_path, tmp_path / "none" / "small.db"):
        ended = run("trim", copy, out)
        assert (ended.code, ended.err.count("\n")) == (2, 1)
    assert copy.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["copy.db"]


def findings(path: Path, login: str = "") -> list[tuple[object, ...]]:
    """What was found, where, about exchanges of one agent."""
    query = (
        "SELECT DISTINCT f.id, f.rule, f.severity, f.exchange, f.text FROM findings f"
        " LEFT JOIN calls c ON c.exchange = f.exchange LEFT JOIN messages m ON m.exchange = f.exchange"
        " JOIN agents a ON a.id = coalesce(c.agent, m.agent) WHERE ? IN ('', a.login) ORDER BY f.exchange, f.id"
    )
    return [tuple(row.values())[1:] for row in rows(path, query, login)]


def everything(path: Path) -> bytes:
    """All bytes of the file, and those of the plans that it keeps compressed."""
    kept = [row[name] for row in rows(path, "SELECT plans, identities FROM prepared") for name in row]
    unpack = zstandard.ZstdDecompressor()
    return b"".join([path.read_bytes(), *(unpack.decompressobj().decompress(one) for one in kept)])
