"""Pages of other origins: what they ask before they ask, and what they may read of the answers."""

import pytest

from inspector.errors import UsageError
from inspector.replay.answers import cors
from inspector.replay.answers.cors import checked_origin
from inspector.replay.answers.legal import Answer
from tests.traffic.exchanges import request

PAGE = "https://desk.example.com"
RECORDED = (
    (b"Content-Type", b"application/json"),
    (b"X-CSRF-HEADER", b"X-CSRF-TOKEN"),
    (b"X-CSRF-TOKEN", b"1"),
    (b"Set-Cookie", b"JSESSIONID=1"),
    (b"Access-Control-Allow-Origin", b"https://recorded.example"),
    (b"access-control-expose-headers", b"X-Old"),
)
CREDENTIALS = {"access-control-allow-origin": [PAGE], "access-control-allow-credentials": ["true"]}


def fields(answer) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in answer.headers:
        found.setdefault(name.decode().lower(), []).append(value.decode())
    return found


def allowed(answer) -> dict[str, list[str]]:
    return {name: values for name, values in fields(answer).items() if name.startswith("access-control-")}


def asks(origin=PAGE, method="GET", **more):
    named = (("Origin", origin), *((name.replace("_", "-"), value) for name, value in more.items()))
    return request(method, headers=tuple((name, value) for name, value in named if value is not None))


def preflight(origin=PAGE, method="POST", **more):
    return asks(origin, "OPTIONS", Access_Control_Request_Method=method, **more)


def answered(asked, *origins) -> Answer:
    return cors.preflight(asked, origins)


def opened(asked, *origins, headers=RECORDED) -> Answer:
    return cors.opened(Answer(200, "OK", tuple(headers), b"{}"), asked, origins)


@pytest.fixture(autouse=True)
def log(caplog, monkeypatch):
    """As of a process that has just begun."""
    monkeypatch.setattr(cors, "_told", set())
    return caplog


# what a browser asks first


def test_a_preflight_of_an_allowed_page_gets_all_that_it_asks_for():
    names = "content-type, x-csrf-token"
    answer = answered(preflight(Access_Control_Request_Headers=names), PAGE)
    assert (answer.status, answer.body) == (204, b"")
    assert allowed(answer) == CREDENTIALS | {
        "access-control-allow-methods": ["POST"],
        "access-control-allow-headers": [names],
        "access-control-max-age": ["0"],
    }
    assert fields(answer)["vary"] == ["Origin"]
    assert "content-length" not in fields(answer), "RFC 9110 section 8.6: none with 204"


@pytest.mark.parametrize("asked", ["true", None, "false"])
def test_a_preflight_from_a_public_network_is_let_in_when_it_says_so(asked):
    answer = answered(preflight(Access_Control_Request_Private_Network=asked), PAGE)
    expected = ["true"] if asked == "true" else None
    assert fields(answer).get("access-control-allow-private-network") == expected


@pytest.mark.parametrize(
    "origin", ["https://other.example.com", "http://desk.example.com", f"{PAGE}:8443", "null", f"{PAGE}.evil.test"]
)
def test_a_preflight_of_any_other_page_gets_nothing(origin):
    answer = answered(preflight(origin), PAGE)
    assert (answer.status, allowed(answer)) == (204, {})


def test_without_origins_options_are_answered_all_the_same():
    answer = answered(preflight())
    assert (answer.status, list(fields(answer))) == (204, ["allow"])
    assert {"GET", "POST", "PUT", "DELETE"} <= set(fields(answer)["allow"][0].split(", "))


def test_options_that_are_no_preflight_are_answered_as_anything_else():
    answer = answered(asks(method="OPTIONS"), PAGE)
    assert (answer.status, allowed(answer)) == (204, CREDENTIALS | {"access-control-expose-headers": ["Allow"]})


def test_nothing_that_was_asked_gets_out_of_its_line():
    asked = preflight(method="a\r\nX: 1", Access_Control_Request_Headers="x-good, a\r\nX: 1, , x-fine")
    answer = answered(asked, PAGE)
    assert fields(answer)["access-control-allow-headers"] == ["x-good, x-fine"]
    assert not [value for _, value in answer.headers if b"\r" in value or b"\n" in value]
    assert allowed(answered(preflight("http://a\r\nX: 1"), "*")) == {}


# what it may read of the answers


def test_an_allowed_page_may_read_every_field():
    answer = opened(asks(), PAGE)
    assert allowed(answer) == CREDENTIALS | {"access-control-expose-headers": ["X-CSRF-HEADER, X-CSRF-TOKEN"]}
    assert answer.headers[:4] == RECORDED[:4]
    assert (answer.status, answer.reason, answer.body) == (200, "OK", b"{}")


@pytest.mark.parametrize("origin", ["https://other.example.com", "https://recorded.example", None])
def test_any_other_page_may_read_nothing_whatever_was_recorded(origin):
    answer = opened(asks(origin), PAGE)
    assert allowed(answer) == {}
    assert fields(answer)["vary"] == ["Origin"], "or a cache gives it to a page that may read it"


def test_without_origins_the_recorded_fields_stay():
    assert opened(asks()).headers == RECORDED


@pytest.mark.parametrize("origin", [PAGE, "http://localhost:3000", "null"])
def test_any_origin_is_told_its_own_name(origin):
    assert fields(opened(asks(origin), "*"))["access-control-allow-origin"] == [origin]


@pytest.mark.parametrize(
    ("recorded", "sent"),
    [
        (["Accept-Encoding"], ["Accept-Encoding", "Origin"]),
        (["accept-encoding, ORIGIN"], ["accept-encoding, ORIGIN"]),
        (["Accept", "origin"], ["Accept", "origin"]),
        (["*"], ["*"]),
    ],
)
def test_what_an_answer_varies_by_is_said_once(recorded, sent):
    answer = opened(asks(), PAGE, headers=[(b"Vary", value.encode()) for value in recorded])
    assert fields(answer)["vary"] == sent


# who may not is told so, once


def test_the_log_names_a_page_that_may_not_once(log):
    for asked in (preflight("https://a.test"), asks("https://a.test"), asks("https://b.test"), asks(), asks(None)):
        answered(asked, PAGE)
        opened(asked, PAGE)
    assert [record.getMessage() for record in log.records] == [
        f"a page of https://{name}.test may not read our answers: --cors https://{name}.test lets it" for name in "ab"
    ]


def test_without_origins_a_page_that_asks_is_told_of_too(log):
    answered(preflight())
    assert [PAGE in record.getMessage() for record in log.records] == [True]


@pytest.mark.parametrize("origins", [(), (PAGE,)], ids=["none", "one"])
def test_a_page_of_our_own_needs_nothing(origins, log):
    own = "http://gws:8080"
    answers = answered(asks(own, "OPTIONS"), *origins), opened(asks(own, "POST"), *origins, headers=())
    assert [allowed(answer) for answer in answers] == [{}, {}]
    assert log.records == []


def test_the_log_is_not_filled_by_a_page_that_lies(log):
    for number in range(1000):
        opened(asks(f"https://{number}.test\x1b[31m$(x)"), PAGE)
    assert 0 < len(log.records) <= 100
    assert "\x1b" not in log.text and "'https://0.test\\x1b[31m$(x)'" in log.text


# what may be given as one


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://gws.example.com", "https://gws.example.com"),
        ("HTTPS://GWS.Example.com:443", "https://gws.example.com"),
        ("http://localhost:80", "http://localhost"),
        ("http://localhost:443", "http://localhost:443"),
        ("http://[::1]:3000", "http://[::1]:3000"),
        ("chrome-extension://abcdef", "chrome-extension://abcdef"),
        ("null", "null"),
        ("*", "*"),
    ],
)
def test_an_origin_is_taken_as_browsers_write_it(text, origin):
    assert checked_origin(text) == origin


@pytest.mark.parametrize(
    "text",
    ["", "gws", "gws:80", "https://", "https://a/", "https://a/path", "https://a?q", "https://a#f", "https://u@a",
     "https://a b", "https://a\r\nX: 1", "https://a:99999", "https://[::1", "https://ä.example", "https://*.a.test/"],
)  # fmt: skip
def test_what_is_no_origin_is_refused(text):
    with pytest.raises(UsageError, match="no origin"):
        checked_origin(text)
