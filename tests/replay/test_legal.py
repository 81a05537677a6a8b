"""Recorded responses made legal: what a client reads is one answer and nothing behind it, whatever was recorded."""

import gzip
import zlib

import brotli
import h11
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.errors import BodyError, RecordingError
from inspector.replay.answers.legal import HEADERS_LIMIT, Answer, answer, fits, misfit
from inspector.traffic.body import DECODE_LIMIT, EMPTY, Body, Original
from inspector.traffic.exchange import Response
from inspector.traffic.headers import Headers

TEXT = b'{"statusCode": 0}' * 20
GZIP = gzip.compress(TEXT, mtime=0)


def response(*fields, status=200, reason="OK", body=TEXT):
    return Response(status, reason, Headers(fields), body if isinstance(body, Body) else Body.of(body))


def names(made):
    return [name.lower() for name, _ in made.headers]


def value(made, name):
    found = [value for own, value in made.headers if own.lower() == name]
    assert len(found) <= 1
    return found[0] if found else None


def written(made):
    """The answer as a front that trusts it blindly writes it to an HTTP/1.1 connection."""
    lines = [b"HTTP/1.1 %d %s" % (made.status, made.reason.encode("latin-1"))]
    lines += [b"%s: %s" % field for field in made.headers]
    return b"\r\n".join((*lines, b"", made.body))


def read(raw, method="GET"):
    """What a strict client reads; it must be one whole answer, after which the connection can be used again."""
    client = h11.Connection(h11.CLIENT, max_incomplete_event_size=2 * HEADERS_LIMIT)
    client.send(h11.Request(method=method, target="/", headers=[("Host", "gws")]))
    client.send(h11.EndOfMessage())
    client.receive_data(raw)
    head, body = client.next_event(), b""
    assert isinstance(head, h11.Response)
    while isinstance(event := client.next_event(), h11.Data):
        body += event.data
    assert isinstance(event, h11.EndOfMessage) and not event.headers
    assert (client.states, client.trailing_data) == (
        {h11.CLIENT: h11.DONE, h11.SERVER: h11.DONE},
        (b"", False),
    )
    return head, body


def test_an_honest_answer_stays_as_it_was_recorded():
    fields = (
        ("content-type", "application/json"),
        ("Set-Cookie", "a=1"),
        ("SET-COOKIE", "b=2; Path=/"),
        ("X-Empty", ""),
    )
    made = answer(response(*fields, ("Content-Length", str(len(TEXT))), ("Date", "Mon, 01 Jan 2024 00:00:00 GMT")))
    assert made == Answer(
        200,
        "OK",
        (
            (b"content-type", b"application/json"),
            (b"Set-Cookie", b"a=1"),
            (b"SET-COOKIE", b"b=2; Path=/"),
            (b"X-Empty", b""),
            (b"Content-Length", b"%d" % len(TEXT)),
            (b"Date", b"Mon, 01 Jan 2024 00:00:00 GMT"),
        ),
        TEXT,
    )


@pytest.mark.parametrize(
    "name",
    [
        *("Connection", "Keep-Alive", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "transfer-encoding"),
        *("Proxy-Connection", "Proxy-Authenticate", "Proxy-Authentication-Info", "Proxy-Whatever"),
    ],
)
def test_what_belongs_to_one_connection_goes(name):
    assert names(answer(response((name, "chunked"), ("X-Kept", "1")))) == [b"x-kept", b"content-length"]


def test_fields_that_connection_names_go_but_not_the_one_that_makes_the_body_readable():
    named = ("Connection", "close, X-Hop,Content-Encoding ,, Content-Length"), ("connection", "x-other")
    fields = ("X-Hop", "1"), ("x-Other", "2"), ("X-End", "3"), ("Content-Encoding", "gzip"), ("Content-Length", "7")
    made = answer(response(*named, *fields, body=GZIP))
    assert made.headers == (
        (b"X-End", b"3"),
        (b"Content-Encoding", b"gzip"),
        (b"Content-Length", b"%d" % len(GZIP)),
    )


@pytest.mark.parametrize(
    "name", ["Strict-Transport-Security", "alt-svc", "Public-Key-Pins", "NEL", "Report-To", "Reporting-Endpoints"]
)
def test_a_browser_is_not_made_to_remember_the_test_machine(name):
    assert names(answer(response((name, "max-age=31536000")))) == [b"content-length"]


@pytest.mark.parametrize(
    "lengths", [(), ("0",), ("99999",), ("5", "6"), ("5", "5"), ("5, 5",), ("-1",), ("0x10",), ("",), ("\u0665",)]
)
def test_content_length_is_that_of_the_body(lengths):
    made = answer(response(*(("Content-Length", length) for length in lengths)))
    assert value(made, b"content-length") == b"%d" % len(TEXT)
    assert read(written(made))[1] == TEXT


@pytest.mark.parametrize("status", [204, 304])
@pytest.mark.parametrize("head", [False, True])
def test_where_no_body_may_be_there_is_none_and_no_length(status, head):
    made = answer(response(("Content-Length", "9"), ("ETag", '"1"'), status=status), head=head)
    assert (made.headers, made.body) == (((b"ETag", b'"1"'),), b"")


def test_a_reset_has_an_empty_body():
    made = answer(response(("Content-Length", "9"), status=205))
    assert (made.headers, made.body) == (((b"Content-Length", b"0"),), b"")


def test_head_is_told_the_length_of_the_recorded_get():
    made = answer(response(("Content-Type", "text/plain")), head=True)
    assert (value(made, b"content-length"), made.body) == (b"%d" % len(TEXT), b"")


def test_head_is_told_the_length_that_a_recorded_head_was_told():
    assert value(answer(response(("Content-Length", "1234"), body=b""), head=True), b"content-length") == b"1234"


@pytest.mark.parametrize("declared", ["", "12, 12", "-3", "1e3", "9" * 400])
def test_head_is_told_no_length_that_nobody_knows(declared):
    assert value(answer(response(("Content-Length", declared), body=b""), head=True), b"content-length") is None


def test_head_is_told_the_length_of_what_a_get_would_get():
    coded = response(("Content-Encoding", "gzip"), ("Content-Length", "5"), body=GZIP)
    assert value(answer(coded, head=True, accept_encoding="identity"), b"content-length") == b"%d" % len(TEXT)
    empty = response(("Content-Encoding", "gzip"), ("Content-Length", "55"), body=b"")
    assert answer(empty, head=True, accept_encoding="identity").headers == ()


def test_nobody_can_write_a_second_answer_into_a_field():
    hostile = "a\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n\x00"
    made = answer(response(("X-Split", hostile), ("X-Fold", "a\r\n\tb"), reason=f"OK{hostile}"))
    head, body = read(written(made))
    assert body == TEXT
    assert dict(head.headers)[b"x-split"] == b"a  Content-Length: 0    HTTP/1.1 200 OK"
    assert dict(head.headers)[b"x-fold"] == b"a  \tb"


@pytest.mark.parametrize(
    "name", ["", "X Y", "X:Y", "X\r\nY", "X\0", "Ünï", "\u20ac", ":status", "X\t", "\udc80", "X,Y"]
)
def test_a_field_without_a_legal_name_goes(name):
    assert names(answer(response((name, "1"), ("X-Kept", "2")))) == [b"x-kept", b"content-length"]


def test_values_keep_every_byte_that_is_legal():
    legal = "\t".join(map(chr, (*range(0x20, 0x7F), *range(0x80, 0x100)))).strip()
    made = answer(response(("X", f" {legal}\t"), ("Y", "\u20ac\udc80"), ("Z", "\x01\x0b\x7f-")))
    assert made.headers[:3] == ((b"X", legal.encode("latin-1")), (b"Y", b"??"), (b"Z", b"-"))


def test_a_missing_reason_is_the_usual_one():
    assert [answer(response(status=status, reason="")).reason for status in (200, 404, 599)] == ["OK", "Not Found", ""]


@pytest.mark.parametrize(
    "fields", [[("X", "a" * 10_000_000)], [("X" * 10_000_000, "a")], [("Connection", "x,")] * 1_000_000]
)
def test_headers_that_no_client_would_read_are_refused(fields):
    with pytest.raises(RecordingError, match=r"the recorded headers have 1[0-9]{7} bytes"):
        answer(response(*fields))


def test_large_headers_that_a_client_may_read_are_served():
    value = "a" * (HEADERS_LIMIT - len("X") - 4)
    assert answer(response(("X", value))).headers[0] == (b"X", value.encode())


@pytest.mark.parametrize("status", [-200, 0, 99, 100, 101, 199, 600, 2000, 1 << 70])
def test_a_status_that_ends_no_request_is_refused(status):
    with pytest.raises(RecordingError, match=f"the recorded status {status} "):
        answer(response(status=status))


@pytest.mark.parametrize(
    ("accepted", "coding", "decoded"),
    [
        (None, "gzip", False),
        ("gzip, deflate, br", "gzip", False),
        ("GZIP", "gzip", False),
        ("gzip", "X-GZip", False),
        ("x-gzip", "gzip", False),
        ("*", "gzip", False),
        ("br;q=0.5, *;q=0.1", "gzip", False),
        ("gzip; q=0.001", "gzip", False),
        ("", "gzip", True),
        ("br", "gzip", True),
        ("identity", "gzip", True),
        ("gzip;q=0", "gzip", True),
        ("gzip ; Q=0.000 , *", "gzip", True),
        ("*;q=0, identity", "gzip", True),
        ("br, *;q=0, identity;q=0.5", "gzip", True),
        ("gzip;q=nonsense", "gzip", True),
        ("gzip;q=", "gzip", True),
        ("identity;q=0", "gzip", False),  # nothing that we have is accepted: then as the server sent it
        ("*;q=0", "gzip", False),
        ("br, identity;q=0", "gzip", False),
        ("gzip", "gzip, gzip", False),
        ("gzip", "gzip, br", True),
    ],
)
def test_a_coding_is_undone_when_the_client_does_not_accept_it(accepted, coding, decoded):
    body = {"gzip, gzip": gzip.compress(GZIP), "gzip, br": brotli.compress(GZIP)}.get(coding, GZIP)
    made = answer(response(("Content-Encoding", coding), body=body), accept_encoding=accepted)
    assert made.body == (TEXT if decoded else body)
    assert value(made, b"content-encoding") == (None if decoded else coding.encode())
    assert value(made, b"content-length") == b"%d" % len(made.body)


@pytest.mark.parametrize(
    ("coding", "coder"),
    [("deflate", zlib.compress), ("br", brotli.compress), ("zstd", zstandard.compress), ("x-gzip", gzip.compress)],
)
def test_every_coding_that_we_know_can_be_undone(coding, coder):
    made = answer(response(("Content-Encoding", coding), body=coder(TEXT)), accept_encoding="identity")
    assert (made.body, names(made)) == (TEXT, [b"content-length"])


def test_a_coding_upon_a_coding_can_be_undone():
    body = gzip.compress(zlib.compress(brotli.compress(GZIP)))
    made = answer(response(("Content-Encoding", "gzip, br, deflate, gzip"), body=body), accept_encoding="")
    assert made.body == TEXT


def test_codings_in_several_fields_are_one_list():
    fields = ("Content-Encoding", "gzip"), ("content-encoding", "identity, br")
    made = answer(response(*fields, body=brotli.compress(GZIP)), accept_encoding="")
    assert (made.body, names(made)) == (TEXT, [b"content-length"])


def test_an_uncoded_body_is_served_even_to_who_refuses_it():
    assert answer(response(), accept_encoding="gzip, identity;q=0").body == TEXT


@pytest.mark.parametrize(
    ("coding", "body", "why"),
    [
        ("gzip", b"no gzip at all", "broken gzip coding"),
        ("gzip", GZIP[:-9], "broken gzip coding"),
        ("aws-chunked", TEXT, "unknown content coding 'aws-chunked'"),
        (", ".join(["gzip"] * 5000), GZIP, "5000 content codings"),
    ],
    ids=["no gzip", "cut", "unknown", "too many"],
)
def test_a_body_that_has_to_be_decoded_and_cannot_be_is_a_clear_error(coding, body, why):
    recorded = response(("Content-Encoding", coding), body=body)
    with pytest.raises(BodyError, match=why):
        answer(recorded, accept_encoding="identity")
    with pytest.raises(BodyError, match=why):
        answer(recorded, accept_encoding="identity", head=True)
    assert answer(recorded).body == body


def test_a_small_body_that_decodes_to_gigabytes_is_a_clear_error():
    bomb = response(("Content-Encoding", "gzip"), body=gzip.compress(bytes(DECODE_LIMIT + 1), 1))
    with pytest.raises(BodyError, match=f"larger than {DECODE_LIMIT} bytes once decoded"):
        answer(bomb, accept_encoding="identity")


def test_a_part_of_a_coded_body_stays_coded():
    made = answer(response(("Content-Encoding", "gzip"), status=206, body=GZIP[3:9]), accept_encoding="")
    assert (made.body, value(made, b"content-encoding")) == (GZIP[3:9], b"gzip")


def test_a_redacted_body_is_no_longer_coded_and_no_digest_of_it_is_true():
    body = Body(TEXT, len(TEXT), "", "", Original("gzip", 99))
    fields = ("Content-Encoding", "gzip"), ("Content-MD5", "x"), ("Digest", "x"), ("Repr-Digest", "x"), ("ETag", '"1"')
    made = answer(response(*fields, ("Content-Length", "99"), body=body), accept_encoding="br")
    assert made.headers == ((b"ETag", b'"1"'), (b"Content-Length", b"%d" % len(TEXT)))
    assert made.body == TEXT


def test_a_body_of_which_only_the_digest_was_kept_cannot_be_served():
    recorded = response(body=Body(None, 7, "00"))
    with pytest.raises(BodyError, match="only the digest of this body was kept"):
        answer(recorded)
    assert value(answer(recorded, head=True), b"content-length") == b"7"
    assert answer(response(body=Body(None, -7, "00")), head=True).headers == ()


def test_head_is_told_of_it_what_is_known():
    coded = response(("Content-Encoding", "gzip"), ("ETag", '"1"'), body=Body(None, 7, "00"))
    assert answer(coded, head=True, accept_encoding="gzip").headers[2:] == ((b"Content-Length", b"7"),)
    assert answer(coded, head=True, accept_encoding="br").headers == ((b"ETag", b'"1"'),)


@pytest.mark.parametrize(
    ("status", "header", "fitting"),
    [
        (200, "", True),
        (404, "", True),
        (299, "", True),
        (304, "", False),
        (304, "If-None-Match", True),
        (304, "if-modified-since", True),
        (304, "Range", False),
        (206, "", False),
        (206, "Range", True),
        (206, "If-Range", False),
        (416, "", False),
        (416, "Range", True),
        (412, "", False),
        (412, "If-Match", True),
        (412, "If-Unmodified-Since", True),
        (412, "If-None-Match", True),
        (412, "If-Modified-Since", False),
        (417, "", False),
        (417, "Expect", True),
    ],
)
def test_an_answer_to_a_condition_needs_the_condition(status, header, fitting):
    request = Headers(((header, "x"),) if header else ())
    assert fits(status, request) is fitting
    assert bool(misfit(status, request)) is not fitting


def test_what_is_missing_is_named():
    assert misfit(304, Headers()) == "304 answers only a request with If-None-Match or If-Modified-Since"


FIELD_NAMES = st.sampled_from(
    [
        *("Content-Length", "content-length", "Content-Encoding", "Transfer-Encoding", "Connection", "Trailer"),
        *("Content-Type", "Set-Cookie", "Upgrade", "Keep-Alive", "Proxy-Authenticate", "Location", "X-A", "ETag"),
    ]
)
FIELD_VALUES = st.sampled_from(
    ["gzip", "br, gzip", "chunked", "close, x-a", "0", "17", "99999999999999999999", "1, 2", "\r\n\r\n", "a\r\nX-A: b"]
)
FIELDS = st.lists(st.tuples(FIELD_NAMES | st.text(max_size=8), FIELD_VALUES | st.text(max_size=30)), max_size=12)
CONTENTS = st.binary(max_size=100) | st.binary(max_size=100).map(gzip.compress)
BODIES = st.builds(
    Body,
    CONTENTS | st.none(),
    st.integers(-3, 300),
    st.just(""),
    st.sampled_from(["", "gzip", "br"]),
    st.none() | st.builds(Original, st.sampled_from(["", "gzip"]), st.integers(0, 300)),
) | st.just(EMPTY)
STATUSES = st.sampled_from([200, 204, 205, 206, 304, 404, 500, 599]) | st.integers(-1, 700)
RESPONSES = st.builds(Response, STATUSES, st.text(max_size=20), FIELDS.map(lambda found: Headers(tuple(found))), BODIES)
ACCEPTED = st.none() | st.sampled_from(["", "gzip", "identity;q=0", "*;q=0", "br;q=0, *"]) | st.text(max_size=20)


@settings(print_blob=True, deadline=None, max_examples=300)
@given(recorded=RESPONSES, head=st.booleans(), accepted=ACCEPTED)
def test_whatever_was_recorded_a_client_reads_one_answer_or_there_is_a_clear_error(recorded, head, accepted):
    try:
        made = answer(recorded, head=head, accept_encoding=accepted)
    except (RecordingError, BodyError):
        return
    told, body = read(written(made), "HEAD" if head else "GET")
    assert (told.status_code, bytes(told.reason), body) == (made.status, made.reason.encode("latin-1"), made.body)
    assert list(told.headers) == [(name.lower(), value) for name, value in made.headers]
    assert bytes(sent(made, head)).endswith(b"\r\n\r\n" + made.body)


def sent(made, head):
    """The answer by way of a strict server."""
    server = h11.Connection(h11.SERVER)
    server.receive_data(b"%s / HTTP/1.1\r\nHost: gws\r\n\r\n" % (b"HEAD" if head else b"GET"))
    assert isinstance(server.next_event(), h11.Request)
    assert isinstance(server.next_event(), h11.EndOfMessage)
    raw = server.send(h11.Response(status_code=made.status, headers=made.headers, reason=made.reason.encode("latin-1")))
    raw += server.send(h11.Data(data=made.body)) if made.body else b""
    return raw + server.send(h11.EndOfMessage())
