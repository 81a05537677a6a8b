"""`replay`: a stub that plays a recording."""

import asyncio
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from inspector.cli.options import RECORDING, Address
from inspector.errors import UsageError
from inspector.replay.cors import checked_origin
from inspector.replay.journal import Verification
from inspector.replay.listening import Certificate, listening
from inspector.replay.matching import Policy
from inspector.replay.opening import Prepared, prepare
from inspector.replay.pointers import checked_pointer
from inspector.replay.report import report_at
from inspector.replay.server import StubApp
from inspector.replay.stub import Settings, Stub

if TYPE_CHECKING:
    from inspector.config import Settings as AllSettings

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
    explain: bool
    as_json: bool
    quiet: bool

    def prepared(self, by_operation: dict[str, tuple[str, ...]]) -> Prepared:
        policy = Policy(tuple(map(checked_pointer, self.ignore)), by_operation)
        return prepare(self.recording, session=self.session, agent=self.agent, policy=policy, origins=self.origins)

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
@click.option("--explain", is_flag=True, help="Serve nothing; tell what METHOD PATH [BODY] would be answered.")
@click.option("--json", "as_json", is_flag=True, help="With --explain: JSON on stdout.")
@click.option("-q", "--quiet", is_flag=True, help="No summary.")
@click.pass_obj
def replay(settings: "AllSettings", /, **given: Any) -> None:
    """Play RECORDING as a stub: the same answers, and the same notifications, whatever the timing; no byte leaves.

    Prints `ready http://HOST:PORT` when clients can connect. SIGINT or SIGTERM ends it, and tells what was asked for,
    missed, never used and never delivered. Exit code 1 after a miss.

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
    return 0 if tell(chosen.prepared(by_operation), asked, chosen.settings(), chosen.as_json) else 1


def _played(chosen: _Given, by_operation: dict[str, tuple[str, ...]]) -> int:
    """Serves until it is stopped, and tells how it went; the exit code. What cannot be done is told before."""
    settings, certificate = chosen.settings(), chosen.certificate()
    report = report_at(chosen.report) if chosen.report else None
    prepared = chosen.prepared(by_operation)
    stub = asyncio.run(_until_stopped(prepared, settings, chosen.listen, certificate))
    verification = stub.verify()
    if not chosen.quiet:
        _tell(verification)
    if report:
        report.write(verification, chosen.recording.name, strict=chosen.strict)
    return 1 if verification.failed(chosen.strict) else 0


async def _until_stopped(
    prepared: Prepared, settings: Settings, listen: tuple[str, int], certificate: Certificate | None
) -> Stub:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    stub = prepared.stub(settings)
    async with listening(StubApp(stub), *listen, certificate) as url:
        print(f"ready {url}", flush=True)
        await stopped.wait()
    return stub


def _tell(verification: Verification) -> None:
    from rich.text import Text

    from inspector.render.escape import plain
    from inspector.render.miss import miss_lines
    from inspector.render.table import console

    out = console(stderr=True)
    for miss, times in verification.misses:
        for line in miss_lines(miss):
            out.print(line, soft_wrap=True)
        if times > 1:
            out.print(Text(f"  {times} times", "dim"))
    out.print(
        f"{verification.asked} requests, {verification.answered} answered, {verification.missed} missed, "
        f"{len(verification.unused)} operations never used, {len(verification.undelivered)} notifications undelivered"
    )
    for event in verification.undelivered:
        waits = "the subscription" if event.waits_for is None else f"#{event.waits_for}"
        where = f"  #{event.exchange}:{event.position} on {plain(event.topic)}"
        out.print(Text(f"{where} waits for {waits}", "yellow"), soft_wrap=True)
