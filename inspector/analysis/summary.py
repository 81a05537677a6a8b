"""Everything that was derived from one session, gathered: what commands show."""

from dataclasses import dataclass, field

from inspector.analysis.agents import Agent
from inspector.analysis.analyst import Derived
from inspector.analysis.calls import Call
from inspector.analysis.causes import Cause
from inspector.analysis.channel import Message
from inspector.analysis.finding import Finding
from inspector.analysis.transfers import Transfer


@dataclass(slots=True)
class Summary:
    """The last state of each thing, in the order in which they were met."""

    agents: dict[int, Agent] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    causes: list[Cause] = field(default_factory=list)
    transfers: dict[int, Transfer] = field(default_factory=dict)
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
            case Finding():
                self.findings.append(thing)
            case Message():
                pass
