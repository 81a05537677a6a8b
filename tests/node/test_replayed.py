"""What the official CometD client saw of a server, it sees again of a stub that plays the recording, in that order."""

import asyncio
import json
from collections.abc import Callable

import pytest

from inspector.demo.world import PUBLIC_ORIGIN
from tests.node.programs import Json
from tests.node.visits import Visit, replayed

pytestmark = [pytest.mark.node, pytest.mark.xdist_group("visits")]  # a worker makes each visit only once


@pytest.fixture(params=["look-alike", "independent"])
def server(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("live", [(), ("--ack",)], ids=["plain", "acknowledged"])
@pytest.mark.parametrize("recorded", [(), ("--ack",)], ids=["recorded plain", "recorded acknowledged"])
def test_the_same_visit_again(
    node: str, visited: Callable[..., Visit], server: str, recorded: tuple[str, ...], live: tuple[str, ...]
) -> None:
    """Also by a client that acknowledges where the recorded one did not, and the other way round."""
    before = visited(server, *recorded)
    again, origin = asyncio.run(replayed(node, before, *live))
    assert _neutral(again.notifications, origin) == _neutral(before.notifications, PUBLIC_ORIGIN)
    assert _neutral(again.only("reply"), origin) == _neutral(before.only("reply"), PUBLIC_ORIGIN)
    assert again.only("transport") == before.only("transport")


def _neutral(lines: list[Json], origin: str) -> list[Json]:
    neutral: list[Json] = json.loads(json.dumps(lines).replace(origin, "http://origin"))
    return neutral
