"""What a stub was asked: every request counts, the last ones are kept, and a run that went wrong is seen to have."""

import xml.etree.ElementTree as ElementTree

import orjson
import pytest

from inspector.render.junit import document
from inspector.replay.journal import KEPT, Entry, Journal, Operation, Undelivered, cases, value
from inspector.replay.matching import Identity
from inspector.replay.misses.miss import explain
from inspector.replay.misses.nearest import Candidate

CHAT = "/api/v2/me/chats/42"
UPLOAD = Operation(12, "UploadFile", "POST", CHAT)
LEAVE = Operation(15, "Leave", "POST", CHAT)


def miss(path=CHAT, recorded=()):
    return explain(Identity("GET", path, (), True, "empty", b""), recorded)


@pytest.fixture
def journal():
    return Journal()


def test_every_request_counts_once(journal):
    journal.answered(1.0, "POST", CHAT, 12)
    journal.answered(2.0, "OPTIONS", CHAT)
    journal.faulted(3.0, "POST", CHAT, "refuse with 5", 15)
    journal.missed(4.0, "GET", "/x", miss("/x"))
    assert (journal.asked, journal.answers, journal.faults, journal.misses) == (4, 2, 1, 1)
    assert journal.entries == [
        Entry(1.0, "POST", CHAT, 12, None, ""),
        Entry(2.0, "OPTIONS", CHAT, None, None, ""),
        Entry(3.0, "POST", CHAT, 15, None, "refuse with 5"),
        Entry(4.0, "GET", "/x", None, miss("/x"), ""),
    ]


def test_how_often_an_exchange_answered_is_known(journal):
    for _ in range(2):
        journal.answered(1.0, "POST", CHAT, 12)
    journal.answered(1.0, "OPTIONS", CHAT)
    for _ in range(3):
        journal.faulted(2.0, "POST", CHAT, "delay", 15)
    journal.faulted(2.0, "GET", CHAT, "delay")
    assert journal.uses == {12: 2, 15: 3}
    assert [operation.used for operation in journal.verify([UPLOAD, LEAVE]).operations] == [2, 3]


def test_the_last_entries_are_kept_and_all_are_counted(journal):
    for number in range(KEPT + 500):
        journal.answered(float(number), "GET", CHAT, number)
    assert journal.asked == KEPT + 500
    assert [entry.exchange for entry in journal.entries] == list(range(500, KEPT + 500))


def test_a_client_cannot_fill_the_memory_with_paths(journal):
    journal.answered(0.0, "GET", "/" * 1_000_000)
    journal.missed(0.0, "GET", "/" * 1_000_000, miss("/" * 1_000_000))
    assert len(orjson.dumps(journal.value())) < 5_000


def test_the_journal_is_a_json_value(journal):
    journal.answered(1.5, "POST", CHAT, 12)
    journal.missed(2.0, "GET", "/x", miss("/x"))
    journal.faulted(3.0, "GET", "/f", "cut in the middle")
    told = orjson.loads(orjson.dumps(journal.value()))
    assert {name: told[name] for name in ("asked", "answered", "missed", "faults")} == {
        "asked": 3,
        "answered": 1,
        "missed": 1,
        "faults": 1,
    }
    answered, missed, faulted = told["entries"]
    assert answered == {"at_ms": 1.5, "method": "POST", "path": CHAT, "exchange": 12, "miss": None, "fault": None}
    assert (missed["exchange"], missed["miss"]["text"]) == (None, "GET /x was never recorded")
    assert faulted["fault"] == "cut in the middle"


def test_a_run_that_used_everything_is_fine_even_when_strict(journal):
    journal.answered(1.0, "POST", CHAT, 12)
    journal.faulted(2.0, "POST", CHAT, "delay", 15)
    verification = journal.verify([UPLOAD, LEAVE])
    assert verification.unused == ()
    assert not verification.failed(strict=True)


def test_an_unused_operation_fails_only_when_strict(journal):
    journal.answered(1.0, "POST", CHAT, 12)
    verification = journal.verify([UPLOAD, LEAVE])
    assert verification.unused == (LEAVE,)
    assert (verification.failed(), verification.failed(strict=True)) == (False, True)


def test_a_miss_always_fails(journal):
    journal.answered(1.0, "POST", CHAT, 12)
    journal.missed(2.0, "GET", "/x", miss("/x"))
    assert journal.verify([UPLOAD]).failed()


def test_a_miss_that_has_left_the_entries_still_fails_and_is_told(journal):
    journal.missed(0.0, "GET", "/x", miss("/x"))
    journal.missed(0.0, "GET", "/x", miss("/x"))
    for number in range(KEPT):
        journal.answered(float(number), "GET", CHAT, 12)
    verification = journal.verify([UPLOAD])
    assert verification.failed()
    assert verification.misses == ((miss("/x"), 2),)


def test_more_misses_than_are_kept_are_still_counted(journal):
    for number in range(KEPT + 7):
        journal.missed(0.0, "GET", f"/{number}", miss(f"/{number}"))
    verification = journal.verify([])
    assert (verification.missed, len(verification.misses)) == (KEPT + 7, KEPT)
    assert list(cases(verification))[-1].message == "7 more misses"


def test_an_undelivered_notification_tells_what_it_waits_for(journal):
    journal.answered(1.0, "POST", CHAT, 12)
    told = [Undelivered(20, number, "/v2/me/chats", waits_for) for number, waits_for in enumerate((12, 15, None))]
    verification = journal.verify([UPLOAD, LEAVE], told)
    assert [event.asked for event in verification.undelivered] == [True, False, False]
    assert [case.message for case in cases(verification) if case.group == "replay.notifications"] == [
        "never delivered: #12 was asked for, but nobody polled for it afterwards",
        "never delivered: it waits for #15, which was never asked for",
        "never delivered: nobody who subscribed to /v2/me/chats polled for it",
    ]
    assert not verification.failed()


@pytest.mark.parametrize(("strict", "failures", "skipped"), [(False, 1, 2), (True, 2, 1)])
def test_as_junit_there_is_a_case_for_each_operation_miss_and_undelivered_event(journal, strict, failures, skipped):
    journal.answered(1.0, "POST", CHAT, 12)
    again = [Candidate(12, Identity("GET", CHAT, (), True, "empty", b""), used=1, spent=True)]
    for _ in range(2):
        journal.missed(2.0, "GET", CHAT, miss(recorded=again))
    verification = journal.verify([UPLOAD, LEAVE], [Undelivered(20, 0, "/v2/me/chats", 15)])
    suite = ElementTree.fromstring(document("replay", cases(verification, strict=strict))).find("testsuite")
    assert [suite.attrib[name] for name in ("tests", "failures", "skipped")] == ["4", str(failures), str(skipped)]
    assert [case.attrib["name"] for case in suite] == [
        f"#12 UploadFile POST {CHAT}",
        f"#15 Leave POST {CHAT}",
        f"1. GET {CHAT}",
        "#20:0 /v2/me/chats",
    ]
    failure = suite.findall("testcase/failure")[-1]
    assert failure.attrib == {"type": "miss", "message": f"GET {CHAT} has no answer left: #12 answered already"}
    assert failure.text.startswith("met 2 times\n✗ GET ") and "--reuse" in failure.text


def test_the_verification_is_a_json_value(journal):
    journal.answered(1.0, "POST", CHAT, 12)
    journal.missed(2.0, "GET", "/x", miss("/x"))
    verification = journal.verify([UPLOAD, LEAVE], [Undelivered(20, 1, "/v2/me/chats", 15)])
    told = orjson.loads(orjson.dumps(value(verification)))
    assert [(one["times"], one["text"]) for one in told.pop("misses")] == [(1, "GET /x was never recorded")]
    assert told == {
        "failed": True,
        "asked": 2,
        "answered": 1,
        "missed": 1,
        "faults": 0,
        "forwarded": 0,
        "operations": 2,
        "unused": [{"exchange": 15, "operation": "Leave", "method": "POST", "path": CHAT}],
        "undelivered": [
            {
                "exchange": 20,
                "position": 1,
                "topic": "/v2/me/chats",
                "waits_for": 15,
                "asked": False,
                "text": "never delivered: it waits for #15, which was never asked for",
            },
        ],
    }


def test_strict_is_told_too(journal):
    verification = journal.verify([UPLOAD])
    assert (value(verification)["failed"], value(verification, strict=True)["failed"]) == (False, True)
    assert [case.outcome for strict in (False, True) for case in cases(verification, strict=strict)] == [
        "skipped",
        "failure",
    ]
