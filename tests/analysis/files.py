"""Files for the tests of rules of contents: what is uploaded, downloaded and told of them."""

from inspector.analysis.policy import Policy
from inspector.traffic.body import Body
from inspector.traffic.exchange import Exchange
from tests.analysis.shapes import CHAT, DOCUMENT, attachment, chat_has
from tests.analysis.traffic import ME, Desk, Field, Wire

BINARY: Field = ("Content-Type", "application/octet-stream")
PNG = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + bytes(20)
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
PROGRAM = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0" + bytes(100)


def at_work(policy: Policy | None = None) -> tuple[Wire, Desk]:
    """Sofia in a chat that nothing is linked to."""
    wire = Wire(policy=policy)
    return wire, wire.at_work()


def listed(desk: Desk, document: str = DOCUMENT, **members: object) -> int:
    """The server tells of a linked document; the number of the exchange."""
    return desk.hear(chat_has(attachment(document, **members)))


def fetch(desk: Desk, content: bytes | Body, *fields: Field, document: str = DOCUMENT, status: int = 200) -> Exchange:
    """A whole download."""
    return desk.wire.answer(desk.get(f"/attachments/{document}"), content, *(fields or (BINARY,)), status=status)


def bring(desk: Desk, name: str, content: bytes, media_type: str = "text/plain", chat: str = CHAT) -> Exchange:
    """A new document is uploaded, and not answered yet."""
    head = f'--cut\r\nContent-Disposition: form-data; name="attachment"; filename="{name}"\r\n'
    body = f"{head}Content-Type: {media_type}\r\n\r\n".encode() + content + b"\r\n--cut--\r\n"
    return desk.ask(
        "POST", f"{ME}/chats/{chat}/attachments", body, ("Content-Type", "multipart/form-data; boundary=cut")
    )


def codes(wire: Wire) -> list[str]:
    """The rules of contents that were broken, in order."""
    return [finding.rule for finding in wire.findings if finding.rule.startswith("GW5")]
