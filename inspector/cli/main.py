"""The group that all commands belong to, and what holds for each: settings, exit codes, one line for an error."""

import sys
from pathlib import Path

import click
from rich.console import Console

from inspector import __version__
from inspector.cli.addon import addon
from inspector.cli.browse import ls, show
from inspector.cli.check import check
from inspector.cli.demo import demo
from inspector.cli.record import record
from inspector.config import load
from inspector.errors import InspectorError


class _Group(click.Group):
    """Our errors become one line on stderr and the exit code that they carry; a bug keeps its traceback."""

    def invoke(self, context: click.Context) -> object:
        try:
            return super().invoke(context)
        except InspectorError as error:
            Console(stderr=True, highlight=False, soft_wrap=True).print(f"[red]error:[/] {error}", markup=True)
            sys.exit(error.exit_code)
        except BrokenPipeError:  # `| head` has seen enough
            sys.stderr.close()
            sys.exit(0)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(__version__, prog_name="gws-inspector")
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Settings file (default: gws-inspector.toml in the working folder, if there is one).",
)
@click.pass_context
def main(context: click.Context, config: Path | None) -> None:
    """Record, judge, replay and audit the traffic of the Genesys Web Services API.

    Every option of a command can also be set in the settings file ([record] listen = "…") and in the environment
    (GWS_INSPECTOR_RECORD_LISTEN=…). A flag beats the environment, which beats the file.
    """
    settings = load(config)
    context.obj = settings
    context.default_map = settings.defaults()


for command in (record, check, ls, show, demo, addon):
    main.add_command(command)
