"""Which names are of secrets: of header fields, of cookies, and of members of JSON, forms, queries and markup.

From the Web Services API (sections on authentication and CSRF protection), and from what stands beside it in front of
the same server: SAML 2.0 bindings, OAuth 2.0 (RFC 6749, 7521, 7636), signed addresses of file stores.
"""

import re
from dataclasses import dataclass, field

_SECRET = re.compile(
    r"passw(or)?d|passphrase|passcode|pwd$|secret|token(s?id|hint|value)?$|credential|sess(ion)?(id|key)$|cookies?2?$"
    r"|(api|private|access|auth|shared|signing|subscription)key$|(csrf|xsrf)(?!header|param|cookie)"
    r"|saml(re(quest|sponse)|art|assertion)|assertion$|signaturevalue$|verifier$|jwt$|amzsignature$|googsignature$"
    r"|^(authorization|ssid|surl|securekey|relaystate|[rs]n?username|rn(url|sid)|t?otp)$"
)
_SECRET_HEADER = re.compile(r"^x?auth$|authenticationinfo$")
_SECRET_FIELD = re.compile(r"^(sid|sig|signature)$")
_COMES_AGAIN = re.compile(
    r"passw(or)?d|passphrase|passcode|pwd$|secret|token|key$|csrf|xsrf|saml|assertion|jwt|^(ssid|rnsid|authorization)$"
)
_SESSION_COOKIE = re.compile(r"sess|sid$|token|auth|csrf|xsrf|sso$|jwt")
_USER = re.compile(r"user|login|account|^name$|mail")
_KNOWN = 10_000


@dataclass(frozen=True, slots=True)
class Places:
    """Where secrets are, beyond what is known anyway: more header names and member names, any case."""

    headers: frozenset[str] = field(default_factory=frozenset)
    members: frozenset[str] = field(default_factory=frozenset)

    def __or__(self, other: "Places") -> "Places":
        """The places of both."""
        return Places(self.headers | other.headers, self.members | other.members)


def bare(name: str) -> str:
    """A name as all its spellings are compared: `X-Api_Key` is `xapikey`."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


class Names:
    """Tells names of secrets from others, in one session: it can be told more of them."""

    def __init__(self, places: Places) -> None:
        self._headers = {bare(name) for name in places.headers}
        self._members = {bare(name) for name in places.members}
        self._known: dict[str, bool] = {}

    @property
    def has_own(self) -> bool:
        """Whether there are members that nothing in a text hints at."""
        return bool(self._members)

    def add_header(self, name: str) -> bool:
        """The header field is secret from now on; False if that was known."""
        plain = bare(name)
        if plain in self._headers:
            return False
        self._headers.add(plain)
        return True

    def is_header(self, name: str) -> bool:
        plain = bare(name)
        if plain in self._headers:
            return True
        if plain.startswith("accesscontrol"):  # Access-Control-Allow-Credentials says only `true`
            return False
        return bool(_SECRET.search(plain) or _SECRET_HEADER.search(plain))

    def is_member(self, name: str) -> bool:
        found = self._known.get(name)
        if found is None:
            if len(self._known) >= _KNOWN:
                self._known.clear()
            plain = bare(name)
            found = self._known[name] = plain in self._members or _SECRET.search(plain) is not None
        return found

    def is_field(self, name: str) -> bool:
        """Of a query or a form: there some names are of secrets that are anything in JSON (an e-mail's `signature`)."""
        return self.is_member(name) or _SECRET_FIELD.search(name.lower()) is not None


def comes_again(name: str) -> bool:
    """Whether the value under a secret's name is so much its own that it is a secret wherever else it stands."""
    return _COMES_AGAIN.search(bare(name)) is not None


def of_a_session(cookie: str) -> bool:
    """Whether the cookie is one by which a session is held; others hold languages, user names, chats."""
    return _SESSION_COOKIE.search(bare(cookie)) is not None


def of_a_user(name: str) -> bool:
    """Whether a member names who somebody is, which stays."""
    return _USER.search(name.lower()) is not None
