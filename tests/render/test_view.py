"""The text of the content view: whatever a body holds, it is told in bounds, and harms nobody."""

import re

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.analysis.calls import answered, understand
from inspector.render.view import READ, call_view, channel_view
from inspector.traffic.body import Body
from inspector.traffic.exchange import Exchange, Instant, Request, Response
from inspector.traffic.headers import Headers
from inspector.webservices.routes import route

HEADERS = Headers((("Content-Type", "application/json"),))
AT = Instant(1, 1)

_LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
_VALUES = st.recursive(_LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)
_LINES = st.fixed_dictionaries(
    {"type": st.sampled_from(["Text", "SystemCommand"])},
    optional={
        "index": _VALUES,
        "text": st.text(),
        "noticeText": st.just("file-uploaded"),
        "from": _VALUES,
        "attachment": _VALUES,
    },
)
_DATA = st.fixed_dictionaries({}, optional={"messages": st.lists(_LINES), "messageType": _VALUES, "chat": _VALUES,
                                            "chatPath": st.text(), "errorMessage": st.text()})  # fmt: skip
_CHANNELS = st.sampled_from(["/v2/me/chats", "/meta/connect", "/meta/subscribe"]) | st.text()
_MESSAGES = st.fixed_dictionaries({"channel": _CHANNELS}, optional={
    "data": _DATA | _VALUES, "subscription": _VALUES, "successful": st.booleans(), "error": _VALUES, "id": _VALUES,
    "clientId": _VALUES})  # fmt: skip
_OPERATIONS = st.fixed_dictionaries(
    {}, optional={"operationName": st.just("UploadFile") | _VALUES, "documentId": _VALUES, "statusCode": _VALUES,
                  "statusMessage": _VALUES})  # fmt: skip
_BODIES = st.binary() | (st.lists(_MESSAGES) | _MESSAGES | _OPERATIONS | _VALUES).map(
    lambda value: orjson.dumps(value) if _is_json(value) else b"?"
)


def _is_json(value: object) -> bool:
    try:
        orjson.dumps(value)
    except TypeError:  # integers of more than 64 bits, lone surrogates
        return False
    return True


def views(asked: bytes, told: bytes) -> list[str]:
    """All views of an exchange with these bodies."""
    seen = []
    for path in ("/api/v2/notifications", "/api/v2/me/chats/1"):
        request = Request("POST", "http", "h", path, "", "HTTP/1.1", HEADERS, Body.of(asked))
        exchange = Exchange(1, "c", AT, request, done=AT, response=Response(200, "OK", HEADERS, Body.of(told)))
        call = understand(exchange, route(path), None)
        for direction, content in (("client", asked), ("server", told)):
            if call is None:
                seen.append(channel_view(exchange, direction, content, []))
            else:
                seen.append(call_view(answered(call, exchange, None), content, [], []))
    return seen


def assert_harmless(text: str) -> None:
    assert len(text) < 600_000
    assert re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]", text) is None
    text.encode()


@given(_BODIES, _BODIES)
def test_any_bodies(asked: bytes, told: bytes) -> None:
    for text in views(asked, told):
        assert_harmless(text)


DEEP = b"[" * 1000 + b"]" * 1000


@pytest.mark.parametrize(
    "body",
    [DEEP, b'{"channel":"/meta/connect","successful":false,"error":' + DEEP + b"}",
     b'{"channel":"/x","id":' + DEEP + b"}",
     b'{"channel":"/v2/me/chats","data":{"messageType":"MessageLogUpdated","messages":' + DEEP + b"}}",
     b'{"statusCode":1,"statusMessage":' + DEEP + b"}", b'{"operationName":"UploadFile","documentId":' + DEEP + b"}",
     b'{"channel":"/a","data":' + b"[" * 200 + b"1," * 30_000 + b"1" + b"]" * 200 + b"}",
     b"[" + b",".join([b'{"channel":"/a"}'] * 50_000) + b"]", b"x" * (READ + 1)],
    ids=["array", "error", "id", "messages", "reply", "operation", "indented", "many", "large"],
)  # fmt: skip
def test_what_is_deep_or_large(body: bytes) -> None:
    for text in views(body, body):
        assert_harmless(text)
