"""3xx: one logical event is judged once, whatever number of channels or redeliveries carried it."""

import pytest

from tests.analysis.shapes import API, CHAT, CUSTOMER, HELLO, OTHER_CHAT, Json, file_line, line, log_has, sent
from tests.analysis.traffic import Wire

METRICS = {"eventProcessing": {"serverProcessingTimeTotalMs": 3}}
BROKEN: dict[str, Json] = {
    "GW301": log_has(HELLO, {"index": 3}),
    "GW302": log_has(line("SystemCommand", CUSTOMER, 7, noticeText="file-uploaded")),
    "GW303": sent(by=CUSTOMER, path="/attachments/elsewhere"),
    "GW304": log_has(line("Text", CUSTOMER, 7, text="Hello", timestampSeconds=1469114600000)),
    "GW305": log_has(HELLO) | {"chatUri": f"{API}/chats/{OTHER_CHAT}"},
    "GW306": log_has(line("Text", CUSTOMER, 7, visibility="Nobody")),
}


def rules(wire: Wire) -> list[str]:
    return [finding.rule for finding in wire.findings]


def without_index(data: Json) -> Json:
    lines = [{name: value for name, value in one.items() if name != "index"} for one in data["messages"]]
    return data | {"messages": lines}


@pytest.mark.parametrize("rule", BROKEN)
def test_a_redelivery_is_not_judged_again(rule: str) -> None:
    wire = Wire()
    sofia = wire.log_in()
    sofia.hear(BROKEN[rule], BROKEN[rule])
    sofia.hear(BROKEN[rule] | {"metrics": METRICS})
    assert rules(wire) == [rule]


@pytest.mark.parametrize("rule", BROKEN)
def test_what_every_tab_and_agent_is_told_is_judged_at_the_first(rule: str) -> None:
    wire = Wire()
    for user in ("sofia", "sofia", "toni"):
        desk = wire.log_in(user)
        desk.listen()
        desk.hear(BROKEN[rule])
    assert rules(wire) == [rule]
    assert wire.findings[0].exchange == 4


@pytest.mark.parametrize("rule", ["GW302", "GW303", "GW304"])
def test_a_line_that_the_transcript_repeats_is_no_other_line(rule: str) -> None:
    """After an Accept it stands at another place, among others."""
    wire = Wire()
    sofia = wire.at_work()
    sofia.hear(BROKEN[rule])
    sofia.accept(CHAT, HELLO, *BROKEN[rule]["messages"])
    assert rules(wire) == [rule]


@pytest.mark.parametrize("rule", ["GW302", "GW304"])
def test_a_line_without_a_number_is_known_by_all_that_it_says(rule: str) -> None:
    told = without_index(BROKEN[rule])
    wire = Wire()
    wire.log_in().hear(told, told, log_has(HELLO, *told["messages"]))
    assert rules(wire) == [rule]


@pytest.mark.parametrize("rule", ["GW302", "GW304"])
def test_a_line_is_known_by_its_number_however_much_of_it_is_shown(rule: str) -> None:
    [told] = BROKEN[rule]["messages"]
    less = {name: value for name, value in told.items() if name != "visibility"}
    wire = Wire()
    wire.log_in().hear(log_has(told), log_has(less))
    assert rules(wire) == [rule]


@pytest.mark.parametrize("rule", ["GW302", "GW303", "GW304"])
def test_the_same_number_in_another_chat_is_another_line(rule: str) -> None:
    wire = Wire()
    wire.log_in().hear(BROKEN[rule], log_has(*BROKEN[rule]["messages"], of=OTHER_CHAT))
    assert rules(wire) == [rule, rule]


def test_two_files_of_one_message_are_two_events() -> None:
    files = [file_line(name, CUSTOMER, 7, path="/attachments/elsewhere") for name in ("a", "b")]
    wire = Wire()
    wire.log_in().hear(log_has(*files))
    assert rules(wire) == ["GW303", "GW303"]


def test_another_event_with_the_same_fault_is_judged() -> None:
    wire = Wire()
    wire.log_in().hear(BROKEN["GW301"], log_has(HELLO, {"index": 4}))
    assert rules(wire) == ["GW301", "GW301"]
