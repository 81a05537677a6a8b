"""Every family of addresses of the reference; neighbouring media and other generations are none of ours."""

import pytest

from inspector.webservices.routes import Resource, Route, is_download, route

CHAT, DOCUMENT = "0001PaBMYY3600R8", "0001PaBMYY3600RC"
ME, CHATS, OTHER, CHANNEL = (Route(one) for one in (Resource.ME, Resource.CHATS, Resource.OTHER, Resource.CHANNEL))
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
        ("/chats", CHATS),
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
    "path",
    [
        *("/api/v2/me/emails", "/api/v2/me/emails/E", "/api/v2/email/E", "/api/v2/me/emails/E/attachments"),
        *("/api/v2/me/smssessions/S", "/api/v2/me/facebooksession/F", "/api/v2/me/workitems", "/api/v2/me/calls/C"),
        *("/api/v2/me/openmedia/messaging_inbound/M", "/api/v2/users/U/channels/chat", "/api/v2/me/devices"),
        *("/api/v2/diagnostics/version", "/api/v2/features", "/api/v2/system/features", "/api/v2/services"),
        *("/internal-api/settings", "/ui/ad/v1/index.html", "/", ""),
        *("/workspace/v3/notifications", f"/workspace/v3/media/chat/interactions/{CHAT}/attachments/{DOCUMENT}"),
        *("/genesys/2/chat/customer-support", "/genesys/cometd", "/api/v3/me", "/api/v2x/me", "/api/v2"),
        *("/api/v2/mee", "/api/v2/me/chatsy", f"/api/v2/me/chats/{CHAT}/attachments/{DOCUMENT}/x"),
        *("/api/v2/notifications/subscribe", f"/api/v2/me/chats/{CHAT}/participants"),
    ],
)
def test_neighbours_are_other(path):
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
