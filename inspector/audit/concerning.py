"""Which findings concern which transfer: by the ids that a finding is about, and if a document was sent more than once,
by the place in its life; if it names no document, by the call that it is in.
"""

from collections import defaultdict
from collections.abc import Iterator

from inspector.analysis.finding import Finding
from inspector.analysis.rules.selection import Selection
from inspector.recording import stored
from inspector.recording.reader import Recording
from inspector.recording.session import Session

Sifted = tuple[Finding, bool]
"""A finding, and whether it is excused."""

_REPEATED = """
SELECT t.id, t.chat_id, t.document_id, t.linked_by, t.uploaded_by, t.notified_exchange FROM transfers t
JOIN (SELECT chat_id, document_id FROM transfers WHERE session = ?1 GROUP BY 1, 2 HAVING count(*) > 1) r
  ON r.chat_id = t.chat_id AND r.document_id = t.document_id
WHERE t.session = ?1 ORDER BY t.id"""


_NEAR = """
SELECT f.exchange FROM findings f JOIN exchanges e ON e.id = f.exchange, json_each(f.about) j
WHERE +e.session = ?1 AND j.value = ?2
UNION SELECT linked_by FROM transfers WHERE session = ?1 AND document_id = ?2
UNION SELECT uploaded_by FROM transfers WHERE session = ?1 AND document_id = ?2
ORDER BY 1"""


class Concerning:
    """The findings of one session, by transfer; those about none are left to `about_no_transfer`. Of a `document` alone
    only those are read that may be about it.
    """

    def __init__(self, recording: Recording, session: Session, selection: Selection, document: str = "") -> None:
        self._about: dict[str, list[Sifted]] = defaultdict(list)
        self._lives: dict[tuple[str, str], list[tuple[int, set[int]]]] = defaultdict(list)
        db = recording.db
        self._at: dict[int, list[Sifted]] = defaultdict(list)
        documents, calls = _documents(recording, session), _calls(recording, session)
        found = _near(recording, session, document) if document else stored.findings(recording, session)
        for sifted in selection.sift(found):
            concerned = documents.intersection(sifted[0].about)
            for one in concerned:
                self._about[one].append(sifted)
            if not concerned and (transfer := calls.get(_call_of(sifted[0]))):
                self._at[transfer].append(sifted)
        for number, chat, one, *places in db.execute(_REPEATED, (session.id,)):
            self._lives[chat, one].append((number, {place for place in places if place is not None}))

    def of(self, number: int, chat: str, document: str) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
        """The transfer's findings: those that are told, and those that are excused."""
        lives = self._lives.get((chat, document), [])
        mine = self._at.get(number, []) + [
            sifted
            for sifted in self._about.get(document, ())
            if self._is_of_chat(sifted[0], chat, document) and (not lives or _life_of(sifted[0], lives) == number)
        ]
        told = tuple(finding for finding, excused in mine if not excused)
        return told, tuple(finding for finding, excused in mine if excused)

    def _is_of_chat(self, finding: Finding, chat: str, document: str) -> bool:
        """Whether it names the chat; one that names no other place is of every chat that the document was in."""
        return chat in finding.about or set(finding.about) == {document}


def told_of_each(recording: Recording, session: Session, selection: Selection, document: str) -> list[list[Finding]]:
    """What is told of each transfer of a document, in the order of their numbers."""
    concerning = Concerning(recording, session, selection, document)
    query = "SELECT id, chat_id FROM transfers WHERE session = ? AND document_id = ? ORDER BY id"
    lives = recording.db.execute(query, (session.id, document)).fetchall()
    return [list(concerning.of(number, chat, document)[0]) for number, chat in lives]


def about_no_transfer(recording: Recording, session: Session, selection: Selection) -> Iterator[Sifted]:
    """The session's other findings, one by one: there may be as many as there are exchanges."""
    documents, calls = _documents(recording, session), _calls(recording, session)
    for sifted in selection.sift(stored.findings(recording, session)):
        if documents.isdisjoint(sifted[0].about) and _call_of(sifted[0]) not in calls:
            yield sifted


def _near(recording: Recording, session: Session, document: str) -> Iterator[Finding]:
    """The findings at all places where one is about the document, and in the calls that linked or uploaded it."""
    for (exchange,) in recording.db.execute(_NEAR, (session.id, document)).fetchall():
        if exchange is not None:
            yield from stored.findings_at(recording, exchange)


def _documents(recording: Recording, session: Session) -> set[str]:
    cursor = recording.db.cursor()
    cursor.row_factory = None
    return {row[0] for row in cursor.execute("SELECT document_id FROM transfers WHERE session = ?", (session.id,))}


def _calls(recording: Recording, session: Session) -> dict[int | None, int]:
    """The transfer of each call that linked or uploaded one: a new document has no id yet in its own call."""
    cursor = recording.db.cursor()
    cursor.row_factory = None
    found: dict[int | None, int] = {}
    rows = "SELECT id, linked_by, uploaded_by FROM transfers WHERE session = ? ORDER BY id"
    for number, *calls in cursor.execute(rows, (session.id,)):
        for call in calls:
            if call is not None:
                found.setdefault(call, number)
    return found


def _call_of(finding: Finding) -> int | None:
    """The exchange that the finding is in; None if it is in a message of it, which may tell of many things."""
    return finding.exchange if finding.message is None else None


def _life_of(finding: Finding, lives: list[tuple[int, set[int]]]) -> int:
    """The life that has the finding's exchange; else the last that had begun by then, else the first."""
    for number, places in lives:
        if finding.exchange in places:
            return number
    begun = [number for number, places in lives if places and min(places) <= finding.exchange]
    return begun[-1] if begun else lives[0][0]
