"""What waits to be written: in order, bounded, handed over once per turn of the event loop, and nothing is lost."""

import asyncio
import os
import random
import threading

from inspector.recording.backlog import Backlog


def backlog(count: int = 100, size: int = 1000) -> Backlog[bytes]:
    return Backlog(len, count=count, size=size)


def test_there_is_room_until_there_are_too_many_or_too_much() -> None:
    for many, item in ((100, b""), (4, b"x" * 250)):
        full = backlog()
        for _ in range(many):
            assert full.room() is None
            full.put(item)
        room = full.room()
        assert room and not room.done()
        full.settle(full.take())
        room.result(0)
        assert full.room() is None


def test_whoever_waits_for_room_waits_until_what_is_taken_is_written() -> None:
    full = backlog(count=1)
    full.put(b"1")
    waiting = full.room()
    batch = full.take()
    assert waiting and not waiting.done()
    full.settle(batch)
    assert waiting.done()


def test_a_turn_of_the_event_loop_is_one_batch_whose_commit_all_share() -> None:
    lines = backlog()

    async def turn() -> None:
        lines.put(b"1")
        commits = {lines.commit() for _ in range(5)}
        lines.put(b"2")
        commits.add(lines.commit())
        assert len(commits) == 1
        await asyncio.sleep(0)
        batch = lines.take()
        assert (batch.items, set(batch.commits)) == ([b"1", b"2"], commits)

    asyncio.run(turn())


def test_all_who_wait_are_told_but_for_those_who_went() -> None:
    lines = backlog()

    async def wait() -> None:
        lines.put(b"1")
        waiting = [asyncio.ensure_future(_wait(lines)) for _ in range(5)]
        await asyncio.sleep(0)
        gone = waiting.pop(0)
        gone.cancel()
        await asyncio.sleep(0)
        batch = lines.take()
        threading.Thread(target=lines.settle, args=(batch,)).start()
        await asyncio.wait_for(asyncio.gather(*waiting), 20)
        assert gone.cancelled()
        await batch.commits[0]  # long since done

    asyncio.run(wait())


async def _wait(lines: Backlog[bytes]) -> None:
    await lines.commit()


def test_what_nobody_waits_for_is_not_forgotten() -> None:
    lines = backlog()

    async def put() -> None:
        loop = asyncio.get_running_loop()
        for item in (b"1", b"2"):
            lines.put(item)
            batch = await loop.run_in_executor(None, lines.take, 20.0)
            assert batch.items == [item]

    asyncio.run(put())
    asyncio.run(put())  # another loop, and the first one's timers are gone with it


def test_outside_of_an_event_loop_everything_is_handed_over_at_once() -> None:
    lines = backlog()
    lines.put(b"1")
    assert lines.take(0).items == [b"1"]
    lines.commit()
    assert len(lines.take(0).commits) == 1


def test_patience_ends() -> None:
    assert backlog().take(0.001).items == []


def test_nothing_is_lost_and_a_commit_is_for_all_that_was_put_before() -> None:
    seed = int(os.environ.get("GWS_TEST_SEED") or random.randrange(2**32))
    print(f"GWS_TEST_SEED={seed}")
    chance, lines = random.Random(seed), Backlog[bytes](len, count=50, size=4000)
    written: list[int] = []
    most = 0

    def write() -> None:
        while True:
            batch = lines.take()
            written.extend(int(item[:8]) for item in batch.items)
            lines.settle(batch)
            if batch.is_last:
                return

    async def client(numbers: "list[int]") -> None:
        nonlocal most
        while numbers:
            while room := lines.room():
                await room
            number = numbers.pop()
            lines.put(b"%08d" % number + b"x" * chance.randrange(300))
            most = max(most, lines.waiting)
            if chance.random() < 0.5:
                await lines.commit()
                assert number in written[-2000:]
            elif chance.random() < 0.5:
                await asyncio.sleep(0)

    async def clients() -> None:
        numbers = list(range(5000, 0, -1))
        await asyncio.gather(*(client(numbers) for _ in range(8)))
        lines.end()

    writer = threading.Thread(target=write)
    writer.start()
    asyncio.run(clients())
    writer.join(20)
    assert written == list(range(1, 5001))
    assert most <= 50
