"""The servers behind the proxy: their addresses, and whether clients may be offered HTTP/2 for them."""

import asyncio
import ssl
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from urllib.parse import urlsplit

from mitmproxy import exceptions, version
from mitmproxy.proxy.mode_specs import ProxyMode, ReverseMode
from mitmproxy.tls import ClientHelloData

_DEFAULT_PORTS = {"http": 80, "https": 443}
_PATIENCE_S = 3.0


@lru_cache(maxsize=64)
def address_of(mode: ProxyMode) -> str:
    """The origin of a reverse mode's server (`http://host:port`, the port left out if it is the default); empty for
    any other mode: there clients name their servers themselves.
    """
    if not isinstance(mode, ReverseMode):
        return ""
    host, port = mode.address[:2]
    host = f"[{host}]" if ":" in host else host
    return f"{mode.scheme}://{host}" + ("" if port == _DEFAULT_PORTS.get(mode.scheme) else f":{port}")


def upstreams(specs: Sequence[str]) -> list[str]:
    """The origins of the servers that these modes stand in front of, in their order, each once.

    Raises mitmproxy's OptionsError for what is no mode.
    """
    try:
        origins = [address_of(ProxyMode.parse(spec)) for spec in specs]
    except ValueError as error:
        raise exceptions.OptionsError(str(error)) from error
    return list(dict.fromkeys(filter(None, origins)))


class Http2:
    """To whom HTTP/2 is offered: to clients of servers that speak it themselves.

    Else each of a client's exchanges needs an HTTP/1.1 connection of its own to the server, of which mitmproxy opens
    five at most (issue #8322): four held long polls would hold up everything else. Never on mitmproxy 11, whose h2 can
    be made to smuggle requests (GHSA-847f-9342-265h).
    """

    def __init__(self) -> None:
        self._speak_it: set[str] = set()

    async def ask(self, specs: Sequence[str]) -> bool:
        """Asks the servers behind these modes; whether any client will be offered HTTP/2."""
        origins = upstreams(specs)
        answers = await asyncio.gather(*map(offers_http2, origins))
        self._speak_it = {origin for origin, speaks in zip(origins, answers, strict=True) if speaks}
        forward = any(not address_of(ProxyMode.parse(spec)) for spec in specs)
        return bool(self._speak_it) or (forward and not version.VERSION.startswith("11."))

    def offer(self, hello: ClientHelloData) -> None:
        """Sees to it that the client is offered what its server speaks."""
        client, server = hello.context.client, hello.context.server
        if origin := address_of(client.proxy_mode):
            if origin not in self._speak_it:
                client.alpn = b"http/1.1"  # as mitmproxy's own TlsConfig does for a proxy that is reached by TLS
        elif server.address:
            hello.establish_server_tls_first = True  # then mitmproxy offers what was agreed on there


async def offers_http2(origin: str) -> bool:
    """Whether the server at an origin speaks HTTP/2 to us; no if it cannot be asked."""
    parts = urlsplit(origin)
    if parts.scheme != "https" or not parts.hostname or version.VERSION.startswith("11."):
        return False
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # it is only asked what it speaks
    context.set_alpn_protocols(["h2", "http/1.1"])
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(_PATIENCE_S):
            _, writer = await asyncio.open_connection(parts.hostname, parts.port or 443, ssl=context)
            spoken = writer.get_extra_info("ssl_object").selected_alpn_protocol()
            writer.close()
            return bool(spoken == "h2")
    return False
