"""The views of a recording: what people ask it for, with readable times, for `sqlite3` and Datasette users.

What people look for comes first, and what is long and looked up comes last: a page is as wide as fourteen columns.
"""


def _time(column: str) -> str:
    return f"strftime('%Y-%m-%d %H:%M:%f', {column} / 1000000.0, 'unixepoch')"


def _first(which: str = "") -> str:
    """The first transfer of the call's document in its chat."""
    return f"""(SELECT min(x.id) FROM transfers x
    WHERE x.session = e.session AND x.chat_id = c.chat_id AND x.document_id = c.document_id {which})"""


# a document that is sent twice has two transfers: a call's is its own, else (it was refused) that of the retry
UPLOADS = f"""
SELECT
  c.exchange AS exchange,
  {_time("e.started_at")} AS asked_at,
  a.login AS agent,
  t.name AS name,
  c.document_id AS document,
  CASE WHEN e.error IS NOT NULL THEN e.error
       WHEN e.status IS NULL THEN 'unfinished'
       WHEN c.status_code IS NULL THEN 'HTTP ' || e.status || ' without a statusCode'
       ELSE 'HTTP ' || e.status || ', statusCode ' || c.status_code END AS reply,
  CASE WHEN u.exchange IS NULL THEN NULL ELSE {_time("n.done_at")} END AS notified_at,
  round(u.lag_ms, 1) AS lag_ms,
  CASE WHEN u.lag_ms < 0 THEN 'before its reply' WHEN u.lag_ms >= 0 THEN 'after its reply' END AS came,
  CASE WHEN c.status_code = 0 AND u.exchange IS NULL AND t.uploaded_by IS NOT c.exchange THEN 'accepted'
       WHEN c.status_code <> 0 OR (t.id IS NOT NULL AND t.uploaded_by IS NOT c.exchange) THEN 'refused'
       ELSE t.state END AS state,
  (SELECT group_concat(DISTINCT f.rule) FROM findings f
   WHERE f.exchange = c.exchange OR (f.exchange = u.exchange AND f.message = u.position)) AS findings,
  c.chat_id AS chat,
  t.size AS size,
  t.sha256 AS sha256
FROM calls c
JOIN exchanges e ON e.id = c.exchange
LEFT JOIN agents a ON a.id = c.agent
LEFT JOIN transfers t ON t.id = coalesce(
  {_first("AND x.uploaded_by = c.exchange")},
  {_first("AND x.uploaded_by > c.exchange")},
  {_first()})
LEFT JOIN causes u ON u.rowid = (
  SELECT x.rowid FROM causes x WHERE x.call = c.exchange AND x.kind = 'uploaded' ORDER BY x.wait_ms LIMIT 1)
LEFT JOIN exchanges n ON n.id = u.exchange
WHERE c.operation = 'UploadFile'
ORDER BY e.session, e.start_tick
"""

TIMELINE = f"""
SELECT session, tick, {_time("at")} AS at, exchange, agent, what, chat, document, detail FROM (
  SELECT e.session AS session, e.start_tick AS tick, e.started_at AS at, e.id AS exchange, a.login AS agent,
    coalesce(nullif(c.operation, ''), e.method || ' ' || e.path) AS what, c.chat_id AS chat, c.document_id AS document,
    coalesce(e.error, 'HTTP ' || e.status || coalesce(', statusCode ' || c.status_code, ''), 'unfinished') AS detail
  FROM calls c JOIN exchanges e ON e.id = c.exchange LEFT JOIN agents a ON a.id = c.agent
  UNION ALL
  SELECT e.session, e.done_tick, e.done_at, e.id, a.login, m.kind, m.chat_id, m.document_id, m.channel
  FROM messages m JOIN exchanges e ON e.id = m.exchange LEFT JOIN agents a ON a.id = m.agent
  WHERE m.direction = 'server' AND m.kind <> ''
) ORDER BY session, tick
"""

ATTACHMENTS = """
SELECT t.id AS transfer, a.login AS agent, t.direction, t.name, t.document_id AS document, t.mime, t.size, t.seen_size,
  t.downloads, t.state, t.linked_by, t.uploaded_by, t.notified_exchange AS notified_by, t.chat_id AS chat,
  t.file_id AS file, t.sha256
FROM transfers t LEFT JOIN agents a ON a.id = t.agent
ORDER BY t.id
"""

VIEWS = {"uploads": UPLOADS, "timeline": TIMELINE, "attachments": ATTACHMENTS}
