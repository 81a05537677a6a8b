"""What is judged of a large file while it passes is what `check` finds in the recording."""

import json
import os
import signal
import threading
from pathlib import Path

from tests.live.clients import PATIENCE, Connection, ask
from tests.live.commands import run
from tests.live.large import END, FORM, MIB, field, file_part, noise, streamed
from tests.live.recorders import recording
from tests.live.servers import Gate, Talk, Upstream, response, says

EXE = b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00" + noise(3 * MIB)
PLACE = "/api/v2/me/chats/c1/attachments/0001D"
OPERATION = "/api/v2/me/chats/c1"


def test_findings_of_large_files_are_the_same_live_and_later(upstream: Upstream, file: Path) -> None:
    pdf = b"Content-Type: application/pdf"
    upstream.answers[PLACE] = says(streamed(EXE, pdf))
    upstream.answers[OPERATION] = says(response(b'{"statusCode":0}', b"Content-Type: application/json"))
    told = json.dumps({"operationName": "UploadFile", "documentId": "0001D", "uploadType": "standard-response"})
    form = field(b"operationName", told.encode()) + file_part(b"a.png", EXE)[:-2] + END
    with recording(upstream.url, file) as recorder:
        ask(recorder.url, b"POST " + OPERATION.encode(), FORM, body=form)
        ask(recorder.url, b"GET " + PLACE.encode())
        recorder.process.end()
    live = recorder.rows("SELECT exchange, rule, text FROM findings ORDER BY exchange, rule, text")
    [session] = json.loads(run("check", file, "--format", "json").out)
    found = sorted((one["exchange"], one["rule"], one["text"]) for one in session["findings"])
    assert [(one["exchange"], one["rule"], one["text"]) for one in live] == found
    assert any(rule == "GW502" for _, rule, _ in found)


def test_a_large_upload_was_there_before_the_notification_that_it_brought_about(upstream: Upstream, file: Path) -> None:
    """The server tells of a file as soon as it has its last byte, while much of it still waits to be written."""
    gate, poll, sent = Gate(), "/api/v2/notifications", threading.Event()

    async def held(talk: Talk) -> None:
        await gate.passed("poll")
        await talk.send(response(b"[]", b"Content-Type: application/json"))
        sent.set()

    async def taken(talk: Talk) -> None:
        gate.release("poll")
        await talk.send(response(b'{"statusCode":0}', b"Content-Type: application/json"))

    upstream.answers[poll], upstream.answers[PLACE] = held, taken
    with (
        recording(upstream.url, file) as recorder,
        Connection(recorder.url) as waiting,
        Connection(recorder.url) as file_,
    ):
        waiting.begin(b"POST " + poll.encode(), b"Content-Type: application/json", body=b"[]")
        gate.wait()
        [scribe] = recorder.process.children()
        os.kill(scribe, signal.SIGSTOP)
        try:
            file_.begin(f"POST {PLACE}".encode(), b"Content-Type: application/octet-stream", body=noise(2 * MIB))
            assert sent.wait(PATIENCE)
        finally:
            os.kill(scribe, signal.SIGCONT)
        assert (waiting.reply().body, file_.reply().status) == (b"[]", 200)
        recorder.process.end()
        [uploaded], [told] = recorder.exchanges(PLACE), recorder.exchanges(poll)
    assert uploaded["start_tick"] < told["done_tick"]
