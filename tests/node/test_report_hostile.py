"""Whatever traffic has for names and texts, the report shows it as text."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from inspector.recording.derivation import save
from tests.analysis.arbitrary import CONNECT, CONNECTED, SHAKEN, SUBSCRIBED
from tests.analysis.shapes import CHAT, CUSTOMER, agent, attachment, chat_has, file_line, line, log_has
from tests.analysis.traffic import CHANNEL, ME, OK, TOPIC
from tests.node.reported import Page, report, shown
from tests.recording.played import JSON, Recording

pytestmark = [pytest.mark.node, pytest.mark.stub_alone, pytest.mark.xdist_group("chromium")]

IMAGE = '"><img src=x onerror="document.title=1">'
SCRIPT = "</script><script>document.title=1</script><!--<script>"
LINK = "javascript:document.title=1"
HANDLER = "' onmouseover='document.title=1' x='{{7*7}}"
TURNED = "invoice\u202egpj.exe"
HIDDEN = "a\x1b[31m\u200bb\x00c"
LONG = "n" * 10_000
NASTY = [IMAGE, SCRIPT, LINK, HANDLER, TURNED, HIDDEN, LONG]
OTHER = "0001PaBMYY3600%3Cb%3E"


@pytest.fixture(scope="module")
def opened(node: str, chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    folder = tmp_path_factory.mktemp("hostile")
    path = folder / 'a"><img src=x onerror=1>.db'
    record(path)
    save(path)
    with shown(node, chromium, report(folder / "report.html", path)) as page:
        yield page


@pytest.fixture
def page(opened: Page) -> Iterator[Page]:
    opened("again")
    yield opened
    assert opened.evaluate("document.title").startswith("Audit of ")
    opened.quiet()


def record(path: Path) -> None:
    """An agent and a customer, all of whose texts are hostile."""
    recording = Recording(path)
    user = {"id": IMAGE, "userName": SCRIPT}
    recording.ask("GET", ME, b"", OK | {"user": user}, back_fields=(JSON, ("Set-Cookie", "JSESSIONID=s-1; Path=/")))
    cookie = ("Cookie", "JSESSIONID=s-1")
    recording.ask("POST", CHANNEL, CONNECT, SHAKEN, cookie)
    recording.ask("POST", CHANNEL, CONNECT, SUBSCRIBED, cookie)
    chat = f"{ME}/chats/{CHAT}"
    recording.ask("POST", chat, {"operationName": "Accept"}, OK, cookie)
    sofia = agent("sofia") | {"nickname": HANDLER, "id": IMAGE}
    robin = CUSTOMER | {"nickname": SCRIPT}
    for number, name in enumerate(NASTY):
        document = f"{name[:60]}{number}"
        recording.ask(
            "POST", chat, {"operationName": "AddAttachment", "documentId": document, "name": name}, OK, cookie
        )
        listed = attachment(document, name=name, mime=name[:200])
        told = [{"channel": TOPIC, "data": chat_has(listed)}]
        recording.ask("POST", CHANNEL, CONNECT, [*told, CONNECTED], cookie)
        wish = {"operationName": "UploadFile", "documentId": document, "uploadType": name, "uploadPath": name}
        refused = {"statusCode": 6, "statusMessage": name}
        recording.ask(
            "POST", chat, wish | {"description": name}, refused if number % 2 else OK, cookie, ("X-Name", IMAGE)
        )
        lines = [file_line(document, sofia, 10 + number, name=name, fileId=name)]
        lines.append(line("Text", robin, 100 + number, text=name))
        events = [{"channel": TOPIC, "data": log_has(one)} for one in lines]
        recording.ask("POST", CHANNEL, CONNECT, [*events, CONNECTED], cookie)
    recording.ask("POST", f"{ME}/chats/{OTHER}", {"operationName": "UploadFile", "documentId": LINK}, OK, cookie)
    recording.ask("POST", chat, IMAGE.encode(), SCRIPT.encode(), cookie, ("Content-Type", "text/html"))
    recording.close()


def test_nothing_of_it_becomes_part_of_the_page(page: Page) -> None:
    assert page("count", "img, iframe, object, embed, form, base, link") == 0
    assert page.evaluate("[...document.scripts].filter((one) => one.type !== 'application/json').length") == 1
    assert page.evaluate(
        "[...document.querySelectorAll('[style]')].every((one) => one.getAttribute('style').length < 60)"
    )
    links = page.evaluate("[...document.querySelectorAll('a')].map((one) => one.getAttribute('href'))")
    assert links and all(link.startswith("#") for link in links)
    attributes = "[...document.querySelectorAll('*')].flatMap((one) => one.getAttributeNames())"
    assert not any(name.startswith("on") for name in page.evaluate(attributes))


def test_names_are_shown_as_they_are(page: Page) -> None:
    shown = page.evaluate("[...document.querySelectorAll('#grid .row td.name bdi')].map((one) => one.textContent)")
    for name in (IMAGE, SCRIPT, LINK, HANDLER):
        assert name in shown
    assert page.text(".rests dd") == 'a"><img src=x onerror=1>.db'


def test_what_would_turn_or_hide_text_is_written_out(page: Page) -> None:
    shown = page.evaluate("[...document.querySelectorAll('#grid .row td.name bdi')].map((one) => one.textContent)")
    assert "invoice\\u202egpj.exe" in shown
    assert "a\\x1b[31m\\u200bb\\x00c" in shown
    assert not page.evaluate(r"/[\u202a-\u202e\u2066-\u2069\u200b\x1b\0]/.test(document.documentElement.outerHTML)")


def test_a_long_name_pushes_nothing_aside(page: Page) -> None:
    wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not page.evaluate(wide)
    heights = page.evaluate("[...document.querySelectorAll('#grid .row')].map((one) => one.offsetHeight)")
    assert set(heights) == {38}
    page.evaluate("document.querySelectorAll('#grid .row')[0].click()")
    number = page.evaluate(
        "[...document.querySelectorAll('#grid .row')].findIndex((one) => one.textContent.includes('nnnnnnnn'))"
    )
    page.evaluate(f"document.querySelectorAll('#grid .row')[{number}].click()")
    assert "nnnnnnnnnn" in page.text(".details dd")
    assert not page.evaluate(wide)


def test_every_row_every_chat_and_everything_said_can_be_opened(page: Page) -> None:
    page.evaluate(
        """(() => {
          for (const row of [...document.querySelectorAll('#grid .row')]) document.getElementById(row.id).click();
          for (const chat of [...document.querySelectorAll('.chat-list button')]) chat.click();
          for (const [session, number] of JSON.parse(document.getElementById('data-exchanges').textContent)) {
            history.pushState(null, '', `#x-${session}-${number}`);
            dispatchEvent(new PopStateEvent('popstate'));
          }
        })()"""
    )
    assert page("visible", "#exchange")
    assert page("count", "img, iframe") == 0
    numbers = page.evaluate("JSON.parse(document.querySelector('#data-exchanges').textContent).map((one) => one[1])")
    page.evaluate(f"history.pushState(null, '', '#x-0-{max(numbers)}'); dispatchEvent(new PopStateEvent('popstate'))")
    assert SCRIPT in page.evaluate("document.querySelector('#exchange').textContent")


def test_a_filter_takes_it_as_text(page: Page) -> None:
    page("click", "#find")
    page("type", "<img")
    page("wait", "document.querySelector('#count').textContent.includes(' of ')")
    assert page("count", "#grid .row") >= 1
    page("press", "Escape")
    page("type", "\\u202e")
    page("wait", "document.querySelector('#count').textContent.includes(' of ')")
    assert page("count", "#grid .row") >= 1
    assert all("\\u202e" in text for text in page.texts("#grid .row td.name"))
