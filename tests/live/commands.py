"""`gws-inspector` in this process: for the commands that only read, where a process each would only cost time."""

from click.testing import CliRunner

from inspector.cli import main
from tests.live.processes import Ended


def run(*arguments: object) -> Ended:
    """The command with these arguments; whatever it raises but its exit is a defect, and comes out here."""
    result = CliRunner().invoke(main, [str(argument) for argument in arguments], prog_name="gws-inspector")
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ended(result.exit_code, result.stdout, result.stderr)
