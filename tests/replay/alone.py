"""Runs tests, and reports where this process wanted to go: `python -m tests.replay.alone REPORT PYTEST_ARGUMENT…`.

The report (JSON) has pytest's exit code, the network interfaces that there are, every address to which a socket was
connected or a datagram sent, and every name that was looked up (CPython's audit events, PEP 578). Started with
`unshare --net` the process has no network but the loopback interface, which it brings up itself.
"""

import json
import socket
import struct
import sys
from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

_SIOCSIFFLAGS = 0x8914
_IFF_UP = 0x1
_GOES = {"socket.connect", "socket.sendto", "socket.sendmsg"}
_ASKS = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo"}


class Ways:
    """An audit hook: where to, and which names."""

    def __init__(self) -> None:
        self.addresses: list[str] = []
        self.names: list[str] = []

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event in _GOES and isinstance(arguments[1], tuple):  # else a path, or connected already
            self.addresses.append(str(arguments[1][0]))
        elif event in _ASKS and arguments[0] is not None:
            asked = arguments[0][0] if isinstance(arguments[0], tuple) else arguments[0]
            self.names.append(asked.decode() if isinstance(asked, bytes) else str(asked))


def elsewhere(addresses: Sequence[str]) -> list[str]:
    """Those that are not this machine's own by their digits alone; every name is one that somebody has to be asked."""
    return sorted({address for address in addresses if not _loopback(address)})


def _loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def _loopback_up() -> None:
    import fcntl  # not everywhere, nor are namespaces

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", _IFF_UP))


def main(report: str, *arguments: str) -> None:
    interfaces = [name for _, name in socket.if_nameindex()]
    if interfaces == ["lo"]:
        _loopback_up()
    ways = Ways()
    sys.addaudithook(ways)
    code = int(pytest.main(list(arguments)))
    told = {"code": code, "interfaces": interfaces, "addresses": ways.addresses, "names": ways.names}
    Path(report).write_text(json.dumps(told), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
