"""Multipart bodies: what is split is whole when joined, whatever the files hold; names stay what was sent."""

from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from inspector.traffic.body import Body
from inspector.traffic.multipart import Part, join, split

TYPE = "multipart/form-data; boundary=----X"
END = b"------X--\r\n"


def part(disposition, content=b"abc", *fields):
    lines = [b"------X", b"Content-Disposition: form-data; " + disposition, *fields, b"", content, b""]
    return b"\r\n".join(lines)


def found(content, content_type=TYPE):
    """The parts as (name, file name, type, content), without what follows the last."""
    return [(one.name, one.filename, one.media_type, one.body.content) for one in split(content, content_type)[:-1]]


def names(disposition):
    [(name, filename, _, _)] = found(part(disposition.encode()) + END)
    return name, filename


UPLOAD = part(b'name="attachment"; filename="a.txt"', b"bytes", b"Content-Type: Text/Plain; charset=utf-8") + END


def test_the_documentation_s_upload_is_one_file_and_its_surroundings():
    head, tail = UPLOAD.split(b"bytes")
    file = Part(head, "attachment", "a.txt", "text/plain", Body.of(b"bytes"))
    assert split(UPLOAD, TYPE) == (file, Part(tail, None, None, "", Body.of(b"")))


PART = part(b'name="a"')
FRAGMENTS = [b"\r\n", b"\r", b"\n", b"--", b"------X", b"-----", b"\r\n----", b"X--", b"\r\n\r\n", b": ", b"\x00", b"a"]
PARTS_AND_FRAGMENTS = [*FRAGMENTS, PART, END, b"------X\r\nName: "]
PIECES = st.lists(st.sampled_from(FRAGMENTS) | st.binary(max_size=8), max_size=12).map(b"".join)
CONTENT = PIECES.filter(lambda content: b"\r\n------X" not in b"\r\n" + content)
"""Any bytes but a delimiter (RFC 2046 section 5.1.1)."""


@settings(print_blob=True, deadline=None, max_examples=500)
@given(contents=st.lists(CONTENT, min_size=1, max_size=4), epilogue=st.binary())
@example(contents=[b"", b"", b"\r\n\r\n", b""], epilogue=b"")
@example(contents=[b"\r\n-----", b"------Y\r\n\r\n", b"\r\n"], epilogue=b"\r\n------X\r\n")
def test_files_of_any_content_are_found_and_no_byte_is_lost(contents, epilogue):
    files = [("a", f"{number}", "", content) for number, content in enumerate(contents)]
    body = b"".join(part(b'name="a"; filename="%d"' % number, content) for number, content in enumerate(contents))
    body += END + epilogue
    assert found(body) == files
    assert join(split(body, TYPE)) == body


@settings(print_blob=True, deadline=None, max_examples=500)
@given(body=st.lists(st.sampled_from(PARTS_AND_FRAGMENTS) | st.binary(max_size=8)).map(b"".join))
@example(body=b"")
@example(body=b"\r\na preamble\r\n\r\n" + part(b'name="a"', b"") + END)
def test_any_bytes_are_split_without_loss_or_not_at_all(body):
    parts = split(body, TYPE)
    assert parts == () or join(parts) == body


def test_a_body_cut_anywhere_is_split_without_loss_or_not_at_all():
    whole = UPLOAD.removesuffix(END) + part(b'name="b"; filename="b.txt"', b"") + END
    broken = []
    for cut in range(len(whole)):
        try:
            parts = split(whole[:cut], TYPE)
        except Exception as error:
            broken.append((whole[:cut], error))
        else:
            assert parts == () or join(parts) == whole[:cut]
    assert broken == []


def test_a_body_cut_within_a_later_part_s_headers_keeps_the_files_before():
    cut = UPLOAD.removesuffix(END) + b'------X\r\nContent-Disposition: form-data; name="b'
    assert [content for *_, content in found(cut)][:1] == [b"bytes"]
    assert join(split(cut, TYPE)) == cut


@pytest.mark.parametrize("end", [b"", b"\r\n", b"\r\n------X", b"\r\n------X-"])
def test_without_the_final_boundary_the_last_file_is_still_found(end):
    body = UPLOAD.removesuffix(b"\r\n" + END) + end
    [(name, filename, media_type, content)] = found(body)
    assert (name, filename, media_type, content[:5]) == ("attachment", "a.txt", "text/plain", b"bytes")
    assert join(split(body, TYPE)) == body


def test_the_head_of_an_empty_file_holds_its_own_header_fields():
    body = b"\r\na preamble\r\n\r\n" + part(b'name="a"; filename="empty"', b"") + END
    assert split(body, TYPE)[0].head.endswith(b'filename="empty"\r\n\r\n')


def test_a_part_without_header_fields_has_no_names():
    assert found(b"------X\r\n\r\nabc\r\n" + END) == [(None, None, "", b"abc")]


@pytest.mark.parametrize(
    ("disposition", "expected"),
    [
        ('name="attachment"', ("attachment", None)),
        ('name=a; filename=""', ("a", "")),
        ('NAME="a"; FileName="b"', ("a", "b")),
        ('name="Anhänge"; filename="Rechnung für 5 €.pdf"', ("Anhänge", "Rechnung für 5 €.pdf")),
        ('name="a"; filename="a;b=c.txt"', ("a", "a;b=c.txt")),
        ('name="a"; filename="say \\"hi\\".txt"', ("a", 'say "hi".txt')),
        ('name="a"; filename="50%22.txt"', ("a", "50%22.txt")),
        ('filename="only.txt"', (None, "only.txt")),
    ],
)
def test_names_are_read_as_browsers_write_them(disposition, expected):
    assert names(disposition) == expected


@pytest.mark.parametrize(
    "filename", ["../../etc/passwd", "/etc/passwd", "..\\..\\a.txt", "C:\\files\\a.txt", "a\x00b", "a\tb"]
)
def test_a_file_name_that_is_a_path_stays_what_was_sent(filename):
    """It is data, and evidence: who audits the traffic wants to see it (rule GW506)."""
    assert names(f'name="a"; filename="{filename}"') == ("a", filename)


@pytest.mark.parametrize(
    ("extended", "filename"),
    [
        ("UTF-8''%e2%82%ac%20rates.txt", "€ rates.txt"),
        ("utf-8''na%C3%AFve;", "naïve"),
        ("UTF-8'en'%c2%a3%20rates.txt", "£ rates.txt"),
        ("iso-8859-1'en'%A3%20rates.txt", "£ rates.txt"),
        ("UTF-8''..%2F..%5Ca.txt", "../..\\a.txt"),
    ],
)
@pytest.mark.parametrize("disposition", ["name=a; filename*=%s", 'name=a; filename="plain"; filename*=%s'])
def test_an_extended_file_name_is_decoded_and_wins(disposition, extended, filename):
    """RFC 5987 section 3.2, whose examples these are; RFC 6266 section 4.3 prefers it to the plain one."""
    assert names(disposition % extended) == ("a", filename)


@pytest.mark.parametrize("charset", ["", "nonsense", "rot13", "punycode", "idna", "undefined", "a\x00b"])
def test_an_extended_file_name_in_a_charset_that_is_none_gives_way_to_the_plain_one(charset):
    """Python knows codecs that decode nothing, and says so in many ways; a peer may name any of them."""
    assert names(f"name=a; filename=plain; filename*={charset}''%ff%61") == ("a", "plain")


def test_names_of_parameters_have_no_case():
    assert names("NAME=a; FileName*=UTF-8''%e2%82%ac") == ("a", "€")


def test_a_file_name_that_only_looks_extended_is_plain():
    assert names("name=a; filename=\"filename*=utf-8''other.txt\"") == ("a", "filename*=utf-8''other.txt")


@pytest.mark.parametrize(
    ("content_type", "count"),
    [
        ('Multipart/Form-Data; charset=utf-8; boundary="----X"', 1),
        ("multipart/form-data", 0),
        ("multipart/form-data; boundary=", 0),
        ("multipart/form-data; boundary=" + "X" * 1000, 0),
        ("multipart/mixed; boundary=----X", 0),
        ("application/json", 0),
        ("", 0),
    ],
)
def test_only_a_form_with_its_boundary_is_split(content_type, count):
    assert len(found(UPLOAD, content_type)) == count


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no multipart at all",
        END,
        UPLOAD.replace(b"------X", b"------Y"),
        UPLOAD.replace(b"\r\n", b"\n"),
        UPLOAD.replace(b"Content-Type:", b"Content Type:"),
        part(b'name="a"', b"", *(b"Field-%d: 1" % number for number in range(1000))) + END,
        part(b'name="a"', b"", b"Field: " + b"a" * 100_000) + END,
    ],
)
def test_a_broken_body_has_no_parts(body):
    assert split(body, TYPE) == ()


def test_parts_whose_content_was_not_kept_cannot_be_joined():
    file, tail = split(UPLOAD, TYPE)
    digest_only = replace(file, body=replace(file.body, content=None))
    assert join([digest_only, tail]) is None
