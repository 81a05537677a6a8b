"""Who asks: Basic authentication once, then the session cookie, and the CSRF token that a GET announces.

Sources: CSRF Protection; Secured Connections; a real browser log, where 403 stands for 401.
"""

import base64
import binascii
import itertools
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from inspector.demo.people import User
from inspector.demo.web import Request
from inspector.traffic.headers import cookies

COOKIE = "JSESSIONID"
CSRF_HEADER = "X-CSRF-TOKEN"


@dataclass(frozen=True, slots=True)
class Login:
    """One HTTP session of a user; `fresh` until the client has brought its cookie back."""

    user: User
    cookie: str
    csrf: str
    fresh: bool = False


@dataclass(slots=True)
class Logins:
    """All HTTP sessions. Cookies and tokens are counted, not drawn: a story repeats itself, and guards no secret."""

    users: Sequence[User]
    _by_cookie: dict[str, Login] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def find(self, request: Request) -> Login | None:
        """The session of a request: by its cookie, else a new one by its Authorization; None if it has neither."""
        if known := self._by_cookie.get(cookies(request.headers).get(COOKIE, "")):
            return known
        user = self._authorized(request.headers.get("authorization"))
        return self._open(user) if user else None

    def close(self, login: Login) -> None:
        """The cookie is good for nothing from now on."""
        self._by_cookie.pop(login.cookie, None)

    def _open(self, user: User) -> Login:
        name = f"{user.id}/{next(self._numbers)}"
        cookie = uuid.uuid5(uuid.NAMESPACE_OID, name).hex.upper()
        csrf = str(uuid.uuid5(uuid.NAMESPACE_URL, name))
        self._by_cookie[cookie] = Login(user, cookie, csrf)
        return Login(user, cookie, csrf, fresh=True)

    def _authorized(self, header: str) -> User | None:
        scheme, _, credentials = header.partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            name, _, password = base64.b64decode(credentials, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        return next((user for user in self.users if (user.user_name, user.password) == (name, password)), None)
