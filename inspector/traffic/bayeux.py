"""The Bayeux protocol's messages as they travel in HTTP bodies (Bayeux specification 1.0, CometD 3).

Messages come as a JSON array or as one bare object, in a JSON body, in the form field `message=` (which may repeat),
or wrapped in a JSONP call (callback-polling). `parse` reads them all; what it cannot read it refuses, so that a caller
never mistakes half a batch for a whole one.
"""

import json
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl

import orjson

from inspector.traffic.headers import FORM
from inspector.traffic.loose_json import loads

HANDSHAKE = "/meta/handshake"
CONNECT = "/meta/connect"
SUBSCRIBE = "/meta/subscribe"
UNSUBSCRIBE = "/meta/unsubscribe"
DISCONNECT = "/meta/disconnect"

Message = dict[str, Any]
"""One Bayeux message: a JSON object with at least `channel`."""

_JSONP = re.compile(rb"\A\s*+(?:/\*\*/)?\s*+[\w$.]++\s*+\((.*)\)\s*+;?\s*+\Z", re.DOTALL)


class BayeuxError(ValueError):
    """The body holds no Bayeux messages; the text says why."""


def parse(body: bytes, media_type: str = "application/json") -> list[Message]:
    """The messages of a request or reply body, in order.

    `media_type` is the bare type without parameters. Raises BayeuxError if the body is not JSON, not an object or a
    list of objects, or if a message has no `channel`.
    """
    if media_type == FORM:
        fields = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
        return [message for name, value in fields if name == "message" for message in _messages(value.encode())]
    if wrapped := _JSONP.match(body):
        body = wrapped[1]
    return _messages(body)


def _messages(text: bytes) -> list[Message]:
    try:
        value = loads(text)
    except orjson.JSONDecodeError as error:
        raise BayeuxError(f"not JSON: {error}") from None
    messages = value if isinstance(value, list) else [value]
    for message in messages:
        if not isinstance(message, dict) or not isinstance(message.get("channel"), str):
            raise BayeuxError("a Bayeux message is an object with a channel")
    return messages


def dumps(value: Any) -> bytes:
    """A value that was read here as JSON again, as short as can be; orjson reads deeper nesting than it writes.

    Raises BayeuxError if nobody here can write it.
    """
    try:
        return orjson.dumps(value)
    except TypeError:
        pass
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    except RecursionError:
        raise BayeuxError("nested too deeply") from None


def covers(subscription: str, channel: str) -> bool:
    """Whether a subscription delivers a channel: `*` stands for one segment, `**` for any number (2.2.1)."""
    if subscription == channel or subscription == "/**":
        return True
    if subscription.endswith("/**"):
        return channel.startswith(subscription[:-2])
    if subscription.endswith("/*"):
        return channel.startswith(subscription[:-1]) and "/" not in channel[len(subscription) - 1 :]
    return False


def subscriptions(message: Message) -> Sequence[str]:
    """What a subscribe or unsubscribe message names: `subscription` may be one channel or an array of them."""
    named = message.get("subscription")
    if isinstance(named, str):
        return [named]
    return [name for name in named if isinstance(name, str)] if isinstance(named, list) else []
