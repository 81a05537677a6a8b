"""What several commands take, and how it is read."""

from pathlib import Path

import click

from inspector.analysis.finding import Finding, Severity

RECORDING = click.Path(path_type=Path)
FAIL_ON = click.Choice([*(severity.value for severity in Severity), "never"])


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


def failed(findings: list[Finding], fail_on: str) -> bool:
    """Whether a finding is at or above the severity."""
    return fail_on != "never" and any(finding.severity.rank >= Severity(fail_on).rank for finding in findings)
