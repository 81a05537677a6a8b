"""The customer's side: operations of `/api/v2/chats`, without a login. In a chat, customers ask as agents do."""

from typing import Any

from inspector.webservices.operations.operation import Operation


class RequestChat(Operation):
    """Begins a chat (Chat API, customer): who asks, about what."""

    operation = "RequestChat"
    nickname: str | None = None
    subject: str | None = None
    user_data: dict[str, Any] | None = None
