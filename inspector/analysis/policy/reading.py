"""Reads a policy: from a TOML file of its own, or out of what stands elsewhere; with the digests of a file."""

import re
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from inspector.analysis.policy.policy import Policy
from inspector.errors import SettingsError
from inspector.webservices.model import Flaw, flaws

_CALLED = {
    "a valid tuple": "a list",
    "a valid frozenset": "a list",
    "a valid string": "a text",
    "a valid boolean": "true or false",
    "a valid boolean, unable to interpret input": "true or false",
}
"""What a TOML file has instead of Python's types."""

_SUM = re.compile(
    r"""\\?(?P<digest>[0-9a-fA-F]{64})(?:[ ][ *].*)?   # the digest alone, or as sha256sum writes it with a name
    | SHA256[ ]?\(.*\)[ ]=[ ](?P<tagged>[0-9a-fA-F]{64})  # sha256sum --tag, shasum, openssl""",
    re.VERBOSE,
)


def load(path: Path) -> Policy:
    """The policy of a TOML file: its members at the top, or in a table `[policy]` as in the settings.

    Raises SettingsError: it cannot be read, is not TOML, has an unknown or ill-typed member, or members beside its
    `[policy]`, by which nobody would judge.
    """
    try:
        told = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise SettingsError(f"the policy {path} cannot be read: {error.strerror or error}") from None
    except ValueError as error:
        raise SettingsError(f"the policy {path} is not TOML: {error}") from None
    if "policy" in told and (beside := Policy.model_fields.keys() & told.keys()):
        raise SettingsError(f"{path}: policy.{min(beside)} stands outside of [policy]: put all of it in one place")
    return whole(checked(told.get("policy", told), str(path)), path.parent)


def checked(told: Any, where: str) -> Policy:
    """A policy out of what was read from `where`; no other file is read. Raises SettingsError."""
    try:
        return Policy.model_validate(told)
    except ValidationError as error:
        first = flaws(error)[0]
        name = ".".join(("policy", *first.pointer[1:].split("/"))).rstrip(".")
        raise SettingsError(f"{where}: {name} is {sentence(first)}") from None


def whole(policy: Policy, folder: Path) -> Policy:
    """The policy with the digests of its `deny_digests_file`, a path from `folder` on. Raises SettingsError."""
    if policy.deny_digests_file is None:
        return policy
    path = folder / Path(policy.deny_digests_file).expanduser()
    try:
        lines = path.read_bytes().decode("utf-8-sig").splitlines()
    except OSError as error:
        raise SettingsError(f"policy.deny_digests_file: {path} cannot be read: {error.strerror or error}") from None
    except ValueError:
        raise SettingsError(f"policy.deny_digests_file: {path} is no text in UTF-8") from None
    found = {digest for number, line in enumerate(lines, 1) if (digest := _digest(line, f"{path}, line {number}"))}
    return policy.model_copy(update={"deny_digests": policy.deny_digests | found, "deny_digests_file": None})


def sentence(flaw: Flaw) -> str:
    """What is wrong with a setting, after its name and `is`."""
    if flaw.kind == "extra_forbidden":
        return "no setting that we know"
    if flaw.kind == "value_error":
        return f"wrong: {flaw.expected}"
    wanted = "a table" if flaw.kind == "model_type" else _CALLED.get(flaw.expected, flaw.expected)
    return f"{flaw.actual!r}, not {wanted}"


def example() -> str:
    """A policy with everything that may stand in one, and what it means."""
    return files("inspector.analysis.policy").joinpath("example.toml").read_text("utf-8")


def _digest(line: str, where: str) -> str:
    """The digest of a line; empty for an empty line and a comment (`#`). Raises SettingsError."""
    text = line.strip()
    if not text or text.startswith("#"):
        return ""
    found = _SUM.fullmatch(text)
    if not found:
        raise SettingsError(f"policy.deny_digests_file: {where} is wrong: {text[:80]!r} has no SHA-256 at its begin")
    return (found["digest"] or found["tagged"]).lower()
