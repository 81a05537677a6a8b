"""The tour: what a newcomer sees first is true, also when it is not what one would like to see."""

import asyncio
import io
import shutil
import sqlite3
from contextlib import closing

import pytest
from rich.console import Console

from inspector.demo.comparison import compare
from inspector.demo.tour import replay, show_comparison, tour


def screen() -> Console:
    return Console(file=io.StringIO(), width=100)


def text(console: Console) -> str:
    return console.file.getvalue()


@pytest.fixture(scope="module")
def toured(tmp_path_factory):
    """A tour that was taken once: its recording, and what it showed."""
    recording = tmp_path_factory.mktemp("tour") / "demo.db"
    console = screen()
    asyncio.run(tour(recording, console))
    return recording, text(console)


def test_it_shows_the_findings_that_the_story_is_made_for(toured):
    _, shown = toured
    for rule in ("GW101", "GW103", "GW202", "GW302", "GW303", "GW401", "GW402", "GW403"):
        assert rule in shown


def test_it_shows_what_became_of_each_file_and_where_the_recording_lies(toured):
    recording, shown = toured
    lines = {line.split()[0]: line for line in shown.splitlines() if line.strip()}
    assert lines["delivery-note.txt"].split()[-1] == "lost"
    assert lines["router-lights.png"].split()[-1] == "received"
    assert " -" in lines["price-list.pdf"], "the notification that overtook its reply"
    assert str(recording) in shown.replace("\n", "")


def test_it_ends_with_a_report_and_says_where_it_is(toured):
    recording, shown = toured
    report = recording.with_name("demo-report.html")
    assert shown.splitlines()[-1] == f"Its report is {report}: open it in a browser"
    page = report.read_text("utf-8")
    assert page.startswith("<!doctype html>") and page.endswith("</html>")
    for name in ("delivery-note.txt", "router-lights.png", "price-list.pdf"):
        assert f'"{name}"' in page


def test_the_agent_sees_the_same_again_when_the_server_is_gone(toured):
    _, shown = toured
    assert "32 replies and 28 notifications, line by line: identical" in shown


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        (b"statusMessage", b"statusMassage"),
        (b"file-uploaded", b"file-uploadad"),
        (b"Sofia", b"Sofio"),
    ],
    ids=["a reply", "a notification", "a name"],
)
async def test_one_byte_of_the_recording_makes_a_difference_that_is_told(toured, tmp_path, was, becomes):
    broken, whole = tmp_path / "broken.db", toured[0]
    shutil.copy(whole, broken)
    with closing(sqlite3.connect(broken)) as db, db:
        bodies = db.execute(
            "SELECT b.id, b.content FROM bodies b JOIN exchanges e ON e.response_body = b.id "
            "WHERE instr(b.content, ?) ORDER BY b.id",
            (was,),
        ).fetchall()
        number, content = bodies[0]
        db.execute("UPDATE bodies SET content = ? WHERE id = ?", (content.replace(was, becomes, 1), number))
    console = screen()
    before, now = await replay(whole, screen()), await replay(broken, screen())
    differences = compare(before, now)
    assert [one for one in differences if was.decode() in one.before and becomes.decode() in one.now]
    show_comparison(differences, before, console)
    assert "differ" in text(console) and "identical" not in text(console)
