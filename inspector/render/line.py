"""One coloured line for each thing that happens, as it happens."""

from collections.abc import Iterator, Sequence

from rich.text import Text

from inspector.analysis.analyst import Derived
from inspector.analysis.calls import DOWNLOAD, Call
from inspector.analysis.causes import Cause
from inspector.analysis.channel import Message
from inspector.analysis.finding import Finding, Severity
from inspector.render.escape import plain
from inspector.render.grid import STYLES as STYLES


class Line:
    """The line for one thing, put into words only when somebody wants to read it: most are told in vain."""

    def __init__(self, thing: Derived) -> None:
        self._thing = thing

    def __str__(self) -> str:
        return self.text.plain

    @property
    def text(self) -> Text:
        """The line with its colours."""
        match self._thing:
            case Call():
                return call_line(self._thing)
            case Message():
                return _message(self._thing)
            case Cause():
                return _cause(self._thing)
            case Finding():
                return finding_line(self._thing)
        raise TypeError(f"nothing is told of {self._thing!r}")


def lines(derived: Sequence[Derived]) -> Iterator[Line]:
    """The lines for what an event meant: calls, notifications, causes, findings; most events mean nothing to people."""
    for thing in derived:
        if isinstance(thing, Call | Cause | Finding) or (isinstance(thing, Message) and thing.is_event and thing.kind):
            yield Line(thing)


def call_line(call: Call) -> Text:
    """`→ #12 agent1 UploadFile 0001Pa… · 200 statusCode 0 · 34 ms`"""
    who = f" {plain(call.agent.user_name)}" if call.agent and call.agent.user_name else ""
    line = Text.assemble(("→ ", "blue"), (f"#{call.number}", "dim"), who, " ")
    line.append(plain(call.operation or "?"), "bold")
    line.append(f" {plain(call.document_id or call.chat_id)}" if call.document_id or call.chat_id else "")
    line.append(" · ", "dim")
    line.append(*outcome(call))
    if call.done:
        line.append(f" · {(call.done.mono - call.asked.mono) / 1000:.0f} ms", "dim")
    return line


def outcome(call: Call) -> tuple[str, str]:
    """How a call ended, and the style to say it in."""
    if call.error:
        return plain(call.error), "red"
    if call.operation == DOWNLOAD:
        return f"{call.status}, {call.size} bytes", "green" if call.status == 200 else "yellow"
    if call.reply:
        code = call.reply.status_code
        return f"{call.status} statusCode {code}", "green" if call.accepted else "yellow"
    return f"{call.status}", "yellow"


def _message(message: Message) -> Text:
    line = Text.assemble(("← ", "magenta"), (f"#{message.exchange}", "dim"), " ", (plain(message.kind), "bold"))
    line.append(f" {plain(message.document_id or message.chat_id)}")
    return line


def _cause(cause: Cause) -> Text:
    line = Text.assemble(("  ⤷ ", "green"), f"{cause.kind}: answers ", (f"#{cause.call}", "bold"))
    if cause.lag_ms is not None:
        came = (
            f"{-cause.lag_ms:.0f} ms before its reply" if cause.lag_ms < 0 else f"{cause.lag_ms:.0f} ms after its reply"
        )
        line.append(f", {came}", "bold cyan" if cause.lag_ms < 0 else "dim")
    return line


def finding_line(finding: Finding) -> Text:
    """`✗ GW402 error #12 accepted, but …`"""
    style = STYLES[finding.severity]
    line = Text.assemble(("✗ " if finding.severity is Severity.ERROR else "! ", style), (finding.rule, style), " ")
    line.append(f"#{finding.exchange} ", "dim")
    line.append(plain(finding.text, 400))
    return line
