"""The tables of the index, and how it is opened: a file that nobody else may read."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

VERSION = 1
"""Whoever changes the tables, or what is drawn into them, counts one up."""
TABLES = """
CREATE TABLE mark (
  version INTEGER NOT NULL, origin TEXT NOT NULL, size INTEGER NOT NULL,
  edge BLOB NOT NULL
);
-- Every object of the ledger; `body` is empty of what was erased or may not be there.
CREATE TABLE object (
  place INTEGER PRIMARY KEY, ref TEXT NOT NULL, kind TEXT NOT NULL,
  ordinal INTEGER NOT NULL, time TEXT NOT NULL, body BLOB, refused TEXT
);
CREATE INDEX by_ref ON object (ref);
CREATE UNIQUE INDEX by_ordinal ON object (kind, ordinal);
CREATE INDEX by_refused ON object (place) WHERE refused IS NOT NULL;
-- What refers to what: the object at `place` names `thing` in its field `role`.
CREATE TABLE link (
  thing INTEGER NOT NULL, kind TEXT NOT NULL, role TEXT NOT NULL,
  place INTEGER NOT NULL, PRIMARY KEY (thing, kind, role, place)
) WITHOUT ROWID;
CREATE TABLE named (
  kind TEXT NOT NULL, plain TEXT NOT NULL, place INTEGER NOT NULL,
  PRIMARY KEY (kind, plain)
) WITHOUT ROWID;
CREATE TABLE statement (
  place INTEGER PRIMARY KEY, ordinal INTEGER NOT NULL, recording INTEGER NOT NULL,
  speaker INTEGER, first_hand TEXT NOT NULL, hedged TEXT NOT NULL,
  met_first TEXT NOT NULL, met_last TEXT NOT NULL, rung INTEGER NOT NULL,
  chain INTEGER NOT NULL, stands INTEGER NOT NULL
);
CREATE UNIQUE INDEX statement_ordinal ON statement (ordinal);
CREATE INDEX statement_recording ON statement (recording, ordinal);
CREATE INDEX statement_speaker ON statement (speaker, ordinal);
CREATE INDEX statement_chain ON statement (chain);
CREATE TABLE assessment (
  place INTEGER PRIMARY KEY, chain INTEGER NOT NULL, sentence INTEGER NOT NULL,
  stance TEXT NOT NULL, dismissed INTEGER NOT NULL, stands INTEGER NOT NULL
);
CREATE INDEX assessment_chain ON assessment (chain, sentence);
CREATE INDEX assessment_sentence ON assessment (sentence, stance);
-- A stretch of text, whose it is, and the statement that it is about, if it is one's;
-- `words` holds the text under the same number.
CREATE TABLE stretch (
  id INTEGER PRIMARY KEY, place INTEGER NOT NULL, kind TEXT NOT NULL,
  field TEXT NOT NULL, statement INTEGER, start INTEGER, ending INTEGER
);
CREATE VIRTUAL TABLE words USING fts5 (
  body, tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
);
"""


def opened(path: Path) -> sqlite3.Connection:
    """Open the file of an index, made anew if it isn't there.

    Raises:
        OSError: It can't be made.
        sqlite3.Error: It can't be opened.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    handle = os.open(path, flags, 0o600)
    try:
        os.fchmod(handle, 0o600)
    finally:
        os.close(handle)
    found = sqlite3.connect(path, timeout=60, isolation_level=None)
    found.execute("PRAGMA secure_delete = ON")
    found.execute("PRAGMA temp_store = MEMORY")
    return found


def is_drawn(database: sqlite3.Connection) -> bool:
    """Return whether the tables are there, as this version draws them."""
    rows = database.execute(
        "SELECT sql FROM sqlite_master WHERE type != 'table' OR name NOT LIKE 'words%'"
    )
    # Nothing besides: a trigger would have a table tell otherwise than was drawn.
    there = {sql for (sql,) in rows.fetchall() if sql}
    if there != {one for one in _statements() if "fts5" not in one}:
        return False
    found = database.execute("SELECT version FROM mark").fetchone()
    return bool(found == (VERSION,))


def emptied(database: sqlite3.Connection) -> None:
    """Drop every table, within the transaction, and make them anew."""
    names = database.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE"
        " 'sqlite~_%' ESCAPE '~' AND name NOT LIKE 'words~_%' ESCAPE '~'"
    ).fetchall()
    for (name,) in names:
        quoted = name.replace('"', '""')
        database.execute(f'DROP TABLE "{quoted}"')
    for statement in _statements():
        database.execute(statement)


def _statements() -> list[str]:
    """Return the tables one by one: a script would end the transaction."""
    plain = "\n".join(line for line in TABLES.splitlines() if not line.startswith("--"))
    return [one.strip() for one in plain.split(";\n") if one.strip()]
