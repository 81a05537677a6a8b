"""Recordings that are ready to be played, kept: any number of stubs play the same one, which is loaded once."""

import asyncio
import os
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from inspector.errors import RecordingError
from inspector.replay.matching import Policy
from inspector.replay.plans.opening import Prepared, prepare

_ROOM = 256 * 1024 * 1024
"""Bytes of recordings that are kept, the last ones that were asked for; the very last one whatever its size. Stubs
keep theirs as long as they live.
"""

Stamp = tuple[tuple[int, ...], ...]
"""Of a recording and of its log: whoever writes to one of them changes it."""


@dataclass(frozen=True, slots=True)
class Source:
    """Which recorded session is played, and how requests are told apart: the arguments of `prepare`."""

    path: Path
    session: str | None = None
    agent: str | None = None
    policy: Policy = field(default_factory=Policy)
    origins: tuple[str, ...] = ()
    in_memory: bool = False

    def prepared(self) -> Prepared:
        """Loads it. Raises as `prepare` does."""
        return prepare(
            self.path,
            session=self.session,
            agent=self.agent,
            policy=self.policy,
            origins=self.origins,
            in_memory=self.in_memory,
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Kept:
    source: Source
    stamp: Stamp
    loading: "asyncio.Future[Prepared]"

    @property
    def size(self) -> int:
        return sum(size for *_, size in self.stamp)


class Shelf:
    """Of one event loop. Loading takes place in a thread, one recording at a time: stubs go on answering meanwhile."""

    def __init__(self) -> None:
        self._kept: list[_Kept] = []
        self._loader = ThreadPoolExecutor(1, thread_name_prefix="recording-loader")

    async def get(self, source: Source) -> Prepared:
        """The recording, ready to be played. Raises as `prepare` does, and RecordingError for what is no file."""
        kept = self._on_top(source, lambda: _loading(self._loader, source))
        try:
            return await asyncio.shield(kept.loading)
        except Exception:
            if kept in self._kept:
                self._kept.remove(kept)  # the next one who asks may have more luck
            raise

    def put(self, source: Source, prepared: Prepared) -> None:
        """Keeps what somebody else has just loaded. Raises RecordingError if it is gone."""
        self._on_top(source, lambda: _loaded(prepared))

    def close(self) -> None:
        """Nobody waits any more."""
        self._kept.clear()
        self._loader.shutdown(wait=False, cancel_futures=True)

    def _on_top(self, source: Source, load: "Callable[[], asyncio.Future[Prepared]]") -> _Kept:
        stamp = _stamp(source.path)  # as it was before it is read: what is written meanwhile makes another one
        kept = next((one for one in self._kept if one.source == source and one.stamp == stamp), None)
        if kept is None:
            kept = _Kept(source, stamp, load())
        else:
            self._kept.remove(kept)
        self._kept.append(kept)
        while len(self._kept) > 1 and sum(one.size for one in self._kept) > _ROOM:
            del self._kept[0]
        return kept


def _loading(loader: ThreadPoolExecutor, source: Source) -> "asyncio.Future[Prepared]":
    loading = asyncio.get_running_loop().run_in_executor(loader, source.prepared)
    loading.add_done_callback(lambda done: done.cancelled() or done.exception())  # also if nobody waits for it
    return loading


def _loaded(prepared: Prepared) -> "asyncio.Future[Prepared]":
    loaded: asyncio.Future[Prepared] = asyncio.get_running_loop().create_future()
    loaded.set_result(prepared)
    return loaded


def _stamp(path: Path) -> Stamp:
    try:
        found = path.stat()
    except OSError as error:
        raise RecordingError(f"{path} cannot be opened: {error.strerror}") from None
    except ValueError as error:  # a zero byte in its name
        raise RecordingError(f"{str(path)!r} cannot be opened: {error}") from None
    if not stat.S_ISREG(found.st_mode):  # a FIFO: who opens it waits for ever
        raise RecordingError(f"{path} is not a recording: it is no file")
    try:
        return _told(found), _told(path.with_name(f"{path.name}-wal").stat())
    except OSError:
        return (_told(found),)


def _told(found: os.stat_result) -> tuple[int, ...]:
    return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size
