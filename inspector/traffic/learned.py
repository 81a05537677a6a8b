"""Secrets that were seen where secrets stand, found again where none should: in an error page, a path, a statusMessage.

A text is cut into its words (runs of ASCII letters and digits), and they are looked up in one set: what that costs
does not depend on how many secrets are known, and the words are wanted anyway, to see whether a text has names of
secrets in it. Each secret is in the set with its longest word, which is written the same in JSON, in URLs and in HTML;
only a text that has it is searched for the secret itself, in these spellings.
"""

import html
import json
import re
from collections import OrderedDict
from collections.abc import Callable, Iterable
from contextlib import suppress
from urllib.parse import quote, quote_plus

from inspector.traffic.placeholders import PLACEHOLDER

KEPT = 4096
"""Secrets that are looked for: the last ones."""

SHORTEST = 8
"""Characters from which a secret is looked for; a shorter one would be found in what only looks like it."""

_LONGEST = 8192
_SHORTEST_WORD = 3
_ORDINARY = re.compile(r"(?i)[a-z]+[0-9]{0,4}|[0-9]{1,11}|\S+@\S+\.\w+|https?:.*|\s*|true|false")
"""What people call themselves, and things: as a password it is a bad one, and anywhere else it is evidence."""

_WORDS = bytes(ord(chr(n).lower()) if chr(n).isascii() and chr(n).isalnum() else 32 for n in range(256))
_ESCAPED = re.compile(rb"%[0-9A-Fa-f]{2}|\\(?:u[0-9A-Fa-f]{4}|.)")
_UTF8 = ("utf-8", "surrogateescape")


def words(text: bytes) -> list[bytes]:
    """The words of a text in lower case; what was escaped is between words."""
    if b"%" in text or b"\\" in text:
        text = _ESCAPED.sub(b" ", text)
    return text.translate(_WORDS).split()


class Learned:
    """The secrets of one session that may come again; belongs to one thread. `placeholder` is of any secret, `met` is
    told the words of them that have to be looked for from now on.
    """

    def __init__(self, placeholder: Callable[[str], str], met: Callable[[bytes], None] = lambda word: None) -> None:
        self._placeholder = placeholder
        self._met = met
        self._secrets: OrderedDict[str, bytes] = OrderedDict()
        self._by_word: dict[bytes, set[str]] = {}
        self._spared: OrderedDict[str, None] = OrderedDict()
        self.version = 0
        """Counts what was learned."""

    def learn(self, secret: str) -> None:
        """The text is a secret wherever it stands, unless it is short, ordinary, or somebody's name."""
        if secret in self._secrets or not SHORTEST <= len(secret) <= _LONGEST or secret in self._spared:
            return
        if _ORDINARY.fullmatch(secret) or PLACEHOLDER.search(secret):
            return
        word = max(words(secret.encode(*_UTF8)), key=len, default=b"")
        if len(word) < _SHORTEST_WORD:
            return
        if len(self._secrets) >= KEPT:
            self._forget(next(iter(self._secrets)))
        self._secrets[secret] = word
        self._by_word.setdefault(word, set()).add(secret)
        self._met(word)
        self.version += 1

    def spare(self, name: str) -> None:
        """The text is somebody's name, which stays: also where it is the password."""
        if len(name) >= SHORTEST and name not in self._spared:
            self._spared[name] = None
            if len(self._spared) > KEPT:
                self._spared.popitem(last=False)
            if name in self._secrets:
                self._forget(name)

    def knows(self, word: bytes) -> bool:
        """Whether it is the word of a secret."""
        return word in self._by_word

    def hide(self, text: bytes, of: Iterable[bytes]) -> bytes:
        """The text without the secrets; `of` are its words."""
        if not self._by_word or self._by_word.keys().isdisjoint(of):
            return text
        found = {secret for word in of for secret in self._by_word.get(word, ())}
        for secret in sorted(found, key=len, reverse=True):
            new = self._placeholder(secret).encode()
            for spelling in _spellings(secret):
                text = text.replace(spelling, new)
        return text

    def hide_in(self, text: str) -> str:
        """The same for a short text."""
        if not self._by_word or len(text) < SHORTEST:
            return text
        raw = text.encode(*_UTF8)
        hidden = self.hide(raw, words(raw))
        return text if hidden is raw else hidden.decode(*_UTF8)

    def _forget(self, secret: str) -> None:
        word = self._secrets.pop(secret)
        self._by_word[word].discard(secret)
        if not self._by_word[word]:
            del self._by_word[word]


def _spellings(secret: str) -> list[bytes]:
    """How a text may write it, the longest first: as it is, in JSON, in URLs, in HTML."""
    texts = {secret}
    if not secret.isascii():
        with suppress(UnicodeError):  # a header field's text is one character a byte
            texts.add(secret.encode("latin-1").decode())
    found = set[str]()
    for text in texts:
        raw = text.encode(*_UTF8)
        urls = (quote(raw, safe=""), quote(raw), quote_plus(raw))
        found |= {text, html.escape(text), html.escape(text, quote=False), text.replace("/", "\\/"), *urls}
        found |= {re.sub("%..", lambda escape: escape[0].lower(), url) for url in urls}
        found |= {json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]}
    return sorted((text.encode(*_UTF8) for text in found), key=len, reverse=True)
