"""How much may be sent: into one chat, or on one day."""

from pydantic import BaseModel, ConfigDict

from inspector.analysis.policy.members import Count, Size

MIB = 1024 * 1024


class Table(BaseModel):
    """A table of a policy: nothing else may stand in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class CustomerLimits(Table):
    """What a customer may send into one chat: bytes of a file, files, bytes of all."""

    max_bytes: Size = 2 * MIB
    max_files: Count = 3
    max_total: Size = 5 * MIB


class Limits(Table):
    """Files, and bytes of all of them."""

    max_files: Count | None = None
    max_total: Size | None = None


class ChatLimits(Limits):
    """What may be sent into one chat: in both directions, by its agents, by its customers."""

    agents: Limits = Limits()
    customers: Limits = Limits()


class DayLimits(ChatLimits):
    """What may be sent on one day, in all chats; `each_agent`: by one user, however often it logs in."""

    each_agent: Limits = Limits()
