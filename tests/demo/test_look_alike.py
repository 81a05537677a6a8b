"""The look-alike's HTTP API: who is let in, what is answered, how files come and go. No socket where none is needed."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from inspector.demo.documents import LIBRARY, NOTES, Document, File, Store
from inspector.demo.people import AGENT
from inspector.demo.server import LookAlike
from inspector.demo.serving import serving
from inspector.demo.world import PUBLIC_ORIGIN, World

SOFIA = (AGENT.user_name, AGENT.password)
CLEAN = LIBRARY[0]
DENIED = {"statusCode": 20, "statusMessage": "Access denied"}
START = {"operationName": "StartContactCenterSession", "channels": ["chat"]}


@pytest.fixture
async def http(look_alike: LookAlike) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url="http://demo", transport=httpx.ASGITransport(look_alike)) as http:
        yield http


@pytest.fixture
async def agent(http: httpx.AsyncClient) -> httpx.AsyncClient:
    """Logged in, and ready to POST."""
    me = await http.get("/api/v2/me", auth=SOFIA)
    http.headers[me.headers["x-csrf-header"]] = me.headers["x-csrf-token"]
    return http


@pytest.fixture
async def chat(agent: httpx.AsyncClient) -> str:
    """The path of a chat that the agent has accepted."""
    await agent.post("/api/v2/me", json=START)
    [found] = (await agent.get("/api/v2/me/chats?fields=*")).json()["chats"]
    path = f"/api/v2/me/chats/{found['id']}"
    await agent.post(path, json={"operationName": "Accept"})
    return path


# who is let in


@pytest.mark.parametrize("auth", [None, ("sofia", "wrong"), ("nobody", "open-sesame")])
async def test_nobody_is_let_in_without_a_login(http: httpx.AsyncClient, auth: tuple[str, str] | None) -> None:
    for path in ("/api/v2/me", f"/api/v2/attachments/{CLEAN.id}", "/api/v2/diagnostics/version"):
        refused = await http.get(path, auth=auth)
        assert (refused.status_code, refused.json()) == (403, DENIED)
    for path in ("", "/handshake", "/connect"):
        hello = [{"channel": "/meta/handshake"}]
        refused = await http.request("POST", f"/api/v2/notifications{path}", json=hello, auth=auth)
        assert (refused.status_code, refused.json()) == (403, DENIED)


@pytest.mark.parametrize("header", ["Basic", "Basic ???", "Basic /w==", "Bearer abc"])
async def test_a_broken_authorization_is_none(http: httpx.AsyncClient, header: str) -> None:
    assert (await http.get("/api/v2/me", headers={"Authorization": header})).status_code == 403


async def test_the_cookie_is_set_once_and_lets_in(http: httpx.AsyncClient) -> None:
    first = await http.get("/api/v2/me", auth=SOFIA)
    name, *attributes = first.headers["set-cookie"].split("; ")
    assert name == f"JSESSIONID={http.cookies['JSESSIONID']}"
    assert attributes == ["Path=/", "HttpOnly"]
    second = await http.get("/api/v2/me")
    assert (second.status_code, "set-cookie" in second.headers) == (200, False)


async def test_the_csrf_header_is_named_and_needed(http: httpx.AsyncClient) -> None:
    me = await http.get("/api/v2/me", auth=SOFIA)
    assert me.headers["x-csrf-header"] == "X-CSRF-TOKEN"
    for method in ("POST", "PUT", "DELETE"):
        for headers in ({}, {"X-CSRF-TOKEN": "guessed"}):
            refused = await http.request(method, "/api/v2/me", json=START, headers=headers)
            assert (refused.status_code, refused.headers["content-type"]) == (403, "text/plain;charset=UTF-8")
    token = {"X-CSRF-TOKEN": me.headers["x-csrf-token"]}
    assert (await http.post("/api/v2/me", json=START, headers=token)).json() == {"statusCode": 0}


async def test_the_session_ends_with_end_contact_center_session(agent: httpx.AsyncClient) -> None:
    assert (await agent.post("/api/v2/me", json={"operationName": "EndContactCenterSession"})).json() == {
        "statusCode": 0
    }
    assert (await agent.get("/api/v2/me")).json() == DENIED


# what is answered


async def test_me_tells_who_it_is_and_the_subresources_that_were_asked_for(agent: httpx.AsyncClient) -> None:
    plain = await agent.get("/api/v2/me")
    assert plain.headers["content-type"] == "application/json;charset=UTF-8"
    user = plain.json()["user"]
    assert (user["id"], user["userName"], user["path"]) == (AGENT.id, "sofia", f"/users/{AGENT.id}")
    assert user["uri"] == f"{PUBLIC_ORIGIN}/api/v2/users/{AGENT.id}"
    more = (await agent.get("/api/v2/me?subresources=features,devices,unheard-of")).json()["user"]
    assert more.keys() - user.keys() == {"features", "devices"}
    assert "api-multimedia-chat" in more["features"]


async def test_chats_are_listed_by_address_or_whole(agent: httpx.AsyncClient, chat: str) -> None:
    listed = (await agent.get("/api/v2/me/chats")).json()
    assert listed == {"statusCode": 0, "uris": [f"{PUBLIC_ORIGIN}/api/v2/chats/{chat.rpartition('/')[2]}"]}
    [whole] = (await agent.get("/api/v2/me/chats?fields=*")).json()["chats"]
    assert (await agent.get(chat)).json() == {"statusCode": 0, "chat": whole}
    assert whole["state"] == "Chatting"


async def test_messages_from_an_index_and_so_many(agent: httpx.AsyncClient, chat: str) -> None:
    async def indexes(query: str) -> list[int]:
        return [line["index"] for line in (await agent.get(f"{chat}/messages{query}")).json()["messages"]]

    assert await indexes("") == [1, 2, 3, 4, 5]
    assert await indexes("?startIndex=2&count=2") == [2, 3]
    assert await indexes("?startIndex=x&count=") == [1, 2, 3, 4, 5]


async def test_version(agent: httpx.AsyncClient) -> None:
    version = await agent.get("/api/v2/diagnostics/version")
    assert version.json() == {"statusCode": 0, "version": "8.5.202.96"}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v2/nothing", 404),
        ("GET", "/", 404),
        ("GET", "/api/v2/me/chats/NONE", 404),
        ("GET", "/api/v2/me/chats/NONE/messages", 404),
        ("GET", "/api/v2/attachments/NONE", 404),
        ("POST", "/api/v2/nothing", 404),
        ("POST", "/api/v2/chats/NONE", 404),
        ("POST", "/api/v2/me/chats/NONE", 200),
        ("POST", "/api/v2/me", 200),
        ("DELETE", "/api/v2/me", 405),
    ],
)
async def test_what_is_not_there_is_refused_in_json(
    agent: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    refused = await agent.request(method, path, json={"operationName": "Dance"} if method == "POST" else None)
    assert (refused.status_code, refused.json().keys()) == (status, {"statusCode", "statusMessage"})


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"UploadFile"'])
async def test_a_body_that_is_no_json_object_is_refused(agent: httpx.AsyncClient, chat: str, body: bytes) -> None:
    refused = await agent.post(chat, content=body)
    assert (refused.status_code, refused.json()["statusCode"]) == (400, 10)


async def test_large_json_is_zipped_for_those_who_take_it(agent: httpx.AsyncClient, chat: str) -> None:
    zipped = await agent.get(f"{chat}/messages")
    assert (zipped.headers["content-encoding"], zipped.headers["vary"]) == ("gzip", "Accept-Encoding")
    plain = await agent.get(f"{chat}/messages", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.json() == zipped.json()
    assert "content-encoding" not in (await agent.get("/api/v2/diagnostics/version")).headers


async def test_a_websocket_of_a_server_that_has_some_is_closed(look_alike: LookAlike) -> None:
    """uvicorn is told to have none: then it is a plain request, and refused as one."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    await look_alike({"type": "websocket", "path": "/api/v2/notifications"}, receive, send)
    assert [message["type"] for message in sent] == ["websocket.close"]


async def test_who_hangs_up_in_the_middle_of_a_request_gets_no_answer(look_alike: LookAlike) -> None:
    coming = [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]

    async def receive() -> Any:
        return coming.pop(0)

    async def send(message: Any) -> None:
        raise AssertionError(message)

    scope = {"type": "http", "method": "POST", "path": "/api/v2/me", "query_string": b"", "headers": []}
    await look_alike(scope, receive, send)
    assert not coming


async def test_a_body_without_end_is_not_read_to_its_end(
    agent: httpx.AsyncClient, chat: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inspector.demo.web.BODY_LIMIT", 10)
    assert (await agent.post(chat, content=b"x" * 11)).status_code == 413


# files


@pytest.mark.parametrize("before", ["", "me/", "chats/{chat}/", "me/chats/{chat}/"])
async def test_downloads_are_byte_for_byte(agent: httpx.AsyncClient, chat: str, before: str) -> None:
    where = before.format(chat=chat.rpartition("/")[2])
    for document in LIBRARY:
        file = await agent.get(f"/api/v2/{where}attachments/{document.id}")
        assert (file.status_code, file.content) == (200, document.file.content)
        assert file.headers["content-type"] == document.mime
        assert file.headers["content-length"] == str(document.size)
        assert file.headers["content-disposition"].startswith(f'attachment; filename="{document.name}";')


async def test_head_tells_the_length_without_the_bytes(origin: str) -> None:
    async with httpx.AsyncClient(base_url=origin, auth=SOFIA, trust_env=False, verify=False) as http:
        head = await http.head(f"/api/v2/attachments/{CLEAN.id}")
    assert (head.headers["content-length"], head.content) == ("46", b"")


async def test_any_name_fits_into_a_header(world: World) -> None:
    odd = File('Grüße "1"\r\nX: y\\.txt', "text/plain", b"")
    world.store = Store.of([Document("ODD", odd)])
    async with (
        serving(LookAlike(world)) as origin,
        httpx.AsyncClient(auth=SOFIA, trust_env=False, verify=False) as http,
    ):
        file = await http.get(f"{origin}/api/v2/attachments/ODD")
    plain, extended = file.headers["content-disposition"].removeprefix("attachment; ").split("; ")
    assert plain == 'filename="Gr__e _1___X: y_.txt"'
    assert extended == "filename*=UTF-8''Gr%C3%BC%C3%9Fe%20%221%22%0D%0AX%3A%20y%5C.txt"


@pytest.mark.parametrize("end", ["", "/attachments"])
async def test_a_new_document_comes_back_as_it_was_sent(agent: httpx.AsyncClient, chat: str, end: str) -> None:
    form = {"attachment": (NOTES.name, NOTES.content, NOTES.mime)}
    assert (await agent.post(chat + end, files=form)).json() == {"statusCode": 0, "referenceId": 2}
    [linked] = (await agent.get(chat)).json()["chat"]["attachments"]
    assert (linked["name"], linked["mime"], linked["size"]) == (NOTES.name, NOTES.mime, len(NOTES.content))
    assert (await agent.get(linked["uri"].removeprefix(PUBLIC_ORIGIN))).content == NOTES.content


@pytest.mark.parametrize("form", [{"file": ("a.txt", b"a")}, {"attachment": (None, b"a")}])
async def test_a_form_without_the_file_is_refused(agent: httpx.AsyncClient, chat: str, form: dict[str, Any]) -> None:
    assert (await agent.post(f"{chat}/attachments", files=form)).json()["statusCode"] == 1
