"""Writes a recording from Python, in a few lines: a test needs no server, not even once.

    with RecordingBuilder("recordings/contract.db") as recording:
        sofia = recording.agent("sofia")
        chat = sofia.chat(customer="Ann Harris", says="Where is my contract?")
        contract = chat.link("contract.pdf", b"%PDF-1.7 …")
        chat.upload(contract, description="your contract")
        chat.customer_message("Thank you!")
        chat.complete()

Every line takes a second of the recording's own time. The same script gives the same exchanges, at the same times.
"""

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from inspector.demo.documents import Document
from inspector.demo.people import User
from inspector.errors import UsageError
from inspector.testing.building.agent import READS, Agent
from inspector.testing.building.checks import LONGEST_S, check_id, check_place
from inspector.testing.building.form import file_of
from inspector.testing.building.script import Script
from inspector.webservices.notifications import CHATS_TOPIC

ORIGIN = "https://gws.example.com"
"""The server's, unless a script says otherwise."""

BEGAN = datetime(2026, 1, 5, 9, tzinfo=UTC)

_SESSION: Mapping[str, Any] = {"channels": ["chat"]}


class RecordingBuilder:
    """A recording of one session. It is written when its block ends; not if an exception ends it."""

    def __init__(
        self,
        path: str | PathLike[str],
        *,
        origin: str = ORIGIN,
        began: datetime = BEGAN,
        overwrite: bool = False,
    ) -> None:
        """`origin` is the recorded server's. Raises UsageError: no folder for it, or a file is there and is not to be
        overwritten; no origin; a time without a time zone.
        """
        parts = urlsplit(origin)
        if parts.scheme not in ("http", "https") or origin != f"{parts.scheme}://{parts.netloc}" or not parts.hostname:
            raise UsageError(f"origin={origin!r} is none: give one like {ORIGIN}")
        if began.tzinfo is None:
            raise UsageError(f"began={began} has no time zone: give one, as datetime(…, tzinfo=UTC)")
        self.path = Path(path)
        self._origin = origin
        self._overwrite = overwrite
        self._agents = list[Agent]()
        self._script = Script(origin, began)
        self._began = self._script.timeline.instant
        check_place(self.path, overwrite)

    def __enter__(self) -> Self:
        self._script.open = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is None:
            self._script.end()
        self._script.open = False
        if kind is None:
            from inspector.testing.building.keeping import keep  # and the recorder, for which a script need not wait

            wire, ended = self._script.wire, self._script.timeline.instant
            keep(self.path, self._origin, self._began, ended, wire.tell, self._overwrite)

    @property
    def now(self) -> datetime:
        """When the next line happens."""
        return self._script.timeline.moment

    def wait(self, seconds: float) -> None:
        """Nobody does anything for a while. Raises UsageError if that is less than none, or more than a week."""
        if not 0 <= seconds <= LONGEST_S:
            raise UsageError(f"wait({seconds:g}): time passes, and comes to an end: give 0 to {LONGEST_S} seconds")
        with self._script.line():
            self._script.timeline.pass_by(round(seconds * 1_000_000))

    def agent(
        self,
        name: str,
        *,
        first_name: str | None = None,
        last_name: str = "",
        user_id: str | None = None,
        topics: Sequence[str] = (CHATS_TOPIC,),
        session: Mapping[str, Any] | None = _SESSION,
        reads: Sequence[str] = READS,
    ) -> Agent:
        """An agent logs in as `name` (any password will do when it is played), listens to the `topics`, and begins to
        work: `session` are the members of StartContactCenterSession, None if they do not begin. A client may log in by
        any of the requests in `reads` (paths under `/api/v2`). Raises UsageError if an agent of that name is there.
        """
        with self._script.line():
            if not name or ":" in name:
                raise UsageError(f"nobody can log in as {name!r}: a user name is not empty and has no colon (RFC 7617)")
            if any(one.name == name and not one.is_home for one in self._agents):
                raise UsageError(f"{name} is here already, until they go home")
            made_up = uuid.uuid5(uuid.NAMESPACE_OID, name).hex
            user = User(user_id or made_up, name, "", first_name or name.title(), last_name)
            self._script.users[:] = [*(one for one in self._script.users if one.user_name != name), user]
            agent = Agent(self._script, user)
            agent.log_in(reads)
            self._agents.append(agent)
            if topics:
                agent.listen(*topics)
            if session is not None:
                agent.call("POST", "/api/v2/me", {"operationName": "StartContactCenterSession"} | dict(session))
        return agent

    def document(self, name: str, content: bytes, *, type: str | None = None, id: str | None = None) -> Document:
        """A document that the server has from the start, as a standard response; to be linked by its id, which is the
        next one if none is given. Raises UsageError if there is one with this id.
        """
        self._script.check_open()
        file, shelf = file_of(name, content, type), self._script.shelf
        if id is None:
            return shelf.add(file)
        check_id(id, shelf.documents)
        return shelf.put(Document(id, file))
