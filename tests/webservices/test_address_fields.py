"""Header fields: the client hears of no other server than the one it asked, the server of no other than itself."""

import pytest

from inspector.webservices.addresses import Addresses, Seen
from tests.traffic.exchanges import request, response

UPSTREAM, PUBLIC = "http://gws:8080", "https://gws.example.com"
OURS, OURS_BY_TLS, LOOPBACK = "http://proxy:8888", "https://proxy:8888", "http://127.0.0.1:8888"
CSP = "Content-Security-Policy"


def field(name, value, seen=OURS):
    told = response(302, headers=[("X-Before", UPSTREAM), (name, value)])
    return Addresses([UPSTREAM, PUBLIC]).outward(told, seen).headers.fields[1:]


def asked(name, value, query=""):
    addresses = Addresses([UPSTREAM, PUBLIC])
    told = addresses.inward(request(query=query, headers=[(name, value)]), OURS)
    return told.headers.get(name), told.query


@pytest.mark.parametrize(
    ("name", "value", "changed"),
    [
        ("Location", "http://gws:8080/api/v2/chats/C", f"{OURS}/api/v2/chats/C"),
        ("location", "HTTPS://gws.example.com/ui?a#b", f"{OURS}/ui?a#b"),
        ("Location", "http://gws.example.com/ui", f"{OURS}/ui"),  # behind a balancer that ends TLS
        ("Location", "https://gws.example.com:443/ui", f"{OURS}/ui"),
        ("Location", "//gws.example.com/ui", f"{OURS}/ui"),
        ("Location", "https://unheard.example/api/v2/me", f"{OURS}/api/v2/me"),
        ("Content-Location", "http://gws:8080/", f"{OURS}/"),
        ("SourceMap", "https://gws.example.com/ui.map", f"{OURS}/ui.map"),
        ("Link", '<http://gws:8080/a>; rel="next", </b>, <http://x/c>', f'<{OURS}/a>; rel="next", </b>, <http://x/c>'),
        ("Link", "<//gws:8080/a,b;c>;rel=preload", f"<{OURS}/a,b;c>;rel=preload"),
        (
            "Link",
            '</a>; anchor="http://gws:8080/x;y,z"; title="<http://gws:8080/>", <http://gws:8080/b>; rel="\\"x"',
            f'</a>; anchor="{OURS}/x;y,z"; title="<http://gws:8080/>", <{OURS}/b>; rel="\\"x"',
        ),
        ("Link", "</a>;anchor=http://gws:8080/x;rel=up", f"</a>;anchor={OURS}/x;rel=up"),
        ("Refresh", "5; url=http://gws:8080/ui", f"5; url={OURS}/ui"),
        ("Refresh", "0;URL='https://gws.example.com/a;b'", f"0;URL='{OURS}/a;b'"),
        ("Refresh", "0, http://gws:8080", f"0, {OURS}"),
        ("Access-Control-Allow-Origin", "http://gws:8080", OURS),
        ("Timing-Allow-Origin", "https://desk.example, https://gws.example.com", f"https://desk.example, {OURS}"),
        (
            "Reporting-Endpoints",
            'main="https://gws.example.com/r", b="https://x/r"',
            f'main="{OURS}/r", b="https://x/r"',
        ),
        ("Report-To", '{"endpoints":[{"url":"http://gws:8080/r"}]}', f'{{"endpoints":[{{"url":"{OURS}/r"}}]}}'),
        (
            CSP,
            "connect-src 'self' https://gws.example.com wss://gws.example.com/x",
            "connect-src 'self' http://proxy:8888 ws://proxy:8888/x",
        ),
        (
            CSP,
            "img-src gws:8080 gws gws.example.com; default-src 'none'",
            "img-src proxy:8888 gws proxy:8888; default-src 'none'",
        ),
        (
            CSP,
            "connect-src *.example.com https://*.example.org",
            "connect-src *.example.com proxy:8888 https://*.example.org",
        ),
        (CSP, "connect-src gws:*,default-src https:", f"connect-src gws:* proxy:8888,default-src https: {OURS}"),
        (
            CSP,
            "upgrade-insecure-requests; script-src 'self'; report-uri http://gws:8080/r",
            f"script-src 'self'; report-uri {OURS}/r",
        ),
        (f"{CSP}-Report-Only", "frame-ancestors http://gws:8080", f"frame-ancestors {OURS}"),
    ],
)
def test_the_server_s_addresses_become_ours(name, value, changed):
    assert field(name, value) == ((name, changed),)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Location", "http://login.example.com/saml?to=http://gws:8080/"),
        ("Location", "/ui;a=b"),
        ("Location", ""),
        ("Location", "http://[gws/"),
        ("Location", "http://gws:8081/"),
        ("Link", "http://gws:8080/a"),
        ("Link", '</a>; title="anchor=http://gws:8080/"'),
        ("Refresh", "5"),
        ("Access-Control-Allow-Origin", "https://desk.example"),
        ("Access-Control-Allow-Origin", "*"),
        (CSP, "connect-src 'self' https://cdn.example *.example.org; sandbox"),
        ("Set-Cookie", "domain=gws; Path=/domain=x; SameSite=Lax"),
        ("X-Anything", "http://gws:8080/api/v2"),
    ],
)
def test_other_fields_and_addresses_elsewhere_stay(name, value):
    assert field(name, value) == ((name, value),)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Strict-Transport-Security", "max-age=31536000; includeSubDomains"),
        ("alt-svc", 'h3=":443"; ma=86400, h2="gws.example.com:443"'),
        ("Public-Key-Pins", 'pin-sha256="x"; max-age=1'),
    ],
)
@pytest.mark.parametrize("ours", [OURS, OURS_BY_TLS])
def test_what_browsers_would_hold_against_our_host_for_months_is_left_out(name, value, ours):
    assert field(name, value, ours) == ()


WHOLE = "J=1; Path=/gws; Secure; HttpOnly; SameSite=None; Partitioned"


@pytest.mark.parametrize(
    ("cookie", "seen", "kept"),
    [
        ("a=b; Domain=gws; Path=/; HttpOnly", Seen(OURS), "a=b; Path=/; HttpOnly"),
        ("a=b;domain = .example.com", Seen(OURS_BY_TLS), "a=b"),
        (WHOLE, Seen(OURS), "J=1; Path=/gws; HttpOnly"),
        (WHOLE, Seen(LOOPBACK), "J=1; Path=/gws; HttpOnly"),
        (WHOLE, Seen(OURS, cross_site=True), "J=1; Path=/gws; HttpOnly"),
        (WHOLE, Seen(LOOPBACK, cross_site=True), WHOLE),
        (WHOLE, Seen("http://[::1]:1", cross_site=True), WHOLE),
        (WHOLE, Seen("http://a.localhost:1", cross_site=True), WHOLE),
        (WHOLE, Seen(OURS_BY_TLS), WHOLE),
        ("J=1;secure;SAMESITE=Strict", Seen(OURS), "J=1;SAMESITE=Strict"),
        ("J=1; SameSite=None", Seen(OURS), "J=1; SameSite=None"),  # the server's own mistake
        ("__Host-J=1; Secure; Path=/", Seen(LOOPBACK), "__Host-J=1; Secure; Path=/"),
    ],
)
def test_a_cookie_is_one_that_the_client_keeps_and_brings_back(cookie, seen, kept):
    assert field("Set-Cookie", cookie, seen) == (("Set-Cookie", kept),)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("Origin", OURS, UPSTREAM),
        ("Referer", f"{OURS}/ui/index.html?a=1", f"{UPSTREAM}/ui/index.html?a=1"),
        ("referer", "HTTP://Proxy:8888/", f"{UPSTREAM}/"),
        ("surl", f"{OURS}/api/v2", f"{PUBLIC}/api/v2"),
        ("Origin", "https://desk.example", "https://desk.example"),
        ("Origin", "http://proxy:88880", "http://proxy:88880"),
        ("Origin", "null", "null"),
        ("X-Note", f"see {OURS}/", f"see {OURS}/"),
    ],
)
def test_the_server_hears_its_own_origin_where_the_client_names_ours(name, value, told):
    """Origin and Referer are compared with Host, which is that of the server that is asked."""
    assert asked(name, value) == (told, "")


@pytest.mark.parametrize(
    ("query", "told"),
    [
        (f"a=1&redirect_uri={OURS}/cb&b=2", f"a=1&redirect_uri={PUBLIC}/cb&b=2"),
        ("service=http%3A%2F%2FPROXY%3a8888%2Fui%3Fa", "service=https%3A%2F%2Fgws.example.com%2Fui%3Fa"),
        ("service=http%3A//proxy:8888", "service=https%3A%2F%2Fgws.example.com"),
        ("service=http%3A%2F%2Fproxy%3A88881%2F", "service=http%3A%2F%2Fproxy%3A88881%2F"),
        (f"text=see+{OURS}/", f"text=see+{OURS}/"),
        (
            "jsonp=f&message=%5B%7B%22uri%22%3A%22http%3A%2F%2Fproxy%3A8888%2Fapi%2Fv2%22%7D%5D",
            "jsonp=f&message=%5B%7B%22uri%22:%22https:%2F%2Fgws.example.com%2Fapi%2Fv2%22%7D%5D",
        ),
        ("%00%ff=a+b&&=&x", "%00%ff=a+b&&=&x"),
    ],
)
def test_addresses_in_the_query_are_the_server_s_for_the_server(query, told):
    assert asked("X-None", "", query) == ("", told)


def test_another_server_behind_the_same_proxy_is_reached_where_clients_find_it():
    other = Addresses(["http://other:8080"])
    other.outward(response(body=b'{"uri":"https://other.example/api/v2"}', content_type="application/json"), OURS)
    here = {"other:8080": "http://proxy:9999", "other.example": "http://proxy:9999"}
    own = Addresses([UPSTREAM])
    told = own.outward(
        response(
            headers=[("Location", "http://other:8080/ui")],
            body=b'{"uri":"https://other.example/api/v2/me","chatUri":"https://gws.example.com/api/v2/me"}',
            content_type="application/json",
        ),
        OURS,
        elsewhere=here,
    )
    assert told.headers.get("location") == "http://proxy:9999/ui"
    assert told.body.json() == {"uri": "http://proxy:9999/api/v2/me", "chatUri": f"{OURS}/api/v2/me"}
    assert list(own.origins) == [UPSTREAM, PUBLIC], "the other's is not ours"
    back = request(body=b'{"targetUri":"http://proxy:9999/api/v2/users/U"}', content_type="application/json")
    assert own.inward(back, OURS, elsewhere={"proxy:9999": other.public}).body.json() == {
        "targetUri": "https://other.example/api/v2/users/U"
    }
