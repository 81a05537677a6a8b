"""Where the recorder listens, and for which server: the modes of mitmproxy that upstreams and addresses come to."""

import ssl
from collections.abc import Sequence
from pathlib import Path

from inspector.cli.options import checked_upstream, is_at
from inspector.errors import UsageError
from inspector.proxy.host import Listener

_Address = tuple[str, int]


def reverse(upstreams: Sequence[str], listen: Sequence[_Address]) -> list[Listener]:
    """A listener for each server, in their order. Where addresses run short, the last one's following ports are taken,
    or any free ones after port 0. Raises UsageError for what is no server, or would be its own.
    """
    if not upstreams:
        raise UsageError("which server? Give UPSTREAM (http://HOST:PORT) before RECORDING, or --mode regular")
    if len(listen) > len(upstreams):
        raise UsageError(f"--listen was given {len(listen)} times for {len(upstreams)} UPSTREAM: one each is enough")
    origins, addresses = [checked_upstream(upstream) for upstream in upstreams], list(listen)
    while len(addresses) < len(origins):
        host, port = addresses[-1]
        if port == 65535:
            raise UsageError(f"no port follows {host}:{port}: give --listen once for each UPSTREAM")
        addresses.append((host, port and port + 1))
    for origin in origins:
        if any(is_at(origin, *address) for address in addresses):
            raise UsageError(f"{origin} is where this recorder listens: UPSTREAM is the server behind it")
    return [Listener(f"reverse:{origin}", *address) for origin, address in zip(origins, addresses, strict=True)]


def regular(upstreams: Sequence[str], listen: Sequence[_Address], advertise: bool) -> list[Listener]:
    """The listener of a forward proxy. Raises UsageError for what goes with a server of its own only."""
    if upstreams:
        raise UsageError("a forward proxy has no UPSTREAM, its clients name their servers: give RECORDING alone")
    if len(listen) > 1:
        raise UsageError("a forward proxy is one for all servers: give --listen once")
    if advertise:
        raise UsageError("through a forward proxy clients reach every address as it is: leave --advertise out")
    return [Listener("regular", *listen[0])]


def checked_authorities(file: Path) -> str:
    """The name of a file with certificates of CAs (PEM). Raises UsageError if it is none."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(file)
    except ssl.SSLError:
        raise UsageError(f"{file} holds no certificate (PEM) of an authority") from None
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}") from None
    return str(file)


def checked_recording(recording: Path) -> Path:
    """The recording's path. Raises UsageError if a server was given in its place."""
    if recording.parts[:1] in (("http:",), ("https:",)):
        raise UsageError(f"where to? {recording.parts[-1]!r} is a server: give RECORDING, a file, behind it")
    return recording
