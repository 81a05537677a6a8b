"""The sample project in JavaScript, run as its users run it: its tests pass, or say what is different."""

import gzip
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from subprocess import CompletedProcess

import orjson
import pytest

from inspector.traffic.body import Body
from inspector.traffic.exchange import Exchange
from tests.live.processes import CHECKOUT
from tests.node.programs import HERE, Json
from tests.testing.sample import changed, run

pytestmark = [pytest.mark.node, pytest.mark.once]

PROJECT = CHECKOUT / "tests" / "examples" / "node-desktop"
RECORDING = CHECKOUT / "recordings" / "upload-file.db"
LETTER = "0001PaBMYY3600RC"

SENT = "a file is sent when the chat shows it"
TWICE = "a notification that comes twice is one file"
LOST = "an accepted file of which nobody hears is not told to be sent"
CUT = "a download that breaks off is no file"


@pytest.fixture(scope="module")
def project(node: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy, with the packages that its package.json asks for: those that the suite has put in place already."""
    return copied(tmp_path_factory.mktemp("example"))


def copied(folder: Path) -> Path:
    copy = shutil.copytree(PROJECT, folder / PROJECT.name, ignore=shutil.ignore_patterns("node_modules"))
    (copy / "node_modules").symlink_to(HERE / "node_modules")
    return copy


def started(project: Path, *command: str, recording: Path = RECORDING) -> CompletedProcess[str]:
    """The command in the project, with `gws-inspector` on the PATH."""
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    more = {"npm_config_update_notifier": "false", "PYTHONPATH": str(CHECKOUT)}
    return run(*command, folder=project, PATH=path, UPLOADS_RECORDING=str(recording), **more)


def one_test(node: str, project: Path, name: str, recording: Path = RECORDING) -> str:
    """What a test that fails says."""
    command = (node, "--test", f"--test-name-pattern=^{name}$", "test/uploads.test.js")
    done = started(project, *command, recording=recording)
    assert done.returncode == 1, f"it has not failed\n{done.stdout}{done.stderr}"
    return done.stdout


def test_its_packages_are_those_that_the_suite_has():
    wanted, ours = (json.loads((place / "package.json").read_text())["dependencies"] for place in (PROJECT, HERE))
    assert wanted == {name: ours[name] for name in ("cometd", "cometd-nodejs-client")}


def test_its_tests_pass(project: Path) -> None:
    done = started(project, shutil.which("npm") or "npm", "test")
    assert done.returncode == 0, done.stdout + done.stderr
    names = (PROJECT / "test" / "uploads.test.js").read_text().count('\ntest("')
    assert f"pass {names}" in done.stdout
    assert "fail 0" in done.stdout


def test_without_the_command_it_says_so(node: str, project: Path, tmp_path: Path) -> None:
    only_node = tmp_path / "bin"
    only_node.mkdir()
    (only_node / "node").symlink_to(node)
    done = run(str(only_node / "node"), "--test", "test/uploads.test.js", folder=project, PATH=str(only_node))
    assert done.returncode == 1
    assert "gws-inspector is to be on the PATH" in done.stdout


def test_a_recording_that_is_none_is_told(node: str, project: Path, tmp_path: Path) -> None:
    done = started(project, node, "--test", "test/uploads.test.js", recording=tmp_path / "none.db")
    assert done.returncode == 1
    assert "gws-inspector ended with exit code 2" in done.stdout
    assert "none.db" in done.stdout + done.stderr


@dataclass
class Edit:
    """A line of the module that is changed, the test that fails then, and what it says."""

    old: str
    new: str
    test: str
    words: tuple[str, ...]


EDITS = {
    "asks for another document": Edit(
        "{ documentId, uploadType",
        "{ documentId: `${documentId}X`, uploadType",
        SENT,
        (
            "the recording has no answer (1×): UploadFile (POST /api/v2/me/chats/0001TaBTNRPW01GV)",
            f'body /documentId: recorded "{LETTER}", asked "{LETTER}X"',
            "The test itself:",
            "'refused'",
        ),
    ),
    "believes the reply": Edit(
        "await heard",
        "body.operationName === 'UploadFile' ? {} : await heard",
        LOST,
        ("outcome: 'confirmed'", "outcome: 'unheard'"),
    ),
    "counts what comes twice": Edit("files.set(file.fileId,", "files.set(Symbol(),", TWICE, (f"+   '{LETTER}'",)),
    "takes half a file": Edit(
        "throw new Error(`${name} broke off on its way`, { cause });",
        "return null;",
        CUT,
        ("Missing expected rejection",),
    ),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_a_defect_is_found(node: str, tmp_path: Path, edit: Edit) -> None:
    project = copied(tmp_path)
    module = project / "src" / "uploads.js"
    text = module.read_text()
    assert text.count(edit.old) == 1
    module.write_text(text.replace(edit.old, edit.new))
    said = one_test(node, project, edit.test)
    assert [words for words in edit.words if words not in said] == [], said


def is_upload(one: Exchange) -> bool:
    return b'"UploadFile"' in (one.request.body.content or b"") and LETTER.encode() in (one.request.body.content or b"")


def without_upload(one: Exchange) -> Exchange | None:
    return None if is_upload(one) else one


def refused(one: Exchange) -> Exchange | None:
    if one.response is None or not is_upload(one):
        return one
    return replace(one, response=replace(one.response, body=Body.of(b'{"statusCode":3}')))


def without_notification(one: Exchange) -> Exchange | None:
    """The poll's answer without the message that the letter was uploaded."""
    if one.response is None or not one.request.path.startswith("/api/v2/notifications"):
        return one
    body = one.response.body
    kept = orjson.dumps([message for message in orjson.loads(body.decoded()) if not any(uploads(message))])
    new = Body.of(gzip.compress(kept, mtime=0) if body.coding == "gzip" else kept, body.coding)
    return replace(one, response=replace(one.response, body=new))


def uploads(message: Json) -> Iterator[bool]:
    for line in message.get("data", {}).get("messages", ()):
        yield line.get("attachment", {}).get("id") == LETTER


Change = Callable[[Exchange], Exchange | None]

RECORDINGS: dict[str, tuple[Change, tuple[str, ...]]] = {
    "without the notification": (without_notification, ("outcome: 'unheard'", "operation: 'UploadFile'")),
    "with another reply": (refused, ("outcome: 'refused'", "statusCode: 3")),
    "without the upload": (without_upload, ("the recording has no answer (1×): UploadFile", f'asked "{LETTER}"')),
}


@pytest.mark.parametrize(("change", "words"), RECORDINGS.values(), ids=RECORDINGS)
def test_another_recording_is_noticed(node: str, tmp_path: Path, change: Change, words: tuple[str, ...]) -> None:
    recording = Path(shutil.copy(RECORDING, tmp_path / "other.db"))
    changed(recording, change)
    project = copied(tmp_path)
    module = project / "src" / "uploads.js"
    module.write_text(module.read_text().replace("patience = 10_000", "patience = 3_000"))
    said = one_test(node, project, SENT, recording)
    assert [one for one in words if one not in said] == [], said
