"""What every operation is, and how one is found by its name."""

from typing import Annotated, Any, ClassVar

from pydantic import Discriminator, Tag

from inspector.webservices.effects import Effect
from inspector.webservices.model import Model

_BY_NAME: dict[str, type["Operation"]] = {}


class Operation(Model):
    """The JSON body of a POST; `operationName` says which it is.

    A class with an `operation` is found by that name. Members that a page calls required are required; all others may
    be missing or null, and values that a page lists are no constraint: the server decides what it understands.
    """

    operation: ClassVar[str] = ""
    documented: ClassVar[bool] = True
    """Whether its parameters are known; some operations are known by name only."""
    effects: ClassVar[tuple[Effect, ...]] = ()
    """What its page says is told of it, in the order of the page. Files have none here: their ids join them."""
    operation_name: str

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        if cls.operation:
            _BY_NAME[cls.operation] = cls


def operation_class(name: str) -> type[Operation] | None:
    """The class of an operation; None if the API documents none of that name."""
    return _BY_NAME.get(name)


class Spoken(Operation):
    """An operation with which something may be said (Chat API, since April 2017); `treatAs` is Normal or System."""

    text: str | None = None
    message_type: str | None = None
    treat_as: str | None = None


Flag = Annotated[
    Annotated[bool, Tag("~bool")] | Annotated[str, Tag("~text")],
    Discriminator(lambda value: "~bool" if isinstance(value, bool) else "~text"),
]
"""True or false; the pages print such values with and without quotes."""
