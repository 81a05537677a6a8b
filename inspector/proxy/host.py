"""Running a proxy inside this process: one master at a time, because mitmproxy's `ctx` belongs to the whole process.

mitmproxy's maintainers do not promise this API (issues #4499, #5790), so all of its use is here.
"""

import asyncio
import logging
import os
import re
import socket
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mitmproxy import exceptions, options, version
from mitmproxy.addons import default_addons
from mitmproxy.addons.proxyserver import Proxyserver
from mitmproxy.addons.script import load_script
from mitmproxy.master import Master

from inspector.errors import UsageError

_PATIENCE_S = 1.0
"""How long connections may take to end by themselves when the proxy stops."""

_SAFE_PAGE = (11, 1, 2)


@dataclass(frozen=True, slots=True)
class Proxy:
    """What to run: a mitmproxy mode without its address, where to listen (port 0: any free one), scripts, options.

    `before` is called with the master once all is configured, and nobody can connect yet. `web`: with mitmweb's page.
    """

    mode: str
    host: str
    port: int
    scripts: Sequence[Path] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    before: Callable[[Master], None] = lambda master: None
    web: bool = False


@dataclass(frozen=True, slots=True)
class Addresses:
    """The URLs of a proxy, and of mitmweb's page with what it takes to be let in; empty if there is no page."""

    proxy: str
    web: str = ""


def check_page(proxy: Proxy) -> None:
    """Raises UsageError if mitmweb's page is wanted below mitmproxy 11.1.2: there anybody may read and command it."""
    if proxy.web and tuple(int(number) for number in re.findall(r"\d+", version.VERSION)[:3]) < _SAFE_PAGE:
        raise UsageError(
            f"no web page with mitmproxy {version.VERSION}: whoever reaches the proxy could read and command it "
            "(CVE-2025-23217, fixed in mitmproxy 11.1.2, which needs Python 3.12)"
        )


def script(name: str) -> Path:
    """The file of an addon of ours: in an installed package, or in the checkout. Raises UsageError if there is none."""
    package = Path(__file__).parents[1]
    for folder in (package / "_addons", package.parent / "addons"):
        if name.isidentifier() and (path := folder / f"{name}.py").is_file():
            return path
    raise UsageError(f"there is no addon {name!r}")


@asynccontextmanager
async def running(proxy: Proxy) -> AsyncIterator[str]:
    """Runs the proxy while the block runs; yields its URL. Raises UsageError if it cannot start (a port in use)."""
    async with reachable(proxy) as addresses:
        yield addresses.proxy


@asynccontextmanager
async def reachable(proxy: Proxy) -> AsyncIterator[Addresses]:
    """The same, but yields all its URLs. Raises UsageError, too, if this mitmproxy's page is not safe to be served."""
    check_page(proxy)
    _check_free(proxy)
    with tempfile.TemporaryDirectory(prefix="gws-inspector-") as confdir:
        start = _Start()
        master = _master(options.Options(confdir=confdir), proxy.web)
        try:
            _configure(master, proxy)
            proxy.before(master)
            master.addons.add(start)  # last: when it is told that all is running, all is
        except exceptions.OptionsError as error:
            await master.done()  # an addon that was configured may hold a file
            raise UsageError(str(error)) from error
        run = asyncio.ensure_future(master.run())
        try:
            begun: list[asyncio.Future[Any]] = [run, start.ready]
            await asyncio.wait(begun, return_when=asyncio.FIRST_COMPLETED)
            if start.errors or not start.ready.done():
                raise UsageError(start.errors[0] if start.errors else "the proxy did not start")
            yield Addresses(start.ready.result(), getattr(master, "web_url", ""))
        finally:
            await _stop(master, run)


def _master(made: options.Options, web: bool) -> Master:
    if web:
        from inspector.proxy.web import web_master  # a web server that nobody else needs

        return web_master(made)
    master = Master(made, with_termlog=False)
    master.addons.add(*default_addons())
    return master


def _configure(master: Master, proxy: Proxy) -> None:
    # after the master exists: a mode given to Options() is never validated
    master.options.update(mode=[f"{proxy.mode}@{proxy.host}:{proxy.port}"])
    # not by the option `scripts`: that loads them when clients may connect already, and again when they change
    master.addons.add(*(load_script(str(path)) for path in proxy.scripts))
    master.options.update(**proxy.options)


class _Start(logging.Handler):
    """Sees the proxy come up: errors until then are reasons why it cannot; then its address is known."""

    name = "inspector-start"

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.errors: list[str] = []
        self.ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        logging.getLogger().addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        reason = record.exc_info[1] if record.exc_info else None
        self.errors.append(str(reason or record.getMessage()))

    def running(self) -> None:
        logging.getLogger().removeHandler(self)
        from mitmproxy import ctx

        server: Proxyserver = ctx.master.addons.get("proxyserver")
        addresses = [address for instance in server.servers for address in instance.listen_addrs]
        if not addresses:
            self.errors.append("it does not listen anywhere")
        if not self.ready.done():
            self.ready.set_result("http://{}:{}".format(*addresses[0][:2]) if addresses else "")


async def _stop(master: Master, run: "asyncio.Future[None]") -> None:
    """Stops listening, lets the addons end, then the connections: by itself `shutdown` leaves clients waiting (#6245).

    In this order, because the addons shall see how the world was, and not how we take it down.
    """
    server: Proxyserver = master.addons.get("proxyserver")
    await server.servers.update([])
    master.shutdown()
    await run
    for handler in list(server.connections.values()):
        await handler.on_timeout()
    deadline = asyncio.get_running_loop().time() + _PATIENCE_S
    while server.connections and asyncio.get_running_loop().time() < deadline:
        await asyncio.sleep(0.01)


def _check_free(proxy: Proxy) -> None:
    """Raises UsageError if the address is taken, before any addon has touched anything."""
    try:
        family, _, _, _, address = socket.getaddrinfo(proxy.host, proxy.port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            if os.name != "nt":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise UsageError(f"cannot listen on {proxy.host}:{proxy.port}: {error.strerror}") from None
