"""Faults as values: which request uses up which, and how they are read from JSON and TOML."""

from dataclasses import replace

import pytest

from inspector.errors import UsageError
from inspector.replay.faults import (
    CutDownload,
    Delay,
    ExpireSession,
    Faults,
    LoseNotification,
    Refuse,
    parse,
    read,
    value,
)

UPLOAD = {"operationName": "UploadFile", "documentId": "0001"}
LEAVE = {"operationName": "Leave"}

EVERY = [
    Refuse(status_code=3, message="not today", operation="AddAttachment"),
    LoseNotification(document_id="0001"),
    Delay(seconds=2.5, times=0),
    *(parse({"fault": name}) for name in ("repeat", "before_reply")),
    ExpireSession(operation="Leave"),
    CutDownload(at=100, times=2),
]


@pytest.mark.parametrize("fault", EVERY, ids=lambda fault: fault.fault)
def test_a_fault_is_the_same_after_a_way_through_json(fault):
    assert parse(value(fault)) == fault


@pytest.mark.parametrize("given", [{"times": "1"}, {"times": True}, {"fault": "delay", "seconds": "5"}])
def test_what_only_looks_like_a_number_is_refused(given):
    with pytest.raises(UsageError, match=r"(times|seconds) is to be a number"):
        parse({"fault": "repeat"} | given)


def test_a_whole_number_may_be_written_with_a_point():
    assert parse({"fault": "cut_download", "at": 20.0, "times": 2.0}) == CutDownload(at=20, times=2)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"fault": "explode"}, "refuse"),
        ({}, "fault"),
        ("refuse", "dictionary"),
        (None, "dictionary"),
        ({"fault": "refuse", "statusCode": 3}, "statusCode: Unexpected"),
        ({"fault": "refuse", "status_code": 0}, "status_code: greater than or equal to 1"),
        ({"fault": "refuse", "status_code": 21}, "status_code: less than or equal to 20"),
        ({"fault": "delay", "seconds": -1}, "seconds: greater"),
        ({"fault": "delay", "seconds": float("nan")}, "seconds"),
        ({"fault": "repeat", "times": -1}, "times: greater"),
        ({"fault": "repeat", "times": 1 << 64}, "times: less than or equal to 9007199254740991"),
        ({"fault": "refuse", "message": 3}, "message: a valid string"),
        ({"fault": "cut_download", "at": "half"}, "at: a valid integer"),
        ({"fault": "cut_download", "operation": "UploadFile"}, "operation: Unexpected"),
    ],
)
def test_what_is_no_fault_is_refused_in_one_line(given, words):
    with pytest.raises(UsageError, match="no fault that we know") as refused:
        parse(given)
    assert words in str(refused.value) and "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "given", "words"),
    [
        ("refuse", {"status_code": 0}, "status_code=0: give 1 to 20"),
        ("refuse", {"status_code": 99}, "status_code=99: give 1 to 20"),
        ("refuse", {"status_code": "3"}, "status_code='3' is to be a number"),
        ("refuse", {"message": 3}, "message=3 is to be a text"),
        ("repeat", {"operation": None}, "operation=None is to be a text"),
        ("repeat", {"document_id": 7}, "document_id=7 is to be a text"),
        ("lose_notification", {"times": -1}, "times=-1: give 0 to "),
        ("before_reply", {"times": True}, "times=True is to be a number"),
        ("delay", {"seconds": "5"}, "seconds='5' is to be a number"),
        ("delay", {"seconds": float("nan")}, "seconds=nan: give 0 to 86400"),
        ("cut_download", {"at": 2.5}, "at=2.5 is to be a number"),
        ("cut_download", {"at": -2}, "at=-2: give -1 to "),
    ],
)
def test_what_a_fault_cannot_be_is_told_where_it_is_armed(name, given, words):
    faults = Faults()
    with pytest.raises(UsageError) as refused:
        getattr(faults, name)(**given)
    assert words in str(refused.value) and faults.armed == []


def test_of_seconds_a_whole_number_will_do():
    faults = Faults()
    faults.delay(seconds=5)
    assert faults.spoiling(UPLOAD) == [Delay(seconds=5)]


def test_a_fault_meets_only_its_operation_and_document():
    faults = Faults()
    faults.refuse("UploadFile", document_id="0001")
    assert faults.refusal(LEAVE) is None
    assert faults.refusal(UPLOAD | {"documentId": "0002"}) is None
    assert faults.refusal(["UploadFile"]) is None
    assert faults.refusal(UPLOAD) == Refuse(document_id="0001")
    assert faults.refusal(UPLOAD) is None and faults.armed == []


@pytest.mark.parametrize(("times", "met"), [(1, 1), (3, 3), (0, 5)])
def test_a_fault_is_used_up_after_so_many_requests(times, met):
    faults = Faults()
    faults.lose_notification(times=times)
    assert sum(bool(faults.spoiling(UPLOAD)) for _ in range(5)) == met


def test_the_same_fault_twice_meets_two_requests_and_another_kind_the_same_one():
    faults = Faults()
    faults.delay(seconds=1)
    faults.delay(seconds=2)
    faults.repeat()
    assert [fault.fault for fault in faults.spoiling(UPLOAD)] == ["delay", "repeat"]
    assert faults.spoiling(UPLOAD) == [Delay(seconds=2)]


def test_equal_faults_are_each_used_once():
    faults = Faults()
    for _ in range(2):
        faults.add(Refuse(times=2))
    assert [faults.refusal(UPLOAD) is not None for _ in range(5)] == [True] * 4 + [False]


def test_downloads_meet_only_what_cuts_them():
    faults = Faults()
    faults.refuse()
    faults.cut_download(at=5)
    assert faults.spoiling(UPLOAD) == []
    assert faults.cut() == CutDownload(at=5)
    assert faults.cut() is None


def test_without_an_operation_sessions_expire_at_once():
    times = []
    faults = Faults(lambda: times.append(1))
    faults.expire_session()
    assert (times, faults.armed) == ([1], [])
    faults.expire_session("Leave")
    assert times == [1] and faults.spoiling(LEAVE) == [ExpireSession(operation="Leave")]


def test_with_a_document_alone_sessions_expire_once_it_was_uploaded():
    times = []
    faults = Faults(lambda: times.append(1))
    faults.expire_session(document_id="0001")
    linked = {"operationName": "AddAttachment", "documentId": "0001"}
    assert faults.spoiling(linked) == faults.spoiling(UPLOAD | {"documentId": "0002"}) == []
    assert faults.spoiling(UPLOAD) == [ExpireSession(document_id="0001")]
    assert times == [] and faults.armed == []


def test_all_are_disarmed_at_once():
    faults = Faults()
    faults.refuse()
    faults.cut_download()
    faults.clear()
    assert faults.armed == [] and faults.refusal(UPLOAD) is None


def test_a_file_lists_faults(tmp_path):
    path = tmp_path / "faults.toml"
    path.write_text(
        '[[faults]]\nfault = "refuse"\nstatus_code = 3\n\n[[faults]]\nfault = "cut_download"\nat = 10\ntimes = 2\n'
    )
    assert read(path) == [Refuse(status_code=3), replace(CutDownload(), at=10, times=2)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[faults", "is not TOML"),
        (b"\xff\xfe", "is not TOML"),
        ("faults = 3", "list"),
        ("[faults]\nfault='refuse'", "list"),
        ("[[fault]]\nfault='refuse'", "[[faults]]"),
        ("", "[[faults]]"),
        ("[[faults]]\nfault='refuse'\n[[faults]]\nfault='oops'", "faults 2: "),
        ("[[faults]]\nfault='expire_session'", "needs the operation"),
    ],
)
def test_a_file_that_lists_none_is_refused_in_one_line(tmp_path, text, words):
    path = tmp_path / "faults.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(UsageError) as refused:
        read(path)
    assert words in str(refused.value) and str(path) in str(refused.value) and "\n" not in str(refused.value)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(UsageError, match="cannot read"):
        read(tmp_path / "none.toml")
