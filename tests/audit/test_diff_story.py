"""The demo's story, recorded by the real recorder, before and after its server was changed in one thing."""

from pathlib import Path
from typing import Any

import pytest

from inspector.demo.quirks import Quirk
from tests.audit.scripted import diff, places
from tests.audit.twice import OTHER_PHOTO, Server, record_all
from tests.live.commands import run

SERVERS = {
    "before": Server(),
    "same": Server(3),
    "lost": Server(1, {"delivery-note.txt": Quirk.LOST}),
    "refused": Server(2, {"warranty.txt": Quirk.SPEECHLESS}),
    "overtakes": Server(2, {"price-list.pdf": Quirk.OVERTAKES}),
    "bytes": Server(2, photo=OTHER_PHOTO),
    "astray": Server(2, {"invoice.txt": Quirk.ASTRAY}),
}


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return record_all(tmp_path_factory.mktemp("twice"), SERVERS)


def changed(recorded: dict[str, Path], name: str) -> tuple[list[tuple[str, str, str]], dict[str, Any]]:
    """Where the story differs, and all that is said of it."""
    code, told = diff(recorded["before"], recorded[name])
    assert code == 1
    return places(told, transfers=True), told


def test_the_same_story_has_no_difference(recorded: dict[str, Path]):
    code, told = diff(recorded["before"], recorded["same"])
    assert (code, told["differences"], told["same"]) == (0, [], True)
    assert told["renamed"], "its chat, its files and its people have other ids"
    assert told["before"]["messages"] == told["after"]["messages"] > 50
    assert {one["why"] for one in told["left_out"]} == {"counter", "host", "time"}


def test_a_lost_notification(recorded: dict[str, Path]):
    found, told = changed(recorded, "lost")
    assert found == [("missing", "file-uploaded", ""), ("changed", "transfer", "/state")]
    assert told["differences"][1]["note"] == "delivery-note.txt"


def test_a_reply_that_refuses(recorded: dict[str, Path]):
    found, told = changed(recorded, "refused")
    assert found[0] == ("changed", "UploadFile", "/reply/body/statusCode")
    assert (told["differences"][0]["before"], told["differences"][0]["after"]) == ("0", "4")
    assert found[1] == ("missing", "file-uploaded", "")
    assert found[2][:2] == ("missing", "GET /api/v2/me/chats/*/messages")  # its line in the transcript
    assert found[3:] == [("changed", "transfer", "/state")]


def test_a_notification_that_overtakes(recorded: dict[str, Path]):
    found, told = changed(recorded, "overtakes")
    assert found == [("order", "file-uploaded", "")]
    assert told["differences"][0]["before"].endswith(" ms after its reply")
    assert told["differences"][0]["after"].endswith(" ms before its reply")


def test_other_bytes_of_a_download(recorded: dict[str, Path]):
    found, _ = changed(recorded, "bytes")
    assert found == [("changed", "Download", "/reply/content/sha256"), ("changed", "transfer", "/sha256")]


def test_a_notification_that_names_another_document(recorded: dict[str, Path]):
    found, told = changed(recorded, "astray")
    attachment = "/data/messages/0/attachment"
    assert found[:2] == [("changed", "file-uploaded", f"{attachment}/{name}") for name in ("path", "uri")]
    assert all(one["note"].startswith("elsewhere it is 0001PaBM") for one in told["differences"])


def test_people_read_it_as_a_table(recorded: dict[str, Path]):
    ended = run("diff", recorded["before"], recorded["lost"])
    assert ended.code == 1
    assert "sofia · chat 0001TaBTNRPW01GV" in ended.out
    assert "\nmissing  file-uploaded  #" in ended.out
    assert "\n1 missing, 1 changed\nleft out as volatile: " in ended.out
    same = run("diff", recorded["before"], recorded["same"], "--all")
    assert same.code == 0
    assert "\nno difference: " in same.out
    assert "timestampSeconds  time " in same.out
    assert "0001TaBTNRPW01GV  0001TaBTNRPW01GY" in same.out
