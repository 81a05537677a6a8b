"""What a test asks its stub: which calls there were, and what they brought about; and what it expects and waits for."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from unittest.mock import ANY

import httpx
import pytest

from inspector.demo import story
from inspector.demo.desktop import Desktop, at_desk
from inspector.demo.people import AGENT
from inspector.testing.stub import GwsStub

pytestmark = pytest.mark.gws_recording("upload-file.db")

GREETED = story.GREETED.id
PHOTO_STEP = 7
"""Before this step of the story, the greeting was sent."""


async def played(stub: GwsStub, steps: int) -> None:
    """The first steps of the demo's story."""
    async with desk(stub) as desktop:
        async for _ in story.play(desktop, story.STEPS[:steps]):
            pass


def desk(stub: GwsStub):
    return at_desk("https://gws.test", AGENT.user_name, AGENT.password, transport=stub.async_transport)


async def test_calls_come_with_what_they_brought_about(gws_stub):
    await played(gws_stub, PHOTO_STEP - 1)
    calls = {call.operation: call for call in gws_stub.calls}
    assert list(calls) == ["StartContactCenterSession", "Accept", "AddAttachment", "UploadFile"]
    upload = calls["UploadFile"]
    assert (upload.agent, upload.document_id, upload.chat_id) == ("sofia", GREETED, "0001TaBTNRPW01GV")
    assert (upload.status, upload.status_code, upload.accepted) == (200, 0, True)
    assert upload.body["uploadType"] == upload.value("upload_type") == upload.value("uploadType") == "standard-response"
    (told,) = upload.notifications
    assert (told.kind, told.data["messages"][0]["attachment"]["id"]) == ("file-uploaded", GREETED)
    assert [one.kind for one in calls["AddAttachment"].notifications] == ["PropertiesUpdated"]
    assert gws_stub.findings == []


async def test_a_refusal_is_told_with_its_code(gws_stub):
    gws_stub.faults.refuse("UploadFile", status_code=9)
    async with desk(gws_stub) as desktop:
        await to_the_upload(desktop)
        assert (await desktop.chat("UploadFile", documentId=GREETED, uploadType="standard-response"))["statusCode"] == 9
    upload = gws_stub.calls[-1]
    assert (upload.operation, upload.status_code, upload.accepted) == ("UploadFile", 9, False)
    assert [entry.fault for entry in gws_stub.journal if entry.fault] == ["refuse"]


async def test_a_client_that_breaks_a_rule_is_found_out(gws_stub):
    gws_stub.allow_misses()
    async with desk(gws_stub) as desktop:
        await to_the_upload(desktop)
        await desktop.chat("UploadFile", document=GREETED)
    assert [(one.rule, one.severity) for one in gws_stub.findings if one.severity == "error"] == [("GW103", "error")]


async def to_the_upload(desktop: Desktop) -> None:
    async for _ in story.play(desktop, story.STEPS[:5]):
        pass


async def test_what_was_expected_and_came_is_no_problem(gws_stub):
    gws_stub.expect("UploadFile", document_id=GREETED, times=1, status_code=0, agent="sofia")
    gws_stub.expect("AddAttachment", name="testfileUploadAgent.txt", size=ANY)
    gws_stub.expect("Transfer", times=0)
    await played(gws_stub, PHOTO_STEP - 1)
    assert gws_stub.problems() == []


@pytest.mark.parametrize(
    ("expected", "says"),
    [
        ({"times": 2}, ["was to be called twice, but was called once", "as expected"]),
        ({"document_id": "other"}, ["at least once, but was never called", f"document_id was '{GREETED}'"]),
        ({"upload_path": "C:\\"}, ["it has no upload_path"]),
        ({"times": 0}, ["was to be called never, but was called once"]),
    ],
    ids=["too few", "other document", "no such member", "not at all"],
)
async def test_what_was_expected_and_did_not_come_says_what_came(gws_stub, expected, says):
    gws_stub.expect("UploadFile", **expected)
    await played(gws_stub, PHOTO_STEP - 1)
    (problem,) = gws_stub.problems()
    assert [words for words in says if words not in problem] == [], problem
    gws_stub._expected.clear()  # what this test was about


async def test_what_never_comes_is_not_waited_for_for_ever(gws_stub):
    await played(gws_stub, 4)
    with pytest.raises(AssertionError) as raised:
        await gws_stub.async_wait_for("UploadFile", timeout=0.05, document_id=GREETED)
    assert str(raised.value).splitlines() == [
        f"waited 0.05 s for UploadFile(document_id='{GREETED}'), which was not called",
        "  what was called: StartContactCenterSession, Accept",
    ]


async def test_who_gives_up_leaves_no_thread_that_waits(gws_stub):
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
    waiting = asyncio.ensure_future(gws_stub.async_wait_for("UploadFile", timeout=90))
    while not waiting.cancelled():
        await asyncio.sleep(0)
        waiting.cancel()
    async with asyncio.timeout(30):
        await asyncio.to_thread(gws_stub.allow_misses)  # by the only thread there is


async def test_nor_what_nobody_is_told_of(gws_stub):
    gws_stub.faults.lose_notification("UploadFile")
    async with desk(gws_stub) as desktop:
        await to_the_upload(desktop)
        await desktop.chat("UploadFile", documentId=GREETED, uploadType="standard-response")
        assert (await gws_stub.async_wait_for("UploadFile")).accepted
        with pytest.raises(AssertionError, match="was answered, but its client was told of nothing"):
            await gws_stub.async_wait_for("UploadFile", timeout=0.05, notified=True)


def test_a_thread_is_waited_for(gws_stub):
    start = {"operationName": "StartContactCenterSession", "channels": ["chat"]}
    me = "/api/v2/me?subresources=features,devices,channels"
    ready = threading.Event()

    def work() -> None:
        with httpx.Client(transport=gws_stub.transport, base_url="https://gws.test") as http:
            http.get(me, auth=(AGENT.user_name, AGENT.password))
            ready.wait(60)
            http.post("/api/v2/me", json=start)

    with thread(work):
        with pytest.raises(AssertionError, match="no operation at all"):
            gws_stub.wait_for("StartContactCenterSession", timeout=0)
        ready.set()
        assert gws_stub.wait_for("StartContactCenterSession", timeout=60).body == start


class thread:
    """A thread that is over when the block is."""

    def __init__(self, work) -> None:
        self._thread = threading.Thread(target=work)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._thread.join()


def armings() -> Iterator[tuple[str, dict]]:
    yield "refuse", {"status_code": 3}
    for name in ("lose_notification", "repeat", "before_reply"):
        yield name, {"document_id": GREETED}
    yield "delay", {"seconds": 2.5}
    yield "cut_download", {"at": 10}
    yield "expire_session", {"operation": "UploadFile"}


def test_faults_are_armed_and_disarmed_from_the_test(gws_stub):
    for name, values in armings():
        getattr(gws_stub.faults, name)(**values)
    assert [fault.fault for fault in gws_stub.faults.armed] == [name for name, _ in armings()]
    gws_stub.faults.clear()
    assert gws_stub.faults.armed == []


@pytest.mark.gws_recording(pace=1_000_001)
def test_what_a_stub_cannot_play_is_told(request):
    with pytest.raises(pytest.fail.Exception, match="gws_stub: a pace of 1e\\+06 cannot be meant"):
        request.getfixturevalue("gws_stub")
