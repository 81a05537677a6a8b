"""A recording played for one test, and the real server behind it for what the recording does not know yet."""

from functools import partial

from inspector.errors import RecordingIncomplete
from inspector.recording.recorder import Recorder
from inspector.replay.control.shelf import Source
from inspector.replay.plans.keeping import places_of
from inspector.replay.plans.opening import Prepared
from inspector.replay.spy.spying import Spy
from inspector.replay.stub import Settings
from inspector.testing.overhearing import Overhearing
from inspector.testing.playing import PlayedStub
from inspector.traffic.redaction import Places


class ExtendedStub(PlayedStub):
    """What `upstream` answers is kept in the file that is played, as a session that adds to the one that is; secrets
    are redacted where they were in that one, and in `places`. Raises what `prepare` raises, and UsageError for what is
    no server.
    """

    def __init__(self, source: Source, settings: Settings, upstream: str, places: Places | None = None) -> None:
        self._upstream = upstream
        self._places = places or Places()
        self._spy: Spy | None = None
        self._recorders = list[Recorder]()
        super().__init__(source, settings)
        _ = self._home.loop  # it runs by itself: the server may have something to tell while nobody asks

    @property
    def has_added(self) -> bool:
        """Whether there was anything to keep."""
        return bool(self._recorders)

    def close(self) -> None:
        """Raises RecordingIncomplete if something could not be kept."""
        super().close()
        spy, self._spy = self._spy, None
        if spy:
            self._home.run(spy.aclose())
            if spy.failure:
                raise RecordingIncomplete(spy.failure)

    def _on_stage(self, prepared: Prepared, settings: Settings | None) -> Overhearing:
        make = partial(
            Recorder,
            self._source.path,
            self._upstream,
            parent=prepared.session.uuid,
            places=places_of(prepared.session) | self._places,
        )

        def recorder() -> Recorder:
            self._recorders.append(make())
            return self._recorders[-1]

        keep_origins = settings.keep_origins if settings else False
        self._spy = Spy(self._upstream, recorder=recorder, keep_origins=keep_origins)
        return Overhearing(prepared.loaded, prepared.matcher, prepared.origins, settings, self._spy)
