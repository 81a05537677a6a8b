"""Secrets in texts of every kind: pages, XML, events, forms of OAuth and SAML, addresses within, text that is wide."""

import json
from urllib.parse import unquote

import pytest

from inspector.traffic.headers import FORM
from inspector.traffic.placeholders import Placeholders
from inspector.traffic.redaction import Redactor
from tests.traffic.exchanges import request, response

KEY = b"the key of this test"
OF = Placeholders(KEY).of
HIDDEN = OF("hunter2")
JSON, HTML, XML, EVENTS = "application/json", "text/html", "application/xml", "text/event-stream"


def redacted(text, media_type=""):
    return Redactor(placeholders=Placeholders(KEY)).text(text.encode(), media_type).decode()


def assert_hidden(text, media_type):
    assert redacted(text, media_type) == text.replace("hunter2", HIDDEN)


@pytest.mark.parametrize(
    "text",
    [
        '<input type="hidden" name="_csrf" value="hunter2">',
        '<input value="hunter2" type="hidden" name="SAMLResponse"/>',
        '<input name="p" type="password" value="hunter2">',
        '<meta name="csrf-token" content="hunter2"/>',
        '<div data-access-token="hunter2">text</div>',
        '<a href="/ui;jsessionid=hunter2?a=b">x</a>',
        '<a href="/ui?a=b&amp;token=hunter2&amp;c=d">x</a>',
        '<script>var apiKey = "hunter2", x = {"password":"hunter2"};</script>',
        "<p>http://agent:hunter2@gws/</p>",
    ],
)
def test_pages(text):
    assert_hidden(f"<!doctype html><html>{text}</html>", HTML)
    assert_hidden(f"<html>{text}</html>", "")


@pytest.mark.parametrize(
    "text",
    [
        "<login><password>hunter2</password><user>agent</user></login>",
        '<s:Envelope><wsse:Password Type="text">hunter2</wsse:Password></s:Envelope>',
        '<saml:Assertion ID="a">hunter2</saml:Assertion>',
        "<x><ds:SignatureValue>hunter2</ds:SignatureValue></x>",
    ],
)
def test_xml(text):
    assert_hidden(text, XML)
    assert_hidden(text, "text/xml")


def test_an_assertion_is_hidden_whole():
    inside = "<Subject>somebody</Subject><Attribute>hunter2</Attribute>"
    text = redacted(f"<r><saml2:Assertion ID='a'>{inside}</saml2:Assertion></r>", XML)
    assert text == f"<r><saml2:Assertion ID='a'>{OF(inside)}</saml2:Assertion></r>"


@pytest.mark.parametrize(
    "text", ["<p>my password is hunter2</p>", '<input name="user" value="hunter2">', '<input type="password">']
)
def test_pages_without_secrets_stay(text):
    assert redacted(text, HTML) == text


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_server_sent_events(end):
    lines = (
        ": a comment",
        "event: x",
        'data: {"password": "hunter2"}',
        "",
        "id: 1",
        'data: {"text":"hunter2"}',
        "",
        "",
    )
    text = end.join(lines)
    assert redacted(text, EVENTS) == text.replace('"password": "hunter2"', f'"password": "{HIDDEN}"')


def test_the_data_of_an_event_in_several_lines():
    text = 'data: {"password":\ndata: "hunter2"}\n\n'
    assert_hidden(text, EVENTS)


@pytest.mark.parametrize(
    "text",
    [
        "grant_type=authorization_code&code=hunter2&redirect_uri=a",
        "code=hunter2&state=hunter2",
        "response_type=code&client_id=a&state=hunter2",
        "grant_type=password&username=agent&password=hunter2&client_secret=hunter2",
        "SAMLResponse=hunter2&RelayState=hunter2",
        "client_assertion=hunter2&id_token=hunter2&refresh_token=hunter2&assertion=hunter2&code_verifier=hunter2",
        "X-Amz-Signature=hunter2&X-Amz-Credential=hunter2&X-Amz-Security-Token=hunter2&sig=hunter2",
    ],
)
def test_fields_of_oauth_saml_and_signed_addresses(text):
    assert_hidden(text, FORM)
    sent = request(query=text)
    assert Redactor(placeholders=Placeholders(KEY)).request(sent).query == text.replace("hunter2", HIDDEN)


@pytest.mark.parametrize("text", ["code=hunter2&a=b", "state=hunter2", "signature=", "codes=hunter2&client_id=a"])
def test_fields_that_only_sound_like_it_stay(text):
    assert redacted(text, FORM) == text


@pytest.mark.parametrize(
    "value",
    [
        "http://agent:hunter2@gws:8080/api",
        "https://gws/x?a=b&access_token=hunter2#c",
        "/x?SAMLRequest=hunter2",
        "see http://gws/x?token=hunter2 there",
        "/login?code=hunter2&state=hunter2",
        "/ui;jsessionid=hunter2",
        "https://idp/?next=http%3A%2F%2Fgws%2F%3Faccess_token%3Dhunter2%26a%3Db",
        '{"password":"hunter2"}',
        '[{"a":"{\\"token\\":\\"hunter2\\"}"}]',
    ],
)
def test_members_that_are_addresses_or_json_themselves(value):
    text = json.dumps({"uri": value, "n": 1})
    for spelt in (text, text.replace("/", "\\/")):
        assert unquote(json.loads(redacted(spelt, JSON))["uri"]) == unquote(value).replace("hunter2", HIDDEN)


@pytest.mark.parametrize("coding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"])
def test_wide_text(coding):
    text = '{"user": "agent", "password": "hunter2"}'
    told = Redactor(placeholders=Placeholders(KEY)).text(text.encode(coding), JSON)
    assert told.decode(coding) == text.replace("hunter2", HIDDEN)


def test_stomp_and_dumped_headers():
    assert_hidden("CONNECT\nlogin:agent\npasscode:hunter2\n\n\0", "")
    assert_hidden("POST / HTTP/1.1\r\nAuthorization: hunter2\r\nX-A: b\r\n", "text/plain")
    assert_hidden("access_token=hunter2&a=b", "text/plain")


@pytest.mark.parametrize(
    ("name", "value", "new"),
    [
        ("Set-Cookie2", "a=hunter2; Version=1", f"a={HIDDEN}; Version=1"),
        ("Cookie2", "a=hunter2", f"a={HIDDEN}"),
        ("Set-Cookie", "a=hunter2; Expires=Wed, 21 Oct 2026 07:28:00 GMT; Path=/, b=hunter2; HttpOnly", None),
        ("Sec-WebSocket-Protocol", "chat, superchat", "chat, superchat"),
        ("WWW-Authenticate", "Negotiate hunter2", f"Negotiate {HIDDEN}"),
        ("WWW-Authenticate", 'Basic realm="gws"', 'Basic realm="gws"'),
        ("SUSERNAME", "hunter2", HIDDEN),
        ("Authentication-Info", "hunter2", HIDDEN),
        ("X-Amz-Security-Token", "hunter2", HIDDEN),
        ("X-Original-URL", "/a?token=hunter2&b=c", f"/a?token={HIDDEN}&b=c"),
        ("Refresh", "0; url=http://u:hunter2@gws/", f"0; url=http://u:{HIDDEN}@gws/"),
        ("Access-Control-Allow-Credentials", "true", "true"),
        ("Access-Control-Expose-Headers", "X-CSRF-TOKEN", "X-CSRF-TOKEN"),
    ],
)
def test_more_header_fields(name, value, new):
    told = Redactor(placeholders=Placeholders(KEY)).response(response(headers=[(name, value)]), request())
    assert told.headers.get(name) == (value.replace("hunter2", HIDDEN) if new is None else new)


def test_a_token_among_the_protocols_of_a_websocket():
    token = "base64url.bearer.authorization.k8s.io.aHVudGVyMg"
    told = Redactor(placeholders=Placeholders(KEY)).request(
        request(headers=[("Sec-WebSocket-Protocol", f"chat, {token}")])
    )
    assert told.headers.get("sec-websocket-protocol") == f"chat, {OF(token)}"


def test_what_an_error_quotes_of_the_wire_is_hidden():
    ours = Redactor(placeholders=Placeholders(KEY))
    told = ours.error("Cannot parse HTTP response: Invalid header line: b'Set-Cookie JSESSIONID=hunter2'")
    assert told == f"""Cannot parse HTTP response: Invalid header line: {OF("b'Set-Cookie JSESSIONID=hunter2'")}"""
    assert ours.error("connection closed by 'gws'") == "connection closed by 'gws'"
