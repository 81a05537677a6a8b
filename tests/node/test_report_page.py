"""The report as a page: by keyboard alone, light and dark, on paper, with nothing in it, and closed to the outside."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.node.reported import Page, delay, report, shown
from tests.recording.keeping import events, exchange, keep

pytestmark = [pytest.mark.node, pytest.mark.stub_alone, pytest.mark.xdist_group("chromium")]

STORY = Path(__file__).parents[2] / "recordings" / "upload-file.db"
BACKGROUND = "getComputedStyle(document.body).backgroundColor"
FOCUSED = "document.activeElement.id || document.activeElement.className"


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return report(tmp_path_factory.mktemp("report") / "story.html", STORY, ignore=("GW203", "GW101"))


@pytest.fixture(scope="module")
def opened(node: str, chromium: str, story: Path) -> Iterator[Page]:
    with shown(node, chromium, story) as page:
        yield page


@pytest.fixture
def page(opened: Page) -> Iterator[Page]:
    opened("media", {"media": "screen", "colorScheme": "light"})
    opened("again")
    yield opened
    opened.quiet()


STICKS_OUT = """[...document.querySelectorAll("main svg text")].filter((text) => {
  const [inner, outer] = [text.getBoundingClientRect(), text.closest("svg").getBoundingClientRect()];
  return inner.left < outer.left || inner.right > outer.right || inner.top < outer.top || inner.bottom > outer.bottom;
}).map((text) => text.textContent)"""
LINES = """(() => {
  document.querySelector("main").style.width = "760px";
  return [...document.querySelectorAll(".rests tbody td")].slice(0, 2).map((cell) => {
    const range = document.createRange();
    range.selectNodeContents(cell);
    return new Set([...range.getClientRects()].map((line) => line.bottom)).size;
  });
})()"""
CUT = """[...document.querySelectorAll("#grid td.state")].slice(0, 1).map((cell) => {
  cell.querySelector(".badge").textContent = "undecided";
  return cell.scrollWidth > cell.clientWidth;
})"""


def test_nothing_short_is_cut_or_broken(page: Page) -> None:
    assert page.evaluate(STICKS_OUT) == []
    assert page.evaluate(CUT) == [False]
    assert page.evaluate(LINES) == [1, 1], "id and state of a session, where there is little room"


def active(page: Page) -> str:
    return page.texts("#grid .row.active td.name")[0].lstrip("→← ")


def test_the_ledger_is_worked_by_keyboard_alone(page: Page) -> None:
    page("press", "/")
    assert page.evaluate(FOCUSED) == "find"
    page("type", "0001TaBTNRPW01GV sent")
    page("wait", "document.querySelector('#count').textContent.startsWith('6 of')")
    page("press", "ArrowDown")
    assert (page.evaluate(FOCUSED), active(page)) == ("grid", "testfileUploadAgent.txt")
    assert page("attribute", "#grid", "aria-activedescendant") == page("attribute", "#grid .active", "id")
    page("press", "ArrowDown", "ArrowDown", "Enter")
    assert active(page) == "price-list.pdf"
    assert page("attribute", "#grid .active", "aria-expanded") == "true"
    assert f"{delay(STORY, 26)} before the reply" in page.text(".details")
    page("press", "Tab")
    assert page.evaluate("document.activeElement.closest('.details') !== null")
    page("press", "Escape")
    assert (page("count", ".details"), page.evaluate(FOCUSED)) == (0, "grid")
    page("press", "End")
    assert active(page) == "opening-hours.txt"
    page("press", "Home", " ")
    assert page("count", ".details") == 1
    page("press", "Escape", "/", "Escape")
    assert page.text("#count") == "12 transfers"


def test_what_was_said_is_reached_and_left_by_keyboard(page: Page) -> None:
    page.evaluate("document.querySelector('#e-0-35 a').focus()")
    page("press", "Enter")
    assert page.text("#exchange-title") == "#35 UploadFile · 200 OK"
    assert page.evaluate(FOCUSED) == "exchange-close"
    page("press", "/", "Escape")
    assert not page("visible", "#exchange")
    assert page.evaluate("document.activeElement.closest('#e-0-35') !== null"), "it returns to where one was"


def test_the_tab_key_goes_through_the_page_in_its_order_and_shows_where_it_is(page: Page) -> None:
    page("press", "Tab")
    assert page.evaluate(FOCUSED) == "skip"
    assert page.evaluate("getComputedStyle(document.activeElement).position") == "fixed"
    seen = []
    for _ in range(200):
        page("press", "Tab")
        seen.append(page.evaluate(FOCUSED))
        if seen[-1] == "grid":
            break
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none", seen
    assert seen[seen.index("find") :] == ["find", "by-state", "by-severity", "by-agent", "by-type", "grid"]
    page("press", "Tab")
    assert page.evaluate("document.activeElement.textContent").startswith("Time")


def test_what_can_be_used_has_a_name(page: Page) -> None:
    nameless = """[...document.querySelectorAll('button, a, input, select, [role=region], [role=img], dialog')]
      .filter((one) => !(one.getAttribute('aria-label') || one.labels?.length || one.textContent.trim()
        || document.getElementById(one.getAttribute('aria-labelledby'))))
      .map((one) => one.outerHTML.slice(0, 200))"""
    assert page.evaluate(nameless) == []
    assert page.evaluate("[...document.querySelectorAll('#grid th')].every((th) => th.scope === 'col')")
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((one) => one.id)")
    assert len(ids) == len(set(ids))


def test_it_is_light_or_dark_as_one_likes(page: Page, tmp_path: Path) -> None:
    light = page.evaluate(BACKGROUND)
    page("media", {"colorScheme": "dark"})
    dark = page.evaluate(BACKGROUND)
    assert (light, dark) == ("rgb(247, 247, 245)", "rgb(19, 20, 22)")
    page("click", "#theme")
    assert page.evaluate(BACKGROUND) == light
    page("click", "#theme")
    assert page.evaluate(BACKGROUND) == dark
    for scheme in ("light", "dark"):
        page("media", {"colorScheme": scheme})
        page("again")
        page("screenshot", str(tmp_path / f"{scheme}.png"), {"fullPage": True})
        assert (tmp_path / f"{scheme}.png").read_bytes().startswith(b"\x89PNG")
    assert page.evaluate("Object.keys(localStorage).length + document.cookie.length") == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_its_texts_stand_out_from_what_is_behind_them(page: Page, scheme: str) -> None:
    """By at least 4.5 to 1 (WCAG 2.2, success criterion 1.4.3)."""
    page("media", {"colorScheme": scheme})
    page("again")
    page("click", "#row-5 td.name")
    assert page("faint", 4.5) == []


def test_on_paper_all_is_open_and_nothing_is_to_press(page: Page, tmp_path: Path) -> None:
    page("click", ".rests summary")
    page("media", {"media": "print", "colorScheme": "dark"})
    page("wait", "document.querySelectorAll('.details').length > 1")
    assert page("count", "#grid .row") == 12
    assert page("count", "#grid .details") == page.evaluate(
        "[...document.querySelectorAll('#grid .row td.found')].filter((cell) => cell.textContent !== '–').length"
    )
    for gone in (".top", ".tools", ".keys", ".copy"):
        assert not page("visible", gone), gone
    assert page("visible", ".rests dl") and page("visible", "#chat .diagram.heads") and page("visible", "#GW402")
    assert page.evaluate(BACKGROUND) == "rgb(255, 255, 255)", "paper is white"
    assert page.evaluate(
        "document.querySelector('#grid-box').scrollHeight <= document.querySelector('#grid-box').clientHeight"
    )
    page("media", {"media": "screen", "colorScheme": "light"})
    page("wait", "document.querySelectorAll('.details').length === 0")
    assert not page("visible", ".rests dl"), "it was closed before"
    assert page("pdf", str(tmp_path / "report.pdf")) > 20_000
    assert page("count", ".details") == 0


def test_what_is_excused_is_said_and_not_counted(page: Page) -> None:
    assert page.text("#sentence").endswith("14 findings, 6 errors among them.")
    assert "2 more were excused." in page.text("#findings")
    assert "excused 1 time" in page.text("#GW203 .places")
    assert "ignore GW203 GW101" in page.text(".rests")
    page("click", "#row-7 td.name")
    assert "— excused" in page.text(".details .finding.excused")


def test_whatever_came_into_the_page_could_not_act(node: str, chromium: str, story: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, shown(node, chromium, story, is_quiet=False) as page:
        server.setblocking(False)
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        rules = page("attribute", "meta[http-equiv]", "content")
        for rule in ("default-src 'none'", "base-uri 'none'", "form-action 'none'", "script-src 'sha256-"):
            assert rule in rules
        assert "unsafe" not in rules and "http:" not in rules and "*" not in rules
        for act in (
            f"document.body.append(Object.assign(document.createElement('img'), {{src: '{url}'}}))",
            f"document.head.append(Object.assign(document.createElement('link'), {{rel: 'icon', href: '{url}'}}))",
            "document.body.innerHTML = '<img src=x>'",
            "document.body.append(Object.assign(document.createElement('script'), {text: 'document.title = 1'}))",
            "document.body.setAttribute('onclick', 'document.title = 1')",
        ):
            page.evaluate(f"(() => {{ try {{ {act} }} catch {{}} document.body.click(); }})()")
        assert page.evaluate(f"fetch('{url}', {{mode: 'no-cors'}}).then(() => 'went', () => 'stayed')") == "stayed"
        assert page.evaluate("document.title").startswith("Audit of ")
        with pytest.raises(BlockingIOError):
            server.accept()


def test_a_recording_without_transfers_says_so(node: str, chromium: str, tmp_path: Path) -> None:
    keep(tmp_path / "empty.db", events(exchange(1, sent=b"{}")))
    with shown(node, chromium, report(tmp_path / "empty.html", tmp_path / "empty.db")) as page:
        assert page.text("#sentence") == "No file was linked, sent or received in what was recorded."
        assert page.text("#grid-empty") == "No file was linked, sent or received."
        assert page.text("#findings") == "No rule was broken."
        assert page.text("#chats-body") == "No chat had a transfer."
        assert "No rule was broken." in page.text("#rules")
