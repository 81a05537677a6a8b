"""Secrets in the text of bodies, of multipart fields, of WebSocket frames and of server-sent events.

Most texts have none, and are only looked at word by word: where no word hints at a name of a secret, nothing is read.
"""

import re
from collections.abc import Callable
from itertools import filterfalse

from inspector.traffic import urls
from inspector.traffic.headers import FORM
from inspector.traffic.learned import Learned, words
from inspector.traffic.markup import change_markup
from inspector.traffic.members import change_json, change_pairs
from inspector.traffic.places import Names, comes_again, of_a_user
from inspector.traffic.server_sent import whole_events, with_data

EVENTS = "text/event-stream"

_HINT = re.compile(
    rb"pass|pwd|secret|token|credential|cookie|authoriz|csrf|xsrf|saml|assertion|signaturevalue|verifier|jwt|ssid|surl"
    rb"|sess(?:ion)?.?(?:id|key)|api.?key|private.?key|secure.?key|access.?key|auth.?key|shared.?key|signing.?key"
    rb"|subscription.?key|relay.?state|amz.?sig|goog.?sig|rnusername|susername|rnurl|rnsid"
)
"""What is in the words of a text that has a name of a secret: lower case, no digits, one blank between them.

Each begins with a letter: `re` passes over all other places at once.
"""

_HINTS = frozenset((b"otp", b"totp", b"sig"))
"""The same as whole words: they are too short to be looked for in others."""

_HALVES = frozenset(
    b"sess session api private secure access auth shared signing subscription relay amz goog id key state".split()
)
_DIGITS = b"0123456789"
_FAMILIAR = 20_000
_LONGEST_WORD = 24
_LEARNS_FROM, _SELDOM = 1000, 16
"""Texts whose words all become familiar; and of how many later ones those of one do."""

_WIDE = ((b"\xff\xfe\0\0", "utf-32"), (b"\0\0\xfe\xff", "utf-32"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_USERINFO = re.compile(rb"//[^\s\"'<>/?#@]*:[^\s\"'<>/?#]+@")
_ADDRESS = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:/)?/\S*")
_FORM_LIKE = re.compile(rb"[^\s=&:<>{}\"']{1,256}=[^\s<>{}\"']*")
_OAUTH = frozenset(
    (
        *("grant_type", "client_id", "response_type", "session_state"),
        *("redirect_uri", "code_challenge", "code_verifier", "id_token"),
    )
)
_ONCE = ("code", "state")
"""What OAuth gives to a client but once (RFC 6749 section 4.1.2); alone, these names mean other things."""

_ONCE_SHORTEST = 6
_LINE = re.compile(r"(?m)^([ \t]*([A-Za-z][\w.-]{1,63})[ \t]*[:=][ \t]*)(\S[^\r\n\0]*)")
_ASSIGNED = re.compile(r"(?<![\w$.-])((['\"]?)([\w$.-]{2,64})\2\s*[:=]\s*(['\"]))((?:(?!\4)[^\\\r\n]|\\.)+)(?=\4)")
_UTF8 = ("utf-8", "surrogateescape")


def is_text(media_type: str) -> bool:
    """Whether bodies of the type are written in characters, as far as it tells: none is said to be anything."""
    kind, _, name = media_type.partition("/")
    is_xml = name == "xml" or name.endswith("+xml")
    return not name or kind == "text" or is_xml or media_type == FORM or "json" in name or "javascript" in name


class Texts:
    """Redacts the texts of one session. `placeholder` is of any secret; what is `learned` is hidden wherever it is."""

    def __init__(self, names: Names, placeholder: Callable[[str], str], *, learns: bool = False) -> None:
        self._names = names
        self._placeholder = placeholder
        self._familiar = set[bytes]()
        self._read = 0
        self.learned = Learned(placeholder, self._familiar.discard) if learns else None

    def hide(self, name: str, secret: str) -> str:
        """What stands for the secret that was found under this name."""
        if self.learned is not None and comes_again(name):
            self.learned.learn(secret)
        return self._placeholder(secret)

    def text(self, content: bytes, media_type: str) -> bytes:
        """The text without its secrets, the same object where it has none. `media_type` may be empty."""
        if not content:
            return content
        if b"\0" in content[:2] or content[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return self._wide(content, media_type)
        found = list(filterfalse(self._familiar.__contains__, words(content)))
        changed = content
        if media_type == FORM:
            changed = self.pairs(content.decode(*_UTF8)).encode(*_UTF8)
        elif self._names.has_own or self._is_hinted(content, found):
            changed = self._by_name(content, media_type)
        return self.learned.hide(changed, found) if self.learned is not None else changed

    def short(self, text: str) -> str:
        """The same for a text that is no body: a value in a header field, a reason, what an error says."""
        if "=" in text or "@" in text or "%3" in text:
            text = urls.embedded(text, self._names.is_field, self.hide)
        return self.learned.hide_in(text) if self.learned is not None else text

    def pairs(self, text: str) -> str:
        """A query or form without its secrets."""
        if "code=" in text or "state=" in text:
            names = {pair.partition("=")[0] for pair in text.split("&")}
            if names & _OAUTH or names.issuperset(_ONCE):
                return change_pairs(text, self._field_once)
        return change_pairs(text, self._field)

    def address(self, text: str) -> str:
        """An address without its secrets."""
        text = urls.address(text, self.pairs, self.hide)
        return self.learned.hide_in(text) if self.learned is not None else text

    def _is_hinted(self, content: bytes, found: list[bytes]) -> bool:
        """Whether a text may have a name of a secret, or an address with one; if not, its words are familiar."""
        if _HINT.search(b" ".join(found).translate(None, _DIGITS)) or not _HINTS.isdisjoint(found):
            return True
        if b"\\" in content and b"\\u00" in content:
            return True
        if b"@" in content and (b"\\/\\/" in content or _USERINFO.search(content)):
            return True
        if b"=" in content and b"code=" in content:
            return True
        self._read += 1
        if self._read < _LEARNS_FROM or self._read % _SELDOM == 0:
            self._grow(found)
        return False

    def _grow(self, found: list[bytes]) -> None:
        """Makes words familiar: those that nothing has to be looked for in."""
        if len(self._familiar) < _FAMILIAR:
            knows = self.learned.knows if self.learned is not None else _HALVES.__contains__
            self._familiar.update(
                word
                for word in found
                if len(word) <= _LONGEST_WORD and word.isalpha() and word not in _HALVES and not knows(word)
            )

    def _by_name(self, content: bytes, media_type: str) -> bytes:
        begin = content.lstrip()[:1]
        if "json" in media_type or "javascript" in media_type or begin in (b"{", b"["):
            return change_json(content, self._member, inherit=self._names.is_member)
        if media_type == EVENTS:
            return self._events(content)
        if not media_type.startswith("text/html") and _FORM_LIKE.fullmatch(content):
            return self.pairs(content.decode(*_UTF8)).encode(*_UTF8)
        text = content.decode(*_UTF8)
        if begin == b"<" or "html" in media_type or "xml" in media_type:
            text = change_markup(text, self._names.is_member, self.hide)
        else:
            text = _LINE.sub(self._line, text)
        text = urls.embedded(_ASSIGNED.sub(self._assigned, text), self._names.is_field, self.hide)
        return text.encode(*_UTF8)

    def _member(self, name: str, value: str) -> str | None:
        if self._names.is_member(name):
            return self.hide(name, value)
        if self.learned is not None and of_a_user(name):
            self.learned.spare(value)
        return self._inner(value)

    def _inner(self, value: str) -> str | None:
        """A member's value that may be JSON itself, or an address."""
        if value[:1] in ("{", "["):
            raw = value.encode(*_UTF8)
            new = change_json(raw, self._member, inherit=self._names.is_member).decode(*_UTF8)
        elif _ADDRESS.fullmatch(value):
            new = self.address(value)
        elif "=" in value or "@" in value:
            new = urls.embedded(value, self._names.is_field, self.hide)
        else:
            return None
        return new if new != value else None

    def _field(self, name: str, value: str) -> str | None:
        """A form field; `message=` of the channel holds JSON (Bayeux specification section 3.4)."""
        if name == "message":
            inner = change_json(value.encode(*_UTF8), self._member, inherit=self._names.is_member).decode(*_UTF8)
            return inner if inner != value else None
        if self._names.is_field(name):
            return self.hide(name, value)
        if self.learned is not None and of_a_user(name):
            self.learned.spare(value)
        return self._inner(value)

    def _field_once(self, name: str, value: str) -> str | None:
        if name in _ONCE and len(value) >= _ONCE_SHORTEST:
            return self.hide("token", value)
        return self._field(name, value)

    def _line(self, found: re.Match[str]) -> str:
        return found[1] + self.hide(found[2], found[3]) if self._names.is_member(found[2]) else found[0]

    def _assigned(self, found: re.Match[str]) -> str:
        return found[1] + self.hide(found[3], found[5]) if self._names.is_member(found[3]) else found[0]

    def _events(self, stream: bytes) -> bytes:
        events, rest = whole_events(stream)
        return b"".join(with_data(event, lambda data: self.text(data, "")) for event in (*events, rest))

    def _wide(self, content: bytes, media_type: str) -> bytes:
        """Text of two or four bytes a character (RFC 4627 section 3): it would hide every word from us."""
        coding = next((name for mark, name in _WIDE if content.startswith(mark)), "")
        if not coding:
            width = "utf-32" if content[:3] == b"\0\0\0" or content[1:4] == b"\0\0\0" else "utf-16"
            coding = f"{width}-{'be' if content[0] == 0 else 'le'}"
        try:
            text = content.decode(coding).encode()
        except UnicodeError:
            return content
        new = self.text(text, media_type) if b"\0" not in text[:2] else text
        return content if new == text else new.decode().encode(coding)
