"""What a large capture costs in memory: no more than a small one, however large it and its bodies are."""

import base64
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import pytest

from tests.live.large import MIB, noise
from tests.live.processes import COMMAND, environment
from tests.recording.har.hars import entry, fields, har, saved
from tests.recording.keeping import query

LIMIT = 40
"""MiB over what the import of a small file takes."""

FILE = "/api/v2/me/chats/1/attachments/9"


def with_one(out: BinaryIO, size: int) -> None:
    """One download of nearly all the size."""
    content = {"size": -1, "mimeType": "image/png", "text": "@", "encoding": "base64"}
    told = json.dumps(
        har(entry(FILE, content=content, response={"headers": fields(content_type="image/png")}))
    ).encode()
    before, after = told.split(b"@")
    out.write(before)
    for number in range(size // (4 * MIB)):
        out.write(base64.b64encode(number.to_bytes(3) + noise(3 * MIB)[3:]))
    out.write(after)


def with_many(out: BinaryIO, size: int) -> None:
    """Thousands of replies."""
    text = json.dumps({"statusCode": 0, "text": "word " * 4000})
    told = [
        entry(at=f"2026-03-01T09:{n // 60:02d}:{n % 60:02d}Z", content={"size": -1, "text": text}) for n in range(60)
    ]
    pieces = [json.dumps(one).encode() for one in told]
    before, after = json.dumps(har()).encode().split(b"[]}}")[0], b"]}}"
    out.write(before + b"[" + pieces[0])
    while out.tell() < size:
        out.writelines(b"," + piece for piece in pieces)
    out.write(after)


def peak(folder: Path, file: Path, command: str = "import", *options: str) -> float:
    """MiB that the command needed at the most."""
    into = folder / f"{file.name}.{command}ed"
    measured = (
        "import os, resource, subprocess, sys; code = subprocess.run(sys.argv[1:]).returncode; "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024); sys.exit(code)"
    )
    words = [sys.executable, "-c", measured, sys.executable, *COMMAND, command, str(file), str(into), "-q", *options]
    done = subprocess.run(words, capture_output=True, text=True, env=environment(), check=False)
    assert done.returncode == 0, done.stderr
    return float(done.stdout)


@pytest.mark.once
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it is in other units")
@pytest.mark.parametrize("write", [with_one, with_many], ids=["one large body", "many entries"])
def test_a_har_of_any_size_is_imported_and_exported_in_little_memory(
    write: Callable[[BinaryIO, int], None], tmp_path: Path
) -> None:
    small = saved(tmp_path / "small.har", entry())
    idle = peak(tmp_path, small)
    large = tmp_path / "large.har"
    with large.open("wb") as out:
        write(out, 120 * MIB)
    assert peak(tmp_path, large) - idle < LIMIT
    recording = tmp_path / "large.har.imported"
    assert query(recording, "SELECT state FROM sessions") == [{"state": "complete"}]
    assert query(recording, "SELECT count(*) AS n FROM exchanges WHERE truncated IS NOT NULL") == [{"n": 0}]
    assert peak(tmp_path, recording, "export") - idle < LIMIT
    assert (tmp_path / "large.har.imported.exported").stat().st_size > 100 * MIB
