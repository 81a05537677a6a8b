"""What a forward proxy owes a request: what its client told the proxy is for the proxy alone."""

from mitmproxy import http
from mitmproxy.net.http import url

_FOR_US = ("Proxy-Connection", "Proxy-Authorization")
"""RFC 9110 section 7.6.1 and 11.7.2; mitmproxy passes them on."""


def prepare(flow: http.HTTPFlow) -> None:
    """Takes our fields out of a request that goes to the server which its client named, and completes its Host."""
    for name in _FOR_US:
        flow.request.headers.pop(name, None)
    if not flow.request.host_header:  # HTTP/1.0: the server is named in the request's target alone
        request = flow.request
        request.host_header = url.hostport(request.scheme, request.host, request.port)
