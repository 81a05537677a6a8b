"""JUnit XML as CI servers take it: any real parser reads it, and it obeys the schemas that they check it with."""

import re
import xml.etree.ElementTree as ElementTree

from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.render.junit import Case, Outcome, document

# From junit-10.xsd of Jenkins' xUnit plugin: required and allowed attributes, allowed children.
SCHEMA = {
    "testsuites": (set(), {"name", "time", "tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": (
        {"name", "tests", "failures", "errors"},
        {"name", "tests", "failures", "errors", "time", "skipped", "timestamp", "hostname", "id", "package"},
        {"testcase", "properties"},
    ),
    "testcase": ({"name"}, {"name", "time", "classname"}, {"skipped", "failure"}),
    "failure": (set(), {"type", "message"}, set()),
    "skipped": (set(), {"type", "message"}, set()),
}


def validated(text):
    """The document, once it has been found to obey both schemas."""
    root = ElementTree.fromstring(text)
    assert root.tag == "testsuites"
    for element in root.iter():
        required, allowed, children = SCHEMA[element.tag]
        assert required <= set(element.keys()) <= allowed
        assert {child.tag for child in element} <= children
    for suite in root.iter("testsuite"):
        cases = suite.findall("testcase")
        # Ant's JUnit.xsd counts in integers and allows a case one outcome, with a type
        assert int(suite.attrib["tests"]) == len(cases)
        assert int(suite.attrib["failures"]) == len(suite.findall("testcase/failure"))
        assert int(suite.attrib["skipped"]) == len(suite.findall("testcase/skipped"))
        assert suite.attrib["errors"] == "0"
        for case in cases:
            assert len(case) <= 1
            assert all(outcome.attrib["type"] for outcome in case)
            assert re.fullmatch(r"[0-9]+(\.[0-9]+)?", case.attrib["time"])
            for name in (case.attrib["name"], case.attrib["classname"], suite.attrib["name"]):
                assert name and name == " ".join(name.split(" ")) and not re.search(r"[\t\n\r]|^ | $", name)
    return root


def test_a_whole_report():
    report = document(
        "replay of demo.db",
        [
            Case("replay.operations", "#12 UploadFile"),
            Case("replay.operations", "#13 Accept", Outcome.SKIPPED, "unused", "never asked for"),
            Case("replay.misses", "1. <POST> &", Outcome.FAILED, "miss", 'no "answer"', "first line\nsecond <line>"),
        ],
    )
    assert report == (
        "<?xml version='1.0' encoding='us-ascii'?>\n"
        '<testsuites name="replay of demo.db" tests="3" failures="1" errors="0" time="0">\n'
        '  <testsuite name="replay of demo.db" tests="3" failures="1" errors="0" time="0" skipped="1">\n'
        '    <testcase classname="replay.operations" name="#12 UploadFile" time="0" />\n'
        '    <testcase classname="replay.operations" name="#13 Accept" time="0">\n'
        '      <skipped type="unused" message="never asked for" />\n'
        "    </testcase>\n"
        '    <testcase classname="replay.misses" name="1. &lt;POST&gt; &amp;" time="0">\n'
        '      <failure type="miss" message="no &quot;answer&quot;">first line\nsecond &lt;line&gt;</failure>\n'
        "    </testcase>\n"
        "  </testsuite>\n"
        "</testsuites>"
    )
    validated(report)


def test_no_case_is_a_report_too():
    assert validated(document("nothing", [])).find("testsuite").attrib["tests"] == "0"


def test_what_xml_cannot_write_is_spelt_out():
    report = document("s", [Case("g", "a\x00b", Outcome.FAILED, "k", "\x1b[31m\ufffe", "\udc80\x0b and \t tab")])
    [failure] = validated(report).iter("failure")
    assert (failure.attrib["message"], failure.text) == (r"\x1b[31m\ufffe", "\\udc80\\x0b and \t tab")
    assert r"a\x00b" in report


def test_a_name_is_right_in_whatever_encoding_the_report_is_written():
    report = document("s", [Case("g", "Käse 🧀.pdf")])
    assert report.isascii()
    assert next(validated(report.encode("cp1252")).iter("testcase")).attrib["name"] == "Käse 🧀.pdf"


CASES = st.builds(Case, st.text(), st.text(), st.sampled_from(Outcome), st.text(), st.text(), st.text())


@settings(print_blob=True, deadline=None)
@given(name=st.text(), cases=st.lists(CASES, max_size=5))
def test_whatever_is_told_the_report_is_valid(name, cases):
    root = validated(document(name, cases))
    outcomes = [case[0].tag if len(case) else "passed" for case in root.iter("testcase")]
    assert outcomes == [case.outcome for case in cases]
