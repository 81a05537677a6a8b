"""A row of the ledger: one transfer, with all that a recording knows of it."""

from dataclasses import dataclass

from inspector.analysis.finding import Finding
from inspector.analysis.transfers import State
from inspector.traffic.exchange import Instant


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a call's direct reply said: HTTP `status`, the API's `status_code`, or the `error` that ended it."""

    exchange: int
    at: Instant
    status: int | None = None
    status_code: int | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Notified:
    """The message that told of the file. `lag_ms` from the reply's end: below zero it was first; None: nobody knows."""

    exchange: int
    position: int
    at: Instant | None
    lag_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """A download: by whom (login; empty if that is not known), and when."""

    exchange: int
    at: Instant
    agent: str
    status: int | None


@dataclass(frozen=True, slots=True)
class Entry:
    """`session` is its UUID; `number` names the transfer in its recording. Sizes are bytes.

    `login` and `user` are of the agent whose file it is, empty for a customer's. `how_linked` says what brought the
    document into the chat, in words. `upload_type` and `upload_path` are of the UploadFile: a standard response's id,
    or the place on the agent's disk. `findings` are those that are told, `excused` those that somebody excused.
    """

    recording: str
    session: str
    number: int
    at: Instant | None
    login: str
    user: str
    direction: str
    chat: str
    document: str
    file: str
    name: str
    declared_type: str
    detected_type: str
    declared_size: int | None
    seen_size: int | None
    sha256: str
    upload_type: str
    upload_path: str
    description: str
    how_linked: str
    linked: Outcome | None
    uploaded: Outcome | None
    notified: Notified | None
    fetched: tuple[Fetched, ...]
    state: State
    findings: tuple[Finding, ...] = ()
    excused: tuple[Finding, ...] = ()
