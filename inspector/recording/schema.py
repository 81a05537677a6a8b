"""How a file gets its tables, and an older one becomes today's: migrations of sqlite-utils, in their order."""

from sqlite_utils import Database, Migrations

from inspector.recording.marks import SET
from inspector.recording.tables import CHUNKS, DERIVED, FACTS, FETCHES, JUDGED, NAMED, OUTDATED, PREPARED, UNJUDGED
from inspector.recording.views import VIEWS

migrations = Migrations(SET)


@migrations()
def m001_facts(db: Database) -> None:
    _each(db, FACTS)


@migrations()
def m002_derived(db: Database) -> None:
    _each(db, DERIVED)


@migrations()
def m003_views(db: Database) -> None:
    for name, query in VIEWS.items():
        db.create_view(name, query)


@migrations()
def m004_prepared(db: Database) -> None:
    _each(db, PREPARED)
    _each_trigger(db, OUTDATED)


@migrations()
def m005_views_by_life(db: Database) -> None:
    """A document may have several transfers in one chat; views of older files took them for one."""
    db.execute("CREATE INDEX transfers_document ON transfers(chat_id, document_id)")
    _views_anew(db)


@migrations()
def m006_streams(db: Database) -> None:
    _each(db, CHUNKS)
    db.execute("DROP TRIGGER prepared_body")
    # what becomes of a body that streams changes nothing that was there before
    db.execute(
        "CREATE TRIGGER prepared_body AFTER UPDATE ON bodies WHEN substr(old.sha256, 1, 8) <> 'partial:' BEGIN "
        "DELETE FROM prepared; END"
    )


@migrations()
def m007_judged(db: Database) -> None:
    _each(db, JUDGED)
    _each(db, FETCHES)
    _each_trigger(db, UNJUDGED)


@migrations()
def m008_views_to_read(db: Database) -> None:
    """What people look for comes first."""
    _views_anew(db)


@migrations()
def m009_named(db: Database) -> None:
    _each(db, NAMED)


def _views_anew(db: Database) -> None:
    for name, query in VIEWS.items():
        db.execute(f"DROP VIEW IF EXISTS {name}")
        db.create_view(name, query)


def _each(db: Database, script: str) -> None:
    # not executescript: it would end the transaction that the migration runs in
    for statement in script.split(";\n"):
        if statement.strip():
            db.execute(statement)


def _each_trigger(db: Database, script: str) -> None:
    for trigger in script.split(" END;\n"):
        if trigger.strip():
            db.execute(f"{trigger} END")
