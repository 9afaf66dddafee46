"""The estate: every fact in one DuckDB table, its digest, and views as of an instant.

Nothing is overwritten. The digest is the SHA-256 of the facts' canonical lines in
canonical (byte) order, each ended by a line feed: the same bytes that `write` leaves in
`facts.jsonl`, so that two machines that loaded the same files agree and `sha256sum`
confirms it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt

from ringfence.boundary.ownership import Stake, stake
from ringfence.boundary.selector import Holder
from ringfence.boundary.vocabulary import MANY_VALUED, NODE_KINDS
from ringfence.errors import SourceError
from ringfence.estate.load import FactsFile, load

Ints = npt.NDArray[np.int64]
Words = npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Edges:
    """The edges in force, in canonical order of their facts; arrays of one length.

    Attributes:
        tail: Number of the node that each edge starts from (index into `View.ids`).
        head: Number of the node that it leads to.
        name: Edge kind.
        verb: Verb of a grant, else empty.
        control: What stands in the way, else empty.
        unknown: Why it is undecided, else empty.
        guard: The condition that it works under (canonical JSON), else empty.
        needs: What else has to be held (a JSON list of node ids), else empty.
        row: Row of the fact in the estate.
    """

    tail: Ints
    head: Ints
    name: Words
    verb: Words
    control: Words
    unknown: Words
    guard: Words
    needs: Words
    row: Ints


@dataclass(frozen=True, slots=True)
class Row:
    """A fact as a witness cites it."""

    line: str
    id: str
    name: str
    value: str
    verb: str
    at: str
    source: str
    control: str
    unknown: str
    detail: str
    guard: str
    needs: str


_CITED = (
    'line, id, name, value, verb, "at", source, control, unknown, detail, guard, needs'
)


@dataclass(frozen=True, slots=True)
class SourceFact:
    """What the estate knows of one source.

    Attributes:
        name: Name in the boundary.
        kind: Kind of source.
        collected: Instant of collection, empty when nobody says.
        unknown: Why it could not be read, empty when it was.
        detail: Further strings: digests of the files, `history_since`.
        facts: How many facts it stated.
    """

    name: str
    kind: str
    collected: str
    unknown: str
    detail: Mapping[str, str]
    facts: int

    @property
    def covers(self) -> tuple[str, ...]:
        """The stores whose every principal this source lists."""
        return tuple(filter(None, self.detail.get("covers", "").split("\n")))


class Estate:
    """All facts of one load.

    Raises:
        SourceError: A facts file holds a line that isn't a canonical fact.
    """

    def __init__(
        self, files: Sequence[FactsFile], *, threads: int | None = None
    ) -> None:
        config: dict[str, str | bool | int | float | list[str]] = {}
        if threads is not None:
            config["threads"] = threads
        self._database = duckdb.connect(config=config)
        try:
            load(self._database, files)
        except duckdb.Error as error:
            reason = str(error).splitlines()[0]
            raise SourceError(f"facts can't be loaded: {reason}") from None

    @property
    def size(self) -> int:
        """The number of facts."""
        return self._one("SELECT count(*) FROM fact")

    @property
    def source_facts(self) -> int:
        """The number of source facts."""
        return self._one("SELECT count(*) FROM fact WHERE fact = 'source'")

    def has_facts(self) -> bool:
        """Return whether there is any fact beyond those about sources."""
        return self._one("SELECT count(*) FROM fact WHERE fact <> 'source'") > 0

    def digest(self) -> str:
        """Return the estate digest without writing anything."""
        summed = hashlib.sha256()
        for block in self._lines():
            summed.update(block)
        return summed.hexdigest()

    def write(self, path: Path) -> str:
        """Write `facts.jsonl` and return its SHA-256: the estate digest."""
        summed = hashlib.sha256()
        with path.open("wb") as stream:
            for block in self._lines():
                summed.update(block)
                stream.write(block)
        return summed.hexdigest()

    def _lines(self) -> Iterator[bytes]:
        found = self._database.cursor().execute("SELECT line FROM fact ORDER BY rowid")
        while rows := found.fetchmany(50_000):
            yield "".join(f"{line}\n" for (line,) in rows).encode()

    def _one(self, query: str) -> int:
        row = self._database.execute(query).fetchone()
        return int(row[0]) if row else 0

    def sources(self) -> tuple[SourceFact, ...]:
        """Return the source facts, with how many facts each one stated.

        A source that facts name and no source fact tells of is one that nobody dated.
        """
        return self._sources

    @cached_property
    def _sources(self) -> tuple[SourceFact, ...]:
        found = self._database.execute(
            "SELECT s.id, s.name, s.value, s.unknown, s.detail, count(f.line) "
            "FROM fact AS s LEFT JOIN fact AS f "
            "ON f.source = s.id AND f.fact <> 'source' "
            "WHERE s.fact = 'source' GROUP BY ALL UNION ALL "
            "SELECT source, '', '', '', '', count(*) FROM fact WHERE source NOT IN "
            "(SELECT id FROM fact WHERE fact = 'source') GROUP BY source ORDER BY ALL"
        ).fetchall()
        return tuple(
            SourceFact(
                name, kind, collected, unknown, json.loads(detail or "{}"), facts
            )
            for name, kind, collected, unknown, detail, facts in found
        )

    def rows(self, numbers: Sequence[int]) -> dict[int, Row]:
        """Return the facts of the given rows, by row."""
        if not numbers:
            return {}
        found = self._database.execute(
            f"SELECT rowid, {_CITED} FROM fact WHERE rowid IN (SELECT unnest(?))",  # noqa: S608
            [[int(number) for number in numbers]],
        ).fetchall()
        return {row[0]: Row(*row[1:]) for row in found}

    def changes(
        self, first: str, last: str, *, kinds: Sequence[str] = NODE_KINDS
    ) -> list[str]:
        """Return when, in `(first, last]`, a fact begins or ends.

        Args:
            first: The instant before the first one returned.
            last: The last instant that may be returned.
            kinds: Facts count that mention a node of these kinds.
        """
        found = self._database.execute(
            "SELECT DISTINCT t FROM (SELECT unnest([since, until]) AS t FROM fact "
            "WHERE (since <> '' OR until <> '') AND (split_part(id, ':', 1) IN "
            "(SELECT unnest($kinds)) OR (fact = 'edge' AND split_part(value, ':', 1) "
            "IN (SELECT unnest($kinds))))) "
            "WHERE t > $first AND t <= $last ORDER BY t",
            {"first": first, "last": last, "kinds": list(kinds)},
        ).fetchall()
        return [row[0] for row in found]

    def view(self, first: str, last: str | None = None) -> View:
        """Return the estate as of an instant, or over a period with both its ends."""
        return View(self._database.cursor(), first, last or first)


FOREVER = 1 << 62
_NOTHING = Holder()
_FORCE = "since <= $last AND (until = '' OR $first < until)"

# Every node that a fact in force mentions, once.
_MENTIONED = (
    f"SELECT id FROM fact WHERE fact <> 'source' AND {_FORCE} UNION "  # noqa: S608
    f"SELECT value FROM fact WHERE fact = 'edge' AND {_FORCE} UNION "
    "SELECT unnest(from_json(needs, '[\"VARCHAR\"]')) FROM fact "
    f"WHERE needs <> '' AND {_FORCE}"
)


class View:
    """The facts in force at one instant, or at some instant of a period.

    Attributes:
        instant: The instant; of a period, the first.
        last: The instant; of a period, the last.
        ids: Id of every node that a fact in force mentions, sorted; a node's number is
            its place here.
    """

    def __init__(
        self, database: duckdb.DuckDBPyConnection, instant: str, last: str
    ) -> None:
        self._database = database
        self.instant = instant
        self.last = last
        self._holders: dict[str, Mapping[str, Holder]] = {}
        found = self._query(
            f"SELECT id FROM ({_MENTIONED}) ORDER BY id"  # noqa: S608
        ).fetchnumpy()
        self.ids: list[str] = found["id"].tolist()
        self.number = {node: number for number, node in enumerate(self.ids)}

    def _query(self, query: str, **more: list[str] | str) -> duckdb.DuckDBPyConnection:
        ends: dict[str, str | list[str]] = {"first": self.instant, "last": self.last}
        return self._database.execute(query, ends | more)

    def edges(self) -> Edges:
        """Return the edges in force, ownership interests left out."""
        found = self._query(
            "WITH node AS (SELECT id, row_number() OVER (ORDER BY id) - 1 AS n "  # noqa: S608
            f"FROM ({_MENTIONED})) "
            "SELECT a.n AS tail, b.n AS head, f.name, f.verb, f.control, f.unknown, "
            "f.guard, f.needs, f.rowid AS row FROM fact AS f "
            "JOIN node AS a ON f.id = a.id JOIN node AS b ON f.value = b.id "
            f"WHERE fact = 'edge' AND f.name <> 'owns' AND {_FORCE} ORDER BY f.rowid"
        ).fetchnumpy()
        return Edges(**{key: np.asarray(found[key]) for key in Edges.__slots__})

    def spans(self) -> tuple[Ints, Ints]:
        """Return when each of `edges` begins and ends to hold, in seconds since 1970.

        An end that nobody states is further away than any instant.
        """
        found = self._query(
            "SELECT epoch_ms(try_strptime(since, $form)) // 1000 AS since, "  # noqa: S608
            "epoch_ms(try_strptime(until, $form)) // 1000 AS until FROM fact "
            f"WHERE fact = 'edge' AND name <> 'owns' AND {_FORCE} ORDER BY rowid",
            form="%Y-%m-%dT%H:%M:%SZ",
        ).fetchnumpy()
        ends = ((found["since"], -FOREVER), (found["until"], FOREVER))
        since, until = (np.ma.filled(part, end).astype(np.int64) for part, end in ends)
        return since, until

    def holders(self, kind: str) -> Mapping[str, Holder]:
        """Return every node of a kind with its attributes."""
        if kind not in self._holders:
            self._holders[kind] = self._read_holders(kind)
        return self._holders[kind]

    def _read_holders(self, kind: str) -> Mapping[str, Holder]:
        holders: dict[str, Holder] = {
            node: _NOTHING for node in self.ids if node.startswith(f"{kind}:")
        }
        values: dict[str, dict[str, frozenset[str]]] = {}
        unknown: dict[str, set[str]] = {}
        for node, name, found, is_open in self._attributes(kind):
            values.setdefault(node, {})[name] = frozenset(found or ())
            if is_open:
                unknown.setdefault(node, set()).add(name)
        for node, attributes in values.items():
            open_names = frozenset(unknown.get(node, ()))
            holders[node] = Holder(attributes, open_names)
        return holders

    def _attributes(self, kind: str) -> list[tuple[str, str, list[str] | None, bool]]:
        many = ", ".join(f"'{name}'" for name in sorted(MANY_VALUED))
        return self._query(
            "SELECT id, name, list(DISTINCT value) FILTER (unknown = ''), "  # noqa: S608
            "bool_or(unknown <> '') FROM ("
            "SELECT id, name, value, unknown, since, "
            "max(since) OVER (PARTITION BY id, name) AS last, "
            "max(since) OVER (PARTITION BY id, name, source) AS own FROM fact "
            f"WHERE fact = 'attribute' AND name <> 'label' "
            f"AND starts_with(id, '{kind}:') AND {_FORCE}) "
            f"WHERE name IN ({many}) OR since = last OR own = '' GROUP BY id, name"
        ).fetchall()

    def described(self) -> frozenset[str]:
        """Return the nodes that a fact in force is about, edges apart."""
        found = self._query(
            "SELECT DISTINCT id FROM fact "  # noqa: S608
            f"WHERE fact IN ('node', 'attribute') AND {_FORCE}"
        ).fetchall()
        return frozenset(row[0] for row in found)

    def stakes(self) -> list[Stake]:
        """Return the ownership interests in force."""
        found = self._query(
            "SELECT id, value, detail, unknown FROM fact "  # noqa: S608
            f"WHERE fact = 'edge' AND name = 'owns' AND {_FORCE}"
        ).fetchall()
        return [
            stake(holder, entity, detail=json.loads(detail or "{}"), unknown=unknown)
            for holder, entity, detail, unknown in found
        ]

    def about(self, ids: Sequence[str]) -> list[Row]:
        """Return what is stated of some nodes: their attributes, and who owns them."""
        found = self._query(
            f"SELECT {_CITED} FROM fact WHERE {_FORCE} "  # noqa: S608
            "AND ((fact = 'attribute' AND id IN (SELECT unnest($ids))) "
            "OR (name = 'owns' AND value IN (SELECT unnest($ids)))) ORDER BY rowid",
            ids=list(ids),
        ).fetchall()
        return [Row(*row) for row in found]

    def labels(self, ids: Sequence[str]) -> dict[str, str]:
        """Return the display names of some nodes, for those that have one."""
        if not ids:
            return {}
        found = self._query(
            "SELECT id, max(value) FROM fact WHERE fact = 'attribute' "  # noqa: S608
            f"AND name = 'label' AND id IN (SELECT unnest($ids)) AND {_FORCE} "
            "GROUP BY id",
            ids=list(ids),
        ).fetchall()
        return dict(found)
