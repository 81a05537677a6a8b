"""Nothing is redacted: for whoever typed out that secrets are to be kept."""

from inspector.traffic.exchange import Exchange, Request, Response
from inspector.traffic.multipart import Part
from inspector.traffic.redaction import Redactor

KEPT = {"kept": ["all secrets"]}
"""What a session says of itself (`Session.redacted`): such a recording is no place to be shared."""


class Unredacted(Redactor):
    """A redactor that gives everything back as it was."""

    def exchange(self, exchange: Exchange) -> Exchange:
        return exchange

    def request(self, request: Request) -> Request:
        return request

    def content(self, request: Request) -> Request:
        return request

    def part(self, part: Part) -> Part:
        return part

    def response(self, response: Response, request: Request) -> Response:
        return response

    def text(self, content: bytes, media_type: str) -> bytes:
        return content

    def error(self, text: str) -> str:
        return text
