"""Settings: each room's own, gathered from the environment and one TOML file. No room below imports this.

Precedence: flag > environment (`GWS_INSPECTOR_<SECTION>_<NAME>`) > file > default. Misspelt names are refused.
"""

import os
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from pydantic_settings import SettingsError as SourceError

from inspector.analysis import policy as policies
from inspector.analysis.policy import Policy
from inspector.errors import SettingsError, UsageError
from inspector.traffic.pointers import checked_pointer
from inspector.webservices.model import flaws

_PREFIX = "GWS_INSPECTOR_"
DEFAULT_FILE = Path("gws-inspector.toml")


def _pointer(text: str) -> str:
    try:
        return checked_pointer(text)
    except UsageError as error:
        raise ValueError(str(error)) from None


Pointer = Annotated[str, AfterValidator(_pointer)]
"""A JSON pointer to what does not count in a request's body; `*` is every member or element."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid")


class RecordSection(_Section):
    """Defaults for the options of `record`."""

    mode: Literal["reverse", "regular"] | None = None
    listen: str | list[str] | None = None
    """One address, or one for each server."""
    also: list[str] | None = None
    bodies: str | None = None
    """Which files' content is kept: `full`, `digest`, `limit=SIZE`."""
    ca_dir: str | None = None
    upstream_ca: str | None = None
    advertise: bool | None = None
    block: bool | None = None
    web: bool | None = None
    stock: bool | None = None
    fail_on: str | None = None
    window: float | None = None
    """Seconds that a notification may take."""
    quiet: bool | None = None


class CheckSection(_Section):
    """Defaults for the options of `check`."""

    format: str | None = None
    fail_on: str | None = None


class AuditSection(_Section):
    """Defaults for the options of `audit`."""

    format: str | None = None
    fail_on: str | None = None


class DiffSection(_Section):
    """Defaults for the options of `diff`."""

    format: str | None = None
    ignore: list[str] | None = None
    delay_threshold: float | None = None
    """Milliseconds."""


class OperationSection(_Section):
    """What holds for requests with one `operationName`."""

    ignore: list[Pointer] = []


class RulesSection(_Section):
    """Which rules are told of, by begins of their codes; `ignore` also excuses single cases (`GW402:DOCUMENT`)."""

    select: list[str] = []
    ignore: list[str] = []
    severity: dict[str, Literal["info", "warning", "error"]] = {}


class ReplaySection(_Section):
    """Defaults for the options of `replay`; per operation what has no option."""

    listen: str | None = None
    session: str | None = None
    agent: str | None = None
    pace: float | None = None
    reuse: bool | None = None
    keep_origins: bool | None = None
    origins: list[str] | None = None
    cors: list[str] | None = None
    ignore: list[Pointer] | None = None
    poll_timeout: float | None = None
    """Seconds."""
    tls_cert: str | None = None
    tls_key: str | None = None
    strict: bool | None = None
    report: str | None = None
    front: Literal["server", "proxy"] | None = None
    spy: str | None = None
    record_missing: bool | None = None
    faults: str | None = None
    control: str | None = None
    token: str | None = None
    quiet: bool | None = None
    operations: dict[str, OperationSection] = {}


class RedactionSection(_Section):
    """More places where secrets are: names of header fields, and of members in JSON, forms and queries."""

    headers: list[str] = []
    members: list[str] = []


class Settings(BaseSettings):
    """All settings. Loaded by `load`."""

    model_config = SettingsConfigDict(
        extra="forbid", env_prefix=_PREFIX, env_nested_delimiter="_", env_nested_max_split=1
    )

    record: RecordSection = RecordSection()
    check: CheckSection = CheckSection()
    audit: AuditSection = AuditSection()
    diff: DiffSection = DiffSection()
    rules: RulesSection = RulesSection()
    replay: ReplaySection = ReplaySection()
    redaction: RedactionSection = RedactionSection()
    policy: Policy = policies.DEFAULT

    def defaults(self) -> dict[str, dict[str, Any]]:
        """Per command, the defaults of its options: click's `default_map`."""
        return {
            "record": _repeated(self.record.model_dump(exclude_none=True), "listen"),
            "check": self.check.model_dump(exclude_none=True),
            "audit": self.audit.model_dump(exclude_none=True),
            "diff": self.diff.model_dump(exclude_none=True),
            "replay": self.replay.model_dump(exclude_none=True, exclude={"operations"}),
        }


def _repeated(defaults: dict[str, Any], name: str) -> dict[str, Any]:
    """The defaults, with a list for an option that may be given several times and was set once."""
    if isinstance(value := defaults.get(name), str):
        defaults[name] = [value]
    return defaults


def load(path: Path | None = None) -> Settings:
    """The settings of the file at `path` (by default DEFAULT_FILE, which may be missing) and of the environment.

    Raises SettingsError: no such file, not TOML, an unknown or ill-typed setting.
    """
    if path is not None and not path.is_file():
        raise SettingsError(f"there is no settings file {path}")
    file = path or DEFAULT_FILE

    class Loaded(Settings):
        @classmethod
        def settings_customise_sources(
            cls, settings_cls: type[BaseSettings], *sources: PydanticBaseSettingsSource, **named: Any
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return _known(settings_cls, named["env_settings"]), TomlConfigSettingsSource(settings_cls, file)

    try:
        settings = Loaded()
        settings.policy = policies.whole(settings.policy, file.parent)
        return settings
    except ValidationError as error:
        first = flaws(error)[0]
        name = first.pointer[1:].replace("/", ".")
        variable = f"{_PREFIX}{name.upper().replace('.', '_')}"
        where = f"{variable} is" if variable in os.environ else f"{file}: {name} is"
        raise SettingsError(f"{where} {policies.sentence(first)}") from None
    except SourceError as error:
        raise SettingsError(f'a list in a variable {_PREFIX}… is written as ["…", "…"]: {error}') from None
    except ValueError as error:
        raise SettingsError(f"{file} is not TOML: {error}") from None


def _known(settings: type[BaseSettings], environment: PydanticBaseSettingsSource) -> PydanticBaseSettingsSource:
    """The environment without names that are no setting: it belongs to others, too."""
    values = {}
    for section, members in environment().items():
        known = getattr(settings.model_fields[section].annotation, "model_fields", {})
        if isinstance(members, dict):
            values[section] = {name: value for name, value in members.items() if name in known}
    return InitSettingsSource(settings, values)
