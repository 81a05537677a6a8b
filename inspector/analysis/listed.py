"""What lists tell of agents, exchanges and transfers: plain values, known without any analysis."""

from dataclasses import dataclass

from inspector.traffic.exchange import Instant


@dataclass(frozen=True, slots=True)
class AgentRow:
    """`number` counts the agents of the session."""

    number: int
    login: str
    user: str


@dataclass(frozen=True, slots=True)
class ExchangeRow:
    """An exchange, and if it `is_call` what that is. `login` is of whom it came from, empty if nobody knows.

    `size`: bytes of a download's body as it was sent. `ms` from the request's start to the response's end, None if it
    never ended. `short`: a body is not what crossed the wire.
    """

    number: int
    at: Instant | None
    ms: float | None
    login: str
    is_call: bool
    operation: str
    chat: str
    document: str
    method: str
    path: str
    status: int | None
    status_code: int | None
    error: str
    short: bool
    size: int | None


@dataclass(frozen=True, slots=True)
class TransferRow:
    """As a `Transfer`; `number` counts the transfers of the session, `agent` is the number of one."""

    number: int
    chat: str
    document: str
    direction: str
    agent: int | None
    login: str
    file: str
    name: str
    mime: str
    size: int | None
    seen_size: int | None
    sha256: str
    linked_by: int | None
    uploaded_by: int | None
    notified_by: tuple[int, int] | None
    lag_ms: float | None
    downloads: int
    state: str
