"""What happened in a test, in lines for people: for who has to find out why it has failed."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence

import orjson

from inspector.analysis.analyst import Derived
from inspector.analysis.calls import LINK, UPLOAD, Call
from inspector.analysis.causes import Cause
from inspector.analysis.finding import Finding, Severity
from inspector.render.escape import plain
from inspector.render.line import lines
from inspector.replay.journal import Operation, Undelivered, Verification
from inspector.replay.misses.miss import Words
from inspector.replay.plans.plan import Plan
from inspector.webservices.notifications import MessageLogUpdated, Notification, parse

_LATEST = 60
"""Lines of what happened: what counts is near the end."""

_NUMBERED = 5
"""Recorded things of one kind that are told one by one."""

IN_TESTS = Words(
    reuse="say `@pytest.mark.gws_recording(reuse=True)`",
    agent=lambda name: f"say `@pytest.mark.gws_recording(agent={name!r})`",
    ignore=lambda pointers: f"`@pytest.mark.gws_recording(ignore={list(pointers)})`, or `gws_ignore` in the ini file",
    record="`--gws-record=new_episodes --gws-upstream URL`",
)


def happened(derived: Sequence[Derived]) -> Iterator[str]:
    """The calls of a run, what clients were told, and which call that answers, as `gws-inspector record` tells it; then
    the files that were accepted, but of which nobody was told.
    """
    told = [one for one in derived if not (isinstance(one, Finding) and one.severity is Severity.INFO)]
    latest = deque(map(str, lines(told)), _LATEST)
    if latest:
        yield "what its clients asked for (→) and were told (←):"
        yield from (f"  {line}" for line in latest)
    answered = {one.call for one in derived if isinstance(one, Cause)}
    sent = [one for one in derived if isinstance(one, Call) and one.operation in (UPLOAD, LINK) and one.accepted]
    for call in sent:
        if call.number not in answered:
            what = f"#{call.number} {call.operation} {plain(call.document_id)}"
            yield f"{what} was accepted, but no notification answers it"


def never_happened(verification: Verification, plans: Iterable[Plan]) -> Iterator[str]:
    """What is recorded, but was not asked for, or not told."""
    yield from _listed("recorded, but never asked for:", [unused(one) for one in verification.unused])
    data = {(one.exchange, one.position): one.data for plan in plans for told in plan.lists for one in told}
    events = sorted(verification.undelivered, key=lambda one: one.waits_for is not None and not one.asked)
    untold = [_untold(one, data.get((one.exchange, one.position), b"")) for one in events]
    yield from _listed("recorded, but never told:", untold)


def unused(one: Operation) -> str:
    """`#12 UploadFile POST /api/v2/me/chats/42`"""
    return plain(f"#{one.number} {f'{one.name} '.lstrip()}{one.method} {one.path}")


def _untold(one: Undelivered, data: bytes) -> str:
    what = _named(parse(orjson.loads(data))[0]) if data else ""
    return plain(f"{what or one.topic} (#{one.exchange}): {one.text.removeprefix('never delivered: ')}", 400)


def _named(notification: Notification | None) -> str:
    """Its kind, and the document or chat that it tells of."""
    if notification is None:
        return ""
    files: list[str] = []
    if isinstance(notification, MessageLogUpdated):
        files = [line.attachment.id for line in notification.messages if line.is_file and line.attachment]
    return f"{notification.kind} {' '.join(files) or notification.chat_id}".strip()


def _listed(head: str, told: Sequence[str]) -> Iterator[str]:
    if told:
        yield head
        yield from (f"  {one}" for one in told[:_NUMBERED])
    if len(told) > _NUMBERED:
        yield f"  and {len(told) - _NUMBERED} more"
