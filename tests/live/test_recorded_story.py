"""The demo's story through a recorder: told live as it is judged later, and without a secret."""

import base64
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import orjson
import pytest

from inspector.analysis.finding import Finding
from inspector.demo.inbox import Notification
from inspector.recording.derivation import derive, save
from inspector.recording.reader import reading
from inspector.traffic.placeholders import PLACEHOLDER
from tests.live.recorders import rows
from tests.live.stories import Story

DERIVED = ("agents", "calls", "messages", "causes", "transfers", "findings")


def test_the_story_is_recorded_whole(story: Story) -> None:
    assert story.ended.code == 0
    [session] = rows(story.path, "SELECT * FROM sessions")
    assert (session["state"], session["trouble"]) == ("complete", None)
    assert rows(story.path, "SELECT id FROM exchanges WHERE done_tick IS NULL OR error IS NOT NULL") == []
    told = [one for one in story.seen if isinstance(one, Notification)]
    kept = rows(
        story.path, "SELECT data FROM messages WHERE direction = 'server' AND data IS NOT NULL ORDER BY exchange"
    )
    assert sorted(row["data"] for row in kept) == sorted(orjson.dumps(one.data).decode() for one in told)


@pytest.mark.parametrize("table", DERIVED)
def test_what_was_found_live_is_what_the_file_gives(table: str, story: Story, tmp_path: Path) -> None:
    again = tmp_path / "again.db"
    shutil.copy(story.path, again)
    save(again)
    live = rows(story.path, f"SELECT * FROM {table} ORDER BY 1, 2, 3")
    assert live
    assert live == rows(again, f"SELECT * FROM {table} ORDER BY 1, 2, 3")


def test_findings_are_told_in_the_order_in_which_they_are_derived(story: Story) -> None:
    with reading(story.path) as recording:
        derived = [one for one in derive(recording, recording.session()) if isinstance(one, Finding)]
    kept = rows(story.path, "SELECT exchange, message, rule, severity, text FROM findings ORDER BY id")
    assert [tuple(row.values()) for row in kept] == [
        (one.exchange, one.message, one.rule, one.severity.value, one.text) for one in derived
    ]
    lines = [line for line in story.ended.err.splitlines() if line.startswith(("✗", "!"))]
    assert [line.split()[1] for line in lines] == [one.rule for one in derived]
    assert {"GW101", "GW103", "GW202", "GW302", "GW303", "GW401", "GW403"} <= {one.rule for one in derived}


def test_a_reply_that_was_overtaken_has_its_cause(story: Story) -> None:
    lags = rows(
        story.path,
        "SELECT t.name, u.lag_ms, u.wait_ms FROM causes u JOIN transfers t ON t.uploaded_by = u.call "
        "WHERE u.kind = 'uploaded'",
    )
    assert len(lags) > 2
    assert all(row["wait_ms"] >= 0 for row in lags)
    assert [row["name"] for row in lags if row["lag_ms"] < 0] == ["price-list.pdf"]


def test_no_secret_is_in_the_file_or_on_a_stream(story: Story) -> None:
    assert len(story.secrets) == 3
    everything = b"\n".join((
        story.path.read_bytes(), story.bytes_at_half_time, story.ended.out.encode(), story.ended.err.encode(),
        *bodies(story.path),
    ))  # fmt: skip
    for secret in story.secrets:
        for form in disguises(secret):
            assert form not in everything, form
    assert b"sofia:" in everything, "user names stay"


def disguises(secret: str) -> list[bytes]:
    """The secret in every form in which it might lie about; in base64 behind 0, 1 and 2 other bytes."""
    inside = [base64.b64encode(b"?" * shift + secret.encode())[4 if shift else 0 : -4] for shift in range(3)]
    return [
        secret.encode(),
        secret.lower().encode(),
        quote(secret, safe="").encode(),
        secret.encode("utf-16-le"),
        *inside,
    ]


def bodies(path: Path) -> list[bytes]:
    """Every body without its content coding."""
    found = []
    with reading(path) as recording:
        for row in rows(path, "SELECT id FROM exchanges"):
            exchange = recording.exchange(row["id"])
            found += [
                body.decoded() for body in (exchange.request.body, exchange.response and exchange.response.body) if body
            ]
    return found


def test_equal_secrets_stay_equal(story: Story) -> None:
    """So that agents can be told apart without their cookies."""
    headers = " ".join(row["request_headers"] for row in rows(story.path, "SELECT request_headers FROM exchanges"))
    assert len(set(PLACEHOLDER.findall(headers.replace("x-csrf", "")))) >= 2
    [agent] = rows(story.path, "SELECT * FROM agents")
    assert PLACEHOLDER.fullmatch(agent["cookie"])
    assert agent["cookie"] in headers
    assert agent["login"] == "sofia"


def test_the_view_of_uploads_has_a_line_for_each(story: Story) -> None:
    uploads = rows(story.path, "SELECT * FROM uploads")
    calls = rows(story.path, "SELECT exchange FROM calls WHERE operation = 'UploadFile' ORDER BY exchange")
    assert [row["exchange"] for row in uploads] == [row["exchange"] for row in calls]
    states = {row["name"] or row["document"]: row["state"] for row in uploads}
    assert states == {
        "testfileUploadAgent.txt": "sent",
        "notes.txt": "sent",
        "price-list.pdf": "sent",
        "0001PaBMYY3600RK": "refused",
        "0001PaBMYY36ZZZZ": "refused",
        "warranty.txt": "refused",
        "delivery-note.txt": "undecided",
        "floor-plan.png": "undecided",
        "invoice.txt": "sent",
        "": "refused",
    }
    by_name = {row["name"]: row for row in uploads}
    assert by_name["price-list.pdf"]["came"] == "before its reply"
    assert by_name["invoice.txt"]["findings"] == "GW303"
    assert by_name["warranty.txt"]["reply"] == "HTTP 200, statusCode 4"


def test_views_have_readable_times_and_names(story: Story) -> None:
    [first, *_] = rows(story.path, "SELECT * FROM uploads")
    started = rows(story.path, "SELECT started_at FROM exchanges WHERE id = ?", first["exchange"])[0]["started_at"]
    with closing(sqlite3.connect(":memory:")) as clock:
        [expected] = clock.execute(
            "SELECT strftime('%Y-%m-%d %H:%M:%f', ? / 1000000.0, 'unixepoch')", (started,)
        ).fetchone()
    assert (first["asked_at"], first["agent"]) == (expected, "sofia")
    assert first["asked_at"] <= first["notified_at"]
    timeline = rows(story.path, "SELECT * FROM timeline")
    assert [row["tick"] for row in timeline] == sorted(row["tick"] for row in timeline)
    assert {"UploadFile", "file-uploaded", "PropertiesUpdated", "Accept"} <= {row["what"] for row in timeline}
    attachments = rows(story.path, "SELECT * FROM attachments")
    assert len(attachments) == len(rows(story.path, "SELECT id FROM transfers"))
    [photo] = [row for row in attachments if row["name"] == "router-lights.png"]
    assert (photo["direction"], photo["downloads"], photo["seen_size"]) == ("customer", 1, photo["size"])
