"""What shows in notifications that an operation was done: the section "Notification" of each operation's page.

An effect looks at what was asked (a request's JSON members) and at one line of a transcript, or one change of a chat,
and says by which evidence that is the operation's doing; empty if it is not. It decides nothing else: whose line it
is, and whether another call fits better, is for whoever knows the session.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from inspector.webservices.model import after
from inspector.webservices.notifications import ChatMessage, ChatStateChange, Participant

Members = Mapping[str, Any]

EVERYBODY = frozenset({"All", "ALL"})
AGENTS = frozenset({"Agents", "Agent", "INT"})
"""`visibility` as the Chat API spells it, as version 3 does, and as Chat Server does."""

REMOVED = "REMOVE_PARTICIPANT_FROM_CONFERENCE"
"""What the text of a Notice begins with that sends a user out; the user's id follows (Chat API, remove participant)."""

VAGUE = frozenset({"type", "state", "participants"})
"""Evidence that fits every call of an operation; what was asked for does not show."""


@dataclass(frozen=True, slots=True)
class Effect:
    """`kind` names the edge from the call to the notification. `by_caller`: the line's sender has to be the caller."""

    kind: str
    by_caller: bool = True

    def in_line(self, asked: Members, line: ChatMessage) -> str:
        """The evidence in a line of a transcript."""
        return ""

    def in_change(self, asked: Members, change: ChatStateChange) -> str:
        """The evidence in a change of a chat."""
        return ""

    def in_history(self) -> bool:
        """Whether a transcript that is told from its begin is the evidence."""
        return False


@dataclass(frozen=True, slots=True)
class Says(Effect):
    """A line of a `type`, seen by `to`, in which a member is the same as in the request (`same`, its name).

    `like`: servers change the member's value on its way (an address is made whole): then the type alone must do.
    """

    type: str = "Text"
    to: frozenset[str] = EVERYBODY
    same: str = ""
    like: bool = False

    def in_line(self, asked: Members, line: ChatMessage) -> str:
        if line.type != self.type or (line.visibility is not None and line.visibility not in self.to):
            return ""
        if not self.same:
            return "type"
        told = {"text": line.text, "url": line.url, "noticeText": line.notice_text}[self.same]
        if told is not None and told == asked.get(self.same):
            return self.same
        return "type" if self.like else ""


@dataclass(frozen=True, slots=True)
class Becomes(Effect):
    """A change of the chat's state to one of `states`, as the caller sees it."""

    states: frozenset[str] = frozenset()

    def in_change(self, asked: Members, change: ChatStateChange) -> str:
        fits = change.notification_type in (None, "StatusChange") and change.chat is not None
        return "state" if fits and change.chat and change.chat.state in self.states else ""


@dataclass(frozen=True, slots=True)
class History(Effect):
    """The transcript so far, which is told to whoever takes a chat (Chat API, Accept)."""

    def in_history(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Lists(Effect):
    """`ParticipantsUpdated`: with the user whom a member of the request names (`user`), or with whomever."""

    user: str = ""

    def in_change(self, asked: Members, change: ChatStateChange) -> str:
        if change.notification_type != "ParticipantsUpdated" or change.chat is None:
            return ""
        if not self.user:
            return "participants"
        wanted = user_at(asked.get(self.user))
        people = [one for one in change.chat.participants or () if isinstance(one, Participant)]
        return self.user if wanted and any(one.user_id == wanted for one in people) else ""


@dataclass(frozen=True, slots=True)
class Moves(Effect):
    """A line that says that the user whom one of the request's members (`users`) names has come or gone (`type`)."""

    type: str = "ParticipantJoined"
    users: tuple[str, ...] = ("targetUri",)

    def in_line(self, asked: Members, line: ChatMessage) -> str:
        if line.type != self.type or line.sender is None:
            return ""
        return next((name for name in self.users if user_at(asked.get(name)) == line.sender.user_id != ""), "")


@dataclass(frozen=True, slots=True)
class SendsOut(Effect):
    """The agents' notice that a user was removed from a conference, which ends in the user's id."""

    users: tuple[str, ...] = ("userUri", "targetUri")

    def in_line(self, asked: Members, line: ChatMessage) -> str:
        text = line.text or ""
        if line.type != "Notice" or not text.startswith(REMOVED):
            return ""
        return next((name for name in self.users if text == REMOVED + (user_at(asked.get(name)) or "?")), "")


@dataclass(frozen=True, slots=True)
class Keeps(Effect):
    """User data with the keys and values that were asked for; values may have become text."""

    def in_change(self, asked: Members, change: ChatStateChange) -> str:
        wanted, told = asked.get("userData"), _user_data(change)
        if not isinstance(wanted, dict) or not wanted or told is None:
            return ""
        return "userData" if all(_same(told, key, value) for key, value in wanted.items()) else ""


@dataclass(frozen=True, slots=True)
class Drops(Effect):
    """User data without the keys that were to be deleted."""

    def in_change(self, asked: Members, change: ChatStateChange) -> str:
        keys, told = asked.get("keys"), _user_data(change)
        if not isinstance(keys, list) or not keys or told is None:
            return ""
        return "keys" if not any(isinstance(key, str) and key in told for key in keys) else ""


@dataclass(frozen=True, slots=True)
class Disposes(Effect):
    """User data with the disposition, under its own key or the one that was asked for."""

    def in_change(self, asked: Members, change: ChatStateChange) -> str:
        told, value = _user_data(change), asked.get("disposition")
        if told is None or value is None:
            return ""
        keys = [key for key in ("DispositionCode", asked.get("dispositionKey")) if isinstance(key, str)]
        return "disposition" if any(_same(told, key, value) for key in keys) else ""


@dataclass(frozen=True, slots=True)
class Appears(Effect):
    """A chat in which supervisors take part appears for the caller, who named none (Chat API, supervisors)."""

    def in_change(self, asked: Members, change: ChatStateChange) -> str:
        people = change.chat.participants or () if change.chat else ()
        seen = any(isinstance(one, Participant) and one.visibility == "Supervisors" for one in people)
        return "participants" if seen else ""


def user_at(uri: object) -> str:
    """The id of the user that a URI (`…/users/ID`) or path names; empty if it names none."""
    if not isinstance(uri, str):
        return ""
    return after(uri.partition("?")[0], "/users/").partition("/")[0]


def _user_data(change: ChatStateChange) -> dict[str, Any] | None:
    if change.notification_type not in (None, "PropertiesUpdated") or change.chat is None:
        return None
    return change.chat.user_data if isinstance(change.chat.user_data, dict) else None


def _same(told: dict[str, Any], key: str, value: Any) -> bool:
    if key not in told:
        return False
    return bool(told[key] == value) or (isinstance(value, int | float) and str(told[key]) == str(value))
