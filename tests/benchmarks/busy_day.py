"""A recording of N exchanges with M transfers among them: what an auditor is handed after some weeks.

It holds facts only, as an import leaves them; most transfers went well, some did not. `check --save` derives.

python -m tests.benchmarks.busy_day FILE 1000000 50000
"""

import argparse
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from inspector.traffic.exchange import Request
from tests.benchmarks import working_day
from tests.benchmarks.conversation import Conversation
from tests.benchmarks.desk import Desk, Json, Moment

_EACH = 2_000
"""Exchanges for which there is one agent more, up to _AGENTS."""
_AGENTS = 60
_MOST = 7
"""Files of one chat."""

_KINDS: dict[str, tuple[str, bytes]] = {
    "txt": ("text/plain", b""),
    "pdf": ("application/pdf", b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"),
    "png": ("image/png", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x01\x00\x00\x00\x01\x00\x08\x02\x00\x00\x00"),
    "jpg": ("image/jpeg", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"),
    "gif": ("image/gif", b"GIF89a\x01\x00\x01\x00\x80\x00\x00"),
}
_FATES = {"told": 84, "told first": 6, "refused": 4, "lost": 3, "left": 3}
"""What becomes of an agent's file, by how often: its notification comes after the reply, before it, or never since the
call is refused; it is accepted and lost; nobody sends it."""


class Plan:
    """How many transfers there are to be, evenly over the day."""

    def __init__(self, exchanges: int, transfers: int, agents: int) -> None:
        self.begun = self._planned = 0
        # chats that the end of the recording cuts off have no files left to send
        self._until = max(exchanges - agents * 200, exchanges // 2)
        self._transfers = transfers

    def next(self) -> int:
        """The files of the next chat."""
        due = min(self._transfers, -(-self._transfers * self.begun // self._until) + 1) - self._planned
        files = min(_MOST, max(0, due))
        self._planned += files
        return files


class Busy(Conversation):
    """A chat in which `files` cross the wire, whatever becomes of them."""

    def __init__(self, desk: Desk, number: int, files: int) -> None:
        super().__init__(desk, number)
        self._files = files

    def moments(self) -> Iterator[Moment]:
        yield from self._desk.told(self._state("Invited", "StatusChange", capabilities=["Accept", "Reject"]))
        yield from self._accepted()
        stories = (self._attached, self._uploaded, self._received)
        for _ in range(self._files):
            yield from self._talked(1)
            yield from self._desk.random.choice(stories)()
        yield from self._talked(self._desk.random.randint(1, 3))
        yield from self._closed()

    def _sent(self, file: Json) -> Iterator[Moment]:
        [fate] = self._desk.random.choices(list(_FATES), _FATES.values())
        if fate == "told":
            yield from super()._sent(file)
            return
        yield from self._linked(file)
        call = {"operationName": "UploadFile", "documentId": file["id"]}
        if fate == "told first":
            asked = self._desk.call("POST", self._path, call)
            yield next(asked)
            yield from self._desk.told(self._log(self._file_line(file, self._agent)))
            yield from asked
        elif fate == "refused":
            refusal = {"statusCode": 6, "statusMessage": "The file could not be read."}
            yield from self._desk.call("POST", self._path, call, answer=refusal)
        elif fate == "lost":
            yield from self._desk.call("POST", self._path, call)

    def _file(self) -> Json:
        chance = self._desk.random
        file = super()._file()
        kind = chance.choice(list(_KINDS))
        # some are not what they are called
        known = file | {
            "name": f"{self._says(2)} {self._documents}.{kind}",
            "kind": kind,
            "lines": chance.randint(5, 80),
        }
        declared = kind if chance.random() < 0.98 else "pdf"
        return known | {"mime": _KINDS[declared][0], "size": len(self._content(known))}

    def _content(self, file: Json) -> bytes:
        """The file's content: up to some kilobytes, of no other file."""
        lines = (b"%s, line %d\r\n" % (file["id"].encode(), n) for n in range(file.get("lines", 1)))
        return _KINDS[file.get("kind", "txt")][1] + b"".join(lines)


def recording(path: Path, exchanges: int, transfers: int) -> Path:
    """A recording of as many, without anything derived."""
    agents = max(2, min(_AGENTS, exchanges // _EACH))
    plan = Plan(exchanges, transfers, agents)
    return working_day.recording(path, exchanges, [_day(Desk(number), plan) for number in range(agents)])


def _day(desk: Desk, plan: Plan) -> Iterator[Moment]:
    for moment in _moments(desk, plan):
        plan.begun += isinstance(moment.what, Request)
        yield moment


def _moments(desk: Desk, plan: Plan) -> Iterator[Moment]:
    yield from desk.begin()
    for number in count(1):
        yield from Busy(desk, number, plan.next()).moments()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("exchanges", type=int)
    parser.add_argument("transfers", type=int)
    given = parser.parse_args()
    recording(given.file, given.exchanges, given.transfers)


if __name__ == "__main__":
    main()
