"""Which requests are recorded: those that lead to the API, and those whose paths somebody named besides."""

import re
from collections.abc import Iterable
from posixpath import normpath
from urllib.parse import unquote

from inspector.errors import UsageError

_API = "/api/v2/"
_PARAMETERS = re.compile(r";[^/]*")
_DISGUISED = re.compile(r"%|//|/\.")


class Scope:
    """Takes paths to `/api/v2` under any prefix, and those where one of `also` is found.

    `also` are regular expressions, looked for anywhere in the path and whatever the case, as mitmproxy's `~u` does in
    the URL. Raises UsageError for what is none.
    """

    def __init__(self, also: Iterable[str] = ()) -> None:
        self._also = [_compiled(pattern) for pattern in also]

    def takes(self, target: str) -> bool:
        """Whether a request for this path, with or without its query, is recorded."""
        path = target.partition("?")[0]
        return _leads_to_the_api(path) or any(pattern.search(path) for pattern in self._also)


def _leads_to_the_api(path: str) -> bool:
    bare = _PARAMETERS.sub("", path) if ";" in path else path  # `;jsessionid=`
    if _API in f"{bare}/".lower():
        return True
    # a server may read other spellings as the same path (RFC 3986 section 6.2.2), and then nothing shall be lost
    return bool(_DISGUISED.search(bare)) and _API in f"{normpath(unquote(bare))}/".lower()


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern, re.IGNORECASE)
    except (re.error, RecursionError, OverflowError) as error:
        raise UsageError(f"{pattern!r} is no regular expression: {error}") from None
