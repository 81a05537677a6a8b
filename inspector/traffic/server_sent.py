"""Server-sent events (WHATWG HTML section 9.2): a stream cut into whole events, so that each can be redacted alone."""

import re
from collections.abc import Callable

_LINE_END = re.compile(rb"\r\n|\n|\r")
_EVENT_END = re.compile(rb"(?>\r\n|\n|\r){2}")
_DATA = re.compile(rb"(?m)^data(?:: ?|$)")


def whole_events(stream: bytes) -> tuple[list[bytes], bytes]:
    """The events that are complete, with the blank lines that end them, and the begin of the next."""
    events, place = [], 0
    for found in _EVENT_END.finditer(stream):
        events.append(stream[place : found.end()])
        place = found.end()
    return events, stream[place:]


def with_data(event: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """The event with its data changed, the same bytes if they stay. Its `data` lines are one text (section 9.2.6)."""
    lines = _LINE_END.split(event)
    ends = _LINE_END.findall(event)
    places = [number for number, line in enumerate(lines) if _DATA.match(line)]
    data = b"\n".join(_DATA.sub(b"", lines[number], count=1) for number in places)
    changed = change(data)
    if changed == data:
        return event
    kept = [line + end for line, end in zip(lines, [*ends, b""], strict=True)]
    for number in places:
        kept[number] = b""
    end = ends[places[0]] if places[0] < len(ends) else b""
    kept[places[0]] = b"".join(b"data: " + line + (end or b"\n") for line in changed.split(b"\n"))
    return b"".join(kept)
