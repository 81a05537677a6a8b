"""What became of a file that was to be sent. The reply alone does not tell: its 0 says only "forwarded"."""

from dataclasses import dataclass

from agent_desktop.chat import File


@dataclass(frozen=True)
class Sent:
    """The chat shows the file: customer and agent have it."""

    file: File


@dataclass(frozen=True)
class Refused:
    """The server has refused an operation, so nobody has got anything."""

    operation: str
    status_code: int
    message: str


@dataclass(frozen=True)
class Unheard:
    """The server has forwarded an operation, but nobody knows what became of it: no notification came in time.

    Do not tell the agent that the file was sent, and do not send it again by yourself.
    """

    operation: str
    document_id: str


Outcome = Sent | Refused | Unheard
