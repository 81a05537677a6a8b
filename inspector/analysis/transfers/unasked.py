"""Lines that say a file was sent, of which no upload is left that they could belong to: what about them is amiss.

Only what the recorded user surely did can be. A line that an upload in another chat may have made waits for what
becomes of that one: told of in its own chat as well, it had nothing to do with the line.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from inspector.analysis.calls import Call
from inspector.analysis.causes import FileTold
from inspector.analysis.chats import Chat, is_surely
from inspector.analysis.happenings import FileElsewhere, FileToldAgain, FileUnasked, Happening, SentThoughRefused
from inspector.webservices.notifications import ChatMessage

REMEMBERED = 64
"""Lines of one chat that another agent was told of first, and lines that wait; more are not under discussion."""

Name = tuple[str | None, int | None]


@dataclass(slots=True, eq=False)
class _Stray:
    """A line, and the uploads in other chats that may have made it."""

    told: FileTold
    from_start: bool
    uploads: set[int]


class Unasked:
    """Judges the lines of one session's chats that nobody asked for."""

    def __init__(self, window_ms: int) -> None:
        self._window = window_ms * 1000
        self._told: dict[str, dict[int, Name]] = {}
        self._unheard: dict[str, dict[Name, None]] = {}
        self._strays: list[_Stray] = []

    def told(self, told: FileTold, upload: Call) -> None:
        """A line, not of a transcript so far, is this upload's."""
        self._told.setdefault(told.message.chat_id, {})[upload.number] = _name(told.line)

    def judged(self, told: FileTold, chat: Chat, uploads: list[Call]) -> Iterator[Happening]:
        """A new line; `uploads` are those of the document that are awaited in other chats."""
        line = told.line
        own_uploads = {call.number for call in uploads if is_surely(line, call.agent)}
        if (refused := told.refused) and self._is_its(told, refused):
            yield SentThoughRefused(told.message, told, refused)
        elif told.before is not None and (not own_uploads or is_surely(line, told.before.agent)):
            own = is_surely(line, told.before.agent) or is_surely(line, told.message.agent)
            if own and self._is_another(line, chat.id, told.before):
                yield FileToldAgain(told.message, told, told.before)
        elif own_uploads:
            self._strays = [*self._strays, _Stray(told, chat.from_start, own_uploads)][-REMEMBERED:]
        elif is_surely(line, told.message.agent):
            yield from _unasked(told, chat.from_start)
        elif line.sender and line.sender.user_id:
            unheard = self._unheard.setdefault(chat.id, {})
            unheard[_name(line)] = None
            if len(unheard) > REMEMBERED:
                del unheard[next(iter(unheard))]

    def heard(self, told: FileTold, chat: Chat) -> Iterator[Happening]:
        """A line is told again; perhaps, at last, to whom it comes from."""
        name, unheard = _name(told.line), self._unheard.get(chat.id)
        if unheard and name in unheard and is_surely(told.line, told.message.agent):
            del unheard[name]
            yield from _unasked(told, chat.from_start)

    def settled(self, upload: Call) -> Iterator[Happening]:
        """What an upload led to is known (it was told of in its own chat), or that it led to nothing."""
        for stray in [stray for stray in self._strays if upload.number in stray.uploads]:
            stray.uploads.discard(upload.number)
            if not stray.uploads:
                self._strays.remove(stray)
                if is_surely(stray.told.line, stray.told.message.agent):
                    yield from _unasked(stray.told, stray.from_start)

    def lost(self, upload: Call) -> FileElsewhere | None:
        """An upload's own chat stayed silent: where it went instead, if that is known."""
        stray = next((stray for stray in self._strays if upload.number in stray.uploads), None)
        if stray is None:
            return None
        self._strays.remove(stray)
        return FileElsewhere(stray.told.message, stray.told, upload)

    def forgotten(self, chat_id: str, uploads: set[int]) -> None:
        """The chat was over long ago, with these uploads."""
        self._told.pop(chat_id, None)
        self._unheard.pop(chat_id, None)
        for stray in self._strays:
            stray.uploads -= uploads
        self._strays = [one for one in self._strays if one.uploads and one.told.message.chat_id != chat_id]

    def _is_its(self, told: FileTold, refused: Call) -> bool:
        """Whether the line is what was refused: of its agent, soon after it, and nothing came of a later upload."""
        recent = refused.done is not None and told.message.at.mono <= refused.done.mono + self._window
        later = told.before is not None and told.before.number > refused.number
        return recent and not later and is_surely(told.line, refused.agent)

    def _is_another(self, line: ChatMessage, chat_id: str, upload: Call) -> bool:
        """Whether the line is not the one that the upload had: kinds of notification differ in which names they show,
        so one name must be there twice, and differ."""
        before = self._told.get(chat_id, {}).get(upload.number)
        if before is None:
            return False
        (file_id, index), (other_file_id, other_index) = before, _name(line)
        if file_id and other_file_id:
            return file_id != other_file_id
        return index is not None and other_index is not None and index != other_index


def _unasked(told: FileTold, from_start: bool) -> Iterator[Happening]:
    if from_start:
        yield FileUnasked(told.message, told, told.refused)


def _name(line: ChatMessage) -> Name:
    return (line.attachment.file_id if line.attachment else None), line.index
