"""JSON as browsers and most servers read it: half of a surrogate pair is a character like any other (RFC 8259, 8.2).

orjson refuses it. One such name would hide the whole batch of notifications that it came in: whoever sends a file
chooses its name, and could send it unseen.
"""

import re
from typing import Any

import orjson

_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)


def loads(text: bytes) -> Any:
    """The value; half a character is U+FFFD. Raises orjson.JSONDecodeError."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        if b"\\u" not in text:
            raise
        whole = _ESCAPE.sub(lambda found: rb"\ufffd" if found[1] else found[0], text)
        if whole == text:
            raise
        try:
            return orjson.loads(whole)
        except orjson.JSONDecodeError:
            raise error from None  # it tells of places in what was sent
