"""A document that was sent twice into one chat has two transfers: each is shown for itself, with what belongs to it."""

import json
from pathlib import Path
from typing import Any

import pytest

from inspector.proxy.known import Known
from inspector.traffic.exchange import Exchange
from tests.analysis.shapes import CHAT, DOCUMENT, sent
from tests.analysis.traffic import Wire
from tests.live.commands import run
from tests.live.recorders import rows
from tests.recording.keeping import keep

pytestmark = pytest.mark.once


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def uploads(wire: Wire) -> list[Exchange]:
    """Sent; then refused, and sent in a second try; then fetched."""
    sofia = wire.at_work()
    sofia.has_linked()
    made = []
    for file, refused in (("F1", False), ("F2", True), ("F2", False)):
        made.append(sofia.upload())
        if refused:
            wire.refuse(made[-1])
        else:
            wire.answer(made[-1])
            sofia.hear(sent(fileId=file, index=10 + len(made)))
    wire.answer(sofia.get(f"/attachments/{DOCUMENT}"), b"x" * 46, ("Content-Type", "text/plain"))
    wire.close()
    return made


def given(*arguments: object) -> list[dict[str, Any]]:
    """The transfers that are told of."""
    ended = run(*arguments)
    assert (ended.code, ended.err) == (0, "")
    told: list[dict[str, Any]] = json.loads(ended.out)["transfers"]
    return told


def uploaded_by(told: dict[str, Any]) -> list[int]:
    return [call["exchange"] for call in told["calls"] if call["operation"] == "UploadFile"]


def test_show_gives_each_with_its_own_calls(wire: Wire, uploads: list[Exchange], tmp_path: Path) -> None:
    keep(tmp_path / "recording.db", wire.events, wire.derived)
    first, second = given("show", tmp_path / "recording.db", DOCUMENT, "--json")
    assert [told["transfer"]["uploaded_by"] for told in (first, second)] == [uploads[0].number, uploads[2].number]
    assert uploaded_by(first) == [uploads[0].number]
    assert uploaded_by(second) == [uploads[1].number, uploads[2].number]
    assert [finding["rule"] for finding in first["findings"]] == []
    assert [finding["rule"] for finding in second["findings"]] == ["GW410", "GW202"]
    assert [[cause["kind"] for cause in told["causes"]] for told in (first, second)] == [["linked", "uploaded"]] * 2


def test_show_tells_in_which_session_each_is(wire: Wire, uploads: list[Exchange], tmp_path: Path) -> None:
    path = tmp_path / "recording.db"
    keep(path, wire.events, wire.derived)
    run("export", path, tmp_path / "it.har", "-q")
    run("import", tmp_path / "it.har", path, "-q")
    told = given("show", path, DOCUMENT, "--json")
    uuids = [session["uuid"] for session in rows(path, "SELECT uuid FROM sessions ORDER BY id")]
    assert [one["session"] for one in told] == [uuids[0]] * 2 + [uuids[1]] * 2


def test_ls_has_a_line_for_each(wire: Wire, uploads: list[Exchange], tmp_path: Path) -> None:
    keep(tmp_path / "recording.db", wire.events, wire.derived)
    table = run("ls", tmp_path / "recording.db").out.rpartition("Transfers")[2]
    lines = [line for line in table.splitlines() if DOCUMENT in line]
    assert [(f"#{uploads[0].number}" in line, f"#{uploads[2].number}" in line) for line in lines] == [
        (True, False),
        (False, True),
    ]


def test_while_it_is_recorded_each_is_known(wire: Wire, uploads: list[Exchange]) -> None:
    known = Known()
    for thing in wire.derived:
        known.hear([thing])
    first, second = known.lives(DOCUMENT, CHAT)
    assert known.lives(DOCUMENT) == [first, second]
    assert (first.transfer.uploaded_by, second.transfer.uploaded_by) == (uploads[0].number, uploads[2].number)
    numbers = [exchange.number for exchange in uploads]
    assert [number in first.exchanges for number in numbers] == [True, False, False]
    assert [number in second.exchanges for number in numbers] == [False, True, True]
    assert [cause.call for cause in known.causes(second) if cause.kind == "uploaded"] == numbers[2:]
    assert [finding.rule for finding in known.findings_in(second.exchanges)] == ["GW410", "GW202"]
    assert max(second.exchanges) == max(call.number for call in wire.calls)


def test_a_double_click_is_two_of_which_each_has_its_reply(wire: Wire) -> None:
    sofia = wire.at_work()
    sofia.has_linked()
    uploads = [sofia.upload(), sofia.upload()]
    for upload in uploads:
        wire.answer(upload)
    known = Known()
    for thing in wire.derived:
        known.hear([thing])
    first, second = known.lives(DOCUMENT, CHAT)
    assert [uploads[0].number in life.exchanges for life in (first, second)] == [True, False]
    assert [uploads[1].number in life.exchanges for life in (first, second)] == [False, True]
