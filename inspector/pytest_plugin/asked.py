"""What a test wants of its stub: by the command line, else by its markers (the closest first), else by the ini file."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from inspector.errors import UsageError
from inspector.replay.control.shelf import Source
from inspector.replay.matching import Policy
from inspector.replay.stub import Settings

NAME = "gws_recording"


@dataclass(frozen=True, slots=True)
class Marked:
    """The marker's arguments, None for what it does not say. `record` is a mode (`modes.py`), `poll_timeout` is in
    seconds; all but these, `name` and `strict` are as `gws-inspector replay` has them.
    """

    name: str | None = None
    strict: bool | None = None
    record: str | None = None
    session: str | None = None
    agent: str | None = None
    pace: float | None = None
    reuse: bool | None = None
    poll_timeout: float | None = None
    ignore: tuple[str, ...] | None = None
    origins: tuple[str, ...] | None = None
    keep_origins: bool | None = None
    cors: tuple[str, ...] | None = None


_LISTS = ("ignore", "origins", "cors")
_TEXTS = ("name", "record", "session", "agent")
_FLAGS = ("strict", "reuse", "keep_origins")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a test wants: the `name` of its recording (empty: its own one), whether that is made (`mode`), of which
    server (`upstream`), and how it is played.
    """

    name: str
    strict: bool
    mode: str
    upstream: str
    session: str | None
    agent: str | None
    ignore: tuple[str, ...]
    origins: tuple[str, ...]
    settings: Settings

    def source(self, recording: Path, session: str | None) -> Source:
        """What of the recording is played."""
        return Source(recording, session, self.agent, Policy(self.ignore), self.origins)


def asked(item: pytest.Item) -> Asked:
    """What the test wants. Raises UsageError."""
    marked = merged(item.iter_markers(NAME))
    option, ini = item.config.getoption, partial(_ini, item.config)
    pace = _first(option("gws_pace"), marked.pace, ini("gws_pace"))
    patience = 30.0 if marked.poll_timeout is None else marked.poll_timeout
    return Asked(
        marked.name or "",
        bool(_first(option("gws_strict"), marked.strict, ini("gws_strict"))),
        _first(option("gws_record"), marked.record, ini("gws_record")),
        _first(option("gws_upstream"), ini("gws_upstream")),
        marked.session,
        marked.agent,
        tuple(_first(marked.ignore, ini("gws_ignore"))),
        tuple(_first(marked.origins, ini("gws_origins"))),
        Settings(
            pace=_number("pace", pace),
            reuse=bool(marked.reuse),
            poll_timeout_ms=round(_number("poll_timeout", patience, 1000)),
            keep_origins=bool(marked.keep_origins),
            cors=marked.cors or (),
        ),
    )


def merged(markers: Iterable[pytest.Mark]) -> Marked:
    """Several markers as one: each argument from the first that has it. Raises UsageError."""
    said: dict[str, Any] = {}
    for marker in markers:
        try:
            one = Marked(*marker.args[:1], **marker.kwargs)
            if marker.args[1:]:
                raise TypeError("only the name stands without a keyword")
        except TypeError as error:
            known = ", ".join(field.name for field in fields(Marked))
            text = str(error).rpartition("__init__() ")[2]
            raise UsageError(f"@pytest.mark.{NAME}: {text}; it takes {known}") from None
        for field in fields(Marked):
            if (value := getattr(one, field.name)) is not None:
                said.setdefault(field.name, _checked(field.name, value))
    return Marked(**said)


def _checked(name: str, value: Any) -> Any:
    """The value of a marker's argument; lists, which may be one text, as tuples. Raises UsageError for other types."""
    if name in _LISTS:
        value = (value,) if isinstance(value, str) else value
        if isinstance(value, list | tuple) and all(isinstance(one, str) for one in value):
            return tuple(value)
        raise UsageError(f"@pytest.mark.{NAME}: {name}={value!r} is no list of texts")
    if name in _TEXTS and not isinstance(value, str):
        raise UsageError(f"@pytest.mark.{NAME}: {name}={value!r} is no text")
    if name in _FLAGS and not isinstance(value, bool):  # "no" would be taken for a yes
        raise UsageError(f"@pytest.mark.{NAME}: {name}={value!r} is neither True nor False")
    return value


def _ini(config: pytest.Config, name: str) -> Any:
    try:
        return config.getini(name)
    except (pytest.UsageError, TypeError, ValueError) as error:  # which of them, pytest's version says
        raise UsageError(f"{name} in the ini file: {error}") from None


def _first(*values: Any) -> Any:
    return next(value for value in values if value is not None)


def _number(name: str, value: Any, times: int = 1) -> float:
    """So many times a value that is a number. Raises UsageError where it is none."""
    try:
        number = float(value) * times
    except (TypeError, ValueError, OverflowError):
        number = math.inf
    if not math.isfinite(number):
        raise UsageError(f"{name}={value!r} is no number")
    return number
