"""Secrets in addresses, and in the addresses that stand anywhere in a text: every other character stays as it was.

A password before the host (RFC 3986 section 3.2.1), a session in the path (Java Servlet specification section 7.1.3),
members of the query and of the fragment (RFC 6749 section 4.2.2).
"""

import re
from collections.abc import Callable
from urllib.parse import unquote, unquote_plus

Hide = Callable[[str, str], str]
"""From a name and a secret to what stands for it."""

_USERINFO = re.compile(r"(:\\?/\\?/[^\s\"'<>/?#@:\\]*:)([^\s\"'<>/?#]+)(@)")
_PATH_SESSION = re.compile(r"(?i)((?:;|%3B)jsessionid(?:=|%3D))([^;/?&#%\s\"'<>\\]+)")
_MEMBER = re.compile(r"((?:[?&#]|&amp;)([\w.~\[\]-]{2,64})=)([^&#;\s\"'<>\\]+)")
_ESCAPED_MEMBER = re.compile(r"((?:%3F|%26|%23)([\w.~-]{2,64})%3D)((?:(?!%26|%23)[^&#\s\"'<>\\])+)", re.IGNORECASE)


def address(value: str, pairs: Callable[[str], str], hide: Hide) -> str:
    """An address, whole or from its path on, without its secrets; `pairs` does that for queries."""
    before, sharp, fragment = value.partition("#")
    at, mark, query = before.partition("?")
    query, fragment = (pairs(text) if text else "" for text in (query, fragment))
    return f"{path(userinfo(at, hide), hide)}{mark}{query}{sharp}{fragment}"


def path(value: str, hide: Hide) -> str:
    """A path without the session that may be in it."""
    if ";" not in value and "%3" not in value:
        return value
    return _PATH_SESSION.sub(lambda found: found[1] + hide("jsessionid", found[2]), value)


def without_session(value: str) -> str:
    """A path for people, without the session that may be in it."""
    return path(value, lambda name, secret: "~secret~")


def userinfo(text: str, hide: Hide) -> str:
    """A text without the passwords of the addresses in it."""
    if "@" not in text:
        return text
    return _USERINFO.sub(lambda found: found[1] + hide("password", unquote(found[2])) + found[3], text)


def embedded(text: str, is_secret: Callable[[str], bool], hide: Hide) -> str:
    """Any text without the secrets of the addresses in it."""
    text = userinfo(text, hide)
    if "=" in text:
        text = _PATH_SESSION.sub(lambda found: found[1] + hide("jsessionid", found[2]), text)
        text = _MEMBER.sub(lambda found: _member(found, is_secret, hide), text)
    if "%3D" in text or "%3d" in text:
        text = _ESCAPED_MEMBER.sub(lambda found: _member(found, is_secret, hide), text)
    return text


def _member(found: re.Match[str], is_secret: Callable[[str], bool], hide: Hide) -> str:
    return found[1] + hide(found[2], unquote_plus(found[3])) if is_secret(found[2]) else found[0]
