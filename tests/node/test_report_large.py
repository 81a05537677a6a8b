"""Ten thousand transfers: the page has as many rows in it as can be seen, and all can be reached."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from inspector.analysis.finding import Finding, Severity
from inspector.analysis.rules.selection import Selection
from inspector.analysis.transfers import State
from inspector.audit.audited import Audited, Other, auditing
from inspector.audit.entry import Entry, Fetched, Notified, Outcome
from inspector.audit.head import Head
from inspector.audit.report.html import document
from inspector.recording.reader import Recording
from inspector.recording.session import Session
from inspector.traffic.exchange import Instant
from tests.node.reported import Page, shown

pytestmark = [pytest.mark.node, pytest.mark.stub_alone, pytest.mark.xdist_group("chromium")]

STORY = Path(__file__).parents[2] / "recordings" / "upload-file.db"
MANY = 10_000
BEGIN = 1_795_421_304_000_000
FEW = 80
"""Rows: what fits into a window, and some to spare."""


@dataclass(frozen=True, slots=True)
class Many:
    """An audit of a recording that had many more transfers."""

    real: Audited

    @property
    def sessions(self) -> tuple[tuple[Recording, Session], ...]:
        return self.real.sessions

    def head(self) -> Head:
        return self.real.head()

    def others(self) -> Iterator[Other]:
        return iter(())

    def entries(self) -> Iterator[Entry]:
        (recording, session), states = self.sessions[0], list(State)
        for number in range(MANY):
            at = Instant(number, BEGIN + number * 1_000_000)
            asked = Outcome(13, at, 200, 0)
            told = Notified(14, 0, at, (number * 7919) % 20_011 / 10 - 50)
            bad = Finding("GW402", Severity.ERROR, 35, None, f"the {number}th was lost")
            yield Entry(
                *(recording.path.name, session.uuid, number, at, f"agent{number % 50}", f"user{number % 50}", "agent"),
                *(f"chat{number // 10}", f"document{number}", f"file{number}", f"{number:05} report.pdf"),
                *("application/pdf", "application/pdf", number, number, f"{number:064x}", "file-system", "C:\\x"),
                *("", "new file", asked, asked, told, (Fetched(15, at, "toni", 200),), states[number % len(states)]),
                findings=(bad,) if number % 100 == 0 else (),
            )


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("large") / "large.html"
    with auditing([STORY], Selection()) as audited, path.open("w", encoding="utf-8") as page:
        page.writelines(document(Many(audited)))  # type: ignore[arg-type]
    return path


@pytest.fixture(scope="module")
def opened(node: str, chromium: str, file: Path) -> Iterator[Page]:
    with shown(node, chromium, file) as page:
        yield page


@pytest.fixture
def page(opened: Page) -> Iterator[Page]:
    opened("again")
    yield opened
    opened.quiet()


def scroll(page: Page, to: str) -> None:
    """Scrolls the ledger, and waits until it is drawn."""
    page.evaluate(f"document.querySelector('#grid-box').scrollTop = {to}")
    frames = "for (let n = 0; n < 3; n += 1) await new Promise(requestAnimationFrame)"
    page.evaluate(f"(async () => {{ {frames} }})()")


def names(page: Page) -> list[str]:
    return [cell.lstrip("→← ") for cell in page.column("name")]


def test_few_rows_are_in_the_page_while_one_scrolls_to_the_last(page: Page) -> None:
    assert page("attribute", "#grid", "aria-rowcount") == str(MANY + 1)
    for share in (0, 0.25, 0.5, 0.75, 1):
        scroll(page, f"{share} * document.querySelector('#grid-box').scrollHeight")
        assert 0 < page("count", "#grid .row") <= FEW
        at = int(names(page)[len(names(page)) // 2].split()[0])
        assert abs(at - share * MANY) < FEW
    assert names(page)[-1] == f"{MANY - 1:05} report.pdf"
    assert page("attribute", "#grid .row >> nth=-1", "aria-rowindex") == str(MANY + 1)
    box, row = (
        page.evaluate(f"document.querySelector('{one}').getBoundingClientRect().bottom")
        for one in ("#grid-box", f"#row-{MANY - 1}")
    )
    assert row <= box, "the last one is in sight"


def test_an_opened_row_moves_those_behind_it(page: Page) -> None:
    scroll(page, "38 * 5000")
    page.evaluate("document.querySelector('#row-5005').click()")
    assert "document5005" in page.text(".details")
    after, details = (
        page.evaluate(f"document.querySelector('{one}').getBoundingClientRect().{edge}")
        for one, edge in (("#row-5006", "top"), (".details", "bottom"))
    )
    assert abs(after - details) < 2
    scroll(page, "document.querySelector('#grid-box').scrollHeight")
    assert names(page)[-1] == f"{MANY - 1:05} report.pdf"
    assert page("count", "#grid .row") <= FEW
    scroll(page, "38 * 5000")
    assert "document5005" in page.text(".details")


def test_the_keyboard_reaches_the_last_row_and_stays_in_the_page(page: Page) -> None:
    page.evaluate("document.querySelector('#grid').focus()")
    page("press", "End")
    assert page.texts("#grid .active td.name")[0].endswith(f"{MANY - 1:05} report.pdf")
    page("press", "PageUp", "ArrowUp")
    assert page("count", "#grid .active") == 1
    page("press", "Home")
    assert page.texts("#grid .active td.name")[0].endswith("00000 report.pdf")


def test_all_of_them_are_sorted_and_filtered(page: Page) -> None:
    page("click", "th.name button")
    page("click", "th.name button")
    assert names(page)[0] == f"{MANY - 1:05} report.pdf"
    page("click", "th.delay button")
    assert page.column("delay")[0] == "−50 ms"
    page("select", "#by-agent", "agent7")
    assert page.text("#count") == f"200 of {MANY:,} transfers"
    page("select", "#by-severity", "none")
    page("click", "#find")
    page("type", "document77")
    page("wait", "document.querySelector('#count').textContent.startsWith('2 of')")
    assert sorted(name[:5] for name in names(page)) == ["07707", "07757"]
    page("select", "#by-severity", "error")
    assert page.text("#count").startswith("0 of")
    page("click", "#clear")
    page("select", "#by-severity", "error")
    assert page.text("#count") == f"100 of {MANY:,} transfers"


def test_totals_are_of_all_of_them(page: Page) -> None:
    assert page.text("#sentence").startswith(f"{MANY:,} transfers in 1,000 chats with 50 agents, ")
    assert page.texts("#totals button.more")[:2] == ["Show all 50", "Show all 1,000"]
    page("click", "#totals button.more")
    assert page("count", "#totals tbody >> nth=0 >> tr") == 50


def test_the_file_is_of_a_reasonable_size(file: Path) -> None:
    assert file.stat().st_size < 700 * MANY
