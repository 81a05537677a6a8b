"""Text from traffic is hostile: on a terminal its control characters could do anything."""

import re

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
"""C0, C1, and what reorders or hides text (Unicode bidirectional controls, zero-width characters), lone surrogates."""


def plain(text: object, limit: int = 200) -> str:
    """The text for a terminal: control characters as their names in Python (`\\x1b`), cut at `limit` characters."""
    shown = _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), str(text)[: limit + 1])
    return shown if len(str(text)) <= limit else shown[:limit] + "…"
