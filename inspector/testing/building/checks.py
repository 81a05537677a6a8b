"""What a script must not say, told in one line."""

from collections.abc import Container
from pathlib import Path

from inspector.errors import UsageError
from inspector.recording.place import check_free
from inspector.webservices.notifications import CHATS_TOPIC

API = "/api/v2"

LONGEST_S = 7 * 86_400
"""Seconds that one thing may take: meanwhile everybody polls on, twice a minute, and that is written down."""

_OF_ADDRESSES = frozenset("/?#;% ")


def check_place(path: Path, overwrite: bool) -> None:
    """Raises UsageError if nothing can be put there."""
    if not path.parent.is_dir():
        raise UsageError(f"cannot write to {path}: there is no folder {path.parent}")
    if path.is_dir():
        raise UsageError(f"cannot write to {path}: it is a folder")
    if not overwrite:
        check_free(path, ", or overwrite=True")


def check_id(name: str, known: Container[str]) -> None:
    """Raises UsageError for what can be no id of something new: it is taken, or addresses could not have it in them."""
    if name in known:
        raise UsageError(f"the id {name} is taken: give another one, or none")
    if not name.isascii() or not name.isprintable() or name in ("", ".", "..") or _OF_ADDRESSES & set(name):
        raise UsageError(f"{name!r} is no id: addresses have it in them, so give letters and digits")


def check_path(path: str) -> None:
    """Raises UsageError for what is no path (with or without a query) as it stands in a request."""
    if not path.startswith("/") or path.startswith("//") or not _is_visible(path) or "#" in path:
        raise UsageError(f"{path!r} is no path: give one like /api/v2/me?fields=*, percent-encoded as it is sent")


def _is_visible(text: str) -> bool:
    return text.isascii() and text.isprintable() and " " not in text


def under_api(path: str) -> str:
    """The whole of a path that a script gives as it stands under `/api/v2`. Raises UsageError for any other."""
    if not path.startswith("/") or path.startswith(f"{API}/"):
        raise UsageError(f"{path!r} is no path under {API}: give one like /me/chats?fields=*")
    return API + path


def check_topic(topic: str, *, wild: bool = True) -> None:
    """Raises UsageError for what nobody can subscribe to (`/meta/` is the protocol's own: Bayeux, section 2.2); if it
    is not to be `wild`, also for a pattern: nothing is told on one.
    """
    if not topic.startswith("/") or topic.startswith("/meta/") or (not wild and "*" in topic):
        raise UsageError(f"{topic!r} is no topic: give one like {CHATS_TOPIC}")
