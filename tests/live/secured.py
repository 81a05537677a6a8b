"""Recorders with TLS on both sides: what their clients trust, and what they trust themselves."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.live.authority import trusting
from tests.live.recorders import Recorder, recording


@dataclass(frozen=True, slots=True)
class Secured(Recorder):
    """A recorder that is ready for clients who trust the authority in `trusted`; it takes those without TLS, too."""

    trusted: Path

    @property
    def secure(self) -> str:
        """Its URL for clients with TLS."""
        return self.url.replace("http://", "https://")

    def context(self, *protocols: str) -> ssl.SSLContext:
        """What a client needs that offers these protocols."""
        return trusting(self.trusted, protocols)


@contextmanager
def secured(
    upstream: str, path: Path, *options: object, authority: Path | None = None, **how: Any
) -> Iterator[Secured]:
    """A recorder in front of `upstream`, whose certificate `authority` has signed, if it is none that all know."""
    folder = path.parent / "authority"
    verified = ("--upstream-ca", authority) if authority else ()
    with recording(upstream, path, "--ca-dir", folder, *verified, *options, **how) as started:
        yield Secured(started.process, started.url, path, folder / "mitmproxy-ca-cert.pem")
