"""The group that all commands belong to, and what holds for each: settings, exit codes, one line for an error."""

import errno
import os
import sys
from importlib import import_module
from keyword import iskeyword
from pathlib import Path

import click

from inspector import __version__
from inspector.errors import InspectorError, UsageError
from inspector.render.escape import plain

COMMANDS = {
    "record": "inspector.cli.record",
    "check": "inspector.cli.check",
    "rules": "inspector.cli.rules",
    "policy": "inspector.cli.policy",
    "ls": "inspector.cli.ls",
    "show": "inspector.cli.show",
    "trim": "inspector.cli.trim",
    "audit": "inspector.cli.audit",
    "diff": "inspector.cli.diff",
    "import": "inspector.cli.exchanging",
    "export": "inspector.cli.exchanging",
    "replay": "inspector.cli.replay",
    "demo": "inspector.cli.demo",
    "addon": "inspector.cli.addon",
}
"""Command to the module that holds it; only the one that runs is imported."""

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}
"""What may be wrong with the disk that standard output goes to; whoever opens a file tells what is wrong with that."""

INTERRUPTED = 130
"""The exit code after Ctrl-C where it does not end a recorder or a stub: 128 + SIGINT, as shells have it."""


class _Group(click.Group):
    """Our errors become one line on stderr and the exit code that they carry; a bug keeps its traceback."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        name = f"{cmd_name}_" if iskeyword(cmd_name) else cmd_name
        command = getattr(import_module(COMMANDS[cmd_name]), name)
        assert isinstance(command, click.Command)
        return command

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except InspectorError as error:
            _tell(plain(error, 1000))
            sys.exit(error.exit_code)
        except KeyboardInterrupt:  # click would exit with 1, which means findings
            _tell("interrupted")
            sys.exit(INTERRUPTED)
        except OSError as error:
            if error.errno not in _FULL:
                raise
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # Python would write the rest at its end, and complain again
            _tell(f"cannot write: {error.strerror}")
            sys.exit(UsageError.exit_code)


def _tell(error: str) -> None:
    click.echo(f"{click.style('error:', fg='red')} {error}", err=True)


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

    What lasts of the options of record, check, audit, diff and replay can also be set in the settings file
    ([record] listen = "…") and in the environment (GWS_INSPECTOR_RECORD_LISTEN=…). A flag beats the environment, which
    beats the file.
    """
    if config is None and not _anything_set():
        return  # context.obj stays None
    from inspector.config import load  # pydantic takes a tenth of a second, which a replay need not wait for

    settings = load(config)
    context.obj = settings
    context.default_map = settings.defaults()


def _anything_set() -> bool:
    """Whether there is a settings file, or a variable that may be a setting."""
    return Path("gws-inspector.toml").exists() or any(name.upper().startswith("GWS_INSPECTOR_") for name in os.environ)
