"""The policy: what it says of types, names and sizes, how it is read, and what cannot be meant."""

from pathlib import Path

import pytest

from inspector.analysis.policy import DEFAULT, MIB, CustomerLimits, Policy, extension_of, load
from inspector.errors import SettingsError


def policy(**told: object) -> Policy:
    return Policy.model_validate(told)


@pytest.mark.parametrize(
    ("told", "media_type", "line"),
    [
        ({}, "application/x-msdownload", ""),
        ({"allow_types": ["image/*"]}, "image/png", ""),
        ({"allow_types": ["image/*"]}, "IMAGE/PNG; q=1", ""),
        ({"allow_types": ["image/*"]}, "", ""),
        ({"allow_types": ["image/*", "text/plain"]}, "text/html", "policy.allow_types: image/*, text/plain"),
        ({"allow_types": []}, "text/html", "policy.allow_types: none"),
        ({"allow_types": ["image/jpg"]}, "image/jpeg", ""),
        ({"deny_types": ["application/x-zip"]}, "application/zip", "policy.deny_types: application/x-zip"),
        ({"allow_types": ["image/*"], "deny_types": ["image/gif"]}, "image/gif", "policy.deny_types: image/gif"),
    ],
)
def test_types(told: dict[str, object], media_type: str, line: str) -> None:
    assert policy(**told).against_type(media_type) == line


@pytest.mark.parametrize(
    ("told", "name", "line"),
    [
        ({}, "a.exe", ""),
        ({"deny_extensions": [".EXE"]}, "a.Exe", "policy.deny_extensions: exe"),
        ({"deny_extensions": ["exe"]}, "a.exe. ", "policy.deny_extensions: exe"),
        ({"deny_extensions": ["exe"]}, "a.exe.txt", ""),
        ({"deny_extensions": ["exe"]}, "exe", ""),
        ({"deny_extensions": ["gz"]}, "a.tar.gz", "policy.deny_extensions: gz"),
        ({"deny_extensions": ["d"]}, "conf.d/list", ""),
        ({"allow_extensions": ["pdf", "png"]}, "a.png", ""),
        ({"allow_extensions": ["pdf", "png"]}, "a.txt", "policy.allow_extensions: pdf, png"),
        ({"allow_extensions": ["pdf", "png"]}, "README", "policy.allow_extensions: pdf, png"),
        ({"allow_extensions": ["pdf", ""]}, "README", ""),
        ({"allow_extensions": ["pdf"]}, "", ""),
        ({"allow_extensions": ["pdf"], "deny_extensions": ["pdf"]}, "a.pdf", "policy.deny_extensions: pdf"),
    ],
)
def test_names(told: dict[str, object], name: str, line: str) -> None:
    assert policy(**told).against_name(name) == line


def test_sizes() -> None:
    assert (DEFAULT.max_bytes, DEFAULT.customer) == (None, CustomerLimits(max_bytes=2 * MIB, max_total=5 * MIB))
    assert DEFAULT.against_size(10**15) == ""
    assert policy(max_bytes=2**63 - 1).against_size(2**63 - 1) == "", "the largest that there is room for"
    for told in (1024, "1024", "1 KiB", "1KiB"):
        assert policy(max_bytes=told).against_size(1024) == ""
        assert policy(max_bytes=told).against_size(1025) == "policy.max_bytes: 1024"


@pytest.mark.parametrize(
    ("name", "extension"),
    [
        ("a.TXT", "txt"),
        ("a", ""),
        (".profile", "profile"),
        ("a.", ""),
        ("dir.x\\a", ""),
        ("txt.\u202eexe", "\u202eexe"),
    ],
)
def test_extensions(name: str, extension: str) -> None:
    assert extension_of(name) == extension


WHOLE = """
allow_types = ["image/*", "application/pdf"]
deny_extensions = ["exe"]
max_bytes = "8 MiB"

[customer]
max_files = 5
"""


def test_a_file_of_its_own_and_the_table_of_settings_are_read_alike(tmp_path: Path) -> None:
    own, settings = tmp_path / "own.toml", tmp_path / "settings.toml"
    own.write_text(WHOLE)
    settings.write_text("[record]\nwindow = 5\n[policy]" + WHOLE.replace("[customer]", "[policy.customer]"))
    read = load(own)
    assert load(settings) == read
    own.write_text("\ufeff" + WHOLE, "utf-8")  # as some editors begin a file
    assert load(own) == read
    assert (read.max_bytes, read.customer.max_files, read.customer.max_bytes) == (8 * MIB, 5, 2 * MIB)


def test_what_was_set_is_kept_and_read_back() -> None:
    told = policy(allow_types=["image/jpg"], allow_extensions=[], max_bytes="1 MiB", customer={"max_files": 0})
    assert Policy.model_validate(told.kept()) == told
    assert DEFAULT.kept() == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('deny_extension = ["exe"]', "policy.deny_extension is no setting that we know"),
        ("[customer]\nfiles = 3", "policy.customer.files is no setting that we know"),
        ('deny_extensions = "exe"', "policy.deny_extensions is 'exe', not a list"),
        ('deny_extensions = ["*.exe"]', "policy.deny_extensions.0 is wrong: '*.exe' is no extension: give exe"),
        ('allow_types = ["png"]', "policy.allow_types.0 is wrong: 'png' is no media type"),
        ("allow_types = [7]", "policy.allow_types.0 is 7, not a text"),
        ('max_bytes = "much"', "policy.max_bytes is wrong: 'much' is no size: give bytes (8388608)"),
        ("max_bytes = true", "policy.max_bytes is wrong: True is no size"),
        ("max_bytes = -1", "policy.max_bytes is wrong: -1 is no size"),
        ("max_bytes = 9223372036854775808", "policy.max_bytes is wrong: 9223372036854775808 is no size"),
        ('max_bytes = "8 EiB"', "policy.max_bytes is wrong: '8 EiB' is no size"),
        ("[chat]\nmax_files = 9223372036854775808", "policy.chat.max_files is wrong: 9223372036854775808 is no number"),
        ('customer = "few"', "policy.customer is 'few', not "),
        ("policy = 3", "policy is 3, not "),
        ("max_bytes = 1\n[policy.chat]\nmax_files = 1", "policy.max_bytes stands outside of [policy]: put all of"),
        ("[policy]\nmax_bytes = 1\n[day]\nmax_files = 1", "policy.day stands outside of [policy]"),
        ("max_bytes = ", "is not TOML: "),
        ("\xff", "is not TOML: "),
    ],
)
def test_what_cannot_be_meant_is_told_in_one_line(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(SettingsError) as error:
        load(path)
    assert str(path) in str(error.value)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    for path in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(SettingsError, match="cannot be read"):
            load(path)
