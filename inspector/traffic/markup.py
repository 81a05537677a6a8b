"""Secrets in HTML and XML: hidden fields and tokens of login pages, elements by name, assertions whole.

Read by patterns, not parsed: what a server sends is often no good markup, and every other byte has to stay.
"""

import html
import re
from collections.abc import Callable

from inspector.traffic.urls import Hide

_TAG = re.compile(r"<[A-Za-z][^<>]*>")
_ATTRIBUTE = re.compile(r"([A-Za-z_:][\w:.-]*)\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s\"'>]+)")
_NAMING = ("name", "id", "property", "http-equiv")
_HOLDING = ("value", "content")
_ELEMENT = re.compile(r"(<(?:[\w.-]+:)?([\w.-]+)(?:\s[^<>]*)?>)([^<>]+)(?=</)")
_ASSERTION = re.compile(r"(<((?:[\w.-]+:)?(?:Encrypted)?Assertion)\b[^<>]*>)(.*?)(</\2\s*>|\Z)", re.DOTALL)


def change_markup(text: str, is_secret: Callable[[str], bool], hide: Hide) -> str:
    """The text with the values of fields, attributes and elements that have a secret's name changed by `hide`."""
    if "Assertion" in text:
        text = _ASSERTION.sub(lambda found: found[1] + hide("assertion", found[3]) + found[4], text)
    text = _TAG.sub(lambda tag: _tag(tag[0], is_secret, hide), text)

    def element(found: re.Match[str]) -> str:
        if not is_secret(found[2]) or not found[3].strip():
            return found[0]
        return found[1] + hide(found[2], html.unescape(found[3]).strip())

    return _ELEMENT.sub(element, text)


def _tag(tag: str, is_secret: Callable[[str], bool], hide: Hide) -> str:
    if "=" not in tag:
        return tag
    attributes = [(found[1].lower(), _plain(found[2])) for found in _ATTRIBUTE.finditer(tag)]
    named = next((value for name, value in attributes if name in _NAMING and is_secret(value)), "")
    if not named and ("type", "password") in attributes:
        named = "password"

    def attribute(found: re.Match[str]) -> str:
        name = named if named and found[1].lower() in _HOLDING else found[1]
        value = _plain(found[2])
        if not value or not (name is named or is_secret(name)):
            return found[0]
        return f'{found[0][: found.start(2) - found.start()]}"{hide(name, value)}"'

    return _ATTRIBUTE.sub(attribute, tag)


def _plain(value: str) -> str:
    return html.unescape(value[1:-1] if value[:1] in ("'", '"') else value)
