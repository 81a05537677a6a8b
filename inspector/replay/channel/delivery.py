"""Brings live clients what their stories tell: from the players' lists to the Bayeux clients that listen for them."""

import asyncio
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

import orjson

from inspector.replay.answers.serving import Serving, origin_of
from inspector.replay.channel import polling as bayeux
from inspector.replay.channel.comet import Comet, Event
from inspector.replay.channel.polling import Channel
from inspector.replay.journal import Undelivered
from inspector.replay.plans.plan import Told
from inspector.replay.story.casting import Cast, LiveClient
from inspector.traffic.exchange import Request

EARLY_AT_MOST_S = 1.0
"""How long a reply waits for the notifications that came before it."""


@dataclass(slots=True)
class Out:
    """A notification on its way to a Bayeux client, and who waits until it is there; `polled`: it met a held poll."""

    told: Told
    client_id: str
    polled: bool
    arrived: asyncio.Event = field(default_factory=asyncio.Event)


class Delivery:
    """The notification channel of one stub. `client_of` tells whose a request is; `in_vain` is told of the notification
    that somebody waits for when a poll ends empty, once.
    """

    def __init__(
        self,
        cast: Cast,
        serving: Serving,
        client_of: Callable[[Request], LiveClient],
        poll_timeout_ms: int,
        in_vain: Callable[[Undelivered], None] = lambda event: None,
    ) -> None:
        comet = Comet(new_id=lambda: uuid.uuid4().hex, timeout_ms=poll_timeout_ms)
        self.channel = Channel(comet, ending_empty=self._let_go, told=self._arrived)
        self._cast = cast
        self._serving = serving
        self._client_of = client_of
        self._in_vain = in_vain
        self._told_in_vain: set[tuple[str, Undelivered]] = set()
        self._patience_s = poll_timeout_ms / 1000
        self._clients: dict[str, LiveClient] = {}
        self._origins: dict[str, str] = {}
        self._out: dict[int, Out] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._patience: dict[str, asyncio.TimerHandle] = {}

    @property
    def on_their_way(self) -> list[Told]:
        """What was published, but has not arrived."""
        return [out.told for out in self._out.values()]

    async def answer(self, request: Request) -> bayeux.Answer:
        """The answer to one request on the channel; a long poll takes its time."""
        asked = bayeux.Request(request.method, request.headers.media_type, request.query, request.body.content or b"")
        return await self.channel.answer(asked, lambda client_id: self._heard(request, client_id))

    def flush(self, client: LiveClient) -> list[Out]:
        """Publishes what is due to each Bayeux client of a live one; what goes out now."""
        now, player, going = now_ms(), client.player, list[Out]()
        for number, client_id in enumerate(client.bayeux):
            if number >= len(player.plan.lists):
                continue
            covered = partial(self.channel.comet.covers, client_id)
            for told in player.release(number, now, covered):
                data = self._serving.told(told.data, self._origins.get(client_id, ""))
                polled = self.channel.comet.holding(client_id)
                event = self.channel.publish(client_id, told.topic, orjson.Fragment(data))
                if event is not None:
                    self._out[event.number] = out = Out(told, client_id, polled)
                    going.append(out)
            due = player.next_due(number, now)
            if due is not None:
                self._wake_at(client, client_id, due)
            if client_id not in self._patience and player.held_back(number, covered):
                # whoever never lets a poll be held until it ends empty does not wait for ever either
                later = asyncio.get_running_loop().call_later
                self._patience[client_id] = later(self._patience_s, self._let_go, client_id)
        return going

    async def until_arrived(self, going: Sequence[Out]) -> None:
        """Until early notifications have been handed over; not at all if nobody polled, and not for ever."""
        # a poll that was held may be on its way with them by now
        awaited = [out for out in going if out.polled]
        if not awaited:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(EARLY_AT_MOST_S):
                for out in awaited:
                    await out.arrived.wait()

    def expire(self) -> int:
        """Ends every Bayeux session: polls end empty, the next message of each gets 402. How many there were.

        What was on its way to a client is told to the one that it becomes.
        """
        clients = self.channel.comet.clients
        for client_id in clients:
            self.channel.expire(client_id)
        return len(clients)

    def close(self) -> None:
        """Ends the held polls, so that who serves the stub can stop."""
        self.channel.close()
        for timer in (*self._timers.values(), *self._patience.values()):
            timer.cancel()

    def _heard(self, request: Request, client_id: str) -> None:
        """A Bayeux client has shaken hands, or may have subscribed to something."""
        if client_id not in self._clients:
            self._shook_hands(self._client_of(request), client_id)
        client = self._clients[client_id]
        self._origins[client_id] = origin_of(request)
        number = client.list_of(client_id)
        if number is None or number >= len(client.player.plan.lists):
            return
        if self.channel.comet.subscriptions(client_id):
            client.listening(number, now_ms())
            self.flush(client)

    def _shook_hands(self, client: LiveClient, client_id: str) -> None:
        """A new Bayeux client; what is on its way to the one that it takes over from is told to it."""
        before = list(client.bayeux)
        number = self._cast.shook_hands(client, client_id, lambda name: name in self.channel.comet.clients)
        self._clients[client_id] = client
        if number < len(before):
            self.channel.expire(before[number], replaced=True)
            lost = [event for event, out in self._out.items() if out.client_id == before[number]]
            told = [self._out.pop(event).told for event in lost]
            if number < len(client.player.plan.lists):  # whoever it turned out to play may have listened less
                client.player.put_back(number, told)

    def _wake_at(self, client: LiveClient, client_id: str, due_ms: float) -> None:
        if timer := self._timers.get(client_id):
            timer.cancel()
        loop = asyncio.get_running_loop()
        self._timers[client_id] = loop.call_at(due_ms / 1000 + 0.001, self.flush, client)

    def _arrived(self, events: Sequence[Event]) -> None:
        for event in events:
            if out := self._out.pop(event.number, None):
                out.arrived.set()

    def _let_go(self, client_id: str) -> None:
        if timer := self._patience.pop(client_id, None):
            timer.cancel()
        client = self._clients.get(client_id)
        number = client.list_of(client_id) if client else None
        if client and number is not None and number < len(client.player.plan.lists):
            client.player.let_go(number)
            if not self.flush(client):
                self._tell_in_vain(client, number, client_id)

    def _tell_in_vain(self, client: LiveClient, number: int, client_id: str) -> None:
        """What this client will be told next, and what that waits for."""
        player = client.player
        waiting = (one for one in player.waiting(number) if self.channel.comet.covers(client_id, one.topic))
        told = next(waiting, None)
        if told is None or told.cue is None or player.asked_for(told.cue):
            return  # there is none; or it only waits for its time
        event = Undelivered(told.exchange, told.position, told.topic, player.plan.recorded[told.cue].number)
        if (client_id, event) not in self._told_in_vain:
            self._told_in_vain.add((client_id, event))
            self._in_vain(event)


def now_ms() -> float:
    """The time on the clock of the running loop."""
    return asyncio.get_running_loop().time() * 1000
