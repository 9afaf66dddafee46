"""Words of all batches numbered once, in a database that holds what a seal works on.

A batch numbers its words in the order of their coming. Here each domain's words get
their places among all that are sorted, after the log's own names became nodes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt

from ringfence.audit.batch import Batch
from ringfence.audit.durable import listed, quoted
from ringfence.audit.event import CODED
from ringfence.audit.naming import renamed
from ringfence.audit.table import LogState
from ringfence.boundary.naming import node_of
from ringfence.boundary.order import LogOrder

Columns = Mapping[str, npt.NDArray[np.generic]]
Connection = duckdb.DuckDBPyConnection
DOMAIN: Mapping[str, str] = {
    **{name: name for name in CODED},
    "behind": "actor",
    "issued": "credential",
}
_WORDS_AT_ONCE = 100_000
_NAMES = ("actor", "behind")  # columns that hold principals


@dataclass(frozen=True, slots=True)
class Delivery:
    """A log as it was delivered.

    Attributes:
        order: What the boundary says of it.
        state: What was read; its files carry no duplicates yet.
        batches: The batches of its files, by their names.
    """

    order: LogOrder
    state: LogState
    batches: dict[str, Batch]


class Work:
    """What a seal works on.

    Attributes:
        connection: The database.
        made: The folder that becomes the table.
        deliveries: The logs.
        every: Their batches, in the order of log and time, so that a day's rows lie
            together.
    """

    def __init__(
        self,
        connection: Connection,
        batches: Path,
        made: Path,
        deliveries: Sequence[Delivery],
    ) -> None:
        self.sql = connection.execute
        self.connection = connection
        self._folder = batches
        self.made = made
        self.deliveries = deliveries
        every = [(one, batch) for one in deliveries for batch in one.batches.values()]
        self.every = sorted(
            every, key=lambda one: (one[0].order.name, one[1].first or 0, one[1].digest)
        )

    def number_words(self) -> None:
        """Number the words of all batches, each by its place among the sorted."""
        self.table("batch", "b INT, log VARCHAR, digest VARCHAR")
        rows = [(d.order.name, b.digest) for d, b in self.every]
        for start in range(0, len(rows), _WORDS_AT_ONCE):
            some = rows[start : start + _WORDS_AT_ONCE]
            held = {
                "b": np.arange(start, start + len(some)),
                "log": np.array([log for log, _ in some], object),
                "digest": np.array([digest for _, digest in some], object),
            }
            self.insert("batch", held)
        columns = "domain VARCHAR, code INT, word VARCHAR"
        self.table("spelt", f"log VARCHAR, b INT, {columns}")
        self.read("words", "spelt", "t.log, t.b, f.domain, f.code, f.word")
        self.table("named", "log VARCHAR, domain VARCHAR, word VARCHAR, node VARCHAR")
        for delivery in self.deliveries:
            self._name(delivery.order)
        self.sql(
            "CREATE TABLE local AS SELECT s.b, s.domain AS col, s.code, "
            "coalesce(n.node, s.word) AS word FROM spelt AS s LEFT JOIN named AS n "
            "ON n.log = s.log AND n.domain = s.domain AND n.word = s.word"
        )
        self.sql("DROP TABLE spelt")
        for domain in sorted(set(DOMAIN.values())):
            cols = [quoted(one) for one, into in DOMAIN.items() if into == domain]
            self.words(
                domain,
                f"SELECT word FROM local WHERE col IN ({', '.join(cols)})",  # noqa: S608
            )
        self.words("file", "SELECT digest AS word FROM batch")

    def _name(self, order: LogOrder) -> None:
        """Note what the log's own names stand for, where that is something else."""
        turns: dict[str, Callable[[str], str]] = {
            name: lambda word: node_of(order.principals, word) for name in _NAMES
        }
        if order.resources:
            turns["touch"] = lambda word: renamed(order.resources, word)
        for domain, turn in turns.items():
            # A second cursor: what comes of the first is written while it is read.
            with self.connection.cursor() as cursor:
                cursor.execute(
                    "SELECT DISTINCT word FROM spelt "
                    "WHERE log = $log AND domain = $domain AND word <> ''",
                    {"log": order.name, "domain": domain},
                )
                while some := cursor.fetchmany(_WORDS_AT_ONCE):
                    pairs = [(word, turn(word)) for (word,) in some]
                    self._note(order.name, domain, [p for p in pairs if p[0] != p[1]])

    def _note(self, log: str, domain: str, pairs: list[tuple[str, str]]) -> None:
        if pairs:
            columns = zip(*((log, domain, *pair) for pair in pairs), strict=True)
            names = ("log", "domain", "word", "node")
            held = {
                name: np.array(column, object)
                for name, column in zip(names, columns, strict=True)
            }
            self.insert("named", held)

    def words(self, domain: str, query: str) -> None:
        """Number the words that a query gives, and write them."""
        self.sql(
            f"CREATE TABLE word_{domain} AS SELECT 0::INTEGER AS code, '' AS word "  # noqa: S608
            "UNION ALL SELECT (row_number() OVER (ORDER BY word))::INTEGER, word "
            f"FROM (SELECT DISTINCT word FROM ({query}) WHERE word <> '')"
        )
        (self.made / "words").mkdir(exist_ok=True)
        self.copy(
            f"SELECT code, word FROM word_{domain} ORDER BY code",  # noqa: S608
            self.made / "words" / f"{domain}.parquet",
        )

    def read(self, kind: str, into: str, columns: str, joins: str = "") -> None:
        """Add the rows of one kind of every batch to a table."""
        paths: list[Path] = []
        owners: list[int] = []
        for number, (_, batch) in enumerate(self.every):
            found = batch.paths(self._folder, kind)
            paths += found
            owners += [number] * len(found)
        if not paths:
            return
        self.sql("CREATE OR REPLACE TABLE part (i BIGINT, b INT)")
        held = {"i": np.arange(len(paths)), "b": np.array(owners)}
        self.insert("part", held)
        self.sql(
            f"INSERT INTO {into} SELECT {columns} FROM read_parquet({listed(paths)}) "  # noqa: S608
            "AS f JOIN (SELECT * FROM part JOIN batch USING (b)) AS t "
            f"ON t.i = f.file_index {joins}"
        )

    def insert(self, table: str, columns: Columns) -> None:
        """Add columns to a table."""
        self.connection.register("held", columns)
        self.sql(f"INSERT INTO {table} SELECT {', '.join(columns)} FROM held")  # noqa: S608
        self.connection.unregister("held")

    def table(self, name: str, columns: str) -> None:
        """Make an empty table."""
        self.sql(f"CREATE TABLE {name} ({columns})")

    def copy(self, query: str, path: Path) -> int:
        """Write what a query gives; return how many rows there were."""
        self.sql("SET preserve_insertion_order = true")
        count = self.write(query, path)
        self.sql("SET preserve_insertion_order = false")
        return count

    def write(self, query: str, path: Path) -> int:
        """Write what a query gives, in whatever order is kept now."""
        row = self.sql(
            f"COPY ({query}) TO {quoted(str(path))} (FORMAT parquet, COMPRESSION zstd)"
        ).fetchone()
        return int(row[0]) if row else 0

    def count(self, table: str) -> int:
        """Return how many rows a table has."""
        row = self.sql(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608
        return int(row[0]) if row else 0
