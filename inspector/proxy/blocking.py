"""`--block`: a request that breaks an error rule is answered here, and the server never sees it.

Only rules that judge what was asked (`Asked`) can block: what needs anything but the request may yet turn out well.
"""

import json
from collections.abc import Sequence
from functools import cache
from typing import get_type_hints

from mitmproxy import http

from inspector.analysis.finding import Finding, Severity
from inspector.analysis.happenings import Asked
from inspector.analysis.rules import CATALOGUE
from inspector.analysis.rules.selection import Selection

INPUT_INVALID = 10
"""`statusCode`: input validation error (Return Values)."""

BLOCKED_BY = "X-Inspector-Blocked"
"""Header field of the answer: the codes of the rules that were broken, separated by commas."""


def refusal(findings: Sequence[Finding], chosen: Selection) -> http.Response | None:
    """The answer to a request with these findings, in the API's own form; None if it may pass, or is excused."""
    kept = chosen.apply(findings).kept
    blocking = [one for one in kept if one.severity is Severity.ERROR and _decided_by_the_request(one.rule)]
    if not blocking:
        return None
    said = {"statusCode": INPUT_INVALID, "statusMessage": "; ".join(one.text for one in blocking)}
    codes = ", ".join(dict.fromkeys(one.rule for one in blocking))
    headers = {"Content-Type": "application/json;charset=UTF-8", BLOCKED_BY: codes}
    return http.Response.make(400, json.dumps(said).encode(), headers)


@cache
def _decided_by_the_request(code: str) -> bool:
    return any(
        issubclass(hint, Asked) for hint in get_type_hints(CATALOGUE[code].check).values() if isinstance(hint, type)
    )
