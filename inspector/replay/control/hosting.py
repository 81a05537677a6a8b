"""Many stubs in one process: each has its own address, live clients, faults and journal, and can begin anew.

async with hosting() as stubs:
    prepared = await stubs.prepared(source)
    hosted = await stubs.create(Piece(source, prepared))
    ...                              # clients play at hosted.url
    verification = await stubs.end(hosted.id)
"""

import asyncio
import itertools
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol

from inspector.errors import NothingFound, UsageError
from inspector.replay.control.shelf import Shelf, Source
from inspector.replay.faults import ExpireSession, Fault
from inspector.replay.fronts.listening import Certificate, listening
from inspector.replay.fronts.protocol import SHORT
from inspector.replay.fronts.server import BEGUN, Begun, Receive, Scope, Send, StubApp
from inspector.replay.journal import Verification
from inspector.replay.misses.missing import Spy, Tell
from inspector.replay.plans.opening import Prepared
from inspector.replay.stub import Served, Settings, Stub
from inspector.traffic.exchange import Request

logger = logging.getLogger("inspector")


@dataclass(frozen=True, slots=True)
class Piece:
    """What a stub plays, and how: with it a reset begins again. `faults` are those that are armed from the start.

    Raises UsageError: a fault that would expire the sessions before there are any.
    """

    source: Source
    prepared: Prepared
    settings: Settings = field(default_factory=Settings)
    faults: tuple[Fault, ...] = ()
    spy: Spy | None = None
    tell: Tell = lambda what: None

    def __post_init__(self) -> None:
        if any(isinstance(fault, ExpireSession) and fault.at_once for fault in self.faults):
            raise UsageError("expire_session needs the operation after which it happens, as nobody is there yet")

    def stub(self) -> Stub:
        """A new stub, which has not been asked for anything."""
        stub = self.prepared.stub(self.settings, self.spy, self.tell)
        for fault in self.faults:
            stub.faults.add(fault)
        return stub


class Front(Protocol):
    """Serves a stub to its clients. Who puts another one in its place has that one served from the next request on;
    what is under way is answered by the one that was asked.
    """

    stub: Stub


class Stage:
    """The stub's own front, as an ASGI app: a StubApp (and as prompt), whose stub can be exchanged."""

    def __init__(self, stub: Stub) -> None:
        self._waiting: dict[int, StubApp] = {}
        self.stub = stub

    @property
    def stub(self) -> Stub:
        """The one that is served."""
        return self._stub

    @stub.setter
    def stub(self, stub: Stub) -> None:
        self._stub, self._app = stub, StubApp(stub)
        self.handed_over = self._app.handed_over

    def begin(self, request: Request) -> Begun:
        """As StubApp.begin."""
        begun = self._app.begin(request)
        if not isinstance(begun, Served) or begun.answer.length > SHORT:
            self._waiting[id(begun)] = self._app  # it comes again, when perhaps another stub stands here
        return begun

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._waiting.pop(id(scope.get(BEGUN)), self._app)(scope, receive, send)

    def close(self) -> None:
        """Ends the held polls."""
        self._app.close()


@dataclass(slots=True, eq=False)
class Hosted:
    """A stub at its address. `host` and `certificate` are what it listens with."""

    id: str
    url: str
    piece: Piece
    front: Front
    host: str = "127.0.0.1"
    certificate: Certificate | None = None
    _ended: asyncio.Event | None = None
    _serving: "asyncio.Task[None] | None" = None

    @property
    def stub(self) -> Stub:
        """The one that plays now."""
        return self.front.stub

    @property
    def agents(self) -> list[str]:
        """The user names of the recorded agents, in the order in which they came; empty for who has none."""
        return [plan.user_name for plan in self.piece.prepared.loaded.plans]

    def reset(self) -> Verification:
        """The same from the start, under the same address: nobody has come, nothing was asked. How the run before it
        and its recording agree.
        """
        before, self.front.stub = self.front.stub, self.piece.stub()
        before.close()
        return before.verify()

    async def end(self) -> Verification:
        """Closes the address, once the requests under way are answered. Raises UsageError if it is not ours."""
        if self._ended is None or self._serving is None:
            raise UsageError(f"stub {self.id} ends with the command that serves it; a reset begins it anew")
        self._ended.set()
        await asyncio.wait([self._serving])
        return self.stub.verify()


class Stubs:
    """All stubs of a process, by id: "1", "2" and so on. Use `hosting`."""

    def __init__(self, group: asyncio.TaskGroup) -> None:
        self.own: Hosted | None = None
        """The command's own."""
        self._group = group
        self._shelf = Shelf()
        self._hosted: dict[str, Hosted] = {}
        self._numbers = itertools.count(1)
        self._last = 0

    @property
    def all(self) -> list[Hosted]:
        """Those that have not ended, oldest first."""
        return list(self._hosted.values())

    def get(self, id: str) -> Hosted:
        """The stub of this id. Raises NothingFound."""
        if id not in self._hosted:
            if id.isdecimal() and id.isascii() and len(id) < 10 and id[0] != "0" and int(id) <= self._last:
                raise NothingFound(f"stub {id} has ended")
            raise NothingFound(f"there is no stub {id[:40]!r}")
        return self._hosted[id]

    async def prepared(self, source: Source) -> Prepared:
        """A recording ready to be played; it is loaded once for all who play it. Raises as `prepare` does."""
        return await self._shelf.get(source)

    def adopt(
        self, front: Front, url: str, piece: Piece, host: str = "127.0.0.1", certificate: Certificate | None = None
    ) -> Hosted:
        """The command's own stub: somebody else serves it at `url`, and ends it. Others are made after its model."""
        self._shelf.put(piece.source, piece.prepared)
        self.own = self._enter(Hosted("", url, piece, front, host, certificate))
        return self.own

    async def create(
        self, piece: Piece, host: str = "127.0.0.1", port: int = 0, certificate: Certificate | None = None
    ) -> Hosted:
        """A new stub, once it answers. Port 0 takes a free one. Raises UsageError if the address is taken."""
        hosted = Hosted("", "", piece, Stage(piece.stub()), host, certificate, asyncio.Event())
        listens: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        hosted._serving = self._group.create_task(self._serve(hosted, port, listens))
        try:
            hosted.url = await listens
        except BaseException:
            assert hosted._ended
            hosted._ended.set()
            raise
        return self._enter(hosted)

    async def end(self, id: str) -> Verification:
        """Ends a stub. Raises NothingFound; UsageError if it is the command's own."""
        hosted = self.get(id)
        if hosted is not self.own:
            del self._hosted[id]  # who asks for it meanwhile asks for one that has ended
        return await hosted.end()

    def close(self) -> None:
        """Ends all of them."""
        for hosted in self.all:
            if hosted._ended is not None:
                hosted._ended.set()
        self._shelf.close()

    def _enter(self, hosted: Hosted) -> Hosted:
        self._last = next(self._numbers)
        hosted.id = str(self._last)
        self._hosted[hosted.id] = hosted
        return hosted

    async def _serve(self, hosted: Hosted, port: int, listens: "asyncio.Future[str]") -> None:
        assert isinstance(hosted.front, Stage) and hosted._ended
        try:
            async with listening(hosted.front, hosted.host, port, hosted.certificate) as url:
                if not listens.done():
                    listens.set_result(url)
                await hosted._ended.wait()
        except Exception as error:  # one stub takes no other with it
            if listens.done():
                logger.error("stub %s has failed", hosted.id, exc_info=error)
                self._hosted.pop(hosted.id, None)
            elif isinstance(error, OSError):  # another socket was faster
                listens.set_exception(UsageError(f"cannot listen on {hosted.host}:{port}: {error.strerror}"))
            else:
                listens.set_exception(error)


@asynccontextmanager
async def hosting() -> AsyncIterator[Stubs]:
    """Hosts stubs in the running loop for as long as the block lasts; what it raises comes out as it was."""
    failure: BaseException | None = None
    async with asyncio.TaskGroup() as group:
        stubs = Stubs(group)
        try:
            yield stubs
        except BaseException as error:
            failure = error
        finally:
            stubs.close()
    if failure is not None:
        raise failure
