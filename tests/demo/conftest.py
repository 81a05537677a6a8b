"""A contact centre where it is always the moment of the UploadFile page's sample, and desktops for it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

import pytest

from inspector.demo.desktop import Desktop, at_desk
from inspector.demo.people import AGENT, User
from inspector.demo.server import LookAlike
from inspector.demo.serving import serving
from inspector.demo.world import World

COLLEAGUE = User("1" * 32, "toni", "let-me-in", "Toni", "Berg")
Desk = Callable[..., AbstractAsyncContextManager[Desktop]]


@pytest.fixture
def world() -> World:
    """At 2016-07-21 17:23:20 +0300, the whole time."""
    return World(users=(AGENT, COLLEAGUE), clock=lambda: 1469111000000)


@pytest.fixture
def colleague() -> User:
    return COLLEAGUE


@pytest.fixture
def look_alike(world: World) -> LookAlike:
    return LookAlike(world, lag=0)


@pytest.fixture
async def origin(look_alike: LookAlike) -> AsyncIterator[str]:
    async with serving(look_alike) as origin:
        yield origin


@pytest.fixture
def desk(origin: str) -> Desk:
    """Makes desktops for the served look-alike; by default the story's agent sits there."""

    def sit_down(user: User = AGENT, patience: float = 5.0) -> AbstractAsyncContextManager[Desktop]:
        return at_desk(origin, user.user_name, user.password, patience=patience, hope=0)

    return sit_down
