"""The audit as JSON: what it rests on, its rows, their sums, and what else was found; one row at a time."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

import orjson

from inspector.audit.audited import Audited, Other
from inspector.audit.entry import Entry, Fetched, Notified, Outcome
from inspector.audit.head import Head, OfSession, name_of
from inspector.audit.totals import Total, Totals
from inspector.render.machine import finding_value, time_of


def pieces(audited: Audited) -> Iterator[str]:
    """An object with `head`, `entries`, `totals` and `others`; one row a line. Raises RecordingError."""
    totals = Totals()
    yield '{\n"head": ' + _json(head_value(audited.head()))
    yield from _list("entries", (entry_value(entry) for entry in totals.counting(audited.entries())))
    yield ',\n"totals": ' + _json(totals_value(totals))
    yield from _list("others", (_other(one) for one in audited.others()))
    yield "\n}\n"


def head_value(head: Head) -> dict[str, Any]:
    """As `Head` has it; moments are ISO 8601 in UTC."""
    return {
        "tool": head.tool,
        "rules": head.rules,
        "puremagic": head.types,
        "recordings": [
            {
                "name": file.name,
                "sha256": file.sha256,
                "unsettled": file.unsettled,
                "sessions": [_session(one) for one in file.sessions],
            }
            for file in head.recordings
        ],
        "left_out": [asdict(one) for one in head.left_out],
        "policy": head.policy,
        "policy_file": head.policy_file,
        "policy_sha256": head.policy_sha256,
        "select": head.select,
        "ignore": head.ignore,
        "excused": head.excused,
        "severities": head.severities,
    }


def _session(session: OfSession) -> dict[str, Any]:
    return {
        "number": session.number,
        "uuid": session.uuid,
        "counts": session.counts,
        "state": session.state,
        "trouble": session.trouble,
        "source": session.source,
        "started": time_of(session.started),
        "ended": time_of(session.ended),
        "upstream": session.upstream,
        "exchanges": session.exchanges,
        "unfinished": session.unfinished,
        "secrets_kept": session.secrets_kept,
        "policy": session.policy,
        "recorded_with": session.recorded_with,
    }


def entry_value(entry: Entry) -> dict[str, Any]:
    """A row with the names that `Entry` has; texts are as they crossed the wire."""
    return {
        "recording": entry.recording,
        "session": entry.session,
        "transfer": entry.number,
        "time": time_of(entry.at),
        "agent": entry.login,
        "user": entry.user,
        "direction": entry.direction,
        "chat": entry.chat,
        "document": entry.document,
        "file": entry.file,
        "name": entry.name,
        "declared_type": entry.declared_type,
        "detected_type": entry.detected_type,
        "declared_size": entry.declared_size,
        "seen_size": entry.seen_size,
        "sha256": entry.sha256,
        "upload_type": entry.upload_type,
        "upload_path": entry.upload_path,
        "description": entry.description,
        "how_linked": entry.how_linked,
        "linked": _outcome(entry.linked),
        "uploaded": _outcome(entry.uploaded),
        "notified": _notified(entry.notified),
        "downloads": [_fetched(one) for one in entry.fetched],
        "state": entry.state,
        "findings": [finding_value(one) for one in entry.findings],
        "excused": [finding_value(one) for one in entry.excused],
    }


def _outcome(outcome: Outcome | None) -> dict[str, Any] | None:
    return None if outcome is None else {**asdict(outcome), "at": time_of(outcome.at)}


def _notified(told: Notified | None) -> dict[str, Any] | None:
    return None if told is None else {**asdict(told), "at": time_of(told.at)}


def _fetched(one: Fetched) -> dict[str, Any]:
    return {**asdict(one), "at": time_of(one.at)}


def totals_value(totals: Totals) -> dict[str, Any]:
    return {
        "all": _total(totals.all),
        **{f"by_{which}": {key: _total(total) for key, total in keys.items()} for which, keys in totals.by.items()},
    }


def _total(total: Total) -> dict[str, Any]:
    return {
        "files": total.files,
        "bytes": total.size,
        "files_of_unknown_size": total.unsized,
        "states": dict(total.states),
        "findings": dict(total.findings),
    }


def _other(other: Other) -> dict[str, Any]:
    finding, excused = other.finding
    return {
        "recording": name_of(other.recording.path),
        "session": other.session.uuid,
        "finding": finding_value(finding),
        "excused": excused,
    }


def _list(name: str, values: Iterable[Any]) -> Iterator[str]:
    yield f',\n"{name}": ['
    for number, value in enumerate(values):
        yield ("," if number else "") + "\n" + _json(value)
    yield "\n]"


def _json(value: Any) -> str:
    return orjson.dumps(value, default=str).decode()
