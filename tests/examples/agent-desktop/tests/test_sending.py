"""Sending a document: what the server is asked for, and what the agent is told."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from agent_desktop import Refused, Sent
from recorded import CONVERSATION, GUIDE

pytestmark = pytest.mark.gws_recording(CONVERSATION)


def test_a_document_is_linked_and_then_sent(gws_stub, desktop, chat):
    assert desktop.send_file(chat, GUIDE.id, GUIDE.name) == Sent(GUIDE)
    link, upload = gws_stub.calls[-2:]
    assert (link.operation, link.body["name"]) == ("AddAttachment", GUIDE.name)
    assert (upload.operation, upload.document_id, upload.chat_id) == ("UploadFile", GUIDE.id, chat.id)
    assert upload.accepted


def test_a_document_that_is_linked_already_is_not_linked_again(gws_stub, desktop, chat):
    gws_stub.expect("AddAttachment", document_id=GUIDE.id, times=1)
    gws_stub.faults.refuse("UploadFile", status_code=3)
    assert isinstance(desktop.send_file(chat, GUIDE.id, GUIDE.name), Refused)
    assert desktop.send_file(chat, GUIDE.id, GUIDE.name) == Sent(GUIDE)  # the agent tries again


def test_a_document_that_the_server_does_not_know(gws_stub, desktop, chat):
    gws_stub.allow_misses()  # nobody has recorded this: the stub says what a server would
    outcome = desktop.send_file(chat, "0001PaBMYY36ZZZZ", "lost.txt")
    assert isinstance(outcome, Refused)
    assert (outcome.operation, outcome.status_code) == ("AddAttachment", 6)


def test_the_window_does_not_wait_for_it(gws_stub, desktop, chat):
    with ThreadPoolExecutor() as background:
        sending = background.submit(desktop.send_file, chat, GUIDE.id, GUIDE.name)
        upload = gws_stub.wait_for("UploadFile", document_id=GUIDE.id, notified=True)
    assert [told.kind for told in upload.notifications] == ["file-uploaded"]
    assert sending.result() == Sent(GUIDE)


async def test_neither_does_an_event_loop(gws_stub, desktop, chat):
    sending = asyncio.create_task(asyncio.to_thread(desktop.send_file, chat, GUIDE.id, GUIDE.name))
    assert (await gws_stub.async_wait_for("UploadFile", notified=True)).accepted
    assert await sending == Sent(GUIDE)
