"""The contact centre of a script: the look-alike, where customers come and files are only as the script says."""

import hashlib
import itertools
from collections.abc import Mapping
from dataclasses import dataclass

from inspector.demo.chat import Chat
from inspector.demo.documents import LIBRARY, Document, File, Store, numbered
from inspector.demo.login import COOKIE, Login, Logins
from inspector.demo.people import User
from inspector.demo.web import Request
from inspector.demo.world import Outcome, World
from inspector.traffic.headers import cookies

_STEM, _FIRST = LIBRARY[0].id[:12], int(LIBRARY[0].id[12:], 36)


class Centre(World):
    """A world to which the script brings the customers, not the begin of an agent's work."""

    def start_session(self, user: User, body: Mapping[str, object]) -> Outcome:
        self.at_work.setdefault(user.id, itertools.count(1))
        return Outcome()

    def reference(self, chat: Chat) -> int:
        self.at_work.setdefault(chat.owner.id, itertools.count(1))  # a script may have who never said that they work
        return super().reference(chat)


@dataclass(slots=True)
class Shelf(Store):
    """A store that a script may put documents into under ids of its own."""

    def add(self, file: File) -> Document:
        ids = (numbered(_STEM, number) for number in itertools.count(_FIRST))
        return self.put(Document(next(name for name in ids if name not in self.documents), file))

    def put(self, document: Document) -> Document:
        self.documents[document.id] = document
        return document


class Desks(Logins):
    """Who is logged in. Cookies and tokens are placeholders from the start, as they stand in a recording: those that
    the recorder would make of them differ each time, and a script has no password.
    """

    def __init__(self, users: list[User]) -> None:
        super().__init__(users)
        self._known: dict[str, Login] = {}
        self._times = itertools.count(1)

    def find(self, request: Request) -> Login | None:
        """By the cookie; else the session of the user that Basic credentials name, begun if there is none."""
        if cookie := cookies(request.headers).get(COOKIE, ""):
            return self._known.get(cookie)
        shown = request.headers.get("authorization")
        user = next((user for user in self.users if credentials(user) == shown), None)
        if user is None:
            return None
        known = next((login for login in self._known.values() if login.user == user), None) or self._begin(user)
        return Login(user, known.cookie, known.csrf, fresh=True)

    def close(self, login: Login) -> None:
        self._known.pop(login.cookie, None)

    def _begin(self, user: User) -> Login:
        name = f"{user.id}/{next(self._times)}"
        login = Login(user, hidden(f"cookie {name}"), hidden(f"token {name}"))
        self._known[login.cookie] = login
        return login


def credentials(user: User) -> str:
    """Authorization as it stands in a recording: the user's name, the password hidden (RFC 7617)."""
    name = user.user_name.encode().decode("latin-1")  # a field's text is one character a byte
    return f"Basic {name}:{hidden(f'password {user.id}')}"


def hidden(what: str) -> str:
    """The placeholder of a secret that is known by these words, always the same."""
    return f"~secret:{hashlib.sha256(what.encode()).hexdigest()[:12]}~"
