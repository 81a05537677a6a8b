"""`replay`: a stub that plays a recording."""

import asyncio
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from inspector.cli.options import RECORDING, Address, checked_spied
from inspector.cli.playing import Run, play
from inspector.cli.telling import Telling
from inspector.errors import RecordingIncomplete, UsageError
from inspector.replay.cors import checked_origin
from inspector.replay.faults import read as read_faults
from inspector.replay.guard import checked_token
from inspector.replay.hosting import Piece
from inspector.replay.listening import Certificate
from inspector.replay.loop import run
from inspector.replay.matching import Policy
from inspector.replay.missing import Tell
from inspector.replay.opening import Prepared
from inspector.replay.report import report_at
from inspector.replay.shelf import Source
from inspector.replay.stub import Settings

if TYPE_CHECKING:
    from inspector.config import Settings as AllSettings
    from inspector.replay.spying import Spy

_MOST = 1_000_000
"""Of seconds, and of times faster: nobody means more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Given:
    """The command's arguments and options, as click gives them."""

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

    def source(self, by_operation: dict[str, tuple[str, ...]]) -> Source:
        policy = Policy(self.ignore, by_operation)
        return Source(self.recording, self.session, self.agent, policy, self.origins)

    def run(self, by_operation: dict[str, tuple[str, ...]], tell: Tell) -> Run:
        """What is to be served. Raises InspectorError for whatever is wrong with it."""
        settings, certificate, token = self.settings(), self.certificate(), self.token and checked_token(self.token)
        if self.front == "proxy" and certificate:
            raise UsageError("a forward proxy makes its certificates itself: leave --tls-cert and --tls-key out")
        faults, source = tuple(read_faults(self.faults)) if self.faults else (), self.source(by_operation)
        prepared = source.prepared()
        return Run(
            piece=Piece(source, prepared, settings, faults, tell=tell),
            listen=self.listen,
            front=self.front,
            certificate=certificate,
            control=self.control,
            token=token,
            spy=self.spying(prepared),
        )

    def spying(self, prepared: Prepared) -> "Callable[[], Spy] | None":
        """What makes the spy that was asked for."""
        if self.spy is None:
            if self.record_missing:
                raise UsageError("--record-missing keeps what --spy UPSTREAM answers: give that, too")
            return None
        from inspector.replay.spying import Spy  # and httpx with it

        upstream = checked_spied(self.spy, self.listen)
        recorder = None
        return partial(Spy, upstream, recorder=recorder, keep_origins=self.keep_origins)

    def settings(self) -> Settings:
        for name, number in (("--pace", self.pace), ("--poll-timeout", self.poll_timeout)):
            if not 0 <= number <= _MOST:
                raise UsageError(f"{name} {number:g} cannot be meant: give 0 to {_MOST}")
        return Settings(
            pace=self.pace,
            reuse=self.reuse,
            poll_timeout_ms=round(self.poll_timeout * 1000),
            keep_origins=self.keep_origins,
            cors=tuple(map(checked_origin, self.cors)),
        )

    def certificate(self) -> Certificate | None:
        if bool(self.tls_cert) != bool(self.tls_key):
            raise UsageError("a certificate needs its key: give --tls-cert and --tls-key")
        return Certificate(self.tls_cert, self.tls_key) if self.tls_cert and self.tls_key else None


@click.command()
@click.argument("recording", type=RECORDING)
@click.argument("request", nargs=-1)
@click.option("--listen", type=Address(), default="127.0.0.1:8080", show_default=True, help="Port 0 is any free one.")
@click.option("--session", help="The session that is played (id or begin of its UUID); else the newest complete one.")
@click.option("--agent", help="Only this agent (user name) of the session.")
@click.option("--pace", type=float, default=0.0, show_default=True, help="0: notifications at once; N: N times faster.")
@click.option("--reuse", is_flag=True, help="Operations answer again; the last answer repeats.")
@click.option("--ignore", multiple=True, metavar="POINTER", help="A place in JSON bodies that does not count.")
@click.option("--keep-origins", is_flag=True, help="Serve recorded addresses as they are.")
@click.option("--origin", "origins", multiple=True, help="One more address of the recorded server.")
@click.option("--cors", multiple=True, metavar="ORIGIN", help="Pages of this origin may read answers; * is any.")
@click.option("--poll-timeout", type=float, default=30.0, show_default=True, help="Seconds that a long poll is held.")
@click.option("--tls-cert", type=click.Path(path_type=Path), help="Serve HTTPS with this certificate (PEM).")
@click.option("--tls-key", type=click.Path(path_type=Path), help="The certificate's key (PEM).")
@click.option("--strict", is_flag=True, help="Exit 1 also if an operation was never used.")
@click.option(
    "--report", type=click.Path(path_type=Path), help="Write the verification here: .json, or .xml for JUnit."
)
@click.option(
    "--front",
    type=click.Choice(["server", "proxy"]),
    default="server",
    show_default=True,
    help="proxy: a forward proxy, that answers for every host.",
)
@click.option("--spy", metavar="UPSTREAM", help="Ask this server (http://HOST:PORT) what the recording does not know.")
@click.option("--record-missing", is_flag=True, help="Keep what --spy brought as a session more in RECORDING.")
@click.option("--faults", type=click.Path(path_type=Path), help="Arm the faults of this TOML file.")
@click.option("--control", type=Address(), default="127.0.0.1:0", show_default=True, help="The control address.")
@click.option("--token", default="", help="The token of the control address; else a random one.")
@click.option("--explain", is_flag=True, help="Serve nothing; tell what METHOD PATH [BODY] would be answered.")
@click.option("--json", "as_json", is_flag=True, help="With --explain: JSON on stdout.")
@click.option("-q", "--quiet", is_flag=True, help="No summary.")
@click.pass_obj
def replay(settings: "AllSettings", /, **given: Any) -> None:
    """Play RECORDING as a stub: the same answers, and the same notifications, whatever the timing; no byte leaves.

    Prints `ready http://HOST:PORT` when clients can connect, then `control http://HOST:PORT token TOKEN`. SIGINT or
    SIGTERM ends it, and tells what was asked for, missed, never used and never delivered. Exit code 1 after a miss.

    With --explain, REQUEST is METHOD PATH [BODY]: BODY is text, @FILE, or - for stdin. Exit code 1 if it would miss.
    """
    chosen = _Given(**given)
    by_operation = {name: tuple(own.ignore) for name, own in settings.replay.operations.items()}
    if chosen.explain:
        sys.exit(_explained(chosen, by_operation))
    if chosen.request or chosen.as_json:
        raise UsageError("a request (METHOD PATH [BODY]) and --json go with --explain only")
    sys.exit(_played(chosen, by_operation))


def _explained(chosen: _Given, by_operation: dict[str, tuple[str, ...]]) -> int:
    """Tells what the request would be answered; the exit code."""
    from inspector.cli.explain import request_of, tell

    asked = request_of(chosen.request)
    return 0 if tell(chosen.source(by_operation).prepared(), asked, chosen.settings(), chosen.as_json) else 1


def _played(chosen: _Given, by_operation: dict[str, tuple[str, ...]]) -> int:
    """Serves until it is stopped, and tells how it went; the exit code. What cannot be done is told before."""
    report = report_at(chosen.report) if chosen.report else None
    telling = Telling(quiet=chosen.quiet)
    # mitmproxy's eager tasks do not go together with uvloop
    serve = asyncio.run if chosen.front == "proxy" else run
    verification, lost = serve(play(chosen.run(by_operation, telling.happened)))
    telling.ended(verification)
    if report:
        report.write(verification, chosen.recording.name, strict=chosen.strict)
    if lost:
        raise RecordingIncomplete(lost)
    return 1 if verification.failed(chosen.strict) else 0
