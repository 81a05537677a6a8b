"""Secrets in header fields and addresses: each place by itself, told by where it is and not by what it looks like."""

import base64
import re

import pytest

from inspector.traffic.headers import cookies, set_cookies
from inspector.traffic.placeholders import Placeholders
from inspector.traffic.redaction import Places, Redactor
from tests.traffic.exchanges import exchange, request, response

KEY = b"the key of this test"
SECRET = "hunter2"
HIDDEN = Placeholders(KEY).of(SECRET)
OF = Placeholders(KEY).of


def redactor(**places):
    return Redactor(Places(**{name: frozenset(of) for name, of in places.items()}), Placeholders(KEY))


def field(name, value, **places):
    """A request's field once redacted."""
    return redactor(**places).request(request(headers=[(name, value)])).headers.get(name)


def basic(credentials):
    raw = credentials if isinstance(credentials, bytes) else credentials.encode()
    return f"Basic {base64.b64encode(raw).decode()}"


@pytest.mark.parametrize(
    ("value", "redacted"),
    [
        (basic("agent:hunter2"), f"Basic agent:{HIDDEN}"),
        (basic("agent@example.com:hunter2"), f"Basic agent@example.com:{HIDDEN}"),
        (basic("agent:hunter2").replace("Basic", "basic"), f"basic agent:{HIDDEN}"),
        (basic("agent:hun:ter:2"), f"Basic agent:{OF('hun:ter:2')}"),
        (basic("agent:"), "Basic agent:"),
        (basic("hunter2"), f"Basic {OF(basic('hunter2')[6:])}"),
        ("Basic hunter2", f"Basic {HIDDEN}"),
        ("Basic hünter2", f"Basic {OF('hünter2')}"),
        ("Bearer hunter2", f"Bearer {HIDDEN}"),
        ("hunter2", HIDDEN),
        ("", ""),
    ],
)
@pytest.mark.parametrize("name", ["Authorization", "proxy-authorization"])
def test_credentials_keep_their_scheme_and_basic_its_user(name, value, redacted):
    assert field(name, value) == redacted


@pytest.mark.parametrize("user", ["Łukasz", "a\r\nX-Evil: 1", "\x00", b"J\xfcrgen"])
def test_a_user_s_name_cannot_break_out_of_its_field(user):
    """It is stored and served as a header field: bytes as latin-1, no line breaks (RFC 9110 section 5.5)."""
    raw = user if isinstance(user, bytes) else user.encode()
    value = field("Authorization", basic(raw + b":hunter2"))
    assert re.fullmatch(r"Basic [\t\x20-\x7e\x80-\xff]+", value) and SECRET not in value


@pytest.mark.parametrize(
    ("value", "redacted"),
    [
        ("JSESSIONID=hunter2", f"JSESSIONID={HIDDEN}"),
        ("a=hunter2; BAYEUX_BROWSER=x=y;c=", f"a={HIDDEN}; BAYEUX_BROWSER={OF('x=y')}; c="),
        ("hunter2; a=hunter2", f"{HIDDEN}; a={HIDDEN}"),
    ],
)
def test_every_cookie_is_hidden_and_keeps_its_name(value, redacted):
    assert field("cookie", value) == redacted


def test_a_cookie_that_is_set_keeps_its_attributes():
    told = response(headers=[("Set-Cookie", "JSESSIONID=hunter2; Path=/; HttpOnly"), ("set-cookie", "a=hunter2")])
    assert redactor().response(told, request()).headers.fields == (
        ("Set-Cookie", f"JSESSIONID={HIDDEN}; Path=/; HttpOnly"),
        ("set-cookie", f"a={HIDDEN}"),
    )


def test_a_cookie_is_recognised_when_it_comes_back():
    ours = redactor()
    told = ours.response(response(headers=[("Set-Cookie", "JSESSIONID=hunter2; Path=/")]), request())
    back = ours.request(request(headers=[("Cookie", "other=1; JSESSIONID=hunter2")]))
    assert set_cookies(told.headers)["JSESSIONID"] == cookies(back.headers)["JSESSIONID"] == HIDDEN


@pytest.mark.parametrize(
    "name",
    [
        *("X-CSRF-TOKEN", "ssid", "SSID", "surl", "RNURL", "RNSID", "RNUSERNAME"),
        *("X-Auth-Token", "X-Api-Key", "apikey", "X-Password", "Client-Secret"),
    ],
)
def test_header_fields_that_hold_secrets_are_hidden(name):
    assert field(name, SECRET) == HIDDEN


@pytest.mark.parametrize(
    "name", ["ContactCenterId", "User-Agent", "Host", "X-CSRF-HEADER", "Content-Length", "If-None-Match", "Surl-Mode"]
)
def test_other_header_fields_stay(name):
    assert field(name, SECRET) == SECRET


@pytest.mark.parametrize("announced", ["X-CSRF-TOKEN", "X-Our-Own-Name", "xsrf"])
def test_the_csrf_header_is_learned_under_whatever_name_the_server_gives_it(announced):
    ours = redactor()
    before = ours.request(request(headers=[("Unrelated", SECRET)]))
    told = ours.response(response(headers=[("x-csrf-header", announced), (announced, SECRET)]), request())
    after = ours.request(request(headers=[(announced.lower(), SECRET), ("Unrelated", SECRET)]))
    assert [list(one.headers) for one in (before, told, after)] == [
        [("Unrelated", SECRET)],
        [("x-csrf-header", announced), (announced, HIDDEN)],
        [(announced.lower(), HIDDEN), ("Unrelated", SECRET)],
    ]


def test_more_places_are_named_in_any_spelling():
    assert field("X-Customer-Number", SECRET, headers=["x_customer_number"]) == HIDDEN
    assert field("X-Customer-Number", SECRET, members=["x_customer_number"]) == SECRET


@pytest.mark.parametrize(
    ("path", "redacted"),
    [
        ("/api/v2/me;jsessionid=hunter2", f"/api/v2/me;jsessionid={HIDDEN}"),
        ("/a;JSESSIONID=hunter2/b;v=1", f"/a;JSESSIONID={HIDDEN}/b;v=1"),
        ("/a;jsessionid=hunter2;v=1", f"/a;jsessionid={HIDDEN};v=1"),
        ("/api/v2/me/hunter2", "/api/v2/me/hunter2"),
    ],
)
def test_a_session_in_a_path_is_hidden(path, redacted):
    assert redactor().request(request(path=path)).path == redacted


@pytest.mark.parametrize(
    ("query", "redacted"),
    [
        ("", ""),
        ("access_token=hunter2&a=%20+b", f"access_token={HIDDEN}&a=%20+b"),
        ("a&user=agent&Passwor%64=hunter%32&", f"a&user=agent&Passwor%64={HIDDEN}&"),
        ("jsessionid=hunter2", f"jsessionid={HIDDEN}"),
    ],
)
def test_secrets_in_a_query_are_hidden_and_the_rest_stays(query, redacted):
    assert redactor().request(request(path="/a", query=query)).query == redacted


def test_the_message_of_a_callback_polling_request_is_looked_into():
    """Its JSON travels in the query, credentials of the handshake's `ext` included (CometD, authentication)."""
    query = "jsonp=cb&message=%5B%7B%22ext%22%3A%7B%22password%22%3A%22hunter2%22%7D%7D%5D"
    redacted = redactor().request(request(method="GET", query=query)).query
    assert SECRET not in redacted and HIDDEN in redacted


@pytest.mark.parametrize(
    ("value", "redacted"),
    [
        ("/login?user=a&token=hunter2", f"/login?user=a&token={HIDDEN}"),
        ("http://gws/ui?next=%2F", "http://gws/ui?next=%2F"),
        ("http://gws/ui;jsessionid=hunter2?a=b", f"http://gws/ui;jsessionid={HIDDEN}?a=b"),
        ("http://gws/ui;jsessionid=hunter2", f"http://gws/ui;jsessionid={HIDDEN}"),
        ("http://gws/ui#access_token=hunter2&state=b", f"http://gws/ui#access_token={HIDDEN}&state=b"),
        ("http://gws/ui?a=b#access_token=hunter2", f"http://gws/ui?a=b#access_token={HIDDEN}"),
    ],
)
def test_secrets_in_an_address_of_a_response_are_hidden(value, redacted):
    fields = [("Location", value), ("content-location", value)]
    told = redactor().response(response(302, headers=fields), request())
    assert list(told.headers) == [("Location", redacted), ("content-location", redacted)]


def test_secrets_in_the_address_that_a_client_came_from_are_hidden():
    assert field("Referer", "http://gws/a;jsessionid=hunter2?pwd=hunter2#b") == (
        f"http://gws/a;jsessionid={HIDDEN}?pwd={HIDDEN}#b"
    )


def test_an_exchange_without_secrets_stays_equal():
    plain = exchange(
        request(path="/api/v2/me/chats", query="fields=*", body=b'{"a": 1}', content_type="application/json"),
        response(headers=[("Location", "http://gws/ui?a#b")], body=b'{"statusCode": 0}', content_type="text/json"),
    )
    assert redactor().exchange(plain) == plain


def test_an_exchange_without_a_response_keeps_none():
    told = redactor().exchange(exchange(request(headers=[("Authorization", "Bearer hunter2")])))
    assert (told.response, told.request.headers.get("authorization")) == (None, f"Bearer {HIDDEN}")
