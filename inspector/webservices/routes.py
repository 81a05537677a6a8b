"""What a request is about, by its method and path alone (every page of the reference names its URL)."""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache


class Resource(StrEnum):
    """The kinds of addresses that we tell apart: first those that we understand, then those that are known by name."""

    ME = "me"
    CHATS = "chats"
    CHAT = "chat"
    MESSAGES = "messages"
    ATTACHMENTS = "attachments"
    FILE = "file"
    CHANNEL = "channel"
    REQUESTS = "requests for a chat"
    SUPERVISION = "supervision"

    CALLS = "calls"
    EMAILS = "emails"
    SMS = "SMS sessions"
    FACEBOOK = "Facebook sessions"
    WORK_ITEMS = "work items"
    OPEN_MEDIA = "open media"
    OUTBOUND = "outbound"
    INTERACTIONS = "interactions"
    CHANNELS = "channels"
    DEVICES = "devices"
    SETTINGS = "settings"
    USERS = "users"
    FEATURES = "features"
    SERVICES = "services"
    DIAGNOSTICS = "diagnostics"
    V3 = "v3"
    GMS = "GMS"
    WORKSPACE = "Workspace"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Route:
    """Where a path leads, with the ids in it; empty where it has none."""

    resource: Resource
    chat_id: str = ""
    document_id: str = ""


_ID = r"[^/;?]+"
_CHAT = rf"(?:me/)?(?:chats|interactions)/(?P<chat>{_ID})"
_API = "/api/v2/"
_ROUTES = [
    (re.compile(rf"{_API}{pattern}/?\Z"), resource)
    for pattern, resource in (
        (r"notifications(?:/(?:handshake|connect|disconnect))?", Resource.CHANNEL),
        (r"me", Resource.ME),
        (r"me/chats", Resource.CHATS),
        (r"chats", Resource.REQUESTS),
        (_CHAT, Resource.CHAT),
        (rf"{_CHAT}/messages", Resource.MESSAGES),
        (rf"{_CHAT}/attachments", Resource.ATTACHMENTS),
        (rf"(?:{_CHAT}/)?attachments/(?P<document>{_ID})", Resource.FILE),
        (rf"(?:{_ID}/)+attachments/(?P<document>{_ID})", Resource.FILE),
        (rf"users/{_ID}/channels/chat", Resource.SUPERVISION),
    )
]
_NEIGHBOUR = re.compile(rf"{_API}(?:me/|system/)?({_ID})(?:/|\Z)")
_NEIGHBOURS = {
    "calls": Resource.CALLS,
    "email": Resource.EMAILS,
    "emails": Resource.EMAILS,
    "smssessions": Resource.SMS,
    "facebooksession": Resource.FACEBOOK,
    "facebooksessions": Resource.FACEBOOK,
    "workitems": Resource.WORK_ITEMS,
    "workbins": Resource.WORK_ITEMS,
    "openmedia": Resource.OPEN_MEDIA,
    "outbound": Resource.OUTBOUND,
    "interactions": Resource.INTERACTIONS,
    "channels": Resource.CHANNELS,
    "devices": Resource.DEVICES,
    "settings": Resource.SETTINGS,
    "users": Resource.USERS,
    "features": Resource.FEATURES,
    "services": Resource.SERVICES,
    "diagnostics": Resource.DIAGNOSTICS,
}
"""What follows `/api/v2/`, `/api/v2/me/` or `/api/v2/system/`, to whose it is: other media, settings, people."""
_OTHER_APIS = [
    (re.compile(r"/workspace/v3(?:/|\Z)"), Resource.V3),
    (re.compile(r"/genesys/(?:\d+/|cometd)"), Resource.GMS),
    (re.compile(r"/internal-api(?:/|\Z)|\A/ui/"), Resource.WORKSPACE),
]


@lru_cache(maxsize=1024)
def route(path: str) -> Route:
    """The route of a request's path; a `;jsessionid=` in it is passed over."""
    bare = re.sub(r";[^/]*", "", path)
    if _API not in f"{bare}/":
        return Route(next((resource for pattern, resource in _OTHER_APIS if pattern.search(bare)), Resource.OTHER))
    for pattern, resource in _ROUTES:
        if found := pattern.search(bare):
            ids = found.groupdict()
            return Route(resource, ids.get("chat") or "", ids.get("document") or "")
    neighbour = _NEIGHBOUR.search(bare)
    return Route(_NEIGHBOURS.get(neighbour[1], Resource.OTHER) if neighbour else Resource.OTHER)


def is_download(method: str, path: str) -> bool:
    """Whether the response is a file's content."""
    return method == "GET" and route(path).resource is Resource.FILE
