"""A session in which nothing is wrong: two agents at work, as a recorder would have it; altered, it is the broken ones.

Sofia has a chat with files of all kinds, and invites Toni, who sends one as well; Toni has a chat of its own, too.
"""

from dataclasses import replace
from functools import cache
from typing import Any

from inspector.traffic.exchange import Exchange
from tests.analysis.operations import TONI, changed, data, lists, says
from tests.analysis.shapes import (
    CHAT,
    CUSTOMER,
    DOCUMENT,
    OTHER_CHAT,
    OTHER_DOCUMENT,
    USERS,
    Json,
    agent,
    attachment,
    chat_has,
    chat_is,
    file_line,
    line,
    log_has,
    sent,
)
from tests.analysis.traffic import CHANNEL, ME, OK, Desk, Wire
from tests.mutation.tape import Tape

MANUAL = "0002PaBMYY3600RM"
UNWANTED = "0003PaBMYY3600RU"
PHOTO = "0004PaBMYY3600RP"
NOTES = b"hello"
PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
    b"\x00\x00\x00\rIDATx\x9cc\xf8\xcf\xc0\xf0\x1f\x00\x05\x00\x01\xff\x89\x99=\x1d\x00\x00\x00\x00IEND\xaeB`\x82"
)
TEXT = b"Forty-six bytes of plain text".ljust(46, b".")
ADVICE = {"reconnect": "retry", "interval": 0, "timeout": 30_000}
LISTED = [attachment(DOCUMENT), attachment(OTHER_DOCUMENT, name="notes.txt", size=len(NOTES)), attachment(MANUAL)]


class Seat(Desk):
    """A desktop that is always told: one poll is held, and after its answer the next."""

    held: Exchange

    def shake_hands(self) -> None:
        asked = self.send({"channel": "/meta/handshake", "version": "1.0", "id": "1"})
        self.client = f"client{asked.number}"
        shaken = {"channel": "/meta/handshake", "successful": True, "clientId": self.client, "id": "1"}
        self.wire.answer(asked, [shaken | {"advice": ADVICE}])

    def listen(self) -> None:
        super().listen()
        self.held = self.poll()

    def upload(self, document: str = DOCUMENT, chat: str = CHAT) -> Exchange:
        """With the description that the policy wants."""
        return self.do("UploadFile", chat=chat, documentId=document, description="as asked for")

    def hear(self, *told: Any) -> int:
        self.wire.wait(3)
        answered = self.wire.tell(self.held, *told)
        self.wire.wait(2)
        self.held = self.poll()
        return answered

    def leave(self) -> None:
        gone = {"channel": "/meta/disconnect", "id": "9", "successful": True}
        self.wire.answer(self.send({"channel": "/meta/disconnect", "id": "9"}), [gone])
        self.wire.answer(self.held, [{"channel": "/meta/connect", "successful": True, "id": "5"}])


def take_a_seat(wire: Wire, user: str) -> Seat:
    """Logs in, is ready, and listens."""
    seat = Seat(wire, *wire.log_in(user).fields)
    wire.wait(30)
    wire.answer(seat.ask("POST", ME, {"operationName": "StartContactCenterSession", "channels": ["chat"]}))
    seat.listen()
    return seat


def done(call: Exchange, *told: tuple[Seat, Json], by: Wire, reply: Json = OK) -> None:
    """A call is accepted, and then these are told what came of it."""
    by.wait(12)
    by.answer(call, reply)
    by.wait(9)
    for seat, what in told:
        seat.hear(what)
    by.wait(150)


def idle(wire: Wire, *seats: Seat) -> None:
    """Nothing happens for more than a minute; polls are answered when their time is up."""
    for _ in range(3):
        wire.wait(30_000)
        for seat in seats:
            seat.hear()


def sends_files(wire: Wire, sofia: Seat) -> None:
    """One that the contact centre had, and one of its own; another it thinks better of."""
    existing = {
        "documentId": DOCUMENT,
        "uploadType": "standard-response",
        "uploadPath": "Greetings/Manual",
        "description": "A",
    }
    done(sofia.link(), (sofia, chat_has(*LISTED[:1])), by=wire)
    done(sofia.do("UploadFile", **existing), (sofia, sent()), by=wire)
    done(sofia.attach("notes.txt", NOTES), (sofia, chat_has(*LISTED[:2])), by=wire)
    told = sent(OTHER_DOCUMENT, index=9, name="notes.txt", size=len(NOTES))
    done(sofia.upload(OTHER_DOCUMENT), (sofia, told), by=wire)
    done(sofia.link(UNWANTED), (sofia, chat_has(*LISTED[:2], UNWANTED)), by=wire)
    done(sofia.unlink(UNWANTED), (sofia, chat_has(*LISTED[:2])), by=wire)
    wire.answer(sofia.get(f"/attachments/{OTHER_DOCUMENT}"), NOTES, ("Content-Type", "text/plain"))
    wire.answer(sofia.get(f"/attachments/{DOCUMENT}"), TEXT, ("Content-Type", "text/plain"))


def talks(wire: Wire, sofia: Seat) -> None:
    """Both type and say something; the customer sends a photo, which is looked at."""
    sofia.hear(says("TypingStarted", CUSTOMER, 10))
    photo = file_line(PHOTO, by=CUSTOMER, index=12, name="photo.png", size=len(PNG))
    sofia.hear(log_has(line("Text", CUSTOMER, 11, text="look"), photo))
    picture = ("Content-Type", "image/png")
    wire.answer(sofia.get(f"/attachments/{PHOTO}"), PNG, picture)
    done(sofia.do("SendStartTypingNotification"), (sofia, says("TypingStarted", index=13)), by=wire)
    done(sofia.do("SendMessage", text="nice"), (sofia, says("Text", index=14, text="nice")), by=wire)
    kept = {"color": "red", "n": 7}
    done(
        sofia.do("AttachUserData", userData=kept),
        (sofia, data(21, **kept)),
        by=wire,
        reply=OK | {"referenceId": 21},
    )
    done(sofia.do("SetInFocus"), (sofia, data(22, **kept)), by=wire, reply=OK | {"referenceId": 22})
    wire.answer(sofia.get(f"/me/chats/{CHAT}/messages"), OK | {"messages": []})


def confer(wire: Wire, sofia: Seat, toni: Seat) -> None:
    """Toni joins, sends a file, says something and goes."""
    both = lists(CUSTOMER, agent("sofia"), agent("toni")) | {"referenceId": 35}
    done(sofia.do("Invite", targetUri=TONI), (sofia, both), by=wire, reply=OK | {"referenceId": 35})
    toni.hear(chat_is("Invited"))
    joined = says("ParticipantJoined", "toni", 15)
    before = log_has(
        line("Text", CUSTOMER, 2, text="Hello"), file_line(index=7), line("Text", CUSTOMER, 11, text="look")
    )
    call = toni.do("Accept", nickname="Toni")
    done(call, (toni, chat_is()), (sofia, joined), (toni, before), by=wire)
    linked = chat_has(*LISTED)
    done(toni.link(MANUAL), (toni, linked), (sofia, linked), by=wire)
    told = sent(MANUAL, by="toni", index=16)
    done(toni.upload(MANUAL), (sofia, told), (toni, told), by=wire)
    said = says("Text", "toni", 17, text="bye")
    done(toni.do("SendMessage", text="bye"), (toni, said), (sofia, said), by=wire)
    gone = says("ParticipantLeft", "toni", 18)
    done(toni.do("Leave"), (toni, changed("StatusChange", 17, state="Completed")), (sofia, gone), by=wire)


def works_alone(wire: Wire, toni: Seat, sofia: Seat) -> None:
    """A chat with a file that was sent into another one, too."""
    toni.hear(chat_is("Invited", of=OTHER_CHAT))
    call = toni.do("Accept", chat=OTHER_CHAT, nickname="Toni")
    done(call, (toni, chat_is(of=OTHER_CHAT)), by=wire)
    toni.hear(log_has(line("Text", CUSTOMER, 1, text="Help"), of=OTHER_CHAT))
    listed = chat_has(DOCUMENT, of=OTHER_CHAT)
    done(toni.link(chat=OTHER_CHAT), (toni, listed), by=wire)
    told = sent(by="toni", index=3, of=OTHER_CHAT, fileId="file in the other chat")
    done(toni.upload(chat=OTHER_CHAT), by=wire)
    toni.hear()
    wire.answer(
        toni.ask("GET", ME), OK | {"user": {"id": USERS["toni"], "userName": "toni"}}
    )  # its page was loaded again
    toni.hear(told)
    idle(wire, sofia, toni)
    done(toni.do("LeaveAndComplete", chat=OTHER_CHAT), (toni, chat_is("Completed", of=OTHER_CHAT)), by=wire)


@cache
def clean() -> Tape:
    """The session; made once."""
    wire = Wire()
    wire.answer(wire.ask("GET", "/desktop/index.html"), b"<!doctype html>", ("Content-Type", "text/html"))
    sofia, toni = take_a_seat(wire, "sofia"), take_a_seat(wire, "toni")
    sofia.hear(chat_is("Invited"))
    wire.wait(800)
    call = sofia.do("Accept", nickname="Sofia")
    history = log_has(line("Text", CUSTOMER, 2, text="Hello"), file_line("before", by=CUSTOMER, index=3))
    done(call, (sofia, chat_is(participants=[agent("sofia"), CUSTOMER])), (sofia, history), by=wire)
    sends_files(wire, sofia)
    talks(wire, sofia)
    idle(wire, sofia, toni)
    confer(wire, sofia, toni)
    idle(wire, sofia, toni)
    done(sofia.do("SetDisposition", disposition="ok"), (sofia, data(34, DispositionCode="ok")), by=wire)
    done(sofia.do("Complete"), (sofia, chat_is("Completed")), by=wire)
    idle(wire, sofia, toni)
    works_alone(wire, toni, sofia)
    idle(wire, sofia, toni)
    for seat in (sofia, toni):
        seat.leave()
        wire.answer(seat.log_out())
    wire.wait(1_000)
    return _on_connections(Tape(tuple(wire.events), wire.now))


def _on_connections(tape: Tape) -> Tape:
    """Browsers hold a poll by one connection and ask by another."""
    for number, exchange in tape.exchanges.items():
        who = exchange.request.headers.get("cookie") or exchange.request.headers.get("authorization")
        how = "channel" if exchange.request.path == CHANNEL else "calls"
        tape = tape.altered(number, lambda one, name=f"{who} {how}": replace(one, connection=name))  # type: ignore[misc]
    return tape
