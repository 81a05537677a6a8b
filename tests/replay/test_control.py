"""Stubs made, looked at, reset and ended over HTTP, as tests in any language do."""

import asyncio
import os
import shutil
import socket
import sqlite3
from contextlib import closing

import httpx
import pytest

from inspector.demo.people import AGENT
from inspector.replay.faults import Refuse
from inspector.replay.stub import Settings
from tests.replay.controlled import AUTH, ME, START, client, code_of_start, controlled, logged_in, writing
from tests.replay.fronts import Ear

REFUSAL = {"fault": "refuse", "operation": "StartContactCenterSession", "status_code": 3}
RESPONDS = {"id", "url", "recording", "session", "agents"}


@pytest.fixture
async def desk(tale):
    async with controlled(tale.path) as desk:
        yield desk
    assert tale.watch.connections() == 0


async def test_the_life_of_a_stub(desk, tale):
    made = await desk.made()
    assert (made.keys(), made["id"], made["recording"]) == (RESPONDS, "2", str(tale.path))
    assert made["agents"] == [AGENT.user_name]
    own, listed = (await desk.ask("GET", "/stubs"))["stubs"]
    assert (own["id"], own["url"], listed) == ("1", desk.url, made)
    assert await code_of_start(made["url"]) == 0

    status = await desk.ask("GET", "/stubs/2")
    assert {name: status[name] for name in RESPONDS} == made
    assert (status["failed"], status["asked"], status["missed"], len(status["unused"]) > 0) == (False, 2, 0, True)
    assert (await desk.ask("GET", "/stubs/2", params={"strict": "true"}))["failed"]
    journal = await desk.ask("GET", "/stubs/2/journal")
    assert [entry["method"] for entry in journal["entries"]] == ["GET", "POST"]

    async with client(made["url"]) as http:
        assert (await http.get("/api/v2/nothing")).status_code == 501
    before = await desk.ask("POST", "/stubs/2/reset")
    assert (before["id"], before["failed"], before["missed"]) == ("2", True, 1)
    assert (await desk.ask("GET", "/stubs/2"))["asked"] == 0
    assert await code_of_start(made["url"]) == 0

    last = await desk.ask("DELETE", "/stubs/2")
    assert (last["id"], last["asked"], last["missed"], last["failed"]) == ("2", 2, 0, False)
    with pytest.raises(httpx.ConnectError):
        await code_of_start(made["url"])
    assert [one["id"] for one in (await desk.ask("GET", "/stubs"))["stubs"]] == ["1"]
    assert (await desk.ask("GET", "/stubs/1"))["asked"] == 0


async def test_faults_are_armed_one_or_many_and_disarmed(desk):
    assert await desk.ask("GET", "/stubs/1/faults") == {"faults": []}
    (armed,) = (await desk.ask("POST", "/stubs/1/faults", json=REFUSAL))["faults"]
    assert armed | REFUSAL == armed
    assert await code_of_start(desk.url) == 3
    assert await desk.ask("GET", "/stubs/1/faults") == {"faults": []}
    many = (await desk.ask("POST", "/stubs/1/faults", json=[REFUSAL, {"fault": "repeat"}]))["faults"]
    assert [one["fault"] for one in many] == ["refuse", "repeat"]
    assert await desk.ask("DELETE", "/stubs/1/faults") == {"faults": []}
    assert await code_of_start(desk.url) == 0


async def test_of_many_faults_all_are_armed_or_none(desk):
    error = await desk.refused(422, path="/stubs/1/faults", json=[REFUSAL, {"fault": "refuse", "times": "x"}])
    assert error.startswith("faults 2: ") and "times" in error
    assert await desk.ask("GET", "/stubs/1/faults") == {"faults": []}


async def test_two_stubs_of_one_recording_are_independent(desk):
    one, other = [await desk.made() for _ in range(2)]
    await desk.ask("POST", f"/stubs/{one['id']}/faults", json=REFUSAL)
    assert await code_of_start(other["url"]) == 0
    assert await code_of_start(one["url"]) == 3
    await desk.ask("POST", f"/stubs/{one['id']}/reset")
    assert [(await desk.ask("GET", f"/stubs/{made['id']}"))["asked"] for made in (one, other)] == [0, 2]


async def test_what_a_stub_is_asked_for_with_is_what_it_plays(desk, tale, tmp_path):
    copy = shutil.copy(tale.path, tmp_path / "copy.db")
    wanted = {"recording": str(copy), "session": "1", "agent": AGENT.user_name, "reuse": True, "pace": 2,
              "ignore": ["/channels"], "faults": [REFUSAL], "keep_origins": True, "cors": ["http://desk.test"],
              "origins": ["http://more.example"], "poll_timeout_ms": 1000, "host": "127.0.0.1", "port": 0}  # fmt: skip
    made = await desk.made(**wanted)
    assert made["recording"] == str(copy)
    async with logged_in(made["url"]) as http:
        other = START | {"channels": ["voice"]}
        answers = [await http.post("/api/v2/me", json=other, headers={"Origin": "http://desk.test"}) for _ in range(3)]
    assert [answer.json()["statusCode"] for answer in answers] == [3, 0, 0]
    assert answers[1].headers["access-control-allow-origin"] == "http://desk.test"
    piece = desk.stubs.get(made["id"]).piece
    assert piece.settings == Settings(2.0, True, 1000, True, ("http://desk.test",))
    assert piece.source.origins == ("http://more.example",)
    assert "http://more.example" in piece.prepared.origins


async def test_what_is_not_said_is_as_the_own_stub_has_it(tale, tmp_path):
    other = shutil.copy(tale.path, tmp_path / "other.db")
    settings = Settings(reuse=True, poll_timeout_ms=5)
    async with controlled(tale.path, settings, (Refuse(operation="StartContactCenterSession"),)) as desk:
        for wanted in ({}, {"recording": str(other)}):
            made = await desk.made(**wanted)
            assert desk.stubs.get(made["id"]).piece.settings == settings
            assert await code_of_start(made["url"]) == 4
        assert await code_of_start((await desk.made(faults=[]))["url"]) == 0
        pieces = [hosted.piece for hosted in desk.stubs.all]
        assert pieces[0].prepared is pieces[1].prepared is pieces[3].prepared is not pieces[2].prepared


async def test_where_the_own_stub_listens_others_do(desk):
    desk.stubs.own.host = "localhost"
    assert (await desk.made())["url"].startswith("http://localhost:")
    assert (await desk.made(host="127.0.0.1"))["url"].startswith("http://127.0.0.1:")


async def test_a_reset_ends_the_polls_that_are_held(desk):
    made = await desk.made()
    async with logged_in(made["url"]) as http:
        ear = Ear(http)
        await ear.open()
        poll = asyncio.ensure_future(ear.poll())
        await desk.stubs.get("2").stub.delivery.channel.listening(ear.client_id)
        await desk.ask("POST", "/stubs/2/reset")
        assert await poll == []
    assert await code_of_start(made["url"]) == 0


async def test_a_stub_ends_while_requests_are_under_way(desk):
    made = await desk.made()
    async with logged_in(made["url"]) as http:
        ear = Ear(http)
        await ear.open()
        poll = asyncio.ensure_future(ear.poll())
        await desk.stubs.get("2").stub.delivery.channel.listening(ear.client_id)
        answers = await asyncio.gather(*(desk.http.delete("/__inspector__/stubs/2") for _ in range(2)))
        assert await poll == []
    assert sorted(answer.status_code for answer in answers) == [200, 404]
    (ended,) = (answer.json() for answer in answers if answer.status_code == 200)
    assert ended["asked"] == 5, "the poll, too"
    assert await code_of_start(desk.url) == 0


async def test_twenty_stubs_at_once(desk):
    made = await asyncio.gather(*(desk.made() for _ in range(20)))
    assert await asyncio.gather(*(code_of_start(one["url"]) for one in made)) == [0] * 20
    ended = await asyncio.gather(*(desk.ask("DELETE", f"/stubs/{one['id']}") for one in made))
    assert [one["asked"] for one in ended] == [2] * 20
    assert len((await desk.ask("GET", "/stubs"))["stubs"]) == 1


@pytest.mark.parametrize("path", ["/stubs/{}", "/stubs/{}/journal", "/stubs/{}/faults"])
async def test_who_is_not_there_is_told_so(desk, path):
    await desk.made()
    await desk.ask("DELETE", "/stubs/2")
    assert await desk.refused(404, "GET", path.format(2)) == "stub 2 has ended"
    assert await desk.refused(404, "GET", path.format(77)) == "there is no stub '77'"
    assert await desk.refused(404, "GET", path.format("%0d%0aX")) == r"there is no stub '\r\nX'"


async def test_the_own_stub_ends_with_its_command_only(desk):
    assert "ends with the command" in await desk.refused(409, "DELETE", "/stubs/1")
    assert await code_of_start(desk.url) == 0


async def test_a_port_in_use_is_told_and_harms_nobody(desk):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"cannot listen on 127.0.0.1:{port}" in await desk.refused(409, json={"port": port})
    assert (await desk.made(port=port))["url"] == f"http://127.0.0.1:{port}"


async def test_an_address_of_another_machine_cannot_be_listened_on(desk):
    assert "cannot listen on 192.0.2.1" in await desk.refused(409, json={"host": "192.0.2.1"})


def recording(kind: str, folder) -> str:
    path = folder / "given"
    match kind:
        case "a FIFO":
            os.mkfifo(path)
        case "a folder":
            path.mkdir()
        case "a text":
            path.write_text("SELECT 1")
        case "an empty file":
            path.touch()
        case "another database":
            with closing(sqlite3.connect(path)) as db:
                db.execute("CREATE TABLE a (b)")
        case "a socket":
            with socket.socket(socket.AF_UNIX) as one:
                one.bind(str(path))
        case "a loop":
            path.symlink_to(path)
    return {"a device": "/dev/zero", "a terminal": "/dev/tty", "a zero byte": "a\0b"}.get(kind, str(path))


@pytest.mark.parametrize(
    "kind",
    ["a device", "a terminal", "a FIFO", "a folder", "a text", "an empty file", "another database", "a socket",
     "a loop", "a zero byte", "nothing"],
)  # fmt: skip
async def test_what_is_no_recording_is_told_so_at_once(desk, tmp_path, kind):
    error = await desk.refused(422, json={"recording": recording(kind, tmp_path)})
    assert "not a recording" in error or "not a database" in error or "cannot be" in error
    assert (await desk.made())["id"] == "2"


@pytest.mark.parametrize(
    ("wanted", "words"), [({"session": "nobody"}, "no session nobody"), ({"agent": "x"}, "no agent 'x'")]
)
async def test_who_is_not_in_the_recording_is_told_so(desk, wanted, words):
    assert words in await desk.refused(422, json=wanted)


async def test_a_client_that_leaves_meanwhile_leaves_no_stub_behind(desk, tale, tmp_path):
    slow = str(shutil.copy(tale.path, tmp_path / "slow.db"))
    with writing(slow), pytest.raises(httpx.ReadTimeout):
        await desk.made(timeout=0.2, recording=slow)
    assert (await desk.made(recording=slow))["id"] == "2"
    assert [one["id"] for one in (await desk.ask("GET", "/stubs"))["stubs"]] == ["1", "2"]


async def test_a_path_is_as_it_is_written(desk):
    for path in ("/stubs/", "/stubs/1/", "//stubs", "/Stubs"):
        assert await desk.refused(404, "GET", path) == "Not Found"


async def test_whom_a_stub_knows_the_control_does_not(desk):
    async with client(desk.control.url) as http:
        assert (await http.get(ME, auth=AUTH)).status_code == 401
    assert (await desk.http.get(ME)).status_code == 404
