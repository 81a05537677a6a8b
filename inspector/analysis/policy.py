"""What a company allows in files: the table `[policy]` of the settings, or a TOML file of its own.

Chat Server and UCS check neither type nor size of what an agent sends; what customers may send is limited by options of
Chat Server (section `client-file-transfer`), whose defaults are the defaults here.
"""

import tomllib
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ByteSize,
    ConfigDict,
    TypeAdapter,
    ValidationError,
)

from inspector.analysis.files.detecting import same_type
from inspector.errors import SettingsError
from inspector.webservices.model import flaws

MIB = 1024 * 1024
_BYTES = TypeAdapter(ByteSize)


def _size(value: Any) -> int:
    try:
        if isinstance(value, bool):
            raise ValueError(value)
        return int(_BYTES.validate_python(value))
    except ValueError:
        raise ValueError(f"{value!r} is no size: give bytes (8388608) or a text with a unit ('8 MiB')") from None


def _type(text: str) -> str:
    if text.count("/") != 1 or text != text.strip() or ";" in text:
        raise ValueError(f"{text!r} is no media type: give application/pdf or image/*")
    return text.lower()


def _extension(text: str) -> str:
    bare = text.removeprefix(".").casefold()
    if any(sign in bare for sign in "/\\*. "):
        raise ValueError(f"{text!r} is no extension: give exe")
    return bare


Size = Annotated[int, BeforeValidator(_size)]
"""Bytes."""
Type = Annotated[str, AfterValidator(_type)]
"""A media type, or a whole family of them: `image/*`."""
Extension = Annotated[str, AfterValidator(_extension)]
"""What follows the last dot of a name, in any case; empty for names without one."""


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CustomerLimits(_Table):
    """What a customer may send into one chat: bytes of a file, files, bytes of all."""

    max_bytes: Size = 2 * MIB
    max_files: int = 3
    max_total: Size = 5 * MIB


class Policy(_Table):
    """What files may be, whoever sends them. What is denied is denied even if it is allowed, too."""

    allow_types: tuple[Type, ...] | None = None
    deny_types: tuple[Type, ...] = ()
    allow_extensions: tuple[Extension, ...] | None = None
    deny_extensions: tuple[Extension, ...] = ()
    max_bytes: Size | None = None
    customer: CustomerLimits = CustomerLimits()

    def against_type(self, media_type: str) -> str:
        """The line that speaks against a media type; empty if none does, or there is no type."""
        name = same_type(media_type)
        if not name:
            return ""
        denied = [one for one in self.deny_types if fnmatchcase(name, same_type(one))]
        if denied:
            return f"policy.deny_types: {denied[0]}"
        if self.allow_types is None or any(fnmatchcase(name, same_type(one)) for one in self.allow_types):
            return ""
        return f"policy.allow_types: {', '.join(self.allow_types) or 'none'}"

    def against_name(self, name: str) -> str:
        """The line that speaks against a file's name, by its extension; empty if none does, or there is no name."""
        if not name:
            return ""
        extension = extension_of(name)
        if extension in self.deny_extensions:
            return f"policy.deny_extensions: {extension or '(no extension)'}"
        if self.allow_extensions is None or extension in self.allow_extensions:
            return ""
        return f"policy.allow_extensions: {', '.join(self.allow_extensions) or 'none'}"

    def against_size(self, size: int) -> str:
        """The line that speaks against a size in bytes; empty if none does."""
        return f"policy.max_bytes: {self.max_bytes}" if self.max_bytes is not None and size > self.max_bytes else ""

    def kept(self) -> dict[str, Any]:
        """What was set, as JSON."""
        return self.model_dump(mode="json", exclude_defaults=True)


DEFAULT = Policy()
"""Of what nobody gave a policy for: it says nothing but Chat Server's own limits."""


def extension_of(name: str) -> str:
    """What follows the last dot, lower case; Windows passes over dots and blanks at the end, and so does this."""
    last = name.replace("\\", "/").rpartition("/")[2].rstrip(". ")
    return last.rpartition(".")[2].casefold() if "." in last else ""


def load(path: Path) -> Policy:
    """The policy of a TOML file: its members at the top, or in a table `[policy]` as in the settings.

    Raises SettingsError: it cannot be read, is not TOML, or has an unknown or ill-typed member.
    """
    try:
        told = tomllib.loads(path.read_bytes().decode("utf-8"))
    except OSError as error:
        raise SettingsError(f"the policy {path} cannot be read: {error.strerror or error}") from None
    except ValueError as error:
        raise SettingsError(f"the policy {path} is not TOML: {error}") from None
    return checked(told.get("policy", told), str(path))


def checked(told: Any, where: str) -> Policy:
    """A policy out of what was read from `where`. Raises SettingsError."""
    try:
        return Policy.model_validate(told)
    except ValidationError as error:
        first = flaws(error)[0]
        name = f"{where}: {'.'.join(('policy', *first.pointer[1:].split('/'))).rstrip('.')} is"
        if first.kind == "extra_forbidden":
            raise SettingsError(f"{name} no setting that we know") from None
        if first.kind == "value_error":
            raise SettingsError(f"{name} wrong: {first.expected}") from None
        raise SettingsError(f"{name} {first.actual!r}, not {first.expected}") from None
