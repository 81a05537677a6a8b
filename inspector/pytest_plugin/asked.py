"""What a test wants of its stub: by the command line, else by its markers (the closest first), else by the ini file."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
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
    """The marker's arguments, None for what it does not say. `poll_timeout` is in seconds; all but `name` and `strict`
    are as `gws-inspector replay` has them.
    """

    name: str | None = None
    strict: bool | None = None
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


@dataclass(frozen=True, slots=True)
class Asked:
    """What a test wants: the `name` of its recording (empty: its own one), and how that is played."""

    name: str
    strict: bool
    session: str | None
    agent: str | None
    ignore: tuple[str, ...]
    origins: tuple[str, ...]
    settings: Settings

    def source(self, recording: Path) -> Source:
        """What of the recording is played."""
        return Source(recording, self.session, self.agent, Policy(self.ignore), self.origins)


def asked(item: pytest.Item) -> Asked:
    """What the test wants. Raises UsageError."""
    given, marked = item.config, merged(item.iter_markers(NAME))
    option, ini = given.getoption, given.getini
    pace = _first(option("gws_pace"), marked.pace, ini("gws_pace"))
    patience = 30.0 if marked.poll_timeout is None else marked.poll_timeout
    return Asked(
        marked.name or "",
        bool(_first(option("gws_strict"), marked.strict, ini("gws_strict"))),
        marked.session,
        marked.agent,
        tuple(_first(marked.ignore, ini("gws_ignore"))),
        tuple(_first(marked.origins, ini("gws_origins"))),
        Settings(
            pace=_number(pace),
            reuse=bool(marked.reuse),
            poll_timeout_ms=round(_number(patience) * 1000),
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
                said.setdefault(field.name, _listed(value) if field.name in _LISTS else value)
    return Marked(**said)


def _listed(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _first(*values: Any) -> Any:
    return next(value for value in values if value is not None)


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise UsageError(f"{value!r} is no number") from None
