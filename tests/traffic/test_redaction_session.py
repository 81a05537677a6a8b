"""A whole session through one redactor: nothing that was a secret is left in it, whatever it was written as."""

import base64
import gzip
import json
from dataclasses import fields, is_dataclass
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.traffic.headers import FORM
from inspector.traffic.placeholders import PLACEHOLDER
from inspector.traffic.redaction import Redactor
from tests.traffic.exchanges import exchange, request, response

PASSWORD = 'p&ss=wörd/+"1'
SESSION = "0A1B2C3D4E5F.node-1"
CSRF = "9f3c8b1e-5d52-4f0e-a9b3-0b5c6e0d7a11"
BEARER = "eyJhbGciOiJub25lIn0.e30.c2lnbmF0dXJl"
SALESFORCE = "00D5e000000abcd!AQ4AQ"
SECRETS = (PASSWORD, SESSION, CSRF, BEARER, SALESFORCE)

JSON = "application/json;charset=UTF-8"
BOUNDARY = "multipart/form-data; boundary=X"
BASIC = base64.b64encode(f"agent:{PASSWORD}".encode()).decode()
CREDENTIALS = json.dumps({"user": "agent", "password": PASSWORD, "more": {"tokens": {"accessToken": [BEARER]}}})
UPLOAD = (
    f'--X\r\nContent-Disposition: form-data; name="password"\r\n\r\n{PASSWORD}\r\n'
    '--X\r\nContent-Disposition: form-data; name="attachment"; filename="a.txt"\r\n\r\nbytes\r\n--X--\r\n'
)
COOKIE = ("Cookie", f"JSESSIONID={SESSION}; other=1")


def session():
    """What one agent's client and the server say to each other, with every secret in every place that may hold it."""
    yield exchange(
        request("GET", headers=[("Authorization", f"Basic {BASIC}"), ("ssid", SALESFORCE), ("surl", SALESFORCE)]),
        response(
            headers=[
                ("X-CSRF-HEADER", "X-Our-Check"),
                ("X-Our-Check", CSRF),
                ("Set-Cookie", f"JSESSIONID={SESSION}; Path=/"),
                ("Location", f"/ui?token={quote(BEARER)}&password={quote_plus(PASSWORD)}"),
            ],
            body=json.dumps({"statusCode": 0, "sessionId": SESSION, "csrfToken": CSRF}).encode(),
            content_type=JSON,
        ),
    )
    known = [COOKIE, ("X-Our-Check", CSRF), ("Authorization", f"Bearer {BEARER}"), ("RNSID", SALESFORCE)]
    yield exchange(
        request(headers=known, body=CREDENTIALS.encode(), content_type=JSON),
        response(body=gzip.compress(CREDENTIALS.encode()), content_type=JSON, coding="gzip"),
    )
    yield exchange(
        request(
            path=f"/api/v2/me;jsessionid={SESSION}",
            query=f"access_token={quote(BEARER)}&a=b&pwd={quote_plus(PASSWORD)}",
            headers=[*known, ("Referer", f"http://gws/?ssid={quote_plus(SALESFORCE)}")],
            body=f"user=agent&password={quote_plus(PASSWORD)}&message={quote_plus(CREDENTIALS)}".encode(),
            content_type=FORM,
        ),
        response(401, body=CREDENTIALS.encode()[:-3], content_type=JSON),
    )
    yield exchange(
        request(headers=known, body=UPLOAD.encode(), content_type=BOUNDARY),
        response(body=f"/**/call([{CREDENTIALS}]);".encode(), content_type="text/javascript"),
    )


def leaves(value):
    """Every text and every bytes in a value, as text."""
    if is_dataclass(value):
        for field in fields(value):
            yield from leaves(getattr(value, field.name))
    elif isinstance(value, tuple):
        for one in value:
            yield from leaves(one)
    elif isinstance(value, bytes):
        yield value.decode("utf-8", "replace")
    elif isinstance(value, str):
        yield value


def spellings(secret):
    """The ways in which the session, or anything that handles it, may write a secret."""
    raw = secret.encode()
    inside = [base64.b64encode(before + raw)[4 : len(raw) * 4 // 3 - 4].decode() for before in (b"", b"x", b"xx")]
    escaped = [json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]]
    return {secret, quote(secret, safe=""), quote(secret), quote_plus(secret), raw.decode("latin-1"), *inside, *escaped}


def found(told):
    return {secret for secret in SECRETS for leaf in leaves(told) for text in spellings(secret) if text in leaf}


def test_the_search_for_secrets_finds_every_one_of_them_before_redaction():
    assert {secret for told in session() for secret in found(told)} == set(SECRETS)
    assert [bool(found(told)) for told in session()] == [True] * 4


def test_no_secret_of_a_session_is_left_anywhere():
    ours = Redactor()
    assert [found(ours.exchange(told)) for told in session()] == [set()] * 4


def placeholders(told):
    return {text for leaf in leaves(told) for text in PLACEHOLDER.findall(leaf)}


def test_equal_secrets_are_equal_within_a_session_and_different_in_another():
    one, other = ([ours.exchange(told) for told in session()] for ours in (Redactor(), Redactor()))
    ones, others = ({text for told in all_told for text in placeholders(told)} for all_told in (one, other))
    assert len(ones) == len(others) == len(SECRETS) + len(["the cookie `other`"])
    assert not ones & others


def test_a_redacted_session_stays_as_it_is():
    ours = Redactor()
    once = [ours.exchange(told) for told in session()]
    assert [ours.exchange(told) for told in once] == once
    assert [Redactor().exchange(told) for told in once] == once


def test_user_names_files_and_everything_else_stays():
    ours = Redactor()
    login, asked, _, uploaded = [ours.exchange(told) for told in session()]
    assert login.request.headers.get("authorization").startswith("Basic agent:~secret:")
    assert json.loads(asked.request.body.content)["user"] == "agent"
    assert uploaded.request.parts[1].body.content == b"bytes"
    assert [name for name, _ in login.response.headers] == [
        "Content-Type",
        "X-CSRF-HEADER",
        "X-Our-Check",
        "Set-Cookie",
        "Location",
    ]


NAMES = st.sampled_from(
    ["Authorization", "Cookie", "Set-Cookie", "Location", "Referer", "X-CSRF-HEADER", "X-CSRF-TOKEN", "ssid", "Other"]
)
VALUES = st.text(st.characters(max_codepoint=255)) | st.sampled_from(
    ["Basic", "Basic ", f"Basic {BASIC}", "Basic agent:x", "Bearer x", "a=b;;c", "/;jsessionid=a?token=b#c=d"]
)
JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda values: st.lists(values) | st.dictionaries(st.sampled_from(["password", "a", "message"]), values),
).map(lambda value: json.dumps(value).encode())
BODIES = st.binary() | JSONS | JSONS.map(lambda text: b"message=" + text) | st.just(UPLOAD.encode())


@pytest.mark.parametrize("content_type", [JSON, FORM, BOUNDARY, "text/plain", ""])
@settings(print_blob=True, deadline=None, max_examples=100)
@given(headers=st.lists(st.tuples(NAMES, VALUES), max_size=4), body=BODIES, query=st.text(max_size=10))
def test_whatever_is_redacted_twice_is_as_if_redacted_once(content_type, headers, body, query):
    ours = Redactor()
    told = exchange(
        request(query=query, headers=headers, body=body, content_type=content_type),
        response(headers=headers, body=body, content_type=content_type),
    )
    once = ours.exchange(told)
    assert ours.exchange(once) == once
