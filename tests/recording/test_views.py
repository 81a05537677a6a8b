"""The views: what people ask a recording, with readable times, without a manual."""

from pathlib import Path
from typing import Any

import pytest

from inspector.recording.derivation import save
from inspector.recording.reader import reading
from tests.analysis.shapes import CHAT, DOCUMENT, OTHER_DOCUMENT, sent
from tests.analysis.traffic import Wire
from tests.recording.keeping import change, keep, query


@pytest.fixture
def wire() -> Wire:
    """A session that begins on 2016-07-21 at 14:23:20 UTC."""
    return Wire()


def uploads(wire: Wire, file: Path) -> list[dict[str, Any]]:
    """The view's rows on the session; it is over now."""
    wire.close()
    keep(file, wire.events, wire.derived)
    return query(file, "SELECT * FROM uploads")


def test_an_upload_that_went_well(wire: Wire, file: Path) -> None:
    sofia = wire.at_work()
    sofia.has_linked()
    wire.wait(1500)
    call, poll = sofia.upload(), sofia.poll()
    wire.wait(20)
    wire.answer(call)
    wire.wait(12.3)
    wire.tell(poll, sent())
    [row] = uploads(wire, file)
    assert row == {
        "exchange": call.number,
        "asked_at": "2016-07-21 14:23:21.500",
        "agent": "sofia",
        "chat": CHAT,
        "document": DOCUMENT,
        "name": f"{DOCUMENT}.txt",
        "size": 46,
        "sha256": "",
        "reply": "HTTP 200, statusCode 0",
        "notified_at": "2016-07-21 14:23:21.532",
        "lag_ms": 12.3,
        "came": "after its reply",
        "state": "sent",
        "findings": None,
    }


def test_a_notification_that_overtook_the_reply(wire: Wire, file: Path) -> None:
    sofia = wire.at_work()
    sofia.has_linked()
    call, poll = sofia.upload(), sofia.poll()
    wire.tell(poll, sent())
    wire.wait(40)
    wire.answer(call)
    [row] = uploads(wire, file)
    assert (row["came"], row["lag_ms"], row["state"]) == ("before its reply", -40.0, "sent")


def test_one_upload_is_one_row_however_many_agents_are_told(wire: Wire, file: Path) -> None:
    sofia, toni = wire.at_work(), wire.at_work("toni")
    sofia.has_linked()
    call = sofia.upload()
    wire.answer(call)
    wire.wait(5)
    sofia.hear(sent())
    wire.wait(5)
    toni.hear(sent())
    [row] = uploads(wire, file)
    assert (row["exchange"], row["agent"], row["lag_ms"]) == (call.number, "sofia", 5.0)


def test_each_try_is_a_row(wire: Wire, file: Path) -> None:
    sofia = wire.at_work()
    sofia.has_linked()
    wire.refuse(sofia.upload(), 4, "later")
    wire.answer(sofia.upload())
    sofia.hear(sent())
    rows = uploads(wire, file)
    assert [(row["state"], row["reply"]) for row in rows] == [
        ("refused", "HTTP 200, statusCode 4"),
        ("sent", "HTTP 200, statusCode 0"),
    ]
    assert rows[0]["notified_at"] is None


def test_a_document_that_is_sent_twice_has_a_row_for_each_upload(wire: Wire, file: Path) -> None:
    sofia = wire.at_work()
    sofia.has_linked()
    wire.answer(sofia.upload())
    sofia.hear(sent(fileId="F1"))
    wire.refuse(sofia.upload(), 4, "later")
    wire.answer(sofia.upload(), b"<html>", ("Content-Type", "text/html"), status=403)
    wire.answer(sofia.upload())
    wire.answer(sofia.unlink())
    sofia.hear(sent(fileId="F2", index=9, name="offer.txt"))
    wire.answer(sofia.upload())
    rows = uploads(wire, file)
    assert [(row["state"], row["name"], row["notified_at"] is not None) for row in rows] == [
        ("sent", f"{DOCUMENT}.txt", True),
        ("refused", "offer.txt", False),
        ("refused", "offer.txt", False),
        ("sent", "offer.txt", True),
        ("undecided", "offer.txt", False),
    ]


def test_an_upload_that_was_refused_for_good_is_one_row_beside_the_file_that_another_sent(
    wire: Wire, file: Path
) -> None:
    sofia = wire.at_work()
    sofia.hear(sent(by="toni"))
    wire.refuse(sofia.upload(), 4)
    sofia.hear(sent(by="toni", index=9, fileId="F2"))
    [row] = uploads(wire, file)
    assert row["state"] == "refused"


def test_an_older_recording_has_todays_views(wire: Wire, file: Path) -> None:
    """Read, it stays as it was; once it is written to, it has them itself."""
    sofia = wire.at_work()
    sofia.has_linked()
    wire.answer(sofia.upload())
    sofia.hear(sent())
    [today] = uploads(wire, file)
    for name in ("uploads", "timeline", "attachments"):
        change(file, f"DROP VIEW {name}")
        change(file, f"CREATE VIEW {name} AS SELECT 1 AS old")
    change(file, "DROP INDEX transfers_document")
    change(file, "DELETE FROM _sqlite_migrations WHERE name = 'm005_views_by_life'")
    with reading(file) as recording:
        [row] = recording.db.execute("SELECT * FROM uploads").fetchall()
        assert tuple(row) == tuple(today.values())
        assert len(recording.db.execute("SELECT * FROM attachments").fetchall()) == 1
    assert query(file, "SELECT * FROM uploads") == [{"old": 1}]
    save(file)
    assert query(file, "SELECT * FROM uploads") == [today]


def test_what_became_of_uploads_that_nobody_was_told_of(wire: Wire, file: Path) -> None:
    sofia = wire.at_work()
    sofia.has_linked()
    sofia.has_linked(OTHER_DOCUMENT)
    wire.fail(sofia.upload("broken"), "connection reset")
    wire.answer(sofia.upload("html"), b"<html>", ("Content-Type", "text/html"), status=502)
    wire.answer(sofia.upload())
    wire.wait(31_000)
    sofia.hear()
    wire.answer(sofia.upload(OTHER_DOCUMENT))
    sofia.upload("unfinished")
    rows = {row["document"]: row for row in uploads(wire, file)}
    assert {document: (row["state"], row["reply"]) for document, row in rows.items()} == {
        "broken": ("undecided", "connection reset"),
        "html": ("undecided", "HTTP 502 without a statusCode"),
        DOCUMENT: ("lost", "HTTP 200, statusCode 0"),
        OTHER_DOCUMENT: ("undecided", "HTTP 200, statusCode 0"),
        "unfinished": ("undecided", "unfinished"),
    }
    assert "GW402" in rows[DOCUMENT]["findings"]


def test_the_timeline_tells_both_sides_in_order(wire: Wire, file: Path) -> None:
    sofia = wire.at_work()
    sofia.has_linked()
    call, poll = sofia.upload(), sofia.poll()
    wire.answer(call)
    wire.tell(poll, sent())
    uploads(wire, file)
    lines = query(file, "SELECT * FROM timeline")
    assert [line["tick"] for line in lines] == sorted(line["tick"] for line in lines)
    assert [line["what"] for line in lines][-3:] == ["PropertiesUpdated", "UploadFile", "file-uploaded"]
    assert lines[-1] == {
        "session": 1,
        "tick": len(wire.events),
        "at": "2016-07-21 14:23:20.000",
        "exchange": poll.number,
        "agent": "sofia",
        "what": "file-uploaded",
        "chat": CHAT,
        "document": DOCUMENT,
        "detail": "/v2/me/chats",
    }


def test_attachments_have_a_row_for_each_file(wire: Wire, file: Path) -> None:
    sofia = wire.at_work()
    linked = sofia.has_linked()
    sofia.has_linked(OTHER_DOCUMENT)
    call = sofia.upload()
    wire.answer(call)
    told = sofia.hear(sent())
    wire.answer(sofia.get(f"/attachments/{DOCUMENT}"), b"x" * 46, ("Content-Type", "text/plain"))
    wire.close()
    keep(file, wire.events, wire.derived)
    first, second = query(file, "SELECT * FROM attachments")
    assert (first["agent"], first["document"], first["state"], first["downloads"]) == ("sofia", DOCUMENT, "sent", 1)
    assert (first["linked_by"], first["uploaded_by"], first["notified_by"]) == (linked, call.number, told)
    assert (first["size"], first["seen_size"], len(first["sha256"])) == (46, 46, 64)
    assert (second["document"], second["state"], second["uploaded_by"]) == (OTHER_DOCUMENT, "linked", None)
