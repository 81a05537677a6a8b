"""mitmproxy's filter expressions on exchanges that were recorded, evaluated by mitmproxy itself."""

import gzip
from dataclasses import replace

import pytest

from inspector.errors import UsageError
from inspector.proxy.filtering import fitting, flow_of
from inspector.traffic.body import Body, Original
from inspector.traffic.exchange import TEXT, Exchange, Frame, Instant, Request, Response
from inspector.traffic.headers import Headers

AT = Instant(1, 1_469_111_000_000_000)
JSON = ("Content-Type", "application/json")
ASKED = Request(
    *("POST", "http", "gws.example:8090", "/api/v2/me/chats/1", "fields=all", "HTTP/1.1"),
    Headers((("X-Who", "sofia"), JSON)),
    Body.of(b'{"operationName":"UploadFile"}'),
)
ZIPPED = Headers((("Content-Type", "text/plain"), ("Content-Encoding", "gzip"), ("X-Of", "server")))
ANSWERED = Response(503, "Busy", ZIPPED, Body.of(gzip.compress(b"not now"), "gzip"))
EXCHANGE = Exchange(7, "c", AT, ASKED, AT, AT, ANSWERED)


def fits(expression: str, exchange: Exchange = EXCHANGE, *frames: Frame) -> bool:
    return fitting(expression)(exchange, frames)


@pytest.mark.parametrize(
    "expression",
    [
        "~u chats/1.fields",
        "chats",
        "~d gws.example",
        "~m POST",
        "~c 503",
        "~c 5xx",
        "~c 5XX & ~m post",
        "!(~c 2xx | ~c 4xx)",
        "~b UploadFile",
        "~bq operationName",
        "~bs 'not now'",
        "~h X-Who.*sofia",
        "~hs 'X-Of: server'",
        "~t text/plain",
        "~tq json",
        "~s",
        "~all",
    ],
)
def test_what_fits(expression: str) -> None:
    assert fits(expression)


@pytest.mark.parametrize(
    "expression", ["~u nonesuch", "~c 500", "~c 4xx", "~q", "~e", "~bq 'not now'", "~hq X-Of", "~m GET", "~u '~c 5xx'"]
)
def test_what_does_not(expression: str) -> None:
    assert not fits(expression)


@pytest.mark.parametrize("expression", ["~u (", "~nonesuch", "~c", "~u '[' ", "~u a)", "(" * 3000])
def test_what_is_no_expression_is_one_line(expression: str) -> None:
    with pytest.raises(UsageError, match="no filter expression") as told:
        fitting(expression)
    assert "\n" not in str(told.value)


def test_an_exchange_without_an_answer() -> None:
    broken = replace(EXCHANGE, response=None, error="connection reset")
    assert fits("~e & ~q & !~s", broken)
    assert not fits("~c 5xx", broken)


def test_bodies_that_are_not_there_fit_as_far_as_they_are() -> None:
    begin = Body(None, 9_000_000, "ab" * 32, start=b"%PDF-1.4")
    only_digest = Body(None, 5, "ab" * 32)
    for body, fitted in ((begin, True), (only_digest, False)):
        assert fits("~bs PDF", replace(EXCHANGE, response=Response(200, "OK", Headers(), body))) is fitted


def test_a_redacted_body_is_read_though_its_header_names_a_coding() -> None:
    body = replace(Body.of(b"plain by now"), original=Original("gzip", 30))
    assert fits("~bs 'plain by now'", replace(EXCHANGE, response=replace(ANSWERED, body=body)))


def test_a_bomb_is_read_within_limits() -> None:
    bomb = gzip.compress(b"\0" * (80 * 1024 * 1024))
    exchange = replace(EXCHANGE, response=replace(ANSWERED, body=Body.of(bomb, "gzip")))
    content = flow_of(exchange).response
    assert content is not None and len(content.raw_content or b"") < 65 * 1024 * 1024


def test_messages_of_a_websocket_fit() -> None:
    opened = replace(EXCHANGE, response=Response(101, "Switching Protocols", Headers()))
    frame = Frame(9, 7, AT, "server", TEXT, Body.of(b"news of the day"))
    assert fits("~websocket & ~b news", opened, frame)
    assert not fits("~b news", opened)


def test_text_that_no_http_has_does_no_harm() -> None:
    odd = replace(
        ASKED, method="P\u20acST", authority="[::1", path="/\u20ac", headers=Headers((("a\u20ac", "\u20ac"),))
    )
    assert fits("~all", replace(EXCHANGE, request=odd))
