"""The server behind the proxy: its address, and whether clients may be offered HTTP/2 for it."""

from collections.abc import Sequence

from mitmproxy import ctx, exceptions
from mitmproxy.proxy.mode_specs import ProxyMode, ReverseMode

_DEFAULT_PORTS = {"http": 80, "https": 443}


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


def default_http2() -> bool:
    """Whether to offer HTTP/2 to clients: not where each exchange would need an HTTP/1.1 connection of its own to the
    server, of which mitmproxy opens five at most per client (issue #8322): four held long polls would block the rest.
    """
    return bool(ctx.options.http2) and all(not spec.startswith("reverse:http:") for spec in ctx.options.mode)
