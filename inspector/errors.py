"""Every error that a user can meet, one small family; the message says what to do next."""


class InspectorError(Exception):
    """Base of all our errors; `exit_code` is what the command returns (2: usage or unreadable input, 3: incomplete)."""

    exit_code = 2


class UsageError(InspectorError):
    """What was asked for cannot be done as asked: a bad option, a port in use, an unknown name."""


class SettingsError(InspectorError):
    """The settings file or the environment holds something that we do not understand."""


class RecordingError(InspectorError):
    """A recording that cannot be read: missing, not SQLite, truncated, of a newer schema."""


class NothingFound(InspectorError):
    """The recording is fine, but what was asked for is not in it."""


class RecordingIncomplete(InspectorError):
    """Something that crossed the wire could not be kept."""

    exit_code = 3


class BodyError(InspectorError):
    """A body that cannot be decoded: unknown or broken coding, or larger than the limit once decoded."""
