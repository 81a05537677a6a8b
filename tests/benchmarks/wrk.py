"""One run of wrk, and what it saw and cost."""

import json
import os
import socket
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

LOAD = Path(__file__).with_name("load.lua")
CONNECTIONS = 16


@dataclass(frozen=True, slots=True)
class Run:
    """`cpu_us` is what a request cost the server: its own processor time, whoever else keeps the machine busy."""

    requests: int
    rate: float
    p50_ms: float
    p99_ms: float
    errors: int
    cpu_us: float


def load(url: str, seconds: int, arguments: Iterable[object], cpu_s: Callable[[], float]) -> Run:
    """Loads a server with what `load.lua` makes of the arguments; `cpu_s` tells the processor time that it has used."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "5s", "-s", str(LOAD)]
    command += [url, "--", *map(str, arguments)]
    before = cpu_s()
    told = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60, check=True).stdout
    seen = json.loads(next(line for line in told.splitlines() if line.startswith("RESULT ")).removeprefix("RESULT "))
    return Run(**seen, cpu_us=(cpu_s() - before) / max(seen["requests"], 1) * 1e6)


def cpu_s(processes: Iterable[int]) -> float:
    """The processor time of processes that run."""
    # proc(5): utime and stime are fields 14 and 15; the name before them may hold anything
    told = [Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split() for number in processes]
    return sum(int(one[11]) + int(one[12]) for one in told) / os.sysconf("SC_CLK_TCK")


def memory_mib(processes: Iterable[int], name: str = "VmRSS") -> float:
    """What is resident of processes that run; or another line of their status (proc(5))."""
    status = [Path(f"/proc/{number}/status").read_text() for number in processes]
    return sum(int(text.partition(f"{name}:")[2].split()[0]) for text in status) / 1024


def free_port() -> int:
    """A port of loopback that nobody has."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
