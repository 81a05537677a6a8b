"""Proxy and scribe are two processes: what becomes of one, and of the traffic, when something happens to the other."""

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.clients import ENOUGH, Busy, Connection, ask
from tests.live.commands import run
from tests.live.large import BINARY, MIB, head, in_two, noise
from tests.live.processes import PATIENCE, Ended, Process, command, eventually
from tests.live.recorders import Recorder, beside, recording
from tests.live.servers import Gate, Held, Upstream, response, says
from tests.live.test_large_memory import LIMIT, memory
from tests.live.test_stalled import locked

JSON = b"Content-Type: application/json"
GOOD = response(b'{"statusCode":0}', JSON)


def scribe(process: Process) -> int:
    """The one process that a recorder has started."""
    [number] = process.children()
    return number


def lose(recorder: Recorder, more: str = "") -> None:
    """kill -9 for the scribe alone; until the recorder has said what that means."""
    os.kill(scribe(recorder.process), signal.SIGKILL)
    recorder.process.line(f"recording incomplete, the traffic goes on{more}: the process that writes", "err")


def assert_incomplete(recorder: Recorder, ended: Ended) -> None:
    """The session says what it lacks, and so did the recorder."""
    assert (ended.code, "Traceback" in ended.err) == (3, False), ended.err
    assert ended.err.splitlines()[-1].startswith("error: recording incomplete")
    [session] = recorder.rows("SELECT state, trouble FROM sessions")
    assert session["state"] == "incomplete"
    assert "was ended by SIGKILL" in session["trouble"]
    assert beside(recorder.path) == [recorder.path.name]
    assert run("check", recorder.path).code == 3


@pytest.fixture
def busy(upstream: Upstream, place: str) -> Iterator[list[Busy]]:
    """Clients that are to ask one thing after another; they end with their recorder."""
    upstream.answers[place] = says(GOOD)
    clients: list[Busy] = []
    yield clients
    for client in clients:
        client.join(PATIENCE)


def work(clients: list[Busy], recorder: Recorder, place: str) -> None:
    """Until all of them are well under way."""
    clients += [Busy(recorder.url, place, name) for name in "abc"]
    for client in clients:
        client.start()
    for client in clients:
        client.wait()


@pytest.mark.parametrize("quiet", [(), ("-q",)], ids=["told", "quiet"])
def test_without_a_scribe_the_traffic_goes_on(
    quiet: tuple[str, ...], upstream: Upstream, file: Path, place: str, busy: list[Busy]
) -> None:
    held = upstream.answers[f"{place}/held"] = Held(GOOD)
    with recording(upstream.url, file, *quiet) as recorder, Connection(recorder.url, PATIENCE) as waiting:
        waiting.begin(f"GET {place}/held".encode())
        held.wait()
        work(busy, recorder, place)
        answered = {query for client in busy for query in client.answered}
        lose(recorder)
        before = [len(client.answered) for client in busy]
        eventually(lambda: all(len(one.answered) > had + ENOUGH for one, had in zip(busy, before, strict=True)))
        held.release()
        assert waiting.reply().status == 200
        ended = recorder.process.end()
    assert_incomplete(recorder, ended)
    assert ended.err.count("\nrecording incomplete") + ended.err.startswith("recording incomplete") == 1
    assert answered <= {row["query"] for row in recorder.exchanges(place) if row["done_tick"]}
    assert recorder.rows("PRAGMA integrity_check") == [{"integrity_check": "ok"}]


@pytest.mark.parametrize("options", [(), ("--block",)], ids=["recording", "blocking"])
def test_who_waits_for_the_scribe_goes_on_without_it(
    options: tuple[str, ...], upstream: Upstream, file: Path, place: str
) -> None:
    """One that does not answer any more: a commit, and a verdict, that never come. Nothing is refused unjudged."""
    upstream.answers[place] = says(GOOD)
    with recording(upstream.url, file, *options) as recorder, Connection(recorder.url, PATIENCE) as client:
        assert client.ask(b"GET " + place.encode()).status == 200
        os.kill(scribe(recorder.process), signal.SIGSTOP)
        client.begin(b"POST " + place.encode(), JSON, body=b'{"operationName":"Nonsense"}')
        if not options:
            eventually(lambda: len(upstream.requests(place)) == 2)
        lose(recorder, ", and nothing is refused any more" if options else "")
        assert client.reply().status == 200
        assert client.ask(b"POST " + place.encode(), JSON, body=b'{"operationName":"Nonsense"}').status == 200
        assert len(upstream.requests(place)) == 3
        ended = recorder.process.end()
    assert_incomplete(recorder, ended)
    assert recorder.only(place).done


@pytest.mark.parametrize("stalled", [False, True], ids=["flowing", "held up"])
def test_bodies_that_stream_go_on_without_a_scribe(stalled: bool, upstream: Upstream, file: Path, place: str) -> None:
    """Both ways, also where too much waited for the disk, so that their sources were held up."""
    first, rest = noise(2 * MIB), noise(48 * MIB, 2)
    gate = Gate()
    size = b"Content-Length: %d" % (50 * MIB)
    upstream.answers[f"{place}/down"] = in_two(head(BINARY, size) + first, lambda: gate.passed("rest"), rest)
    upstream.answers[f"{place}/up"] = says(GOOD)
    with (
        recording(upstream.url, file) as recorder,
        Connection(recorder.url, PATIENCE) as down,
        Connection(recorder.url, PATIENCE) as up,
    ):
        down.begin(f"GET {place}/down".encode())
        down.head()
        assert down.exactly(len(first)) == first
        up.begin(f"POST {place}/up".encode(), BINARY, size)
        up.send(first)
        pouring = threading.Thread(target=up.send, args=(rest,))
        gate.wait()
        if stalled:
            with locked(file):
                gate.release("rest")
                pouring.start()
                recorder.process.line(f"{file} is locked", "err")
                lose(recorder)
                received = down.exactly(len(rest))
        else:
            lose(recorder)
            gate.release("rest")
            pouring.start()
            received = down.exactly(len(rest))
        assert received == rest
        assert up.reply().status == 200
        pouring.join(PATIENCE)
        assert upstream.requests(f"{place}/up")[0].body == first + rest
        ended = recorder.process.end()
    assert_incomplete(recorder, ended)


def test_what_waits_for_a_lock_is_bounded_in_both_processes(upstream: Upstream, file: Path, place: str) -> None:
    body, rest = b"small", noise(100 * MIB)
    gate = Gate()
    size = b"Content-Length: %d" % (len(rest) + MIB)
    upstream.answers[f"{place}/down"] = in_two(head(BINARY, size) + rest[:MIB], lambda: gate.passed("rest"), rest)
    upstream.answers[place] = says(response(body))
    with recording(upstream.url, file) as recorder, Connection(recorder.url, PATIENCE) as down:
        assert ask(recorder.url, b"GET " + place.encode()).body == body
        processes = recorder.process.id, scribe(recorder.process)
        idle = [memory(one, "VmRSS") for one in processes]
        down.begin(f"GET {place}/down".encode())
        down.head()
        down.exactly(MIB)
        gate.wait()
        clients = [Connection(recorder.url, PATIENCE) for _ in range(10)]
        with locked(file):
            gate.release("rest")
            for client in clients:
                client.begin(b"GET " + place.encode())
            reading = Reading(down, len(rest))
            reading.start()
            eventually(lambda: len(upstream.requests(place)) == 11)
            recorder.process.line(f"{file} is locked", "err")
            assert reading.is_alive()
        for client in clients:
            with client:
                assert client.reply().body == body
        reading.join(PATIENCE)
        assert reading.received == rest
        most = [memory(one, "VmHWM") for one in processes]
        assert recorder.process.end().code == 0
    assert [high - low < LIMIT for low, high in zip(idle, most, strict=True)] == [True, True], (idle, most)
    assert len(recorder.exchanges(place)) == 11
    found = recorder.only(f"{place}/down")
    assert found.response and found.response.body.size == len(rest) + MIB
    assert (found.truncated, recorder.rows("SELECT state FROM sessions")) == ((), [{"state": "complete"}])


class Reading(threading.Thread):
    """Reads so many bytes."""

    def __init__(self, connection: Connection, size: int) -> None:
        super().__init__(daemon=True)
        self.received = b""
        self._connection, self._size = connection, size

    def run(self) -> None:
        self.received = self._connection.exactly(self._size)


def test_a_proxy_that_is_killed_leaves_a_recording_and_no_process(
    upstream: Upstream, file: Path, place: str, busy: list[Busy]
) -> None:
    """And the next recorder need not wait for anybody to see to it."""
    with recording(upstream.url, file) as recorder:
        work(busy, recorder, place)
        child = scribe(recorder.process)
        recorder.process.send(signal.SIGKILL)
        with recording(upstream.url, file) as again:
            assert ask(again.url, b"GET " + place.encode()).status == 200
            assert again.process.end().code == 0
        assert recorder.process.wait().code == -signal.SIGKILL
        eventually(lambda: not Path(f"/proc/{child}/stat").exists() or _is_zombie(child))
        for client in busy:
            client.join(PATIENCE)
    sessions = again.rows("SELECT id, state, trouble FROM sessions ORDER BY id")
    assert [(row["state"], row["trouble"]) for row in sessions] == [
        ("incomplete", "its recorder was killed"),
        ("complete", None),
    ]
    answered = {query for client in busy for query in client.answered}
    recorded = again.rows("SELECT id, session, query FROM exchanges WHERE done_tick IS NOT NULL ORDER BY id")
    assert answered <= {row["query"] for row in recorded}
    assert [row["session"] for row in recorded] == [1] * (len(recorded) - 1) + [2]
    assert beside(file) == [file.name]


def _is_zombie(number: int) -> bool:
    """It has ended, and nobody has asked how."""
    try:
        return Path(f"/proc/{number}/stat").read_bytes().rpartition(b")")[2].split()[0] == b"Z"
    except OSError:
        return True


def test_a_signal_is_for_the_proxy(upstream: Upstream, file: Path, place: str) -> None:
    """The scribe ends when there is nothing more to write: Ctrl-C does not reach it, and a signal does not end it."""
    upstream.answers[place] = says(GOOD)
    with recording(upstream.url, file) as recorder, Connection(recorder.url, PATIENCE) as client:
        child = scribe(recorder.process)
        assert os.getsid(child) == child
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            os.kill(child, number)
            assert client.ask(b"GET " + place.encode()).status == 200
        assert scribe(recorder.process) == child
        os.kill(child, signal.SIGTERM)  # as a service manager does it: for all of a service, or for one after the other
        ended = recorder.process.end(signal.SIGTERM)
    assert (ended.code, "Traceback" in ended.err) == (0, False), ended.err
    assert len(recorder.exchanges(place)) == 3
    assert recorder.rows("SELECT state FROM sessions") == [{"state": "complete"}]
    assert beside(file) == [file.name]


def test_a_recording_that_is_refused_leaves_no_process(upstream: Upstream, file: Path, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\nif any('scribe' in one for one in sys.orig_argv): sys.modules['sqlite3'] = None\n"
    )
    with recording(upstream.url, file) as recorder:
        for path, broken, says_so in (
            (tmp_path, False, "Is a directory"),
            (file, False, "is recording session"),
            (tmp_path / "new.db", True, "sqlite3"),
        ):
            mark = {"REFUSED": str(path)}
            if broken:
                mark["PYTHONPATH"] = os.pathsep.join((str(tmp_path), str(Path(__file__).parents[2])))
            ended = command("record", upstream.url, path, "--listen", "127.0.0.1:0", env=mark)
            assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1), ended.err
            assert ended.err.startswith("error: ") and says_so in ended.err
            assert not with_environment(b"REFUSED=" + str(path).encode() + b"\0")
        assert recorder.process.end().code == 0


def with_environment(setting: bytes) -> list[str]:
    """The processes that have it."""
    found = []
    for environ in Path("/proc").glob("[0-9]*/environ"):
        try:
            if setting in environ.read_bytes():
                found.append(environ.parent.name)
        except OSError:
            pass  # somebody else's, or gone
    return found
