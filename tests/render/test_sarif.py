"""SARIF 2.1.0: a real parser reads it and knows every member of it."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel
from sarif_pydantic import Sarif

from inspector.analysis.finding import Finding, Severity
from inspector.analysis.rules import CATALOGUE
from inspector.render.machine import dump
from inspector.render.sarif import Found, document
from tests.render.hostile import FINDINGS, NASTY

RULES = [(rule, rule.severity) for _, rule in sorted(CATALOGUE.items())]
PARSER_LACKS = {"suppressions", "toolExecutionNotifications"}
"""Members of the standard (sections 3.27.23 and 3.20.21) that the parser does not know, or by another name."""


def strange(model):
    """Members that no class of the parser has."""
    if isinstance(model, list):
        return [name for one in model for name in strange(one)]
    if not isinstance(model, BaseModel):
        return []
    inner = [name for field in type(model).model_fields for name in strange(getattr(model, field))]
    return [*(model.model_extra or {}), *inner]


def validated(value):
    """The log as it is written, once it has been read."""
    log = json.loads(dump(value))
    assert set(strange(Sarif.model_validate(log))) <= PARSER_LACKS
    [run] = log["runs"]
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note")
        # a placeholder without arguments, or a link that traffic made, would be acted upon (sections 3.11.5, 3.11.6)
        text = result["message"]["text"]
        assert not re.search(r"[{}]", text.replace("{{", "").replace("}}", ""))
        assert not re.search(r"(?<!\\)\]\(", text)
        assert not re.search("[\x00-\x1f\x7f-\x9f\u202e\ud800-\udfff]", json.dumps(result, ensure_ascii=False))
    return run


def results(*found, recording="today.db", **how):
    return validated(document(Path(recording), RULES, found, **how))["results"]


def finding(rule="GW402", severity=Severity.ERROR, exchange=12, message=None, text="no", pointer="", about=()):
    return Finding(rule, severity, exchange, message, text, pointer, about=about)


def test_a_finding_says_which_rule_how_bad_and_where():
    [result] = results(
        Found(2, finding("GW303", message=1, text="a {b}", pointer="/data/messages/0", about=("D", "C")))
    )
    print_ = result.pop("partialFingerprints")
    assert list(print_) == ["case/v1"]
    assert result == {
        "ruleId": "GW303",
        "ruleIndex": sorted(CATALOGUE).index("GW303"),
        "level": "error",
        "message": {"text": "a {{b}}"},
        "locations": [
            {
                "physicalLocation": {"artifactLocation": {"uri": "today.db", "index": 0}, "region": {"startLine": 1}},
                "logicalLocations": [
                    {
                        "name": "/data/messages/0",
                        "fullyQualifiedName": "session 2/#12/message 1/data/messages/0",
                        "kind": "member",
                    }
                ],
            }
        ],
    }


def test_rules_tell_their_source_and_their_cure_and_the_severity_that_they_have_here():
    run = validated(document(Path("a.db"), [(CATALOGUE["GW402"], Severity.INFO)], []))
    [rule] = run["tool"]["driver"]["rules"]
    assert rule["defaultConfiguration"] == {"level": "note"}
    assert CATALOGUE["GW402"].source in rule["fullDescription"]["text"]
    assert rule["help"] == {"text": CATALOGUE["GW402"].cure}
    assert "helpUri" not in rule


def test_what_is_excused_is_suppressed():
    kept, excused = results(Found(1, finding()), Found(1, finding(), excused=True))
    assert "suppressions" not in kept
    assert excused["suppressions"] == [{"kind": "external"}]


def test_an_incomplete_recording_is_said_to_be_so():
    [invocation] = validated(document(Path("a.db"), RULES, [], "session 1 was cut"))["invocations"]
    assert invocation["toolExecutionNotifications"][0]["message"]["text"] == "session 1 was cut"


@pytest.mark.parametrize(
    ("recording", "uri"),
    [("a b/ü:#1.db", "a%20b/%C3%BC%3A%231.db"), ("/a b/c.db", "file:///a%20b/c.db"), ("\udc80.db", "%80.db")],
)
def test_the_recording_is_named_by_a_uri(recording, uri):
    [result] = results(Found(1, finding()), recording=recording)
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


def prints(*found):
    return [result["partialFingerprints"]["case/v1"] for result in results(*found)]


def test_a_fingerprint_is_the_same_in_every_run_and_tells_cases_apart():
    first = Found(1, finding(pointer="/documentId", about=("D", "C")))
    changed = {"exchange": 99, "severity": Severity.INFO, "text": "other words"}
    later = Found(2, finding(pointer="/documentId", about=("C", "D"), **changed))
    assert prints(first) == prints(later)
    others = (
        Found(1, finding(pointer="/documentId", about=("E", "C"))),
        Found(1, finding(pointer="/x", about=("D", "C"))),
        Found(1, finding("GW401", pointer="/documentId", about=("D", "C"))),
    )
    assert len({*prints(first, later, *others)}) == 5, "a case that is there twice is told apart, too"


@settings(print_blob=True, deadline=None)
@given(found=st.lists(st.builds(Found, st.integers(1, 9), FINDINGS, st.booleans())))
def test_whatever_is_told_the_log_is_valid(found):
    assert len(results(*found, trouble=NASTY)) == len(found)
