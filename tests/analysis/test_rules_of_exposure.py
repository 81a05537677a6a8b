"""GW701 to GW704: what is shown to those whom it does not concern."""

import base64

import pytest

from inspector.analysis.finding import Severity
from tests.analysis.shapes import CHAT, CUSTOMER, DOCUMENT, attachment, chat_has, log_has, sent
from tests.analysis.traffic import CHANNEL, ME, Content, Desk, Field, Verdict, Wire

FILE = "/api/v2/attachments/photo"
BASIC = ("Authorization", "Basic sofia:~secret:0123456789ab~")
SESSION = ("Cookie", "theme=dark; JSESSIONID=~secret:0123456789ab~")


def rules(wire: Wire) -> list[str]:
    wire.close()
    return [verdict.rule for verdict in wire.verdicts]


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("C:\\Users\\sofia\\a.txt", True),
        ("d:/a.txt", True),
        ("\\\\server\\share\\a.txt", True),
        ("/home/sofia/a.txt", True),
        ("~/a.txt", True),
        ("file:///home/sofia/a.txt", True),
        ("a.txt", False),
        ("", False),
        ("C:", False),
        ("files/a.txt", False),
        ("b\\a.txt", False),
        ("C:\\fakepath\\a.txt", False),
    ],
)
def test_701_a_place_on_the_disk_is_told(path: str, told: bool) -> None:
    wire = Wire()
    sofia = wire.at_work()
    sofia.has_linked(DOCUMENT)
    asked = sofia.do("UploadFile", documentId=DOCUMENT, uploadType="file-system", uploadPath=path)
    found = [Verdict("GW701", Severity.INFO, asked.number, None, "/uploadPath", path)]
    assert wire.verdicts == found * told


@pytest.mark.parametrize("upload_type", ["standard-response", None], ids=str)
def test_701_what_is_not_said_to_be_a_place_is_not_taken_for_one(upload_type: str | None) -> None:
    wire = Wire()
    sofia = wire.at_work()
    sofia.has_linked(DOCUMENT)
    sofia.do("UploadFile", documentId=DOCUMENT, uploadType=upload_type, uploadPath="/a/1")
    assert "GW701" not in rules(wire)


def asked_over(origin: str, *fields: Field, target: str = f"GET {ME}", body: Content = b"") -> Wire:
    wire = Wire()
    with wire.over(origin):
        wire.ask(*target.split(" ", 1), body, *fields)
    return wire


def test_702_says_what_was_sent_where() -> None:
    wire = asked_over("http://gws.example:8080", BASIC)
    assert wire.verdicts == [Verdict("GW702", Severity.WARNING, 1, None, "", "gws.example")]
    assert wire.findings[0].text == "Authorization was sent by plain HTTP to 'gws.example', which is another machine"


@pytest.mark.parametrize(
    ("origin", "found"),
    [
        ("http://10.0.0.5", True),
        ("http://[2001:db8::1]:8080", True),
        ("http://localhost.example", True),
        ("http://128.0.0.1", True),
        ("https://gws.example", False),
        ("http://localhost", False),
        ("http://LocalHost.:8080", False),
        ("http://gws.localhost:8080", False),
        ("http://127.0.0.1:8080", False),
        ("http://127.9.9.9", False),
        ("http://[::1]:8080", False),
        ("http://[::ffff:127.0.0.1]", False),
        ("http://0.0.0.0:8080", False),
        ("http://", False),
    ],
)
def test_702_is_about_other_machines(origin: str, found: bool) -> None:
    assert rules(asked_over(origin, SESSION)) == ["GW702"] * found


FORM = ("Content-Type", "application/x-www-form-urlencoded")
JSON = ("Content-Type", "application/json")


@pytest.mark.parametrize(
    ("fields", "body", "what"),
    [
        ([SESSION], b"", "the cookie JSESSIONID"),
        ([("Cookie", "WORKSPACE_SESSIONID=x")], b"", "the cookie WORKSPACE_SESSIONID"),
        ([("Cookie", "connect.sid=x")], b"", "the cookie connect.sid"),
        ([("authorization", "Bearer ~secret:0123456789ab~")], b"", "Authorization"),
        ([("SSID", "x"), ("SURL", "y")], b"", "the header ssid"),
        ([FORM], b"j_username=sofia&j_password=x", "a login with a password"),
        ([JSON], {"user": "sofia", "newPassword": "x"}, "a login with a password"),
        ([], b"", ""),
        ([("Cookie", "theme=dark")], b"", ""),
        ([FORM], b"text=my+password=x", ""),
        ([JSON], {"text": "password: x", "quoted": 'say "password": x'}, ""),
        ([("X-CSRF-TOKEN", "x")], b"", ""),
    ],
    ids=str,
)
def test_702_is_about_credentials(fields: list[Field], body: Content, what: str) -> None:
    wire = asked_over("http://gws.example", *fields, target="POST /ui/login", body=body)
    assert [finding.text.partition(" was sent")[0] for finding in wire.findings] == [what] * bool(what)


def test_702_is_told_once_a_host() -> None:
    wire = Wire()
    for port in (80, 8080):
        for host in ("one.example", "two.example"):
            with wire.over(f"http://{host}:{port}"):
                wire.ask("GET", ME, b"", BASIC)
                wire.ask("GET", ME, b"", SESSION)
    assert [verdict.actual for verdict in wire.verdicts] == ["one.example", "two.example"]


@pytest.mark.parametrize(
    ("origin", "fields", "found"),
    [
        ("http://127.0.0.1:8080", [("Host", "gws.example")], True),
        ("http://desk.example:8080", [("Host", "127.0.0.1:9000")], False),
        ("https://127.0.0.1:8080", [("Host", "gws.example")], False),
        ("http://gws.example", [("X-Forwarded-Proto", "https")], False),
        ("http://gws.example", [("Forwarded", "for=192.0.2.1;proto=https")], False),
        ("http://gws.example", [("X-Forwarded-Proto", "http")], True),
    ],
    ids=[
        "recorder here, server there",
        "server here",
        "encrypted to the server",
        "balancer",
        "RFC 7239",
        "no balancer",
    ],
)
def test_702_judges_the_way_to_the_server(origin: str, fields: list[Field], found: bool) -> None:
    """The scheme in a recording is that of the way from the recorder to the server, which is what Host names."""
    assert rules(asked_over(origin, BASIC, *fields)) == ["GW702"] * found


def downloaded(
    *fields: Field, target: str = FILE, body: Content = b"\x89PNG", sends: tuple[Field, ...] = (), status: int = 200
) -> Wire:
    wire = Wire()
    sends = sends or (("Content-Type", "image/png"),)
    wire.answer(wire.ask("GET", target, b"", *fields), body, *sends, status=status)
    return wire


def test_703_says_how_much_was_served_of_what() -> None:
    wire = downloaded(("User-Agent", "curl"), ("Accept", "*/*"), ("Host", "gws.example"))
    assert wire.verdicts == [Verdict("GW703", Severity.ERROR, 1, None, "", 200)]
    assert wire.findings[0].text.startswith("4 bytes of attachment 'photo' were served to a request with neither")
    assert wire.findings[0].about == ("photo",)


@pytest.mark.parametrize("target", [f"/api/v2/me/chats/{CHAT}/attachments/photo", FILE])
@pytest.mark.parametrize("status", [200, 206])
def test_703_wherever_the_file_lies_and_in_pieces_too(target: str, status: int) -> None:
    assert rules(downloaded(target=target, status=status)) == ["GW703"]


@pytest.mark.parametrize(
    "field",
    [
        SESSION,
        BASIC,
        ("Cookie", "BAYEUX_BROWSER=x"),
        ("ssid", "x"),
        ("X-CSRF-TOKEN", "x"),
        ("ContactCenterId", "7"),
        ("X-Forwarded-User", "sofia"),
        ("X-Our-Own", "whatever"),
    ],
    ids=lambda field: str(field[0]),
)
def test_703_a_header_that_may_say_who_asks_is_in_doubt(field: Field) -> None:
    assert rules(downloaded(field)) == []


@pytest.mark.parametrize("target", [f"{FILE}?t=x", f"{FILE};jsessionid=~secret:0123456789ab~"])
def test_703_an_address_that_may_hold_a_token_is_in_doubt(target: str) -> None:
    assert rules(downloaded(target=target)) == []


@pytest.mark.parametrize(
    ("body", "fields", "status", "found"),
    [
        (b"", (), 200, False),
        (b"\x89PNG", (), 304, False),
        (b"\x89PNG", (), 403, False),
        (b"<html>Who are you?", (("Content-Type", "text/html;charset=UTF-8"),), 200, False),
        ({"statusCode": 20, "statusMessage": "Access denied"}, (), 200, False),
        (b"<html>", (("Content-Type", "text/html"), ("Content-Disposition", "attachment")), 200, True),
        ([1, 2], (("Content-Type", "application/json"),), 200, True),
        (b"{", (("Content-Type", "application/json"),), 200, True),
    ],
    ids=["nothing", "not modified", "refused", "a page", "refused with 200", "a page as a file", "JSON", "no JSON"],
)
def test_703_only_a_file_s_content_counts(body: Content, fields: tuple[Field, ...], status: int, found: bool) -> None:
    sends = fields or (("Content-Type", "application/json" if isinstance(body, dict) else "image/png"),)
    assert rules(downloaded(body=body, sends=sends, status=status)) == ["GW703"] * found


def test_703_of_half_an_answer_nothing_is_said() -> None:
    wire = Wire()
    wire.answer(wire.ask("GET", FILE), b"\x89PNG", ("Content-Type", "image/png"), error="server closed")
    wire.fail(wire.ask("GET", FILE))
    assert rules(wire) == []


def test_703_other_requests_need_no_session() -> None:
    wire = Wire()
    wire.answer(wire.ask("GET", "/ui/index.html"), b"<html>")
    wire.answer(wire.ask("GET", "/api/v2/diagnostics/version"))
    wire.answer(wire.ask("HEAD", FILE), b"")
    assert rules(wire) == []


def at(uri: str) -> Wire:
    """Sofia is told of a customer's file that is there."""
    wire = Wire()
    wire.at_work().hear(sent("photo", by=CUSTOMER, uri=uri))
    return wire


def test_704_says_which_host_and_which_are_used() -> None:
    uri = "https://files.example/api/v2/attachments/photo"
    wire = at(uri)
    [found] = wire.findings
    assert (found.rule, found.severity, found.pointer) == ("GW704", Severity.INFO, "/data/messages/0/attachment/uri")
    assert (found.actual, found.expected, found.about) == (uri, "gws.example", ("photo", CHAT))
    assert found.text == f"the attachment's uri '{uri}' leads to 'files.example'; requests were for 'gws.example'"


@pytest.mark.parametrize(
    ("origin", "found"),
    [
        ("http://files.example", True),
        ("http://gws.example.evil", True),
        ("https://gws.example@files.example", True),
        ("http://[2001:db8::1]", True),
        ("http://gws.example", False),
        ("HTTPS://GWS.Example.:8443", False),
        ("https://sofia@gws.example", False),
        ("", False),
        ("ftp://files.example", False),
    ],
)
def test_704_hosts_are_compared(origin: str, found: bool) -> None:
    assert rules(at(f"{origin}/api/v2/attachments/photo")) == ["GW704"] * found


def test_704_is_told_once_a_host_in_lists_as_well() -> None:
    wire = Wire()
    sofia = wire.at_work()
    away = [f"https://{host}.example/api/v2/attachments/{DOCUMENT}" for host in ("one", "two")]
    sofia.hear(chat_has(attachment(), attachment("B", uri=away[0].replace(DOCUMENT, "B"))))
    sofia.hear(sent("C", by=CUSTOMER, uri=away[0].replace(DOCUMENT, "C")))
    sofia.hear(log_has(), sent("D", by=CUSTOMER, index=8, uri=away[1].replace(DOCUMENT, "D")))
    assert [(one.message, one.pointer) for one in wire.verdicts] == [
        (0, "/data/chat/attachments/1/uri"),
        (1, "/data/messages/0/attachment/uri"),
    ]
    assert [finding.about for finding in wire.findings] == [("B", CHAT), ("D", CHAT)]


@pytest.mark.parametrize("by", ["authority", "host"])
def test_704_what_was_asked_for_by_the_client_or_by_the_recorder_is_used(by: str) -> None:
    """In reverse mode `Host` names the server, and `authority` what the client knows of: the recorder."""
    wire = Wire()
    host = [("Host", "files.example")] if by == "host" else []
    with wire.over("https://files.example:8443" if by == "authority" else "https://localhost:8080"):
        Desk(wire, *host).ask("POST", CHANNEL, b"[]")
    wire.at_work().hear(sent("photo", by=CUSTOMER, uri="http://files.example/api/v2/attachments/photo"))
    assert rules(wire) == []


def test_credentials_are_never_in_a_sentence() -> None:
    secret = base64.b64encode(b"sofia:pa55word").decode()
    wire = asked_over("http://gws.example", ("Authorization", f"Basic {secret}"), ("Cookie", "JSESSIONID=pa55word"))
    [found] = wire.findings
    assert secret not in str(found) and "pa55word" not in str(found)
