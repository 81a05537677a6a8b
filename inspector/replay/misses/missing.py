"""What who asks for something unrecorded gets: the miss, explained; or, with a spy, what the real server says."""

import itertools
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from typing import Any, Protocol

from inspector.analysis.miss import Miss
from inspector.errors import RecordingError
from inspector.replay.answers.legal import Answer, in_json
from inspector.replay.channel.delivery import now_ms
from inspector.replay.channel.polling import Channel
from inspector.replay.journal import Journal, Undelivered
from inspector.replay.matching import Identity
from inspector.replay.misses.miss import STATUS, body, explain
from inspector.replay.misses.nearest import Candidate
from inspector.replay.plans.plan import Kind, Loaded
from inspector.replay.story.casting import LiveClient
from inspector.traffic.exchange import Request

Tell = Callable[[Miss | Undelivered], None]


class Spy(Protocol):
    """Asks the real server what the recording does not know."""

    def attend(self, channel: Channel) -> None:
        """Tells clients by this channel, the stub's, what the server tells."""

    async def ask(self, request: Request, client: LiveClient, miss: Miss) -> Answer | None:
        """The server's answer, as our client may get it; None if there is none."""


class Missing:
    """The misses of one stub; told to its journal, and to whoever runs it. `reuse`: no operation is ever used up."""

    def __init__(self, loaded: Loaded, journal: Journal, *, reuse: bool, spy: Spy | None, tell: Tell) -> None:
        self._loaded = loaded
        self._journal = journal
        self._reuse = reuse
        self._spy = spy
        self._tell = tell

    def answer(
        self, request: Request, identity: Identity, client: LiveClient, problems: dict[int, str]
    ) -> Answer | Coroutine[Any, Any, Answer]:
        """The answer; with a spy, what has to be awaited for it. `problems` tells which exchanges would have answered,
        and why they cannot.
        """
        try:
            miss = explain(identity, self._candidates(client, problems))
        except RecordingError:  # the file is damaged, or another one by now: nobody knows what else was recorded
            miss = explain(identity, [Candidate(number, identity, problem=why) for number, why in problems.items()])
        if self._spy is not None:
            return self._spied(self._spy, request, client, miss)
        return self._missed(request, miss)

    async def _spied(self, spy: Spy, request: Request, client: LiveClient, miss: Miss) -> Answer:
        answer = await spy.ask(request, client, miss)
        if answer is None:
            return self._missed(request, miss)
        self._journal.forwarded(now_ms(), request.method, request.path, miss)
        return answer

    def _missed(self, request: Request, miss: Miss) -> Answer:
        self._tell(miss)
        self._journal.missed(now_ms(), request.method, request.path, miss)
        answer = in_json(STATUS, "Not Implemented", body(miss))
        return replace(answer, body=b"") if request.method == "HEAD" else answer

    def _candidates(self, client: LiveClient, problems: dict[int, str]) -> Iterator[Candidate]:
        own = client.player.plan
        for plan in itertools.chain([own], (plan for plan in self._loaded.plans if plan is not own)):
            name = "" if plan is own else plan.user_name or f"agent {plan.agent}"
            for one in plan.recorded:
                if one.kind is Kind.LEFT_OUT:
                    continue
                used = self._journal.uses.get(one.number, 0)
                spent = bool(used) and one.kind is Kind.OPERATION and not self._reuse
                identity = self._loaded.identities[one.number]
                yield Candidate(one.number, identity, used, spent, name, problems.get(one.number, ""))
