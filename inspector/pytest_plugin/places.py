"""Where the recording of a test is: beside the test, then among the project's."""

import re
from collections.abc import Iterator
from pathlib import Path

FOLDER = "recordings"
"""Beside a test."""

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
        yield f"{test.stem}/{_FORBIDDEN.sub('-', one)}.db"
