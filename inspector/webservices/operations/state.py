"""From the offer of a chat to its end."""

from typing import ClassVar

from pydantic import Field

from inspector.webservices.effects import Becomes, Effect, History, Lists, Says
from inspector.webservices.operations.operation import Flag, Operation, Spoken


class Accept(Operation):
    """Takes a chat that is offered (Chat API, Accept); its transcript so far is told then."""

    operation = "Accept"
    effects = (Becomes("state", states=frozenset({"Chatting"})), Lists("participants"), History("history"))
    nickname: str | None = None
    save_lar: Flag | None = Field(default=None, alias="saveLAR")


class Reject(Operation):
    """Does not take a chat (Chat API, Reject). Its reply is unlike all others: `replies.read` knows it."""

    operation = "Reject"
    effects = (Becomes("state", states=frozenset({"Completed"})),)


class Leave(Spoken):
    """Goes; the chat can still be worked on unless others stay in it (Chat API, Leave)."""

    operation = "Leave"
    effects = (Becomes("state", states=frozenset({"LeftChat", "Completed"})), Says("left", type="ParticipantLeft"))


class Complete(Spoken):
    """Is done with the chat, which may go on to a queue (Chat API, Complete)."""

    operation = "Complete"
    effects: ClassVar[tuple[Effect, ...]] = (Becomes("state", states=frozenset({"Completed"})),)
    queue_name: str | None = None
    save_lar: Flag | None = Field(default=None, alias="saveLAR")


class LeaveAndComplete(Complete):
    """Both at once. Known as a capability only (Chat API, resources): what it may be asked with is a guess."""

    operation = "LeaveAndComplete"
    effects = (
        Becomes("state", states=frozenset({"LeftChat"})),
        Becomes("completed", states=frozenset({"Completed"})),
        Says("left", type="ParticipantLeft"),
    )
    documented = False


class SetInFocus(Operation):
    """The agent looks at this chat now. Known as a capability only (Chat API, resources)."""

    operation = "SetInFocus"
    documented = False
