"""What a request is about, by its method and path alone (`/api/v2`; every page of the reference names its URL)."""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache


class Resource(StrEnum):
    """The kinds of addresses that we tell apart."""

    ME = "me"
    CHATS = "chats"
    CHAT = "chat"
    MESSAGES = "messages"
    ATTACHMENTS = "attachments"
    FILE = "file"
    CHANNEL = "channel"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Route:
    """Where a path leads, with the ids in it; empty where it has none."""

    resource: Resource
    chat_id: str = ""
    document_id: str = ""


_ID = r"[^/;?]+"
_CHAT = rf"(?:me/)?(?:chats|interactions)/(?P<chat>{_ID})"
_ROUTES = [
    (re.compile(rf"/api/v2/{pattern}/?\Z"), resource)
    for pattern, resource in (
        (r"notifications(?:/(?:handshake|connect|disconnect))?", Resource.CHANNEL),
        (r"me", Resource.ME),
        (r"(?:me/)?chats", Resource.CHATS),
        (_CHAT, Resource.CHAT),
        (rf"{_CHAT}/messages", Resource.MESSAGES),
        (rf"{_CHAT}/attachments", Resource.ATTACHMENTS),
        (rf"(?:{_CHAT}/)?attachments/(?P<document>{_ID})", Resource.FILE),
        (rf"(?:{_ID}/)+attachments/(?P<document>{_ID})", Resource.FILE),
    )
]


@lru_cache(maxsize=1024)
def route(path: str) -> Route:
    """The route of a request's path; a `;jsessionid=` in it is passed over."""
    bare = re.sub(r";[^/]*", "", path)
    for pattern, resource in _ROUTES:
        if found := pattern.search(bare):
            ids = found.groupdict()
            return Route(resource, ids.get("chat") or "", ids.get("document") or "")
    return Route(Resource.OTHER)


def is_download(method: str, path: str) -> bool:
    """Whether the response is a file's content."""
    return method == "GET" and route(path).resource is Resource.FILE
