"""The terminal while something runs: lines as they happen, and what went wrong."""

import asyncio
import logging
from contextlib import nullcontext
from types import TracebackType

from rich.console import Console
from rich.text import Text

from inspector.render.escape import plain
from inspector.render.line import Line

_LOGGER = logging.getLogger("inspector")

_PAUSE_S = 0.1
"""How often lines are printed, all that came meanwhile at once."""

_MOST = 100
"""Lines that a terminal gets at a time: of more nobody could read any, and to colour them costs what traffic needs."""


class LiveLines(logging.Handler):
    """While entered, prints what the addons tell (logger `inspector`) to a console: coloured on a terminal, and there
    no more at a time than can be read. A quiet one gets nothing but errors.

    `incomplete` is what was said if something could not be kept.
    """

    def __init__(self, console: Console) -> None:
        super().__init__(logging.INFO)
        self._console = console
        self._waiting: list[logging.LogRecord] = []
        self.incomplete = ""

    def __enter__(self) -> "LiveLines":
        _LOGGER.setLevel(logging.WARNING if self._console.quiet else logging.INFO)
        _LOGGER.addHandler(self)
        _LOGGER.propagate = False
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _LOGGER.removeHandler(self)
        _LOGGER.propagate = True
        self.flush()

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.ERROR:
            self.incomplete = record.getMessage()
        self._waiting.append(record)
        if record.levelno > logging.INFO:
            self.flush()
        elif len(self._waiting) == 1:
            self._flush_soon()

    def flush(self) -> None:
        """Prints what came since the last time."""
        with self.lock or nullcontext():
            records, self._waiting = self._waiting, []
        if self._console.quiet:
            records = [record for record in records if record.levelno >= logging.ERROR]
        if records and self._console.is_terminal:
            self._colour(records)
        elif records:
            print(*(_text(record).plain for record in records), sep="\n", file=self._console.file, flush=True)

    def _colour(self, records: list[logging.LogRecord]) -> None:
        shown = records[-_MOST:]
        lines = [_text(record) for record in shown]
        if left := len(records) - len(shown):
            lines.insert(0, Text(f"… {left:,} more lines: `ls` and `check` tell all", "dim"))
        quiet, self._console.quiet = self._console.quiet, False
        self._console.print(Text("\n").join(lines), soft_wrap=True)
        self._console.quiet = quiet

    def _flush_soon(self) -> None:
        try:
            asyncio.get_running_loop().call_later(_PAUSE_S, self.flush)
        except RuntimeError:  # nobody else has work to do meanwhile
            self.flush()


def _text(record: logging.LogRecord) -> Text:
    line = record.args[0] if isinstance(record.args, tuple) and record.args else None
    if isinstance(line, Line):
        return line.text
    style = "bold red" if record.levelno >= logging.ERROR else "yellow" if record.levelno > logging.INFO else ""
    return Text(plain(record.getMessage(), 1000), style)
