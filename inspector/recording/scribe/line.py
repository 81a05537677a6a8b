"""One end of the pair of sockets, in an event loop: what is said in one turn of it goes out together."""

import asyncio
import socket
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from inspector.recording.scribe.wire import RECEIVED_AT_ONCE, Frames, Message, messages_frame, piece_head


class Line:
    """Sends, and tells `hear` each frame that comes: 0 and messages, or the number of a body and bytes of it; and
    `hung_up` when the other side is gone. Belongs to the loop that runs when it is made.
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

    def say(self, message: Message) -> None:
        """The message goes out with this turn of the loop."""
        if not self._new:
            self._loop.call_soon(self.flush)
        self._new.append(message)

    def piece(self, body: int, data: bytes) -> None:
        """Bytes of a body go out, behind all that was said before."""
        self.flush()
        self._send(memoryview(piece_head(body, len(data))))
        self._send(memoryview(data))

    def flush(self) -> None:
        """What was said goes out."""
        if self._new:
            new, self._new = self._new, []
            self._send(memoryview(messages_frame(new)))

    def when_below(self, limit: int, call: Callable[[], None]) -> None:
        """Calls back once, as soon as no more than `limit` bytes are unsent."""
        if self.unsent <= limit:
            call()
        else:
            self._below.append((limit, call))

    def pause(self) -> None:
        """Hears nothing more for now: what the other side says waits there."""
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket)

    def resume(self) -> None:
        """Hears again."""
        if self._socket.fileno() >= 0:
            self._loop.add_reader(self._socket, self._readable)

    def finish(self) -> None:
        """Sends the rest and hears what comes back until the other side hangs up; blocks, however long that takes."""
        self.flush()
        self._leave_loop()
        self._socket.setblocking(True)
        try:
            for rest in self._unsent:
                self._socket.sendall(rest)
            while data := self._socket.recv(RECEIVED_AT_ONCE):
                self._take(data)
        except OSError:
            pass  # gone already: `hung_up` was told, or is told by who reads the end
        self._unsent.clear()
        self.unsent = 0
        self._socket.close()

    def hang_up(self, *, last: Sequence[Message] = ()) -> None:
        """It is over. What was said is still sent if there are `last` messages, however long that takes; else not."""
        if last:
            self._new += last
            self.flush()
            self._socket.setblocking(True)
            with suppress(OSError):
                for data in self._unsent:
                    self._socket.sendall(data)
        self._leave_loop()
        self._unsent.clear()
        self.unsent = 0
        self._socket.close()
        self._tell_below()

    def _leave_loop(self) -> None:
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket)
            self._loop.remove_writer(self._socket)

    def _send(self, data: memoryview) -> None:
        if self._socket.fileno() < 0:
            return
        if not self._unsent:
            try:
                data = data[self._socket.send(data) :]
            except BlockingIOError:
                pass
            except OSError:
                return  # the reading end sees it, too
            if not data:
                return
            self._loop.add_writer(self._socket, self._writable)
        self._unsent.append(data)
        self.unsent += len(data)

    def _writable(self) -> None:
        try:
            while self._unsent:
                first = self._unsent[0]
                sent = self._socket.send(first)
                self.unsent -= sent
                if sent < len(first):
                    self._unsent[0] = first[sent:]
                    break
                self._unsent.popleft()
        except BlockingIOError:
            pass
        except OSError:
            self._unsent.clear()
            self.unsent = 0
        if not self._unsent:
            self._loop.remove_writer(self._socket)
        self._tell_below()

    def _tell_below(self) -> None:
        ready = [call for limit, call in self._below if self.unsent <= limit]
        self._below = [(limit, call) for limit, call in self._below if self.unsent > limit]
        for call in ready:
            call()

    def _readable(self) -> None:
        try:
            data = self._socket.recv(RECEIVED_AT_ONCE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            self._take(data)
        else:
            self.hang_up()
            self._hung_up()

    def _take(self, data: bytes) -> None:
        for body, content in self._frames.put(data):
            self._hear(body, content)
