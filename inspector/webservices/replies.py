"""What the API answers: every reply has a `statusCode`, and a `statusMessage` when it is not 0 (Return Values)."""

from typing import Any

from inspector.webservices.model import Model


class Reply(Model):
    """The JSON body of an HTTP reply. 0 says only that a request was forwarded (Asynchronous Events)."""

    status_code: int
    status_message: Any = None
    reference_id: Any = None
    document_id: Any = None
    """Whatever else is odd in a reply, what it says counts."""
