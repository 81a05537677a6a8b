"""The line between proxy and scribe: everything arrives, whole and in order, and what waits is known."""

import asyncio
import socket
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.recording.scribe.line import Line
from inspector.recording.scribe.wire import AT_ONCE, Frames, messages_frame, piece_head

Frame = tuple[int, Any]
PIECE = bytes(64 * 1024)
MANY = 100
"""Pieces that no pair of sockets holds."""

MESSAGES = st.lists(st.tuples(st.text(max_size=5), st.integers(), st.binary(max_size=600)), min_size=1, max_size=3)
FRAMES = st.lists(
    st.one_of(
        st.tuples(st.just(0), MESSAGES),
        st.tuples(st.integers(1, 2**63), st.binary(max_size=900)),
    ),
    max_size=12,
)


def wire(frame: Frame) -> bytes:
    body, content = frame
    return piece_head(body, len(content)) + content if body else b"".join(messages_frame(content))


def put(frames: Frames, data: bytes) -> Iterator[Frame]:
    """What comes of bytes, as a socket puts them there."""
    while data:
        room = frames.room()
        size = min(len(room), len(data))
        room[:size] = data[:size]
        data = data[size:]
        yield from frames.came(size)


@given(FRAMES, st.lists(st.integers(1, 500), max_size=30), st.integers(20, 400))
def test_frames_cut_anywhere_arrive_whole_and_in_order(sent: list[Frame], cuts: list[int], size: int) -> None:
    frames, came, data = Frames(size), list[Frame](), b"".join(map(wire, sent))
    for cut in [*cuts, len(data)]:
        came += put(frames, data[:cut])
        data = data[cut:]
    assert came == sent


def test_what_becomes_of_one_frame_does_not_concern_the_next() -> None:
    """Whoever hears it may fail, in the middle of what came together."""
    frames = Frames()
    first = next(put(frames, wire((1, b"one")) + wire((2, b"two"))))
    assert [first, *put(frames, wire((3, b"three")))] == [(1, b"one"), (2, b"two"), (3, b"three")]


def test_what_streams_takes_no_more_memory_the_more_it_is() -> None:
    frames, frame = Frames(), wire((7, PIECE))
    tracemalloc.start()
    try:
        assert sum(len(content) for _ in range(320) for _, content in put(frames, frame)) == 320 * len(PIECE)
        assert tracemalloc.get_traced_memory()[1] < 4 * AT_ONCE
        large = wire((0, [("large", PIECE * 256)]))
        tracemalloc.reset_peak()
        [(_, [(_, content)])] = list(put(frames, large))
        assert tracemalloc.get_traced_memory()[1] < 3 * len(large) + 4 * AT_ONCE
        del content, large
        list(put(frames, frame))
        assert tracemalloc.get_traced_memory()[0] < 4 * AT_ONCE
    finally:
        tracemalloc.stop()


@dataclass
class End:
    """One end, and what it heard."""

    line: Line = field(init=False)
    heard: list[Frame] = field(default_factory=list)
    left: int = 0
    """How often it was told that the other side has gone."""

    def hear(self, body: int, content: Any) -> None:
        self.heard += [(body, content)] if body else [(0, [message]) for message in content]

    def leave(self) -> None:
        self.left += 1


@contextmanager
def pair() -> Iterator[tuple[End, End]]:
    ends = End(), End()
    for end, connected in zip(ends, socket.socketpair(), strict=True):
        end.line = Line(connected, end.hear, end.leave, Frames())
    try:
        yield ends
    finally:
        for end in ends:
            end.line.hang_up()


def pause(end: End) -> None:
    """It does not come to hear."""
    asyncio.get_running_loop().remove_reader(end.line._socket)


def resume(end: End) -> None:
    asyncio.get_running_loop().add_reader(end.line._socket, end.line._readable)


async def until(look: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not look():
            await asyncio.sleep(0)


SAID = st.lists(
    st.one_of(
        st.tuples(st.just("say"), st.integers(0, 300_000)),
        st.tuples(st.just("piece"), st.integers(0, 300_000)),
        st.tuples(st.sampled_from(("pause", "resume", "turn")), st.just(0)),
    ),
    max_size=40,
)


@given(SAID)
@settings(max_examples=60, deadline=None)
def test_messages_and_pieces_arrive_in_the_order_in_which_they_were_said(steps: list[tuple[str, int]]) -> None:
    async def talk() -> None:
        with pair() as (one, other):
            said = list[Frame]()
            for number, (what, size) in enumerate(steps, 1):
                match what:
                    case "say":
                        one.line.say(("m", number, bytes(size)))
                        said.append((0, [("m", number, bytes(size))]))
                    case "piece":
                        one.line.piece(number, bytes(size))
                        said.append((number, bytes(size)))
                    case "turn":
                        await asyncio.sleep(0)
                    case "pause":
                        pause(other)
                    case "resume":
                        resume(other)
            resume(other)
            await until(lambda: len(other.heard) == len(said))
            assert other.heard == said
            assert one.line.unsent == 0

    asyncio.run(talk())


async def test_what_a_slow_reader_leaves_waiting_is_known_and_its_end_is_told_once() -> None:
    with pair() as (one, other):
        pause(other)
        calls: list[str] = []
        for _ in range(MANY):
            one.line.piece(1, PIECE)
        waiting = one.line.unsent
        assert 0 < waiting < MANY * (len(PIECE) + 100)
        one.line.when_below(waiting, lambda: calls.append("at once"))
        one.line.when_below(waiting // 2, lambda: calls.append("half"))
        one.line.when_below(0, lambda: calls.append("all"))
        for _ in range(10):
            await asyncio.sleep(0)
        assert (calls, one.line.unsent, other.heard) == (["at once"], waiting, [])
        resume(other)
        await until(lambda: len(other.heard) == MANY)
        await until(lambda: calls[1:])
        one.line.piece(1, PIECE)
        await until(lambda: len(other.heard) == MANY + 1)
        assert (calls, one.line.unsent) == (["at once", "half", "all"], 0)


def hung_up_on(one: End, other: End) -> list[str]:
    """The other side is gone while much waits: what was called when nothing waited any more."""
    pause(other)
    calls: list[str] = []
    for _ in range(MANY):
        one.line.piece(1, PIECE)
    one.line.when_below(0, lambda: calls.append("nothing waits"))
    other.line.hang_up()
    return calls


async def test_the_other_side_is_gone_while_much_waits() -> None:
    with pair() as (one, other):
        calls = hung_up_on(one, other)
        await until(lambda: one.left)
        assert (one.line.is_over, one.line.unsent, calls) == (True, 0, ["nothing waits"])
        for _ in range(3):  # nobody needs to know that it is over
            one.line.say(("more",))
            one.line.piece(1, PIECE)
            one.line.flush()
            one.line.when_below(0, lambda: calls.append("still"))
            await asyncio.sleep(0)
        one.line.leave_loop()
        one.line.finish()
        assert (one.line.unsent, calls[1:], one.left) == (0, ["still"] * 3, 1)


async def test_finishing_with_the_other_side_gone_does_not_wait() -> None:
    with pair() as (one, other):
        calls = hung_up_on(one, other)
        one.line.finish()
        assert (one.line.is_over, one.line.unsent, calls) == (True, 0, ["nothing waits"])


async def test_finishing_sends_all_and_hears_what_is_said_last() -> None:
    ours, theirs = socket.socketpair()
    end, heard = End(), list[Frame]()

    def serve() -> None:
        frames = Frames()
        with theirs:
            while not heard or heard[-1][0]:
                heard.extend(frames.came(theirs.recv_into(frames.room())))
            for message in (("log", 1), ("log", 2), ("closed",)):
                theirs.sendall(wire((0, [message])))

    end.line = Line(ours, end.hear, end.leave, Frames())
    for _ in range(MANY):
        end.line.piece(1, PIECE)
    end.line.say(("close",))
    with ThreadPoolExecutor(1) as pool:
        served = pool.submit(serve)
        end.line.finish()
        served.result()
    assert (len(heard), heard[-1]) == (MANY + 1, (0, [("close",)]))
    assert end.heard == [(0, [("log", 1)]), (0, [("log", 2)]), (0, [("closed",)])]
    assert (end.line.is_over, end.left) == (True, 0)


async def test_out_of_the_loop_everything_is_sent_at_once() -> None:
    """While the session ends, which blocks the loop."""
    with pair() as (one, other):
        one.line.say(("first",))
        one.line.leave_loop()
        with ThreadPoolExecutor(1) as pool:
            reading = pool.submit(lambda: other.line.finish())
            for number in range(3):
                one.line.say(("m", number, PIECE))
                one.line.flush()
            one.line.hang_up([("last",)])
            reading.result(20)
        said = [content[0] for _, content in other.heard]
        assert said == [("first",), *(("m", number, PIECE) for number in range(3)), ("last",)]
