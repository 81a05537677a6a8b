"""Who plays whom: live clients, found again by what their requests show, and the recorded agents that they may be.

A client that logs in is new; it plays the agent of its user name, else it is cast late: each request leaves only those
agents that could have sent it, the first of them answers. Pure; whatever is secret comes from `new_secret`.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from inspector.replay.plans.plan import Plan
from inspector.replay.story.engine import Player

CLIENTS_AT_MOST = 10_000
"""Live clients that are remembered; beyond it the longest idle one is forgotten."""


@dataclass(slots=True)
class LiveClient:
    """Somebody who plays. `cookie` and `csrf` are the values that this stub gave it; empty for the anonymous one."""

    cookie: str
    csrf: str
    players: list[Player]
    authorization: str = ""
    bayeux: list[str] = field(default_factory=list)
    """Its Bayeux clients, by the number of the list that each of them plays."""
    turn: int = 0
    """Which of its user's recorded logins it plays."""
    _asked: dict[tuple[int, int], list[tuple[Player, int]]] = field(default_factory=dict)

    @property
    def player(self) -> Player:
        """Whom it plays, as far as that is known: the first who is left."""
        return self.players[0]

    def ask(self, key: bytes, now_ms: float) -> int | None:
        """The index of the answer in the plan of `player`; agents that never asked so are out of the question."""
        if len(self.players) == 1:  # as with most, and they shall not pay for the others
            player = self.players[0]
            own = player.ask(key, now_ms)
            if own is not None:
                self._asked[player.plan.agent, own] = [(player, own)]
            return own
        answers = [(player, player.ask(key, now_ms)) for player in self.players]
        able = [(player, index) for player, index in answers if index is not None]
        if not able:
            return None
        self.players = [player for player, _ in able]
        self._asked[able[0][0].plan.agent, able[0][1]] = able
        return able[0][1]

    def asked(self, agent: int, index: int) -> list[tuple[Player, int]]:
        """Everybody whom it may be playing, each with its own index, once `ask` gave `index` of the `agent`."""
        return self._asked.get((agent, index), [])

    def refused(self, key: bytes, now_ms: float) -> int | None:
        """As Player.refused, for whoever it may be; the index in the plan of `player`."""
        indices = [player.refused(key, now_ms) for player in self.players]
        return indices[0]

    def early(self, agent: int, index: int, now_ms: float) -> bool:
        """As Player.early, for whoever it may be; whether it holds for the `agent` whose answer was chosen."""
        return [player.early(own, now_ms) for player, own in self.asked(agent, index)][:1] == [True]

    def played(self, agent: int, index: int, now_ms: float) -> None:
        """As Player.played, for whoever it may be."""
        for player, own in self._asked.pop((agent, index), ()):
            player.played(own, now_ms)

    def failed(self, agent: int, index: int, now_ms: float) -> None:
        """As Player.failed, for whoever it may be."""
        for player, own in self._asked.pop((agent, index), ()):
            player.failed(own, now_ms)

    def listening(self, number: int, now_ms: float) -> None:
        """As Player.listening, for whoever it may be."""
        for player in self.players:
            if number < len(player.plan.lists):
                player.listening(number, now_ms)

    def list_of(self, client_id: str) -> int | None:
        """The number of the list that a Bayeux client plays; None if it plays none."""
        return self.bayeux.index(client_id) if client_id in self.bayeux else None


class Cast:
    """All live clients of one stub."""

    def __init__(self, plans: Sequence[Plan], player: Callable[[Plan], Player], new_secret: Callable[[], str]) -> None:
        self._plans = plans
        self._player = player
        self._new_secret = new_secret
        self._by_cookie: OrderedDict[str, LiveClient] = OrderedDict()
        self._by_authorization: dict[str, LiveClient] = {}
        self._by_client_id: dict[str, LiveClient] = {}
        self._by_user: dict[str, list[LiveClient]] = {}
        self._anonymous: LiveClient | None = None

    @property
    def clients(self) -> list[LiveClient]:
        """Everybody who plays, the shared anonymous client last."""
        return [*self._by_cookie.values(), *([self._anonymous] if self._anonymous else [])]

    def knows(self, cookie: str) -> bool:
        """Whether the session cookie is one that this stub gave; not that of who has logged out, if there is another
        login of that user to be played: clients send the cookie until they have a new one.
        """
        client = self._by_cookie.get(cookie)
        return client is not None and not (client.player.logged_out and client.turn + 1 < len(self._logins(client)))

    def find(self, cookie: str, client_ids: Iterable[str], authorization: str) -> LiveClient:
        """Whose request this is: its cookie's, else its Bayeux client's, else the newest with these credentials, else
        that of whoever shows nothing.
        """
        if client := self._by_cookie.get(cookie):
            self._by_cookie.move_to_end(cookie)
            return client
        client = next((self._by_client_id[name] for name in client_ids if name in self._by_client_id), None)
        if client is None and authorization:
            client = self._by_authorization.get(authorization)
        if client is not None:
            if client.cookie in self._by_cookie:
                self._by_cookie.move_to_end(client.cookie)
            return client
        if self._anonymous is None:
            self._anonymous = LiveClient("", "", [self._player(plan) for plan in self._plans])
        return self._anonymous

    def begin(self, user_name: str, authorization: str) -> LiveClient:
        """A new client: it logs in now. A user who logs in again plays that user's next recorded login."""
        own = [plan for plan in self._plans if user_name and plan.user_name == user_name]
        turn = self._turn(user_name, len(own)) if own else 0
        plans = own[turn : turn + 1] or self._plans
        client = LiveClient(self._new_secret(), self._new_secret(), [self._player(plan) for plan in plans])
        client.authorization, client.turn = authorization, turn
        if own:
            self._by_user.setdefault(user_name, []).append(client)
        self._by_cookie[client.cookie] = client
        if authorization:
            self._by_authorization[authorization] = client
        if len(self._by_cookie) > CLIENTS_AT_MOST:
            self._forget(next(iter(self._by_cookie.values())))
        return client

    def _logins(self, client: LiveClient) -> list[Plan]:
        name = client.player.plan.user_name
        return [plan for plan in self._plans if name and plan.user_name == name]

    def _turn(self, user_name: str, logins: int) -> int:
        """Which login of its user a new client plays: the one behind that of a client whose story is over."""
        clients = self._by_user.get(user_name, [])
        before = next((client for client in clients if client.player.over), None)
        if before is None:
            return 0
        clients.remove(before)
        return min(before.turn + 1, logins - 1)

    def shook_hands(self, client: LiveClient, client_id: str, alive: Callable[[str], bool]) -> int:
        """The number of the list that a new Bayeux client plays: that of one that is gone, else the next one; the last
        one once all are played (a page that was loaded again, and said no goodbye).
        """
        self._by_client_id[client_id] = client
        for number, other in enumerate(client.bayeux):
            if not alive(other):
                client.bayeux[number] = client_id
                return number
        if client.bayeux and len(client.bayeux) >= max(len(player.plan.lists) for player in client.players):
            client.bayeux[-1] = client_id
            return len(client.bayeux) - 1
        client.bayeux.append(client_id)
        return len(client.bayeux) - 1

    def _forget(self, client: LiveClient) -> None:
        del self._by_cookie[client.cookie]
        for clients in self._by_user.values():
            if client in clients:
                clients.remove(client)
        if self._by_authorization.get(client.authorization) is client:
            del self._by_authorization[client.authorization]
        for client_id in [name for name, one in self._by_client_id.items() if one is client]:
            del self._by_client_id[client_id]
