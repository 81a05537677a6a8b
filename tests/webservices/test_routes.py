"""Every family of addresses of the reference; neighbouring media and other generations are none of ours."""

import pytest

from inspector.webservices.routes import Resource, Route, is_download, route

CHAT, DOCUMENT = "0001PaBMYY3600R8", "0001PaBMYY3600RC"
ME, CHATS, REQUESTS, OTHER, CHANNEL = (
    Route(one) for one in (Resource.ME, Resource.CHATS, Resource.REQUESTS, Resource.OTHER, Resource.CHANNEL)
)
FILES = [
    (f"/me/chats/{CHAT}/attachments/{DOCUMENT}", CHAT),
    (f"/chats/{CHAT}/attachments/{DOCUMENT}", CHAT),
    (f"/me/interactions/{CHAT}/attachments/{DOCUMENT}", CHAT),
    (f"/attachments/{DOCUMENT}", ""),
    (f"/me/attachments/{DOCUMENT}", ""),
]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/me", ME),
        ("/me/chats", CHATS),
        ("/chats", REQUESTS),
        ("/users/U/channels/chat", Route(Resource.SUPERVISION)),
        *((f"/{chats}/{CHAT}", Route(Resource.CHAT, CHAT)) for chats in ("me/chats", "chats", "me/interactions")),
        (f"/me/chats/{CHAT}/messages", Route(Resource.MESSAGES, CHAT)),
        (f"/chats/{CHAT}/messages", Route(Resource.MESSAGES, CHAT)),
        (f"/me/chats/{CHAT}/attachments", Route(Resource.ATTACHMENTS, CHAT)),
        (f"/me/interactions/{CHAT}/attachments", Route(Resource.ATTACHMENTS, CHAT)),
        *((path, Route(Resource.FILE, chat, DOCUMENT)) for path, chat in FILES),
        *((f"/notifications{suffix}", CHANNEL) for suffix in ("", "/handshake", "/connect", "/disconnect")),
    ],
)
def test_addresses_of_the_api(path, expected):
    assert route(f"/api/v2{path}") == expected
    assert route(f"/api/v2{path}/") == expected, "a slash at the end is no other place"
    assert route(f"/api/v2{path};jsessionid=0A1B") == expected, "a session in the path is no other place"


def test_a_session_in_the_middle_of_a_path_is_passed_over():
    assert route("/api/v2/notifications;jsessionid=0A1B.n/connect") == CHANNEL
    assert route(f"/api/v2/me/chats/{CHAT};v=1/messages") == Route(Resource.MESSAGES, CHAT)


@pytest.mark.parametrize(
    ("path", "resource"),
    [
        *((f"/api/v2/me/emails{rest}", Resource.EMAILS) for rest in ("", "/", "/E", "/E/attachments")),
        ("/api/v2/email/E", Resource.EMAILS),
        ("/api/v2/me/smssessions/S", Resource.SMS),
        ("/api/v2/me/facebooksession/F", Resource.FACEBOOK),
        *((f"/api/v2/me/{kind}", Resource.WORK_ITEMS) for kind in ("workitems", "workitems/W", "workbins")),
        ("/api/v2/me/openmedia/messaging_inbound/M", Resource.OPEN_MEDIA),
        ("/api/v2/me/calls/C", Resource.CALLS),
        ("/api/v2/me/interactions", Resource.INTERACTIONS),
        ("/api/v2/me/outbound", Resource.OUTBOUND),
        ("/api/v2/me/channels/chat", Resource.CHANNELS),
        ("/api/v2/me/devices", Resource.DEVICES),
        *((f"/api/v2{mine}/settings/x", Resource.SETTINGS) for mine in ("", "/me")),
        *((f"/api/v2/users{rest}", Resource.USERS) for rest in ("", "/U", "/U/channels", "/U/channels/voice")),
        *((f"/api/v2/{system}features", Resource.FEATURES) for system in ("", "system/")),
        ("/api/v2/services", Resource.SERVICES),
        ("/api/v2/diagnostics/version", Resource.DIAGNOSTICS),
        ("/workspace/v3/notifications", Resource.V3),
        (f"/workspace/v3/media/chat/interactions/{CHAT}/attachments/{DOCUMENT}", Resource.V3),
        *((f"/genesys/{rest}", Resource.GMS) for rest in ("2/chat/customer-support", "cometd")),
        *((path, Resource.WORKSPACE) for path in ("/internal-api/settings", "/ui/ad/v1/index.html")),
    ],
)
def test_neighbours_are_known_by_name(path, resource):
    """Other media, the system around, other generations: nothing of a chat is read out of their addresses."""
    assert route(path) == Route(resource)
    assert route(f"/gws{path}").resource in (resource, Resource.OTHER), "where the API lies below another path"


@pytest.mark.parametrize(
    "path",
    [
        *("/", "", "/index.html", "/api/v3/me", "/api/v2x/me", "/api/v2", "/api/v2/", "/workspace/v31", "/genesys/x"),
        *("/api/v2/mee", "/api/v2/me/chatsy", f"/api/v2/me/chats/{CHAT}/attachments/{DOCUMENT}/x"),
        *("/api/v2/notifications/subscribe", f"/api/v2/me/chats/{CHAT}/participants", "/api/v2/emailsy"),
    ],
)
def test_anything_else_is_other(path):
    assert route(path) == OTHER


@pytest.mark.parametrize("path", [path for path, _ in FILES])
def test_only_a_get_of_a_file_is_a_download(path):
    methods = ("GET", "HEAD", "DELETE", "POST")
    assert [is_download(method, f"/api/v2{path}") for method in methods] == [True, False, False, False]


@pytest.mark.parametrize("path", ["/me", "/me/chats", f"/me/chats/{CHAT}/attachments", "/notifications"])
def test_a_get_of_anything_else_is_no_download(path):
    assert not is_download("GET", f"/api/v2{path}")


@pytest.mark.parametrize("medium", ["email/E", "me/emails/E", "me/workitems/W"])
def test_a_file_of_another_medium_is_a_file_too(medium):
    """It is no chat's, but its content is evidence all the same and must not be redacted (design, section 10)."""
    assert is_download("GET", f"/api/v2/{medium}/attachments/D")
