"""How long agents with held long polls hold each other up, as a Markdown table: python -m tests.benchmarks.polls

Agents wait, each on a connection of its own, while others exchange quickly; then each wait ends with a notification,
one after the other, and once all at the same moment. Measured directly at the server, through stock mitmdump that
records nothing, and through the recorder; server and client are processes of their own, all on loopback.
"""

import argparse
import asyncio
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

from tests.live.processes import running
from tests.live.recorders import in_front_of, mitmdump, recording

CONNECT, QUICK, RELEASE = "/api/v2/notifications/connect", "/api/v2/me/chats/0001", "/release"
POLL = b'[{"channel":"/meta/connect","clientId":"%d","connectionType":"long-polling","id":"7"}]'
ASKED = b'{"operationName":"SendMessage","text":"%d"}'
ANSWER = b'{"statusCode":0,"text":"' + b"x" * 2000 + b'"}'
CLIENTS = 4
"""Who exchange quickly while the others wait."""
PAUSE_S = 0.005
"""Between two exchanges of one of them."""


def main() -> None:
    """Runs the rounds, prints the table."""
    given = _arguments()
    if given.serve:
        asyncio.run(_serve())
        return
    with tempfile.TemporaryDirectory(prefix="gws-benchmark-") as folder, ExitStack() as stack:
        server = stack.enter_context(running("-m", "tests.benchmarks.polls", "--serve")).url()
        plain = stack.enter_context(mitmdump(Path(folder) / "confdir", *in_front_of(server))).url()
        recorder = stack.enter_context(recording(server, Path(folder) / "polls.db", "--quiet"))
        ways = [Way("directly", server), Way("stock mitmdump, records nothing", plain), Way("recorder", recorder.url)]
        for turn in range(given.rounds):
            print(f"# round {turn + 1} of {given.rounds}", file=sys.stderr, flush=True)
            for way in ways if turn % 2 == 0 else reversed(ways):
                asyncio.run(_round(way, server, given.agents, given.seconds))
        recorded = recorder.rows("SELECT count(*) n FROM exchanges WHERE done_tick IS NOT NULL")[0]["n"]
    print(f"\n{_machine()}; {given.agents} agents, {CLIENTS} quick clients, {given.rounds} rounds in turn.\n")
    print("\n".join(_table(ways, given.agents)))
    for way in ways:
        added = _shown(there - here for there, here in zip(_numbers(way.beside), _numbers(way.alone), strict=True))
        print(f"\n{given.agents} who wait add to a quick exchange, {way.name}: {added} ms.")
    asked = sum(len(way.alone) + len(way.beside) + len(way.single) + len(way.together) for way in ways[2:])
    print(f"\nExchanges through the recorder: {asked}; in its recording: {recorded}.")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--agents", type=int, default=50, help="how many wait at once (50)")
    parser.add_argument("--rounds", type=int, default=5, help="how often each is measured, in turn (5)")
    parser.add_argument("--seconds", type=float, default=2, help="how long the quick clients go on, each time (2)")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


@dataclass(slots=True)
class Way:
    """A way to the server, and the milliseconds that were measured on it."""

    name: str
    url: str
    alone: list[float] = field(default_factory=list)
    """Quick exchanges while nobody waits."""
    beside: list[float] = field(default_factory=list)
    """Quick exchanges while all agents wait."""
    single: list[float] = field(default_factory=list)
    """Notifications, from the server's sending to the agent's having it, one after the other."""
    together: list[float] = field(default_factory=list)
    """The same, all sent at the same moment."""


def _table(ways: Sequence[Way], agents: int) -> Iterator[str]:
    kinds = ("alone", "beside", "single", "together")
    titles = ("quick, nobody waits", f"quick, {agents} wait", "notification", f"{agents} notifications at once")
    yield "| ms: median / p99 / max | " + " | ".join(titles) + " |"
    yield "|---|" + "--:|" * len(kinds)
    for way in ways:
        cells = (getattr(way, kind) for kind in kinds)
        yield f"| {way.name} | " + " | ".join(_shown(_numbers(cell)) for cell in cells) + " |"


def _numbers(measured: Sequence[float]) -> tuple[float, float, float]:
    return statistics.median(measured), sorted(measured)[int(len(measured) * 0.99)], max(measured)


def _shown(numbers: Iterable[float]) -> str:
    return " / ".join(f"{number:.1f}" for number in numbers)


def _machine() -> str:
    cpu = Path("/proc/cpuinfo").read_text().partition("model name\t: ")[2].partition("\n")[0] or platform.machine()
    cores = Path("/proc/cpuinfo").read_text().count("processor\t")
    return f"{cores} cores ({cpu}), Python {platform.python_version()}, mitmproxy {version('mitmproxy')}"


class Client:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def of(cls, url: str) -> "Client":
        parts = urlsplit(url)
        return cls(*await asyncio.open_connection(parts.hostname, parts.port))

    async def ask(self, target: str, body: bytes) -> bytes:
        head = f"POST {target} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        self._writer.write(head.encode() + b"\r\n" + body)
        return (await _message(self._reader))[1]

    def close(self) -> None:
        self._writer.close()


async def _round(way: Way, server: str, agents: int, seconds: float) -> None:
    way.alone += await _quick(way.url, seconds)
    control = await Client.of(server)
    for kind in (way.single, way.together):
        clients = [await Client.of(way.url) for _ in range(agents)]
        polls = [asyncio.ensure_future(_poll(client, agent)) for agent, client in enumerate(clients)]
        while int(await control.ask("/held", b"")) < agents:
            await asyncio.sleep(0.01)
        if kind is way.single:
            way.beside += await _quick(way.url, seconds)
            for agent in range(agents):
                await control.ask(f"{RELEASE}?agent={agent}", b"")
                await polls[agent]
        else:
            await control.ask(RELEASE, b"")
        kind += await asyncio.gather(*polls)
        for client in clients:
            client.close()
    control.close()


async def _poll(client: Client, agent: int) -> float:
    """Milliseconds from the server's sending to our having it: the clock is the same for all processes."""
    answer = await client.ask(f"{CONNECT}?agent={agent}", POLL % agent)
    arrived = time.monotonic_ns()
    return (arrived - int(answer.partition(b'"sent":')[2].partition(b"}")[0])) / 1e6


async def _quick(url: str, seconds: float) -> list[float]:
    async def one() -> list[float]:
        client, measured = await Client.of(url), list[float]()
        end = time.monotonic() + seconds
        while (begun := time.monotonic()) < end:
            await client.ask(QUICK, ASKED % len(measured))
            measured.append((time.monotonic() - begun) * 1000)
            await asyncio.sleep(PAUSE_S)
        client.close()
        return measured

    return [value for values in await asyncio.gather(*(one() for _ in range(CLIENTS))) for value in values]


async def _message(reader: asyncio.StreamReader) -> tuple[str, bytes]:
    """The first line of a message, and its body."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    length = next(line for line in head.split("\r\n") if line.lower().startswith("content-length:"))
    return head.partition("\r\n")[0], await reader.readexactly(int(length.partition(":")[2]))


async def _serve() -> None:
    """The server: polls wait until their agent, or all, are released."""
    held: dict[str, asyncio.Future[None]] = {}

    async def answer(target: str) -> bytes:
        path, _, agent = target.partition("?agent=")
        if path == CONNECT:
            await held.setdefault(agent, asyncio.get_running_loop().create_future())
            return b'[{"channel":"/v2/me/chats","data":{"sent":%d}}]' % time.monotonic_ns()
        if path == RELEASE:
            for name in [agent] if agent else list(held):
                held.pop(name).set_result(None)
        return b"%d" % len(held) if path == "/held" else ANSWER

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                line, _ = await _message(reader)
                body = await answer(line.split(" ")[1])
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
                )
                writer.write(body)
        except (OSError, asyncio.IncompleteReadError):
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0, backlog=1024)
    print(f"ready http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    main()
