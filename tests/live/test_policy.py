"""A policy of files: by settings, by a file of its own, by the addon's option; live and offline the same."""

import json
import shlex
import shutil
from pathlib import Path

import pytest

from inspector.analysis.finding import Finding
from inspector.recording.derivation import derive
from inspector.recording.reader import reading
from tests.live.clients import ask
from tests.live.commands import run
from tests.live.processes import MITMDUMP, Ended, ended, running
from tests.live.recorders import READY, Recorder, recording, rows
from tests.live.servers import Upstream, response, says
from tests.recording.keeping import change

pytestmark = [pytest.mark.once, pytest.mark.xdist_group("policies")]  # a worker makes its recorder only once

PLACE = "/api/v2/me/chats/0001PaBMYY3600R8"
PROGRAM = b'{"operationName":"AddAttachment","documentId":"0000YaB6ARKB0019","name":"Setup.EXE","size":5000}'
NO_PROGRAMS = 'deny_extensions = ["exe"]\n'
LINE = "policy.deny_extensions: exe"


@pytest.fixture
def place(upstream: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder, and a server that accepts everything in one chat."""
    upstream.answers[PLACE] = says(response(b'{"statusCode":0}'))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def without(upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording made without a policy, with nothing set; not to be written to."""
    upstream.answers[PLACE] = says(response(b'{"statusCode":0}'))
    folder = tmp_path_factory.mktemp("without")
    recorded(upstream, folder / "it.db", cwd=folder)
    return folder / "it.db"


def written(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path


def recorded(upstream: Upstream, path: Path, *options: object, cwd: Path | None = None) -> Ended:
    """A program is linked while it is recorded."""
    with recording(upstream.url, path, *options, cwd=cwd) as recorder:
        link(recorder.url)
        return recorder.process.end()


def link(url: str) -> None:
    assert ask(url, f"POST {PLACE}".encode(), b"Content-Type: application/json", body=PROGRAM).status == 200


def kept(path: Path) -> list[tuple[str, str, str]]:
    """What was found live by the policy, as the recording keeps it."""
    query = "SELECT rule, pointer, expected FROM findings WHERE rule IN ('GW503', 'GW504') ORDER BY id"
    return [(row["rule"], row["pointer"], row["expected"]) for row in rows(path, query)]


def checked(path: Path, *options: object, code: int = 1) -> list[str]:
    """The lines of the policy that `check` finds broken."""
    judged = run("check", path, "--format", "json", "--select", "GW503,GW504", *options)
    assert judged.code == code, judged.err
    [session] = json.loads(judged.out)
    return [finding["expected"] for finding in session["findings"]]


def settings_of(path: Path) -> list[dict[str, object]]:
    return [json.loads(row["settings"]) for row in rows(path, "SELECT settings FROM sessions")]


def test_a_policy_in_the_settings_judges_live_and_offline(upstream: Upstream, place: Path) -> None:
    settings = written(place / "gws-inspector.toml", f"[policy]\n{NO_PROGRAMS}max_bytes = '4 KiB'\n")
    over = recorded(upstream, place / "it.db", "--fail-on", "error")
    assert (over.code, f"breaks {LINE}" in over.err) == (1, True), "its line is told as it happens"
    assert kept(place / "it.db") == [("GW503", "/name", LINE), ("GW504", "/size", "policy.max_bytes: 4096")]
    told = {"window_ms": 30_000, "policy": {"deny_extensions": ["exe"], "max_bytes": 4096}}
    assert settings_of(place / "it.db") == [told]
    settings.unlink()
    assert checked(place / "it.db") == [LINE, "policy.max_bytes: 4096"], "the session has kept it"
    with reading(place / "it.db") as opened:
        derived = [one for one in derive(opened, opened.session()) if isinstance(one, Finding)]
    assert [(one.rule, one.pointer, one.expected) for one in derived] == kept(place / "it.db")


def test_without_a_policy_nothing_is_kept_and_nothing_is_outside_of_it(upstream: Upstream, place: Path) -> None:
    written(place / "gws-inspector.toml", "[policy]\n")
    recorded(upstream, place / "it.db")
    assert (kept(place / "it.db"), settings_of(place / "it.db")) == ([], [{"window_ms": 30_000}])
    assert checked(place / "it.db", code=0) == []


def test_the_flag_beats_the_settings_which_beat_the_session(upstream: Upstream, place: Path) -> None:
    session = written(place / "session.toml", NO_PROGRAMS)
    recorded(upstream, place / "it.db", "--policy", session)
    assert checked(place / "it.db") == [LINE]
    written(place / "gws-inspector.toml", "[policy]\nmax_bytes = 1000\n")
    assert checked(place / "it.db") == ["policy.max_bytes: 1000"]
    other = written(place / "other.toml", 'allow_extensions = ["pdf", "exe"]\nmax_bytes = "2 kB"\n')
    assert checked(place / "it.db", "--policy", other) == ["policy.max_bytes: 2000"]
    empty = written(place / "empty.toml", "")
    assert checked(place / "it.db", "--policy", empty, code=0) == []
    recorded(upstream, place / "more.db", "--policy", session)
    assert [line for _, _, line in kept(place / "more.db")] == [LINE]


def test_what_is_saved_is_what_is_told(without: Path, place: Path) -> None:
    shutil.copyfile(without, place / "it.db")
    assert kept(place / "it.db") == []
    policy = written(place / "policy.toml", NO_PROGRAMS)
    assert checked(place / "it.db", "--policy", policy, "--save") == [LINE]
    assert kept(place / "it.db") == [("GW503", "/name", LINE)]


def test_the_environment_sets_one_line(without: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GWS_INSPECTOR_POLICY_MAX_BYTES", "10")
    assert checked(without) == ["policy.max_bytes: 10"]


@pytest.mark.parametrize("told", ["a path", "the printed command"])
def test_plain_mitmdump_takes_the_policy_too(told: str, upstream: Upstream, place: Path) -> None:
    policy = written(place / "policy.toml", NO_PROGRAMS)
    options = [] if told == "a path" else ["--policy", policy]
    printed = run("record", upstream.url, place / "it.db", "--listen", "127.0.0.1:0", *options, "--print-command")
    assert printed.code == 0, printed.err
    _, *arguments = shlex.split(printed.out)
    if told == "a path":
        arguments += ["--set", f"inspector_policy={policy}"]
    with running(*MITMDUMP, *arguments, "-q", "-s", READY, "--set", f"confdir={place}/confdir") as process:
        recorder = Recorder(process, process.url(), place / "it.db")
        link(recorder.url)
        process.end()
    assert [line for _, _, line in kept(place / "it.db")] == [LINE]


@pytest.mark.parametrize("verb", ["check", "record"])
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('deny_extension = ["exe"]', ["policy.deny_extension is no setting that we know"]),
        ('deny_extensions = "exe"', ["policy.deny_extensions", "'exe'"]),
        ('deny_extensions = ["*.exe"]', ["policy.deny_extensions.0", "is no extension"]),
        ('max_bytes = "much"', ["policy.max_bytes", "'much' is no size"]),
        ("customer = { files = 3 }", ["policy.customer.files is no setting that we know"]),
        ("deny_extensions = [", ["not TOML"]),
    ],
    ids=["misspelt", "no list", "pattern", "size", "customer", "TOML"],
)
def test_a_policy_that_cannot_be_meant(verb: str, text: str, words: list[str], place: Path) -> None:
    places = {"check": [place / "a.db"], "record": ["http://127.0.0.1:9", place / "a.db"]}
    own, settings = written(place / "policy.toml", text), written(place / "gws-inspector.toml", f"[policy]\n{text}")
    by_settings = run(verb, *places[verb])
    settings.unlink()
    by_flag = run(verb, *places[verb], "--policy", own)
    for refused, file in ((by_settings, settings), (by_flag, own)):
        assert (refused.code, refused.out, refused.err.count("\n")) == (2, "", 1), refused.err
        assert all(word in refused.err for word in (*words, file.name)), refused.err
    assert not (place / "a.db").exists()


def test_a_policy_that_is_not_there(place: Path) -> None:
    refused = run("check", place / "a.db", "--policy", place / "none.toml")
    assert (refused.code, refused.out, refused.err.count("\n")) == (2, "", 1)
    assert "none.toml cannot be read" in refused.err


@pytest.mark.parametrize("told", ["none.toml", "{", '{"deny": 3}'])
def test_the_addon_refuses_a_policy_that_cannot_be_meant(told: str, upstream: Upstream, place: Path) -> None:
    printed = run("record", upstream.url, place / "it.db", "--listen", "127.0.0.1:0", "--print-command")
    _, *arguments = shlex.split(printed.out)
    arguments += ["--set", f"inspector_policy={told}", "--set", f"confdir={place}/confdir"]
    refused = ended(*MITMDUMP, *arguments)
    assert refused.code != 0
    assert "policy" in refused.out + refused.err
    assert not (place / "it.db").exists()


@pytest.mark.parametrize(
    ("policy", "code"),
    [('{"max_bytes":"much"}', 2), ('"none"', 2), ("[]", 2), ('{"later":[1],"deny_extensions":["exe"]}', 1)],
    ids=["value", "text", "list", "unknown"],
)
def test_a_policy_that_somebody_changed_in_a_recording(policy: str, code: int, without: Path, place: Path) -> None:
    shutil.copyfile(without, place / "it.db")
    told = f'{{"window_ms":30000,"policy":{policy}}}'
    change(place / "it.db", "UPDATE sessions SET settings = ?", told)
    judged = run("check", place / "it.db", "--select", "GW503")
    assert (judged.code, judged.err.count("\n")) == (code, int(code == 2)), judged.err
