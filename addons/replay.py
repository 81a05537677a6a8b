"""Replays a recording: `mitmdump -s addons/replay.py --set inspector_replay=FILE --mode reverse:http://HOST:PORT`.

No server is asked for anything, whatever happens: what cannot be answered from the recording is answered by us.
"""

import logging

from mitmproxy import connection, ctx, exceptions, http
from mitmproxy.addonmanager import Loader
from mitmproxy.proxy.server_hooks import ServerConnectionHookData

from inspector.analysis.miss import Miss
from inspector.errors import InspectorError, UsageError
from inspector.proxy.replaying import Waiting, asked, put_answer
from inspector.render.escape import plain
from inspector.replay.answers.legal import Answer
from inspector.replay.fronts.addon_options import OPTIONS, piece_of
from inspector.replay.fronts.server import answered, failure
from inspector.replay.journal import Undelivered
from inspector.replay.stub import Served, Stub

logger = logging.getLogger("inspector")


class Replay:
    name = "inspector-replay"

    def __init__(self) -> None:
        self.stub: Stub | None = None
        self._served: dict[str, tuple[Stub, Served]] = {}
        self._waiting = Waiting()

    def load(self, loader: Loader) -> None:
        for option in OPTIONS:
            loader.add_option(*option)
        # eager would want a server before there is any flow; the Host is where the client sees us
        ctx.options.update(connection_strategy="lazy", keep_host_header=True)

    def configure(self, updated: set[str]) -> None:
        if ctx.options.inspector_replay and ctx.options.stream_large_bodies:
            # a streamed request is on its way to the server before anybody could answer it
            raise exceptions.OptionsError("stream_large_bodies cannot be set while a recording is replayed")
        if updated & {name for name, *_ in OPTIONS}:
            try:
                stub = piece.stub() if (piece := piece_of(ctx.options, _tell)) else None
            except InspectorError as error:
                raise exceptions.OptionsError(str(error)) from error
            self._close()
            self.stub = stub

    def running(self) -> None:
        for name in ctx.options.deferred:
            if name.startswith("inspector_"):
                logger.warning("there is no option %s: is it misspelt?", name)
        if self.stub is None:
            logger.warning("nothing is replayed, every request is refused: set inspector_replay=FILE")

    def server_connect(self, data: ServerConnectionHookData) -> None:
        data.server.error = "a recording is replayed: no server is asked"

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        flow.request.stream = False  # another script may want it

    async def request(self, flow: http.HTTPFlow) -> None:
        if flow.response or flow.error:
            return  # another script's
        try:
            if self.stub is None:
                raise UsageError("nothing is replayed: set inspector_replay=FILE")
            stub = self.stub
            served = await self._waiting.done(flow.client_conn, answered(stub, asked(flow)))
            if served is not None:
                self._served[flow.id] = (stub, served)
                _answer(flow, served.answer, served.cut)
        except Exception as error:
            _answer(flow, failure(error))
        finally:
            if flow.response is None:  # the client is going, or we are: without an answer, a server would be asked
                put_answer(flow, 503, "Service Unavailable", [(b"Content-Length", b"0")], b"")

    def response(self, flow: http.HTTPFlow) -> None:
        if pair := self._served.pop(flow.id, None):
            stub, served = pair
            with stub.handover(served):
                pass

    def error(self, flow: http.HTTPFlow) -> None:
        if pair := self._served.pop(flow.id, None):
            stub, served = pair
            stub.put_back(served)

    def client_disconnected(self, client: connection.Client) -> None:
        self._waiting.left(client)

    def done(self) -> None:
        self._close()

    def _close(self) -> None:
        if self.stub:
            self.stub.close()
            self.stub = None


def _tell(what: Miss | Undelivered) -> None:
    """A miss, or what somebody waits for in vain, in mitmproxy's log."""
    logger.warning("%s", plain(what.text if isinstance(what, Miss) else what.happening))


def _answer(flow: http.HTTPFlow, answer: Answer, cut: int | None = None) -> None:
    """Answers the flow; `cut`: after so many bytes its connection ends, though the Content-Length says more."""
    headers = answer.headers
    if cut is not None and not flow.request.is_http2:  # there the stream ends, and the others go on
        headers = (*headers, (b"Connection", b"close"))
    put_answer(flow, answer.status, answer.reason, headers, answer.whole(cut))


addons = [Replay()]
