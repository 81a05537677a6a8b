"""What mitmproxy's streams cannot do by themselves: hold back the end of an answer until it is recorded, and let a body
pass on as a stream when it turns out to be too large to be held.

mitmproxy calls its `response` hook when a streamed body's last byte is out already, and decides before the first one
whether a body streams. So the one stream at hand is given a class that does both; nothing of mitmproxy is replaced.
Where its inside is not as expected, which its maintainers do not promise, all works as in mitmproxy alone.
"""

import logging
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from mitmproxy import http
from mitmproxy.connection import Client
from mitmproxy.proxy import commands, context, layer
from mitmproxy.proxy.layers.http import HttpLayer, HttpStream, SendHttp
from mitmproxy.proxy.layers.http._events import RequestData, ResponseData, ResponseProtocolError
from mitmproxy.proxy.layers.http._hooks import HttpResponseHook

from inspector.traffic.exchange import Half

logger = logging.getLogger("inspector")

Commands = Generator[commands.Command, Any, Any]


class Withholding:
    """A `flow.response.stream` that keeps the answer's end until it is asked for it."""

    withholds = False
    """Whether somebody will ask."""

    def release(self) -> bytes:
        """The bytes that were kept back."""
        raise NotImplementedError


@dataclass
class Overflow:
    """A body that was to be held whole is larger than it may be."""

    flow: http.HTTPFlow
    half: Half


@dataclass
class InspectorOverflowHook(commands.StartHook):
    """The body goes on as a stream after this, whatever is set as its `stream` then."""

    overflow: Overflow


class Contexts:
    """An addon that remembers where the streams of each client's connections are, to find that of a flow."""

    name = "inspector-streams"

    def __init__(self) -> None:
        self._of: WeakKeyDictionary[Client, WeakSet[context.Context]] = WeakKeyDictionary()
        self._told = False

    def next_layer(self, asked: layer.NextLayer) -> None:
        self._of.setdefault(asked.context.client, WeakSet()).add(asked.context)

    def prepare(self, flow: http.HTTPFlow, limit: int) -> bool:
        """From here on the flow's stream can do both; a body that is held may have `limit` bytes (0: any number).

        False, and a warning once, if that is not possible with this mitmproxy.
        """
        stream = self._stream(flow)
        if stream is None or not hasattr(stream, "send_response") or not hasattr(stream, "check_body_size"):
            if not self._told:
                self._told = True
                logger.warning("not the mitmproxy we know: clients may see the end of a file before it is recorded")
            return False
        stream.__class__ = CarefulStream
        stream.hold_limit = limit
        return True

    def _stream(self, flow: http.HTTPFlow) -> "CarefulStream | None":
        for one in self._of.get(flow.client_conn, ()):
            for found in one.layers:
                if isinstance(found, HttpLayer):
                    for stream in found.streams.values():
                        if getattr(stream, "flow", None) is flow and type(stream) in (HttpStream, CarefulStream):
                            return stream  # type: ignore[return-value]
        return None


class CarefulStream(HttpStream):
    """mitmproxy's stream, with both."""

    hold_limit = 0

    def start_response_stream(self) -> Commands:
        assert self.flow.response
        if isinstance(self.flow.response.stream, Withholding):
            self.flow.response.stream.withholds = True
        yield from super().start_response_stream()

    def send_response(self, already_streamed: bool = False) -> Commands:
        """What was withheld goes out behind the hook, if that went well, and before anything else."""
        going_on = super().send_response(already_streamed)
        assert self.flow.response
        stream = self.flow.response.stream
        withheld = stream.release() if already_streamed and isinstance(stream, Withholding) else b""
        reply, after_hook = None, False
        while True:
            try:
                command = going_on.send(reply)
            except StopIteration:
                if after_hook and withheld:  # the request is not over yet, the end of the message is told with its end
                    yield self._data(withheld)
                return
            if after_hook and withheld:
                if not _is_refusal(command):
                    yield self._data(withheld)
                withheld = b""
            after_hook = after_hook or isinstance(command, HttpResponseHook)
            reply = yield command

    def check_body_size(self, request: bool) -> Generator[commands.Command, Any, bool]:
        """Is asked by mitmproxy with each piece of a body that is held."""
        held = self.request_body_buf if request else self.response_body_buf
        if not self.hold_limit or len(held) <= self.hold_limit:
            return (yield from super().check_body_size(request))
        data = bytes(held)
        held.clear()
        yield InspectorOverflowHook(Overflow(self.flow, "request" if request else "response"))
        if (yield from self.check_killed(True)):
            return True
        if request:
            yield from self.start_request_stream()
            yield from self.handle_event(RequestData(self.stream_id, data))
        else:
            yield from self.start_response_stream()
            yield from self.handle_event(ResponseData(self.stream_id, data))
        return False

    def _data(self, withheld: bytes) -> SendHttp:
        return SendHttp(ResponseData(self.stream_id, withheld), self.context.client)


def _is_refusal(command: commands.Command) -> bool:
    """The flow was killed while its hook waited: what was withheld is not to be seen."""
    return isinstance(command, SendHttp) and isinstance(command.event, ResponseProtocolError)
