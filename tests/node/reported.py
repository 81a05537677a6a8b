"""A report that a browser shows, asked and told what to do line by line (`report.js`)."""

import contextlib
import json
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from inspector.analysis.rules.selection import Selection, selection
from inspector.audit.audited import auditing
from inspector.audit.report.html import document

HERE = Path(__file__).parent


class Page:
    """The page. Each method waits until the browser has done it; AssertionError says what it could not do."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def __call__(self, verb: str, *values: Any) -> Any:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps([verb, *values]) + "\n")
        self._process.stdin.flush()
        return self.answer()

    def answer(self) -> Any:
        assert self._process.stdout
        line = self._process.stdout.readline()
        assert line, "the browser is gone"
        told = json.loads(line)
        assert "trouble" not in told, told
        return told.get("said")

    def texts(self, selector: str) -> list[str]:
        return [" ".join(text.split()) for text in self("texts", selector)]

    def text(self, selector: str) -> str:
        """Of the first one."""
        return self.texts(selector)[0]

    def column(self, name: str) -> list[str]:
        """The cells of the ledger that are in the page."""
        return self.texts(f"#grid .row td.{name}")

    def evaluate(self, expression: str) -> Any:
        return self("evaluate", expression)

    def quiet(self) -> None:
        """Nothing left the page, and nothing went wrong in it."""
        assert self("seen") == {"asked": [], "complaints": []}


def delay(recording: Path, call: int) -> str:
    """How far the reply to an UploadFile and its notification are apart, as the page says it: `8.8 ms`."""
    with contextlib.closing(sqlite3.connect(recording)) as db:
        [(lag_ms,)] = db.execute("SELECT lag_ms FROM causes WHERE call = ? AND kind = 'uploaded'", (call,))
    return f"{abs(lag_ms):.1f} ms"


def report(file: Path, *recordings: Path, ignore: tuple[str, ...] = ()) -> Path:
    """Writes the report of some recordings."""
    chosen = selection(ignore=ignore) if ignore else Selection()
    with auditing(recordings, chosen) as audited, file.open("w", encoding="utf-8") as page:
        page.writelines(document(audited))
    return file


@contextlib.contextmanager
def shown(node: str, chromium: str, file: Path, *, is_quiet: bool = True, **options: Any) -> Iterator[Page]:
    """The page in a browser of its own; at its end nothing has left it, and nothing went wrong in it."""
    command = [node, "report.js", chromium, str(file), json.dumps(options)]
    process = subprocess.Popen(command, cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        page = Page(process)
        page.answer()
        yield page
        if is_quiet:
            page.quiet()
    finally:
        with contextlib.suppress(BrokenPipeError):
            process.communicate(timeout=60)
