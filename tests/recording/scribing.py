"""A scribe for these tests: real, in a process of its own, with what it told."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from inspector.analysis.analyst import AnalysisSettings
from inspector.recording.recorder import now
from inspector.recording.scribe.scribe import Outgoing, Scribe
from inspector.recording.taking.plan import Keeping, Plan
from inspector.traffic.raw import RawRequest, RawResponse
from inspector.traffic.redaction import Places

EDGE = b"--edge\r\nContent-Disposition: form-data; name="
FORM = "multipart/form-data; boundary=edge"


@dataclass(slots=True)
class Told:
    """What a scribe had to tell."""

    troubles: list[str] = field(default_factory=list)
    log: list[str] = field(default_factory=list)


@contextmanager
def scribing(file: Path, **how: Any) -> Iterator[tuple[Scribe, Told]]:
    """A scribe, and what it tells meanwhile; closed at the end."""
    told = Told()
    how = {
        "places": Places(),
        "settings": AnalysisSettings(),
        "trouble": told.troubles.append,
        "log": lambda level, text: told.log.append(text),
        **how,
    }
    scribe = Scribe(file, "http://gws.example", **how)
    try:
        yield scribe, told
    finally:
        scribe.close()


def asked(path: bytes = b"/p", content: bytes = b"", media: str = "text/plain") -> RawRequest:
    return b"POST", "http", "a:1", path, "HTTP/1.1", ((b"Content-Type", media.encode()),), content


def answer(content: bytes = b"") -> RawResponse:
    return 200, b"OK", (), content


async def exchanged(scribe: Scribe, content: bytes = b"", back: bytes = b"") -> int:
    """One exchange that is on disk; its number."""
    number, begun = scribe.number(), now()
    scribe.started(number, "c", begun, asked(content=content))
    await scribe.completed(number, begun, answer(back), None)
    return number


def uploading(scribe: Scribe, plan: Plan) -> tuple[int, Outgoing]:
    """An exchange whose request streams from now on: its number, and the body."""
    number = scribe.number()
    scribe.opened(number, "c", now(), asked())
    return number, scribe.body(number, "request", plan)


async def uploaded(scribe: Scribe, number: int, body: Outgoing, media: str = "text/plain") -> None:
    """All of it came, and the exchange is over."""
    await body.over()
    scribe.started(number, "c", now(), asked(media=media), body.number)
    await scribe.completed(number, now(), answer(), None)


def a_file(length: int | None = None) -> Plan:
    return Plan("application/octet-stream", "", length, Keeping())


def a_form(length: int | None) -> Plan:
    return Plan(FORM, "", length, Keeping(), is_form=True)
