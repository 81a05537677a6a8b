"""From a recording to plans: who asked what, what they were answered and told, and what each of it waits for."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from inspector.analysis.agents import SESSION_COOKIE, Agent, Agents
from inspector.analysis.calls import LOGOUT
from inspector.analysis.channel import Channel, Message
from inspector.errors import BodyError
from inspector.recording.reader import Recording
from inspector.recording.session import Session
from inspector.recording.trimming.left_out import LeftOut, left_out
from inspector.replay.matching import Identity, Matcher
from inspector.replay.plans.plan import Kind, Plan, Recorded, Told
from inspector.replay.plans.plan import Loaded as Loaded
from inspector.traffic.bayeux import CONNECT, BayeuxError, dumps
from inspector.traffic.exchange import Completed, Event, Exchange, Response, Started
from inspector.traffic.headers import set_cookies
from inspector.webservices.routes import Resource, Route, route

NOTICES = {
    "SendStartTypingNotification",
    "SendStopTypingNotification",
    "SendStartTypingToAgentsNotification",
    "SendStopTypingToAgentsNotification",
    "SetInFocus",
}
"""Operations that clients send as it pleases their users: how often says nothing."""

Causes = Mapping[tuple[int, int], int]
"""The call (exchange) that brought about the message at a position of an exchange's response."""


@dataclass(slots=True)
class _Heard:
    """One Bayeux client: the ticks of its first and last sign of life, and the events that it was told; those of the
    batch `ack` may be told again until the client acknowledges it.
    """

    first: int
    last: int
    events: list[tuple[int, Message]] = field(default_factory=list)
    ack: float = 0
    unsure: list[bytes] = field(default_factory=list)
    again: list[bytes] = field(default_factory=list)

    def asks(self, message: Message) -> None:
        """A connect tells which batch was the last to arrive: what came later is told again."""
        ack = _ack(message)
        if ack is not None:
            self.again = self.unsure if ack < self.ack else []
            self.unsure = []

    def hears(self, tick: int, message: Message) -> None:
        """An event; or the reply to a connect, which tells the batch that came with it."""
        ack = _ack(message)
        if message.is_event:
            try:
                name = _name(message)
            except BayeuxError:
                return  # nobody could be told of it again
            self.unsure.append(name)
            if self.again and self.again[0] == name:
                del self.again[0]
            else:
                self.events.append((tick, message))
        elif ack is not None:
            self.ack = ack


@dataclass(slots=True)
class _Script:
    """What one recorded agent did, while it is gathered."""

    user_name: str = ""
    recorded: list[Recorded] = field(default_factory=list)
    ended: dict[int, int] = field(default_factory=dict)
    """When (µs, monotonic) each of them was over, by number."""
    clients: dict[str, _Heard] = field(default_factory=dict)


def load_session(recording: Recording, session: Session, matcher: Matcher) -> Loaded:
    """The plans of a recorded session, from its facts. Raises RecordingError."""
    return load(recording.events(session), _causes_in(recording, session), matcher, left_out(session))


def _causes_in(recording: Recording, session: Session) -> Causes:
    """What caused what: as the recorder found it, or (it was killed before it knew) by today's rules.

    Of several calls that one notification shows the effects of, it waits for the last.
    """
    if session.state == "complete":
        rows = recording.db.execute(
            "SELECT c.exchange, c.position, c.call FROM causes c JOIN exchanges e ON e.id = c.call WHERE e.session = ?"
            " ORDER BY c.call",
            (session.id,),
        )
        return {(exchange, position): call for exchange, position, call in rows}
    from inspector.recording.derivation import summarise  # the whole analysis: a start should not wait for it

    causes = sorted(summarise(recording, session).causes, key=lambda cause: cause.call)
    return {(cause.exchange, cause.position): cause.call for cause in causes}


def load(events: Iterable[Event], causes: Causes, matcher: Matcher, gone: Iterable[LeftOut] = ()) -> Loaded:
    """The plans of one session's events (in tick order), given what caused what, and which operations are gone."""
    scripts = _Gathering(matcher)
    for event in events:
        scripts.feed(event)
    for one in gone:
        scripts.leave_out(one)
    by_agent = scripts.by_agent or {0: _Script()}  # a session without traffic: nobody, to whom everything is a miss
    plans = [_plan(number, script, causes) for number, script in by_agent.items()]
    return Loaded(plans, scripts.responses, scripts.identities, frozenset(scripts.logins))


class _Gathering:
    """Follows the session as the analyst does, as far as it takes to know whose each exchange is."""

    def __init__(self, matcher: Matcher) -> None:
        self.by_agent: dict[int, _Script] = {}
        self.identities: dict[int, Identity] = {}
        self.responses: dict[int, Response] = {}
        self.logins: set[bytes] = set()
        self._matcher = matcher
        self._agents = Agents()
        self._channel = Channel()
        self._open: dict[int, tuple[int, Agent | None]] = {}
        self._script_of: dict[int, _Script] = {}

    def leave_out(self, gone: LeftOut) -> None:
        """Once all events were fed: an operation that nobody can ask for stands where it stood."""
        script = self._script_of.get(gone.beside)
        if script is not None and gone.operation not in NOTICES:  # the story does not depend on those
            identity = self.identities[gone.number] = Identity("", "", (), False, "bytes", b"%d" % gone.number)
            one = Recorded(gone.number, identity.key, Kind.LEFT_OUT, gone.start, gone.done, anchors=gone.accepted)
            script.recorded.append(one)

    def feed(self, event: Event) -> None:
        exchange = event.exchange
        where = route(exchange.request.path)
        match event:
            case Started(tick, _):
                agent = self._agents.asking(exchange.request, tick)
                if agent is None and where.resource is Resource.CHANNEL:
                    agent = self._channel.asking(exchange)
                self._open[exchange.number] = (tick, agent)
            case Completed(tick, _):
                started, agent = self._open.pop(exchange.number)
                agent = self._agents.answered(exchange, where, agent, tick)
                script = self.by_agent.setdefault(agent.number if agent else 0, _Script())
                self._script_of[exchange.number] = script
                script.user_name = agent.user_name if agent else ""
                if where.resource is Resource.CHANNEL:
                    self._hear(script, exchange, agent, tick)
                elif exchange.response is not None and exchange.error is None and exchange.request.method != "OPTIONS":
                    recorded = self._recorded(exchange, exchange.response, where, started, tick)
                    script.recorded.append(recorded)
                    if exchange.done is not None:
                        script.ended[exchange.number] = exchange.done.mono
                    if recorded.ends:
                        self._agents.logged_out(agent, exchange.response)

    def _recorded(self, exchange: Exchange, response: Response, where: Route, started: int, done: int) -> Recorded:
        self.responses[exchange.number] = response
        identity = self._matcher.identity(exchange.request)
        identity = self.identities[exchange.number] = (
            identity.of_head if exchange.request.method == "HEAD" else identity
        )
        if set_cookies(response.headers).get(SESSION_COOKIE):
            self.logins.add(identity.key)
        kind = Kind.READ if identity.method in ("GET", "HEAD") else Kind.OPERATION
        anchors = ends = False
        if kind is Kind.OPERATION:
            operation = _operation(exchange)
            kind = Kind.NOTICE if operation in NOTICES else kind
            anchors = kind is Kind.OPERATION and _accepted(exchange)
            ends = anchors and operation == LOGOUT and where.resource in (Resource.ME, Resource.CHAT)
        return Recorded(exchange.number, identity.key, kind, started, done, anchors, ends)

    def _hear(self, script: _Script, exchange: Exchange, agent: Agent | None, tick: int) -> None:
        for message in self._channel.delivered(exchange, agent):
            if not message.client_id:
                continue
            client = script.clients.setdefault(message.client_id, _Heard(tick, tick))
            client.last = tick
            if message.direction == "client":
                client.asks(message)
            else:
                client.hears(tick, message)


def _plan(agent: int, script: _Script, causes: Causes) -> Plan:
    recorded = sorted(script.recorded, key=lambda one: one.start)
    # what typing causes comes in its place, asked for or not: the story does not depend on who types when
    index = {one.number: place for place, one in enumerate(recorded) if one.kind is not Kind.NOTICE}
    anchors = [place for place, one in enumerate(recorded) if one.anchors]
    lists = []
    heard = list(_lists(script.clients.values()))
    shared = _causes_of_all(heard, causes)
    for events in heard:
        told = []
        for (tick, message), call in zip(events, _calls(events, shared), strict=True):
            asked_for = call in index
            cue: int | None = index[call] if call in index else _anchor(anchors, recorded, tick)
            ended = script.ended.get(recorded[cue].number) if cue is not None else None
            lag_ms = (message.at.mono - ended) / 1000 if ended is not None else 0.0
            data = bytes(memoryview(dumps(message.content["data"])))  # as small as it is
            told.append(Told(message.exchange, message.position, message.channel, data, cue, lag_ms, asked_for))
        lists.append(told)
    return Plan.of(agent, script.user_name, recorded, lists)


def _named(events: Iterable[tuple[int, Message]]) -> Iterator[tuple[Message, tuple[bytes, int]]]:
    """Each event of a list with what tells it in any other list of the agent: its data, and how often that came."""
    counts: Counter[bytes] = Counter()
    for _, message in events:
        name = _name(message)
        counts[name] += 1
        yield message, (name, counts[name])


def _causes_of_all(lists: list[list[tuple[int, Message]]], causes: Causes) -> dict[tuple[bytes, int], int]:
    """The calls that caused events, whichever of the agent's tabs was told first: only there the cause is known."""
    return {
        name: causes[message.exchange, message.position]
        for events in lists
        for message, name in _named(events)
        if (message.exchange, message.position) in causes
    }


def _calls(events: list[tuple[int, Message]], causes: dict[tuple[bytes, int], int]) -> Iterator[int]:
    return (causes.get(name, 0) for _, name in _named(events))


def _anchor(anchors: list[int], recorded: list[Recorded], tick: int) -> int | None:
    """The last state-changing call that began before the notification was delivered; None: it waits for nobody."""
    found = None
    for place in anchors:
        if recorded[place].start >= tick:
            break
        found = place
    return found


def _lists(clients: Iterable[_Heard]) -> Iterator[list[tuple[int, Message]]]:
    """One list for each client at a time: who shook hands when the one before was silent for good goes on with its list
    (a new handshake after `402`), and what is told again there is dropped.
    """
    open_: list[tuple[_Heard, list[tuple[int, Message]], set[bytes]]] = []
    for client in sorted(clients, key=lambda one: one.first):
        place = next((place for place, (before, _, _) in enumerate(open_) if before.last < client.first), None)
        if place is None:
            place = len(open_)
            open_.append((client, [], set()))
        _, events, known = open_[place]
        open_[place] = (client, events, known | {_name(message) for _, message in client.events})
        events += [(tick, message) for tick, message in client.events if _name(message) not in known]
    return (events for _, events, _ in open_)


def _name(message: Message) -> bytes:
    """What tells an event from others: its topic and data."""
    return message.channel.encode() + b" " + dumps(message.content["data"])


def _operation(exchange: Exchange) -> str:
    try:
        body = exchange.request.body.json() if exchange.request.body.size and not exchange.request.parts else None
    except BodyError:
        return ""
    name = body.get("operationName") if isinstance(body, dict) else None
    return name if isinstance(name, str) else ""


def _accepted(exchange: Exchange) -> bool:
    try:
        body = exchange.response.body.json() if exchange.response else None
    except BodyError:
        return False
    return isinstance(body, dict) and body.get("statusCode") == 0


def _ack(message: Message) -> float | None:
    """The batch that a message of the acknowledge extension names."""
    ext = message.content.get("ext")
    ack = ext.get("ack") if isinstance(ext, dict) and message.channel == CONNECT else None
    return ack if isinstance(ack, int | float) else None
