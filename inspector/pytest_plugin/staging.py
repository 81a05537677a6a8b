"""A stub put on stage for one test, and taken away after it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from os.path import isfile, relpath
from pathlib import Path
from typing import Any

import pytest

from inspector.errors import InspectorError, NothingFound, UsageError
from inspector.pytest_plugin.asked import Asked, asked
from inspector.pytest_plugin.leftovers.accounting import AccountedStub
from inspector.pytest_plugin.places import candidates
from inspector.pytest_plugin.recording.keeping import Keeping, begin, end
from inspector.pytest_plugin.recording.modes import Extend, Play, Record, decide
from inspector.pytest_plugin.recording.whose import names, own
from inspector.pytest_plugin.verdict import STAGED, Staged, late
from inspector.recording.reader import reading
from inspector.replay.plans.opening import ALL
from inspector.testing.stub import GwsStub
from inspector.testing.upstream.draft import Draft
from inspector.traffic.redaction import Places


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
        del item.stash[STAGED]  # pytest keeps its tests until the run ends, and may run one again
        try:
            end(item, staged.stub)
        except InspectorError as error:
            raise pytest.fail.Exception(f"gws_stub: {error}", pytrace=False) from None


def recording_of(item: Any) -> Path | None:
    """What the test plays, if it is there."""
    try:
        return next((place for place in _places(item, asked(item).name) if isfile(place)), None)
    except InspectorError:  # which the test is told
        return None


def _on_stage(item: Any, wanted: Asked) -> Staged:
    """Raises InspectorError."""
    places = list(_places(item, wanted.name))
    found = next((place for place in places if isfile(place)), None)
    session = _session(item, wanted, found) if found else None
    step = decide(wanted.mode, found is not None and session is not None, wanted.upstream)
    if isinstance(step, Play):
        if found is None:
            raise _nothing(item, places)
        stub = AccountedStub(wanted.source(found, session), wanted.settings)
        return Staged(stub, relpath(found, item.config.rootpath), wanted.strict)
    if hasattr(item.config, "workerinput"):  # pytest-xdist's
        raise UsageError(f"tests cannot record beside each other (record mode {wanted.mode}): run them with -n0")
    return _recording(item, wanted, step, found or places[0], session)


def _recording(item: Any, wanted: Asked, step: Record | Extend, place: Path, session: str | None) -> Staged:
    """Raises InspectorError."""
    draft = Draft(place)
    try:
        stub: GwsStub
        if isinstance(step, Extend):
            from inspector.testing.upstream.extended import ExtendedStub  # and httpx with it, for which no replay waits

            source = replace(wanted.source(draft.path, session), in_memory=True)
            stub = extended = ExtendedStub(source, wanted.settings, step.upstream, _secrets(item.config.rootpath))
            keeping = Keeping(draft, lambda: extended.has_added)
        else:
            from inspector.testing.upstream.recorded import NO_FAULT, RecordedStub

            name = names(item)[0] if wanted.session in (None, ALL) else str(wanted.session)
            stub = RecordedStub(step.upstream, draft.path, name, item.config.rootpath, lambda: pytest.skip(NO_FAULT))
            keeping = Keeping(draft, replaces=name if step.replaces else "", by=stub.session)
    except BaseException:
        draft.discard()
        raise
    begin(item, keeping)
    return Staged(stub, relpath(place, item.config.rootpath), wanted.strict, did="was recording")


def _secrets(folder: Path) -> Places:
    """Where secrets are besides, by the settings that a recorder would have there. Raises SettingsError."""
    from inspector.config import DEFAULT_FILE, load  # and pydantic with it

    file = folder / DEFAULT_FILE
    redaction = load(file if file.is_file() else None).redaction
    return Places(frozenset(redaction.headers), frozenset(redaction.members))


def _session(item: Any, wanted: Asked, recording: Path) -> str | None:
    """Which session of the recording is the test's; None if it has none there. Raises InspectorError."""
    with reading(recording) as opened:
        if wanted.session is None:
            mine = own(opened.sessions(), names(item))
            return mine.uuid if mine else None
        if wanted.mode == "none" or wanted.session == ALL:
            return wanted.session
        named = [one for one in opened.sessions() if one.name == wanted.session]
        try:
            found = opened.session(wanted.session)
        except NothingFound:
            return None
        if not named and wanted.mode in ("all", "rewrite"):
            raise UsageError(
                f"session {wanted.session} is there already: leave session= out, or give a name, to record"
            )
        return found.uuid


def _nothing(item: Any, places: list[Path]) -> NothingFound:
    shown = " or ".join(dict.fromkeys(relpath(place, item.config.rootpath) for place in places))
    return NothingFound(
        f"there is no recording {shown}: record it with `--gws-record=once --gws-upstream URL`, or build one with "
        "inspector.testing.RecordingBuilder"
    )


def _places(item: Any, name: str) -> Iterator[Path]:
    config = item.config
    shared = config.rootpath / (config.getoption("gws_recordings") or config.getini("gws_recordings"))
    cls = getattr(item, "cls", None)  # a doctest has neither this nor an originalname
    owner = f"{cls.__name__}." if cls else ""
    function = owner + getattr(item, "originalname", item.name)
    parameters = item.callspec.id if hasattr(item, "callspec") else ""
    return candidates(item.path, function, parameters, name, shared)
