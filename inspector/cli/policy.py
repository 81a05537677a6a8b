"""`policy`: an example to begin with; or whether a policy can be read, and what it comes to."""

from pathlib import Path

import click

from inspector.analysis import policy as policies
from inspector.cli.options import RECORDING
from inspector.render.machine import dump


@click.command()
@click.argument("file", required=False, type=RECORDING)
def policy(file: Path | None) -> None:
    """Print an example of a policy, with all that can stand in one: `gws-inspector policy > policy.toml`.

    Of a FILE, print what it sets instead, as JSON; one that cannot be meant is an error.
    """
    if file is None:
        click.echo(policies.example().encode(), nl=False)
    else:
        click.echo(dump(policies.load(file).kept()))
