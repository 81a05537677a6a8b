"""What the agents and chats of one script share: its time, its contact centre, and the wire between them."""

import itertools
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from inspector.demo.people import User
from inspector.demo.site import Site
from inspector.errors import UsageError
from inspector.replay.channel.comet import Comet
from inspector.testing.building.centre import Centre, Desks, Shelf
from inspector.testing.building.channel import HOLD_MS, Channel
from inspector.testing.building.timeline import Timeline
from inspector.testing.building.wire import Wire


class Script:
    """Begins when it is made; lines can be written while it is `open`."""

    def __init__(self, origin: str, began: datetime) -> None:
        self.timeline = Timeline(began)
        self.wire = Wire(origin, self.timeline)
        self.users = list[User]()
        self.shelf = Shelf({})
        self.centre = Centre(origin, self.users, {}, (), lambda: self.timeline.now_ms, self.shelf)
        self.site = Site(self.centre)
        self.site.logins = Desks(self.users)
        numbers = itertools.count(1)
        self.comet = Comet(
            new_id=lambda: uuid.uuid5(uuid.NAMESPACE_OID, f"client {next(numbers)}").hex, timeout_ms=HOLD_MS
        )
        self.channels = list[Channel]()
        self.open = False

    def check_open(self) -> None:
        """Raises UsageError if nothing can be written into it."""
        if not self.open:
            raise UsageError("a recording is built in its block: `with RecordingBuilder(path) as recording:`")

    @contextmanager
    def line(self) -> Iterator[None]:
        """A line of the script is written meanwhile. Raises UsageError if nothing can be."""
        self.check_open()
        with self.timeline.line():
            yield

    def end(self) -> None:
        """Time goes on until nobody waits for anything: what is still to come has come, polls have run out."""
        self.timeline.settle()
        for channel in self.channels:
            channel.no_more()
        self.timeline.run_out()
