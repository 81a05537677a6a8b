"""An agent's working session: operations of `/api/v2/me`, not of a chat."""

from typing import Any

from inspector.webservices.operations.operation import Operation


class StartContactCenterSession(Operation):
    """Logs the agent in at its channels (StartContactCenterSession); if only some can be, the reply says 7."""

    operation = "StartContactCenterSession"
    channels: list[Any] | None = None
    place: int | str | None = None
    queue: int | str | None = None
    login_code: int | str | None = None
    device_path: str | None = None


class EndContactCenterSession(Operation):
    """Logs the agent out, and ends its HTTP session (EndContactCenterSession)."""

    operation = "EndContactCenterSession"
