"""Everything that was derived from one session, gathered: what commands show."""

from dataclasses import dataclass, field

from inspector.analysis.agents import Agent
from inspector.analysis.analyst import Derived
from inspector.analysis.calls import UPLOAD, Call
from inspector.analysis.causes import Cause
from inspector.analysis.channel import Message
from inspector.analysis.finding import Finding
from inspector.analysis.transfers import Fetch, Transfer


@dataclass(slots=True)
class Summary:
    """The last state of each thing, in the order in which they were met."""

    agents: dict[int, Agent] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    causes: list[Cause] = field(default_factory=list)
    transfers: dict[int, Transfer] = field(default_factory=dict)
    fetches: list[Fetch] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def add(self, thing: Derived) -> None:
        match thing:
            case Agent():
                self.agents[thing.number] = thing
            case Call():
                self.calls.append(thing)
            case Cause():
                self.causes.append(thing)
            case Transfer():
                self.transfers[thing.number] = thing
            case Fetch():
                self.fetches.append(thing)
            case Finding():
                self.findings.append(thing)
            case Message():
                pass

    def calls_of(self, transfer: Transfer) -> set[int]:
        """The numbers of the calls that a transfer went through: all that name its document in its chat, but for the
        uploads of others of it (a document may be sent twice); an upload that was refused belongs to its retry's.
        """
        place = (transfer.chat_id, transfer.document_id)
        lives = [one for one in self.transfers.values() if (one.chat_id, one.document_id) == place]
        calls = {transfer.linked_by} if transfer.linked_by is not None else set()
        for call in self.calls:
            named = (call.chat_id, call.document_id) == place
            if named and (call.operation != UPLOAD or _life_of(call.number, lives) is transfer):
                calls.add(call.number)
        return calls


def _life_of(upload: int, lives: list[Transfer]) -> Transfer:
    """The transfer that an upload was made for: its own, else that of the next upload, else the first."""
    later = [one for one in lives if one.uploaded_by is not None and one.uploaded_by >= upload]
    return min(later, key=lambda one: one.uploaded_by or 0, default=lives[0])
