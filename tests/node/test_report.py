"""The report of the demo's story, as a person reads it in Chromium."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.node.reported import Page, delay, report, shown

pytestmark = [pytest.mark.node, pytest.mark.stub_alone, pytest.mark.xdist_group("chromium")]

STORY = Path(__file__).parents[2] / "recordings" / "upload-file.db"
CHAT = "0001TaBTNRPW01GV"
NAMES = ["testfileUploadAgent.txt", "router-lights.png", "notes.txt", "draft-offer.txt", "price-list.pdf"]
NAMES += ["0001PaBMYY3600RK", "0001PaBMYY36ZZZZ", "warranty.txt", "delivery-note.txt", "floor-plan.png", "invoice.txt"]
NAMES += ["opening-hours.txt"]
EARLY = delay(STORY, 26)
"""Of price-list.pdf, whose notification overtook its reply."""


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return report(tmp_path_factory.mktemp("report") / "story.html", STORY)


@pytest.fixture(scope="module")
def opened(node: str, chromium: str, story: Path) -> Iterator[Page]:
    with shown(node, chromium, story) as page:
        yield page


@pytest.fixture
def page(opened: Page) -> Iterator[Page]:
    opened("again")
    yield opened
    opened.quiet()


def names(page: Page) -> list[str]:
    return [cell.lstrip("→← ") for cell in page.column("name")]


def row(page: Page, name: str) -> str:
    """The selector of a row."""
    return f"#row-{NAMES.index(name)}"


def test_the_summary_says_what_it_comes_to_and_what_it_rests_on(page: Page) -> None:
    assert page.text("#sentence").startswith("12 transfers in 1 chat with 1 agent, ")
    assert page.text("#sentence").endswith("16 findings, 7 errors among them.")
    states = [text.split()[:2] for text in page.texts("#states li")]
    assert states == [["6", "sent"], ["1", "received"], ["1", "removed"], ["3", "refused"], ["1", "lost"]]
    assert page.texts("#findings .figures li") == ["7 errors", "7 warnings", "2 info"]
    assert "GW402 accepted UploadFile without its notification 1" in page.texts("#findings .ruled li")
    totals = page.texts("#totals tbody tr")
    assert totals[:3] == ["sofia 11 342 B 6", "customer 1 69 B –", f"{CHAT} 12 411 B 6"]
    assert {"text/plain 7 213 B 4", "image/png 2 138 B –"} <= set(totals)
    rests = page.text(".rests")
    assert "upload-file.db" in rests and "complete" in rests and "All times are UTC (+00:00)." in rests
    assert len(page("attribute", ".rests code.digest", "title")) == 64


def test_delays_before_the_reply_are_set_apart(page: Page) -> None:
    assert page("count", "#delays rect.early") >= 1
    bars = page.evaluate(
        "[...document.querySelectorAll('#delays rect')].map(r => [r.className.baseVal, +r.getAttribute('height')])"
    )
    assert list(dict.fromkeys(kind for kind, height in bars if height)) == ["early", "late"]
    assert page.texts("#delays dl div")[-1] == "before the reply 1"
    colours = page.evaluate("[...document.querySelectorAll('#delays rect')].map(r => getComputedStyle(r).fill)")
    assert len(set(colours)) == 2


def test_every_transfer_is_a_row(page: Page) -> None:
    assert names(page) == NAMES
    assert page.text("#count") == "12 transfers"
    assert page.column("state")[1:4] == ["received", "sent", "removed"]
    assert page.column("size")[4] == "60 B"
    assert page.column("delay")[4].startswith(f"−{EARLY}")
    assert page.text("#row-8 td.found") == "GW402"
    assert page("attribute", "#grid", "aria-rowcount") == "13"


def test_rows_are_sorted_by_any_column_both_ways(page: Page) -> None:
    page("click", "th.size button")
    sizes = [text for text in page.column("size") if text != "–"]
    assert sizes == ["20 B", "23 B", "27 B", "29 B", "32 B", "36 B", "46 B", "60 B", "69 B", "69 B"]
    assert page("attribute", "th.size", "aria-sort") == "ascending"
    page("click", "th.size button")
    assert page.column("size")[0] == "69 B"
    assert page("attribute", "th.size", "aria-sort") == "descending"
    page("click", "th.delay button")
    page("click", "th.name button")
    assert names(page) == sorted(NAMES, key=lambda name: "" if name.startswith("0001") else name.lower())


def test_rows_are_filtered_by_text_state_finding_agent_and_type(page: Page) -> None:
    page("click", "#find")
    page("type", "gw402")
    page("wait", "document.querySelector('#count').textContent === '1 of 12 transfers'")
    assert names(page) == ["delivery-note.txt"]
    page("press", "Escape")
    assert page.text("#count") == "12 transfers"
    page("select", "#by-state", "refused")
    assert names(page) == ["0001PaBMYY3600RK", "0001PaBMYY36ZZZZ", "warranty.txt"]
    page("select", "#by-severity", "error")
    assert names(page) == ["0001PaBMYY3600RK", "0001PaBMYY36ZZZZ"]
    page("select", "#by-type", "image/png")
    assert names(page) == [] and page.text("#grid-empty") == "No transfer fits this filter."
    page("click", "#clear")
    page("select", "#by-agent", "customer")
    assert names(page) == ["router-lights.png"]


def test_what_the_summary_counts_it_shows_in_the_ledger(page: Page) -> None:
    page("click", "#states li:nth-child(4) button")
    assert names(page) == ["0001PaBMYY3600RK", "0001PaBMYY36ZZZZ", "warranty.txt"]
    page("click", "[aria-label='Show the transfers that broke GW701']")
    assert names(page) == ["notes.txt"]


def test_a_row_opens_what_is_known_of_its_transfer(page: Page) -> None:
    page("click", row(page, "notes.txt") + " td.name")
    opened = page.text(".details")
    for said in (
        "What we did today",
        "C:\\Users\\sofia\\Documents\\notes.txt",
        "36 bytes declared and seen",
        "new file",
    ):
        assert said in opened
    assert "3c193cd48f35c313b10094ce78ec8748f81546480d8e3bd6860252299c9b6bc7" in opened
    assert [step.split()[0] for step in page.texts(".life li")] == ["Linked", "Asked", "Told"]
    page("click", row(page, "price-list.pdf") + " td.name")
    assert page("count", ".details") == 1
    assert f"{EARLY} before the reply" in page.text(".life li.before")
    page("click", row(page, "price-list.pdf") + " td.name")
    assert page("count", ".details") == 0
    page("click", row(page, "router-lights.png") + " td.name")
    assert "Downloaded" in page.text(".life") and "by sofia" in page.text(".life")


def test_a_finding_leads_to_its_rule_to_its_place_and_to_what_was_said(page: Page) -> None:
    page("click", row(page, "delivery-note.txt") + " td.name")
    page("click", ".details a[href='#GW402'] >> nth=1")
    assert page("attribute", ".rule.target", "id") == "GW402"
    assert page.evaluate("document.activeElement.id") == "GW402"
    text = page.text("#GW402")
    assert "accepted UploadFile without its notification" in text and "Cure" in text and "Source" in text
    page("click", ".details a[href='#c-0-35']")
    assert page("attribute", ".happening.target", "id") == "e-0-35"
    assert "UploadFile" in page.text(".happening.target .label")
    page("click", ".details .finding a.raw")
    assert page.text("#exchange-title") == "#35 UploadFile · 200 OK"
    assert "GW402" in page.text("#exchange .findings")


def test_a_finding_of_a_message_leads_to_the_message(page: Page) -> None:
    page("click", "#others a[href='#c-0-40-0']")
    page.evaluate("location.hash = '#c-0-46-1'; dispatchEvent(new PopStateEvent('popstate'))")
    assert page("attribute", ".happening.target", "id") == "e-0-46-1"
    assert "GW403" in page.text("#e-0-46-1 .mark")


def test_a_link_that_leads_nowhere_does_nothing(page: Page) -> None:
    for link in ("#%", "#x-9-1", "#x--", "#c-9-1", "#t-99", "#GW999"):
        page.evaluate(f"location.hash = '{link}'; dispatchEvent(new PopStateEvent('popstate'))")
        page.quiet()
    assert page.evaluate("document.querySelectorAll('.details, .target').length") == 0


def test_a_chat_is_drawn_as_calls_replies_and_notifications_in_their_order(page: Page) -> None:
    assert page.texts(".heads .name tspan") == ["sofia", "server", "Robin"]
    order = page.evaluate("[...document.querySelectorAll('.happening .label')].map(l => l.textContent)")
    upload = next(number for number, text in enumerate(order) if "#26" in text)
    assert "UploadFile" in order[upload] and "price-list.pdf" in order[upload]
    assert "file-uploaded" in order[upload + 1] and "#27:0" in order[upload + 1], "it overtook its reply"
    assert order[upload + 2].startswith("HTTP 200")
    ys = page.evaluate(
        "[...document.querySelectorAll('.happening .arrow:first-of-type line')].map(l => +l.getAttribute('y1'))"
    )
    assert ys == sorted(ys)


def test_arrows_lead_from_a_call_to_what_it_brought_about(page: Page) -> None:
    assert page("count", ".cause") == 21
    assert page.evaluate("document.querySelector('.cause.early text').textContent") == f"{EARLY} before its reply"
    titles = page.evaluate("[...document.querySelectorAll('.cause title')].map(t => t.textContent)")
    assert f"#13 → #14:0 uploaded, by documentId; {delay(STORY, 13)} after its reply" in titles
    assert page("count", ".arrow.told.early") == 1
    path = page.evaluate("document.querySelector('.cause.early path').getAttribute('d')").replace("M", "").split(" ")
    start, end = float(path[0].split(",")[1]), float(path[-1].split(",")[1])
    at = "+document.querySelector('#e-0-{} .arrow line').getAttribute('y1')"
    assert [start, end] == [page.evaluate(at.format("26")), page.evaluate(at.format("27-0"))]


def test_what_was_said_is_there_on_demand(page: Page) -> None:
    page("click", "#e-0-18 a")
    assert page("attribute", "#exchange", "open") == ""
    shown = page.text("#exchange-body")
    assert "POST /api/v2/me/chats/0001TaBTNRPW01GV HTTP/1.1" in shown
    assert '"description": "What we did today"' in shown and '"statusCode": 0' in shown
    assert "gws-inspector show upload-file.db 18" in shown
    page("press", "Escape")
    assert not page("visible", "#exchange")
    page("click", "#e-0-15 a")
    assert "89 50 4e 47 0d 0a 1a 0a" in page.text("pre.hex"), "a picture, byte by byte"
    page("click", "#exchange-close")
    page("click", "#e-0-17 a")
    assert "Part notes.txt" in page.text("#exchange .part h4 >> nth=-1")
    page("click", "#exchange-body a[href^='#t-']")
    assert not page("visible", "#exchange")
    assert "notes.txt" in page.text(".details")
