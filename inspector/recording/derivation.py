"""What a recording means by today's rules: its events through the same analyst that judged them live."""

from collections.abc import Iterator

from inspector.analysis.analyst import AnalysisSettings, Analyst, Derived
from inspector.recording.reader import Recording
from inspector.recording.session import Session


def derive(recording: Recording, session: Session, settings: AnalysisSettings | None = None) -> Iterator[Derived]:
    """Everything that follows from the session's facts, in order; by default with the settings it was recorded with."""
    analyst = Analyst(settings or settings_of(session))
    for event in recording.events(session):
        yield from analyst.feed(event)
    yield from analyst.close(recording.ended(session))


def settings_of(session: Session) -> AnalysisSettings:
    """The settings that the session was judged with when it was recorded."""
    known = AnalysisSettings.__dataclass_fields__
    return AnalysisSettings(**{name: value for name, value in session.settings.items() if name in known})
