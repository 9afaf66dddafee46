"""A numbered estate: nodes and edges as Parquet files, read whole into arrays.

Estates too large for facts come so: `nodes.parquet`, whose rows are numbered from 0,
and one or several `edges*.parquet` that name nodes by number. DuckDB reads the columns
straight into arrays; no edge becomes an object. What an edge says besides its ends is
its sort: kind, verb and the kinds of its two ends in one number. There are few sorts,
so that the rules of facts are asked of each sort once (`rules`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from ringfence.boundary.vocabulary import DATA_KINDS, EDGE_KINDS, NODE_KINDS, VERBS
from ringfence.errors import Locus, SourceError
from ringfence.estate.containment import descended
from ringfence.estate.rules import BROKEN, create_vocabulary
from ringfence.estate.store import Edges

Numbers = npt.NDArray[np.int32]
Codes = npt.NDArray[np.uint8]
Sorts = npt.NDArray[np.unsignedinteger]
Longs = npt.NDArray[np.signedinteger]
Flags = npt.NDArray[np.bool_]
Column = npt.NDArray[Any]
Columns = dict[str, Column]

NODES = "nodes.parquet"
STATUSES = ("", "yes", "unknown")
_NAMES, _VERBS, _ENDS = tuple(EDGE_KINDS), ("", *VERBS), ("tail", "head")
_SHAPE = (len(_NAMES), len(_VERBS), len(NODE_KINDS), len(NODE_KINDS))
SORTS = int(np.prod(_SHAPE))  # how many there can be
_SORT = np.min_scalar_type(SORTS)
_NONE = 255  # what is no word of a closed list, or NULL
_BLOCK = 1 << 22
_INTEGERS = {f"{sign}{size}INT" for sign in ("", "U") for size in ("TINY", "SMALL", "")}
_INTEGERS |= {"INTEGER", "UINTEGER", "BIGINT", "UBIGINT"}
_TEXT = {"VARCHAR"}
_NODE_COLUMNS = {"id": _TEXT, "excluded": _TEXT, "protected": _TEXT}
_EDGE_COLUMNS = {
    "tail": _INTEGERS,
    "head": _INTEGERS,
    "name": _TEXT,
    "verb": _TEXT,
    "unknown": _TEXT | {"BOOLEAN"},
}


def _enum(words: Sequence[str]) -> str:
    return "ENUM(" + ", ".join(f"'{word}'" for word in words) + ")"


def _code(expression: str, words: Sequence[str]) -> str:
    """Return the SQL of a word's place in a closed list."""
    found = f"enum_code(try_cast({expression} AS {_enum(words)}))"
    return f"coalesce({found}, {_NONE})::UTINYINT"


def _number(column: str) -> str:
    return f"coalesce(try_cast({column} AS INTEGER), -1) AS {column}"


_READ_NODES = (
    "CASE WHEN strpos(id, ':') BETWEEN 2 AND length(id) - 1 THEN "
    + _code("split_part(id, ':', 1)", NODE_KINDS)
    + f" ELSE {_NONE} END::UTINYINT AS kind, "
    f"{_code('excluded', STATUSES)} AS excluded, "
    f"{_code('protected', STATUSES)} AS protected, hash(id) AS hash"
)
_READ_EDGES = (
    f"{_number('tail')}, {_number('head')}, {_code('name', _NAMES)} AS name, "
    f"{_code('verb', _VERBS)} AS verb, "
    f"coalesce(({{doubt}})::UTINYINT, {_NONE})::UTINYINT AS unknown"
)


@dataclass(frozen=True, slots=True)
class Numbered:
    """A numbered estate.

    Attributes:
        folder: Where its files lie.
        kind: By node: the place of its kind in `NODE_KINDS`.
        excluded: By node: the place of its status in `STATUSES`.
        protected: By node: the same.
        tail: By edge: the node that it starts from.
        head: By edge: the node that it leads to.
        sort: By edge: its kind, verb and ends' kinds in one number (`spelt`).
        unknown: By edge: whether nobody could say that it is there.
        files: Names of the edge files, each with the place of its first edge.
        digests: SHA-256 of each file, by name.
        descended: How many nodes are protected for what contains them alone.
    """

    folder: Path
    kind: Codes
    excluded: Codes
    protected: Codes
    tail: Numbers
    head: Numbers
    sort: Sorts
    unknown: Flags
    files: tuple[tuple[str, int], ...] = ()
    digests: Mapping[str, str] = field(default_factory=dict)
    descended: int = 0

    @property
    def is_data(self) -> Flags:
        """By node: whether it is data rather than a principal."""
        return _IS_DATA[self.kind]

    def place(self, edge: int) -> Locus:
        """Return the file and row (from 1) that states an edge."""
        name, first = [one for one in self.files if one[1] <= edge][-1]
        return Locus(name, edge - first + 1)

    def ids(self, nodes: Sequence[int]) -> dict[int, str]:
        """Return the ids of a few nodes, by number."""
        texts = _texts(self.folder / NODES, "id", nodes)
        return {node: text or "" for node, text in zip(nodes, texts, strict=True)}


_IS_DATA = np.array([kind in DATA_KINDS for kind in NODE_KINDS])


def spelt(sorts: Longs) -> tuple[list[str], Edges]:
    """Return one edge of each of some sorts, between nodes that have no names."""
    name, verb, tail, head = np.unravel_index(sorts, _SHAPE)
    empty = np.full(len(sorts), "", object)
    return [f"{kind}:x" for kind in NODE_KINDS], Edges(
        tail=tail,
        head=head,
        name=np.array(_NAMES, object)[name],
        verb=np.array(_VERBS, object)[verb],
        control=empty,
        unknown=empty,
        guard=empty,
        needs=empty,
        row=np.arange(len(sorts)),
    )


def read(folder: Path) -> Numbered:
    """Return the numbered estate that a folder holds.

    Raises:
        SourceError: A file isn't there, isn't Parquet or has other columns; or a row
            says what no fact may say: the error names the first such row.
    """
    paths = sorted(folder.glob("edges*.parquet"))
    if not paths:
        hint = "write `edges.parquet`, or several files `edges*.parquet`"
        raise SourceError("has no edges", Locus(str(folder)), hint)
    digests = {path.name: _digest(path) for path in (folder / NODES, *paths)}
    nodes = _nodes(folder / NODES)
    parts = [_edges(path, nodes["kind"]) for path in paths]
    counts = [len(part["tail"]) for part in parts]
    if not sum(counts):
        hint = "nothing would be reached, and nothing would be shown by that"
        raise SourceError("holds no edge", Locus(paths[0].name), hint)
    firsts = accumulate(counts, initial=0)
    tail, head = (_joined(parts, k).astype(np.int32, copy=False) for k in _ENDS)
    sort = _joined(parts, "sort").astype(_SORT, copy=False)
    unknown = _joined(parts, "unknown").view(np.bool_)
    stated = nodes["protected"]
    protected = descended(stated, (tail, head), sort, unknown, of=SORTS)
    return Numbered(
        folder=folder,
        kind=nodes["kind"],
        excluded=nodes["excluded"],
        protected=protected,
        tail=tail,
        head=head,
        sort=sort,
        unknown=unknown,
        files=tuple(zip((path.name for path in paths), firsts, strict=False)),
        digests=digests,
        descended=int(((protected > 0) & (stated == 0)).sum()),
    )


def _joined(parts: list[Columns], key: str) -> Column:
    """Return the arrays of all files as one, and let go of each file's own."""
    arrays = [part.pop(key) for part in parts]
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        reason = (error.strerror or "can't be read").lower()
        raise SourceError(reason, Locus(path.name), "check the path") from None


def _fetched(path: Path, columns: Mapping[str, set[str]], query: str) -> Columns:
    """Return what a query finds in a Parquet file of these very columns, in order."""
    source = "FROM read_parquet(?, hive_partitioning = false)"
    asked = [_not_a_pattern(path)]
    try:
        with _database() as database:
            told = database.execute(f"DESCRIBE SELECT * {source}", asked).fetchall()
            types = {row[0]: row[1] for row in told}
            _need_columns(path.name, columns, types)
            is_flag = types.get("unknown") == "BOOLEAN"
            query = query.format(doubt="unknown" if is_flag else "unknown <> ''")
            found = database.execute(f"SELECT {query} {source}", asked).fetchnumpy()
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        hint = "is the file whole, and Parquet?"
        raise SourceError(f"can't be read: {reason}", Locus(path.name), hint) from None
    return {key: np.asarray(column) for key, column in found.items()}


def _database() -> duckdb.DuckDBPyConnection:
    # Nothing is fetched from anywhere, and rows keep their places.
    return duckdb.connect(
        config={
            "autoinstall_known_extensions": "false",
            "preserve_insertion_order": "true",
        }
    )


def _not_a_pattern(path: Path) -> str:
    return re.sub(r"[*?\[]", r"[\g<0>]", str(path))


def _need_columns(
    file: str, columns: Mapping[str, set[str]], types: Mapping[str, str]
) -> None:
    for name in columns:
        if name not in types:
            hint = "its columns are " + ", ".join(columns)
            raise SourceError(f"has no column `{name}`", Locus(file), hint)
        if types[name] not in columns[name]:
            wanted = " or ".join(sorted(columns[name]))
            message = f"column `{name}` is {types[name]}"
            raise SourceError(message, Locus(file), f"make it {wanted}")
    if more := sorted(types.keys() - columns.keys()):
        hint = "what it says would be lost; leave it out if that's right"
        raise SourceError(f"column `{more[0]}` isn't read", Locus(file), hint)


def _nodes(path: Path) -> Columns:
    found = _fetched(path, _NODE_COLUMNS, _READ_NODES)
    if not len(found["kind"]):
        raise SourceError("holds no node", Locus(path.name), "write at least one")
    for name in ("excluded", "protected"):
        if (row := _first(found[name] == _NONE)) is not None:
            hint = "write nothing (not NULL), `yes` or `unknown`"
            raise SourceError(f"`{name}` isn't one of three", _row(path, row), hint)
    if (row := _first(found["kind"] == _NONE)) is not None:
        _refuse_node(path, row)
    goals = (found["protected"] > 0) & ~_IS_DATA[found["kind"]]
    if (row := _first(goals)) is not None:
        hint = "protect the data that it leads to"
        raise SourceError("protected, but no data", _row(path, row), hint)
    _need_distinct(path, found.pop("hash"))
    return found


def _first(flags: Flags) -> int | None:
    """Return the place of the first flag that is set, if one is."""
    place = int(flags.argmax()) if len(flags) else 0
    return place if len(flags) and flags[place] else None


def _row(path: Path, place: int) -> Locus:
    return Locus(path.name, place + 1)


def _refuse_node(path: Path, row: int) -> None:
    """Refuse the id of a row, for the reason that a fact with it would be."""
    found = _texts(path, "id", [row])[0]
    reason = _reasons([("node", found or "", "", "", "")]).get(0, "needs `id`")
    raise SourceError(reason, _row(path, row), "write `kind:name`")


def _texts(path: Path, column: str, rows: Sequence[int]) -> list[str | None]:
    """Return a column's texts in some rows, in the order of the rows."""
    with _database() as database:
        found = database.execute(
            f"SELECT file_row_number, {column} FROM "  # noqa: S608
            "read_parquet(?, file_row_number = true, hive_partitioning = false) "
            "WHERE file_row_number IN (SELECT unnest(?))",
            [_not_a_pattern(path), [int(row) for row in rows]],
        ).fetchall()
    texts = dict(found)
    return [texts[int(row)] for row in rows]


def _need_distinct(path: Path, hashes: Column) -> None:
    """Refuse a node that is there twice: reach would end at its first half."""
    order = np.argsort(hashes, kind="stable")
    ordered = hashes[order]
    alike = np.flatnonzero(ordered[1:] == ordered[:-1])
    if not len(alike):
        return
    # Two ids may share a hash.
    rows = np.unique(np.concatenate((order[alike], order[alike + 1])))
    seen: set[str | None] = set()
    for row, text in zip(rows, _texts(path, "id", rows.tolist()), strict=True):
        if text in seen:
            hint = "one node, one row"
            raise SourceError(f"`{text}` is there twice", _row(path, int(row)), hint)
        seen.add(text)


_WORDS = {
    "name": "has no edge kind `{}`",
    "verb": "has no verb `{}`",
    "unknown": "`unknown` is NULL",
}
_REMEDIES = {
    "name": "see the edge kinds of the vocabulary",
    "verb": "write nothing (not NULL) unless it is a grant",
    "unknown": "write nothing, or why nobody can say that the edge is there",
}


def _edges(path: Path, kinds: Codes) -> Columns:
    found = _fetched(path, _EDGE_COLUMNS, _READ_EDGES)
    for end in _ENDS:
        # One comparison: what is below 0 is, without a sign, above all numbers.
        wrong = found[end].view(np.uint32) >= len(kinds)
        if (row := _first(wrong)) is not None:
            told = _texts(path, end, [row])[0]
            hint = f"nodes have the numbers 0 to {len(kinds) - 1}"
            raise SourceError(f"`{end}` {told} is no node", _row(path, row), hint)
    for column, words in _WORDS.items():
        if (row := _first(found[column] == _NONE)) is not None:
            told = _texts(path, column, [row])[0]
            raise SourceError(words.format(told), _row(path, row), _REMEDIES[column])
    sort = _sorted(found, kinds)
    _need_rules(path, sort)
    ends = {"tail": found["tail"], "head": found["head"]}
    return ends | {"sort": sort, "unknown": found["unknown"]}


def _sorted(found: Columns, kinds: Codes) -> Sorts:
    """Return the sort of each edge, in blocks that need little memory."""
    sort = np.empty(len(found["tail"]), _SORT)
    kinds = kinds.astype(_SORT)
    for begin in range(0, len(sort), _BLOCK):
        part = slice(begin, begin + _BLOCK)
        of_edge = found["name"][part].astype(_SORT) * _SORT.type(_SHAPE[1])
        of_edge = (of_edge + found["verb"][part]) * _SORT.type(_SHAPE[2])
        of_edge = (of_edge + kinds[found["tail"][part]]) * _SORT.type(_SHAPE[3])
        sort[part] = of_edge + kinds[found["head"][part]]
    return sort


def _need_rules(path: Path, sort: Sorts) -> None:
    """Refuse an edge that could be no fact: each sort is asked of the rules once."""
    seen = np.zeros(SORTS, np.bool_)
    seen[sort] = True
    there = np.flatnonzero(seen)
    if not len(there):
        return
    ids, edges = spelt(there)
    rows = zip(edges.tail, edges.name, edges.head, edges.verb, strict=True)
    reasons = _reasons(
        [("edge", ids[tail], name, ids[head], verb) for tail, name, head, verb in rows]
    )
    if reasons:
        broken = np.zeros(SORTS, np.bool_)
        broken[there[list(reasons)]] = True
        row = int(broken[sort].argmax())
        reason = reasons[int(np.searchsorted(there, sort[row]))]
        hint = "see the edge kinds of the vocabulary"
        raise SourceError(reason, _row(path, row), hint)


def _reasons(facts: Sequence[tuple[str, str, str, str, str]]) -> dict[int, str]:
    """Return why some facts (form, id, name, value, verb) are none, by place."""
    keys = ("fact", "id", "name", "value", "verb")
    empty = ("control", "unknown", "since", "until", "detail", "guard", "needs")
    named = ", ".join([*keys, *(f"'' AS {key}" for key in empty)])
    columns = [list(column) for column in zip(*facts, strict=True)]
    unnested = ", ".join(f"unnest(?::VARCHAR[]) AS {key}" for key in keys)
    with _database() as database:
        create_vocabulary(database)
        database.execute(
            f"CREATE TABLE fact AS SELECT row_number() OVER () - 1 AS line, {named}, "  # noqa: S608
            f"'x' AS source, 'x' AS \"at\" FROM (SELECT {unnested})",
            columns,
        )
        return dict(database.execute(BROKEN).fetchall())
