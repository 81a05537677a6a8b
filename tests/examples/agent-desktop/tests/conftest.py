"""A desktop at work, in front of the test's own stub."""

from collections.abc import Iterator

import pytest

from agent_desktop import Chat, Desktop, at_desk


@pytest.fixture
def desktop(gws_stub) -> Iterator[Desktop]:
    """Logged in and listening, without a socket: the recorded server answers in this process."""
    with at_desk("https://gws.test", "sofia", "any password", transport=gws_stub.transport) as desktop:
        yield desktop


@pytest.fixture
def chat(desktop: Desktop) -> Chat:
    """The recorded customer's chat, accepted."""
    chat = desktop.start_work()
    assert chat is not None and desktop.accept(chat, "Sofia")
    return chat
