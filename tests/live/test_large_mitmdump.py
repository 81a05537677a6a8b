"""Large bodies with our addon in stock mitmdump: whatever else streams, limits or changes bodies there."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.live.clients import Connection, ask
from tests.live.commands import run
from tests.live.large import BINARY, MIB, bytes_of, noise, post, streamed
from tests.live.processes import CHECKOUT, eventually
from tests.live.recorders import Recorder, in_front_of, mitmdump, recording
from tests.live.servers import Upstream, response, says

ADDON = CHECKOUT / "addons" / "record.py"
CONTENT = noise(3 * MIB)
JSON = b"Content-Type: application/json"
TEXT = b'{"token":"a-s3cret","x":"' + b"x" * (2 * MIB) + b'"}'

UPPER = """
def responseheaders(flow):
    flow.response.stream = lambda data: data.swapcase()
"""


@contextmanager
def recorded_by(upstream: Upstream, tmp_path: Path, *options: object) -> Iterator[Recorder]:
    path = tmp_path / "recording.db"
    arguments = ("-s", ADDON, f"--set=inspector_recording={path}", *options)
    with mitmdump(tmp_path / "conf", *in_front_of(upstream.url), *arguments) as process:
        yield Recorder(process, process.url(), path)
        ended = process.end()
    assert (ended.code, "Traceback" in ended.err) == (0, False), ended.err


@pytest.mark.parametrize("option", ["stream_large_bodies=1m", "store_streamed_bodies=true", "stream_large_bodies=100k"])
def test_streaming_by_mitmproxy_itself(option: str, upstream: Upstream, tmp_path: Path, place: str) -> None:
    upstream.answers[place] = says(response(CONTENT, BINARY))
    upstream.answers[f"{place}/chunked"] = says(streamed(CONTENT, BINARY))
    upstream.answers[f"{place}/small"] = says(response(CONTENT[: MIB // 2], BINARY))
    with recorded_by(upstream, tmp_path, f"--set={option}") as recorder:
        for path in (place, f"{place}/chunked", f"{place}/small"):
            sent = CONTENT[: MIB // 2] if path.endswith("small") else CONTENT
            assert ask(recorder.url, b"POST " + path.encode(), BINARY, body=sent).body == sent
            recorded = recorder.only(path)
            assert recorded.response and not recorded.truncated
            assert bytes_of(recorded.request.body) == sent == bytes_of(recorded.response.body)


@pytest.mark.parametrize("how", ["known", "chunked"])
def test_json_that_mitmproxy_shall_stream_is_hashed(how: str, upstream: Upstream, tmp_path: Path, place: str) -> None:
    upstream.answers[place] = says(response(TEXT, JSON) if how == "known" else streamed(TEXT, JSON))
    with recorded_by(upstream, tmp_path, "--set=stream_large_bodies=1m") as recorder:
        with Connection(recorder.url) as connection:
            if how == "known":
                connection.begin(b"POST " + place.encode(), JSON, body=TEXT)
            else:
                post(connection, place, TEXT, JSON)
            assert connection.reply().body == TEXT
        recorded = recorder.only(place)
        said = f"only the digest was kept ({len(TEXT)} bytes, application/json of more than {MIB} bytes)"
        assert recorded.truncated == (f"request: {said}", f"response: {said}")
    assert run("check", tmp_path / "recording.db").code in (0, 1)


@pytest.mark.parametrize("how", ["known", "chunked"])
def test_a_limit_of_mitmproxy_s_is_kept(how: str, upstream: Upstream, tmp_path: Path, place: str) -> None:
    upstream.answers[place] = says(response())
    with recorded_by(upstream, tmp_path, "--set=body_size_limit=1m") as recorder:
        with Connection(recorder.url) as connection:
            if how == "known":
                connection.begin(b"POST " + place.encode(), BINARY, b"Content-Length: %d" % len(CONTENT))
            else:
                connection.begin(b"POST " + place.encode(), BINARY, b"Transfer-Encoding: chunked")
                connection.send(b"%x\r\n" % len(CONTENT) + CONTENT[: MIB + 70_000])
            assert connection.reply().status == 413
        eventually(lambda: recorder.exchanges(place))
        assert "limit" in (recorder.only(place).error or "")
    assert not upstream.requests(place)


@pytest.mark.parametrize("order", ["before ours", "behind ours"])
def test_an_addon_that_streams_by_itself(order: str, upstream: Upstream, tmp_path: Path, place: str) -> None:
    """One before ours changes what we have recorded; of one behind ours we say that we have seen nothing."""
    other = tmp_path / "upper.py"
    other.write_text(UPPER)
    content = b"abc" * MIB
    upstream.answers[place] = says(response(content, BINARY))
    path = tmp_path / "recording.db"
    scripts = ["-s", other, "-s", ADDON] if order == "before ours" else ["-s", ADDON, "-s", other]
    arguments = (*scripts, f"--set=inspector_recording={path}")
    with mitmdump(tmp_path / "conf", *in_front_of(upstream.url), *arguments) as process:
        assert ask(process.url(), b"GET " + place.encode()).body == content.swapcase()
        recorder = Recorder(process, process.url(), path)
        eventually(lambda: recorder.rows("SELECT 1 FROM exchanges WHERE done_tick IS NOT NULL"))
        recorded = recorder.only(place)
        assert recorded.response
        if order == "before ours":
            assert bytes_of(recorded.response.body) == content and not recorded.truncated
        else:
            assert recorded.truncated == (
                "response: nothing was kept: it was streamed by mitmproxy, or by another addon",
            )


def test_a_blocking_recorder_tells_of_what_it_could_not_judge(upstream: Upstream, tmp_path: Path, place: str) -> None:
    upstream.answers[place] = says(response())
    large = noise(17 * MIB)
    with recording(upstream.url, tmp_path / "recording.db", "--block") as recorder:
        ask(recorder.url, b"POST " + place.encode(), BINARY, body=CONTENT)
        assert "judged" not in recorder.process.err
        ask(recorder.url, b"POST " + place.encode(), BINARY, body=large)
        eventually(lambda: "too large a body to be judged" in recorder.process.err)
        first, second = recorder.rows("SELECT id FROM exchanges ORDER BY id")
        assert (first["id"], second["id"]) == (1, 2)
    assert [one.body for one in upstream.requests(place)] == [CONTENT, large]
