"""502: types that are declared of bytes which surely are of another kind."""

import gzip
import io
import zipfile

import pytest

from inspector.analysis.files.detecting import contradicts, kind_of_bytes
from inspector.analysis.finding import shown
from inspector.traffic.body import Body
from tests.analysis.files import BINARY, PDF, PNG, PROGRAM, at_work, bring, codes, fetch, listed
from tests.analysis.shapes import CUSTOMER, DOCUMENT, sent
from tests.analysis.traffic import Wire

OFFICE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
HTML, SVG = b"<!DOCTYPE html><html><body>", b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>'
JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01" + bytes(20)


def packed(*names: str) -> bytes:
    """A zip archive."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(zipfile.ZipInfo(name), name)  # of 1980: the same bytes whenever it is made
    return file.getvalue()


DOCX, ZIP = packed("[Content_Types].xml", "word/document.xml"), packed("a.txt")


def declared(mime: str, content: bytes) -> Wire:
    """The server declares a type of a document; then it is downloaded."""
    wire, sofia = at_work()
    listed(sofia, mime=mime, size=len(content))
    fetch(sofia, content)
    return wire


@pytest.mark.parametrize(
    ("mime", "content"),
    [
        ("image/png", PDF),
        ("image/png", JPEG),
        ("image/png", HTML),
        ("image/jpg", PNG),
        ("application/pdf", PROGRAM),
        ("application/pdf", HTML),
        ("application/msword", PROGRAM),
        (OFFICE, PDF),
        ("application/zip", PNG),
        ("text/plain; charset=utf-8", PROGRAM),
        ("TEXT/CSV", ZIP),
        ("application/json", PNG),
        ("image/svg+xml", PNG),
    ],
)
def test_bytes_that_cannot_be_of_the_type(mime: str, content: bytes) -> None:
    wire = declared(mime, content)
    assert [(one.rule, one.severity, one.pointer) for one in wire.verdicts] == [("GW502", "warning", "")]
    assert f"is declared as {shown(mime)}, but begins as a {kind_of_bytes(content)}" in wire.findings[0].text


@pytest.mark.parametrize(
    ("mime", "content"),
    [
        ("application/octet-stream", PROGRAM),
        ("", PROGRAM),
        ("application/x-unheard-of", PNG),
        ("not a type", PNG),
        ("image/png", PNG),
        ("image/jpg", JPEG),
        ("image/pjpeg", JPEG),
        ("application/x-zip-compressed", ZIP),
        (OFFICE, DOCX),
        (OFFICE, ZIP),
        ("application/zip", DOCX),
        ("application/vnd.oasis.opendocument.text", ZIP),
        ("application/vnd.oasis.opendocument.text-flat-xml", SVG),
        (OFFICE, OLE),
        ("application/vnd.ms-excel", OLE),
        ("application/vnd.ms-excel", HTML),
        ("application/vnd.ms-excel", DOCX),
        ("application/vnd.ms-excel", b"a;b\n1;2\n"),
        ("application/msword", b"{\\rtf1\\ansi"),
        ("application/x-msdownload", PROGRAM),
        ("text/plain", b"\xef\xbb\xbfwith a mark of its order"),
        ("text/plain", "in UTF-16".encode("utf-16")),
        ("text/plain", HTML),
        ("text/html", b"plain"),
        ("text/html", SVG),
        ("text/plain", b"MZ and BM are how programs and images begin, and this text"),
        ("text/csv", b'{"a": 1}'),
        ("image/svg+xml", SVG),
        ("image/svg+xml", gzip.compress(SVG, mtime=0)),
        ("application/json", b"[1]"),
        ("image/png", b"nobody knows what"),
        ("image/png", b""),
        ("image/png", b"%PD"),
        ("application/pdf", b"\r\n%PDF-1.4 after an empty line"),
    ],
)
def test_bytes_that_may_be_of_the_type(mime: str, content: bytes) -> None:
    assert codes(declared(mime, content)) == []


def test_a_compressed_download_is_read() -> None:
    wire, sofia = at_work()
    listed(sofia, mime="image/png", size=len(PROGRAM))
    fetch(sofia, gzip.compress(PROGRAM, mtime=0), BINARY, ("Content-Encoding", "gzip"))
    assert codes(wire) == ["GW502"]


def test_of_bytes_that_were_not_kept_nothing_is_said() -> None:
    wire, sofia = at_work()
    listed(sofia, mime="image/png", size=len(PDF))
    fetch(sofia, Body(None, len(PDF), Body.of(PDF).sha256))
    assert codes(wire) == []


def test_a_new_document_is_judged_as_it_comes() -> None:
    wire, sofia = at_work()
    call = bring(sofia, "photo.png", PROGRAM, "image/png")
    assert [(one.rule, one.exchange) for one in wire.verdicts] == [("GW502", call.number)]
    wire.answer(call)
    listed(sofia, name="photo.png", mime="image/png", size=len(PROGRAM))
    fetch(sofia, PROGRAM, ("Content-Type", "image/png"))
    assert codes(wire) == ["GW502"], "once"


def test_where_nobody_else_declares_a_type_the_download_does() -> None:
    wire, sofia = at_work()
    sofia.hear(sent(by=CUSTOMER, size=len(PDF)))
    fetch(sofia, PDF, ("Content-Type", "image/png"))
    assert codes(wire) == ["GW502"]


def test_the_servers_word_counts_more_than_a_downloads_header() -> None:
    wire, sofia = at_work()
    listed(sofia, mime="application/pdf", size=len(PDF))
    fetch(sofia, PDF, ("Content-Type", "text/plain"))
    assert codes(wire) == []


def test_a_type_that_is_told_after_the_bytes_counts_too() -> None:
    wire, sofia = at_work()
    download = fetch(sofia, PDF)
    listed(sofia, mime="image/png", size=len(PDF))
    assert [(one.rule, one.exchange) for one in wire.verdicts] == [("GW502", download.number)]
    assert wire.findings[0].about[0] == DOCUMENT


def test_sounds_and_films_are_left_alone() -> None:
    """One container holds many types, and their names are as many."""
    for content in (b"RIFF\x24\0\0\0WAVEfmt " + bytes(30), b"\0\0\0\x18ftypmp42\0\0\0\0", b"ID3\x03\0\0\0\0\0\0"):
        assert not contradicts("image/png", kind_of_bytes(content))
