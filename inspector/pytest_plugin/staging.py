"""A stub put on stage for one test, and taken away after it."""

from collections.abc import Iterator
from contextlib import contextmanager
from os.path import relpath
from pathlib import Path
from typing import Any

import pytest

from inspector.errors import InspectorError, NothingFound
from inspector.pytest_plugin.asked import Asked, asked
from inspector.pytest_plugin.places import candidates
from inspector.pytest_plugin.verdict import STAGED, Staged, late
from inspector.testing.playing import PlayedStub
from inspector.testing.stub import GwsStub


@contextmanager
def staged(request: pytest.FixtureRequest) -> Iterator[GwsStub]:
    """The stub that the test wants. Fails the test in one line if it cannot be had."""
    item = request.node
    try:
        staged = item.stash[STAGED] = _on_stage(item, asked(item))
    except InspectorError as error:
        raise pytest.fail.Exception(f"gws_stub: {error}", pytrace=False) from None
    try:
        yield staged.stub
        late(item)
    finally:
        staged.stub.close()


def _on_stage(item: Any, wanted: Asked) -> Staged:
    """Raises InspectorError."""
    recording = _found(item, wanted)
    stub = PlayedStub(wanted.source(recording), wanted.settings)
    return Staged(stub, relpath(recording, item.config.rootpath), wanted.strict)


def _found(item: Any, wanted: Asked) -> Path:
    """The recording of the test. Raises NothingFound."""
    places = list(_places(item, wanted.name))
    for place in places:
        if place.is_file():
            return place
    shown = " or ".join(dict.fromkeys(relpath(place, item.config.rootpath) for place in places))
    raise NothingFound(
        f"there is no recording {shown}: record it with `--gws-record=once --gws-upstream URL`, or build one with "
        "inspector.testing.RecordingBuilder"
    )


def _places(item: Any, name: str) -> Iterator[Path]:
    config = item.config
    shared = config.rootpath / (config.getoption("gws_recordings") or config.getini("gws_recordings"))
    owner = f"{item.cls.__name__}." if item.cls else ""
    function = owner + item.originalname
    parameters = item.callspec.id if hasattr(item, "callspec") else ""
    return candidates(item.path, function, parameters, name, shared)
