"""Somebody's tests that need a part of the shipped recording, by the operations that they ask for."""

import re
from collections.abc import Iterable
from pathlib import Path

from tests.testing.projects import Project

SHIPPED = Path(__file__).parents[2] / "recordings" / "upload-file.db"

START, END = "StartContactCenterSession", "EndContactCenterSession"

ASKING = """
BODIES = {"StartContactCenterSession": {"channels": ["chat"]}, "EndContactCenterSession": {}}

def asks(gws_stub, *operations):
    with httpx.Client(transport=gws_stub.transport, base_url="https://gws.test/api/v2/") as http:
        http.get("me?subresources=features,devices,channels", auth=("sofia", "any")).raise_for_status()
        for name in operations:
            assert http.post("me", json={"operationName": name, **BODIES[name]}).json()["statusCode"] == 0
"""


def one(name: str, *operations: str, more: str = "", recording: str = "desk.db") -> str:
    """A test that asks for these operations, and then does `more`."""
    return (
        f'\n@pytest.mark.gws_recording("{recording}")\ndef test_{name}(gws_stub):\n'
        f"    asks(gws_stub, *{operations!r})\n    {more}\n"
    )


def project(folder: Path, tests: Iterable[str], ini: str = "") -> Project:
    """These tests, with the shipped recording as `desk.db` beside them."""
    made = Project(folder, ini)
    made.put(ASKING + "".join(tests), recording=SHIPPED)
    return made


def section(output: str) -> list[str]:
    """The lines of ours at the end of a run."""
    _, _, rest = output.partition(" recordings (gws-inspector) =")
    lines = rest.splitlines()[1:]
    ends = (place for place, line in enumerate(lines) if re.match(r"={2,}|\d+ (passed|failed)", line))
    end = next(ends, len(lines))
    return lines[:end]
