"""What the report has in it, and what it leaves out and says so; what it looks like is shown in `tests/node`."""

import gzip
import hashlib
import json
import re
import shutil
from base64 import b64encode
from pathlib import Path

import pytest

from inspector.analysis.finding import Finding, Severity
from inspector.analysis.policy import Policy
from inspector.analysis.rules import CATALOGUE
from inspector.analysis.rules.selection import Selection
from inspector.audit.audited import auditing
from inspector.audit.report import chats, html
from inspector.audit.report.embedded import Words, as_json, lines, text
from inspector.audit.report.said import SHOWN, said
from inspector.audit.report.wanted import Wanted
from inspector.traffic.body import Body
from inspector.traffic.multipart import split
from tests.recording.keeping import change, exchange
from tests.recording.played import Recording, play

STORY = Path(__file__).parents[2] / "recordings" / "upload-file.db"
FORM = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n\x89PNG\r\n--b--\r\n'


def page(*recordings: Path) -> str:
    with auditing(recordings, Selection()) as audited:
        return "".join(html.document(audited))


def block(page: str, name: str) -> list:
    (found,) = re.findall(rf'<script type="application/json" id="data-{name}">(.*?)</script>', page, re.DOTALL)
    return json.loads(found)


@pytest.fixture(scope="module")
def story() -> str:
    return page(STORY)


def test_the_policy_names_the_one_style_and_the_one_script_by_their_digests(story: str) -> None:
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', story)
    for element in ("style", "script"):
        (content,) = re.findall(rf"<{element}>(.*?)</{element}>", story, re.DOTALL)
        digest = b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{element}-src &#39;sha256-{digest}&#39;" in policy.replace("'", "&#39;")
    assert story.index("http-equiv") < story.index("<style>") < story.index("<script>")


def test_it_names_no_other_place_than_itself(story: str) -> None:
    markup = re.sub(r"<script.*?</script>", "", story, flags=re.DOTALL)
    assert re.findall(r'\b(?:src|srcset|action|data|ping)="|url\(|@import', markup) == []
    assert {link[0] for link in re.findall(r'href="([^"]*)"', markup)} == {"#"}
    assert re.findall(r'\sstyle="|\son[a-z]+="', markup) == []


def test_each_transfer_is_a_row_and_words_are_not_written_twice(story: str) -> None:
    rows = block(story, "ledger")
    assert len(rows) == 12
    assert rows[0][3] == "sofia" and all(isinstance(row[3], int) for row in rows[2:])
    assert story.count('"0001TaBTNRPW01GV",') == 2, "in the ledger and in its time line"


def test_the_rules_that_were_broken_are_told_with_their_cures(story: str) -> None:
    told = set(re.findall(r'id="(GW\d{3})"', story))
    assert told == {found[0] for row in block(story, "ledger") for found in row[24]} | {
        other[1] for other in block(story, "others")
    }
    assert CATALOGUE["GW402"].cure.split()[0] in story and "GW601" not in story


def test_it_comes_in_many_pieces() -> None:
    with auditing([STORY], Selection()) as audited:
        pieces = list(html.document(audited))
    rows = [piece for piece in pieces if '"price-list.pdf"' in piece and len(piece) < 1000]
    assert len(pieces) > 70 and rows


def test_a_long_chat_keeps_what_its_transfers_and_findings_are_about(
    monkeypatch: pytest.MonkeyPatch, story: str
) -> None:
    (whole,) = block(story, "chats")
    monkeypatch.setattr(chats, "PER_CHAT", 30)
    (cut,) = block(page(STORY), "chats")
    total = len(whole["calls"]) + len(whole["told"])
    assert (whole["left"], cut["left"]) == (0, total - 30)
    assert len(cut["calls"]) + len(cut["told"]) == 30
    kept = {call[0] for call in cut["calls"]}
    assert {11, 13, 15, 17, 18, 26, 29, 35, 49} <= kept and 50 not in kept
    assert [26, 27, 0] in [cause[:3] for cause in cut["causes"]]


def test_what_was_said_has_its_limit_and_findings_come_first(monkeypatch: pytest.MonkeyPatch, story: str) -> None:
    assert block(story, "left") == [{"chats": 0, "exchanges": 0}]
    monkeypatch.setattr(html, "SAID", 10_000)
    cut = page(STORY)
    assert block(cut, "left") == [{"chats": 0, "exchanges": 1}]
    kept = [number for _, number, _ in block(cut, "exchanges")]
    found = {found[2] for row in block(cut, "ledger") for found in row[24]}
    found |= {other[3] for other in block(cut, "others")}
    assert 2 <= len(kept) < len(block(story, "exchanges")) and kept[0] in found


def test_of_too_many_chats_those_with_the_worst_findings_are_drawn() -> None:
    wanted = Wanted({(0, "a"): -1, (0, "b"): Severity.ERROR.rank, (1, "c"): Severity.INFO.rank, (1, "d"): -1})
    assert wanted.worst_first(4) == [(0, "a"), (0, "b"), (1, "c"), (1, "d")]
    assert wanted.worst_first(2) == [(0, "b"), (1, "c")]
    wanted.drawn(0, [1, 2])
    wanted.found(0, Finding("GW402", Severity.ERROR, 2, None, ""))
    assert wanted.exchanges() == [(0, 2), (0, 1)]


@pytest.mark.parametrize(
    "hostile", ["</script>", "<!--", "<script>", "]]>", "\u2028", "\ud800", "\u202e", "\x00"], ids=ascii
)
def test_nothing_in_a_list_ends_it(hostile: str) -> None:
    written = as_json([text(hostile)])
    assert "<" not in written and json.loads(written) == [text(hostile)]
    assert text(hostile).isprintable()


def test_words_are_counted_as_they_were_even_if_they_are_shown_alike() -> None:
    words = Words()
    assert [words.of(word) for word in ("a\x00", "b", "a\x00", "a\\x00", "b")] == ["a\\x00", "b", 0, "a\\x00", 1]
    assert lines("a\tb\r\n\x1b\n") == "a\tb\n\\x1b\n"


@pytest.mark.parametrize(
    ("content", "media_type", "kind", "begin"),
    [
        (b'{"a":[1]}', "text/plain", "json", '{\n  "a": [\n    1'),
        (b"a=1&b=\xff", "application/x-www-form-urlencoded", "text", "a=1&b=\ufffd"),
        (b"\x89PNG\r\n\x1a\n\0", "image/png", "hex", "0000  89 50 4e 47 0d 0a 1a 0a 00  "),
        (b"a\0b", "text/plain", "hex", "0000  61 00 62"),
        (b"plain", "", "hex", "0000  70 6c 61 69 6e"),
    ],
    ids=["json", "form", "picture", "zeros", "no type"],
)
def test_a_body_is_shown_as_what_it_is(content: bytes, media_type: str, kind: str, begin: str) -> None:
    body = said(exchange(back=content, fields=(("Content-Type", media_type),)))["answer"]
    assert (body["as"], body["size"], body["sha256"]) == (kind, len(content), hashlib.sha256(content).hexdigest())
    assert body["text"].startswith(begin) and "more" not in body


@pytest.mark.parametrize(
    ("content", "media_type"),
    [(b"x" * (SHOWN + 1), "text/plain"), (b'["' + b"y" * SHOWN + b'"]', "application/json"), (bytes(300), "image/png")],
    ids=["text", "json", "bytes"],
)
def test_of_a_long_body_only_the_begin_is_there_and_that_is_said(content: bytes, media_type: str) -> None:
    body = said(exchange(back=content, fields=(("Content-Type", media_type),)))["answer"]
    assert body["more"] == 1 and len(body["text"]) <= SHOWN + 1000


def test_bodies_are_read_through_their_coding_and_what_cannot_be_read_is_said() -> None:
    fields = (("Content-Type", "application/json"), ("Content-Encoding", "gzip"))
    assert said(exchange(back=gzip.compress(b'{"a": 1}'), fields=fields))["answer"]["text"] == '{\n  "a": 1\n}'
    assert "why" in said(exchange(back=b"no gzip", fields=fields))["answer"]
    gone = said(exchange(back=Body(None, 5, "0" * 64)))["answer"]
    assert (gone["size"], gone["text"]) == (5, "") and "digest" in gone["why"]


def test_a_form_is_shown_part_by_part_and_an_exchange_without_an_answer_says_why() -> None:
    parts = split(FORM, "multipart/form-data; boundary=b")
    shown = said(exchange(sent=FORM, parts=parts, back=None, error="the \u202econnection broke"))
    assert [(part["name"], part["as"], part["size"]) for part in shown["parts"]] == [("a.png", "hex", 4)]
    assert shown["body"] is None and "status" not in shown
    assert shown["error"] == "the \\u202econnection broke"


def test_two_recordings_are_told_apart_though_their_numbers_are_the_same(tmp_path: Path) -> None:
    recording = Recording(tmp_path / "other.db")
    play(recording)
    recording.close()
    both = page(STORY, recording.path)
    names = [name for name, _ in block(both, "sessions")]
    assert sorted(names) == ["other.db", "upload-file.db"]
    shown = {(names[session], number): what for session, number, what in block(both, "exchanges")}
    assert shown["upload-file.db", 11]["at"] != shown["other.db", 11]["at"]
    assert {names[chat["session"]] for chat in block(both, "chats")} == set(names)
    assert {names[row[1]] for row in block(both, "ledger")} == set(names)


def test_what_it_rests_on_and_what_is_missing_of_it_stands_at_its_head(tmp_path: Path) -> None:
    file = tmp_path / "<b>.db"
    shutil.copy(STORY, file)
    change(file, "UPDATE sessions SET state = 'incomplete', trouble = 'the disk was <full>'")
    change(file, """UPDATE sessions SET settings = '{"policy":{"max_bytes":50}}', judged = ''""")
    told = page(file)
    assert "the disk was &lt;full&gt;" in told and "Session 1 is incomplete." in told
    assert "&lt;b&gt;.db" in told and "<b>.db" not in told.partition('id="data-sessions"')[0]
    assert hashlib.sha256(file.read_bytes()).hexdigest() in told
    assert "<dt>max_bytes</dt><dd><code>50</code>" in told
    with auditing([STORY], Selection(ignore=("GW202",)), Policy(max_bytes=50)) as audited:
        told = "".join(html.document(audited))
    assert '<dt class="inner">max_bytes</dt><dd><code>50</code></dd>' in told and "ignore GW202" in told
    assert "GW504" in {found[0] for row in block(told, "ledger") for found in row[24]}
