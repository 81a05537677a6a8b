"""The server behind the proxy: its address, and whether clients may be offered HTTP/2 for it."""

import asyncio
import ssl
from collections.abc import Sequence
from contextlib import suppress
from urllib.parse import urlsplit

from mitmproxy import exceptions, version
from mitmproxy.proxy.mode_specs import ProxyMode, ReverseMode

_DEFAULT_PORTS = {"http": 80, "https": 443}
_PATIENCE_S = 3.0


def address_of(modes: Sequence[str]) -> str:
    """The origin of the first reverse mode's server (`http://host:port`, the port left out if it is the default)."""
    for spec in modes:
        try:
            mode = ProxyMode.parse(spec)
        except ValueError as error:
            raise exceptions.OptionsError(str(error)) from error
        if isinstance(mode, ReverseMode):
            host, port = mode.address[:2]
            host = f"[{host}]" if ":" in host else host
            return f"{mode.scheme}://{host}" + ("" if port == _DEFAULT_PORTS.get(mode.scheme) else f":{port}")
    return ""


async def offers_http2(origin: str) -> bool:
    """Whether to offer HTTP/2 to clients of this server: only if it speaks it itself.

    Else each of a client's exchanges needs an HTTP/1.1 connection of its own to the server, of which mitmproxy opens
    five at most (issue #8322): four held long polls would hold up everything else. Never on mitmproxy 11, whose h2 can
    be made to smuggle requests (GHSA-847f-9342-265h).
    """
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
