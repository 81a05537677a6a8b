"""What the recorder's addon can be told by `--set`: the options, and what they come to."""

import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from mitmproxy.addonmanager import Loader
from mitmproxy.options import Options
from mitmproxy.utils import human

from inspector.analysis import policy as policies
from inspector.analysis.analyst import AnalysisSettings
from inspector.analysis.policy import Policy
from inspector.analysis.rules.selection import Selection, selection
from inspector.errors import SettingsError, UsageError
from inspector.recording.scope import Scope
from inspector.recording.taking.plan import Keeping
from inspector.traffic.redaction import Places

_KEEP_SECRETS = re.compile(r"--keep-secrets|(--set=)?inspector_keep_secrets(=true)?", re.IGNORECASE)


def add_options(loader: Loader) -> None:
    """mitmproxy knows the options from now on."""
    loader.add_option("inspector_recording", str, "", "The recording to append a session to, made if missing.")
    loader.add_option("inspector_name", str, "", "What the session is called: replays find it by that.")
    loader.add_option("inspector_advertise", bool, False, "Give clients this proxy's address in the API's URIs.")
    loader.add_option("inspector_also", Sequence[str], [], "Record other paths, too: where one of these is found.")
    loader.add_option("inspector_bodies", str, "full", "Content of files to keep: full, digest, or limit=SIZE.")
    loader.add_option("inspector_block", bool, False, "Refuse a request that by itself breaks a rule of errors.")
    loader.add_option("inspector_lean", bool, False, "Trigger addons and read options faster than mitmproxy does.")
    loader.add_option("inspector_window", int, 30_000, "Milliseconds that a notification may take.")
    loader.add_option("inspector_select", Sequence[str], [], "Rules to tell of, by begins of their codes; none: all.")
    loader.add_option("inspector_ignore", Sequence[str], [], "Rules not to tell of, and cases that are excused.")
    loader.add_option("inspector_severity", Sequence[str], [], "Severities of rules, where others: GW104=error.")
    loader.add_option("inspector_policy", str, "", "What files may be: a TOML file, or the policy itself as JSON.")
    loader.add_option("inspector_keep_secrets", bool, False, "Redact nothing. Only from the command line.")
    loader.add_option("inspector_secret_headers", Sequence[str], [], "More header fields that hold secrets.")
    loader.add_option("inspector_secret_members", Sequence[str], [], "More members that hold secrets.")


def recording_file(options: Options) -> Path:
    """Where the session is kept."""
    return Path(options.inspector_recording).expanduser()


def places(options: Options) -> Places:
    """Where secrets are, besides where they always are."""
    return Places(frozenset(options.inspector_secret_headers), frozenset(options.inspector_secret_members))


def keeps_secrets(options: Options) -> bool:
    """Whether nothing is redacted.

    Raises UsageError if nobody typed that out: a configuration file is read long after it was written.
    """
    if not options.inspector_keep_secrets:
        return False
    if not any(_KEEP_SECRETS.fullmatch(word) for word in sys.argv):
        raise UsageError("secrets are only kept where the command line itself says so: remove inspector_keep_secrets")
    return True


def keeping(told: str) -> Keeping:
    """Which files' content is kept. Raises UsageError for what is neither full, digest nor limit=SIZE."""
    kind, equals, size = told.partition("=")
    if told in ("full", "digest"):
        return Keeping(None if told == "full" else 0, f"--bodies {told}")
    try:
        limit = human.parse_size(size) if kind == "limit" and equals else None
    except ValueError:
        limit = None
    if limit is None or limit < 0:
        raise UsageError(f"--bodies {told}: full, digest, or limit=SIZE, where SIZE is in bytes, or like 10m or 1g")
    return Keeping(limit, f"--bodies {told}")


def scope(options: Options) -> Scope:
    """Which requests are recorded. Raises UsageError for what is no regular expression."""
    return Scope(options.inspector_also)


def settings(options: Options) -> AnalysisSettings:
    """How the traffic is judged. Raises SettingsError for a policy that cannot be meant."""
    return AnalysisSettings(options.inspector_window, _policy(options.inspector_policy))


def misspelt(options: Options) -> list[str]:
    """Options that were set for us, and that are none."""
    return [name for name in options.deferred if name.startswith("inspector_")]


def chosen(options: Options) -> Selection:
    """Which rules are told of, and which can block. Raises UsageError for what names no rule, or no severity."""
    try:
        severities = dict(word.split("=", 1) for word in options.inspector_severity)
        return selection(options.inspector_select, options.inspector_ignore, severities)
    except ValueError as error:
        raise UsageError(str(error)) from None


def _policy(told: str) -> Policy | None:
    if told.startswith("{"):
        try:
            return policies.whole(policies.checked(json.loads(told), "inspector_policy"), Path())
        except json.JSONDecodeError as error:
            raise SettingsError(f"inspector_policy is not JSON: {error}") from None
    return policies.load(Path(told).expanduser()) if told else None


def words(chosen: Selection, policy: Policy | None = None) -> dict[str, str | list[str]]:
    """The options that come to the selection, and to the policy."""
    told: dict[str, str | list[str]] = {"inspector_policy": json.dumps(policy.kept())} if policy else {}
    return told | {
        "inspector_select": list(chosen.select),
        "inspector_ignore": [*chosen.ignore, *sorted(f"{code}:{case}" for code, case in chosen.excused)],
        "inspector_severity": [f"{code}={severity}" for code, severity in chosen.severities.items()],
    }
