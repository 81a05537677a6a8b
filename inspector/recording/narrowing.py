"""Which of a session's rows are asked for: conditions as SQL with parameters, all of which have to hold."""

from dataclasses import dataclass

from inspector.errors import NothingFound, UsageError
from inspector.recording.reader import Recording
from inspector.recording.session import Session

_RANGE = "rule >= ? AND rule < ?"


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Empty is everything. `agents` are ids of rows; `rule` is the begin of a code, in capital letters."""

    chat: str = ""
    agents: tuple[int, ...] | None = None
    operation: str = ""
    rule: str = ""

    def of_calls(self) -> tuple[str, list[object]]:
        """For calls `c`: begins with AND, if there is anything."""
        return _joined(
            ("c.chat_id = ?", [self.chat] if self.chat else None),
            self._agents("c.agent"),
            ("c.operation = ? COLLATE NOCASE", [self.operation] if self.operation else None),
            self._found("c.exchange"),
        )

    def of_exchanges(self) -> tuple[str, list[object]]:
        """The same for exchanges `e`, calls `c` or not: one of the channel may tell of the chat, or be the agent's."""
        told = "(c.chat_id = ? OR EXISTS (SELECT 1 FROM messages m WHERE m.exchange = e.id AND m.chat_id = ?))"
        return _joined(
            (told, [self.chat, self.chat] if self.chat else None),
            self._agents("coalesce(c.agent, (SELECT m.agent FROM messages m WHERE m.exchange = e.id LIMIT 1))"),
            ("c.operation = ? COLLATE NOCASE", [self.operation] if self.operation else None),
            self._found("e.id"),
        )

    def of_transfers(self) -> tuple[str, list[object]]:
        """For transfers `t`. A finding concerns one if it is about its document, or about what happened to it."""
        about = f"SELECT j.value FROM findings f, json_each(f.about) j WHERE {_RANGE}"
        at = f"SELECT exchange FROM findings WHERE {_RANGE}"
        found = f"(t.document_id IN ({about}) OR t.linked_by IN ({at}) OR t.uploaded_by IN ({at}))"
        return _joined(
            ("t.chat_id = ?", [self.chat] if self.chat else None),
            self._agents("t.agent"),
            (found, self._range() * 3 if self.rule else None),
        )

    def of_agents(self) -> tuple[str, list[object]]:
        """For agents `a`: those of whom there is a call that is asked for."""
        calls, parameters = Narrowing(self.chat, None, self.operation, self.rule).of_calls()
        some = f"a.id IN (SELECT c.agent FROM calls c WHERE 1 {calls})"
        return _joined((some, parameters if calls else None), self._agents("a.id"))

    def _agents(self, column: str) -> tuple[str, list[object] | None]:
        if self.agents is None:
            return "", None
        return f"{column} IN ({', '.join('?' * len(self.agents))})", list(self.agents)

    def _found(self, column: str) -> tuple[str, list[object] | None]:
        return f"{column} IN (SELECT exchange FROM findings WHERE {_RANGE})", self._range() if self.rule else None

    def _range(self) -> list[object]:
        """The codes that begin so: up to the one that is behind all of them."""
        return [self.rule, self.rule + "\x7f"]


def agents_called(recording: Recording, session: Session, name: str) -> tuple[int, ...]:
    """The ids of the agents of this login, user id or number (`#2`, as `ls` counts them in a session).

    Raises NothingFound, with the nearest login.
    """
    query = "SELECT id, login, user FROM agents WHERE session = ? ORDER BY id"
    cursor = recording.db.cursor()
    cursor.row_factory = None
    known: dict[str, set[int]] = {}
    first = None
    for number, login, user in cursor.execute(query, (session.id,)):
        first = number if first is None else first
        for one in (login, user, f"#{number - first + 1}"):
            known.setdefault(one, set()).add(number)
    found = known.get(name) or known.get(f"#{name}") or _any_case(known, name)
    if not name or not found:
        from difflib import get_close_matches  # a list that comes at once has no need of it

        near = get_close_matches(name, [one for one in known if one and not one.startswith("#")], 1, 0)
        meant = f": did you mean {near[0]}?" if near else ""
        raise NothingFound(f"{recording.path} knows no agent {name!r} in session {session.id}{meant}")
    return tuple(sorted(found))


def known_operation(recording: Recording, name: str) -> str:
    """The operation as calls spell it, whatever the case. Raises UsageError if there is none in the API either."""
    query = "SELECT operation FROM calls WHERE operation = ? COLLATE NOCASE LIMIT 1"
    if found := recording.db.execute(query, (name,)).fetchone():
        return str(found[0])
    from difflib import get_close_matches

    from inspector.webservices.operations import Operation  # all models of the API, which few questions need

    def below(kind: type[Operation]) -> set[str]:
        return {kind.operation}.union(*(below(one) for one in kind.__subclasses__()))

    rows = recording.db.execute("SELECT DISTINCT operation FROM calls")
    known = ({row[0] for row in rows} | {"Download"} | below(Operation)) - {""}
    for one in known:
        if one.casefold() == name.casefold():
            return str(one)
    near = get_close_matches(name, sorted(known), 1, 0)
    raise UsageError(f"there is no operation {name!r}: did you mean {near[0]}?")


def _any_case(known: dict[str, set[int]], name: str) -> set[int]:
    return set().union(*(numbers for one, numbers in known.items() if one.casefold() == name.casefold()))


def _joined(*conditions: tuple[str, list[object] | None]) -> tuple[str, list[object]]:
    text, parameters = "", list[object]()
    for condition, values in conditions:
        if values is not None:
            text += f" AND {condition}"
            parameters += values
    return text, parameters
