"""Addresses in header fields, exchanged for a client that must not hear of another server than the one it asked. Pure.

What the fields of a response say about the server's own host, and would be held against ours, is left out.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass

from inspector.webservices.origins import loopback, place

Exchange = Callable[[str], str | None]
"""From an address to the one that takes its place; None if it is not the server's."""

_NOT_OURS = {"strict-transport-security", "alt-svc", "public-key-pins", "public-key-pins-report-only"}
"""Where else, and how, the server's host is to be asked (RFC 6797, RFC 7838, RFC 7469): browsers keep it for months."""

OF_THE_BYTES = {"content-md5", "digest", "content-digest", "repr-digest"}
"""Checksums of the body (RFC 1864, RFC 3230, RFC 9530)."""

_PREFIXES_OF_SECURE = ("__secure-", "__host-")
_TOGETHER_WITH_SECURE = {"secure": None, "partitioned": None, "samesite": "none"}

# the target; the anchor, the only parameter that is an address; any other quoted text (RFC 8288 section 3)
_LINK = re.compile(
    r"""
    (?P<target> < [^>]* > )
    | (?P<anchor> ; \s* anchor \s* = \s* ) (?P<context> " (?: [^"\\] | \\. )* " | [^\s",;<]* )
    | " (?: [^"\\] | \\. )* "
    """,
    re.VERBOSE | re.IGNORECASE,
)
_REFRESH = re.compile(r"(\s*[\d.]*\s*[;,]\s*(?:url\s*=\s*)?[\"']?)([^\"']*)", re.IGNORECASE)
_QUOTED_ADDRESS = re.compile(r'"(https?://[^"\\]*)"', re.IGNORECASE)
_TLS_DEMANDED = re.compile(
    r"(?<![^\s;,])(?:upgrade-insecure-requests|block-all-mixed-content)\s*(?:;\s*|(?=,)|\Z)", re.IGNORECASE
)
_HOST_SOURCE = re.compile(r"(?:(https?|wss?)://)?(\*\.)?([^\s/;,']+?)(:\*)?(/[^\s;,]*)?\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Seen:
    """How a client sees us: our `origin`, and whether a page of another site asks."""

    origin: str
    cross_site: bool = False


def outward(
    fields: Iterable[tuple[str, str]], seen: Seen, named: Exchange, known: Exchange, places: Collection[str]
) -> Iterator[tuple[str, str]]:
    """The fields of a response as the client may get them.

    `named` is asked for an address that the server by its nature gives of itself, `known` for any other; `places` are
    the server's.
    """
    for name, value in fields:
        match lower := name.lower():
            case "location" | "content-location" | "sourcemap" | "x-sourcemap":
                value = named(value) or value
            case "link":
                value = _LINK.sub(lambda link: _link(link, known), value)
            case "refresh":
                if found := _REFRESH.match(value):
                    value = value[: found.end(1)] + (named(found[2]) or found[2]) + value[found.end() :]
            case "set-cookie":
                value = cookie(value, seen)
            case "access-control-allow-origin" | "timing-allow-origin":
                value = re.sub(r"[^\s,]+", lambda one: known(one[0]) or one[0], value)
            case "content-security-policy" | "content-security-policy-report-only":
                value = policy(value, seen.origin, places)
            case "reporting-endpoints" | "report-to" | "speculation-rules":
                value = _QUOTED_ADDRESS.sub(lambda one: f'"{known(one[1]) or one[1]}"', value)
        if lower not in _NOT_OURS:
            yield name, value


def inward(fields: Iterable[tuple[str, str]], back: Exchange, server: Exchange) -> Iterator[tuple[str, str]]:
    """The fields of a request as the server may get them: where one is an address of ours, the server's.

    `server` gives it under the origin that is in Host, to which servers compare what says who asks; `back` under the
    one that the server gives itself.
    """
    for name, value in fields:
        exchange = server if name.lower() in ("origin", "referer") else back
        yield name, (exchange(value) if "://" in value else None) or value


def cookie(value: str, seen: Seen) -> str:
    """A Set-Cookie that the client keeps and brings back to us.

    A Domain of the server's would be none of ours (RFC 6265 section 5.3). Without TLS, Secure keeps most clients from
    storing a cookie, or from ever sending it; SameSite=None and Partitioned are refused without Secure. Browsers make
    an exception of their own machine, which a page of another site needs: its cookies are SameSite=None or not sent.
    Names may demand Secure (`__Host-`).
    """
    pair, *attributes = value.split(";")
    dropped: dict[str, str | None] = {"domain": None}
    by_name = pair.strip().lower().startswith(_PREFIXES_OF_SECURE)
    secure = any(one.strip().lower() == "secure" for one in attributes)
    trusted = not seen.origin.startswith("http:") or (seen.cross_site and loopback(seen.origin))
    if secure and not by_name and not trusted:
        dropped |= _TOGETHER_WITH_SECURE
    return ";".join((pair, *(one for one in attributes if not _is_one_of(one, dropped))))


def _is_one_of(attribute: str, dropped: dict[str, str | None]) -> bool:
    name, _, value = (text.strip().lower() for text in attribute.partition("="))
    return name in dropped and dropped[name] in (None, value)


def policy(value: str, origin: str, places: Collection[str]) -> str:
    """A Content-Security-Policy that allows of us what it allowed of the server, and does not demand TLS where we have
    none.
    """
    if origin.startswith("http:"):
        value = _TLS_DEMANDED.sub("", value)
    return re.sub(r"[^\s;,]+", lambda source: _source(source[0], origin, places), value).strip()


def _source(source: str, origin: str, places: Collection[str]) -> str:
    if source.lower() in ("https:", "wss:"):
        return f"{source} {_with_scheme(source[:-1], origin)}" if origin.startswith("http:") else source
    found = _HOST_SOURCE.match(source)
    if not found:
        return source
    scheme, wildcard, host, any_port, path = found.groups()
    ours = _with_scheme(scheme, origin) if scheme else origin.partition("://")[2]
    if wildcard or any_port:
        return f"{source} {ours}" if any(_covers(one, wildcard, host, any_port) for one in places) else source
    return ours + (path or "") if place(host) in places else source


def _covers(one: str, wildcard: str | None, host: str, any_port: str | None) -> bool:
    if any_port:
        one = re.sub(r":\d+\Z", "", one)
    return one.endswith(f".{place(host)}") if wildcard else one == place(host)


def _with_scheme(scheme: str, origin: str) -> str:
    return re.sub(r"\Ahttp", "ws", origin) if scheme.lower().startswith("ws") else origin


def _link(link: re.Match[str], known: Exchange) -> str:
    address = link["target"] or link["context"] or ""
    begin = 1 if address[:1] in ("<", '"') else 0
    changed = known(address[begin : len(address) - begin])
    if changed is None:
        return link[0]
    return (link["anchor"] or "") + address[:begin] + changed + address[len(address) - begin :]
