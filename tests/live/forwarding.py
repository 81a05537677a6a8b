"""Forward proxies at work, and clients that go through them."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.live.processes import COMMAND, running
from tests.live.recorders import Recorder


@dataclass(frozen=True, slots=True)
class Forward(Recorder):
    """A forward proxy that is ready; `ca` is the folder of its CA."""

    ca: Path

    @property
    def trusted(self) -> ssl.SSLContext:
        """What a client has that trusts it."""
        return ssl.create_default_context(cafile=self.ca / "mitmproxy-ca-cert.pem")

    def client(self, verify: ssl.SSLContext | bool | None = None, http2: bool = False) -> httpx.Client:
        trust = self.trusted if verify is None else verify
        return httpx.Client(proxy=self.url, verify=trust, http2=http2, trust_env=False, timeout=20)


@contextmanager
def forward(folder: Path, *options: object) -> Iterator[Forward]:
    file, ca = folder / "it.db", folder / "ca"
    arguments = ("record", "--mode", "regular", file, "--listen", "127.0.0.1:0", "--ca-dir", ca, *options)
    with running(*COMMAND, *arguments) as process:
        yield Forward(process, process.url(), file, ca)
