"""What an audit rests on: which files with which bytes, which sessions in which state, by which rules and policy."""

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from inspector import __version__
from inspector.analysis.policy import Policy
from inspector.analysis.rules import RULES
from inspector.analysis.rules.selection import Selection
from inspector.errors import RecordingError
from inspector.recording.process import is_alive, processes
from inspector.recording.reader import Recording
from inspector.recording.session import Session
from inspector.traffic.exchange import Instant

_PIECE = 1 << 20
"""Bytes that are hashed at a time."""


@dataclass(frozen=True, slots=True)
class Source:
    """An opened recording. `sha256` is of the file's bytes as they lay on the disk; `unsettled` says why that does not
    name all that was read (empty if it does): somebody records into it. `sessions` are all that it holds and that were
    asked for, those that count in another file, too.
    """

    path: Path
    recording: Recording
    sha256: str
    unsettled: str
    sessions: tuple[Session, ...]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """The session `uuid` of `recording` does not count: it is in `counted_in`, too, where there is more of it."""

    recording: str
    uuid: str
    counted_in: str


@dataclass(frozen=True, slots=True)
class OfSession:
    """A session as the head tells of it. `state` is open, complete or incomplete, `trouble` why; `source` proxy, har or
    flow. `secrets_kept`: nothing was redacted. `policy` holds the lines that its files were judged by (those that are
    not the defaults), `recorded_with` the versions of the tool that recorded it. `counts`: false if it is left out.
    """

    number: int
    uuid: str
    state: str
    trouble: str
    source: str
    started: Instant
    ended: Instant | None
    upstream: str
    exchanges: int
    unfinished: int
    secrets_kept: bool
    policy: Mapping[str, Any]
    recorded_with: Mapping[str, str]
    counts: bool

    @property
    def is_incomplete(self) -> bool:
        return self.state != "complete"


@dataclass(frozen=True, slots=True)
class OfRecording:
    """A file as the head tells of it; `unsettled` says why `sha256` does not name all that was read, or is empty."""

    name: str
    sha256: str
    unsettled: str
    sessions: tuple[OfSession, ...]


@dataclass(frozen=True, slots=True)
class Head:
    """`tool` and `rules` are versions, `types` that of puremagic, which tells the detected types.

    `policy` are the lines of the policy that all sessions were judged by; None: each by its own. `policy_sha256` is of
    its file, empty if it has none. `select`, `ignore`, `excused` and `severities` are as they were chosen.
    """

    tool: str
    rules: str
    types: str
    recordings: tuple[OfRecording, ...]
    left_out: tuple[LeftOut, ...]
    policy: Mapping[str, Any] | None
    policy_file: str
    policy_sha256: str
    select: tuple[str, ...]
    ignore: tuple[str, ...]
    excused: tuple[str, ...]
    severities: Mapping[str, str]

    @property
    def incomplete(self) -> list[OfSession]:
        """The sessions that count, and are not all that happened."""
        return [one for file in self.recordings for one in file.sessions if one.counts and one.is_incomplete]


def name_of(path: Path) -> str:
    """A file's name as text that can be written anywhere: on the disk it may be any bytes."""
    return os.fsencode(path.name).decode("utf-8", "replace")


def digest_of(path: Path, watch: Callable[[int], None] = lambda size: None) -> str:
    """The SHA-256 of a file's bytes as they lie on the disk; `watch` is told of each piece's size. Raises
    RecordingError.
    """
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                digest.update(piece)
                watch(len(piece))
    except OSError as error:
        raise RecordingError(f"{path} cannot be read: {error.strerror}") from None
    return digest.hexdigest()


def unsettled(recording: Recording) -> str:
    """Why the bytes of the file are not all that is read of it; empty if they are."""
    for session in recording.sessions():
        if session.state == "open" and any(is_alive(one) for one in processes(session.recorder)):
            return "it is being recorded: what came last lies beside it, and it has another digest when it is closed"
    log = recording.path.with_name(recording.path.name + "-wal")
    if log.exists() and log.stat().st_size:
        return f"it was not closed: what came last lies in {log.name}, which the digest leaves out"
    return ""


def head_of(
    files: Sequence[Source],
    counted: Mapping[str, Recording],
    left_out: tuple[LeftOut, ...],
    selection: Selection,
    policy: Policy | None,
    policy_file: Path | None,
) -> Head:
    """`counted` has the recording that each session's UUID is read from."""
    told = tuple(
        OfRecording(
            name_of(file.path),
            file.sha256,
            file.unsettled,
            tuple(
                _session(file.recording, one, policy, counts=counted.get(one.uuid) is file.recording)
                for one in file.sessions
            ),
        )
        for file in files
    )
    return Head(
        tool=__version__,
        rules=str(RULES),
        types=version("puremagic"),
        recordings=told,
        left_out=left_out,
        policy=None if policy is None else policy.kept(),
        policy_file=name_of(policy_file) if policy_file else "",
        policy_sha256=digest_of(policy_file) if policy_file else "",
        select=selection.select,
        ignore=selection.ignore,
        excused=tuple(sorted(f"{code}:{case}" for code, case in selection.excused)),
        severities={code: severity.value for code, severity in selection.severities.items()},
    )


def _session(recording: Recording, session: Session, policy: Policy | None, *, counts: bool) -> OfSession:
    return OfSession(
        number=session.id,
        uuid=session.uuid,
        state=session.state,
        trouble=session.shortcoming,
        source=session.source,
        started=session.started,
        ended=session.ended,
        upstream=session.upstream or " ".join(session.origins),
        exchanges=recording.count(session),
        unfinished=recording.unfinished(session),
        secrets_kept=session.keeps_secrets,
        policy=policy.kept() if policy else session.settings.get("policy", {}),
        recorded_with=session.versions,
        counts=counts,
    )
