"""What several commands tell of the same file is the same: its findings belong to it, wherever they stand."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.analysis.shapes import CUSTOMER, DOCUMENT, sent
from tests.analysis.traffic import Wire
from tests.audit.sendings import Sent, recorded
from tests.live.commands import run
from tests.live.stories import Story
from tests.recording.keeping import keep

pytestmark = pytest.mark.once

HOSTILE = "0001PaBMYY36ZZ01"


@pytest.fixture
def one_poll(tmp_path: Path) -> Path:
    """What tells of an agent's file tells of a customer's, too: of one whose name is a path."""
    wire = Wire()
    sofia = wire.at_work()
    sofia.has_linked()
    wire.answer(sofia.upload())
    sofia.hear(sent(), sent(HOSTILE, CUSTOMER, 8, name="../../etc/passwd"))
    wire.close()
    path = tmp_path / "poll.db"
    keep(path, wire.events, wire.derived)
    return path


def told(*arguments: object) -> Any:
    ended = run(*arguments, "--json")
    assert ended.err == ""
    return json.loads(ended.out)


def shown(path: Path, document: str) -> list[list[Any]]:
    """The findings of each of a document's transfers."""
    return [one["findings"] for one in told("show", path, document)["transfers"]]


def test_show_gives_each_file_its_own_findings(one_poll: Path) -> None:
    assert [[one["rule"] for one in found] for found in shown(one_poll, HOSTILE)] == [["GW506"]]
    assert shown(one_poll, DOCUMENT) == [[]]
    assert "GW506" in run("show", one_poll, HOSTILE).out and "GW506" not in run("show", one_poll, DOCUMENT).out
    assert told("show", one_poll, HOSTILE, "--ignore", "GW506")["transfers"][0]["findings"] == []


def test_show_has_what_the_ledger_has_and_what_its_own_notification_broke(story: Story) -> None:
    entries = told("audit", story.path)["entries"]
    for document in {row["document"] for row in entries}:
        rows = [row["findings"] for row in entries if row["document"] == document]
        for found, audited in zip(shown(story.path, document), rows, strict=True):
            assert [one for one in found if one in audited] == audited
            assert {one["rule"] for one in found if one not in audited} <= {"GW302"}, "it names no file"


def test_the_ledger_has_each_finding_of_check_once(story: Story) -> None:
    audited = told("audit", story.path)
    found = [one for row in audited["entries"] for one in row["findings"]] + [
        one["finding"] for one in audited["others"]
    ]
    [judged] = told("check", story.path)
    assert Counter(map(str, found)) == Counter(map(str, judged["findings"]))
    summed = audited["totals"]["all"]["findings"]
    assert sum(summed.values()) + len(audited["others"]) == len(judged["findings"])


def test_bytes_that_look_like_no_type_are_not_said_to_be_missing(tmp_path: Path) -> None:
    path = recorded(tmp_path / "one.db", [Sent("raw", bytes(range(256)), "application/octet-stream")])
    [line] = [line for line in run("audit", path).out.rpartition("By detected type")[2].splitlines() if "256" in line][
        :1
    ]
    assert line.startswith("(not known) ")
