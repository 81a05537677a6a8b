"""What crosses between the agents of a script and their server, in its order, as a recorder would be told of it."""

from dataclasses import replace
from http.client import responses
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from inspector.demo import web
from inspector.testing.building.timeline import Timeline
from inspector.traffic.body import EMPTY, Body
from inspector.traffic.exchange import Completed, Event, Exchange, Request, Response, Started
from inspector.traffic.headers import Headers
from inspector.traffic.multipart import split

if TYPE_CHECKING:  # a script is written before its recorder is there
    from inspector.recording.recorder import Recorder

_TOGETHER = 256
"""Events that are committed together: nobody waits for them."""


class Wire:
    """In front of the server at `origin`, whoever asks."""

    def __init__(self, origin: str, timeline: Timeline) -> None:
        parts = urlsplit(origin)
        self._scheme, self._authority = parts.scheme, parts.netloc
        self._timeline = timeline
        self._events = list[Event]()
        self._exchanges = 0

    def ask(self, connection: str, asked: web.Request) -> Exchange:
        """A request is complete now."""
        fields = [("Host", self._authority), *asked.headers]
        if asked.body:
            fields.append(("Content-Length", str(len(asked.body))))
        headers = Headers(tuple(fields))
        is_form = headers.media_type == "multipart/form-data"
        request = Request(
            asked.method,
            self._scheme,
            self._authority,
            asked.path,
            asked.query_string,
            "HTTP/1.1",
            headers,
            _body(asked.body),
            split(asked.body, headers.get("content-type")) if is_form else (),
        )
        self._exchanges += 1
        exchange = Exchange(self._exchanges, connection, self._timeline.instant, request)
        self._events.append(Started(len(self._events) + 1, exchange))
        return exchange

    def answer(self, asked: Exchange, answer: web.Response) -> None:
        """Its response is complete now."""
        fields = (*answer.headers, ("Content-Length", str(len(answer.body))))
        response = Response(answer.status, responses.get(answer.status, ""), Headers(fields), _body(answer.body))
        now = self._timeline.instant
        done = replace(asked, answered=now, done=now, response=response)
        self._events.append(Completed(len(self._events) + 1, done))

    def tell(self, recorder: "Recorder") -> None:
        """All that has crossed, to a recorder into a new file."""
        for event in self._events:
            one = event.exchange
            if isinstance(event, Started):
                recorder.started(one.number, one.connection, one.started, one.request)
            else:
                recorder.completed(one.number, one.answered, one.response, None, done=one.done)
            if not event.tick % _TOGETHER:
                recorder.commit()


def _body(content: bytes) -> Body:
    return Body.of(content) if content else EMPTY
