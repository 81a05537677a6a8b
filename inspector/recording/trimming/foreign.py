"""What belongs to chats that are not kept, found by their ids: left out of lists, and anywhere else blanked."""

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

TRIMMED = "~trimmed~"
"""What stands where an id was that is not told any more."""

_SHORTEST = 6
"""Characters from which an id is looked for; a shorter one would be found in what only looks like it."""

_TOKEN = re.compile(r"\w(?:[\w.~%@+-]*\w)?")
_PLACE = re.compile(r"(?<=/chats/)[^/;?\s\"'#&]+|(?<=/interactions/)[^/;?\s\"'#&]+")


class Foreign:
    """The `ids` of chats, documents and files that are not kept."""

    def __init__(self, ids: Iterable[str]) -> None:
        self._all = frozenset(ids) - {""}
        self._long = frozenset(one for one in self._all if len(one) >= _SHORTEST)

    def __bool__(self) -> bool:
        return bool(self._all)

    def __contains__(self, name: str) -> bool:
        return name in self._all

    def mentions(self, text: str) -> bool:
        """Whether the text names one of them."""
        if not self._all:
            return False
        named = any(self._is(token) for token in _TOKEN.findall(text)) or text in self._long
        return named or any(unquote(place) in self._all for place in _PLACE.findall(text))

    def blank(self, text: str) -> str:
        """The text without them."""
        if not self.mentions(text):
            return text
        if text in self._long:
            return TRIMMED
        text = _PLACE.sub(lambda found: TRIMMED if unquote(found[0]) in self._all else found[0], text)
        return _TOKEN.sub(lambda found: TRIMMED if self._is(found[0]) else found[0], text)

    def _is(self, token: str) -> bool:
        return token in self._long or ("%" in token and unquote(token) in self._long)

    def pruned(self, value: Any) -> tuple[Any, int]:
        """A JSON value without the elements of lists that name them, wherever in it lists are; and how many went. What
        is named outside of any list is blanked. Raises RecursionError for what is nested too deeply.
        """
        pruning = _Pruning(self)
        new, named = pruning.of(value)
        return (pruning.blanked(new) if named else new), pruning.gone


class _Pruning:
    def __init__(self, foreign: Foreign) -> None:
        self._foreign = foreign
        self.gone = 0

    def of(self, value: Any) -> tuple[Any, bool]:
        """The value with its lists pruned, and whether one of them is named in it outside of these."""
        if isinstance(value, str):
            return value, self._foreign.mentions(value)
        if isinstance(value, dict):
            new, named = {}, False
            for name, member in value.items():
                new[name], here = self.of(member)
                named = named or here or self._foreign.mentions(name)
            return new, named
        if isinstance(value, list):
            kept = [one for one, named in map(self.of, value) if not named]
            self.gone += len(value) - len(kept)
            return kept, False
        return value, False

    def blanked(self, value: Any) -> Any:
        if isinstance(value, str):
            self.gone += self._foreign.mentions(value)
            return self._foreign.blank(value)
        if isinstance(value, dict):
            return {self._foreign.blank(name): self.blanked(member) for name, member in value.items()}
        return [self.blanked(one) for one in value] if isinstance(value, list) else value
