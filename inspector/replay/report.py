"""The verification as a file for CI: JSON, or JUnit XML, by the file's suffix. It is there whole, or not at all."""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import orjson

from inspector.errors import UsageError
from inspector.replay.journal import Verification, cases, value

_SUFFIXES = (".json", ".xml")


@dataclass(frozen=True, slots=True)
class Report:
    """A file that can be written. Use `report_at`."""

    path: Path

    def write(self, verification: Verification, name: str, *, strict: bool = False) -> None:
        """Replaces the file by the verification of what `name` played. Raises UsageError, and leaves the old file."""
        content = _content(self.path, verification, name, strict)
        temporary = _beside(self.path)
        try:
            with temporary.open("xb") as file:
                file.write(content)
            temporary.replace(self.path)
        except OSError as error:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise UsageError(_cannot(self.path, error)) from None


def report_at(path: Path) -> Report:
    """The report at `path`, once it is clear that it can be written there: better told before the run than after it.

    Raises UsageError: neither `.json` nor `.xml`, a folder that is not there or not ours, a folder in its place.
    """
    if path.suffix.lower() not in _SUFFIXES:
        raise UsageError(f"{path} is no report: its name ends with .json, or with .xml for JUnit")
    try:
        if path.is_dir():
            raise UsageError(f"{path} cannot be written: it is a folder")
        temporary = _beside(path)
        with temporary.open("xb"):
            pass
        temporary.unlink()
    except (OSError, ValueError) as error:
        raise UsageError(_cannot(path, error)) from None
    return Report(path)


def _content(path: Path, verification: Verification, name: str, strict: bool) -> bytes:
    if path.suffix.lower() == ".json":
        return orjson.dumps(value(verification, strict=strict), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    from inspector.render.junit import document  # only who asks for it pays for an XML library

    return document(f"replay of {name}", cases(verification, strict=strict)).encode()


def _beside(path: Path) -> Path:
    """In the same folder, so that it can take the file's place; one for each process."""
    return path.with_name(f".{path.name}.{os.getpid()}")


def _cannot(path: Path, error: Exception) -> str:
    return f"{path} cannot be written: {getattr(error, 'strerror', None) or error}"
