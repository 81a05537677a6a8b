"""Recordings of files that a test knows: an agent attaches each to a chat, sends it, and downloads it again."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from tests.analysis.arbitrary import CONNECT, CONNECTED, SHAKEN, SUBSCRIBED
from tests.analysis.shapes import CHAT, USERS, attachment, chat_has, sent
from tests.analysis.traffic import CHANNEL, ME, OK, TOPIC
from tests.recording.played import JSON, Field, Recording

COOKIE = ("Cookie", "JSESSIONID=sofia-1")
BYTES: Field = ("Content-Type", "application/octet-stream")

HOSTILE = {
    "formula": '=HYPERLINK("http://attacker.example/","open")',
    "plus": "+1+1",
    "minus": "-2+3",
    "at": "@SUM(1+1)*cmd|' /C calc'!A0",
    "tab": "\t=1+1",
    "return": "\r=1+1",
    "newline": "\n=1+1",
    "blanks": "  =1+1",
    "quoted": '"=1+1',
    "apostrophe": "'=1+1",
    "wide": "\uff1d1+1",
    "semicolon": "a;=1+1",
    "bidi": "invoice\u202efdp.exe",
    "nul": "a\0b.txt",
    "ansi": "\x1b[2J\x1b]0;owned\x07.txt",
    "long": "n" * 10_000 + ".txt",
    "up": "../../../../etc/passwd",
    "windows": "C:\\Windows\\system32\\evil.exe",
    "root": "/etc/passwd",
    "markup": '"><img src=x onerror=alert(1)>',
    "rich": "[bold red]x[/] [link=http://attacker.example]y[/link]",
}


@dataclass(frozen=True, slots=True)
class Sent:
    """A file, and what was made of it: `fields` are of the answer to its download, `back` its body if that differs."""

    name: str
    content: bytes
    mime: str = "text/plain"
    fields: Sequence[Field] = (BYTES,)
    back: bytes | None = None

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def document_of(number: int) -> str:
    return f"0001Pa{number:010X}"


def begin(path: Path, **options: Any) -> Recording:
    """A recorder, and an agent who has logged in and listens."""
    recording = Recording(path, **options)
    login = ("Authorization", "Basic c29maWE6b3Blbi1zZXNhbWU=")
    told = OK | {"user": {"id": USERS["sofia"], "userName": "sofia"}}
    recording.ask("GET", ME, b"", told, login, back_fields=(JSON, ("Set-Cookie", "JSESSIONID=sofia-1; Path=/")))
    recording.ask("POST", CHANNEL, CONNECT, SHAKEN, COOKIE)
    recording.ask("POST", CHANNEL, CONNECT, SUBSCRIBED, COOKIE)
    recording.ask("POST", f"{ME}/chats/{CHAT}", {"operationName": "Accept"}, OK, COOKIE)
    return recording


def send(recording: Recording, number: int, file: Sent) -> None:
    """One file through all of its life."""
    chat, document = f"{ME}/chats/{CHAT}", document_of(number)
    named = file.name if re.fullmatch(r"[\w.-]+", file.name, re.ASCII) else "f"
    form = f'--b\r\nContent-Disposition: form-data; name="attachment"; filename="{named}"\r\n\r\n'.encode()
    form += file.content + b"\r\n--b--\r\n"
    recording.ask("POST", f"{chat}/attachments", form, OK, COOKIE, ("Content-Type", "multipart/form-data; boundary=b"))
    shown = {"name": file.name, "mime": file.mime, "size": len(file.content)}
    _hear(recording, chat_has(attachment(document, **shown)))
    upload = {"operationName": "UploadFile", "documentId": document, "uploadType": "file-system"}
    recording.ask("POST", chat, upload | {"uploadPath": file.name, "description": file.name}, OK, COOKIE)
    told = {"name": file.name, "size": len(file.content), "fileId": f"file {number}"}
    _hear(recording, sent(document, index=10 + number, **told))
    back = file.content if file.back is None else file.back
    recording.ask("GET", f"{chat}/attachments/{document}", b"", back, COOKIE, back_fields=file.fields)


def recorded(path: Path, files: Sequence[Sent], **options: Any) -> Path:
    """A closed recording of these files, one after the other."""
    recording = begin(path, **options)
    for number, file in enumerate(files):
        send(recording, number, file)
    recording.close()
    assert recording.troubles == []
    return path


def _hear(recording: Recording, data: Any) -> None:
    told = orjson.dumps([{"channel": TOPIC, "data": data}, CONNECTED])
    recording.ask("POST", CHANNEL, CONNECT, told, COOKIE)
