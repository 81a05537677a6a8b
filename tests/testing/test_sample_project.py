"""The sample project, installed and run as its README says, by somebody who has nothing but pip and a checkout of ours.

Its environment is its own: pip makes our wheel and gets everything else as it does for users.
"""

import re
import sys
from pathlib import Path

import pytest

from tests.testing.projects import look_alike
from tests.testing.sample import CONVERSATION, PROJECT, copied, run

pytestmark = [pytest.mark.once, pytest.mark.xdist_group("sample project")]

ROOT = Path(__file__).parents[2]
README = (PROJECT / "README.md").read_text("utf-8")
INSTALL, SERVE, RECORD = re.findall(r"^```sh\n(.*?)\n```", README, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with its environment, by the README's own commands; our package is this checkout."""
    project = copied(tmp_path_factory.mktemp("reader"))
    environment, install, _ = INSTALL.split(" && ")
    _, *rest = environment.split()
    assert (rest, install) == (["-m", "venv", ".venv"], ".venv/bin/pip install '.[test]'")
    for command in ((sys.executable, *rest), (".venv/bin/pip", "install", "-q", str(ROOT), ".[test]")):
        done = run(*command, folder=project)
        assert done.returncode == 0, done.stdout + done.stderr
    return project


def passed(project: Path, *arguments: str) -> str:
    """What its tests print, by the commands of its own environment; all of them pass."""
    done = run(".venv/bin/pytest", "-p", "no:cacheprovider", *arguments, folder=project)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_what_is_installed_is_ours_and_not_this_checkout(project):
    command = "import inspector.pytest_plugin as one; print(one.__file__)"
    found = Path(run(".venv/bin/python", "-c", command, folder=project).stdout.strip())
    assert found.is_relative_to(project / ".venv")


def test_all_of_its_tests_pass(project):
    output = passed(project)
    assert "gws-inspector" in output.partition("collected")[0], "pytest tells which plugins are there"
    assert re.search(r"= 2\d passed in", output), output


def test_its_recording_is_made_again_by_the_command_that_it_names(project):
    command, *arguments = RECORD.split()
    assert command == ".venv/bin/pytest"
    assert SERVE.split()[:3] == [".venv/bin/python", "-m", "inspector.demo.server"]
    before = (project / CONVERSATION).read_bytes()
    with look_alike() as upstream:
        assert "1 passed" in passed(project, *(upstream if one.startswith("http:") else one for one in arguments))
    assert (project / CONVERSATION).read_bytes() != before
    passed(project)
