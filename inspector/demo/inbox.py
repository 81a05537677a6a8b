"""What an agent desktop sees, in order of arrival, and a place to wait for what it is about to see."""

import asyncio
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson

from inspector.errors import InspectorError

Json = dict[str, Any]

PATIENCE = 5.0
"""Seconds to wait for a notification that must come."""

HOPE = 2.5
"""Seconds to wait for a notification that may never come."""

_ORIGIN = re.compile(rb"https?://[^/\"]+(?=/api/v2)")


class NotSeen(InspectorError):
    """The notification that the desktop waited for has not come; the text says which, and what came instead."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP reply outside the channel; `body` is its JSON, else its bytes."""

    method: str
    path: str
    status: int
    body: Any

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.status} {_shown(self.body)}"


@dataclass(frozen=True, slots=True)
class Notification:
    """One event of the channel."""

    channel: str
    data: Any

    def __str__(self) -> str:
        return f"{self.channel} {_shown(self.data)}"


Seen = Reply | Notification
"""One line of the log. As text it leaves origins out, so that a replay at another address reads the same."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to wait for: in words, and as a test of an event's data."""

    words: str
    matches: Callable[[Json], bool]


class Inbox:
    """The log of one desktop."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self._untaken: list[Notification] = []
        self._news = asyncio.Event()

    @property
    def replies(self) -> list[Reply]:
        return [seen for seen in self.seen if isinstance(seen, Reply)]

    @property
    def notifications(self) -> list[Notification]:
        return [seen for seen in self.seen if isinstance(seen, Notification)]

    def put(self, seen: Seen) -> None:
        self.seen.append(seen)
        if isinstance(seen, Notification):
            self._untaken.append(seen)
            self._news.set()

    async def take(self, wanted: Wanted, patience: float) -> Json:
        """The data of the first notification that is wanted and was not taken yet, come already or still to come.

        Raises NotSeen after `patience` seconds.
        """
        try:
            async with asyncio.timeout(patience):
                while (found := self._find(wanted)) is None:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            came = "\n  ".join(str(notification)[:200] for notification in self._untaken) or "nothing"
            raise NotSeen(f"waited {patience:g} s for {wanted.words}; not taken yet:\n  {came}") from None
        self._untaken.remove(found)
        return dict(found.data)

    def _find(self, wanted: Wanted) -> Notification | None:
        return next((one for one in self._untaken if isinstance(one.data, dict) and wanted.matches(one.data)), None)


def _shown(body: Any) -> str:
    if isinstance(body, bytes):
        return f"{len(body)} bytes, sha256 {hashlib.sha256(body).hexdigest()}"
    return _ORIGIN.sub(b"", orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).decode()
