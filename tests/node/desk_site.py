"""The look-alike with a desktop's page beside the API, and the manners of servers that have been secured."""

from collections.abc import Mapping
from pathlib import Path

from inspector.demo.server import LookAlike
from inspector.demo.web import Message, Receive, Response, Scope, Send, write
from inspector.demo.world import World
from inspector.traffic.headers import Headers
from tests.node.programs import HERE

PUBLIC = "http://gws.invalid:8090"
"""Where the API says that it is: a host that does not exist (RFC 6761 section 6.4)."""

PAGE = b"""<!doctype html><meta charset="utf-8"><title>Desktop</title>
<link rel="icon" href="data:,"><script type="module" src="/desk/page.js"></script>"""
_SCRIPTS: Mapping[str, Path] = {"/desk/page.js": HERE / "advertised_page.js"}
_PACKAGES = "/desk/node_modules/"


class DeskSite:
    """Serves `/login`, which leads to the page, and the page; everything else is the API's.

    If it is `strict`: state is only changed for pages of its own origin, the page may only talk to that, everybody is
    to come by TLS, and cookies are for its own domain. Pages of the origin `guest` are let in by CORS.
    """

    def __init__(self, *, strict: bool = False) -> None:
        self.guest = ""
        self._api = LookAlike(World(public_origin=PUBLIC), poll_timeout=0.5)
        self._strict = strict

    def close(self) -> None:
        self._api.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        headers = Headers.of(scope["headers"])
        own, origin = f"http://{headers.get('host')}", headers.get("origin")
        if page := self._page(scope["path"], own):
            await write(send, page)
        elif self._strict and scope["method"] != "GET" and origin not in (own, self.guest):
            await write(send, Response(403, (), f"{origin} is not {own}".encode()))
        elif scope["method"] == "OPTIONS":
            await write(send, Response(204, self._for_guests(origin), b""))
        else:
            await self._api(scope, receive, self._dressed(send, origin))

    def _page(self, path: str, own: str) -> Response | None:
        if path == "/login":
            return Response(302, (("Location", f"{own}/desk/"), *self._secured(own)), b"")
        if path == "/desk/":
            return Response(200, (("Content-Type", "text/html;charset=UTF-8"), *self._secured(own)), PAGE)
        file = HERE / path.removeprefix("/desk/") if path.startswith(_PACKAGES) else _SCRIPTS.get(path)
        return file and Response(200, (("Content-Type", "text/javascript;charset=UTF-8"),), file.read_bytes())

    def _secured(self, own: str) -> tuple[tuple[str, str], ...]:
        if not self._strict:
            return ()
        policy = f"default-src 'none'; script-src {own}; connect-src {own}; img-src data:; worker-src blob:"
        return (
            ("Content-Security-Policy", f"{policy}; upgrade-insecure-requests"),
            ("Strict-Transport-Security", "max-age=31536000; includeSubDomains"),
        )

    def _for_guests(self, origin: str) -> tuple[tuple[str, str], ...]:
        if not self.guest or origin != self.guest:
            return ()
        return (
            ("Access-Control-Allow-Origin", origin),
            ("Access-Control-Allow-Credentials", "true"),
            ("Access-Control-Allow-Headers", "Authorization, Content-Type, X-CSRF-TOKEN"),
            ("Access-Control-Expose-Headers", "X-CSRF-HEADER, X-CSRF-TOKEN"),
        )

    def _dressed(self, send: Send, origin: str) -> Send:
        manners = b"; Domain=gws.invalid; Secure; SameSite=None; Partitioned" if self._strict else b""
        more = [(name.lower().encode(), value.encode()) for name, value in self._for_guests(origin)]

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                fields = [(name, value + manners * (name == b"set-cookie")) for name, value in message["headers"]]
                message = {**message, "headers": [*fields, *more]}
            await send(message)

        return dressed
