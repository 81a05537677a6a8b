"""The plan of the house: what lies at the top, which floor may import which, and who may know mitmproxy."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

FLOORS = [
    {"cli"},
    {"pytest_plugin"},
    {"config"},
    {"testing"},
    {"demo"},
    {"replay", "audit"},
    {"proxy"},
    {"recording"},
    {"render"},
    {"analysis"},
    {"webservices"},
    {"traffic"},
    {"errors"},
]
"""From the top; rooms of one floor do not know each other."""

HEIGHT = {room: len(FLOORS) - number for number, floor in enumerate(FLOORS) for room in floor}

TOP = {"addons", "inspector", "tests", "recordings", "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md"}


def tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return listed.stdout.splitlines()


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room(path: Path) -> str:
    """The room that a source lies in; a root module is a room of its own."""
    return path.relative_to(ROOT / "inspector").parts[0].removesuffix(".py")


SOURCES = sorted((ROOT / "inspector").rglob("*.py"))


def test_the_top_level_is_fixed():
    assert {name.split("/")[0] for name in tracked() if not name.startswith(".")} == TOP


def test_every_room_has_a_floor():
    assert {room(path) for path in SOURCES} - {"__init__"} <= set(HEIGHT)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_floor_imports_only_floors_below_it(path):
    own = room(path)
    if own == "__init__":
        assert not [name for name in imports(path) if name.startswith("inspector")]
        return
    reached = {name.split(".")[1] for name in imports(path) if name.startswith("inspector.")} - {own, "__version__"}
    assert {other for other in reached if HEIGHT[other] >= HEIGHT[own]} == set()


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_the_proxy_room_knows_mitmproxy(path):
    if room(path) != "proxy":
        assert [name for name in imports(path) if name.split(".")[0] == "mitmproxy"] == []


def test_an_addon_shares_its_name_with_no_module_that_anybody_imports():
    # mitmproxy's script loader leaves addons/ first on sys.path for ever
    addons = {path.stem for path in (ROOT / "addons").glob("*.py")}
    used = {name.split(".")[0] for path in SOURCES for name in imports(path)}
    assert addons & (used | set(sys.stdlib_module_names) | {"inspector", "tests"}) == set()


def test_files_and_functions_stay_small():
    large = []
    for path in (*SOURCES, *sorted((ROOT / "addons").glob("*.py"))):
        text = path.read_text("utf-8")
        if text.count("\n") > (150 if path.parent.name == "addons" else 300):
            large.append(f"{path.name} has {text.count(chr(10))} lines")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or 0) - node.lineno + 1
                if lines > 50:
                    large.append(f"{path.name}: {node.name}() has {lines} lines")
    assert large == []
