"""What stands in a recording where a secret was: `~secret:<12 hex>~`, the same for the same secret within a session."""

import hashlib
import hmac
import os
import re

PLACEHOLDER = re.compile(r"~secret:[0-9a-f]{12}~")


class Placeholders:
    """Makes placeholders under a key that lives only in memory: nobody can test guesses against a recording."""

    def __init__(self, key: bytes | None = None) -> None:
        self._key = key or os.urandom(32)

    def of(self, secret: str) -> str:
        """The placeholder of a secret; what is one already, or is empty, stays."""
        if not secret or PLACEHOLDER.fullmatch(secret):
            return secret
        digest = hmac.new(self._key, secret.encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest()
        return f"~secret:{digest[:12]}~"
