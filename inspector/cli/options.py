"""What several commands take, and how it is read."""

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

import click

from inspector.analysis.finding import Severity
from inspector.errors import UsageError

if TYPE_CHECKING:  # what takes long to import is imported where it is used
    from inspector.analysis.policy import Policy
    from inspector.analysis.rules.selection import Selection
    from inspector.config import Settings

RECORDING = click.Path(path_type=Path)
FAIL_ON = click.Choice([*(severity.value for severity in Severity), "never"])

_YEAR_S = 365 * 86_400

_Command = TypeVar("_Command", bound=Callable[..., object])

_DEFAULT_PORTS = {"http": 80, "https": 443}
_HERE = ("127.0.0.1", "localhost", "::1", "0.0.0.0", "::")


class Address(click.ParamType[tuple[str, int]]):
    """`HOST:PORT`, `[IPV6]:PORT` or a bare port."""

    name = "host:port"

    def convert(
        self, value: str | tuple[str, int], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, int]:
        if isinstance(value, tuple):
            return value
        host, _, port = value.rpartition(":")
        if not port.isdecimal() or int(port) > 65535:
            self.fail(f"{value!r} is not HOST:PORT", param, ctx)
        return host.strip("[]") or "127.0.0.1", int(port)


def checked_upstream(upstream: str) -> str:
    """The server behind us, as an origin. Raises UsageError for anything but http(s)://HOST[:PORT]."""
    try:
        parts = urlsplit(upstream)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        usable = usable and not re.search(r"[\s\x00-\x1f]", upstream)
    except ValueError:
        usable = False
    if not usable or parts.path.strip("/") or parts.query or parts.username:
        raise UsageError(f"{upstream!r} is no server: give http://HOST:PORT or https://HOST:PORT, without a path")
    return f"{parts.scheme}://{parts.netloc}"


def checked_spied(upstream: str, listen: tuple[str, int]) -> str:
    """The same for a server that a stub at `listen` asks. Raises UsageError if that is the stub itself."""
    checked = checked_upstream(upstream)
    if is_at(checked, *listen):
        raise UsageError(f"{upstream} is where this stub listens: --spy names the server that it stands in for")
    return checked


def is_at(origin: str, host: str, port: int) -> bool:
    """Whether a server's origin names, in one of the ways that we know without asking, this place of ours."""
    parts = urlsplit(origin)
    at_home = {host, *_HERE} if host in _HERE else {host}
    return parts.hostname in at_home and (parts.port or _DEFAULT_PORTS[parts.scheme]) == port


def failed(severities: Iterable[Severity], fail_on: str) -> bool:
    """Whether one of them is at or above the severity `fail_on`."""
    return fail_on != "never" and any(severity.rank >= Severity(fail_on).rank for severity in severities)


def window_ms(seconds: float) -> int:
    """A window for notifications in milliseconds. Raises UsageError for what is none, or longer than a year."""
    if not 0 <= seconds <= _YEAR_S:  # nor is that a number which is none
        raise UsageError(f"--window {seconds:g} cannot be meant: give seconds, as in --window 30")
    return round(seconds * 1000)


def choosing_what_is_kept(command: _Command) -> _Command:
    """Gives a command `--also` and `--bodies`: what of the traffic goes into a recording."""
    command = click.option(
        "--bodies",
        default="full",
        show_default=True,
        metavar="full|digest|limit=SIZE",
        help="Which files' content to keep: all, none but its digest, or of files up to SIZE bytes (also 10m, 1g).",
    )(command)
    return click.option(
        "--also",
        multiple=True,
        metavar="PATTERN",
        help="Record other paths than those to /api/v2, too: where this regular expression is found (`.`: all).",
    )(command)


def choosing_rules(command: _Command) -> _Command:
    """Gives a command `--select` and `--ignore`: what `chosen_rules` reads."""
    for name, help in (
        ("--ignore", "Rules not to tell of, besides those of the settings; GW402:ID or GW402:#12 excuses one case."),
        ("--select", "Rules to tell of, in place of the settings' (GW4,GW101; a begin is a whole family)."),
    ):
        command = click.option(name, multiple=True, metavar="CODES", help=help)(command)
    return command


def chosen_rules(
    settings: "Settings | None", select: tuple[str, ...] = (), ignore: tuple[str, ...] = ()
) -> "Selection":
    """The settings' selection with the command line's: `--select` replaces what rules the settings select and ignore
    (cases that they excuse stay excused), `--ignore` adds. Raises UsageError for a code that no rule has.
    """
    from inspector.analysis.rules.selection import selection

    if settings is None:
        return selection(_words(select), _words(ignore))
    rules = settings.rules
    ignored = [word for word in rules.ignore if ":" in word or not select]
    return selection(_words(select) or rules.select, [*ignored, *_words(ignore)], rules.severity)


def chosen_policy(settings: "Settings | None", file: Path | None) -> "Policy | None":
    """The policy of a file of its own, else the settings'; None if neither says anything. Raises SettingsError."""
    if file is not None:
        from inspector.analysis.policy import load

        return load(file)
    return settings.policy if settings is not None and settings.policy.kept() else None


def _words(lists: tuple[str, ...]) -> list[str]:
    """The elements of comma lists; a list may be given several times."""
    return [word.strip() for text in lists for word in text.split(",") if word.strip()]
