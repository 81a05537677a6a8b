"""How the tests are shared out among the workers of pytest-xdist."""

import pytest

APART = ("tests/live/", "tests/node/")
"""There a test takes seconds, and most of that it waits: each goes to whoever is free, but for those in groups."""


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist looks who belongs to which group
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All others go file by file. For whatever it hands out, the scheduler looks through all that it has handed out
    before: thousands of short tests one by one keep a core busy with that, and the workers waiting.
    """
    for item in items:
        file = item.nodeid.partition("::")[0]
        if not file.startswith(APART) and not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(file))
