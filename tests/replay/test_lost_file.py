"""The file of a recording that is played is written over: what it held is missed, with the reason."""

from pathlib import Path

import httpx

from inspector.replay.fronts.transport import StubTransport
from inspector.replay.plans.keeping import keep
from inspector.replay.plans.opening import prepare
from inspector.replay.stub import Settings
from tests.recording.keeping import events, exchange, session
from tests.recording.keeping import keep as keep_events


def overwritten(path: Path) -> None:
    """By another recording, in place."""
    other = path.with_name("other.db")
    keep_events(other, events(exchange(1, back=b"other")), of=session("other"))
    path.write_bytes(other.read_bytes())


def test_what_the_file_held_is_missed_with_the_reason(tmp_path: Path) -> None:
    path = tmp_path / "recording.db"
    asked = [b'{"n":%d}' % number for number in range(1, 4)]
    keep_events(path, events(*(exchange(n, sent=body, back=b"yes") for n, body in enumerate(asked, 1))))
    keep(path)
    stub = prepare(path).stub(Settings(reuse=True))
    with httpx.Client(transport=StubTransport(stub), base_url="http://gws.example") as client:
        assert client.post("/p?q=1", content=asked[0]).content == b"yes"
        overwritten(path)
        lost = client.post("/p?q=1", content=asked[1])
        assert (lost.status_code, client.post("/p?q=1", content=b'{"n":9}').status_code) == (501, 501)
        assert path.name in lost.json()["statusMessage"]
        # what was asked before is remembered
        assert client.post("/p?q=1", content=asked[0]).content == b"yes"
