"""The terminal while something runs: lines as they happen, and what went wrong."""

import logging
from types import TracebackType

from rich.console import Console
from rich.text import Text

from inspector.render.escape import plain

_LOGGER = logging.getLogger("inspector")


class LiveLines(logging.Handler):
    """While entered, prints what the addons tell (logger `inspector`) to a console, coloured.

    `incomplete` is what was said if something could not be kept.
    """

    def __init__(self, console: Console) -> None:
        super().__init__(logging.INFO)
        self._console = console
        self.incomplete = ""

    def __enter__(self) -> "LiveLines":
        _LOGGER.setLevel(logging.INFO)
        _LOGGER.addHandler(self)
        _LOGGER.propagate = False
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _LOGGER.removeHandler(self)
        _LOGGER.propagate = True

    def emit(self, record: logging.LogRecord) -> None:
        line = getattr(record, "line", None)
        if record.levelno >= logging.ERROR:
            self.incomplete = record.getMessage()
        if not isinstance(line, Text):
            style = "bold red" if record.levelno >= logging.ERROR else "yellow"
            line = Text(plain(record.getMessage(), 1000), style if record.levelno > logging.INFO else "")
        self._console.print(line, soft_wrap=True)
