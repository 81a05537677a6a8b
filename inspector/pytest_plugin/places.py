"""Where the recording of a test is: beside the test, then among the project's."""

import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

FOLDER = "recordings"
"""Beside a test."""

_LONGEST = 244
"""Bytes of a name: with what SQLite may keep beside a file (`.db-journal`) a file system takes 255."""

_FORBIDDEN = re.compile(r"[^\w.,+=@()\[\]-]+")
"""What a name of a test may have, but a file's may not on every system."""


def candidates(test: Path, function: str, parameters: str, name: str, shared: Path) -> Iterator[Path]:
    """Where a recording may be, the first choice first. `test` is the test's file, `function` its name (that of its
    class before it), `parameters` its id among those of the same function; `shared` is the project's folder.
    """
    names = [name] if name else [*own(test, function, parameters)]
    for folder in (test.parent / FOLDER, shared):
        yield from (folder / one for one in names)
    if name:
        yield test.parent / name


def own(test: Path, function: str, parameters: str) -> Iterator[str]:
    """The names of a test's own recording: with its parameters, and the one for all of them."""
    for one in (f"{function}[{parameters}]", function) if parameters else (function,):
        yield f"{test.stem}/{_short(_FORBIDDEN.sub('-', one))}.db"


def _short(name: str) -> str:
    """The name if a file can have it; else as much of it as fits, and a digest that is no other's."""
    whole = name.encode()
    if len(whole) <= _LONGEST:
        return name
    end = f"-{sha256(whole).hexdigest()[:12]}"
    return whole[: _LONGEST - len(end)].decode(errors="ignore") + end
