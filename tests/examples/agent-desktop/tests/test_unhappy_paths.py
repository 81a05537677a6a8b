"""What the agent is told on bad days: one test, and everything that can go wrong with a file."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from agent_desktop import Chat, DamagedFile, Desktop, Outcome, Refused, Sent, Unheard
from recorded import CONVERSATION, GUIDE, PHOTO

SENT = Sent(GUIDE)


@dataclass(frozen=True)
class Day:
    """What became of the guide, how often the chat shows it, and what was saved of the customer's photo."""

    guide: Outcome = SENT
    shown: int = 1
    photo: bytes | None = PHOTO


def day(desktop: Desktop, chat: Chat) -> Day:
    """The agent sends the guide, and saves the photo that the customer sends."""
    guide = desktop.send_file(chat, GUIDE.id, GUIDE.name)
    photo = desktop.received_file(chat)
    try:
        saved = desktop.download(photo) if photo else None
    except DamagedFile:
        saved = None
    return Day(guide, chat.files("Agent").count(GUIDE), saved)


def case(name: str, spoil: Callable, expected: Day, patience: float = 5.0):
    """`patience`: where something never comes, nobody has to wait for long."""
    return pytest.param(spoil, expected, patience, id=name)


@pytest.mark.gws_recording(CONVERSATION)
@pytest.mark.parametrize(
    ("spoil", "expected", "patience"),
    [
        case("nothing goes wrong", lambda faults: None, Day()),
        case(
            "the server refuses to link it",
            lambda faults: faults.refuse("AddAttachment", status_code=18, message="enough"),
            Day(Refused("AddAttachment", 18, "enough"), shown=0, photo=None),
            patience=1.0,
        ),
        case(
            "the server refuses to send it",
            lambda faults: faults.refuse("UploadFile", status_code=3, message="not now"),
            Day(Refused("UploadFile", 3, "not now"), shown=0),
        ),
        case(
            "the server accepts it, and nobody gets it",
            lambda faults: faults.lose_notification("UploadFile"),
            Day(Unheard("UploadFile", GUIDE.id), shown=0),
            patience=1.0,
        ),
        case("the notification is late", lambda faults: faults.delay("UploadFile", seconds=0.2), Day()),
        case(
            "the notification is too late",
            lambda faults: faults.delay("UploadFile", seconds=1.5),
            Day(Unheard("UploadFile", GUIDE.id), shown=1),  # in the end the chat shows it all the same
            patience=1.0,
        ),
        case("the notification comes twice", lambda faults: faults.repeat("UploadFile"), Day()),
        case("the notification overtakes the reply", lambda faults: faults.before_reply("UploadFile"), Day()),
        case("the session expires", lambda faults: faults.expire_session("UploadFile"), Day()),
        case("the session had expired before", lambda faults: faults.expire_session(), Day()),
        case("the download breaks off", lambda faults: faults.cut_download(at=20), Day()),
        case("every download breaks off", lambda faults: faults.cut_download(times=0), Day(photo=None)),
    ],
)
def test_what_the_agent_is_told(gws_stub, desktop, chat, spoil, expected, patience):
    desktop.patience = patience
    spoil(gws_stub.faults)
    assert day(desktop, chat) == expected
    assert gws_stub.findings == []  # and the desktop has broken no rule meanwhile
