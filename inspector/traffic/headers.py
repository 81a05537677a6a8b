"""Header fields as they crossed the wire: order, case and duplicates kept (RFC 9110 section 5)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

FORM = "application/x-www-form-urlencoded"
"""The media type of forms, and of Bayeux messages in the field `message=`."""


@dataclass(frozen=True)
class Headers:
    """Name and value pairs, both as text in latin-1, which gives every byte back (RFC 9110 section 5.5)."""

    fields: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, fields: Iterable[tuple[bytes, bytes]]) -> "Headers":
        return cls(tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in fields))

    @cached_property
    def _first(self) -> dict[str, str]:
        return {name.lower(): value for name, value in reversed(self.fields)}

    def get(self, name: str, default: str = "") -> str:
        """The first value of a name, whatever its case."""
        return self._first.get(name.lower(), default)

    def all(self, name: str) -> list[str]:
        """Every value of a name, in order."""
        wanted = name.lower()
        if wanted not in self._first:
            return []
        return [value for field, value in self.fields if field.lower() == wanted]

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._first

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.fields)

    @cached_property
    def media_type(self) -> str:
        """The bare, lower-case Content-Type without parameters; empty if there is none."""
        return self.get("content-type").partition(";")[0].strip().lower()

    @cached_property
    def coding(self) -> str:
        """The whole Content-Encoding, lower case, in the order of application; empty for identity."""
        if "content-encoding" not in self:
            return ""
        coding = ", ".join(value.strip() for value in self.all("content-encoding")).lower()
        return "" if coding == "identity" else coding

    @cached_property
    def _cookies(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for line in self.all("cookie"):
            for pair in line.split(";"):
                name, _, value = pair.strip().partition("=")
                found.setdefault(name, value)
        return found

    @cached_property
    def _set_cookies(self) -> dict[str, str]:
        pairs = (line.partition(";")[0].strip().partition("=") for line in self.all("set-cookie"))
        return {name: value for name, _, value in pairs}


def cookies(headers: Headers) -> Mapping[str, str]:
    """The cookies of a request: name to value (RFC 6265 section 4.2.1); the first of equal names counts."""
    return headers._cookies


def set_cookies(headers: Headers) -> Mapping[str, str]:
    """The cookies that a response sets: name to value, attributes left out (RFC 6265 section 4.1.1)."""
    return headers._set_cookies if "set-cookie" in headers else {}  # most set none
