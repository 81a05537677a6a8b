"""`record`: the recorder in front of real servers."""

import asyncio
import shlex
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.text import Text

from inspector.cli.options import FAIL_ON, RECORDING, Address, choosing_rules, choosing_what_is_kept, failed
from inspector.cli.summary import tell_summary
from inspector.cli.wanted import AUTHORITY, Wanted
from inspector.errors import InspectorError, RecordingIncomplete
from inspector.proxy.host import Proxy, reachable, with_ports
from inspector.render.escape import plain
from inspector.render.table import console as make_console
from inspector.render.terminal import LiveLines

if TYPE_CHECKING:  # nobody need wait for it where nothing is set
    from inspector.config import Settings


@click.command()
@click.argument("upstreams", nargs=-1, metavar="[UPSTREAM]...")
@click.argument("recording", type=RECORDING)
@click.option(
    "--mode",
    type=click.Choice(["reverse", "regular"]),
    default="reverse",
    show_default=True,
    help="regular: a forward proxy, whose clients name their servers themselves; without UPSTREAM.",
)
@click.option(
    "--listen",
    type=Address(),
    multiple=True,
    default=["127.0.0.1:8080"],
    show_default=True,
    help="Port 0 is any free one. Once for each UPSTREAM; else the following ports are taken.",
)
@choosing_what_is_kept
@click.option(
    "--ca-dir",
    type=click.Path(path_type=Path),
    help="The folder of the CA that clients of HTTPS have to trust, made if missing. Default: one of yours for "
    "--mode regular, else one that is gone afterwards.",
)
@click.option(
    "--upstream-ca",
    type=click.Path(path_type=Path),
    help="The CAs (PEM) that servers' certificates are verified by, in place of the public ones.",
)
@click.option("--advertise", is_flag=True, help="Give clients this proxy's address in the API's URIs.")
@click.option(
    "--fail-on", type=FAIL_ON, default="never", show_default=True, help="Exit 1 on findings of this severity."
)
@choosing_rules
@click.option("--policy", "policy_file", type=RECORDING, help="What files may be: a TOML file, in place of [policy].")
@click.option("--window", type=float, default=30.0, show_default=True, help="Seconds that a notification may take.")
@click.option("--block", is_flag=True, help="Refuse a request that by itself breaks a rule of errors: HTTP 400.")
@click.option("--web", is_flag=True, help="Serve mitmweb's page on 127.0.0.1 (mitmproxy 11.1.2 or later).")
@click.option("--stock", is_flag=True, help="Run mitmproxy with all of its own addons, as it is: half as fast.")
@click.option("--name", default="", help="What the session is called: --session finds the newest of a name.")
@click.option("--keep-secrets", is_flag=True, help="Redact nothing. No setting does this: it has to be typed.")
@click.option("--print-command", is_flag=True, help="Show the plain mitmdump line that does the same, and exit.")
@click.option("-q", "--quiet", is_flag=True, help="No lines while recording, no summary.")
@click.pass_obj
def record(settings: "Settings | None", /, **given: Any) -> None:
    """Record the traffic to UPSTREAM (http://HOST:PORT) into RECORDING, and judge it as it passes.

    Prints `ready http://HOST:PORT` when clients can connect, for each UPSTREAM in turn, and with --web then `web URL`.
    SIGINT or SIGTERM ends it. An existing recording gets another session. What is not recorded passes untouched.
    """
    wanted = Wanted(**given, settings=settings)
    proxy = wanted.proxy()
    if wanted.print_command:
        click.echo(plain_command(proxy))
        return
    console = make_console(stderr=True, quiet=wanted.quiet)
    with LiveLines(console) as live:
        asyncio.run(_until_stopped(proxy, console))
    try:
        told = tell_summary(wanted.recording, console, wanted.selection)
    except InspectorError as error:  # somebody has spoilt it meanwhile
        raise RecordingIncomplete(live.incomplete or str(error)) from None
    if live.incomplete:
        raise RecordingIncomplete(live.incomplete)
    sys.exit(1 if failed(told, wanted.fail_on) else 0)


async def _until_stopped(proxy: Proxy, console: Console) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with reachable(proxy) as addresses:
        if proxy.confdir:
            authority = plain(proxy.confdir / AUTHORITY, 1000)
            console.print(Text.assemble("clients of HTTPS have to trust ", (authority, "bold")), soft_wrap=True)
        for url in addresses.proxies:
            print(f"ready {url}", flush=True)
        if addresses.web:
            print(f"web {addresses.web}", flush=True)
        await stopped.wait()


def plain_command(proxy: Proxy) -> str:
    """The line of mitmdump, or mitmweb, that records the same."""
    words = ["mitmweb", "--no-web-open-browser"] if proxy.web else ["mitmdump"]
    for listener in with_ports(proxy.listeners):
        words += ("--mode", listener.spec)
    if proxy.confdir:
        words += ("--set", f"confdir={proxy.confdir}")
    for path in proxy.scripts:
        words += ("-s", str(path))
    for name, value in proxy.options.items():
        for one in value if isinstance(value, list) else [value]:  # mitmproxy takes a list as one --set an element
            words += ("--set", f"{name}={str(one).lower() if isinstance(one, bool) else one}")
    return shlex.join(words)
