"""Workflow commands, read back by the rules of the runner (ActionCommand.cs: `::` first, escapes undone)."""

import re

from hypothesis import given, settings

from inspector.analysis.finding import Finding, Severity
from inspector.render.github import annotation, command
from tests.render.hostile import FINDINGS, NASTY, TEXTS


def unescaped(text, *pairs):
    for escape, character in pairs:
        text = text.replace(escape, character)
    return text


def read(output):
    """What a runner makes of these lines: level, properties and message of each command."""
    told = []
    for line in re.split("\r\n|\r|\n", output):
        assert line.lstrip().startswith("::"), f"a runner would look for an older command in {line!r}"
        head, _, message = line.lstrip()[2:].partition("::")
        level, _, rest = head.partition(" ")
        split = [one.split("=", 1) for one in rest.split(",") if one]
        properties = {
            name: unescaped(value, ("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%"))
            for name, value in split
        }
        told.append((level, properties, unescaped(message, ("%0D", "\r"), ("%0A", "\n"), ("%25", "%"))))
    return told


def test_a_finding_is_an_annotation_of_the_recording():
    finding = Finding("GW402", Severity.ERROR, 12, None, "accepted, but 100% silent: why?")
    line = annotation(finding, "accepted: no, really", "today,1.db", "session 1, #12")
    assert line == (
        "::error title=GW402 accepted%3A no%2C really,file=today%2C1.db"
        "::session 1, #12: accepted, but 100%25 silent: why?"
    )
    assert read(line) == [
        (
            "error",
            {"title": "GW402 accepted: no, really", "file": "today,1.db"},
            "session 1, #12: accepted, but 100% silent: why?",
        )
    ]


def test_levels_are_those_of_github():
    levels = {severity: read(command_of(severity))[0][0] for severity in Severity}
    assert levels == {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def command_of(severity):
    return annotation(Finding("GW101", severity, 1, None, "x"), "t", "f", "p")


def test_an_escape_that_was_in_the_text_stays_text():
    assert read(command("error", "a%0Ab", "c%3Ad%250A"))[0][1:] == ({"title": "a%0Ab"}, "c%3Ad%250A")


@settings(print_blob=True, deadline=None)
@given(finding=FINDINGS, title=TEXTS, file=TEXTS)
def test_no_text_breaks_out_of_its_line(finding, title, file):
    line = annotation(finding, title, file, finding.pointer)
    [(level, properties, message)] = read(line)
    assert level in ("error", "warning", "notice")
    assert properties.keys() == ({"title", "file"} if file else {"title"})
    assert not re.search("[\x00-\x1f\x7f-\x9f\u202e\ud800-\udfff]", line)
    assert line.encode()
    assert message.startswith(read(command("error", "", f"{finding.pointer}: "))[0][2][:50])


def test_what_looks_like_a_command_is_shown():
    [(_, _, message)] = read(annotation(Finding("GW101", Severity.ERROR, 1, None, NASTY), NASTY, NASTY, ""))
    assert r"\r\n::error::c\n##[error]d%0Ae\x1b[2J\u202eg" in message
