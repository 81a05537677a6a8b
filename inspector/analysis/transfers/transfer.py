"""The life of one file in one chat: its states, and which way each step leads.

linked ──── removed             (a document that is linked again after it was sent begins a new life)
  │
asked ── refused ── asked …     (a retry belongs to the same life)
  │  └── undecided              (the connection broke: the server may have done it, or not)
accepted ── (window over, and the agent would have been told) ── lost
  │   └──── (recording over, or nobody listened, or told of in another chat) ── undecided
sent ── downloads               received (a customer's) ── downloads
"""

from enum import StrEnum

from inspector.traffic.value import value


class State(StrEnum):
    """Where a transfer stands."""

    LINKED = "linked"
    REMOVED = "removed"
    ASKED = "asked"
    REFUSED = "refused"
    ACCEPTED = "accepted"
    SENT = "sent"
    RECEIVED = "received"
    LOST = "lost"
    UNDECIDED = "undecided"


class Step(StrEnum):
    """What can happen to a file."""

    LINK = "link"
    REMOVE = "remove"
    ASK = "ask"
    REFUSE = "refuse"
    ACCEPT = "accept"
    BREAK = "break"
    TELL = "tell"
    RECEIVE = "receive"
    LOSE = "lose"
    END = "end"


_WAYS: dict[Step, dict[State, State]] = {
    Step.LINK: {State.REMOVED: State.LINKED},
    Step.REMOVE: {State.LINKED: State.REMOVED},
    Step.ASK: dict.fromkeys((State.LINKED, State.REMOVED, State.REFUSED), State.ASKED),
    Step.REFUSE: {State.ASKED: State.REFUSED},
    Step.ACCEPT: {State.ASKED: State.ACCEPTED},
    Step.BREAK: {State.ASKED: State.UNDECIDED},
    Step.TELL: dict.fromkeys(set(State) - {State.RECEIVED}, State.SENT),
    Step.RECEIVE: dict.fromkeys((State.LINKED, State.REMOVED), State.RECEIVED),
    Step.LOSE: {State.ACCEPTED: State.LOST},
    Step.END: dict.fromkeys((State.ASKED, State.ACCEPTED), State.UNDECIDED),
}

UNSENT = frozenset({State.LINKED, State.REMOVED, State.REFUSED})
"""States in which a file can still be sent for the first time; asked for in any other, it is sent once more."""
PENDING = frozenset({State.ASKED, State.ACCEPTED})
"""States in which a file's notification is awaited."""
DELIVERED = frozenset({State.SENT, State.RECEIVED})
"""States in which others in the chat have the file."""


def after(state: State, step: Step) -> State:
    """Where a step leads from a state; what leads nowhere leaves the state as it is: what was sent stays sent."""
    return _WAYS[step].get(state, state)


@value()
class Transfer:
    """One sending of a document in one chat. `linked_by` and `uploaded_by` are calls; `notified_by` is a message.

    `size` is in bytes, as the API declares it; `seen_size` and `sha256` are of the bytes that crossed the wire.
    """

    number: int
    chat_id: str
    document_id: str
    direction: str = "agent"
    agent: int | None = None
    file_id: str = ""
    name: str = ""
    mime: str = ""
    size: int | None = None
    seen_size: int | None = None
    sha256: str = ""
    linked_by: int | None = None
    uploaded_by: int | None = None
    notified_by: tuple[int, int] | None = None
    downloads: int = 0
    state: State = State.LINKED


@value()
class Fetch:
    """A download (`call`) of the file of a transfer (its number)."""

    transfer: int
    call: int
