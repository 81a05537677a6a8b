"""What a test wants of its stub, and where its recording is: command line, markers and ini file, in this order."""

from pathlib import Path

import pytest

from inspector.errors import UsageError
from inspector.pytest_plugin.asked import asked, merged
from inspector.pytest_plugin.places import candidates
from tests.testing.outcomes import outcomes, told
from tests.testing.projects import Project

SHIPPED = Path(__file__).parents[2] / "recordings" / "upload-file.db"


@pytest.mark.gws_recording("of the class", pace=2, ignore="/a", session="1")
class TestMarkers:
    @pytest.mark.gws_recording("of the function", strict=True, poll_timeout=1.5)
    @pytest.mark.gws_recording(pace=3, ignore=["/b", "/c"], cors=["*"])
    def test_the_closest_has_its_say_first_argument_by_argument(self, request):
        wanted = asked(request.node)
        assert (wanted.name, wanted.strict, wanted.session) == ("of the function", True, "1")
        assert (wanted.ignore, wanted.settings.pace) == (("/b", "/c"), 3.0)
        assert (wanted.settings.poll_timeout_ms, wanted.settings.cors) == (1500, ("*",))

    def test_that_of_the_class_is_for_all_of_its_functions(self, request):
        wanted = asked(request.node)
        assert (wanted.name, wanted.strict, wanted.settings.pace, wanted.ignore) == (
            "of the class",
            False,
            2.0,
            ("/a",),
        )

    @pytest.mark.gws_recording(pace=0, strict=False)
    def test_no_and_nothing_are_said_as_well(self, request):
        assert (asked(request.node).settings.pace, asked(request.node).strict) == (0.0, False)


def test_without_any_it_is_as_the_command_plays_it(request):
    wanted = asked(request.node)
    assert (wanted.name, wanted.strict, wanted.session, wanted.agent) == ("", False, None, None)
    assert (wanted.settings.pace, wanted.settings.reuse, wanted.settings.poll_timeout_ms) == (0.0, False, 30_000)
    assert (wanted.settings.keep_origins, wanted.settings.cors, wanted.ignore) == (False, (), ())


@pytest.mark.parametrize(
    ("marker", "words"),
    [
        (pytest.mark.gws_recording(colour="red"), "unexpected keyword argument 'colour'"),
        (pytest.mark.gws_recording("a.db", "b.db"), "only the name stands without a keyword"),
        (pytest.mark.gws_recording("a.db", name="b.db"), "multiple values for argument 'name'"),
    ],
    ids=["unknown", "two names", "name twice"],
)
def test_what_a_marker_cannot_say_is_told_with_what_it_can(marker, words):
    with pytest.raises(UsageError) as raised:
        merged([marker.mark])
    assert words in str(raised.value)
    assert "it takes name, strict, record, session, agent, pace" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_recording_is_looked_for_beside_the_test_and_then_in_the_projects_folder():
    beside, shared = Path("desk", "recordings"), Path("shared")
    test = Path("desk", "test_files.py")
    assert [*candidates(test, "test_sends", "", "a.db", shared)] == [
        beside / "a.db",
        shared / "a.db",
        Path("desk/a.db"),
    ]
    own = [Path("test_files", "Test.test_sends[pdf-1].db"), Path("test_files", "Test.test_sends.db")]
    found = [*candidates(test, "Test.test_sends", "pdf-1", "", shared)]
    assert found == [beside / own[0], beside / own[1], shared / own[0], shared / own[1]]


def test_a_test_of_any_name_has_a_file_that_every_system_can_have():
    places = [*candidates(Path("test_a.py"), "test", 'a/b\\c:*?"<>|\0é x', "", Path("shared"))]
    assert places[0].name == "test[a-b-c-é-x].db"


def test_so_has_one_with_long_parameters_and_no_other_has_the_same(tmp_path):
    test, shared = tmp_path / "test_a.py", tmp_path / "shared"
    names = ["é" * 300 + end for end in ("1", "2")]
    places = [next(candidates(test, "test", name, "", shared)) for name in names]
    places[0].parent.mkdir(parents=True)
    for place in places:
        place.with_name(f"{place.name}-journal").touch(exist_ok=False)


ASKED = """
from inspector.pytest_plugin.asked import asked

@pytest.mark.gws_recording("desk.db", strict=False, pace=2)
def test_marked(request):
    found = asked(request.node)
    assert (found.strict, found.settings.pace) == MARKED

def test_bare(request):
    found = asked(request.node)
    assert (found.strict, found.settings.pace, found.ignore) == (*BARE, ("/metrics", "/timestamp"))
"""
INI = "gws_strict = true\ngws_pace = 5\ngws_ignore =\n  /metrics\n  /timestamp\n"


@pytest.mark.once
@pytest.mark.parametrize(
    ("options", "marked", "bare"),
    [
        ((), (False, 2.0), (True, 5.0)),
        (("--gws-pace=7",), (False, 7.0), (True, 7.0)),
        (("--gws-strict", "--gws-pace=0"), (True, 0.0), (True, 0.0)),
    ],
    ids=["ini", "pace", "both"],
)
def test_the_command_line_wins_over_the_marker_and_that_over_the_ini_file(tmp_path, options, marked, bare):
    project = Project(tmp_path, INI)
    project.put(ASKED.replace("MARKED", str(marked)).replace("BARE", str(bare)))
    ended = project.run(*options)
    assert ended.code == 0, ended.out


PLAYED = """
from inspector.pytest_plugin.verdict import STAGED

@pytest.fixture
def played(request, gws_stub):
    return request.node.stash[STAGED].recording

@pytest.mark.gws_recording("desk.db")
def test_beside(played):
    assert played == "recordings/desk.db"

@pytest.mark.gws_recording("shared.db")
def test_shared(played):
    assert played == "SHARED/shared.db"

@pytest.mark.gws_recording("DESK")
def test_any_path(played):
    assert played == "recordings/desk.db"

def test_own(played):
    assert played == "recordings/test_desk/test_own.db"

@pytest.mark.parametrize("kind", ["pdf", "a/b"])
def test_parameters(kind, played):
    assert played == f"recordings/test_desk/test_parameters[{kind.replace('/', '-')}].db"

@pytest.mark.parametrize("kind", ["pdf", "png"])
def test_parameters_of_one(kind, played):
    assert played == "recordings/test_desk/test_parameters_of_one.db"

class TestDesk:
    def test_of_a_class(self, played):
        assert played == "recordings/test_desk/TestDesk.test_of_a_class.db"
"""
OWN = ("test_own", "test_parameters[pdf]", "test_parameters[a-b]", "test_parameters_of_one", "TestDesk.test_of_a_class")


@pytest.mark.once
@pytest.mark.parametrize(
    ("folder", "ini", "options"),
    [
        ("elsewhere", "gws_recordings = elsewhere", ()),
        ("given", "gws_recordings = elsewhere", ("--gws-recordings=given",)),
    ],
    ids=["ini", "command line"],
)
def test_each_test_finds_its_recording(tmp_path, folder, ini, options):
    project = Project(tmp_path, ini)
    tests = PLAYED.replace("SHARED", folder).replace("DESK", str(project.recording()))
    project.put(tests, recording=SHIPPED)
    for place in (
        tmp_path / folder / "shared.db",
        tmp_path / folder / "desk.db",  # that beside the test comes first
        *(project.recording(name=f"test_desk/{name}.db") for name in OWN),
    ):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.hardlink_to(project.recording())
    ended = project.run(*options)
    assert ended.code == 0, ended.out


WRONG = """
@pytest.mark.gws_recording("nowhere.db")
def test_nowhere(gws_stub): pass

def test_none(gws_stub): pass

@pytest.mark.gws_recording("broken.db")
def test_broken(gws_stub): pass

@pytest.mark.gws_recording("folder.db")
def test_folder(gws_stub): pass

@pytest.mark.gws_recording("desk.db", session="nobody")
def test_session(gws_stub): pass

@pytest.mark.gws_recording("desk.db", agent="nobody")
def test_agent(gws_stub): pass

@pytest.mark.gws_recording("desk.db", colour="red")
def test_argument(gws_stub): pass

@pytest.mark.gws_recording("desk.db", pace="fast")
def test_pace(gws_stub): pass

@pytest.mark.gws_recording("desk.db", pace=-1)
def test_negative(gws_stub): pass

@pytest.mark.gws_recording("desk.db", ignore="metrics")
def test_pointer(gws_stub): pass

@pytest.mark.gws_recording("desk.db", cors="desk.example")
def test_cors(gws_stub): pass

@pytest.mark.gws_recording("desk.db", ignore=5)
def test_no_list(gws_stub): pass

@pytest.mark.gws_recording(5)
def test_no_name(gws_stub): pass

@pytest.mark.gws_recording("a\\0b.db")
def test_zero(gws_stub): pass

@pytest.mark.gws_recording("a" * 300 + ".db")
def test_long(gws_stub): pass

@pytest.mark.gws_recording("desk.db", poll_timeout=float("inf"))
def test_endless(gws_stub): pass

@pytest.mark.gws_recording("desk.db", strict="no")
def test_neither(gws_stub): pass

@pytest.mark.gws_recording("desk.db")
def test_goes_on(gws_stub): pass
"""
SAYS = {
    "test_nowhere": "there is no recording recordings/nowhere.db or nowhere.db: record it with",
    "test_none": "there is no recording recordings/test_desk/test_none.db: record it with",
    "test_broken": "broken.db",
    "test_folder": "there is no recording",
    "test_session": "holds no session nobody",
    "test_agent": "nobody",
    "test_argument": "unexpected keyword argument 'colour'",
    "test_pace": "pace='fast' is no number",
    "test_negative": "a pace of -1 cannot be meant",
    "test_pointer": "metrics",
    "test_cors": "desk.example",
    "test_no_list": "ignore=5 is no list of texts",
    "test_no_name": "name=5 is no text",
    "test_zero": "there is no recording",
    "test_long": "there is no recording",
    "test_endless": "poll_timeout=inf is no number",
    "test_neither": "strict='no' is neither True nor False",
}


@pytest.fixture(scope="module")
def wrong(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What pytest says of tests that want what there is not."""
    project = Project(tmp_path_factory.mktemp("wrong"))
    project.put(WRONG, recording=SHIPPED)
    project.recording(name="broken.db").write_bytes(b"SQLite format 3\0 and no more")
    project.recording(name="folder.db").mkdir()
    return project.run().out


@pytest.mark.once
@pytest.mark.parametrize("test", SAYS)
def test_what_cannot_be_had_is_told_in_one_line(wrong, test):
    (line,) = told(wrong, test).strip().splitlines()
    assert line.startswith("gws_stub: "), line
    assert SAYS[test] in line


@pytest.mark.once
def test_so_is_what_the_ini_file_cannot_say(tmp_path):
    project = Project(tmp_path, "gws_strict = maybe")
    project.put("def test_any(gws_stub): pass")
    (line,) = told(project.run().out, "test_any").strip().splitlines()
    assert line.startswith("gws_stub: gws_strict in the ini file: ") and "maybe" in line


@pytest.mark.once
def test_and_the_others_go_on(wrong):
    ends = outcomes(wrong)
    assert ends.pop("test_goes_on") == ["PASSED"]
    assert set(map(tuple, ends.values())) == {("ERROR",)}
