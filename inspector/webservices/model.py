"""The base of every model, and how a broken shape is told: by JSON pointer, what was expected, what was there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel


class Model(BaseModel):
    """Member names in the API's own camelCase on the wire, snake_case in Python; strict types, unknown members kept."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True, alias_generator=to_camel)


@dataclass(frozen=True, slots=True)
class Flaw:
    """One place where a JSON value does not have its model's shape; `kind` is pydantic's error type."""

    pointer: str
    kind: str
    expected: str
    actual: Any

    @property
    def missing(self) -> bool:
        return self.kind == "missing"


_TYPE_STEPS = {("int",), ("str",)}


def flaws(error: ValidationError) -> list[Flaw]:
    """The flaws that a validation found, in document order; a member of several types has one."""
    found: list[Flaw] = []
    for item in error.errors(include_url=False):
        # pydantic tells each type that a member could have had under a step of its own (our tags begin with ~)
        steps = tuple(step for step in item["loc"] if not str(step).startswith("~"))
        if steps[-1:] in _TYPE_STEPS and item["type"] != "missing":
            steps = steps[:-1]
        flaw = Flaw(pointer(steps), item["type"], _expected(item), None if item["type"] == "missing" else item["input"])
        if found and found[-1].pointer == flaw.pointer:
            other = found.pop()
            flaw = replace(other, expected=f"{other.expected} or {flaw.expected}")
        found.append(flaw)
    return found


def pointer(steps: Sequence[str | int]) -> str:
    """A JSON pointer (RFC 6901) to where `steps` lead."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in steps)


def after(text: str | None, mark: str) -> str:
    """What follows the last `mark` in a path or URI; empty if it is not there."""
    _, found, rest = (text or "").rpartition(mark)
    return rest if found else ""


def _expected(item: Mapping[str, Any]) -> str:
    return str(item["msg"]).removeprefix("Input should be ").removeprefix("Value error, ")
