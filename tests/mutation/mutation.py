"""What a mutation is, and where in a session things are that can be altered."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from inspector.traffic.exchange import Exchange
from tests.analysis.shapes import Json
from tests.analysis.traffic import CHANNEL
from tests.mutation.tape import Place, Tape, is_poll, told_in

Where = Any
"""A number of an exchange, a Place, or these with what of it is meant."""

Do = Callable[[Tape, Where], Tape]


@dataclass(frozen=True, slots=True)
class Mutation:
    """What is done (`do`, at any of the `places` of the clean session), and the `rules` that have to find it.

    `also`: what such traffic may break besides. `hidden_by`: harmless differences with which nobody could see it.
    """

    rules: frozenset[str]
    places: Callable[[Tape], Sequence[Where]]
    do: Do
    also: frozenset[str] = field(default=frozenset())
    hidden_by: frozenset[str] = field(default=frozenset())


def mutation(
    rules: str,
    places: Callable[[Tape], Sequence[Where]],
    do: Do,
    *,
    also: str = "",
    hidden_by: Sequence[str] = (),
) -> Mutation:
    return Mutation(frozenset(rules.split()), places, do, frozenset(also.split()), frozenset(hidden_by))


# where


def operation(exchange: Exchange) -> str:
    """The operation that an exchange asks for in JSON; empty if none."""
    request = exchange.request
    if request.method != "POST" or request.path == CHANNEL or request.parts:
        return ""
    return str(request.body.json()["operationName"])


def calls(*operations: str, but: Sequence[str] = ()) -> Callable[[Tape], list[int]]:
    """The calls of these operations, or of all."""

    def found(tape: Tape) -> list[int]:
        named = {number: operation(exchange) for number, exchange in tape.exchanges.items()}
        return [
            number
            for number, name in named.items()
            if name and name not in but and (not operations or name in operations)
        ]

    return found


def in_chats(tape: Tape) -> list[int]:
    """The calls that a chat is asked for."""
    return [number for number in calls()(tape) if "/chats/" in tape.exchanges[number].request.path]


def links(tape: Tape) -> list[int]:
    """All calls that link a document which is sent afterwards, new files included."""
    sent = {line["attachment"]["id"] for line in (line_at(tape, place) for place in files(tape))}
    found = [number for number in calls("AddAttachment")(tape) if _document(tape, number) in sent]
    return found + new_files(tape)


def new_files(tape: Tape) -> list[int]:
    return [number for number, exchange in tape.exchanges.items() if exchange.request.parts]


def downloads(tape: Tape) -> list[int]:
    return [number for number, exchange in tape.exchanges.items() if "/v2/attachments/" in exchange.request.path]


def lines(tape: Tape) -> list[Place]:
    """All lines of transcripts."""
    return [
        Place(place.exchange, place.position, number)
        for place, data in tape.told()
        if isinstance(data, dict)
        for number in range(len(data.get("messages", ())))
    ]


def line_at(tape: Tape, place: Place) -> Json:
    line: Json = tape.data(place)["messages"][place.line]
    return line


def all_files(tape: Tape) -> list[Place]:
    """The lines that say a file was sent, by whomever."""
    return [place for place in lines(tape) if line_at(tape, place).get("noticeText") == "file-uploaded"]


def files(tape: Tape) -> list[Place]:
    """Those of agents' files, where they are told first, in an event of their own."""
    found: dict[str, Place] = {}
    for place in all_files(tape):
        line = line_at(tape, place)
        if line["from"]["type"] == "Agent" and len(tape.data(place)["messages"]) == 1:
            found.setdefault(line["attachment"]["fileId"], place)
    return list(found.values())


def states(tape: Tape) -> list[Place]:
    """The events that tell of a chat's state."""
    return [place for place, data in tape.told() if "chat" in data]


def logs(tape: Tape) -> list[Place]:
    return [place for place, data in tape.told() if "messages" in data]


def everything(tape: Tape) -> list[Place]:
    return [place for place, _ in tape.told()]


def idle_polls(tape: Tape) -> list[int]:
    """Polls that were answered with nothing, while the client went on."""
    polls = [number for number, exchange in tape.exchanges.items() if is_poll(exchange) and len(told_in(exchange)) == 1]
    return polls[:-2]


# what belongs together


def upload_of(tape: Tape, place: Place) -> int:
    """The UploadFile that a line tells of."""
    line, chat = line_at(tape, place), tape.data(place)["chatPath"]
    return next(
        number
        for number in calls("UploadFile")(tape)
        if _document(tape, number) == line["attachment"]["id"] and tape.exchanges[number].request.path.endswith(chat)
    )


def line_of(tape: Tape, upload: int) -> Place:
    """Where it is told first what an UploadFile sent."""
    return next(place for place in files(tape) if upload_of(tape, place) == upload)


def document_linked_by(tape: Tape, link: int) -> str:
    """Of a new file the id is first told in the chat's list of attachments."""
    if not tape.exchanges[link].request.parts:
        return _document(tape, link)
    found: str = next(
        data["chat"]["attachments"][-1]["id"]
        for place, data in tape.told()
        if place.exchange > link - 10
        and "attachments" in data.get("chat", {})
        and tape.index(place.exchange) > tape.index(link)
    )
    return found


def path_of(tape: Tape, number: int) -> str:
    return tape.exchanges[number].request.path


def _document(tape: Tape, number: int) -> str:
    return str(tape.exchanges[number].request.body.json().get("documentId", ""))
