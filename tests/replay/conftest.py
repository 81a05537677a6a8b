"""The demo's story, recorded once for all tests of a worker, and stubs that play it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from functools import partial

import pytest

from tests.replay.fronts import FRONTS, Front, Tale, playing, tell

Play = Callable[..., AbstractAsyncContextManager[Front]]


@pytest.fixture(scope="session")
def tale(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tale]:
    """The story, and a watch where its server was: at the end of every test nobody may have come there."""
    told = tell(tmp_path_factory.mktemp("tale") / "story.db")
    yield told
    told.watch.close()


@pytest.fixture(params=FRONTS)
def play(request: pytest.FixtureRequest, tale: Tale) -> Iterator[Play]:
    """Makes a stub behind each front in turn: of the story, or of the recording at `path`."""
    yield partial(playing, request.param, upstream=tale.upstream)
    assert tale.watch.connections() == 0, "somebody asked the recorded server"
