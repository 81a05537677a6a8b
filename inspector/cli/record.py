"""`record`: the recorder in front of a real server."""

import asyncio
import shlex
import signal
import sys
from pathlib import Path

import click

from inspector.cli.options import FAIL_ON, RECORDING, Address, checked_upstream, choosing_rules, chosen_rules, failed
from inspector.cli.summary import tell_summary
from inspector.config import Settings, chosen_policy
from inspector.errors import RecordingIncomplete
from inspector.proxy.choices import words
from inspector.proxy.host import Proxy, check_page, reachable, script
from inspector.render.table import console as make_console
from inspector.render.terminal import LiveLines


@click.command()
@click.argument("upstream")
@click.argument("recording", type=RECORDING)
@click.option("--listen", type=Address(), default="127.0.0.1:8080", show_default=True, help="Port 0 is any free one.")
@click.option("--advertise", is_flag=True, help="Give clients this proxy's address in the API's URIs.")
@click.option(
    "--fail-on", type=FAIL_ON, default="never", show_default=True, help="Exit 1 on findings of this severity."
)
@choosing_rules
@click.option("--policy", "policy_file", type=RECORDING, help="What files may be: a TOML file, in place of [policy].")
@click.option("--window", type=float, default=30.0, show_default=True, help="Seconds that a notification may take.")
@click.option("--block", is_flag=True, help="Refuse a request that by itself breaks a rule of errors: HTTP 400.")
@click.option("--web", is_flag=True, help="Serve mitmweb's page on 127.0.0.1 (mitmproxy 11.1.2 or later).")
@click.option("--print-command", is_flag=True, help="Show the plain mitmdump line that does the same, and exit.")
@click.option("-q", "--quiet", is_flag=True, help="No lines while recording, no summary.")
@click.pass_obj
def record(
    settings: Settings | None,
    upstream: str,
    recording: Path,
    listen: tuple[str, int],
    advertise: bool,
    fail_on: str,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    policy_file: Path | None,
    window: float,
    block: bool,
    web: bool,
    print_command: bool,
    quiet: bool,
) -> None:
    """Record the traffic to UPSTREAM (http://HOST:PORT) into RECORDING, and judge it as it passes.

    Prints `ready http://HOST:PORT` when clients can connect, and with --web then `web URL`. SIGINT or SIGTERM ends it.
    An existing recording gets another session.
    """
    selection, policy = chosen_rules(settings, select, ignore), chosen_policy(settings, policy_file)
    settings = settings or Settings()
    proxy = Proxy(
        f"reverse:{checked_upstream(upstream)}",
        *listen,
        [script("record")],
        {
            "inspector_recording": str(recording),
            "inspector_advertise": advertise,
            "inspector_block": block,
            "inspector_window": round(window * 1000),
            "inspector_secret_headers": settings.redaction.headers,
            "inspector_secret_members": settings.redaction.members,
            **words(selection, policy),
        },
        web=web,
    )
    check_page(proxy)
    if print_command:
        click.echo(plain_command(proxy))
        return
    console = make_console(stderr=True, quiet=quiet)
    with LiveLines(console) as live:
        asyncio.run(_until_stopped(proxy))
    findings = tell_summary(recording, console, selection)
    if live.incomplete:
        raise RecordingIncomplete(live.incomplete)
    sys.exit(1 if failed(findings, fail_on) else 0)


async def _until_stopped(proxy: Proxy) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with reachable(proxy) as addresses:
        print(f"ready {addresses.proxy}", flush=True)
        if addresses.web:
            print(f"web {addresses.web}", flush=True)
        await stopped.wait()


def plain_command(proxy: Proxy) -> str:
    """The line of mitmdump, or mitmweb, that records the same."""
    words = ["mitmweb", "--no-web-open-browser"] if proxy.web else ["mitmdump"]
    words += ("--mode", f"{proxy.mode}@{proxy.host}:{proxy.port}")
    for path in proxy.scripts:
        words += ("-s", str(path))
    for name, value in proxy.options.items():
        for one in value if isinstance(value, list) else [value]:  # mitmproxy takes a list as one --set an element
            words += ("--set", f"{name}={str(one).lower() if isinstance(one, bool) else one}")
    return shlex.join(words)
