"""Bodies as nobody should send them: bytes, JSON of any shape, and the API's own shapes with wrong things in them."""

from typing import Any

import orjson
from hypothesis import strategies as st

from tests.analysis.shapes import CUSTOMER, DOCUMENT, HELLO, attachment, chat_has, chat_is, file_line, log_has, sent
from tests.analysis.traffic import OK, TOPIC

_NAMES = ["attachment", "attachments", "channel", "chat", "chatPath", "chatUri", "clientId", "data", "documentId"]
_NAMES += ["error", "fileId", "from", "id", "index", "messages", "messageType", "name", "noticeText", "type", "uri"]
_NAMES += ["notificationType", "operationName", "participants", "path", "size", "statusCode", "statusMessage"]
_NAMES += ["subscription", "successful", "uploadType", "user", "userName"]
_TEXTS = [
    "",
    TOPIC,
    DOCUMENT,
    "/**",
    "/meta/connect",
    "/meta/handshake",
    "file-uploaded",
    "SystemCommand",
    "UploadFile",
]

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(_TEXTS)
    | st.text(st.characters(codec="utf-8"), max_size=20)
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(_NAMES) | st.text(st.characters(codec="utf-8")), inner, max_size=4)
    ),
    max_leaves=10,
)

SHAKEN = [{"channel": "/meta/handshake", "successful": True, "clientId": "c1", "id": "1"}]
SUBSCRIBED = [{"channel": "/meta/subscribe", "subscription": TOPIC, "successful": True}]
CONNECT = [{"channel": "/meta/connect", "connectionType": "long-polling", "clientId": "c1", "id": "5"}]
CONNECTED = {"channel": "/meta/connect", "successful": True, "id": "5"}
LOST = [{"channel": "/meta/connect", "successful": False, "error": "402::Unknown client"}]
EVENTS = (
    chat_is(),
    chat_has(DOCUMENT, attachment("notes", name="notes.txt", size=5)),
    log_has(HELLO, file_line("photo", by=CUSTOMER)),
    sent(),
    log_has({"type": "SystemCommand", "noticeText": "file-uploaded"}),
)
TOLD = [*({"channel": TOPIC, "data": data} for data in EVENTS), CONNECTED]


@st.composite
def bent(draw: st.DrawFn, shape: Any) -> Any:
    """A shape in which up to three places hold something else, or nothing."""
    value = orjson.loads(orjson.dumps(shape))
    for _ in range(draw(st.integers(0, 3))):
        places = list(_places(value))
        if not places:
            return draw(values)
        holder, key = draw(st.sampled_from(places))
        if draw(st.booleans()):
            holder[key] = draw(values)
        else:
            del holder[key]
    return value


def bodies(shape: Any) -> st.SearchStrategy[bytes]:
    """Mostly the shape, more or less bent."""
    return bent(shape).map(orjson.dumps) | values.map(orjson.dumps) | st.binary(max_size=60)


def _places(value: Any) -> Any:
    """Every place inside of a JSON value: what holds it, and under which key."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inside:
        yield value, key
        yield from _places(each)


def form(message: bytes) -> bytes:
    """A new document's upload with this as its content and as part of its head."""
    head = b'--cut\r\nContent-Disposition: form-data; name="attachment"; filename="' + message[:20] + b'"\r\n'
    return head + b"Content-Type: text/plain\r\n\r\n" + message + b"\r\n--cut--\r\n"


USER = OK | {"user": {"id": "U", "userName": "sofia"}}
