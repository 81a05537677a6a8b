"""Who is in a chat: others are asked in, sent out, or given the chat. Users and queues are named by absolute URIs."""

from inspector.webservices.effects import Becomes, Lists, Moves, Says, SendsOut
from inspector.webservices.operations.operation import Operation, Spoken


class Invite(Operation):
    """Asks another agent into the conversation (Chat API, Invite)."""

    operation = "Invite"
    effects = (Lists("participants", user="targetUri"), Moves("joined", by_caller=False))
    target_uri: str


class Consult(Operation):
    """Asks another agent or a queue for advice, which the customer does not see (Chat API, Consult)."""

    operation = "Consult"
    effects = (Lists("participants", user="targetUri"), Moves("joined", by_caller=False))
    target_uri: str


class RemoveParticipantFromConference(Operation):
    """Sends an agent out (Chat API): `userUri` in the page's table of parameters, `targetUri` in its sample."""

    operation = "RemoveParticipantFromConference"
    effects = (
        SendsOut("removed", by_caller=False),
        Moves("left", type="ParticipantLeft", users=("userUri", "targetUri"), by_caller=False),
    )
    user_uri: str | None = None
    target_uri: str | None = None


class Transfer(Spoken):
    """Gives the chat to a user, or to a queue by its URI or name (Chat API, Transfer)."""

    operation = "Transfer"
    effects = (Becomes("state", states=frozenset({"LeftChat", "Completed"})), Says("left", type="ParticipantLeft"))
    target_uri: str | None = None
    queue_name: str | None = None
