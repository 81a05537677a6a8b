"""The proxy's own addresses: it leads nobody there, or it would ask itself for ever, or open its page to anybody."""

import asyncio
import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

from mitmproxy.connection import Server
from mitmproxy.master import Master

_Address = IPv4Address | IPv6Address


def own_addresses(master: Master) -> list[tuple[str, int]]:
    """Where this proxy listens, and where mitmweb's page is if it has one."""
    addresses = [address[:2] for address in master.addons.get("proxyserver").listen_addrs()]
    if "web_port" in master.options:
        addresses.append((master.options.web_host, master.options.web_port))
    return addresses


async def refuse_own(server: Server, own: Iterable[tuple[str, int]]) -> None:
    """Lets no connection be opened that would end at an address of our `own`; the client is told why, by a 502.

    mitmproxy refuses this, too, but knows itself by four spellings only, and says that the destination is unknown.
    """
    if server.address and await leads_to(server.address[0], server.address[1], own):
        server.error = (
            f"{server.address[0]}:{server.address[1]} is this recorder itself, and no server. "
            "For a forward proxy, give its address to your client as its proxy."
        )


async def leads_to(host: str, port: int, own: Iterable[tuple[str, int]]) -> bool:
    """Whether who connects to a host, by whatever name, reaches one of these addresses (they may be wildcards)."""
    homes = [ip_address(home) for home, number in own if number == port]
    if not homes:
        return False  # nearly always: no name is looked up for it
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return False
    return any(_reaches(_plain(entry[4]), home) for entry in found for home in homes)


def _plain(address: tuple[Any, ...]) -> _Address:
    found = ip_address(address[0].partition("%")[0])
    return (found.ipv4_mapped if isinstance(found, IPv6Address) else None) or found


def _reaches(address: _Address, home: _Address) -> bool:
    if address.is_unspecified:  # systems connect such to themselves
        return home.is_unspecified or home.is_loopback
    return address == home or (home.is_unspecified and _is_here(address))


def _is_here(address: _Address) -> bool:
    """Whether the address is this machine's: only then can it be bound."""
    with socket.socket(socket.AF_INET if address.version == 4 else socket.AF_INET6) as probe:
        try:
            probe.bind((str(address), 0))
        except OSError:
            return False
    return True
