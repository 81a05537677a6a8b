"""The in-process transport of `gws_stub` for httpx against vcrpy: python -m tests.benchmarks.inprocess

One client, one request after the other, no socket on either side; each with 1 and with 1,000 exchanges.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import httpx

from inspector.replay.control.shelf import Source
from inspector.replay.stub import Settings
from inspector.testing.playing import PlayedStub
from tests.benchmarks import generate
from tests.benchmarks.story import PATH, REQUEST_FIELDS, RESPONSE_FIELDS, UPSTREAM, answered, asked

COUNTS = (1, 1_000)
STRIDE = 389


@contextmanager
def stub(count: int, folder: Path) -> Iterator[httpx.Client]:
    """A client of our transport, as tests have it."""
    stub = PlayedStub(Source(generate.recording(folder / f"{count}.db", count)), Settings(reuse=True))
    with httpx.Client(transport=stub.transport) as client:
        yield client
    stub.close()


@contextmanager
def vcrpy(count: int, folder: Path) -> Iterator[httpx.Client]:
    """A client under a cassette that tells requests apart by their bodies, and plays them any number of times."""
    import vcr

    path = folder / f"{count}.json"
    path.write_text(json.dumps({"version": 1, "interactions": [_interaction(k) for k in range(count)]}))
    match_on = ["method", "scheme", "host", "port", "path", "query", "body"]
    settings = {"record_mode": "none", "match_on": match_on, "allow_playback_repeats": True}
    with vcr.use_cassette(str(path), serializer="json", **settings), httpx.Client() as client:
        yield client


def _interaction(k: int) -> dict[str, object]:
    request = {"method": "POST", "uri": UPSTREAM + PATH, "body": asked(k).decode()}
    headers = {name: [value] for name, value in RESPONSE_FIELDS}
    response = {"status": {"code": 200, "message": "OK"}, "headers": headers, "body": {"string": answered(k).decode()}}
    return {"request": {**request, "headers": {name: [value] for name, value in REQUEST_FIELDS}}, "response": response}


def rate(client: httpx.Client, count: int, seconds: float) -> float:
    """Requests per second of this process's own processor time, whoever else keeps the machine busy.

    They go all over the recording, since a search that begins at its head is quick to find what is there. Each answer
    is compared with the recorded one.
    """
    k, asked_for, begun = 0, 0, time.process_time()
    while time.process_time() < begun + seconds:
        got = client.post(UPSTREAM + PATH, content=asked(k), headers=dict(REQUEST_FIELDS)).content
        if got != answered(k):
            raise RuntimeError(f"exchange {k} is answered with {got!r}")
        asked_for += 1
        k = (k + STRIDE) % count
    return asked_for / (time.process_time() - begun)


def table(rounds: int, seconds: float) -> Iterator[str]:
    """Measures in turn; the table in Markdown."""
    yield "| exchanges | stub, requests/s | vcrpy, requests/s | × vcrpy |\n|--:|--:|--:|--:|"
    for count in COUNTS:
        rates: dict[str, list[float]] = {"stub": [], "vcrpy": []}
        for _ in range(rounds):
            for name, opened in (("stub", stub), ("vcrpy", vcrpy)):
                with tempfile.TemporaryDirectory() as folder, opened(count, Path(folder)) as client:
                    rate(client, count, seconds / 5)
                    rates[name].append(rate(client, count, seconds))
        ours, theirs = (statistics.median(rates[name]) for name in ("stub", "vcrpy"))
        yield f"| {count:,} | {ours:,.0f} | {theirs:,.0f} | {ours / theirs:.1f} |"
    yield (
        f"\nOne client without a socket, requests per second of processor time; medians of {rounds} rounds in turn; "
        + (f"httpx {version('httpx')}, vcrpy {version('vcrpy')}.")
    )


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="how often each is measured, in turn (5)")
    parser.add_argument("--seconds", type=float, default=1, help="processor time of a round for each (1)")
    given = parser.parse_args()
    for line in table(given.rounds, given.seconds):
        print(line, flush=True)


if __name__ == "__main__":
    main()
