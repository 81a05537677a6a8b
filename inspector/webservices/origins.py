"""Origins and places: what tells that two addresses lead to the same server. Pure.

An origin is `scheme://host[:port]`, lower case. A place is its `host[:port]` without a port that is some scheme's
default: behind a balancer that ends TLS, a server takes https for http in its own addresses.
"""

import ipaddress
import re
from urllib.parse import urlsplit

from inspector.errors import UsageError

ADDRESS = re.compile(r"\A(?:(https?|wss?):)?//([^/?#\s\\\"'<>]+)(?=[/?#\\]|\Z)", re.IGNORECASE)
"""The begin of an absolute address, or of one that leaves out the scheme (RFC 3986 section 4.2)."""

_ORIGIN = re.compile(r"\A(https?://)(?:[^/?#\s@]*@)*([^/?#\s]+)", re.IGNORECASE)


def origin_of(url: str) -> str:
    """The origin of an absolute URL, without who is named in it (`user:password@`); empty for anything else."""
    found = _ORIGIN.match(url)
    return f"{found[1]}{found[2]}".lower() if found else ""


def place(authority: str) -> str:
    """The place of an authority, whoever is named in front of it (`user@host`)."""
    return re.sub(r":(?:80|443)?\Z", "", authority.rpartition("@")[2].lower())


def place_of(url: str) -> str:
    """The place that an absolute address leads to; empty for anything else."""
    found = ADDRESS.match(url)
    return place(found[2]) if found else ""


def checked_address(url: str) -> str:
    """The absolute address of a server. Raises UsageError for anything else."""
    if not place_of(url):
        raise UsageError(f"{url!r} is no address of a server: give https://HOST:PORT")
    return url


def moved(url: str, origin: str) -> str:
    """The absolute address with another origin; a WebSocket's stays one."""
    found = ADDRESS.match(url)
    if not found:
        return url
    if (found[1] or "").lower().startswith("ws"):
        origin = re.sub(r"\Ahttp", "ws", origin)
    return origin + url[found.end() :]


def loopback(origin: str) -> bool:
    """Whether the origin is on the client's own machine: browsers trust it without TLS (RFC 6761 section 6.3)."""
    try:
        host = urlsplit(origin).hostname or ""
        return host == "localhost" or host.endswith(".localhost") or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
