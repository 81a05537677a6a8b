"""The policy: what may stand in it, and what it says of a file. Each answer is the line that speaks against it."""

from fnmatch import fnmatchcase
from typing import Any

from inspector.analysis.files.detecting import same_type
from inspector.analysis.policy.hours import local
from inspector.analysis.policy.limits import ChatLimits, CustomerLimits, DayLimits, Limits, Table
from inspector.analysis.policy.members import Digests, Extension, Size, Type, Window, Zone


class Policy(Table):
    """What files may be, and when and how many may be sent. What is denied is denied even if it is allowed, too.

    `deny_digests_file` is only a place to read more `deny_digests` from; who reads a policy (`reading`) reads it, too.
    Days and `windows` are those of `time_zone`.
    """

    allow_types: tuple[Type, ...] | None = None
    deny_types: tuple[Type, ...] = ()
    allow_extensions: tuple[Extension, ...] | None = None
    deny_extensions: tuple[Extension, ...] = ()
    deny_digests: Digests = frozenset()
    deny_digests_file: str | None = None
    max_bytes: Size | None = None
    require_description: bool = False
    windows: tuple[Window, ...] | None = None
    time_zone: Zone = "UTC"
    customer: CustomerLimits = CustomerLimits()
    chat: ChatLimits = ChatLimits()
    day: DayLimits = DayLimits()

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

    def against_digest(self, *sha256: str) -> str:
        """The line that speaks against bytes with one of these digests; empty if none does."""
        denied = next((one for one in sha256 if one in self.deny_digests), "")
        return f"policy.deny_digests: {denied}" if denied else ""

    def against_time(self, at: int) -> str:
        """The line that speaks against a moment (µs since 1970, UTC); empty if none does."""
        if self.windows is None or (moment := local(at, self.time_zone)) is None:
            return ""
        if any(window.hold(moment) for window in self.windows):
            return ""
        return f"policy.windows: {', '.join(map(str, self.windows)) or 'none'} ({self.time_zone})"

    def against_description(self, description: object) -> str:
        """The line that speaks against what an UploadFile says of its file; empty if none does. A value of another type
        is somebody else's to mind."""
        missing = description is None or (isinstance(description, str) and _is_blank(description))
        return "policy.require_description: true" if self.require_description and missing else ""

    @property
    def limits(self) -> list[tuple[str, Limits]]:
        """The tables of limits in which something is set, by their names: `policy.day.each_agent`."""
        tables: dict[str, Limits] = {"policy.chat": self.chat, "policy.day": self.day}
        for name, table in (("policy.chat", self.chat), ("policy.day", self.day)):
            tables |= {f"{name}.agents": table.agents, f"{name}.customers": table.customers}
        tables["policy.day.each_agent"] = self.day.each_agent
        return [(name, table) for name, table in tables.items() if (table.max_files, table.max_total) != (None, None)]

    def kept(self) -> dict[str, Any]:
        """What was set, as JSON; of digests those that were read, not where from."""
        return self.model_dump(mode="json", exclude_defaults=True, exclude={"deny_digests_file"})


DEFAULT = Policy()
"""Of what nobody gave a policy for: it says nothing but Chat Server's own limits."""


def extension_of(name: str) -> str:
    """What follows the last dot, lower case; Windows passes over dots and blanks at the end, and so does this."""
    last = name.replace("\\", "/").rpartition("/")[2].rstrip(". ")
    return last.rpartition(".")[2].casefold() if "." in last else ""


def _is_blank(text: str) -> bool:
    """Whether nobody would see it: besides blanks there are signs without a shape (Unicode, general category C)."""
    return all(sign.isspace() or not sign.isprintable() for sign in text)
