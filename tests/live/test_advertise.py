"""`--advertise`: the client never hears of another address than the proxy's, the server and the recording of no other
than the server's."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from inspector.recording.reader import reading
from tests.live.clients import Connection, ask
from tests.live.processes import COMMAND, running
from tests.live.recorders import Recorder, recording, rows
from tests.live.servers import Upstream, response, says
from tests.live.stories import Story, told

pytestmark = pytest.mark.xdist_group("advertising")  # a worker makes its recorder only once

JSON = b"Content-Type: application/json;charset=UTF-8"
PUBLIC = "https://gws.example.com:8443"
DOCUMENT = f"{PUBLIC}/api/v2/me/chats/1/attachments/2"


@pytest.fixture(scope="module")
def advertising(upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorder]:
    with recording(upstream.url, tmp_path_factory.mktemp("advertise") / "it.db", "--advertise") as recorder:
        yield recorder
        assert recorder.process.end().code == 0


def test_the_client_of_a_whole_story_sees_one_origin(tmp_path: Path) -> None:
    story: Story = told(tmp_path / "story.db", "--advertise")
    seen = "\n".join(map(repr, story.seen))
    assert story.ended.code == 0
    assert "gws.example.com" not in seen
    assert f"{story.url}/api/v2/" in seen
    assert "gws.example.com" in gunzipped(story.path)
    assert "--advertise" not in story.ended.err
    [session] = rows(story.path, "SELECT * FROM sessions")
    assert json.loads(session["origins"])[-1] == "http://gws.example.com:8090"


def gunzipped(path: Path) -> str:
    """All response bodies of a recording."""
    with reading(path) as opened:
        exchanges = [event.exchange for event in opened.events(opened.session())]
        return "\n".join(one.response.body.decoded().decode("utf-8", "replace") for one in exchanges if one.response)


@pytest.mark.parametrize("coding", ["", "gzip"])
def test_addresses_are_the_proxys_for_the_client_alone(
    coding: str, upstream: Upstream, advertising: Recorder, place: str
) -> None:
    sent = b'{ "uri" : "%s",\n"plain":"%s", "chatUri":"%s\\/api\\/v2\\/x", "n":1.0}' % (
        *(DOCUMENT.encode(), DOCUMENT.encode()),
        PUBLIC.replace("/", "\\/").encode(),
    )
    fields = [b"Content-Encoding: gzip"] if coding else []
    wire = gzip.compress(sent) if coding else sent
    location = b"Location: " + DOCUMENT.encode()
    cookie = b"Set-Cookie: a=; Domain=example.com; Path=/"
    upstream.answers[place] = says(response(wire, JSON, *fields, location, cookie))
    reply = ask(advertising.url, b"GET " + place.encode())
    ours = advertising.url.encode()
    assert json.loads(reply.body) == {
        "uri": DOCUMENT.replace(PUBLIC, advertising.url),
        "plain": DOCUMENT,
        "chatUri": f"{advertising.url}/api/v2/x",
        "n": 1.0,
    }
    assert reply.body.startswith(b'{ "uri" : ') and reply.body.endswith(b', "n":1.0}'), "every other byte as it was"
    headers = dict(reply.fields())
    assert headers[b"Location"] == DOCUMENT.encode().replace(PUBLIC.encode(), ours)
    assert headers[b"Set-Cookie"] == b"a=; Path=/"
    recorded = advertising.only(place).response
    assert recorded and recorded.body.content == wire
    assert recorded.headers.get("location") == DOCUMENT
    assert recorded.headers.get("set-cookie") == "a=; Domain=example.com; Path=/"


def test_a_browser_is_not_sent_past_the_proxy_by_header_fields(
    upstream: Upstream, advertising: Recorder, place: str
) -> None:
    """And it can keep the cookies that it is given: over plain http none that is Secure."""
    sent = [
        b"Location: " + DOCUMENT.encode(),
        b"Link: </a>; rel=up, <%s>; rel=next" % DOCUMENT.encode(),
        b"Set-Cookie: b=1; Path=/; Secure; SameSite=None; HttpOnly",
        b"Strict-Transport-Security: max-age=31536000",
        b'Alt-Svc: h3=":443"',
        b"Content-Security-Policy: connect-src %s; upgrade-insecure-requests" % upstream.url.encode(),
    ]
    upstream.answers[place] = says(response(b"", *sent, status=b"302 Found"))
    reply = ask(advertising.url, b"GET " + place.encode())
    ours = DOCUMENT.replace(PUBLIC, advertising.url).encode()
    assert reply.fields()[:-1] == [
        (b"Location", ours),
        (b"Link", b"</a>; rel=up, <%s>; rel=next" % ours),
        (b"Set-Cookie", b"b=1; Path=/; HttpOnly"),
        (b"Content-Security-Policy", b"connect-src %s;" % advertising.url.encode()),
    ]
    recorded = advertising.only(place).response
    assert recorded
    told = [name for name, _ in recorded.headers]
    assert told[:-1] == [field.partition(b":")[0].decode() for field in sent]
    assert recorded.headers.get("strict-transport-security") == "max-age=31536000"


def test_the_server_is_asked_by_its_own_origin(upstream: Upstream, advertising: Recorder, place: str) -> None:
    """As servers compare Origin and Referer with their Host, and send browsers back to what the query names."""
    upstream.answers[place] = says(response(b"", b"Access-Control-Allow-Origin: " + upstream.url.encode()))
    ours, own = advertising.url.encode(), upstream.url.encode()
    reply = ask(
        advertising.url,
        b"GET %s?service=%s/ui&n=1" % (place.encode(), ours),
        *(b"Origin: " + ours, b"Referer: " + ours + b"/ui/index.html"),
    )
    assert dict(reply.fields())[b"Access-Control-Allow-Origin"] == ours
    [received] = upstream.requests(place)
    fields = dict(received.fields())
    assert (fields[b"Origin"], fields[b"Referer"]) == (own, own + b"/ui/index.html")
    assert fields[b"Host"] == own.partition(b"://")[2]
    named = received.target.partition(b"service=")[2].removesuffix(b"/ui&n=1")
    assert named not in (b"", ours)
    recorded = advertising.only(place).request
    assert (recorded.headers.get("origin"), recorded.headers.get("referer")) == (
        upstream.url,
        f"{upstream.url}/ui/index.html",
    )
    assert recorded.query == received.target.partition(b"?")[2].decode()


def test_a_page_of_another_origin_stays_one(upstream: Upstream, advertising: Recorder, place: str) -> None:
    desk = b"https://desk.example.com"
    upstream.answers[place] = says(response(b"", b"Access-Control-Allow-Origin: " + desk))
    reply = ask(advertising.url, b"GET " + place.encode(), b"Origin: " + desk)
    assert dict(reply.fields())[b"Access-Control-Allow-Origin"] == desk
    assert dict(upstream.requests(place)[0].fields())[b"Origin"] == desk


def test_a_file_that_streams_is_untouched_and_its_fields_are_not(
    upstream: Upstream, advertising: Recorder, place: str
) -> None:
    content = b'{"uri":"%s"}' % DOCUMENT.encode() * 50_000  # over 1 MiB
    cookie = b"Set-Cookie: c=1; Domain=example.com"
    upstream.answers[place] = says(response(content, b"Content-Type: application/octet-stream", cookie))
    reply = ask(advertising.url, b"GET " + place.encode())
    assert reply.body == content
    assert dict(reply.fields())[b"Set-Cookie"] == b"c=1"
    recorded = advertising.only(place).response
    assert recorded
    assert recorded.body.size == len(content)
    assert recorded.headers.get("set-cookie").endswith("; Domain=example.com")


def test_what_is_not_recorded_leads_nobody_past_the_proxy_either(
    upstream: Upstream, tmp_path: Path, place: str
) -> None:
    """Where people log in is no part of the API, and sends them back to it."""
    page = b"<a href='%s/api/v2/me'>" % upstream.url.encode()
    sent = b"Location: " + upstream.url.encode() + b"/api/v2/me"
    upstream.answers[place] = says(response(page, b"Content-Type: text/html", sent, status=b"302 Found"))
    file = tmp_path / "it.db"
    options = ("--listen", "127.0.0.1:0", "--advertise")  # and not those by which most tests' paths are recorded
    with running(*COMMAND, "record", upstream.url, file, *options) as process:
        ours = process.url().encode()
        reply = ask(process.url(), b"GET " + place.encode(), b"Origin: " + ours)
        assert process.end().code == 0
    assert reply.body == page
    assert dict(reply.fields())[b"Location"] == ours + b"/api/v2/me"
    assert dict(upstream.requests(place)[0].fields())[b"Origin"] == upstream.url.encode()
    assert rows(file, "SELECT * FROM exchanges") == []


def test_a_target_uri_comes_to_the_server_as_the_servers(upstream: Upstream, advertising: Recorder, place: str) -> None:
    upstream.answers[place] = says(response(b'{"uri":"%s"}' % DOCUMENT.encode(), JSON))
    told = json.loads(ask(advertising.url, b"GET " + place.encode()).body)["uri"]
    asked = b'{"operationName":"Transfer", "targetUri":"%s", "text":"see %s"}' % (told.encode(), told.encode())
    ask(advertising.url, b"POST " + place.encode(), JSON, body=asked)
    received = upstream.requests(place)[-1].body
    assert received == asked.replace(told.encode(), DOCUMENT.encode(), 1)
    [number] = [row["id"] for row in advertising.exchanges(place) if row["method"] == "POST"]
    [body] = advertising.rows(
        "SELECT content FROM bodies b JOIN exchanges e ON e.request_body = b.id WHERE e.id = ?", number
    )
    assert body["content"] == received


def test_one_address_that_is_none_does_not_save_the_others(
    upstream: Upstream, advertising: Recorder, place: str
) -> None:
    upstream.answers[place] = says(
        response(b'{"iconUri":"http://[::1","uri":"%s"}' % DOCUMENT.encode(), JSON, b"Location: http://[oops")
    )
    reply = ask(advertising.url, b"GET " + place.encode())
    assert json.loads(reply.body) == {"iconUri": "http://[::1", "uri": DOCUMENT.replace(PUBLIC, advertising.url)}


def test_a_client_without_host_is_given_the_servers_addresses(
    upstream: Upstream, advertising: Recorder, place: str
) -> None:
    """HTTP/1.0: we do not know under which name it came."""
    upstream.answers[place] = says(response(b'{"uri":"%s"}' % DOCUMENT.encode(), JSON))
    with Connection(advertising.url) as client:
        client.send(b"GET %s HTTP/1.0\r\n\r\n" % place.encode())
        assert json.loads(client.reply().body) == {"uri": DOCUMENT}


def test_a_file_s_content_is_nobodys_to_change(upstream: Upstream, advertising: Recorder) -> None:
    content = b'{"uri":"%s"}' % DOCUMENT.encode()
    upstream.answers["/api/v2/me/chats/1/attachments/2"] = says(response(content, JSON))
    assert ask(advertising.url, b"GET /api/v2/me/chats/1/attachments/2").body == content


def test_a_file_s_address_may_change_though_its_content_may_not(upstream: Upstream, advertising: Recorder) -> None:
    path = "/api/v2/me/chats/1/attachments/moved"
    sent = b"Location: %s/store/2" % upstream.url.encode()
    upstream.answers[path] = says(response(b"", sent, status=b"302 Found"))
    reply = ask(advertising.url, b"GET " + path.encode())
    assert dict(reply.fields())[b"Location"] == advertising.url.encode() + b"/store/2"


def test_without_it_a_warning_is_given_once(recorder: Recorder, upstream: Upstream, place: str) -> None:
    upstream.answers[place] = says(response(b'{"attachments":[{"id":"2","uri":"%s"}]}' % DOCUMENT.encode(), JSON))
    upstream.answers["/api/v2/me/chats/1"] = says(response(b'{"statusCode":0}', JSON))
    for _ in range(3):
        ask(recorder.url, b"GET " + place.encode())
    number = ask_last(recorder)
    recorder.process.line(f"→ #{number} ", "err")  # all that was said before it is here, too
    warnings = [line for line in recorder.process.err.splitlines() if "--advertise" in line]
    assert len(warnings) == 1
    assert PUBLIC in warnings[0]


def ask_last(recorder: Recorder) -> int:
    """The number of a call that is told of when it is over."""
    ask(recorder.url, b"POST /api/v2/me/chats/1", body=b'{"operationName":"Accept"}')
    return int(recorder.rows("SELECT max(exchange) AS n FROM calls")[0]["n"])


def test_a_server_that_compresses_is_warned_of_too(story: Story) -> None:
    warnings = [line for line in story.ended.err.splitlines() if "--advertise" in line]
    assert len(warnings) == 1
    assert "http://gws.example.com:8090" in warnings[0]
