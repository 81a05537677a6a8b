"""The customer: not a person and not a clock, but a script that reacts to what the agent does."""

from collections.abc import Sequence
from dataclasses import dataclass

from inspector.demo.chat import Chat
from inspector.demo.documents import PHOTO, Document, File


@dataclass(frozen=True, slots=True)
class Reaction:
    """What the customer says and sends once the agent's `operation` (about `document`, if named) has succeeded."""

    operation: str
    document: str = ""
    says: str = ""
    sends: File | None = None


OPENING = "My router only shows red lights."

SCRIPT = (
    Reaction("Accept", says="It blinks twice, then they stay red."),
    Reaction("UploadFile", document="testfileUploadAgent.txt", says="Done. It looks like this now.", sends=PHOTO),
)
"""The story's; a file that nobody asked for is in it."""


def reactions(
    script: Sequence[Reaction], chat: Chat, operation: str, document: Document | None
) -> list[tuple[int, Reaction]]:
    """What the customer does now, with its place in the script; what they have done in this chat is not done again."""
    return [
        (place, reaction)
        for place, reaction in enumerate(script)
        if place not in chat.heard and reaction.operation == operation and _is_about(reaction, document)
    ]


def _is_about(reaction: Reaction, document: Document | None) -> bool:
    return not reaction.document or (document is not None and reaction.document in (document.id, document.name))
