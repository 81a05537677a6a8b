"""The tables of a recording, as SQL. Facts first; the derived tables can be rebuilt.

Instants are integer microseconds: `*_at` in UTC, `*_mono` on a clock that never jumps. (session, tick) names a thing in
any file; `exchanges.id` names it in this one.
"""

FACTS = """
CREATE TABLE sessions (
  id INTEGER PRIMARY KEY,
  uuid TEXT NOT NULL UNIQUE,
  state TEXT NOT NULL CHECK (state IN ('open', 'complete', 'incomplete')),
  source TEXT NOT NULL CHECK (source IN ('proxy', 'har', 'flow')),
  parent TEXT,
  started_at INTEGER NOT NULL, started_mono INTEGER NOT NULL,
  ended_at INTEGER, ended_mono INTEGER,
  upstream TEXT NOT NULL,
  origins TEXT NOT NULL DEFAULT '[]',
  redacted TEXT NOT NULL DEFAULT '{}',
  versions TEXT NOT NULL DEFAULT '{}',
  settings TEXT NOT NULL DEFAULT '{}',
  recorder TEXT NOT NULL DEFAULT '',
  trouble TEXT
) STRICT;

CREATE TABLE bodies (
  id INTEGER PRIMARY KEY,
  sha256 TEXT NOT NULL UNIQUE,
  size INTEGER NOT NULL,
  kept TEXT NOT NULL CHECK (kept IN ('whole', 'chunks', 'parts', 'digest')),
  content BLOB
) STRICT;

CREATE TABLE chunks (
  body INTEGER NOT NULL REFERENCES bodies(id),
  n INTEGER NOT NULL,
  content BLOB NOT NULL,
  PRIMARY KEY (body, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE exchanges (
  id INTEGER PRIMARY KEY,
  session INTEGER NOT NULL REFERENCES sessions(id),
  start_tick INTEGER NOT NULL, done_tick INTEGER,
  started_at INTEGER NOT NULL, started_mono INTEGER NOT NULL,
  answered_at INTEGER, answered_mono INTEGER,
  done_at INTEGER, done_mono INTEGER,
  connection TEXT NOT NULL,
  method TEXT NOT NULL, scheme TEXT NOT NULL, authority TEXT NOT NULL, path TEXT NOT NULL, query TEXT NOT NULL,
  http_version TEXT NOT NULL,
  request_headers TEXT NOT NULL, request_body INTEGER REFERENCES bodies(id), request_original TEXT,
  status INTEGER, reason TEXT,
  response_headers TEXT, response_body INTEGER REFERENCES bodies(id), response_original TEXT,
  error TEXT,
  truncated TEXT
) STRICT;
CREATE UNIQUE INDEX exchanges_start ON exchanges(session, start_tick);
CREATE INDEX exchanges_done ON exchanges(session, done_tick);

CREATE TABLE parts (
  exchange INTEGER NOT NULL REFERENCES exchanges(id),
  position INTEGER NOT NULL,
  head BLOB NOT NULL,
  name TEXT, filename TEXT, type TEXT NOT NULL,
  size INTEGER NOT NULL, sha256 TEXT NOT NULL,
  body INTEGER REFERENCES bodies(id),
  PRIMARY KEY (exchange, position)
) STRICT;

CREATE TABLE frames (
  exchange INTEGER NOT NULL REFERENCES exchanges(id),
  tick INTEGER NOT NULL,
  at INTEGER NOT NULL, mono INTEGER NOT NULL,
  direction TEXT NOT NULL CHECK (direction IN ('client', 'server')),
  opcode INTEGER NOT NULL,
  body INTEGER NOT NULL REFERENCES bodies(id),
  PRIMARY KEY (exchange, tick)
) STRICT;
"""

DERIVED = """
CREATE TABLE agents (
  id INTEGER PRIMARY KEY,
  session INTEGER NOT NULL REFERENCES sessions(id),
  user TEXT NOT NULL, login TEXT NOT NULL, cookie TEXT NOT NULL,
  first_tick INTEGER NOT NULL, last_tick INTEGER NOT NULL
) STRICT;

CREATE TABLE calls (
  exchange INTEGER PRIMARY KEY REFERENCES exchanges(id),
  agent INTEGER REFERENCES agents(id),
  operation TEXT NOT NULL, chat_id TEXT NOT NULL, document_id TEXT NOT NULL,
  status_code INTEGER
) STRICT;

CREATE TABLE messages (
  exchange INTEGER NOT NULL REFERENCES exchanges(id),
  direction TEXT NOT NULL,
  position INTEGER NOT NULL,
  agent INTEGER REFERENCES agents(id),
  channel TEXT NOT NULL, client_id TEXT NOT NULL, bayeux_id TEXT NOT NULL,
  data TEXT,
  kind TEXT NOT NULL, chat_id TEXT NOT NULL, document_id TEXT NOT NULL,
  PRIMARY KEY (exchange, direction, position)
) STRICT;

CREATE TABLE causes (
  call INTEGER NOT NULL REFERENCES calls(exchange),
  exchange INTEGER NOT NULL REFERENCES exchanges(id),
  position INTEGER NOT NULL,
  kind TEXT NOT NULL, evidence TEXT NOT NULL,
  wait_ms REAL NOT NULL, lag_ms REAL,
  PRIMARY KEY (call, exchange, position)
) STRICT;

CREATE TABLE transfers (
  id INTEGER PRIMARY KEY,
  session INTEGER NOT NULL REFERENCES sessions(id),
  chat_id TEXT NOT NULL, document_id TEXT NOT NULL, file_id TEXT NOT NULL,
  direction TEXT NOT NULL, agent INTEGER REFERENCES agents(id),
  name TEXT NOT NULL, mime TEXT NOT NULL, size INTEGER, seen_size INTEGER, sha256 TEXT NOT NULL,
  linked_by INTEGER, uploaded_by INTEGER, notified_exchange INTEGER, notified_position INTEGER,
  downloads INTEGER NOT NULL,
  state TEXT NOT NULL
) STRICT;

CREATE TABLE findings (
  id INTEGER PRIMARY KEY,
  exchange INTEGER NOT NULL REFERENCES exchanges(id),
  message INTEGER,
  rule TEXT NOT NULL, severity TEXT NOT NULL,
  pointer TEXT NOT NULL, expected TEXT NOT NULL, actual TEXT,
  text TEXT NOT NULL
) STRICT;
CREATE INDEX findings_exchange ON findings(exchange);
"""

PREPARED = """
CREATE TABLE prepared (
  session INTEGER PRIMARY KEY REFERENCES sessions(id),
  rules TEXT NOT NULL,
  plans BLOB NOT NULL,
  identities BLOB NOT NULL
) STRICT;
"""
"""What a session comes to when it is replayed, and by which rules (`replay/plans/packing.py`): it starts at once."""

OUTDATED = """
CREATE TRIGGER prepared_exchange AFTER UPDATE ON exchanges WHEN old.done_tick IS NOT NULL BEGIN
  DELETE FROM prepared WHERE session = old.session; END;
CREATE TRIGGER prepared_exchange_gone AFTER DELETE ON exchanges BEGIN
  DELETE FROM prepared WHERE session = old.session; END;
CREATE TRIGGER prepared_body AFTER UPDATE ON bodies BEGIN DELETE FROM prepared; END;
CREATE TRIGGER prepared_part AFTER UPDATE ON parts BEGIN DELETE FROM prepared; END;
CREATE TRIGGER prepared_cause AFTER UPDATE ON causes BEGIN DELETE FROM prepared; END;
CREATE TRIGGER prepared_cause_gone AFTER DELETE ON causes BEGIN DELETE FROM prepared; END;
"""
"""Whoever edits a recording, by whatever tool, sees it replayed as edited."""

CHUNKS = """
CREATE TABLE chunks_by_row (
  id INTEGER PRIMARY KEY,
  body INTEGER NOT NULL REFERENCES bodies(id),
  n INTEGER NOT NULL,
  content BLOB NOT NULL
) STRICT;
INSERT INTO chunks_by_row (body, n, content) SELECT body, n, content FROM chunks ORDER BY body, n;
DROP TABLE chunks;
ALTER TABLE chunks_by_row RENAME TO chunks;
CREATE UNIQUE INDEX chunks_place ON chunks(body, n);
"""
"""Chunks in the order of their arrival: kept by (body, n), each had to be carried through the tree of all others, which
halved what a stream could write in a second. A body of which not all is there has a `sha256` that begins with
`partial:`; one that nothing needs any more, and whose chunks are being deleted, with `dropped:`.
"""


JUDGED = """
ALTER TABLE sessions ADD COLUMN judged TEXT NOT NULL DEFAULT '';
ALTER TABLE findings ADD COLUMN about TEXT NOT NULL DEFAULT '[]';
"""
"""By which rules the session's derived rows are (`stored.py`), and what a finding can be excused by."""

NAMED = """
ALTER TABLE sessions ADD COLUMN name TEXT NOT NULL DEFAULT '';
"""
"""What whoever recorded the session calls it; empty if nothing."""

FETCHES = """
CREATE TABLE fetches (
  transfer INTEGER NOT NULL REFERENCES transfers(id),
  exchange INTEGER NOT NULL REFERENCES exchanges(id),
  PRIMARY KEY (transfer, exchange)
) STRICT;
"""
"""Which downloads were of which transfer's file."""

DERIVED_TABLES = ("agents", "calls", "messages", "causes", "transfers", "fetches", "findings")
"""Those that hold what was derived, and nothing else."""

UNJUDGED = """
CREATE TRIGGER judged_exchange AFTER UPDATE ON exchanges WHEN old.done_tick IS NOT NULL BEGIN
  UPDATE sessions SET judged = '' WHERE id = old.session; END;
CREATE TRIGGER judged_exchange_gone AFTER DELETE ON exchanges BEGIN
  UPDATE sessions SET judged = '' WHERE id = old.session; END;
CREATE TRIGGER judged_body AFTER UPDATE ON bodies WHEN substr(old.sha256, 1, 8) <> 'partial:' BEGIN
  UPDATE sessions SET judged = ''; END;
CREATE TRIGGER judged_part AFTER UPDATE ON parts BEGIN UPDATE sessions SET judged = ''; END;
"""
"""Whoever edits what was recorded sees it judged as edited."""
