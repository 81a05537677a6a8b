"""Design section 6 at every front of a stub: the ASGI app, the mitmproxy addon, the transports for httpx."""

import asyncio
import gzip
import hashlib

import httpx
import pytest

from inspector.demo import story, wanted
from inspector.demo.comparison import compare
from inspector.demo.desktop import Desktop
from inspector.demo.documents import NOTES, PHOTO, document
from inspector.demo.inbox import Notification, Reply
from inspector.demo.people import AGENT
from tests.replay.fronts import CHANNEL, CUT_S, Ear, Front, Made, make

AUTH = httpx.BasicAuth(AGENT.user_name, AGENT.password)
ME = "/api/v2/me?subresources=features,devices,channels"
VERSION = "/api/v2/diagnostics/version"
CHAT = "/api/v2/me/chats/0001TaBTNRPW01GV"
START = {"operationName": "StartContactCenterSession", "channels": ["chat"]}
ACCEPT = {"operationName": "Accept", "nickname": "Sofia"}
UNHEARD_OF = {"operationName": "UploadFile", "documentId": "nobody-has-seen-this"}


async def play_out(desktop: Desktop) -> None:
    async for _ in story.play(desktop):
        pass


async def act(desktop: Desktop, until: str) -> None:
    """The story's steps before the one whose sentence begins so."""
    for step in story.STEPS:
        if step.sentence.startswith(until):
            return
        await step.act(desktop)
    raise AssertionError(until)


async def test_the_whole_story_is_what_it_was(play, tale):
    async with play(tale.path) as front:
        async with front.desk() as desktop:
            await play_out(desktop)
        verification = front.stub.verify()
    assert compare(tale.seen, desktop.inbox) == []
    assert (verification.missed, verification.unused, verification.undelivered) == (0, (), ())


async def test_two_agents_with_the_same_credentials_each_see_the_whole_session(play, tale):
    async with play(tale.path) as front, front.desk() as one, front.desk() as other:
        await asyncio.gather(play_out(one), play_out(other))
    assert compare(tale.seen, one.inbox) == []
    assert compare(tale.seen, other.inbox) == []


async def test_a_read_answers_as_often_as_it_is_asked(play, tale):
    async with play(tale.path) as front, front.client() as client:
        await client.get(ME, auth=AUTH)
        answers = [await client.get(VERSION) for _ in range(3)]
    assert {(answer.status_code, answer.content) for answer in answers} == {(200, answers[0].content)}
    assert answers[0].json()["statusCode"] == 0


async def test_an_operation_answers_once(play, tale):
    async with play(tale.path) as front, front.client() as client:
        await client.get(ME, auth=AUTH)
        first, again = [await client.post("/api/v2/me", json=START) for _ in range(2)]
    assert (first.status_code, first.json()["statusCode"]) == (200, 0)
    assert (again.status_code, again.json()["why"]) == (501, "used up")


async def test_with_reuse_an_operation_answers_again(play, tale):
    async with play(tale.path, reuse=True) as front, front.client() as client:
        await client.get(ME, auth=AUTH)
        answers = [await client.post("/api/v2/me", json=START) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 200]


@pytest.mark.parametrize(
    "spelling", ['{"nickname":"Sofia","operationName":"Accept"}', ' {"operationName": "Accept", "nickname": "Sofia"}\n']
)
async def test_json_is_compared_by_value(play, tale, spelling):
    async with play(tale.path) as front, front.client() as client:
        await client.get(ME, auth=AUTH)
        answer = await client.post(CHAT, content=spelling, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["statusCode"]) == (200, 0)


async def test_a_miss_explains_itself(play, tale):
    async with play(tale.path) as front, front.client() as client:
        await client.get(ME, auth=AUTH)
        answer = await client.post(CHAT, json=UNHEARD_OF)
        verification = front.stub.verify()
    told = answer.json()
    assert (answer.status_code, told["statusCode"]) == (501, 6)
    assert "UploadFile" in told["statusMessage"]
    assert told["nearest"] and told["advice"]
    assert verification.missed == 1


async def test_hosts_that_nobody_recorded_change_nothing(play, tale):
    async with play(tale.path) as front, front.client(headers={"Host": "elsewhere.example"}) as client:
        answer = await client.get(ME, auth=AUTH)
        missed = await client.get("/api/v2/nowhere")
    assert (answer.status_code, missed.status_code) == (200, 501)
    assert answer.json()["user"]["uri"].startswith("http://elsewhere.example/api/v2/")


async def test_head_has_the_fields_of_get_and_no_body(play, tale):
    async with play(tale.path) as front, front.client(headers={"Accept-Encoding": "identity"}) as client:
        await client.get(ME, auth=AUTH)
        whole, head = await client.get(VERSION), await client.head(VERSION)
        missed = await client.head("/api/v2/nowhere")
    assert (head.status_code, head.content, missed.status_code, missed.content) == (200, b"", 501, b"")
    for name in ("Content-Type", "Content-Length"):
        assert head.headers[name] == whole.headers[name]


async def test_files_come_byte_for_byte(play, tale):
    async with play(tale.path) as front, front.desk() as desktop:
        await act(desktop, "downloads")
        told = await desktop.wait(wanted.file(PHOTO.name, "Customer"))
        content = await desktop.follow(wanted.sent_uri(told))
    assert hashlib.sha256(content).hexdigest() == hashlib.sha256(PHOTO.content).hexdigest()


async def test_an_upload_is_known_by_its_parts_whatever_its_boundary(play, tale):
    async with play(tale.path) as front, front.client() as client:
        await client.get(ME, auth=AUTH)
        files = {"attachment": (NOTES.name, NOTES.content, NOTES.mime)}
        other = {"attachment": (NOTES.name, NOTES.content + b"!", NOTES.mime)}
        refused = await client.post(f"{CHAT}/attachments", files=other)
        taken = await client.post(f"{CHAT}/attachments", files=files)
    assert (refused.status_code, taken.status_code, taken.json()["statusCode"]) == (501, 200, 0)


async def test_each_client_gets_a_cookie_and_a_csrf_token_of_its_own(play, tale):
    async with play(tale.path) as front, front.client() as one, front.client() as other:
        answers = [await client.get(ME, auth=AUTH) for client in (one, other, one)]
    given = [(answer.cookies.get("JSESSIONID"), answer.headers["X-CSRF-TOKEN"]) for answer in answers[:2]]
    assert len({value for pair in given for value in pair}) == 4
    assert "~secret" not in str(given)
    assert answers[0].headers["X-CSRF-HEADER"] == "X-CSRF-TOKEN"
    assert "domain" not in answers[0].headers["Set-Cookie"].lower()


async def test_addresses_are_those_of_the_client(play, tale):
    async with play(tale.path) as front, front.client() as client:
        answer = await client.get(ME, auth=AUTH)
    assert answer.json()["user"]["uri"].startswith(f"{front.url}/api/v2/")


async def test_recorded_addresses_can_be_kept(play, tale):
    async with play(tale.path, keep_origins=True) as front, front.client() as client:
        answer = await client.get(ME, auth=AUTH)
    assert not answer.json()["user"]["uri"].startswith(front.url)


async def send(desktop: Desktop, front: Front, name: str) -> list[str]:
    """Links and sends a document, with a poll held when it is sent; in what order reply and notification were seen."""
    found = document(name)
    await front.holding(desktop.listener.client_id)
    await desktop.chat("AddAttachment", documentId=found.id, name=name, mime=found.mime, size=found.size)
    await desktop.wait(wanted.linked(name))
    await front.holding(desktop.listener.client_id)
    seen = len(desktop.inbox.seen)
    await desktop.chat("UploadFile", documentId=found.id, uploadType="standard-response")
    await desktop.wait(wanted.file(name))
    return [type(one).__name__ for one in desktop.inbox.seen[seen:]][:2]


async def test_what_came_early_is_seen_before_its_reply(play, tale):
    async with play(tale.path) as front, front.desk() as desktop:
        await act(desktop, "sends price-list.pdf")
        assert await send(desktop, front, "price-list.pdf") == [Notification.__name__, Reply.__name__]


async def test_what_came_later_is_seen_after_its_reply(play, tale):
    async with play(tale.path) as front, front.desk() as desktop:
        await act(desktop, "links 0001")
        assert await send(desktop, front, story.GREETED.name) == [Reply.__name__, Notification.__name__]


OVERTAKEN = {
    "operationName": "UploadFile",
    "documentId": document("price-list.pdf").id,
    "uploadType": "standard-response",
}


@pytest.fixture
def patient(monkeypatch):
    """Replies would wait for ever for their early notifications."""
    monkeypatch.setattr("inspector.replay.channel.delivery.EARLY_AT_MOST_S", 3600)


async def test_nobody_waits_for_an_early_notification_that_no_poll_can_take(play, tale, patient):
    async with play(tale.path) as front, front.client() as client:
        await client.get(ME, auth=AUTH)
        ear = Ear(client)
        await ear.open()
        answer = await client.post(CHAT, json=OVERTAKEN)
        assert len(await ear.poll()) > 0
    assert answer.json()["statusCode"] == 0


async def test_the_poll_of_somebody_else_is_not_waited_for(play, tale, patient):
    async with play(tale.path, poll_timeout_ms=600_000) as front, front.client() as client, front.client() as other:
        await other.get(ME, auth=AUTH)
        others = Ear(other)
        await others.open()
        held = asyncio.ensure_future(others.poll())
        await front.holding(others.client_id)
        await client.get(ME, auth=AUTH)
        await Ear(client).open()
        answer = await client.post(CHAT, json=OVERTAKEN, timeout=5)
        await other.post("/api/v2/me", json=START)
        await held
    assert answer.json()["statusCode"] == 0


async def test_a_first_connect_is_answered_at_once(play, tale):
    async with play(tale.path, poll_timeout_ms=600_000) as front, front.client() as client:
        await client.get(ME, auth=AUTH)
        ear = Ear(client)
        await ear.open()
        assert await ear.poll(advice={"timeout": 0}) == []


async def test_a_poll_ends_empty_in_time(play, tale):
    async with play(tale.path, poll_timeout_ms=20) as front, front.client() as client:
        await client.get(ME, auth=AUTH)
        ear = Ear(client)
        await ear.open()
        assert await ear.poll() == []


async def test_a_poll_that_the_client_cuts_loses_nothing(play, tale):
    async with play(tale.path, poll_timeout_ms=600_000) as front, front.client() as client:
        await client.get(ME, auth=AUTH)
        ear = Ear(client)
        await ear.open()
        told = []
        for path, body in (("/api/v2/me", START), (CHAT, ACCEPT)):
            for _ in range(3):
                with pytest.raises(httpx.ReadTimeout):
                    await ear.poll(timeout=CUT_S)
            await client.post(path, json=body)
            told += await ear.poll()
        while len(told) < 6:
            told += await ear.poll()
    recorded = [str(one) for one in tale.seen.notifications[:6]]
    assert [str(Notification("/v2/me/chats", data)) for data in told] == recorded


async def test_a_poll_that_is_cut_while_it_is_answered_loses_nothing(play, tale):
    async with play(tale.path, poll_timeout_ms=600_000) as front, front.client() as client:
        await client.get(ME, auth=AUTH)
        ear = Ear(client)
        await ear.open()
        poll = asyncio.ensure_future(ear.poll(timeout=CUT_S))
        with pytest.raises(httpx.ReadTimeout):
            await poll
        await client.post("/api/v2/me", json=START)
        assert [data["notificationType"] for data in await ear.poll()] == ["StatusChange"]


async def test_a_newer_poll_ends_the_older_one(play, tale):
    async with play(tale.path, poll_timeout_ms=600_000) as front, front.client() as client:
        await client.get(ME, auth=AUTH)
        ear = Ear(client)
        await ear.open()
        older = asyncio.ensure_future(ear.poll())
        await front.holding(ear.client_id)
        newer = asyncio.ensure_future(ear.poll())
        assert await older == []
        await front.holding(ear.client_id)
        await client.post("/api/v2/me", json=START)
        assert len(await newer) == 1


async def test_other_requests_do_not_wait_for_a_held_poll(play, tale):
    async with play(tale.path, poll_timeout_ms=600_000) as front, front.client() as client:
        await client.get(ME, auth=AUTH)
        ear = Ear(client)
        await ear.open()
        poll = asyncio.ensure_future(ear.poll())
        await front.holding(ear.client_id)
        answers = await asyncio.gather(*(client.get(VERSION) for _ in range(5)))
        assert {answer.status_code for answer in answers} == {200}
        await client.post("/api/v2/me", json=START)
        assert len(await poll) == 1


async def test_at_the_recorded_pace_notifications_come_after_their_lag(play, tale):
    async with play(tale.path, pace=1.0) as front, front.client() as client:
        await client.get(ME, auth=AUTH)
        ear = Ear(client)
        await ear.open()
        await client.post("/api/v2/me", json=START)
        assert len(await ear.poll()) == 1


async def test_a_websocket_is_refused(play, tale):
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    async with play(tale.path) as front, front.client() as client:
        answer = await client.get(CHANNEL, headers=upgrade)
        assert answer.status_code == 400
        assert (await client.get(ME, auth=AUTH)).status_code == 200


async def failing_later(self, request):
    raise RuntimeError("a defect")


def failing_at_once(self, request):
    raise RuntimeError("a defect")


@pytest.mark.parametrize("fail", [failing_at_once, failing_later])
async def test_a_stub_that_fails_says_so(play, tale, monkeypatch, fail):
    async with play(tale.path) as front, front.client() as client:
        with monkeypatch.context() as patch:
            patch.setattr(type(front.stub), "begin", fail)
            answer = await client.post(CHAT, json=UNHEARD_OF)
        assert (await client.get(ME, auth=AUTH)).status_code == 200
    assert (answer.status_code, answer.json()["statusCode"]) == (500, 4)
    assert "RuntimeError: a defect" in answer.json()["statusMessage"]


ZIPPED = gzip.compress(b'{"statusCode": 0, "text": "' + b"x" * 2000 + b'"}', mtime=0)
JSON = ("Content-Type", "application/json")
ETAG = ("ETag", '"1"')
ODD = [
    Made("/api/v2/zipped", 200, ZIPPED, [JSON, ("Content-Encoding", "gzip"), ("Content-Length", str(len(ZIPPED)))]),
    Made("/api/v2/unchanged", 304, b"", [ETAG], asks=[("If-None-Match", '"1"')]),
    Made("/api/v2/part", 206, b"345", [("Content-Range", "bytes 3-5/9")], asks=[("Range", "bytes=3-5")]),
    Made("/api/v2/too-long", 200, b"{}", [JSON, ("Content-Length", "99")]),
    Made("/api/v2/too-short", 200, b'{"statusCode":0}', [JSON, ("Content-Length", "2")]),
    Made("/api/v2/no-content", 204, b"there is some", [("Content-Length", "13")]),
    Made("/api/v2/chunked", 200, b"{}", [JSON, ("Transfer-Encoding", "chunked"), ("Trailer", "X-End")]),
    Made("/api/v2/split", 200, b"{}", [JSON, ("X-Odd", "a\r\nX-Injected: yes")]),
    Made("/api/v2/huge", 200, b"{}", [JSON, ("X-Huge", "x" * 1_000_000)]),
    Made("/api/v2/last", 200, b'{"statusCode":0}', [JSON]),
]


@pytest.fixture
def odd(tmp_path):
    return make(tmp_path / "odd.db", *ODD)


async def test_a_coding_that_the_client_does_not_take_is_taken_off(play, odd):
    async with play(odd) as front, front.client() as client:
        zipped = await client.get("/api/v2/zipped", headers={"Accept-Encoding": "gzip"})
        plain = await client.get("/api/v2/zipped", headers={"Accept-Encoding": "identity"})
    assert (zipped.headers["Content-Encoding"], zipped.headers["Content-Length"]) == ("gzip", str(len(ZIPPED)))
    assert "Content-Encoding" not in plain.headers
    assert zipped.content == plain.content == gzip.decompress(ZIPPED)


@pytest.mark.parametrize(
    ("path", "condition", "status"),
    [("unchanged", ("If-None-Match", '"1"'), 304), ("part", ("Range", "bytes=3-5"), 206)],
)
async def test_conditional_answers_need_their_condition(play, odd, path, condition, status):
    async with play(odd) as front, front.client() as client:
        with_it = await client.get(f"/api/v2/{path}", headers=[condition])
        without = await client.get(f"/api/v2/{path}")
    assert (with_it.status_code, without.status_code) == (status, 501)


async def test_the_nearest_200_answers_where_a_condition_is_missing(play, tmp_path):
    whole = Made("/api/v2/file", 200, b"all of it", [ETAG])
    unchanged = Made("/api/v2/file", 304, b"", [ETAG], asks=[("If-None-Match", '"1"')])
    path = make(tmp_path / "both.db", whole, unchanged)
    async with play(path) as front, front.client() as client:
        answers = [await client.get("/api/v2/file") for _ in range(3)]
    assert [(answer.status_code, answer.content) for answer in answers] == [(200, b"all of it")] * 3


@pytest.mark.parametrize(
    ("path", "status", "content"),
    [
        ("too-long", 200, b"{}"),
        ("too-short", 200, b'{"statusCode":0}'),
        ("no-content", 204, b""),
        ("chunked", 200, b"{}"),
        ("split", 200, b"{}"),
        ("huge", 501, None),
    ],
)
async def test_whatever_was_recorded_is_served_legally(play, odd, path, status, content):
    async with play(odd) as front, front.client() as client:
        answers = [await client.get(f"/api/v2/{path}") for _ in range(2)]
        after = await client.get("/api/v2/last")
    assert [answer.status_code for answer in answers] == [status, status]
    assert content is None or [answer.content for answer in answers] == [content, content]
    assert not {"x-injected", "trailer", "transfer-encoding"} & set(answers[0].headers)
    assert after.json() == {"statusCode": 0}


async def test_what_the_server_said_of_itself_is_not_said_twice(play, tmp_path):
    date, server = ("Date", "Thu, 21 Jul 2016 14:23:20 GMT"), ("Server", "Jetty(9.2)")
    path = make(tmp_path / "dated.db", Made("/api/v2/dated", 200, b"{}", [date, server]))
    async with play(path) as front, front.client() as client:
        answer = await client.get("/api/v2/dated")
    assert (answer.headers.get_list("Date"), answer.headers.get_list("Server")) == ([date[1]], [server[1]])
