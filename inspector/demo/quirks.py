"""Misbehaviour on purpose: what real servers, networks and colleagues do to an UploadFile, one kind a document."""

from collections.abc import Mapping
from enum import StrEnum

from inspector.demo.documents import Document


class Quirk(StrEnum):
    """What goes wrong with a document. The first five happen at its UploadFile, the last when it is linked."""

    OVERTAKES = "overtakes"
    """The notification arrives before the HTTP reply (Asynchronous Events; seen in real logs)."""
    LOST = "lost"
    """Accepted with `statusCode` 0, but the notification never comes."""
    SPEECHLESS = "speechless"
    """Refused without a `statusMessage`, which Return Values promises."""
    EMPTY = "empty"
    """`file-uploaded` without its `attachment`."""
    ASTRAY = "astray"
    """`attachment.path` and `uri` lead to another document than `attachment.id` names."""
    OTHER_TAB = "other-tab"
    """The agent sends the document from another tab: `file-uploaded` without an UploadFile of this desktop."""


Quirks = Mapping[str, Quirk]
"""A quirk by document id or by file name; a document that is not in it behaves."""

DEFAULT: Quirks = {
    "price-list.pdf": Quirk.OVERTAKES,
    "delivery-note.txt": Quirk.LOST,
    "warranty.txt": Quirk.SPEECHLESS,
    "floor-plan.png": Quirk.EMPTY,
    "invoice.txt": Quirk.ASTRAY,
    "opening-hours.txt": Quirk.OTHER_TAB,
}
"""The story's."""


def quirk_of(quirks: Quirks, document: Document) -> Quirk | None:
    """What goes wrong with a document; None if nothing does."""
    return quirks.get(document.id) or quirks.get(document.name)
