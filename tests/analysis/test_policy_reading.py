"""A policy as people write it: every member is kept and read back, and whatever cannot be meant is told in one line."""

import hashlib
import re
from pathlib import Path

import pytest

from inspector.analysis.policy import CustomerLimits, Policy, example, load
from inspector.config import load as load_settings
from inspector.errors import SettingsError

A, B, C, D = (hashlib.sha256(name).hexdigest() for name in (b"a", b"b", b"c", b"d"))

WHOLE = f"""
allow_types = ["image/*"]
deny_types = ["image/gif"]
allow_extensions = ["png"]
deny_extensions = ["exe"]
deny_digests = ["{A.upper()}"]
max_bytes = "8 MiB"
require_description = true
windows = ["Mon-Fri  08:00-18:00", "Sat"]
time_zone = "Europe/Berlin"
customer = {{ max_files = 4 }}
chat = {{ max_files = 5, agents = {{ max_total = "1 KiB" }}, customers = {{ max_files = 0 }} }}
day = {{ max_total = 6, each_agent = {{ max_files = 7 }} }}
"""


def written(path: Path, text: str) -> Path:
    path.write_bytes(text.encode())
    return path


def test_all_that_was_set_is_kept_and_read_back(tmp_path: Path) -> None:
    policy = load(written(tmp_path / "whole.toml", WHOLE))
    assert policy.kept() == {
        "allow_types": ["image/*"],
        "deny_types": ["image/gif"],
        "allow_extensions": ["png"],
        "deny_extensions": ["exe"],
        "deny_digests": [A],
        "max_bytes": 8 * 1024 * 1024,
        "require_description": True,
        "windows": ["Mon-Fri 08:00-18:00", "Sat"],
        "time_zone": "Europe/Berlin",
        "customer": {"max_files": 4},
        "chat": {"max_files": 5, "agents": {"max_total": 1024}, "customers": {"max_files": 0}},
        "day": {"max_total": 6, "each_agent": {"max_files": 7}},
    }
    assert Policy.model_fields.keys() - policy.kept().keys() == {"deny_digests_file"}
    assert Policy.model_validate(policy.kept()) == policy


def test_a_description_is_nobodys_matter_unless_it_is_required() -> None:
    assert Policy().against_description(None) == ""
    required = Policy(require_description=True)
    assert [required.against_description(one) == "" for one in (None, "", " \n", 7, "x")] == [False] * 3 + [True] * 2


def test_only_tables_with_a_limit_are_limits() -> None:
    told = {
        "chat": {"agents": {"max_files": 1}},
        "day": {"max_total": 2, "customers": {}, "each_agent": {"max_files": 3}},
    }
    assert [name for name, _ in Policy.model_validate(told).limits] == [
        "policy.day",
        "policy.chat.agents",
        "policy.day.each_agent",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("deny_types = 3", "policy.deny_types is 3, not a list"),
        ('allow_extensions = "png"', "policy.allow_extensions is 'png', not a list"),
        ('deny_digests = "abc"', "policy.deny_digests is 'abc', not a list"),
        ('deny_digests = ["abc"]', "policy.deny_digests.0 is wrong: 'abc' is no SHA-256: give 64 hexadecimal digits"),
        ("deny_digests = [1]", "policy.deny_digests.0 is 1, not a text"),
        ("deny_digests_file = []", "policy.deny_digests_file is [], not a text"),
        ('deny_digests_file = "none.txt"', "policy.deny_digests_file: "),
        ('deny_digests_file = "."', "cannot be read: "),
        ('require_description = "perhaps"', "policy.require_description is 'perhaps', not true or false"),
        ("require_description = 3", "policy.require_description is 3, not true or false"),
        ('windows = "Mon"', "policy.windows is 'Mon', not a list"),
        ("windows = [08:00:00]", "policy.windows.0 is wrong: "),
        ('windows = ["Mon", "Mo"]', "policy.windows.1 is wrong: 'Mo' is no window: days are Mon, Tue, "),
        ("time_zone = 1", "policy.time_zone is 1, not a text"),
        ('time_zone = "Middle/Earth"', "policy.time_zone is wrong: 'Middle/Earth' is no time zone: give an IANA name"),
        ('time_zone = "Europe"', "'Europe' is no time zone"),
        ('time_zone = "/etc/passwd"', "'/etc/passwd' is no time zone"),
        ('time_zone = "../../etc/passwd"', "is no time zone"),
        ('time_zone = "\\u0000"', "is no time zone"),
        ("chat = 3", "policy.chat is 3, not a table"),
        ("chat = { agents = 3 }", "policy.chat.agents is 3, not a table"),
        ("chat = { max_files = -1 }", "policy.chat.max_files is wrong: -1 is no number of files: give 3"),
        ("chat = { max_files = 2.5 }", "policy.chat.max_files is wrong: 2.5 is no number"),
        ("chat = { max_files = true }", "policy.chat.max_files is wrong: True is no number"),
        ('day = { max_total = "a lot" }', "policy.day.max_total is wrong: 'a lot' is no size"),
        ("day = { max_bytes = 1 }", "policy.day.max_bytes is no setting that we know"),
        ("chat = { each_agent = {} }", "policy.chat.each_agent is no setting that we know"),
        ("day = { each_agent = { agents = {} } }", "policy.day.each_agent.agents is no setting that we know"),
        ("customer = { max_files = 'x' }", "policy.customer.max_files is wrong: 'x' is no number of files"),
    ],
)
def test_what_cannot_be_meant_is_told_in_one_line_wherever_it_stands(text: str, said: str, tmp_path: Path) -> None:
    own = written(tmp_path / "own.toml", text)
    settings = written(tmp_path / "settings.toml", f"[policy]\n{text}")
    for read, path in ((load, own), (load, settings), (load_settings, settings)):
        with pytest.raises(SettingsError) as error:
            read(path)
        assert said in str(error.value)
        assert path.name in str(error.value) or str(tmp_path) in str(error.value)
        assert "\n" not in str(error.value)


# digests of a file

LINES = f"""# what we were sent on Friday

{A}
{B.upper()}  a name with  blanks.pdf\r
\\{C} *a\\nname
SHA256 (of (another) kind.txt) = {D}
"""


def test_digests_of_a_file_are_added_to_those_of_the_list(tmp_path: Path) -> None:
    (tmp_path / "lists").mkdir()
    written(tmp_path / "lists" / "denied.sha256", "\ufeff" + LINES)
    others = "0" * 64
    text = f'deny_digests = ["{others}"]\ndeny_digests_file = "lists/denied.sha256"'
    policy = load(written(tmp_path / "policy.toml", text))
    assert policy.deny_digests == {A, B, C, D, others}
    assert policy.kept() == {"deny_digests": sorted({A, B, C, D, others})}, "a session keeps digests, and no place"
    settings = load_settings(written(tmp_path / "settings.toml", f"[policy]\n{text}"))
    assert settings.policy == policy


def test_a_file_is_looked_for_from_the_policys_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    written(tmp_path / "denied", A)
    written(tmp_path / "policy.toml", 'deny_digests_file = "denied"')
    assert load(Path("../policy.toml")).deny_digests == {A}
    whole = written(tmp_path / "whole.toml", f'deny_digests_file = "{tmp_path}/denied"')
    assert load(whole).deny_digests == {A}


def test_the_environment_sets_every_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = written(tmp_path / "settings.toml", "[policy]\nmax_bytes = 7")
    (tmp_path / "denied").write_text(A)
    told = {
        "WINDOWS": '["Mon"]',
        "TIME_ZONE": "Asia/Tokyo",
        "DAY": '{"each_agent": {"max_files": 3}}',
        "REQUIRE_DESCRIPTION": "true",
        "DENY_DIGESTS_FILE": "denied",
    }
    for name, value in told.items():
        monkeypatch.setenv(f"GWS_INSPECTOR_POLICY_{name}", value)
    assert load_settings(settings).policy.kept() == {
        "max_bytes": 7,
        "windows": ["Mon"],
        "time_zone": "Asia/Tokyo",
        "day": {"each_agent": {"max_files": 3}},
        "require_description": True,
        "deny_digests": [A],
    }


def test_a_place_that_nobody_has_read_is_not_kept() -> None:
    assert Policy.model_validate({"deny_digests_file": "/home/sofia/denied"}).kept() == {}


def test_an_empty_file_denies_nothing(tmp_path: Path) -> None:
    written(tmp_path / "denied", "# nothing yet\n")
    assert load(written(tmp_path / "policy.toml", 'deny_digests_file = "denied"')) == Policy()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (f"{A}\n{A[1:]}\n".encode(), f"line 2 is wrong: '{A[1:]}' has no SHA-256 at its begin"),
        (f"{A}0\n".encode(), "line 1 is wrong"),
        (f"{A}.pdf\n".encode(), "line 1 is wrong"),
        (b"d41d8cd98f00b204e9800998ecf8427e  of md5sum\n", "line 1 is wrong"),
        (A.encode("utf-16"), "is no text in UTF-8"),
    ],
    ids=["short", "long", "no blank", "md5", "UTF-16"],
)
def test_a_list_that_is_none_is_told_in_one_line(content: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "denied").write_bytes(content)
    with pytest.raises(SettingsError) as error:
        load(written(tmp_path / "policy.toml", 'deny_digests_file = "denied"'))
    assert str(error.value).startswith(f"policy.deny_digests_file: {tmp_path}/denied")
    assert said in str(error.value)


# the example


def uncommented() -> str:
    """The example with all of its settings set."""
    return re.sub(r"(?m)^# (?=[a-z_]+ = )", "", example())


def test_the_example_is_a_policy(tmp_path: Path) -> None:
    policy = load(written(tmp_path / "policy.toml", example()))
    assert policy.deny_extensions
    assert policy.customer == CustomerLimits()


def test_every_member_of_a_policy_is_in_the_example_and_can_be_set_as_it_says(tmp_path: Path) -> None:
    written(tmp_path / "denied.sha256", A)
    whole = load(written(tmp_path / "policy.toml", uncommented()))
    assert A in whole.deny_digests, "from the file that it names"
    unset = [name for name in Policy.model_fields if getattr(whole, name) == getattr(Policy(), name)]
    assert unset == ["deny_digests_file", "customer"], "the one is read, the other shows the defaults"
    assert re.search(r"(?m)^\[customer\]\n(max_\w+ = .*\n){3}", example())
    assert "customer" not in whole.kept(), "it tells other defaults than there are"
    for name, table in (("chat", whole.chat), ("day", whole.day)):
        told = table.model_dump()
        assert all(told[member] not in (None, {"max_files": None, "max_total": None}) for member in told), name
        for member, values in told.items():
            assert not isinstance(values, dict) or None not in values.values(), f"{name}.{member}"


def test_the_example_stands_in_the_settings_too(tmp_path: Path) -> None:
    text = re.sub(r"(?m)^\[([a-z_.]+)\]", r"[policy.\1]", example())
    settings = load_settings(written(tmp_path / "settings.toml", f"[policy]\n{text}"))
    assert settings.policy == load(written(tmp_path / "policy.toml", example()))
