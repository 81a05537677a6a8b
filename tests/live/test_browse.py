"""`ls`, `show` and `check` on the recorded story: for eyes, for machines, and while it is being written."""

import json
from typing import Any

import pytest

from tests.live.commands import run
from tests.live.recorders import rows
from tests.live.stories import Story

pytestmark = pytest.mark.once


def given(*arguments: object, code: int = 0) -> Any:
    """The JSON on stdout, and nothing else anywhere."""
    ended = run(*arguments)
    assert (ended.code, ended.err) == (code, "")
    return json.loads(ended.out)


def test_ls_gives_everything_as_json(story: Story) -> None:
    listed = given("ls", story.path, "--json")
    [session] = listed["sessions"]
    assert (session["state"], session["exchanges"]) == (
        "complete",
        rows(story.path, "SELECT max(id) n FROM exchanges")[0]["n"],
    )
    assert [agent["login"] for agent in listed["agents"]] == ["sofia"]
    assert {call["exchange"] for call in listed["calls"]} == {
        row["exchange"] for row in rows(story.path, "SELECT exchange FROM calls")
    }
    assert {transfer["name"] for transfer in listed["transfers"]} >= {"notes.txt", "router-lights.png"}


def test_ls_shows_it_to_people(story: Story) -> None:
    ended = run("ls", story.path)
    assert (ended.code, ended.err) == (0, "")
    for word in ("complete", "sofia", "UploadFile", "0001PaBMYY3600RC", "price-list.pdf", "refused", "undecided"):
        assert word in ended.out


def test_ls_of_one_session(story: Story) -> None:
    [session] = given("ls", story.path, "--json")["sessions"]
    assert given("ls", story.path, "--json", "--session", session["uuid"][:8])["calls"]
    missing = run("ls", story.path, "--session", "nonesuch")
    assert (missing.code, missing.out, missing.err.count("\n")) == (2, "", 1)


def test_check_gives_the_findings_as_json(story: Story) -> None:
    [judged] = given("check", story.path, "--format", "json", code=1)
    assert (judged["state"], judged["unfinished"]) == ("complete", 0)
    assert [finding["rule"] for finding in judged["findings"]] == [
        row["rule"] for row in rows(story.path, "SELECT rule FROM findings ORDER BY id")
    ]


def test_check_shows_them_to_people(story: Story) -> None:
    ended = run("check", story.path)
    assert (ended.code, ended.err) == (1, "")
    for row in rows(story.path, "SELECT rule, exchange FROM findings"):
        assert any(line.startswith(row["rule"]) and f"#{row['exchange']}" in line for line in ended.out.splitlines())


@pytest.mark.parametrize(("fail_on", "code"), [("error", 1), ("warning", 1), ("info", 1), ("never", 0)])
def test_fail_on_decides_the_exit_code(fail_on: str, code: int, story: Story) -> None:
    assert run("check", story.path, "--fail-on", fail_on).code == code


def test_show_gives_an_exchange_whole(story: Story) -> None:
    [upload] = rows(story.path, "SELECT * FROM uploads WHERE name = 'invoice.txt'")
    shown = given("show", story.path, upload["exchange"], "--json")
    assert shown["exchange"]["method"] == "POST"
    assert shown["exchange"]["request_body"]["json"]["operationName"] == "UploadFile"
    assert shown["exchange"]["response_body"]["json"]["statusCode"] == 0
    assert shown["call"]["document_id"] == upload["document"]
    assert [cause["kind"] for cause in shown["causes"]] == ["uploaded"]
    page = run("show", story.path, upload["exchange"]).out
    for word in ("POST /api/v2/me/chats/", '"operationName"', "JSESSIONID=~secret:", "200 OK", "uploaded"):
        assert word in page


def test_show_gives_a_form_by_its_parts(story: Story) -> None:
    [form] = rows(story.path, "SELECT exchange FROM parts WHERE filename = 'notes.txt'")
    [part] = given("show", story.path, form["exchange"], "--json")["exchange"]["parts"]
    assert (part["name"], part["filename"], part["type"], part["size"]) == ("attachment", "notes.txt", "text/plain", 36)
    assert part["sha256"] in run("show", story.path, form["exchange"]).out


def test_show_gives_a_transfer_by_its_document(story: Story) -> None:
    [upload] = rows(story.path, "SELECT * FROM uploads WHERE name = 'invoice.txt'")
    [shown] = given("show", story.path, upload["document"], "--json")["transfers"]
    assert shown["transfer"]["name"] == "invoice.txt"
    assert {call["operation"] for call in shown["calls"]} == {"AddAttachment", "UploadFile"}
    assert {cause["kind"] for cause in shown["causes"]} == {"linked", "uploaded"}
    assert [finding["rule"] for finding in shown["findings"]] == ["GW303"]
    page = run("show", story.path, upload["document"]).out
    for word in ("invoice.txt", "sent", "GW303", f"#{upload['exchange']}"):
        assert word in page


@pytest.mark.parametrize("what", ["100000", "0", "9" * 30, "-1x", "nonesuch", ""])
def test_show_says_what_is_not_there(what: str, story: Story) -> None:
    ended = run("show", "--", story.path, what)
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert "`ls` lists" in ended.err


def test_every_kind_of_exchange_can_be_shown(story: Story) -> None:
    for row in rows(story.path, "SELECT max(id) AS id FROM exchanges GROUP BY method, status, length(path)"):
        assert run("show", story.path, row["id"]).code == 0
        assert given("show", story.path, row["id"], "--json")["exchange"]["number"] == row["id"]


def test_a_recording_can_be_read_while_it_is_written(story: Story) -> None:
    looks = story.at_half_time
    assert {name: ended.code for name, ended in looks.items()} == {"ls": 0, "check": 1, "show": 0}
    assert looks["ls"].err == looks["show"].err == ""
    [session] = json.loads(looks["ls"].out)["sessions"]
    [judged] = json.loads(looks["check"].out)
    assert session["state"] == judged["state"] == "open"
    assert 10 < session["exchanges"] < rows(story.path, "SELECT count(*) n FROM exchanges")[0]["n"]
    assert judged["unfinished"] == 1, "the poll that is held"
    assert json.loads(looks["show"].out)["exchange"]["status"] == 200
