"""Mutations of which only the whole of a transfer shows that they are wrong."""

from collections.abc import Callable
from dataclasses import replace

from inspector.traffic.body import Body
from tests.analysis.shapes import API, CHAT, DOCUMENT, OTHER_CHAT, Json
from tests.mutation.clean import NOTES
from tests.mutation.judging import DENIED
from tests.mutation.mutation import (
    Do,
    Mutation,
    all_files,
    calls,
    document_linked_by,
    downloads,
    files,
    line_at,
    line_of,
    links,
    logs,
    mutation,
    new_files,
    path_of,
    states,
    upload_of,
)
from tests.mutation.of_calls import less
from tests.mutation.of_notifications import attachment_is, in_line, of_a_list
from tests.mutation.tape import Place, Tape

UPLOAD = "UploadFile"
HUGE = 3 * 1024 * 1024
"""Bytes: more than a customer may send by Chat Server's defaults."""
UNTYPED = ["agents without type"]
"""Whose line it is, is not sure then: of somebody else's file nothing is said."""


def link_dropped(tape: Tape, link: int) -> Tape:
    """Nobody linked the document, and no list names it."""
    document, chat = document_linked_by(tape, link), path_of(tape, link).split("/chats/")[1].partition("/")[0]

    def change(data: Json) -> Json:
        listed = [one for one in data["chat"].get("attachments", ()) if one["id"] != document]
        about = less(["attachments"], data["chat"]) | ({"attachments": listed} if listed else {})
        return data | {"chat": about}

    mine = [place for place in states(tape) if tape.data(place)["chat"]["id"] == chat]
    return tape.tells(mine, change).without(link)


def told_again(tape: Tape, place: Place, **members: str) -> Tape:
    """The line is told once more to everybody, by their next polls; its index and its attachment may differ."""
    told = in_line(tape, place, lambda one: one | {"index": 1_000, "attachment": one["attachment"] | members})
    data = told.data(place) if members else tape.data(place)
    for copy in tape.copies(place):
        tape = tape.tells_more(tape.next_poll(copy.exchange), data)
    return tape


def moved(tape: Tape, place: Place) -> Tape:
    """The line is told of in the other chat."""
    other = OTHER_CHAT if tape.data(place)["chatPath"].endswith(CHAT) else CHAT
    there = {"chatPath": f"/chats/{other}", "chatUri": f"{API}/chats/{other}"}
    places = tape.copies(place)
    return in_line(tape, place, lambda one: one | {"index": 1_000}).tells(places, lambda data: data | there)


def refused(tape: Tape, place: Place) -> Tape:
    no = {"statusCode": 2, "statusMessage": "not now"}
    return tape.answers(upload_of(tape, place), lambda body: body | no)


def after_the_end(tape: Tape, upload: int) -> Tape:
    """The agent asks for it again when it was told that the chat is over, and is refused."""
    who = tape.exchanges[upload].request.headers
    end = next(
        place.exchange
        for place in states(tape)
        if tape.exchanges[place.exchange].request.headers == who
        and tape.data(place)["chat"]["state"] == "Completed"
        and path_of(tape, upload).endswith(tape.data(place)["chat"]["id"])
    )
    tape = tape.with_more(tape.index(end), upload)
    return tape.answers(max(tape.exchanges), lambda body: {"statusCode": 2, "statusMessage": "it is over"})


def pressed_twice(tape: Tape, upload: int) -> Tape:
    """The button is pressed again, and the file is sent again."""
    place = line_of(tape, upload)
    last = max(tape.index(copy.exchange) for copy in tape.copies(place))
    return told_again(tape, place, fileId="sent again").with_more(last, upload)


def before_it_was_told(tape: Tape, upload: int) -> Tape:
    """The button is pressed again while the first one is under way; the second is refused."""
    tape = tape.with_more(tape.index(upload), upload)
    return tape.answers(max(tape.exchanges), lambda body: {"statusCode": 19, "statusMessage": "in use"})


def upload_dropped(tape: Tape, place: Place) -> Tape:
    return tape.without(upload_of(tape, place))


def upload_and_line_dropped(tape: Tape, place: Place) -> Tape:
    """The file was not sent: no transcript knows of it."""
    upload, file = upload_of(tape, place), line_at(tape, place)["attachment"]["fileId"]

    def change(data: Json) -> Json:
        return data | {"messages": [one for one in data["messages"] if one.get("attachment", {}).get("fileId") != file]}

    tape = tape.tells(logs(tape), change).without(upload)
    return tape.loses([place for place in logs(tape) if not tape.data(place)["messages"]])


def content(change: Callable[[bytes], bytes]) -> Do:
    """Other bytes come than those that are there."""
    return lambda tape, number: tape.answered(
        number, lambda one: replace(one, body=Body.of(change(one.body.content or b"")))
    )


def downloaded_own(tape: Tape) -> list[int]:
    """Downloads of files that were uploaded in this session."""
    new = {document_linked_by(tape, link) for link in new_files(tape)}
    return [number for number in downloads(tape) if path_of(tape, number).rpartition("/")[2] in new]


def of_text(tape: Tape) -> list[int]:
    """Downloads of texts that are not those."""
    plain = [number for number in downloads(tape) if tape.exchanges[number].request.path.endswith(DOCUMENT)]
    return [number for number in plain if number not in downloaded_own(tape)]


def customers_files(tape: Tape) -> list[Place]:
    return [place for place in all_files(tape) if line_at(tape, place)["from"]["type"] == "Customer"]


def named(name: str) -> Do:
    """A file has this name wherever it is named."""

    def rename(tape: Tape, place: Place) -> Tape:
        document, chat = line_at(tape, place)["attachment"]["id"], tape.data(place)["chatUri"]

        def change(data: Json) -> Json:
            files = [one | ({"name": name} if one["id"] == document else {}) for one in data["chat"]["attachments"]]
            return data | {"chat": data["chat"] | {"attachments": files}}

        lists = [one for one in of_a_list(tape) if tape.data(one)["chat"]["uri"] == chat]
        return attachment_is(name=name)(tape.tells(lists, change), place)

    return rename


TRANSFERS: dict[str, Mutation] = {
    "never linked": mutation("GW401", links, link_dropped),
    "never told of": mutation("GW402", files, lambda tape, place: tape.loses(tape.copies(place))),
    "never asked for": mutation("GW403", files, upload_dropped, hidden_by=UNTYPED),
    "told of twice": mutation(
        "GW404",
        files,
        lambda tape, place: told_again(tape, place, fileId="another"),
        hidden_by=[*UNTYPED, "no index"],
    ),
    "refused and sent": mutation("GW405", files, refused, also="GW202", hidden_by=UNTYPED),
    "asked for after the end": mutation("GW406", calls(UPLOAD), after_the_end, also="GW202 GW410"),
    "another name": mutation("GW407", files, attachment_is(name="other.txt")),
    "another size": mutation("GW407", files, attachment_is(size=4_711), also="GW501"),
    "another type": mutation("GW407", files, attachment_is(mime="image/png"), also="GW502"),
    "linked in vain": mutation("GW408", files, upload_and_line_dropped),
    "sent into another chat": mutation("GW409", files, moved, hidden_by=UNTYPED),
    "pressed twice": mutation("GW410", calls(UPLOAD), pressed_twice, also="GW402 GW404"),
    "pressed twice, once in vain": mutation("GW410", calls(UPLOAD), before_it_was_told, also="GW202"),
}

CONTENT: dict[str, Mutation] = {
    "a file that is shorter than told": mutation("GW501", downloads, content(lambda raw: raw[:-1]), also="GW508"),
    "a file that is longer than told": mutation("GW501", downloads, content(lambda raw: raw + b"."), also="GW508"),
    "a program instead of a text": mutation(
        "GW502", downloads, content(lambda raw: b"MZ\x90\x00\x03".ljust(len(raw), b"\x00")[: len(raw)]), also="GW508"
    ),
    "a name that the policy does not allow": mutation("GW503", files, named("setup.exe")),
    "a size that the policy does not allow": mutation(
        "GW407 GW504 GW509", files, attachment_is(size=HUGE), also="GW501"
    ),
    "a customer's file that is too large": mutation(
        "GW504 GW505 GW509", customers_files, attachment_is(size=HUGE), also="GW501"
    ),
    "bytes that the policy denies": mutation("GW512", downloads, content(lambda raw: DENIED), also="GW501 GW502 GW508"),
    "two names for the same bytes": mutation("GW507", of_text, content(lambda raw: NOTES), also="GW501"),
    "a name that is a path": mutation("GW506", files, named("..\\..\\evil.txt")),
    "a name with a control character": mutation("GW506", files, named("a\x07b.txt")),
    "other bytes than were uploaded": mutation("GW508", downloaded_own, content(lambda raw: raw[::-1])),
}
