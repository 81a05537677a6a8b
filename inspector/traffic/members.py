"""Changing the values of named members in a body, textually: every other byte stays as it was sent.

Re-serialising would reorder, renumber and repair what a peer sent, and broken JSON could not be changed at all; so JSON
is read token by token, whether or not the whole is well formed.
"""

import json
import re
from collections.abc import Callable, Iterator
from urllib.parse import quote_plus, unquote_plus

import orjson

Change = Callable[[str, str], str | None]
"""From a member's name and its value as text to the new value, or None to leave it as it is."""

# possessive: a string is read once, however long it is; one that is cut short ends with the text
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|[{}\[\]:,]|[^\s{}\[\]:,"]++', re.DOTALL)

_UTF8 = ("utf-8", "surrogateescape")
_UNESCAPED = re.compile(r'(\\.)|["\\\x00-\x1f]', re.DOTALL)


def change_json(text: bytes, change: Change, *, inherit: Callable[[str], bool] = lambda name: False) -> bytes:
    """The JSON text with the scalar values of members changed.

    An array's elements count under the array's name. Where `inherit` holds for a name, so do all members below it.
    Only strings and numbers are changed; a changed value is written as a JSON string.
    """
    pieces: list[bytes] = []
    copied = 0
    open_names: list[str] = []
    name, key, before = "", "", b""
    for token, following in _with_next(_TOKEN.finditer(text)):
        mark = token[0]
        match mark[:1]:
            case b"{" | b"[":
                open_names.append(name)
            case b"}" | b"]":
                name = open_names.pop() if open_names else ""
            case b",":
                name = open_names[-1] if open_names else ""
            case b":":
                above = open_names[-1] if open_names else ""
                name = above if inherit(above) else key
            case _:
                # broken JSON may have a value where a name should be: then it is both
                is_name, is_value = following == b":", before == b":" or following != b":"
                if is_name:
                    key = _plain(mark)
                if is_value and mark not in (b"null", b"true", b"false"):
                    changed = change(name, _plain(mark))
                    if changed is not None:
                        pieces += (text[copied : token.start()], _written(changed, mark))
                        copied = token.end()
        before = mark[:1]
    return b"".join((*pieces, text[copied:])) if pieces else text


def _with_next(tokens: Iterator[re.Match[bytes]]) -> Iterator[tuple[re.Match[bytes], bytes]]:
    """Each token, and the first byte of the one behind it."""
    token = next(tokens, None)
    while token is not None:
        following = next(tokens, None)
        yield token, following.string[following.start() : following.start() + 1] if following else b""
        token = following


def change_pairs(text: str, change: Change) -> str:
    """A query string or form body with the values of fields changed (application/x-www-form-urlencoded)."""
    return "&".join(_pair(pair, change) for pair in text.split("&"))


def _pair(pair: str, change: Change) -> str:
    name, equals, value = pair.partition("=")
    changed = change(unquote_plus(name), unquote_plus(value, errors="surrogateescape")) if equals else None
    return pair if changed is None else f"{name}={quote_plus(changed, safe='~:', errors='surrogateescape')}"


def _plain(token: bytes) -> str:
    """The text of a JSON token; of a string without its end, as far as it goes, and of one that is no JSON as it is
    spelled. Bytes that are no UTF-8 are surrogates.
    """
    if token[:1] != b'"':
        return token.decode(*_UTF8)
    if b"\\" in token:
        try:
            return str(orjson.loads(token))
        except orjson.JSONDecodeError:
            pass
    return token[1:].removesuffix(b'"').decode(*_UTF8)


def _written(value: str, token: bytes) -> bytes:
    """A JSON string in place of the token that the value was made of."""
    try:
        if b"\\" not in token or _is_json(token):
            return orjson.dumps(value)
    except orjson.JSONEncodeError:  # surrogates: they are bytes that are no UTF-8
        return json.dumps(value, ensure_ascii=False).encode(*_UTF8)
    # it is still spelled as it was
    spelled = _UNESCAPED.sub(lambda found: found[1] or json.dumps(found[0])[1:-1], value)
    return b'"' + spelled.encode(*_UTF8) + b'"'


def _is_json(token: bytes) -> bool:
    try:
        orjson.loads(token)
    except orjson.JSONDecodeError:
        return False
    return True
