"""An exchange, a notification or a transfer as one JSON value: what two sessions are compared by, and pointers lead to.

* an exchange: `/request` (method, path, query, body, form, parts or content) and `/reply` (status, headers, body or
  content, error)
* the channel's own messages in an exchange: `/request/messages` and `/reply/messages`, without those of polls
* a notification: `/channel` and `/data`
"""

import hashlib
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl

import orjson

from inspector.analysis.channel import messages_asked
from inspector.errors import BodyError
from inspector.traffic.bayeux import CONNECT, BayeuxError, parse
from inspector.traffic.body import Body
from inspector.traffic.exchange import Exchange, Request, Response
from inspector.traffic.headers import FORM, Headers
from inspector.webservices.routes import is_download

Json = dict[str, Any]

_HEADERS = ("content-type", "content-disposition", "location", "www-authenticate", "cache-control", "allow")
"""What a reply's header fields say to clients; others are the transport's, or the server's own affair."""

_OF_A_RUN = {"id", "clientId", "advice", "ext", "timestamp", "data"}
"""Members of Bayeux messages that differ with every run, or are compared as notifications."""

_OF_ONE_COOKIE = {"expires", "max-age", "domain"}

_READ_AT_MOST = 8 * 1024 * 1024
"""Bytes of a JSON body that is compared member by member; of a larger one, the digest."""


def of_exchange(exchange: Exchange) -> Json:
    """A request and its reply."""
    return {"request": _request(exchange), "reply": _reply(exchange)}


def of_channel(exchange: Exchange) -> Json | None:
    """What a client and the server said of the channel itself; None for a poll, of which there are as many as there
    was time. One that was refused is none.
    """
    asked = [_without_run(one) for one in messages_asked(exchange.request) if one["channel"] != CONNECT]
    told = [_without_run(one) for one in _told(exchange.response) if _is_about_channel(one)]
    status = exchange.response.status if exchange.response else None
    if not asked and not told and (status is None or status < 400):
        return None
    return {"request": {"messages": asked}, "reply": {"status": status, "messages": told}}


def of_notification(channel: str, data: str) -> Json:
    return {"channel": channel, "data": orjson.loads(data)}


def _request(exchange: Exchange) -> Json:
    request = exchange.request
    value: Json = {"method": request.method, "path": request.path}
    if request.query:
        value["query"] = _pairs(parse_qsl(request.query, keep_blank_values=True))
    if request.parts:
        value["parts"] = [
            {"name": one.name, "filename": one.filename, "type": one.media_type} | _digest(one.body)
            for one in request.parts[:-1]
        ]
    elif request.headers.media_type == FORM:
        value["form"] = _pairs(parse_qsl(_text(request), keep_blank_values=True))
    elif exchange.is_cut("request"):
        value["content"] = {"cut": True}
    else:
        value |= _content(request.body, request.headers)
    return value


def _reply(exchange: Exchange) -> Json:
    response, value = exchange.response, Json()
    if exchange.error is not None:
        value["error"] = exchange.error
    if response is None:
        return value if value else {"none": True}
    value["status"] = response.status
    headers: Json = {name: response.headers.get(name) for name in _HEADERS if name in response.headers}
    if cookies := [_cookie(line) for line in response.headers.all("set-cookie")]:
        headers["set-cookie"] = sorted(cookies)
    if headers:
        value["headers"] = headers
    if exchange.is_cut("response"):
        return value | {"content": {"cut": True}}
    is_file = is_download(exchange.request.method, exchange.request.path) and response.status == 200
    return value | _content(response.body, response.headers, is_file=is_file)


def _content(body: Body, headers: Headers, *, is_file: bool = False) -> Json:
    """A body as JSON, or its digest; nothing if there is none."""
    if not body.size:
        return {}
    if not is_file and body.size <= _READ_AT_MOST and "multipart" not in headers.media_type:
        try:
            value = body.json()
            orjson.dumps(value)  # refuses more than 254 levels, which reading does not
            return {"body": value}
        except (BodyError, orjson.JSONEncodeError):
            pass
    return {"content": _digest(body)}


def _digest(body: Body) -> Json:
    """Of the bytes without their coding where they can be read."""
    if body.coding:
        try:
            content = body.decoded()
            return {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
        except BodyError:
            pass
    return {"sha256": body.sha256, "size": body.size}


def _pairs(pairs: Iterable[tuple[str, str]]) -> Json:
    """By name, whatever the order of names; a name that is there several times has a list."""
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def _text(request: Request) -> str:
    try:
        return request.body.decoded().decode("utf-8", "replace")
    except BodyError:
        return ""


def _cookie(line: str) -> str:
    """Name and attributes of a Set-Cookie, without what is of one session or host."""
    pair, *attributes = (piece.strip() for piece in line.split(";"))
    kept = [one for one in attributes if one.partition("=")[0].lower() not in _OF_ONE_COOKIE]
    return "; ".join((pair.partition("=")[0], *sorted(kept)))


def _told(response: Response | None) -> list[Json]:
    if response is None:
        return []
    try:
        return parse(response.body.decoded(), response.headers.media_type)
    except (BodyError, BayeuxError):
        return []


def _is_about_channel(message: Json) -> bool:
    if message["channel"] == CONNECT:
        return message.get("successful") is False
    return bool(message["channel"].startswith("/meta/"))


def _without_run(message: Json) -> Json:
    return {name: value for name, value in message.items() if name not in _OF_A_RUN}
