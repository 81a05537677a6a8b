"""`replay`: a stub that plays a recording."""

import asyncio
import signal
import sys
from pathlib import Path

import click

from inspector.cli.options import RECORDING, Address
from inspector.errors import UsageError
from inspector.replay.journal import Verification
from inspector.replay.listening import Certificate, listening
from inspector.replay.opening import Prepared, prepare
from inspector.replay.server import StubApp
from inspector.replay.stub import Settings, Stub


@click.command()
@click.argument("recording", type=RECORDING)
@click.option("--listen", type=Address(), default="127.0.0.1:8080", show_default=True, help="Port 0 is any free one.")
@click.option("--session", help="The session that is played (id or begin of its UUID); else the newest complete one.")
@click.option("--agent", help="Only this agent (user name) of the session.")
@click.option("--pace", type=float, default=0.0, show_default=True, help="0: notifications at once; N: N times faster.")
@click.option("--reuse", is_flag=True, help="Operations answer again; the last answer repeats.")
@click.option("--keep-origins", is_flag=True, help="Serve recorded addresses as they are.")
@click.option("--origin", "origins", multiple=True, help="One more address of the recorded server.")
@click.option("--poll-timeout", type=float, default=30.0, show_default=True, help="Seconds that a long poll is held.")
@click.option("--tls-cert", type=click.Path(path_type=Path), help="Serve HTTPS with this certificate (PEM).")
@click.option("--tls-key", type=click.Path(path_type=Path), help="The certificate's key (PEM).")
@click.option("--strict", is_flag=True, help="Exit 1 also if an operation was never used.")
@click.option("-q", "--quiet", is_flag=True, help="No summary.")
def replay(
    recording: Path,
    listen: tuple[str, int],
    session: str | None,
    agent: str | None,
    pace: float,
    reuse: bool,
    keep_origins: bool,
    origins: tuple[str, ...],
    poll_timeout: float,
    tls_cert: Path | None,
    tls_key: Path | None,
    strict: bool,
    quiet: bool,
) -> None:
    """Play RECORDING as a stub: the same answers, and the same notifications, whatever the timing; no byte leaves.

    Prints `ready http://HOST:PORT` when clients can connect. SIGINT or SIGTERM ends it, and tells what was asked for,
    missed, never used and never delivered. Exit code 1 after a miss.
    """
    if bool(tls_cert) != bool(tls_key):
        raise UsageError("a certificate needs its key: give --tls-cert and --tls-key")
    prepared = prepare(recording, session=session, agent=agent, origins=origins)
    settings = Settings(pace, reuse, round(poll_timeout * 1000), keep_origins)
    certificate = Certificate(tls_cert, tls_key) if tls_cert and tls_key else None
    stub = asyncio.run(_until_stopped(prepared, settings, listen, certificate))
    verification = stub.verify()
    if not quiet:
        _tell(verification)
    sys.exit(1 if verification.failed(strict) else 0)


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
        out.print(f"  #{event.exchange}:{event.position} on {event.topic} waits for {waits}", style="yellow")
