"""Follows what is sent, for the lines of a policy that are about sending: when, how much, and with which words.

A file is sent when the others in the chat have it: when a line tells of it, for the first time. It was sent when it was
asked for or, if no call did that, when it was told. Nobody saw when the files of a transcript so far were sent: they
count for their chat, but are of no day.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from inspector.analysis import calls
from inspector.analysis.causes import FileTold
from inspector.analysis.chats import is_surely
from inspector.analysis.finding import named
from inspector.analysis.happenings import Asked, Happening, OfFile
from inspector.analysis.policy import Limits, Policy
from inspector.analysis.policy.hours import local
from inspector.analysis.recent import Recent
from inspector.analysis.watches.watch import Seen, Watch

DAYS = 2
"""Days that are counted at once: what was asked for before midnight may be told after what was asked for later."""
PEOPLE = 10_000
"""Sums of one day that are kept: lines can name whomever they like."""


@dataclass(frozen=True, slots=True)
class UploadAskedFor(Asked):
    """An UploadFile, whose description a policy has something to say of."""

    policy: Policy


@dataclass(frozen=True, slots=True)
class OfSending(OfFile):
    """Something about a file that was sent. A line that says no more than that is known by its call alone (GW302)."""

    @property
    def document_id(self) -> str:
        file, call = self.told.line.attachment, self.told.call
        return file.id if file else call.document_id if call else ""

    @property
    def name(self) -> str:
        file = self.told.line.attachment
        return (file.name or "") if file else ""

    def about(self, pointer: str) -> tuple[str, ...]:
        return named(self.document_id, self.message.chat_id)

    def pointer(self, member: str) -> str:
        """To a member of the line's attachment; to the line, if it has none."""
        line = f"/data/messages/{self.told.position}"
        return f"{line}/attachment/{member}" if self.told.line.attachment else line


@dataclass(frozen=True, slots=True)
class FileSentAt(OfSending):
    """A file was sent `at` this moment (µs since 1970, UTC)."""

    policy: Policy
    at: int


@dataclass(frozen=True, slots=True)
class FileCounted(OfSending):
    """With a file of `size` bytes, `files` and `total` bytes were sent. `limits` are those of the policy's `table`.

    `among`: which files, in words: `from agents in this chat`.
    """

    table: str
    limits: Limits
    among: str
    size: int
    files: int
    total: int


@dataclass(slots=True)
class _Sum:
    files: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class _Sender:
    """Whose a file is: `user` is what tells people apart, `name` what they are called; empty if nobody knows."""

    is_customer: bool
    user: str = ""
    name: str = ""


class Sendings(Watch):
    """Counts what one session sends, chat by chat and day by day, as far as a policy has limits."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._of_chats = [(name, limits) for name, limits in policy.limits if name.startswith("policy.chat")]
        self._of_days = [(name, limits) for name, limits in policy.limits if name.startswith("policy.day")]
        self._chats: defaultdict[str, defaultdict[str, _Sum]] = defaultdict(lambda: defaultdict(_Sum))
        self._days: Recent[date, Recent[tuple[str, str], _Sum]] = Recent(DAYS)

    @staticmethod
    def minds(policy: Policy | None) -> bool:
        """Whether a policy has any line that is about sending."""
        return policy is not None and bool(policy.limits or policy.windows is not None or policy.require_description)

    def started(self, seen: Seen) -> list[Happening]:
        """An UploadFile is asked for; of a body that is none, or was not kept, nothing can be said."""
        call = seen.call
        if call is None or call.operation != calls.UPLOAD or not self._policy.require_description:
            return []
        return [UploadAskedFor(call, self._policy)]

    def sent(self, told: FileTold) -> list[Happening]:
        """A line says that a file was sent."""
        if told.again or (told.line.attachment is None and told.call is None):
            return []
        sender, found = _sender(told), list[Happening]()
        if self._of_chats:
            found += self._in_chat(told, sender)
        if told.call is None and told.history:
            return found
        at = told.call.asked.at if told.call else told.message.at.at
        if self._policy.windows is not None:
            found.append(FileSentAt(told.message, told, self._policy, at))
        if self._of_days:
            found += self._on_day(told, sender, at)
        return found

    def forgotten(self, chat_id: str) -> None:
        self._chats.pop(chat_id, None)

    def _in_chat(self, told: FileTold, sender: _Sender) -> Iterator[FileCounted]:
        for name, limits in self._of_chats:
            if (whose := _whose(name, sender)) is not None:
                summed = self._chats[told.message.chat_id][name]
                yield _counted(told, name, limits, summed, f"{whose}in this chat")

    def _on_day(self, told: FileTold, sender: _Sender, at: int) -> Iterator[FileCounted]:
        moment = local(at, self._policy.time_zone)
        if moment is None:
            return
        day = moment.date()
        sums = self._days.get(day)
        if sums is None:
            sums = self._days[day] = Recent(PEOPLE)
        for name, limits in self._of_days:
            if (whose := _whose(name, sender)) is not None:
                key = name, sender.user if name.endswith("each_agent") else ""
                sums[key] = summed = sums.get(key) or _Sum()
                yield _counted(told, name, limits, summed, f"{whose}on {day} ({self._policy.time_zone})")


def _counted(told: FileTold, name: str, limits: Limits, summed: _Sum, among: str) -> FileCounted:
    file = told.line.attachment
    size = max(0, (file.bytes if file else 0) or 0)
    summed.files += 1
    summed.total += size
    return FileCounted(told.message, told, name, limits, among, size, summed.files, summed.total)


def _whose(table: str, sender: _Sender) -> str | None:
    """The files that a table of limits counts, in words that end with a blank; None if not this sender's."""
    match table.rpartition(".")[2]:
        case "agents":
            return None if sender.is_customer else "from agents "
        case "customers":
            return "from customers " if sender.is_customer else None
        case "each_agent":
            return f"from {sender.name} " if sender.user else None
    return ""


def _sender(told: FileTold) -> _Sender:
    """Whose a file is: the user's who is behind the line, or else behind the call."""
    by, agent = told.line.sender, told.call.agent if told.call else None
    if by is not None and by.type == "Customer":
        return _Sender(True)
    if agent is None and is_surely(told.line, told.message.agent):
        agent = told.message.agent
    user = (by.user_id if by and by.type == "Agent" else "") or (agent and (agent.user_id or agent.user_name)) or ""
    name = (agent and agent.user_name) or (by and by.nickname) or user
    return _Sender(False, user, name)
