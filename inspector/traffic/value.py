"""Value objects of the hot path: what an exchange consists of, and what is made of it, is made by the dozen."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def value(*, order: bool = False) -> Callable[[type[T]], type[T]]:
    """A dataclass with slots that the type checker takes for a frozen one, and so shall everybody.

    One that is frozen at run time has to fill each field by a call of `object.__setattr__`: that was an eighth of what
    the analysis of an exchange cost, and a third of what reading it did.
    """
    return dataclass(slots=True, unsafe_hash=True, order=order)
