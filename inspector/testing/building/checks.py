"""What a script must not say, told in one line."""

from collections.abc import Container
from pathlib import Path

from inspector.errors import UsageError

_OF_ADDRESSES = frozenset("/?#;% ")


def check_place(path: Path, overwrite: bool) -> None:
    """Raises UsageError if nothing can be put there."""
    if not path.parent.is_dir():
        raise UsageError(f"cannot write to {path}: there is no folder {path.parent}")
    if path.is_dir():
        raise UsageError(f"cannot write to {path}: it is a folder")
    if not overwrite and (path.exists() or path.is_symlink()):
        raise UsageError(f"{path} exists already: give a name that is free, or overwrite=True")


def check_id(name: str, known: Container[str]) -> None:
    """Raises UsageError for what can be no id of something new: it is taken, or addresses could not have it in them."""
    if name in known:
        raise UsageError(f"the id {name} is taken: give another one, or none")
    if not name.isascii() or not name.isprintable() or not name or _OF_ADDRESSES & set(name):
        raise UsageError(f"{name!r} is no id: addresses have it in them, so give letters and digits")


def check_path(path: str) -> None:
    """Raises UsageError for what is no path (with or without a query) as it stands in a request."""
    if not path.startswith("/") or path.startswith("//") or not path.isascii() or set(" #") & set(path):
        raise UsageError(f"{path!r} is no path: give one like /api/v2/me?fields=*, percent-encoded as it is sent")
