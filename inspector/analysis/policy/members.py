"""What a line of a policy can hold, as people write it; what cannot be meant is told in one sentence."""

import re
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, ByteSize, PlainSerializer, TypeAdapter

from inspector.analysis.policy.hours import Hours, hours

_BYTES = TypeAdapter(ByteSize)
_SHA256 = re.compile(r"[0-9a-f]{64}")
_MOST = (1 << 63) - 1
"""The largest number that is taken: SQLite and a script's JSON have no room for any."""


def _size(value: Any) -> int:
    try:
        size = int(_BYTES.validate_python(value))
        if isinstance(value, bool) or size > _MOST:
            raise ValueError(value)
        return size
    except ValueError:
        raise ValueError(f"{value!r} is no size: give bytes (8388608) or a text with a unit ('8 MiB')") from None


def _count(value: Any) -> int:
    if type(value) is int and 0 <= value <= _MOST:
        return value
    raise ValueError(f"{value!r} is no number of files: give 3")


def _type(text: str) -> str:
    if text.count("/") != 1 or text != text.strip() or ";" in text:
        raise ValueError(f"{text!r} is no media type: give application/pdf or image/*")
    return text.lower()


def _extension(text: str) -> str:
    bare = text.removeprefix(".").casefold()
    if any(sign in bare for sign in "/\\*. "):
        raise ValueError(f"{text!r} is no extension: give exe")
    return bare


def _digest(text: str) -> str:
    if not _SHA256.fullmatch(text.lower()):
        raise ValueError(f"{text!r} is no SHA-256: give 64 hexadecimal digits")
    return text.lower()


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # no such name, one that is a folder, too long, or leads elsewhere
        raise ValueError(f"{name!r} is no time zone: give an IANA name, as Europe/Berlin") from None
    return name


def _hours(value: Any) -> Hours:
    if isinstance(value, Hours):
        return value
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no window: give 'Mon-Fri 08:00-18:00'")
    return hours(value)


Size = Annotated[int, BeforeValidator(_size)]
"""Bytes."""
Count = Annotated[int, BeforeValidator(_count)]
"""Files."""
Type = Annotated[str, AfterValidator(_type)]
"""A media type, or a whole family of them: `image/*`."""
Extension = Annotated[str, AfterValidator(_extension)]
"""What follows the last dot of a name, in any case; empty for names without one."""
Digests = Annotated[frozenset[Annotated[str, AfterValidator(_digest)]], PlainSerializer(sorted)]
"""SHA-256 of whole files, in lower-case hexadecimal digits."""
Zone = Annotated[str, AfterValidator(_zone)]
"""The name of a time zone in IANA's database."""
Window = Annotated[Hours, BeforeValidator(_hours), PlainSerializer(str)]
"""Hours of days of the week."""
