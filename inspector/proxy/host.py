"""Running a proxy inside this process: one master at a time, because mitmproxy's `ctx` belongs to the whole process.

mitmproxy's maintainers do not promise this API (issues #4499, #5790), so all of its use is here.
"""

import asyncio
import logging
import os
import re
import socket
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mitmproxy import exceptions, options, version
from mitmproxy.addons import default_addons
from mitmproxy.addons.proxyserver import Proxyserver
from mitmproxy.addons.script import load_script
from mitmproxy.certs import CertStore
from mitmproxy.master import Master

from inspector.errors import UsageError
from inspector.proxy.lean import make_lean, needed_addons

_PATIENCE_S = 1.0
"""How long connections may take to end by themselves when the proxy stops."""

_SAFE_PAGE = (11, 1, 2)


@dataclass(frozen=True, slots=True)
class Listener:
    """A mitmproxy mode without its address, and where it listens; port 0 is any free one."""

    mode: str
    host: str
    port: int

    @property
    def spec(self) -> str:
        """As mitmproxy's option `mode` takes it."""
        return f"{self.mode}@{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Proxy:
    """What to run: a mitmproxy mode without its address, where to listen (port 0: any free one), scripts, options.

    `others` are more listeners of the same proxy. `confdir` is where its CA is kept, made if missing; else it has one
    for this run.
    `before` is called with the master once all is configured, and nobody can connect yet. `web`: with mitmweb's page.
    `stock`: with all of mitmproxy's own addons, and its own way of triggering them.
    """

    mode: str
    host: str
    port: int
    scripts: Sequence[Path] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    before: Callable[[Master], None] = lambda master: None
    web: bool = False
    stock: bool = False
    others: Sequence[Listener] = ()
    confdir: Path | None = None

    @property
    def listeners(self) -> list[Listener]:
        return [Listener(self.mode, self.host, self.port), *self.others]


@dataclass(frozen=True, slots=True)
class Addresses:
    """The URLs of a proxy's listeners in their order, and of mitmweb's page with what it takes to be let in; empty if
    there is no page.
    """

    proxies: tuple[str, ...]
    web: str = ""

    @property
    def proxy(self) -> str:
        """The first listener's URL."""
        return self.proxies[0]


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
    listeners = with_ports(proxy.listeners)
    _check_free(listeners)
    with _confdir(proxy) as confdir:
        start = _Start()
        master = _master(options.Options(confdir=confdir), proxy)
        try:
            _configure(master, proxy, listeners)
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


def _master(made: options.Options, proxy: Proxy) -> Master:
    if proxy.web:
        from inspector.proxy.web import web_master  # a web server that nobody else needs

        master: Master = web_master(made)
    else:
        master = Master(made, with_termlog=False)
        master.addons.add(*(default_addons() if proxy.stock else needed_addons()))
    if not proxy.stock:
        make_lean(master)
    return master


def _configure(master: Master, proxy: Proxy, listeners: Sequence[Listener]) -> None:
    # after the master exists: a mode given to Options() is never validated
    master.options.update(mode=[listener.spec for listener in listeners])
    # not by the option `scripts`: that loads them when clients may connect already, and again when they change
    master.addons.add(*(load_script(str(path)) for path in proxy.scripts))
    master.options.update(**proxy.options)


class _Start(logging.Handler):
    """Sees the proxy come up: errors until then are reasons why it cannot; then its address is known."""

    name = "inspector-start"

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.errors: list[str] = []
        self.ready: asyncio.Future[tuple[str, ...]] = asyncio.get_running_loop().create_future()
        logging.getLogger().addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        reason = record.exc_info[1] if record.exc_info else None
        self.errors.append(str(reason or record.getMessage()))

    def running(self) -> None:
        logging.getLogger().removeHandler(self)
        from mitmproxy import ctx

        server: Proxyserver = ctx.master.addons.get("proxyserver")
        addresses = [instance.listen_addrs for instance in server.servers]
        if not all(addresses):
            self.errors.append("it does not listen everywhere")
        if not self.ready.done():
            self.ready.set_result(tuple(_url(*listening[0][:2]) for listening in addresses if listening))


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


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


def with_ports(listeners: Sequence[Listener]) -> list[Listener]:
    """The same listeners; of several those with free ports in place of 0, which mitmproxy takes for one address.

    Raises UsageError for a host that is not here.
    """
    if len(listeners) == 1:
        return list(listeners)
    with ExitStack() as probes:  # all at a time, so that none gets the port of another
        ports = [one.port or probes.enter_context(_bound(one)).getsockname()[1] for one in listeners]
    return [replace(one, port=port) for one, port in zip(listeners, ports, strict=True)]


def _check_free(listeners: Sequence[Listener]) -> None:
    """Raises UsageError if an address is taken, before any addon has touched anything."""
    for listener in listeners:
        _bound(listener).close()


def _bound(listener: Listener) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(listener.host, listener.port, type=socket.SOCK_STREAM)[0]
        probe = socket.socket(family, socket.SOCK_STREAM)
        try:
            if listener.port and os.name != "nt":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
        except OSError:
            probe.close()
            raise
    except OSError as error:
        raise UsageError(f"cannot listen on {listener.host}:{listener.port}: {error.strerror}") from None
    return probe


@contextmanager
def _confdir(proxy: Proxy) -> Iterator[str]:
    """Where mitmproxy keeps its CA: it makes one wherever there is none."""
    if proxy.confdir is None:
        with tempfile.TemporaryDirectory(prefix="gws-inspector-") as folder:
            yield folder
        return
    try:
        proxy.confdir.mkdir(mode=0o700, parents=True, exist_ok=True)  # the CA's key is there: for its owner alone
        CertStore.from_store(proxy.confdir, options.CONF_BASENAME, options.KEY_SIZE)  # makes it, or sees what it is
    except OSError as error:
        raise UsageError(f"cannot keep a CA in {proxy.confdir}: {error.strerror}") from None
    except ValueError:
        raise UsageError(f"{proxy.confdir}/{options.CONF_BASENAME}-ca.pem is no key with its certificate") from None
    yield str(proxy.confdir)
