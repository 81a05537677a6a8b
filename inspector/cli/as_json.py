"""JSON on stdout, for scripts: the option `--json` that every command has which tells something."""

import os
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from inspector.errors import UsageError

_Command = TypeVar("_Command", bound=Callable[..., object])


def giving_json(command: _Command) -> _Command:
    """Gives a command the flag `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")(command)


def json_as_format(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command that has a `format` the flag as well; with another format it is a UsageError."""

    @click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
    @wraps(command)
    def chosen(*arguments: Any, as_json: bool, format: str, **given: Any) -> None:
        if as_json and format != "json":
            source = click.get_current_context().get_parameter_source("format")
            if source is ParameterSource.COMMANDLINE:
                raise UsageError(f"--json and --format {format} cannot both be meant")
            format = "json"
        command(*arguments, format=format, **given)

    return chosen


def path_value(path: Path) -> str:
    """A path as text that JSON can have: on the disk it may be any bytes."""
    return os.fsencode(path).decode("utf-8", "replace")
