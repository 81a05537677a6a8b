"""What pytest printed, taken apart: how each test ended, and what is told of it."""

import re
from collections.abc import Mapping

ENDS = "PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS"


def outcomes(output: str) -> Mapping[str, list[str]]:
    """How each test ended, by its name without its file, in the order of the summary (`-rA`): `FAILED`, `ERROR`…"""
    found: dict[str, list[str]] = {}
    for end, name in re.findall(rf"(?m)^({ENDS}) \S+?\.py::(\S+)", output):
        found.setdefault(name, []).append(end)
    return found


def told(output: str, test: str) -> str:
    """All that is told of a test that went wrong: in its failure, and in its errors before and after it."""
    whole = re.split(r"(?m)^=+ short test summary info", output)[0]
    sections = re.split(r"(?m)^_{3,} (.+?) _{3,}$", re.sub(r"(?m)^={3,} .* ={3,}$", "", whole))
    pairs = zip(sections[1::2], sections[2::2], strict=True)
    return "\n".join(text for head, text in pairs if head.split(" ")[-1] == test)
