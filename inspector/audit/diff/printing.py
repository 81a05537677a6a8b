"""Digests by which two messages are the same thing, whatever their ids are called."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import orjson

from inspector.audit.diff.normal import Normal
from inspector.audit.diff.renaming import Named

ANY = "~id~"
"""What stands for an id of which nothing is known but that it is one."""


@dataclass(frozen=True, slots=True)
class Print:
    """`whole` is equal for values that are the same but for their ids, which are `names`, in an order that is then the
    same; `labels` tells what is known of those.
    """

    whole: bytes
    names: tuple[Named, ...]
    labels: bytes


class Printer:
    """Takes prints of JSON values; `labels` says what is known of an id (a document's file name)."""

    def __init__(self, labels: Mapping[str, str], ignored: Callable[[str], tuple[str, ...]]) -> None:
        self._labels = labels
        self._ignored = ignored
        self._names: list[Named] = []
        self._known: dict[Named, Named] = {}  # a chat's id is in hundreds of messages: one object for all of them
        self._found: set[str] = set()
        self.normal = Normal(self._name)

    def of(self, value: Any, what: str, pointer: str = "", member: str = "") -> Print:
        """The print of a value at `pointer`, as `member`, of an item that is a `what`."""
        self._names, self._found = [], set()
        self.normal.ignore = self._ignored(what)
        made = self.normal.of(value, member, pointer)
        return Print(_digest(made), tuple(self._names), _digest(sorted(self._found)) if self._found else b"")

    def ignores(self, what: str) -> tuple[str, ...]:
        """The pointers to what does not count of such an item."""
        return self._ignored(what)

    def _name(self, scope: str, text: str) -> str:
        if not scope:
            return text
        named = scope, text
        self._names.append(self._known.setdefault(named, named))
        label = self._labels.get(text)
        if label is None:
            return ANY
        self._found.add(label)
        return label


def _digest(value: Any) -> bytes:
    return blake2b(orjson.dumps(value, option=orjson.OPT_SORT_KEYS), digest_size=16).digest()
