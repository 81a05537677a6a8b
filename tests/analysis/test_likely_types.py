"""What the beginning of a file looks like: as people call it, and never a stranger's guess."""

import gzip
import io
import zipfile

import pytest

from inspector.analysis.files.likely import type_of_bytes

OFFICE = "application/vnd.openxmlformats-officedocument."


def archive(*names: str, mimetype: str = "") -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        if mimetype:
            file.writestr("mimetype", mimetype, zipfile.ZIP_STORED)
        for name in names:
            file.writestr(name, f"content of {name}")
    return made.getvalue()


KNOWN = {
    "docx": (archive("[Content_Types].xml", "_rels/.rels", "word/document.xml"), f"{OFFICE}wordprocessingml.document"),
    "xlsx": (archive("[Content_Types].xml", "xl/workbook.xml"), f"{OFFICE}spreadsheetml.sheet"),
    "pptx": (archive("[Content_Types].xml", "ppt/presentation.xml"), f"{OFFICE}presentationml.presentation"),
    "odt": (
        archive("content.xml", mimetype="application/vnd.oasis.opendocument.text"),
        "application/vnd.oasis.opendocument.text",
    ),
    "epub": (archive("a.html", mimetype="application/epub+zip"), "application/epub+zip"),
    "jar": (archive("META-INF/MANIFEST.MF"), "application/java-archive"),
    "zip": (archive("a.txt", "b.txt"), "application/zip"),
    "pdf": (b"%PDF-1.7\n", "application/pdf"),
    "png": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(20), "image/png"),
    "jpeg": (b"\xff\xd8\xff\xe0\0\x10JFIF\0" + bytes(20), "image/jpeg"),
    "program": (b"MZ\x90\0\x03\0\0\0" + bytes(90), "application/vnd.microsoft.portable-executable"),
    "linux program": (b"\x7fELF\2\1\1" + bytes(60), "application/x-elf"),
    "old office": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "application/x-ole-storage"),
    "gzip": (gzip.compress(b"12345"), "application/gzip"),
    "text": ("Grüße\n".encode(), "text/plain"),
    "script": (b"function a() {}\n", "text/plain"),
    "car": (b"BMW is a car", "text/plain"),
    "begins with MZ": (b"MZ is no program", "text/plain"),
    "page": (b"<!DOCTYPE html><html></html>", "text/html"),
    "json": (b'{"a": 1}', "application/json"),
    "zeros": (bytes(100), ""),
    "nothing": (b"", ""),
    "a letter that is cut": (b"a" * 4095 + "ü".encode(), "text/plain"),
}


@pytest.mark.parametrize("what", KNOWN)
def test_it_is_called_by_its_name(what: str) -> None:
    content, name = KNOWN[what]
    assert type_of_bytes(content) == name


@pytest.mark.parametrize("what", ["docx", "pdf", "png", "program", "text"])
def test_what_has_the_same_signs_is_the_same_whatever_else_it_holds(what: str) -> None:
    content, name = KNOWN[what]
    assert {type_of_bytes(content + b"%d" % number) for number in range(5)} == {name}


def test_an_archive_that_lies_about_its_lengths_is_read_no_further() -> None:
    assert type_of_bytes(b"PK\x03\x04" + b"\xff" * 4092) == "application/zip"
    assert type_of_bytes(archive(mimetype="<script>alert(1)</script>")) == "application/zip"
