"""The wheel holds what runs, and nothing that would land in anybody's top level."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from inspector.audit.report.page_files import SCRIPTS, STYLES

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    # built from here with the tools that are installed: what an isolated build would fetch is no matter of the wheel
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    (path,) = folder.glob("*.whl")
    return zipfile.ZipFile(path)


def test_the_wheel_has_one_top_level_name(wheel):
    tops = {name.split("/")[0] for name in wheel.namelist() if ".dist-info/" not in name}
    assert tops == {"inspector"}


def test_the_addons_travel_inside_the_package(wheel):
    assert {"inspector/_addons/record.py", "inspector/demo/tour.svg", "inspector/py.typed"} <= set(wheel.namelist())


def test_the_report_has_its_page_with_it(wheel):
    shipped = {Path(name).name for name in wheel.namelist() if name.startswith("inspector/audit/report/page/")}
    assert shipped == {"begin.html", "end.html", *STYLES, *SCRIPTS}


def test_the_example_of_a_policy_is_with_it(wheel):
    assert "inspector/analysis/policy/example.toml" in wheel.namelist()


def test_the_description_of_the_control_address_is_with_it(wheel):
    assert "inspector/replay/control/openapi.json" in wheel.namelist()


def test_the_command_and_the_name_are_those_of_the_readme(wheel):
    (entry,) = (name for name in wheel.namelist() if name.endswith("entry_points.txt"))
    assert "gws-inspector = inspector.cli:main" in wheel.read(entry).decode()
    assert entry.startswith("gws_inspector-")
