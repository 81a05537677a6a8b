"""Faults in the API's own words: what a server does on a bad day, done on purpose. Each is armed, and used up.

    stub.faults.refuse("UploadFile", status_code=3)     the next one is refused; who asks again gets the recorded answer
    stub.faults.lose_notification("UploadFile")         accepted, but nobody is told
    stub.faults.delay("UploadFile", seconds=5)          the notification, and what stands behind it, comes later
    stub.faults.repeat("UploadFile")                    it comes twice
    stub.faults.before_reply("UploadFile")              it overtakes the reply
    stub.faults.expire_session()                        every Bayeux session ends now: 402, a new handshake
    stub.faults.cut_download(at=1000)                   the connection breaks after so many bytes

The same as values: `parse` takes them from JSON, `read` from a TOML file.
"""

from inspector.replay.faults.arming import Arming, Faults
from inspector.replay.faults.kinds import (
    BeforeReply,
    CutDownload,
    Delay,
    ExpireSession,
    Fault,
    LoseNotification,
    Refuse,
    Repeat,
    Spoiling,
)
from inspector.replay.faults.reading import parse, parse_all, read, value

__all__ = [
    "Arming",
    "BeforeReply",
    "CutDownload",
    "Delay",
    "ExpireSession",
    "Fault",
    "Faults",
    "LoseNotification",
    "Refuse",
    "Repeat",
    "Spoiling",
    "parse",
    "parse_all",
    "read",
    "value",
]
