"""What a test did with its recording, for the end of the run."""

from collections.abc import Iterator
from typing import Any

from inspector.pytest_plugin.asked import asked
from inspector.pytest_plugin.leftovers.seen import SEEN, Played, real
from inspector.pytest_plugin.verdict import STAGED
from inspector.replay.control.shelf import Source
from inspector.replay.misses.likeness import operation_of
from inspector.replay.plans.opening import Prepared
from inspector.replay.plans.plan import Kind
from inspector.replay.stub import Settings
from inspector.testing.overhearing import Overhearing
from inspector.testing.playing import PlayedStub
from inspector.testing.stub import GwsStub


class AccountedStub(PlayedStub):
    """Knows afterwards which of the operations that it could have played were asked for."""

    def __init__(self, source: Source, settings: Settings | None = None) -> None:
        super().__init__(source, settings)
        self.recording = real(source.path)

    def tell(self, played: Played) -> None:
        """Adds what was done to what is known of the recording. A login is none of its operations: whoever leaves it
        out does not know whose the others are.
        """
        played.sessions.add(self._prepared.session.uuid)
        self._home.do(lambda: self._add(played))

    def _on_stage(self, prepared: Prepared, settings: Settings | None) -> Overhearing:
        self._prepared = prepared
        self._overheard = _Overheard(prepared.loaded, prepared.matcher, prepared.origins, settings)
        return self._overheard

    def _add(self, played: Played) -> None:
        loaded = self._prepared.loaded
        for plan in loaded.plans:
            for one in plan.recorded:
                if one.kind is Kind.OPERATION and one.number not in played.operations and one.key not in loaded.logins:
                    told = loaded.identities[one.number]
                    played.operations[one.number] = operation_of(told), told.method, told.path
        played.used.update(self._overheard.used())


class _Overheard(Overhearing):
    def used(self) -> Iterator[int]:
        """The operations that were asked for, of whoever a client may be playing: none of them shall lose its own."""
        yield from self.journal.uses
        for player in (player for client in self._cast.clients for player in client.players):
            recorded = player.plan.recorded
            yield from (recorded[index].number for index in player.plan.by_done if player.asked_for(index))


def note(item: Any, stub: GwsStub) -> None:
    """The test is over with its stub."""
    seen = item.config.stash[SEEN]
    if isinstance(stub, AccountedStub):
        played = seen.played[stub.recording]
        stub.tell(played)
        played.asked.update(filter(None, [asked(item).session]))
    else:
        seen.written.add(real(item.config.rootpath / item.stash[STAGED].recording))
