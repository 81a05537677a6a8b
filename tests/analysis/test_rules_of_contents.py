"""501, 507 and 508: the bytes of files, held against what is declared of them and against each other."""

import gzip
import hashlib

import pytest

from inspector.traffic.body import Body
from tests.analysis.files import BINARY, at_work, bring, codes, fetch, listed
from tests.analysis.shapes import CHAT, CUSTOMER, DOCUMENT, OTHER_CHAT, OTHER_DOCUMENT, attachment, chat_has, sent
from tests.analysis.traffic import JSON, Verdict, Wire

TEXT = b"Prices of the third quarter, as of 21 July 16."
HTML = ("Content-Type", "text/html;charset=UTF-8")


def test_a_size_that_is_not_the_downloads_is_told_at_the_download() -> None:
    wire, sofia = at_work()
    listed(sofia, name="prices.txt")
    download = fetch(sofia, TEXT[:-1])
    assert wire.verdicts == [Verdict("GW501", wire.findings[0].severity, download.number, None, "", 45)]
    assert wire.findings[0].text == f"'prices.txt' ({DOCUMENT}) is declared with 46 bytes, 45 were downloaded"
    assert wire.findings[0].about == (DOCUMENT, CHAT)


def test_a_size_that_is_told_after_the_download_counts_too() -> None:
    wire, sofia = at_work()
    download = fetch(sofia, TEXT)
    sofia.hear(sent(by=CUSTOMER, size="7"))
    assert [(one.rule, one.exchange, one.actual) for one in wire.verdicts] == [("GW501", download.number, 46)]


def test_each_mismatch_is_told_once() -> None:
    wire, sofia = at_work()
    listed(sofia)
    for _ in range(3):
        fetch(sofia, b"short")
        sofia.hear(sent(by=CUSTOMER, size="46"))
    assert codes(wire) == ["GW501"]


def test_the_bytes_of_a_new_document_are_held_against_what_the_server_says() -> None:
    wire, sofia = at_work()
    call = bring(sofia, "a.txt", b"hello")
    wire.answer(call, {"statusCode": 0, "documentId": DOCUMENT})
    listed(sofia, name="a.txt", size=6)
    assert [(one.rule, one.exchange) for one in wire.verdicts] == [("GW501", call.number)]


def test_what_a_client_claims_is_nobodys_word() -> None:
    wire, sofia = at_work()
    wire.answer(sofia.do("AddAttachment", documentId=DOCUMENT, size=9, name="a.txt", mime="image/png"))
    listed(sofia, name="a.txt")
    fetch(sofia, TEXT)
    assert codes(wire) == []


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (206, TEXT[:10], None),
        (304, b"", None),
        (404, b"not here", None),
        (500, b"", None),
        (200, TEXT[:10], "connection closed before the end"),
    ],
    ids=["part", "not modified", "not found", "failed", "cut"],
)
def test_an_answer_that_is_not_the_whole_file_says_nothing(status: int, body: bytes, error: str | None) -> None:
    wire, sofia = at_work()
    listed(sofia)
    fetch(sofia, TEXT)
    wire.answer(sofia.get(f"/attachments/{DOCUMENT}"), body, BINARY, status=status, error=error)
    assert codes(wire) == []


def test_the_head_of_a_download_is_no_download() -> None:
    wire, sofia = at_work()
    listed(sofia)
    wire.answer(sofia.ask("HEAD", f"/api/v2/attachments/{DOCUMENT}"), b"", BINARY)
    assert codes(wire) == []


def test_a_coding_of_the_way_is_not_the_file() -> None:
    wire, sofia = at_work()
    listed(sofia)
    fetch(sofia, gzip.compress(TEXT, mtime=0), BINARY, ("Content-Encoding", "gzip"))
    fetch(sofia, TEXT)
    assert codes(wire) == []


def test_a_compressed_file_that_is_called_a_coding_by_mistake_is_still_the_file() -> None:
    packed = gzip.compress(TEXT, mtime=0)
    wire, sofia = at_work()
    listed(sofia, size=len(packed), name="prices.gz", mime="application/gzip")
    fetch(sofia, packed)
    fetch(sofia, packed, BINARY, ("Content-Encoding", "gzip"))
    assert codes(wire) == []


def test_bytes_of_which_only_the_digest_was_kept_are_weighed_and_compared() -> None:
    wire, sofia = at_work()
    listed(sofia)
    fetch(sofia, Body(None, 46, hashlib.sha256(TEXT).hexdigest()))
    assert codes(wire) == []
    fetch(sofia, Body(None, 47, "0" * 64))
    assert codes(wire) == ["GW501", "GW508"]


def test_an_empty_file_is_a_file() -> None:
    wire, sofia = at_work()
    listed(sofia, size=0, name="a.txt")
    fetch(sofia, b"")
    sofia.hear(chat_has(attachment(size=0, name="a.txt"), attachment(OTHER_DOCUMENT, size=0, name="b.txt")))
    fetch(sofia, b"", document=OTHER_DOCUMENT)
    assert codes(wire) == [], "nor are two empty files the same one renamed"
    fetch(sofia, b"x", document=OTHER_DOCUMENT)
    assert codes(wire) == ["GW501", "GW508"]


@pytest.mark.parametrize(
    ("body", "field"),
    [(b'{"statusCode":3,"statusMessage":"no"}', JSON), (b"<html>log in</html>", HTML)],
    ids=["a refusal", "a page of whoever is between"],
)
def test_what_comes_in_place_of_a_file_is_not_the_file(body: bytes, field: tuple[str, str]) -> None:
    wire, sofia = at_work()
    listed(sofia)
    fetch(sofia, TEXT)
    fetch(sofia, body, field)
    assert codes(wire) == []


def test_another_rendition_is_not_the_file() -> None:
    wire, sofia = at_work()
    listed(sofia)
    wire.answer(sofia.get(f"/attachments/{DOCUMENT}?size=thumbnail"), b"small", BINARY)
    assert codes(wire) == []
    wire.answer(sofia.get(f"/attachments/{DOCUMENT}?_=1469111000000"), b"small", BINARY)
    assert codes(wire) == ["GW501"], "this only keeps caches away"


# 508


def test_a_download_is_held_against_the_upload() -> None:
    wire, sofia = at_work()
    call = bring(sofia, "a.txt", b"hello")
    wire.answer(call)
    listed(sofia, name="a.txt", size=5)
    download = fetch(sofia, b"hullo")
    assert [(one.rule, one.exchange) for one in wire.verdicts] == [("GW508", download.number)]
    assert f"#{call.number} brought 5 bytes" in wire.findings[0].text
    fetch(sofia, b"hullo")
    assert codes(wire) == ["GW508"], "told once"


def test_a_download_may_be_over_before_the_upload_is_known_to_be_of_it() -> None:
    wire, sofia = at_work()
    wire.answer(bring(sofia, "a.txt", b"hello"))
    download = fetch(sofia, b"hullo")
    assert codes(wire) == []
    listed(sofia, name="a.txt", size=5)
    assert [(one.rule, one.exchange) for one in wire.verdicts] == [("GW508", download.number)]


def test_two_new_documents_of_one_name_and_size_are_not_mixed_up() -> None:
    """Which is which is told by nothing: the notification names neither call."""
    wire, sofia = at_work()
    first, second = bring(sofia, "image.txt", b"one"), bring(sofia, "image.txt", b"two")
    wire.answer(second)
    wire.answer(first)
    members = {"name": "image.txt", "size": 3}
    sofia.hear(chat_has(attachment(DOCUMENT, **members), attachment(OTHER_DOCUMENT, **members)))
    fetch(sofia, b"two", document=DOCUMENT)
    fetch(sofia, b"one", document=OTHER_DOCUMENT)
    assert codes(wire) == []


def test_a_refused_document_is_not_the_one_that_came() -> None:
    wire, sofia = at_work()
    wire.refuse(bring(sofia, "a.txt", b"hello"))
    call = bring(sofia, "a.txt", b"world")
    wire.answer(call)
    listed(sofia, name="a.txt", size=5)
    fetch(sofia, b"world")
    assert codes(wire) == []
    fetch(sofia, b"hello")
    assert codes(wire) == ["GW508"]
    assert f"#{call.number} brought" in wire.findings[-1].text


# 507


def linked_as(*names: str) -> Wire:
    """Two documents of these names, with the same bytes, are downloaded."""
    wire, sofia = at_work()
    documents = (DOCUMENT, OTHER_DOCUMENT)
    sofia.hear(chat_has(*(attachment(one, name=name) for one, name in zip(documents, names, strict=True))))
    for document in documents:
        fetch(sofia, TEXT, document=document)
        fetch(sofia, TEXT, document=document)
    return wire


def test_a_renamed_file_is_told_once() -> None:
    wire = linked_as("prices.txt", "harmless.txt")
    assert codes(wire) == ["GW507"]
    [finding] = wire.findings
    said = f"'harmless.txt' ({OTHER_DOCUMENT}) has the same bytes as 'prices.txt' ({DOCUMENT})"
    assert (finding.text, finding.about[0]) == (said, OTHER_DOCUMENT)


@pytest.mark.parametrize(
    "names",
    [("prices.txt", "Prices.TXT"), ("caf\u00e9.txt", "cafe\u0301.txt"), ("my%20file.txt", "my file.txt"),
     ("C:\\fakepath\\prices.txt", "prices.txt")],
    ids=["case", "composed", "percent-encoded", "path"],
)  # fmt: skip
def test_one_name_in_several_spellings_is_one_name(names: tuple[str, str]) -> None:
    assert "GW507" not in codes(linked_as(*names))


def test_a_name_that_is_told_after_the_bytes_counts_too() -> None:
    wire, sofia = at_work()
    listed(sofia)
    fetch(sofia, TEXT)
    fetch(sofia, TEXT, document=OTHER_DOCUMENT)
    assert codes(wire) == []
    sofia.hear(sent(OTHER_DOCUMENT, by=CUSTOMER, of=OTHER_CHAT, name="other.txt"))
    assert codes(wire) == ["GW507"]


def test_a_new_document_that_was_sent_before_under_another_name() -> None:
    wire, sofia = at_work()
    listed(sofia)
    fetch(sofia, TEXT)
    wire.answer(bring(sofia, "copy.txt", TEXT), {"statusCode": 0, "documentId": OTHER_DOCUMENT})
    assert codes(wire) == ["GW507"]
