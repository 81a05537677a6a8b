"""A mitmproxy script that writes down every hook of every flow, and fails in one; an addon of the test's user."""

from pathlib import Path

from mitmproxy import ctx, http
from mitmproxy.addonmanager import Loader


class Tracing:
    name = "tracing"

    def load(self, loader: Loader) -> None:
        loader.add_option("trace_file", str, "", "Where the trace goes.")
        self.addons = [Second()]

    def __getattr__(self, name: str) -> object:
        if name in ("requestheaders", "request", "responseheaders", "response", "error", "update"):
            return lambda what: trace(self.name, name, what)
        raise AttributeError(name)

    def server_connect(self, data: object) -> None:
        trace(self.name, "server_connect", data)


class Second:
    name = "second"

    def request(self, flow: http.HTTPFlow) -> None:
        trace(self.name, "request", flow)
        if flow.request.path == "/fails":
            raise ValueError("as it happens")

    async def response(self, flow: http.HTTPFlow) -> None:
        trace(self.name, "response", flow)


def trace(who: str, hook: str, what: object) -> None:
    flow = what[0] if isinstance(what, list) else what
    told = f"{flow.request.method} {flow.request.path}" if isinstance(flow, http.HTTPFlow) else ""
    answer = flow.response.status_code if isinstance(flow, http.HTTPFlow) and flow.response else "-"
    with Path(ctx.options.trace_file).open("a") as file:
        file.write(f"{who} {hook} {told} {answer}\n")


addons = [Tracing()]
