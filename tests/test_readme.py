"""The README is true: its commands are those that exist, its picture is what the demo shows."""

import re
from pathlib import Path

from click.testing import CliRunner

from inspector.analysis.rules import CATALOGUE
from inspector.cli import main
from inspector.cli.main import COMMANDS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def test_two_lines_do_the_set_up():
    demo, suite = (line for line in README.splitlines() if line.startswith("python3 -m venv"))
    assert demo == "python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/gws-inspector demo"
    assert suite == "python3 -m venv .venv && .venv/bin/pip install -e '.[test]' && .venv/bin/pytest"


def test_every_command_that_it_shows_exists_with_the_options_that_it_shows():
    for line in "\n".join(blocks("sh")).splitlines():
        if found := re.match(r"gws-inspector (\w+)(.*?)(?:#|$)", line):
            name, rest = found.groups()
            shown = CliRunner().invoke(main, [name, "--help"])
            assert shown.exit_code == 0, line
            for option in re.findall(r"(?<= )--?[a-z-]+", rest):
                assert re.search(rf"(?m)[ ,]{option}\b", shown.output), f"{line}: {option}"


def test_every_command_is_in_it():
    assert [name for name in COMMANDS if f"`{name}" not in README and f"gws-inspector {name}" not in README] == []


def test_the_table_of_rules_is_what_the_command_prints(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # where no settings are
    shown = CliRunner().invoke(main, ["rules", "--format", "markdown"])
    assert shown.exit_code == 0
    assert [line.split(" ")[1] for line in shown.output.splitlines()[2:]] == sorted(CATALOGUE)
    assert re.findall(r"(?:^\|.*\n)*^\| GW101 .*\n(?:^\|.*\n)*", README, re.MULTILINE) == [shown.output]


def test_the_picture_is_there_and_needs_no_network():
    (name,) = re.findall(r"!\[[^\]]*\]\((\S+\.svg)\)", README)
    picture = (ROOT / name).read_text("utf-8")
    assert "GW402" in picture.replace("&#160;", " ")
    assert "@font-face" not in picture
