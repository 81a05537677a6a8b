"""One end of the pair of sockets, in an event loop: what is said in one turn of it goes out together."""

import asyncio
import socket
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any

from inspector.recording.scribe.wire import Frames, Message, messages_frame, piece_head

_TOGETHER = 64
"""Buffers that one call sends; systems allow no less than 16, Linux 1024."""


class Line:
    """Sends, and tells `hear` each frame that comes: 0 and messages, or the number of a body and bytes of it; and
    `hung_up` when the other side is gone. Belongs to the loop that runs when it is made. Once it is over, it takes
    what is said, and nothing happens.
    """

    def __init__(
        self, end: socket.socket, hear: Callable[[int, Any], None], hung_up: Callable[[], None], frames: Frames
    ) -> None:
        self._socket = end
        self._hear, self._hung_up = hear, hung_up
        self._loop = asyncio.get_running_loop()
        self._frames = frames
        self._new: list[Message] = []
        self._unsent: deque[memoryview] = deque()
        self.unsent = 0
        """Bytes that the other side has not taken yet."""
        self._below: list[tuple[int, Callable[[], None]]] = []
        end.setblocking(False)
        self._loop.add_reader(end, self._readable)

    @property
    def is_over(self) -> bool:
        """Whether it has ended, by whomever."""
        return self._socket.fileno() < 0

    def say(self, message: Message) -> None:
        """The message goes out with this turn of the loop."""
        if self.is_over:
            return
        if not self._new:
            self._loop.call_soon(self.flush)
        self._new.append(message)

    def piece(self, body: int, data: bytes) -> None:
        """Bytes of a body go out, behind all that was said before."""
        self.flush()
        self._send(piece_head(body, len(data)), data)

    def flush(self) -> None:
        """What was said goes out."""
        if self._new:
            new, self._new = self._new, []
            self._send(*messages_frame(new))

    def when_below(self, limit: int, call: Callable[[], None]) -> None:
        """Calls back once, as soon as no more than `limit` bytes are unsent."""
        if self.unsent <= limit:
            call()
        else:
            self._below.append((limit, call))

    def leave_loop(self) -> None:
        """Sends the rest, however long that takes; from now on it does not hear, and sends only when it is flushed."""
        if self.is_over:
            return
        self.flush()
        self._loop.remove_reader(self._socket)
        self._loop.remove_writer(self._socket)
        self._socket.setblocking(True)
        with suppress(OSError):  # gone already: `hung_up` is told by who reads the end
            for rest in self._unsent:
                self._socket.sendall(rest)
        self._forget()

    def finish(self) -> None:
        """Sends the rest and hears what comes back until the other side hangs up; blocks, however long that takes."""
        self.leave_loop()
        with suppress(OSError):
            while size := self._socket.recv_into(self._frames.room()):
                self._take(size)
        self.hang_up()

    def hang_up(self, last: Sequence[Message] = ()) -> None:
        """It is over. What was said is still sent if there are `last` messages, however long that takes; else not."""
        if self.is_over:
            return
        if last:
            self._new += last
            self.leave_loop()
        self._loop.remove_reader(self._socket)
        self._loop.remove_writer(self._socket)
        self._socket.close()
        self._new.clear()
        self._forget()

    def _send(self, *parts: bytes) -> None:
        if self.is_over:
            return
        if self._socket.gettimeout() is None:  # it has left its loop
            with suppress(OSError):
                for part in parts:
                    self._socket.sendall(part)
            return
        sent, waited = 0, bool(self._unsent)
        if not waited:
            try:
                sent = self._socket.sendmsg(parts)
            except BlockingIOError:
                pass
            except OSError:
                return  # the reading end sees it, too
        for part in parts:
            if sent < len(part):
                self._unsent.append(memoryview(part)[sent:])
                self.unsent += len(part) - sent
            sent = max(0, sent - len(part))
        if self._unsent and not waited:
            self._loop.add_writer(self._socket, self._writable)

    def _writable(self) -> None:
        try:
            self._sent(self._socket.sendmsg(list(islice(self._unsent, _TOGETHER))))
        except BlockingIOError:
            return
        except OSError:
            self._unsent.clear()
            self.unsent = 0
        if not self._unsent:
            self._loop.remove_writer(self._socket)
        self._tell_below()

    def _sent(self, size: int) -> None:
        self.unsent -= size
        while size:
            first = self._unsent.popleft()
            if size < len(first):
                self._unsent.appendleft(first[size:])
            size = max(0, size - len(first))

    def _forget(self) -> None:
        """Nothing waits to be sent any more."""
        self._unsent.clear()
        self.unsent = 0
        self._tell_below()

    def _tell_below(self) -> None:
        ready = [call for limit, call in self._below if self.unsent <= limit]
        self._below = [(limit, call) for limit, call in self._below if self.unsent > limit]
        for call in ready:
            call()

    def _readable(self) -> None:
        try:
            size = self._socket.recv_into(self._frames.room())
        except BlockingIOError:
            return
        except OSError:
            size = 0
        if size:
            self._take(size)
        else:
            self.hang_up()
            self._hung_up()

    def _take(self, size: int) -> None:
        for body, content in self._frames.came(size):
            self._hear(body, content)
