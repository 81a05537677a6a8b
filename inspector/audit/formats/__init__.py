"""The ledger for eyes, for spreadsheets and for programs; each format is made piece by piece, however long it gets."""

from collections.abc import Callable, Iterator

from inspector.audit.audited import Audited
from inspector.audit.formats import sheet, values


def _html(audited: Audited) -> Iterator[str]:
    from inspector.audit.report.html import document  # its templates are nobody's business but its own

    return document(audited)


FORMATS: dict[str, Callable[[Audited], Iterator[str]]] = {"csv": sheet.pieces, "json": values.pieces, "html": _html}
"""What is made of an audit, as text in pieces."""
