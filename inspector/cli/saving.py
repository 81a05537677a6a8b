"""Where a command's output goes: standard output, or a file that is there whole or not at all."""

import os
import stat
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO, TextIO, cast

from inspector.errors import UsageError

_SQLITE = b"SQLite format 3\x00"


def tell(pieces: Iterable[str], output: Path | None) -> None:
    """Writes the text, in UTF-8 and with line ends as they are. Raises UsageError."""
    with saving(output) as file:
        file.writelines(piece.encode("utf-8", "replace") for piece in pieces)


@contextmanager
def saving_text(output: Path) -> Iterator[TextIO]:
    """The same as `saving` for text; line ends stay as they are."""
    with saving(output) as file:
        text = TextIOWrapper(file, "utf-8", errors="replace", newline="")
        yield text
        text.detach()


@contextmanager
def saving(output: Path | None) -> Iterator[BinaryIO]:
    """A file that takes the place of `output` when the block ends well; only its owner may read it. None: stdout.

    Raises UsageError: it cannot be written, or would replace a recording.
    """
    if output is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    check_replaceable(output)
    try:
        if output.exists() and not stat.S_ISREG(output.stat().st_mode):  # a device or a pipe: nothing to replace
            with output.open("wb") as file:
                yield file
            return
        number, name = tempfile.mkstemp(prefix=f".{output.name[:100]}.", dir=output.parent)
        try:
            with os.fdopen(number, "wb") as made:
                yield cast(BinaryIO, made)
            os.replace(name, output)
        except BaseException:
            with suppress(OSError):
                os.unlink(name)
            raise
    except OSError as error:
        raise UsageError(f"cannot write to {output}: {error.strerror}") from None


def check_replaceable(output: Path) -> None:
    """Raises UsageError if the file is a recording, or a folder: nobody means to lose those."""
    try:
        if output.is_dir():
            raise UsageError(f"cannot write to {output}: it is a folder")
        if output.is_file():
            with output.open("rb") as file:
                if file.read(len(_SQLITE)) == _SQLITE:
                    raise UsageError(f"{output} is a recording (or another database): choose another file")
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot write to {output}: {getattr(error, 'strerror', None) or error}") from None
