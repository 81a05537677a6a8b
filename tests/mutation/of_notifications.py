"""Mutations of what one notification says."""

from collections.abc import Callable
from typing import Any

from tests.analysis.operations import changed
from tests.analysis.shapes import API, CHAT, OTHER_CHAT, Json
from tests.mutation.mutation import (
    Do,
    Mutation,
    Where,
    all_files,
    calls,
    everything,
    line_at,
    lines,
    logs,
    mutation,
    path_of,
    states,
)
from tests.mutation.of_calls import less
from tests.mutation.tape import Change, Place, Tape

UNREAD = "GW402"
"""What a notification says that cannot be read, nobody was told."""


def in_data(change: Change) -> Do:
    """Everybody who is told is told so."""
    return lambda tape, place: tape.tells(tape.copies(place), change)


def in_line(tape: Tape, place: Place, change: Change) -> Tape:
    def log(data: Json) -> Json:
        told = list(data["messages"])
        told[place.line] = change(told[place.line])
        return data | {"messages": told}

    return tape.tells(tape.copies(place), log)


def line_is(**members: Any) -> Do:
    return lambda tape, place: in_line(tape, place, lambda line: line | members)


def attachment_is(**members: Any) -> Do:
    return lambda tape, place: in_line(tape, place, lambda one: one | {"attachment": one["attachment"] | members})


def stamped(change: Callable[[int], int]) -> Do:
    return lambda tape, place: in_line(
        tape, place, lambda one: one | {"timestampSeconds": change(one["timestampSeconds"])}
    )


def member_is(wrong: Any) -> Do:
    """A member of a line that cannot hold this; for a place and the member's name."""
    return lambda tape, where: in_line(tape, where[0], lambda line: line | {where[1]: wrong})


def with_names(*names: str) -> Callable[[Tape], list[Where]]:
    return lambda tape: [(place, name) for place in lines(tape) for name in names if name in line_at(tape, place)]


def attached(tape: Tape, *names: str) -> list[tuple[Place, str]]:
    return [(place, name) for place in all_files(tape) for name in names]


def leads_to(document: str) -> Do:
    """One of an attachment's addresses ends in another id."""

    def lead(tape: Tape, where: tuple[Place, str]) -> Tape:
        place, name = where
        return attachment_is(**{name: f"{API if name == 'uri' else ''}/attachments/{document}"})(tape, place)

    return lead


def of_a_list(tape: Tape) -> list[Place]:
    """Events that list attachments."""
    return [place for place in states(tape) if tape.data(place)["chat"].get("attachments")]


def listed(**members: Any) -> Do:
    def change(data: Json) -> Json:
        first, *others = data["chat"]["attachments"]
        return data | {"chat": data["chat"] | {"attachments": [first | members, *others]}}

    return in_data(change)


def elsewhere(tape: Tape, place: Place) -> Tape:
    """Only `chatUri` names another chat."""
    other = OTHER_CHAT if tape.data(place)["chatPath"].endswith(CHAT) else CHAT
    return in_data(lambda data: data | {"chatUri": f"{API}/chats/{other}"})(tape, place)


def fails_later(tape: Tape, call: int) -> Tape:
    """An Error is told by the poll that is answered next after the call."""
    chat = path_of(tape, call).split("/chats/")[1]
    error = changed("Error") | {"errorMessage": "it did not work", "chat": {"id": chat, "uri": f"{API}/chats/{chat}"}}
    return tape.tells_more(tape.next_poll(call), error)


def staying(tape: Tape) -> list[int]:
    """Calls whose agent is there to be told of an Error by itself."""
    return calls("AddAttachment", "UploadFile", "SendMessage", "AttachUserData", "SetDisposition")(tape)


def unlike(value: Any) -> Do:
    """An event whose data is no notification at all."""
    return in_data(lambda data: value)


def only(name: str) -> Callable[[Tape], list[Where]]:
    def places(tape: Tape) -> list[Where]:
        return [place for place in lines(tape) if name in line_at(tape, place)]

    return places


NOTIFICATIONS: dict[str, Mutation] = {
    "data that is a text": mutation("GW301", everything, unlike("nothing"), also=UNREAD),
    "data that is a list": mutation("GW301", everything, unlike([]), also=UNREAD),
    "a line without type": mutation(
        "GW301", lines, lambda tape, place: in_line(tape, place, lambda line: less(["type"], line)), also=UNREAD
    ),
    "a log without lines": mutation("GW301", logs, in_data(lambda data: less(["messages"], data)), also=UNREAD),
    "a log whose lines are an object": mutation(
        "GW301", logs, in_data(lambda data: data | {"messages": {}}), also=UNREAD
    ),
    "a member of a line with another type": mutation(
        "GW301",
        with_names("index", "from", "type", "text", "timestampSeconds"),
        member_is([{}]),
        also=UNREAD,
        hidden_by=["no index"],
    ),
    "a chat that is a text": mutation("GW301", states, in_data(lambda data: data | {"chat": CHAT}), also=UNREAD),
    "a listed attachment without id": mutation("GW301", of_a_list, listed(id=None), also=UNREAD),
    "an attachment without id": mutation("GW301", all_files, attachment_is(id=None), also=UNREAD),
    "a size that is a list": mutation(
        "GW301", all_files, attachment_is(size=[46]), also=UNREAD, hidden_by=["size as text"]
    ),
    "a file without attachment": mutation(
        "GW302",
        all_files,
        lambda tape, place: in_line(tape, place, lambda line: less(["attachment"], line)),
        also=UNREAD,
    ),
    "an attachment that is null": mutation("GW302", all_files, line_is(attachment=None), also=UNREAD),
    "an address of another document": mutation(
        "GW303", lambda tape: attached(tape, "path", "uri"), leads_to("0009elsewhere")
    ),
    "a time in microseconds": mutation("GW304", only("timestampSeconds"), stamped(lambda ms: ms * 1000)),
    "a time in another zone": mutation("GW304", only("timestampSeconds"), stamped(lambda ms: ms + 7 * 3_600_000)),
    "two chats": mutation("GW305", logs, elsewhere),
    "a kind of log that nobody lists": mutation(
        "GW306", logs, in_data(lambda data: data | {"notificationType": "OldMessages"})
    ),
    "a visibility that nobody lists": mutation("GW306", lines, line_is(visibility="Nobody")),
    "a message type that nobody lists": mutation(
        "GW306", states, in_data(lambda data: data | {"messageType": "ChatMessage"})
    ),
    "an Error afterwards": mutation("GW307", staying, fails_later),
    "an address on another host": mutation(
        "GW704",
        all_files,
        lambda tape, place: attachment_is(
            uri=f"https://backend.example/api/v2/attachments/{line_at(tape, place)['attachment']['id']}"
        )(tape, place),
    ),
    "a list with an address on another host": mutation(
        "GW704", of_a_list, listed(uri="https://backend.example/api/v2/attachments/x")
    ),
}
