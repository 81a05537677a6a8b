"""What the arguments and options of `record` come to, checked before anything begins."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from inspector.analysis.rules.selection import Selection
from inspector.cli.modes import checked_authorities, checked_recording, regular, reverse
from inspector.cli.options import chosen_policy, chosen_rules, window_ms
from inspector.proxy.choices import keeping, words
from inspector.proxy.host import Listener, Proxy, check_page, script
from inspector.recording.scope import Scope

if TYPE_CHECKING:  # nobody need wait for it where nothing is set
    from inspector.config import Settings

AUTHORITY = "mitmproxy-ca-cert.pem"
"""The certificate, in a folder of CAs, that clients have to trust."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """The command's arguments and options, as click gives them, and the settings."""

    upstreams: tuple[str, ...]
    recording: Path
    mode: str
    listen: tuple[tuple[str, int], ...]
    also: tuple[str, ...]
    ca_dir: Path | None
    upstream_ca: Path | None
    bodies: str
    advertise: bool
    fail_on: str
    select: tuple[str, ...]
    ignore: tuple[str, ...]
    policy_file: Path | None
    window: float
    block: bool
    web: bool
    stock: bool
    keep_secrets: bool
    name: str
    print_command: bool
    quiet: bool
    settings: "Settings | None"

    @cached_property
    def selection(self) -> Selection:
        """Which rules are told of. Raises UsageError."""
        return chosen_rules(self.settings, self.select, self.ignore)

    def proxy(self) -> Proxy:
        """What is to be run. Raises InspectorError for whatever is wrong with it."""
        options, (first, *others) = self._options(), self._listeners()
        proxy = Proxy(
            *(first.mode, first.host, first.port, [script("record")], options),
            others=others,
            confdir=self._confdir(),
            web=self.web,
            stock=self.stock,
        )
        check_page(proxy)
        return proxy

    def _listeners(self) -> list[Listener]:
        if self.mode == "regular":
            return regular(self.upstreams, self.listen, self.advertise)
        return reverse(self.upstreams, self.listen)

    def _confdir(self) -> Path | None:
        """Where the CA is kept that clients trust; None where none of them is expected to."""
        if self.ca_dir is not None:
            return self.ca_dir.expanduser()
        return Path(click.get_app_dir("gws-inspector")) if self.mode == "regular" else None

    def _options(self) -> dict[str, Any]:
        policy, redaction = chosen_policy(self.settings, self.policy_file), self.settings and self.settings.redaction
        keeping(self.bodies)
        Scope(self.also)  # what is no pattern is told before anything begins
        options = {
            "inspector_recording": str(checked_recording(self.recording)),
            "inspector_also": list(self.also),
            "inspector_bodies": self.bodies,
            "inspector_advertise": self.advertise,
            "inspector_block": self.block,
            "inspector_lean": not self.stock,
            "inspector_window": window_ms(self.window),
            "inspector_secret_headers": redaction.headers if redaction else [],
            "inspector_secret_members": redaction.members if redaction else [],
            **words(self.selection, policy),
        }
        if self.keep_secrets:
            options["inspector_keep_secrets"] = True
        if self.name:
            options["inspector_name"] = self.name
        if self.upstream_ca is not None:
            options["ssl_verify_upstream_trusted_ca"] = checked_authorities(self.upstream_ca.expanduser())
        return options
