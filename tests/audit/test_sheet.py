"""The ledger as CSV: read back by Python's own reader, whole, and nothing in it that a spreadsheet would run."""

import csv
import hashlib
import io
import re
from pathlib import Path

import pytest

from inspector.analysis.rules.selection import Selection
from inspector.audit.audited import auditing
from inspector.audit.formats.sheet import COLUMNS, pieces
from tests.audit.sendings import HOSTILE, Sent, document_of, recorded
from tests.recording.keeping import change

TEXTS = {name: cell for name, cell in HOSTILE.items() if name not in ("long",)}
NUMBERS = {column for column in COLUMNS if column.endswith(("_bytes", "_exchange", "_status", "_code", "_ms"))}
NUMBERS |= {"downloads", "transfer"}


def sheet(*paths: Path) -> tuple[str, list[dict[str, str]]]:
    with auditing(paths, Selection()) as audited:
        text = "".join(pieces(audited))
    return text, list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, list[dict[str, str]]]:
    files = [Sent(name, name.encode() + b"!") for name in HOSTILE.values()]
    return sheet(recorded(tmp_path_factory.mktemp("sheet") / "hostile.db", files))


def test_there_is_a_row_for_each_transfer_with_its_own_digest(hostile: tuple[str, list[dict[str, str]]]) -> None:
    _, rows = hostile
    assert [row["document"] for row in rows] == [document_of(number) for number in range(len(HOSTILE))]
    assert [row["sha256"] for row in rows] == [Sent("", name.encode() + b"!").sha256 for name in HOSTILE.values()]
    assert {(row["agent"], row["state"], row["downloads"], row["session_state"]) for row in rows} == {
        ("sofia", "sent", "1", "complete")
    }


def test_no_cell_is_a_formula_for_any_spreadsheet(hostile: tuple[str, list[dict[str, str]]]) -> None:
    text, rows = hostile
    for row in rows:
        for column, cell in row.items():
            if column not in NUMBERS:
                assert not re.match(r"[\s'\"]*[=+\-@\uff1d]", cell.removeprefix("'")) or cell.startswith("'"), cell
    # as a spreadsheet reads it in a country where a semicolon parts cells
    for row in csv.reader(io.StringIO(text, newline=""), delimiter=";"):
        assert not [cell for cell in row[1:] if re.match(r"[\s\"]*[=+\-@]", cell)]


@pytest.mark.parametrize("which", TEXTS)
def test_a_name_is_all_there_behind_its_guard(which: str, hostile: tuple[str, list[dict[str, str]]]) -> None:
    _, rows = hostile
    [row] = [row for row in rows if row["document"] == document_of(list(HOSTILE).index(which))]
    escaped = re.sub("[\x00-\x1f\u202e]", lambda found: found[0].encode("unicode_escape").decode(), HOSTILE[which])
    assert row["name"].replace("'", "") == escaped.replace("'", "")
    assert row["name"] == row["upload_path"] == row["description"]
    assert len(row["name"]) - len(escaped) in (0, 1)


def test_a_long_name_is_all_there_too(hostile: tuple[str, list[dict[str, str]]]) -> None:
    assert [row["name"] for row in hostile[1] if len(row["name"]) > 1000] == [HOSTILE["long"]]


def test_it_is_as_the_rfc_has_it_and_says_that_it_is_unicode(hostile: tuple[str, list[dict[str, str]]]) -> None:
    text, rows = hostile
    assert text.startswith("\ufefftime,agent,user,")
    assert text.count("\r\n") == text.count("\n") == text.count("\r") == len(rows) + 1
    assert not re.search("[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e]", text)


def test_a_number_of_ours_stays_one_and_a_text_that_looks_like_one_does_not(tmp_path: Path) -> None:
    path = recorded(tmp_path / "one.db", [Sent("-12", b"12345")])
    change(path, "UPDATE causes SET lag_ms = -3.5")
    _, [row] = sheet(path)
    assert (row["delay_ms"], row["declared_bytes"], row["seen_bytes"], row["name"]) == ("-3.5", "5", "5", "'-12")


def test_each_row_says_what_it_rests_on(tmp_path: Path) -> None:
    path = recorded(tmp_path / "one.db", [Sent("a.txt", b"12345")])
    _, [row] = sheet(path)
    assert (row["recording"], row["recording_sha256"]) == ("one.db", hashlib.sha256(path.read_bytes()).hexdigest())
    assert "rules" in row["rested_on"] and "puremagic" in row["rested_on"]
