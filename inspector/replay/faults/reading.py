"""Faults as JSON values and in TOML files: told, read and checked."""

import tomllib
from collections.abc import Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from inspector.errors import UsageError
from inspector.replay.faults.kinds import ExpireSession, Fault

if TYPE_CHECKING:
    from pydantic import TypeAdapter


def value(fault: Fault) -> dict[str, Any]:
    """A fault as a plain JSON value; `parse` makes the fault of it again."""
    return {"fault": fault.fault, **asdict(fault)}


def parse(said: Any) -> Fault:
    """A fault from a JSON value: `{"fault": "refuse", "operation": "UploadFile", "status_code": 3}`.

    Raises UsageError, which says what is wrong with it. 5.0 is an integer, too (JSON Schema Core, section 4.2.3).
    """
    from pydantic import ValidationError

    from inspector.webservices.model import flaws

    try:
        fault = _adapter().validate_python(said)
    except ValidationError as error:
        first = flaws(error)[0]
        place = first.pointer.removeprefix(f"/{said.get('fault')}") if isinstance(said, dict) else ""
        raise UsageError(
            f"this is no fault that we know: {f'{place[1:]}: ' if place else ''}{first.expected}"
        ) from None
    for name, understood in value(fault).items():  # a text that looks like a number is none, nor is true
        if name in said and (isinstance(said[name], bool) or said[name] != understood):
            raise UsageError(f"{name} is to be a {'text' if isinstance(understood, str) else 'number'}")
    return fault


@cache
def _adapter() -> "TypeAdapter[Fault]":
    # here, because who arms no fault does not wait for pydantic
    from pydantic import Field, TypeAdapter

    return TypeAdapter(Annotated[Fault, Field(discriminator="fault")])


def parse_all(values: Sequence[Any]) -> list[Fault]:
    """As `parse`, for each of them. Raises UsageError, which says which of them is none."""
    found = []
    for number, value in enumerate(values, 1):
        try:
            found.append(parse(value))
        except UsageError as error:
            raise UsageError(f"faults {number}: {error}") from None
    return found


def read(path: Path) -> list[Fault]:
    """The faults of a TOML file: a table `[[faults]]` each. Raises UsageError."""
    try:
        tables = tomllib.loads(path.read_text()).get("faults")
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not TOML: {error}") from None
    if not isinstance(tables, list):
        raise UsageError(f"{path} holds no list of faults: a table [[faults]] each")
    try:
        found = parse_all(tables)
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from None
    for number, fault in enumerate(found, 1):
        if isinstance(fault, ExpireSession) and fault.at_once:
            raise UsageError(f"{path}: faults {number}: expire_session needs the operation after which it happens")
    return found
