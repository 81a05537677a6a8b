"""The README's tests are tests: they pass in the sample project, whose module they are about."""

import sys

import pytest

from tests.test_readme import blocks
from tests.testing.outcomes import outcomes
from tests.testing.sample import PROJECT, copied, run

pytestmark = pytest.mark.once

EXAMPLES = [block for block in blocks("python") if "def test_" in block]


def test_the_readme_has_one():
    assert EXAMPLES


def test_they_pass(tmp_path):
    project = copied(tmp_path)
    for number, example in enumerate(EXAMPLES):
        (project / "tests" / f"test_readme_{number}.py").write_text(example)
    chosen = (f"tests/test_readme_{number}.py" for number in range(len(EXAMPLES)))
    command = (sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rA", *chosen)
    done = run(*command, folder=project, PYTHONPATH=str(PROJECT / "src"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(outcomes(done.stdout)) >= len(EXAMPLES)
