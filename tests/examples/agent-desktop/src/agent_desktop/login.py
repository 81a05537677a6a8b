"""How an agent is let in: Basic authentication once, then a session cookie, and the CSRF header that came with it."""

import httpx

ME = "/api/v2/me?subresources=features,devices,channels"


class LoginRefused(Exception):
    """The server did not take the user's name and password."""


def admitted(response: httpx.Response) -> dict[str, str]:
    """The headers that all further requests have to carry, from the answer to `GET ME`. Raises LoginRefused."""
    if response.status_code != httpx.codes.OK:
        raise LoginRefused(f"the server answered {response.status_code}")
    name = response.headers.get("X-CSRF-HEADER")
    return {name: response.headers[name]} if name else {}
