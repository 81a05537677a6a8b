"""What the arguments and options of `replay` come to, checked before anything begins."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

from inspector.cli.options import checked_spied
from inspector.cli.playing import Run
from inspector.errors import UsageError
from inspector.replay.control.guard import checked_token
from inspector.replay.control.hosting import Piece
from inspector.replay.control.shelf import Source
from inspector.replay.faults import read as read_faults
from inspector.replay.fronts.listening import Certificate
from inspector.replay.matching import Policy
from inspector.replay.misses.missing import Tell
from inspector.replay.plans.keeping import places_of
from inspector.replay.plans.opening import Prepared
from inspector.replay.stub import Settings
from inspector.traffic.redaction import Places

if TYPE_CHECKING:
    from inspector.recording.recorder import Recorder
    from inspector.replay.spy.spying import Spy


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The command's arguments and options, as click gives them; `by_operation` and `places` (more secrets) have no
    option, and come from the settings.
    """

    recording: Path
    request: tuple[str, ...]
    listen: tuple[str, int]
    session: str | None
    agent: str | None
    pace: float
    reuse: bool
    ignore: tuple[str, ...]
    keep_origins: bool
    origins: tuple[str, ...]
    cors: tuple[str, ...]
    poll_timeout: float
    tls_cert: Path | None
    tls_key: Path | None
    strict: bool
    report: Path | None
    front: str
    spy: str | None
    record_missing: bool
    faults: Path | None
    control: tuple[str, int]
    token: str
    explain: bool
    as_json: bool
    quiet: bool
    by_operation: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    places: Places = field(default_factory=Places)

    def source(self) -> Source:
        """What is played. Raises UsageError for what is no pointer."""
        policy = Policy(self.ignore, self.by_operation)
        return Source(self.recording, self.session, self.agent, policy, self.origins, in_memory=self.record_missing)

    def run(self, tell: Tell) -> Run:
        """What is to be served. Raises InspectorError for whatever is wrong with it."""
        settings, certificate, token = self.settings(), self._certificate(), self.token and checked_token(self.token)
        if self.front == "proxy" and certificate:
            raise UsageError("a forward proxy makes its certificates itself: leave --tls-cert and --tls-key out")
        faults, source = tuple(read_faults(self.faults)) if self.faults else (), self.source()
        prepared = source.prepared()
        return Run(
            piece=Piece(source, prepared, settings, faults, tell=tell),
            listen=self.listen,
            front=self.front,
            certificate=certificate,
            control=self.control,
            token=token,
            spy=self._spying(prepared),
        )

    def _spying(self, prepared: Prepared) -> "Callable[[], Spy] | None":
        """What makes the spy that was asked for."""
        if self.spy is None:
            if self.record_missing:
                raise UsageError("--record-missing keeps what --spy UPSTREAM answers: give that, too")
            return None
        from inspector.replay.spy.spying import Spy  # and httpx with it

        upstream = checked_spied(self.spy, self.listen)
        recorder = self._recorder(prepared, upstream) if self.record_missing else None
        only = prepared.origins if self.front == "proxy" else None
        return partial(Spy, upstream, recorder=recorder, keep_origins=self.keep_origins, only=only)

    def _recorder(self, prepared: Prepared, upstream: str) -> "Callable[[], Recorder]":
        """What makes the recorder of the session that adds to the one that is played."""
        from inspector.recording.recorder import Recorder

        if not os.access(self.recording, os.W_OK):
            raise UsageError(f"{self.recording} cannot be written to: --record-missing would keep nothing")
        places = places_of(prepared.session) | self.places
        return partial(Recorder, self.recording, upstream, parent=prepared.session.uuid, places=places)

    def settings(self) -> Settings:
        """How it is played. Raises UsageError."""
        if not isfinite(self.poll_timeout):
            raise UsageError(f"--poll-timeout {self.poll_timeout:g} cannot be meant: give seconds")
        return Settings(
            pace=self.pace,
            reuse=self.reuse,
            poll_timeout_ms=round(self.poll_timeout * 1000),
            keep_origins=self.keep_origins,
            cors=self.cors,
        )

    def _certificate(self) -> Certificate | None:
        if bool(self.tls_cert) != bool(self.tls_key):
            raise UsageError("a certificate needs its key: give --tls-cert and --tls-key")
        return Certificate(self.tls_cert, self.tls_key) if self.tls_cert and self.tls_key else None
