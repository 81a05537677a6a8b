"""A recording built by hand holds what its script says: for who reads it, for the rules, and for the ledger."""

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from inspector.testing.building.builder import RecordingBuilder
from inspector.traffic.exchange import Completed
from tests.live.commands import run
from tests.testing.built import PDF, PNG, TEXT, Lines, built, entries, everything, facts, rules

pytestmark = pytest.mark.once

BEGAN = datetime(2026, 1, 5, 9, tzinfo=UTC)
CUSTOMER, AGENT = "customer", "agent"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def us(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def exchanges(path: Path) -> list[Any]:
    """Those of a recording that are over, in the order in which they ended."""
    return [event.exchange for event in facts(path).events if isinstance(event, Completed)]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording with each kind of line in it."""
    return built(tmp_path_factory.mktemp("whole") / "whole.db", everything)


def test_a_script_that_breaks_no_rule_gives_a_recording_without_findings(whole: Path):
    assert rules(whole) == []


def test_it_is_whole_and_nothing_in_it_is_unfinished(whole: Path):
    found = facts(whole)
    assert (found.state, found.unfinished) == ("complete", 0)


def test_the_commands_read_it_like_any_other(whole: Path):
    for command in (["check", whole, "--fail-on", "info"], ["ls", whole], ["show", whole, "1"], ["audit", whole]):
        ended = run(*command)
        assert (ended.code, ended.err) == (0, ""), command
    assert "contract.pdf" in ended.out


def test_the_ledger_has_the_files_of_the_script_with_their_bytes(whole: Path):
    told = [
        (one.direction, one.login, one.name, one.declared_size, one.sha256, str(one.state), len(one.fetched))
        for one in entries(whole)
    ]
    assert told == [
        (AGENT, "sofia", "contract.pdf", len(PDF), sha256(PDF), "sent", 1),
        (AGENT, "sofia", "terms.txt", len(TEXT), "", "sent", 0),
        (AGENT, "sofia", "draft.txt", len(b"not yet"), sha256(b"not yet"), "removed", 0),
        (CUSTOMER, "", "photo.png", len(PNG), sha256(PNG), "received", 1),
    ]


def test_what_the_script_says_of_an_upload_is_in_its_request(whole: Path):
    contract, terms, *_ = entries(whole)
    assert (contract.upload_type, contract.description) == ("file-system", "your contract")
    assert (terms.upload_type, terms.document) == ("standard-response", "0001PaBMYY36TERM")


def test_the_same_script_gives_the_same_exchanges_at_the_same_times(whole: Path, tmp_path: Path):
    assert facts(built(tmp_path / "again.db", everything)) == facts(whole)


def test_a_recording_begins_when_the_script_says_and_its_lines_take_a_second_each(tmp_path: Path):
    began = datetime(2031, 12, 31, 23, 59, 59, tzinfo=UTC)

    def lines(recording: Any, sofia: Any, chat: Any) -> None:
        assert recording.now == began + timedelta(seconds=2), "a login and a chat"
        chat.message("one")
        recording.wait(600)
        chat.message("two")

    path = built(tmp_path / "a.db", lines, began=began)
    sent = [one.started.at for one in exchanges(path) if b"SendMessage" in one.request.body.content]
    assert facts(path).began == us(began)
    assert sent == [us(began) + 2_000_000, us(began) + 603_000_000]


def test_polls_are_held_no_longer_than_a_server_would(tmp_path: Path):
    path = built(tmp_path / "a.db", lambda recording, sofia, chat: recording.wait(100))
    polls = [one for one in exchanges(path) if one.request.path.endswith("/connect")]
    held = [(one.done.mono - one.started.mono) / 1e6 for one in polls]
    assert 29 < max(held) <= 30
    assert len([one for one in held if one > 29]) >= 3


@pytest.mark.parametrize("origin", ["http://127.0.0.1:8090", "https://gws.example.org"])
def test_the_server_is_where_the_script_says(origin: str, tmp_path: Path):
    def lines(recording: Any, sofia: Any, chat: Any) -> None:
        photo = chat.customer_file("photo.png", PNG)
        chat.download(photo)

    path = built(tmp_path / "a.db", lines, origin=origin)
    assert rules(path) == []
    crossed = exchanges(path)
    assert {f"{one.request.scheme}://{one.request.authority}" for one in crossed} == {origin}
    told = b"".join(one.response.body.content for one in crossed)
    assert told.count(f'"{origin}/api/v2/attachments/'.encode()) == 1


def _upload(**how: Any) -> Lines:
    return lambda recording, sofia, chat: chat.upload(chat.link("contract.pdf", PDF), **how)


@pytest.mark.parametrize(
    ("lines", "broken", "state", "lag_ms"),
    [
        (_upload(), [], "sent", 20),
        (_upload(refused=3), ["GW202"], "refused", None),
        (_upload(refused=2, because="The chat is being transferred"), ["GW202"], "refused", None),
        (_upload(reply={"statusCode": 4}), ["GW202", "GW203"], "refused", None),
        (_upload(notified=False), ["GW402"], "lost", None),
        (_upload(lag_ms=-8), [], "sent", -8),
        (_upload(lag_ms=-5000), [], "sent", -5000),
        (_upload(lag_ms=5000), [], "sent", 5000),
        (_upload(took_ms=7000, lag_ms=0.5), [], "sent", 0.5),
        (_upload(upload_path="C:\\a.pdf", upload_type="file-system"), ["GW701"], "sent", 20),
    ],
    ids=["plain", "refused", "because", "speechless", "lost", "early", "first", "late", "slow", "path"],
)
def test_what_a_server_does_to_an_upload(lines: Lines, broken: list[str], state: str, lag_ms: float, tmp_path: Path):
    path = built(tmp_path / "a.db", lines)
    [entry] = entries(path)
    assert (rules(path), str(entry.state)) == (broken, state)
    assert (entry.notified.lag_ms if entry.notified else None) == lag_ms


def test_a_lost_notification_is_certain_even_if_the_agent_goes_home_at_once(tmp_path: Path):
    def lines(recording: Any, sofia: Any, chat: Any) -> None:
        chat.upload(chat.link("contract.pdf", PDF), notified=False)
        sofia.go_home()

    assert rules(built(tmp_path / "a.db", lines)) == ["GW402"]


def test_what_is_late_comes_before_the_agent_goes_home(tmp_path: Path):
    def lines(recording: Any, sofia: Any, chat: Any) -> None:
        chat.upload(chat.link("contract.pdf", PDF), lag_ms=70_000)
        sofia.go_home()

    [entry] = entries(built(tmp_path / "a.db", lines))
    assert entry.notified is not None and entry.notified.lag_ms == 70_000


def test_a_document_that_was_never_linked_is_uploaded_if_that_is_meant(tmp_path: Path):
    path = built(
        tmp_path / "a.db",
        lambda recording, sofia, chat: chat.upload(recording.document("memo.txt", TEXT), unlinked=True),
    )
    assert rules(path) == ["GW401"]
    assert [str(one.state) for one in entries(path)] == ["sent"]


def test_other_bytes_than_were_sent_come_back_if_that_is_meant(tmp_path: Path):
    def lines(recording: Any, sofia: Any, chat: Any) -> None:
        contract = chat.link("contract.pdf", PDF)
        chat.upload(contract)
        assert chat.download(contract, PDF.replace(b"contract", b"c0ntract")).count(b"c0ntract") == 1
        assert chat.download(contract) == PDF

    assert "GW508" in rules(built(tmp_path / "a.db", lines))


def test_a_file_may_look_like_a_reply(tmp_path: Path):
    content = b'{"statusCode": 6, "statusMessage": "not found"}'

    def lines(recording: Any, sofia: Any, chat: Any) -> None:
        assert chat.download(chat.customer_file("reply.json", content)) == content

    assert rules(built(tmp_path / "a.db", lines)) == []


def test_a_customer_s_message_before_the_chat_is_accepted_comes_with_the_transcript(tmp_path: Path):
    with RecordingBuilder(tmp_path / "a.db") as recording:
        chat = recording.agent("sofia").chat(accepted=False)
        chat.customer_message("Hello?")
        chat.accept("Sofia")
        said = [(line["type"], line["from"]["nickname"]) for line in chat.transcript()["messages"]]
    assert said == [("ParticipantJoined", "Robin"), ("Text", "Robin"), ("ParticipantJoined", "Sofia")]
    assert rules(tmp_path / "a.db") == []
    told = [one.response.body.content for one in exchanges(tmp_path / "a.db") if one.request.path.endswith("/connect")]
    assert [content.count(b"Hello?") for content in told if b"Hello?" in content] == [1]


def test_who_never_said_that_they_work_may_have_chats(tmp_path: Path):
    with RecordingBuilder(tmp_path / "a.db") as recording:
        chat = recording.agent("sofia", session=None).chat()
        chat.upload(chat.link("contract.pdf", PDF))
    assert [str(one.state) for one in entries(tmp_path / "a.db")] == ["sent"]
    assert all(b"StartContactCenterSession" not in one.request.body.content for one in exchanges(tmp_path / "a.db"))


def test_two_agents_have_their_own_chats_and_files(tmp_path: Path):
    with RecordingBuilder(tmp_path / "a.db") as recording:
        sofia, toni = recording.agent("sofia"), recording.agent("Toñi")
        hers, his = sofia.chat(), toni.chat("CHAT2", customer="李雷")
        for chat, content in ((hers, b"hers"), (his, b"his")):
            chat.upload(chat.link("offer.txt", content))
        sofia.go_home()
        again = recording.agent("sofia").chat()
        again.upload(again.link("offer.txt", b"again"))
    assert rules(tmp_path / "a.db") == []
    told = [(one.login, one.chat, one.sha256) for one in entries(tmp_path / "a.db")]
    assert told == [
        ("sofia", hers.id, sha256(b"hers")),
        ("Toñi", "CHAT2", sha256(b"his")),
        ("sofia", again.id, sha256(b"again")),
    ]
