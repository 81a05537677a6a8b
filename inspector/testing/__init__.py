"""In tests: stubs of recordings in the process of the tests, what their clients said and heard, and recordings by hand.

Knows nothing of pytest; the plugin (`inspector/pytest_plugin/`) does.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from inspector.testing.building.builder import RecordingBuilder

__all__ = ["RecordingBuilder"]


def __getattr__(name: str) -> Any:
    """What is exported, loaded when somebody asks: who has a stub does not wait for what builds recordings."""
    if name == "RecordingBuilder":
        from inspector.testing.building.builder import RecordingBuilder

        return RecordingBuilder
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
