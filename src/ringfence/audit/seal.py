"""All batches as one sealed table: words numbered once, each event in it once.

The table is a function of the bytes of the files and of the orders: codes come from
the sorted words, rows stand in the order of (time, file, offset), and of an event that
was delivered twice the first by that order stays. In which order files were found, or
how many runs it took, shows nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path

import msgspec

from ringfence.audit.durable import commit, database, fresh
from ringfence.audit.event import CODED, Ending
from ringfence.audit.numbering import DOMAIN, Connection, Delivery
from ringfence.audit.parts import Parts, fault, merged
from ringfence.audit.table import (
    STATE,
    EventTable,
    FileState,
    LogState,
    TableState,
)
from ringfence.errors import RingfenceError

Attribute = Callable[[Connection], str]

LAYOUT = 3  # raised whenever the same batches give another table
_AT_ONCE = 8_000_000  # events whose ids are compared in one go
_SAME = (
    *("log", "uid", "time", "verb", "ending", "rows", "actor", "behind", "credential"),
    *("issued", "session", "application", "address", "touch", "request"),
)
_SUBJECTS = {
    "log": "VARCHAR",
    "time": "BIGINT",
    "who": "INTEGER",
    "touch": "INTEGER",
    "verb": "TINYINT",
    "address": "INTEGER",
    "file": "INTEGER",
    '"offset"': "BIGINT",
    "subject": "INTEGER",
}


def seal(
    deliveries: Sequence[Delivery], folder: Path, attribute: Attribute, basis: bytes
) -> EventTable:
    """Make the table of all batches, unless it is there already.

    Args:
        deliveries: The logs.
        folder: Holds `batches`; the table becomes its `table`.
        attribute: Finds who was behind the events (`ringfence.audit.attribution`).
        basis: What `attribute` starts from, in one spelling.

    Raises:
        RingfenceError: A reader gave what can't be an event.
    """
    found = sorted(deliveries, key=lambda one: one.order.name)
    digest = _digest(found, basis)
    table = EventTable(folder / "table")
    if _stands(table, digest):
        return table
    made = fresh(folder / ".new-table")
    with database(folder / ".work") as connection:
        work = _Sealing(connection, folder / "batches", made, found)
        states = tuple(work.run(attribute))
        state = TableState(digest, states, *work.told())
    (made / STATE).write_bytes(msgspec.json.format(msgspec.json.encode(state)))
    commit(made, folder / "table")
    return EventTable(folder / "table")


def _stands(table: EventTable, digest: str) -> bool:
    """Return whether a table is there that was made from the same."""
    try:
        return table.digest == digest
    except RingfenceError:
        return False


def _digest(deliveries: Sequence[Delivery], basis: bytes) -> str:
    namings = [(one.order.principals, one.order.resources) for one in deliveries]
    states = [one.state for one in deliveries]
    told = msgspec.json.encode([LAYOUT, namings, states], order="deterministic")
    return sha256(sha256(told).digest() + sha256(basis).digest()).hexdigest()


class _Sealing(Parts):
    """The steps of one seal, over one database."""

    def run(self, attribute: Attribute) -> Iterator[LogState]:
        """Make everything, and return what is said of each log."""
        self.number_words()
        self._load_events()
        self._load_subjects()
        duplicates, conflicts = self._drop_duplicates()
        self._take_told(attribute(self.connection))
        days = self.write_events()
        self._write_subjects()
        self._write_rest()
        return _counted(self.deliveries, duplicates, conflicts, days)

    def _load_events(self) -> None:
        types = dict.fromkeys(("time", "rows", '"offset"', "length", "line"), "BIGINT")
        types |= {"verb": "TINYINT", "ending": "TINYINT"}
        types |= dict.fromkeys((*CODED, "file"), "INTEGER")
        types |= dict.fromkeys(("log", "uid", "request"), "VARCHAR")
        taken = {name: f"f.{name}" for name in types}
        taken |= {name: f"m_{name}.word" for name in CODED}
        taken |= {"log": "t.log", "file": "w_file.code"}
        taken["verb"] = f"CASE WHEN f.ending = {Ending.DONE:d} THEN f.verb ELSE 0 END"
        joins = "JOIN word_file AS w_file ON w_file.word = t.digest "
        for name in CODED:
            self.sql(
                f"CREATE TABLE m_{name} AS SELECT "  # noqa: S608
                f"{_key('l.b', 'l.code')} AS at, w.code AS word "
                f"FROM local AS l JOIN word_{DOMAIN[name]} AS w ON w.word = l.word "
                f"WHERE l.col = '{name}'"
            )
            joins += f"JOIN m_{name} ON m_{name}.at = {_key('t.b', f'f.{name}')} "
        self.table("event", ", ".join(f"{name} {of}" for name, of in types.items()))
        self.read("events", "event", ", ".join(taken[name] for name in types), joins)
        for name in CODED:
            self.sql(f"DROP TABLE m_{name}")
        told = sum(batch.events for _, batch in self.every)
        self._expect(told, "of the events that were read")

    def _drop_duplicates(self) -> tuple[dict[tuple[str, str], int], dict[str, int]]:
        """Keep each event once; return how many went, and how many ids are doubtful."""
        self.table("twice", "h UBIGINT")
        count = self.count("event")
        passes = 1 + count // _AT_ONCE
        for turn in range(passes):
            self.sql(
                "INSERT INTO twice SELECT h FROM (SELECT hash(log, uid) AS h "  # noqa: S608
                f"FROM event WHERE uid <> '') WHERE h % {passes:d} = {turn:d} "
                "GROUP BY h HAVING count(*) > 1"
            )
        # Whose data it was is part of what an event says.
        self.sql(
            "CREATE TABLE about AS SELECT e.rowid AS event_row, "
            "string_agg(t.subject::VARCHAR, ',' ORDER BY t.subject) AS subjects "
            'FROM event AS e JOIN theirs AS t USING (log, file, "offset") '
            "WHERE e.uid <> '' AND hash(log, e.uid) IN (SELECT h FROM twice) "
            "GROUP BY e.rowid"
        )
        self.sql(
            "CREATE TABLE alike AS SELECT rowid AS event_row, log, file, uid, "  # noqa: S608
            "row_number() OVER ("
            f"PARTITION BY {', '.join(_SAME)}, subjects "
            'ORDER BY file, "offset") AS place FROM (SELECT e.*, e.rowid, a.subjects '
            "FROM event AS e LEFT JOIN about AS a ON a.event_row = e.rowid) "
            "WHERE uid <> '' AND hash(log, uid) IN (SELECT h FROM twice)"
        )
        self.sql(
            "DELETE FROM event USING alike AS a "
            "WHERE a.place > 1 AND event.rowid = a.event_row"
        )
        gone = self.sql(
            "SELECT a.log, w.word, count(*) FROM alike AS a "
            "JOIN word_file AS w ON w.code = a.file WHERE a.place > 1 GROUP BY ALL"
        ).fetchall()
        doubtful = self.sql(
            "SELECT log, sum(n)::BIGINT FROM (SELECT log, uid, count(*) AS n "
            "FROM alike WHERE place = 1 GROUP BY ALL HAVING count(*) > 1) GROUP BY log"
        ).fetchall()
        self._expect(count - sum(n for *_, n in gone), "once duplicates were gone")
        return {(log, digest): n for log, digest, n in gone}, dict(doubtful)

    def _take_told(self, relation: str) -> None:
        """Take what was found of who was behind the events."""
        self.sql(f"CREATE TABLE told AS SELECT * FROM {relation}")  # noqa: S608
        self.words(
            "tool",
            "SELECT DISTINCT tool_word AS word FROM told UNION ALL SELECT w.word "
            "FROM word_application AS w "
            "WHERE w.code IN (SELECT application FROM event)",
        )
        self.sql(
            "CREATE TABLE tool_of AS SELECT a.code AS application, t.code FROM "
            "word_application AS a JOIN word_tool AS t USING (word)"
        )
        # In the order of time too, so that a day is found without reading the rest.
        self.sql(
            "CREATE TABLE decided AS SELECT a.event_row, e.log, e.time, e.file, "
            'e."offset", a.who, t.code AS tool, a.suspect, a.grade, a.address, '
            "a.ending FROM told AS a JOIN event AS e ON e.rowid = a.event_row "
            "LEFT JOIN word_tool AS t ON t.word = a.tool_word ORDER BY e.log, e.time"
        )
        self.sql("DROP TABLE told")

    def told(self) -> tuple[tuple[str, ...], int]:
        """Return which logs tell of other logs' events, and how far off at most."""
        rows = self.sql(
            "SELECT b.log, max(abs(b.time - e.time)) FROM explained AS x "
            "JOIN event AS e ON e.rowid = x.event_row "
            "JOIN event AS b ON b.rowid = x.by_row GROUP BY b.log ORDER BY b.log"
        ).fetchall()
        return tuple(log for log, _ in rows), max((far for _, far in rows), default=0)

    def _load_subjects(self) -> None:
        self.table(
            "naming", 'log VARCHAR, digest VARCHAR, "offset" BIGINT, subject VARCHAR'
        )
        self.read("subjects", "naming", 't.log, t.digest, f."offset", f.subject')
        self.words("subject", "SELECT subject AS word FROM naming")
        self.sql(
            'CREATE TABLE theirs AS SELECT DISTINCT n.log, f.code AS file, n."offset", '
            "s.code AS subject FROM naming AS n "
            "JOIN word_file AS f ON f.word = n.digest "
            "JOIN word_subject AS s ON s.word = n.subject WHERE n.subject <> ''"
        )

    def _write_subjects(self) -> None:
        # What a tool's event names is named for those by which it is told, too.
        self.sql(
            'INSERT INTO theirs SELECT DISTINCT b.log, b.file, b."offset", t.subject '
            "FROM explained AS x JOIN event AS e ON e.rowid = x.event_row "
            "JOIN theirs AS t ON t.log = e.log AND t.file = e.file "
            'AND t."offset" = e."offset" JOIN event AS b ON b.rowid = x.by_row '
            'EXCEPT SELECT log, file, "offset", subject FROM theirs'
        )
        columns = [name for name in _SUBJECTS if name != "subject"]
        places = '(log, file, "offset") IN (SELECT (log, file, "offset") FROM theirs)'
        joined = ", ".join(
            ("n.subject" if name == "subject" else f"m.{name}") + f"::{type_} AS {name}"
            for name, type_ in _SUBJECTS.items()
        )
        self.copy(
            f"SELECT {joined} FROM ({merged(columns, places)}) AS m JOIN theirs AS n "  # noqa: S608
            'ON n.log = m.log AND n.file = m.file AND n."offset" = m."offset" '
            'ORDER BY m.log, m.time, m.file, m."offset", n.subject',
            self.made / "subjects.parquet",
        )

    def _write_rest(self) -> None:
        places = '"offset" BIGINT, length BIGINT, line BIGINT'
        self.table("stray", f"log VARCHAR, digest VARCHAR, {places}, reason VARCHAR")
        columns = 't.log, t.digest, f."offset", f.length, f.line, f.reason'
        self.read("malformed", "stray", columns)
        self.copy(
            'SELECT s.log, w.code AS file, s."offset", s.length, s.line, s.reason '
            "FROM stray AS s JOIN word_file AS w ON w.word = s.digest ORDER BY ALL",
            self.made / "malformed.parquet",
        )
        self.table("pulse", "log VARCHAR, second BIGINT")
        self.read("beats", "pulse", "t.log, f.second")
        self.copy(
            "SELECT DISTINCT log, second FROM pulse ORDER BY ALL",
            self.made / "beats.parquet",
        )

    def _expect(self, count: int, when: str) -> None:
        found = self.count("event")
        if found != count:
            raise fault(f"{found} instead of {count} {when}")


def _key(batch: str, code: str) -> str:
    """Return one number for a word of a batch.

    Joined by batch and code, words of one batch would be joined to each other first,
    each to every other: the planner sees that their batches are equal.
    """
    return f"({batch}::BIGINT * {1 << 32} + {code})"


def _counted(
    deliveries: Sequence[Delivery],
    duplicates: dict[tuple[str, str], int],
    conflicts: dict[str, int],
    days: dict[str, list[str]],
) -> Iterator[LogState]:
    """Return the states of the logs with what the seal found."""
    for delivery in deliveries:
        log = delivery.state.name
        seen: set[str] = set()
        files: list[FileState] = []
        for one in delivery.state.files:
            again = one.digest in seen
            seen.add(one.digest)
            gone = one.events if again else duplicates.get((log, one.digest), 0)
            files.append(msgspec.structs.replace(one, duplicates=gone))
        yield msgspec.structs.replace(
            delivery.state,
            files=tuple(files),
            conflicts=conflicts.get(log, 0),
            days=tuple(days.get(log, ())),
        )
