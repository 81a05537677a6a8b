"""The files themselves, out of recordings: each content once, under a name made of its digest, with a manifest.

No name of traffic is ever a file's name, no link is followed, and every digest is reckoned again while it is written.
"""

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from inspector.analysis.files.likely import type_of_bytes
from inspector.audit.audited import Audited
from inspector.audit.contents import Content, Missing, contents
from inspector.audit.manifest import MANIFEST, Manifest
from inspector.errors import BodyError, RecordingError, UsageError
from inspector.traffic.body import HEAD

_EXTENSIONS = {
    "application/pdf": "pdf",
    "application/zip": "zip",
    "application/gzip": "gz",
    "application/json": "json",
    "application/rtf": "rtf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
    "application/vnd.oasis.opendocument.text": "odt",
    "application/vnd.oasis.opendocument.spreadsheet": "ods",
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/gif": "gif",
    "image/webp": "webp",
    "image/tiff": "tif",
    "image/heif": "heic",
    "audio/mpeg": "mp3",
    "video/mp4": "mp4",
    "text/plain": "txt",
}
"""Of types that do nothing but show when they are opened; programs, pages and whatever else are `.bin`."""


@dataclass(frozen=True, slots=True)
class Extracted:
    """How many contents were written, their bytes, and of how many transfers something is missing."""

    files: int
    size: int
    missing: int


def extract(audited: Audited, folder: Path) -> Extracted:
    """Writes all contents of the audited transfers into a new or empty `folder`, and a manifest of them.

    Raises UsageError (the folder, or the disk), RecordingError.
    """
    with _only(folder) as place, Manifest() as manifest:
        try:
            for entry, session in ((one, one.session) for one in audited.entries()):
                for found in contents(audited.recording_of(session), entry):
                    if isinstance(found, Content) and not manifest.knows(found.sha256):
                        found = _written(found, place, manifest)
                    manifest.use(found, entry)
            with os.fdopen(_created(MANIFEST, place), "w", encoding="utf-8") as file:
                file.writelines(manifest.pieces(audited))
        except OSError as error:
            raise UsageError(f"cannot write to {folder}: {error.strerror}") from None
        return Extracted(*manifest.counts())


def _written(content: Content, place: int, manifest: Manifest) -> Content | Missing:
    """Writes the content; one whose bytes are not what its digest says is none."""
    pieces = iter(content.pieces())
    try:
        first = next(pieces, b"")
        kind = type_of_bytes(first[:HEAD])
        name = f"{content.sha256}.{_EXTENSIONS.get(kind, 'bin')}"
        size, sha256 = _write(name, place, first, pieces)
    except (BodyError, RecordingError) as error:
        return Missing(content.sha256, str(error), content.how)
    if sha256 != content.sha256:
        os.unlink(name, dir_fd=place)
        return Missing(content.sha256, f"the recording holds other bytes for it, of SHA-256 {sha256}", content.how)
    manifest.add(content.sha256, name, size, kind)
    return content


def _write(name: str, place: int, first: bytes, rest: Iterable[bytes]) -> tuple[int, str]:
    """Size and digest of what was written; if that fails midway, nothing stays."""
    digest, size = hashlib.sha256(first), len(first)
    with os.fdopen(_created(name, place), "wb") as file:
        try:
            file.write(first)
            for piece in rest:
                digest.update(piece)
                size += len(piece)
                file.write(piece)
        except BaseException:
            with suppress(OSError):
                os.unlink(name, dir_fd=place)
            raise
    return size, digest.hexdigest()


def _created(name: str, place: int) -> int:
    return os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600, dir_fd=place)


def check_empty(folder: Path) -> None:
    """Raises UsageError if there is anything that `extract` would refuse."""
    if folder.exists() or folder.is_symlink():
        with _only(folder):
            pass


@contextmanager
def _only(folder: Path) -> Iterator[int]:
    """The folder, made if it is missing, as a descriptor: whatever it is renamed to meanwhile. Raises UsageError."""
    try:
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700, parents=True)
        if not stat.S_ISDIR(folder.lstat().st_mode):
            raise UsageError(f"{folder} is no folder of its own: files are extracted into a new or empty one")
        place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot write to {folder}: {getattr(error, 'strerror', None) or error}") from None
    try:
        if os.listdir(place):
            raise UsageError(f"{folder} is not empty: files are extracted into a new or empty folder")
        yield place
    finally:
        os.close(place)
