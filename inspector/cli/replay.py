"""`replay`: a stub that plays a recording."""

import asyncio
import gc
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from inspector.cli.chosen import Chosen
from inspector.cli.options import RECORDING, Address
from inspector.cli.playing import play
from inspector.cli.telling import Telling
from inspector.errors import RecordingIncomplete, UsageError
from inspector.replay.fronts.loop import run
from inspector.replay.report import report_at
from inspector.traffic.redaction import Places

if TYPE_CHECKING:
    from inspector.config import Settings


@click.command()
@click.argument("recording", type=RECORDING)
@click.argument("request", nargs=-1)
@click.option("--listen", type=Address(), default="127.0.0.1:8080", show_default=True, help="Port 0 is any free one.")
@click.option(
    "--session", help="Which is played (id, name, begin of its UUID, or `all`); else the newest complete one."
)
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
def replay(settings: "Settings | None", /, **given: Any) -> None:
    """Play RECORDING as a stub: the same answers, and the same notifications, whatever the timing; no byte leaves.

    Prints `ready http://HOST:PORT` when clients can connect, then `control http://HOST:PORT token TOKEN`. SIGINT or
    SIGTERM ends it, and tells what was asked for, missed, never used and never delivered. Exit code 1 after a miss.

    With --explain, REQUEST is METHOD PATH [BODY]: BODY is text, @FILE, or - for stdin. Exit code 1 if it would miss.
    """
    chosen = Chosen(**given, **_of_settings(settings))
    if chosen.explain:
        sys.exit(_explained(chosen))
    if chosen.request or chosen.as_json:
        raise UsageError("a request (METHOD PATH [BODY]) and --json go with --explain only")
    sys.exit(_played(chosen))


def _of_settings(settings: "Settings | None") -> dict[str, Any]:
    """What has no option; nothing if nothing was set."""
    if settings is None:
        return {}
    redaction = settings.redaction
    return {
        "by_operation": {name: tuple(own.ignore) for name, own in settings.replay.operations.items()},
        "places": Places(frozenset(redaction.headers), frozenset(redaction.members)),
    }


def _explained(chosen: Chosen) -> int:
    """Tells what the request would be answered; the exit code."""
    from inspector.cli.explain import request_of, tell

    asked = request_of(chosen.request)
    return 0 if tell(chosen.source().prepared(), asked, chosen.settings(), chosen.as_json) else 1


def _played(chosen: Chosen) -> int:
    """Serves until it is stopped, and tells how it went; the exit code. What cannot be done is told before."""
    report = report_at(chosen.report) if chosen.report else None
    telling = Telling(quiet=chosen.quiet)
    wanted = chosen.run(telling.happened)
    gc.freeze()  # what was loaded stays: nobody has to look through it again
    # mitmproxy's eager tasks do not go together with uvloop
    serve = asyncio.run if chosen.front == "proxy" else run
    verification, lost = serve(play(wanted))
    telling.ended(verification)
    if report:
        report.write(verification, chosen.recording.name, strict=chosen.strict)
    if lost:
        raise RecordingIncomplete(lost)
    return 1 if verification.failed(chosen.strict) else 0
