"""The README's pictures can be made again, and show what the views hold."""

import struct
from pathlib import Path

import pytest

from tests.node.pictures import PICTURES, make


@pytest.mark.node
@pytest.mark.once
def test_pictures_of_the_views_are_made(node: str, chromium: str, tmp_path: Path) -> None:
    made = {view: tmp_path / file.name for view, file in PICTURES.items()}
    columns = make(node, chromium, made)
    # what people look for is not beyond the edge
    assert {"name", "reply", "lag_ms", "came", "state", "findings"} <= {*columns["uploads"]}
    assert {"at", "agent", "what", "document", "detail"} <= {*columns["timeline"]}
    assert [size(file) for file in made.values()] == [size(file) for file in PICTURES.values()]


def size(file: Path) -> tuple[int, int]:
    """Width and height (PNG, third edition, 11.2.1)."""
    head = file.read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", head[16:])
    return width, height
