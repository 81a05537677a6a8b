"""Recordings of traffic that no server has answered: what a `Wire` carried, in a file."""

from pathlib import Path

from inspector.recording.recorder import Recorder
from inspector.traffic.exchange import Started
from tests.analysis.traffic import Wire


def written(path: Path, wire: Wire, upstream: str = "http://gws.example") -> Path:
    """A recording of everything that the wire carried, in its order."""
    recorder = Recorder(path, upstream)
    numbers: dict[int, int] = {}  # those of a session before it are taken
    for event in wire.events:
        one = event.exchange
        if isinstance(event, Started):
            numbers[one.number] = recorder.number()
            recorder.started(numbers[one.number], one.connection, one.started, one.request)
        else:
            recorder.completed(numbers[one.number], one.answered, one.response, one.error)
    recorder.close()
    assert recorder.failure is None
    return path
