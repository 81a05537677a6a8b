"""Values on their way into the page: whatever traffic controls arrives there as text that nothing acts on."""

from typing import Any

import orjson

from inspector.render.escape import plain

LONGEST = 1000
"""Characters of a text that are in the page; all of it is in the recording."""


def text(value: object, limit: int = LONGEST) -> str:
    """A text of one line, in which what would reorder or hide others is written out (`\\u202e`)."""
    return plain(value, limit)


def lines(value: str) -> str:
    """The same for a text of many lines, which keeps them and its tabs."""
    return "\n".join(
        "\t".join(plain(cell, 4 * LONGEST) for cell in line.rstrip("\r").split("\t")) for line in value.split("\n")
    )


def as_json(value: Any) -> str:
    """JSON that can stand in a `<script>`: no `<` is left in it, so nothing can end the element or begin a comment
    (HTML Living Standard, section 4.12.1.3).
    """
    return orjson.dumps(value).decode().replace("<", "\\u003c")


class Words:
    """Texts that come again and again: the first time in full, then by the number of their first coming."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}

    def of(self, word: str) -> int | str:
        """`sofia`, then 0; whoever reads it numbers the texts in their order."""
        if word in self._known:
            return self._known[word]
        self._known[word] = len(self._known)
        return text(word)
