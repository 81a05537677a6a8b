"""Who is asking: an agent is one login of one user, from its first request to its logout or the session's end.

The session cookie tells agents apart; where there is none, the Bayeux client or the Basic user name does. All of it
survives redaction: a cookie's placeholder is as good as the cookie, and user names stay.
"""

import base64
from dataclasses import dataclass, replace

from inspector.errors import BodyError
from inspector.traffic.exchange import Exchange, Request, Response
from inspector.traffic.headers import Headers, cookies, set_cookies
from inspector.traffic.placeholders import PLACEHOLDER
from inspector.webservices.routes import Resource, Route

SESSION_COOKIE = "JSESSIONID"


@dataclass(slots=True)
class Agent:
    """`user_id` and `user_name` are as the API's `/me` tells them, else as the login did; empty while unknown."""

    number: int
    cookie: str
    first_tick: int
    last_tick: int
    user_id: str = ""
    user_name: str = ""
    over: bool = False
    keeps_cookies: bool = False


class Agents:
    """The agents of one session, found again by whatever a request shows of them."""

    def __init__(self) -> None:
        self.all: list[Agent] = []
        self._by_cookie: dict[str, Agent] = {}
        self._by_name: dict[str, Agent] = {}
        self._changed: list[Agent] = []

    def changed(self) -> list[Agent]:
        """The agents that are new, or better known, since this was last asked; as they are now."""
        changed, self._changed = self._changed, []
        return [replace(agent) for agent in changed]

    def asking(self, request: Request, tick: int) -> Agent | None:
        """Whose request this is; None for one that shows neither a session nor a name."""
        cookie = cookies(request.headers).get(SESSION_COOKIE, "")
        name = basic_user(request.headers)
        agent = self._by_cookie.get(cookie) or (None if cookie else self._by_name.get(name))
        if agent is None and cookie:
            agent = self._new(tick, cookie, name)  # recording began after the login
        if agent is not None:
            agent.last_tick = tick
            agent.keeps_cookies = agent.keeps_cookies or bool(cookie)
            if name and not agent.user_name:  # the session cookie was there before the login
                agent.user_name = name
                self._by_name[name] = agent
                self._changed.append(agent)
        return agent

    def answered(self, exchange: Exchange, route: Route, agent: Agent | None, tick: int) -> Agent | None:
        """Whose exchange this was, now that its response may have begun a session or told who the user is."""
        response = exchange.response
        if response is None:
            return agent
        if cookie := set_cookies(response.headers).get(SESSION_COOKIE, ""):
            if agent is None or agent.over or self._is_another_desk(exchange.request, route, agent):
                agent = self._new(tick, cookie, basic_user(exchange.request.headers))
            self._by_cookie[cookie] = agent
        elif agent is None and response.status < 400 and (name := basic_user(exchange.request.headers)):
            agent = self._new(tick, "", name)
        if agent is not None:
            agent.last_tick = tick
            if route.resource is Resource.ME and exchange.request.method == "GET" and response.status < 300:
                _learn(agent, exchange)
                self._changed.append(agent)
        return agent

    def logged_out(self, agent: Agent | None, response: Response) -> None:
        """The agent's session was ended by its own request: whoever logs in next is another agent."""
        if agent is None:
            return
        agent.over = True  # its cookies stay known: what still comes with them is a straggler of its own
        self._by_name = {name: known for name, known in self._by_name.items() if known is not agent}
        self._by_cookie.pop(set_cookies(response.headers).get(SESSION_COOKIE, ""), None)

    def _is_another_desk(self, request: Request, route: Route, agent: Agent) -> bool:
        """Whether a request that was known by its name alone came from somebody who had not logged in yet."""
        return (
            agent.keeps_cookies
            and route.resource is not Resource.CHANNEL
            and SESSION_COOKIE not in cookies(request.headers)
        )

    def _new(self, tick: int, cookie: str, name: str) -> Agent:
        agent = Agent(len(self.all) + 1, cookie, tick, tick, user_name=name)
        self.all.append(agent)
        self._changed.append(agent)
        if cookie:
            self._by_cookie[cookie] = agent
        if name:
            self._by_name[name] = agent
        return agent


def basic_user(headers: Headers) -> str:
    """The user name of Basic credentials (RFC 7617), redacted or not; empty if there are none."""
    if "authorization" not in headers:
        return ""
    scheme, _, rest = headers.get("authorization").partition(" ")
    if scheme.lower() != "basic" or PLACEHOLDER.fullmatch(rest):
        return ""
    try:
        raw = rest.encode("latin-1") if ":" in rest else base64.b64decode(rest, validate=True)
    except ValueError:
        return ""
    return raw.partition(b":")[0].decode("utf-8", "replace")


def _learn(agent: Agent, exchange: Exchange) -> None:
    try:
        body = exchange.response.body.json() if exchange.response else None
    except BodyError:
        return
    user = body.get("user", body) if isinstance(body, dict) else None
    if isinstance(user, dict):
        agent.user_id = str(user.get("id") or agent.user_id)
        agent.user_name = str(user.get("userName") or agent.user_name)
