"""By which names and addresses a proxy would reach itself."""

import socket

import pytest

from inspector.proxy.own import leads_to

HOME = [("127.0.0.1", 8080)]
ANYWHERE = [("0.0.0.0", 8080)]


@pytest.mark.parametrize(
    ("host", "port", "own", "reached"),
    [
        ("127.0.0.1", 8080, HOME, True),
        ("localhost", 8080, HOME, True),
        ("LOCALHOST", 8080, HOME, True),
        ("0.0.0.0", 8080, HOME, True),
        ("::ffff:127.0.0.1", 8080, HOME, True),
        ("2130706433", 8080, HOME, True),
        ("127.0.0.1", 8081, HOME, False),
        ("127.0.0.2", 8080, HOME, False),
        ("192.0.2.1", 8080, HOME, False),
        ("none.invalid", 8080, HOME, False),
        ("a" * 70 + ".b", 8080, HOME, False),
        ("127.0.0.1", 8080, ANYWHERE, True),
        ("192.0.2.1", 8080, ANYWHERE, False),
        ("::1", 8080, [("::1", 8080)], True),
        ("127.0.0.1", 8080, [], False),
    ],
)
async def test_what_leads_to_ourselves(host: str, port: int, own: list[tuple[str, int]], reached: bool) -> None:
    assert await leads_to(host, port, own) is reached


async def test_the_name_of_this_machine() -> None:
    name = socket.gethostname()
    try:
        address = socket.gethostbyname(name)
    except OSError:
        pytest.skip("this machine does not know its own name")
    assert await leads_to(name, 8080, [(address, 8080)])
    assert await leads_to(name, 8080, ANYWHERE)
