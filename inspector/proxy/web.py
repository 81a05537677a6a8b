"""`--web`: mitmweb's page beside the proxy, in the same process: who can read it has mitmweb's own token.

Like all embedding of mitmproxy it is not promised by its maintainers: what is used of it is here and in `host`.
"""

from mitmproxy import options
from mitmproxy.tools.web import app
from mitmproxy.tools.web.master import WebMaster
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets

HOST = "127.0.0.1"
_LARGEST = 1 << 32
"""Bytes of a request to the page (a file of flows): mitmweb's own limit."""


def web_master(made: options.Options) -> "Web":
    """mitmweb's master; `host.check_page` says whether its page may be served."""
    master = Web(made, with_termlog=False)
    # it would end the whole process at the first error that is logged while starting; `host` tells of that itself
    check = master.addons.get("errorcheck")
    check.finish()
    master.addons.remove(check)
    made.update(web_open_browser=False, web_host=HOST)
    master.addons.add(_Page(master))
    return master


class Web(WebMaster):
    """mitmweb's master without its listening, which can tell no port that was chosen by the system."""

    async def running(self) -> None:
        await super(WebMaster, self).running()


class _Page:
    """Serves the page on any free port."""

    name = "inspector-page"

    def __init__(self, master: Web) -> None:
        self._master = master
        self._server = HTTPServer(master.app, max_buffer_size=_LARGEST)

    def running(self) -> None:
        sockets = bind_sockets(0, HOST)
        self._master.options.update(web_port=sockets[0].getsockname()[1])
        self._server.add_sockets(sockets)

    async def done(self) -> None:
        self._server.stop()
        for connection in list(app.ClientConnection.connections):
            connection.close()
        await self._server.close_all_connections()
