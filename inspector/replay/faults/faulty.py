"""Where faults meet requests: what a request is answered instead, and what becomes of its notifications."""

from typing import Any

import orjson

from inspector.replay.answers.legal import Answer, in_json
from inspector.replay.faults import BeforeReply, Delay, ExpireSession, Faults, LoseNotification, Repeat, Spoiling
from inspector.replay.journal import Journal
from inspector.replay.matching import Identity
from inspector.replay.misses.likeness import json_of
from inspector.replay.story.casting import LiveClient
from inspector.replay.story.engine import Player
from inspector.traffic.exchange import Request
from inspector.webservices.routes import Resource, is_download, route
from inspector.webservices.status_codes import MEANINGS, NOT_AUTHENTICATED

_NEW_DOCUMENT = {"operationName": "AddAttachment"}
"""What a document that comes in a form stands for: a form names no operation."""


class Faulty:
    """The faults of a stub at work; what they do is told to its journal. Times are in ms."""

    def __init__(self, faults: Faults, journal: Journal) -> None:
        self._faults = faults
        self._journal = journal

    def refused(self, request: Request, identity: Identity, client: LiveClient, now_ms: float) -> Answer | None:
        """The refusal that a request meets. The operation stays to be asked for: who tries again gets its answer."""
        fault = self._faults.refusal(_asked(request, identity))
        if fault is None:
            return None
        index = client.refused(identity.key, now_ms)
        number = None if index is None else client.player.plan.recorded[index].number
        self._journal.faulted(now_ms, request.method, request.path, fault.fault, number)
        return refusal(fault.status_code, fault.message)

    def spoiled(
        self, request: Request, identity: Identity, client: LiveClient, index: int, now_ms: float
    ) -> tuple[bool, bool, int | None]:
        """Spoils the notifications of an operation that was asked for just now (`index` in the plan of its player).

        Whether anything met the request, whether the Bayeux sessions expire when it was answered, and after how many
        bytes its download is cut (-1: in the middle).
        """
        names, expires, cut = list[str](), False, None
        if is_download(request.method, request.path) and (broken := self._faults.cut()):
            cut = broken.at
            names.append(broken.fault)
        for fault in self._faults.spoiling(_asked(request, identity)):
            names.append(fault.fault)
            expires |= isinstance(fault, ExpireSession)
            for player, own in client.asked(client.player.plan.agent, index):
                _spoil(player, own, fault)
        if names:
            number = client.player.plan.recorded[index].number
            self._journal.faulted(now_ms, request.method, request.path, ", ".join(names), number)
        return bool(names), expires, cut


def _asked(request: Request, identity: Identity) -> Any:
    """The JSON body of a request."""
    if identity.kind == "multipart" and route(request.path).resource in (Resource.ATTACHMENTS, Resource.CHAT):
        return _NEW_DOCUMENT
    return json_of(identity)


def refusal(status_code: int, message: str = "") -> Answer:
    """How the API refuses (Response conventions): HTTP 200 whatever the code, but for who is not logged in."""
    body = orjson.dumps({"statusCode": status_code, "statusMessage": message or MEANINGS[status_code]})
    return in_json(*((403, "Forbidden") if status_code == NOT_AUTHENTICATED else (200, "OK")), body)


def _spoil(player: Player, index: int, fault: Spoiling) -> None:
    match fault:
        case LoseNotification():
            player.lose(index)
        case Delay():
            player.delay(index, fault.seconds * 1000)
        case Repeat():
            player.repeat(index)
        case BeforeReply():
            player.hasten(index)
