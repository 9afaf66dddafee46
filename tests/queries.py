"""Random queries over three small tables, and what DuckDB says of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb
from hypothesis import strategies as st

TABLES = {"t": ("a", "b", "c"), "u": ("a", "d", "e"), "w": ("b", "d", "f")}
_JOINS = ("JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN")
_TESTS = ("SEMI JOIN", "ANTI JOIN")
_SETS = ("UNION", "UNION ALL", "INTERSECT", "EXCEPT", "EXCEPT ALL")
Rows = dict[str, list[tuple[int | None, ...]]]
Column = tuple[str, str]


@dataclass(frozen=True, slots=True)
class From:
    """A source of a FROM clause: its alias and its columns."""

    alias: str
    columns: tuple[str, ...]


@dataclass
class Writer:
    """Draws one query; every name that it makes is new."""

    draw: st.DrawFn
    made: int = 0
    ctes: list[From] = field(default_factory=list)

    def new(self, prefix: str) -> str:
        self.made += 1
        return f"{prefix}{self.made}"

    def pick(self, options: Sequence[Any]) -> Any:
        return self.draw(st.sampled_from(options))

    def chance(self, percent: int) -> bool:
        return self.draw(st.integers(0, 99)) < percent

    # --- expressions ------------------------------------------------------------------

    def column(self, scope: list[From]) -> str:
        source = self.pick([one for one in scope if one.columns])
        name = self.pick(source.columns)
        plain = sum(name in one.columns for one in scope) == 1
        return name if plain and self.chance(40) else f"{source.alias}.{name}"

    def value(self, scope: list[From], depth: int, *, windows: bool = True) -> str:
        one = self.column(scope)
        if depth <= 0:
            return one
        simple = [
            self.plain,
            self.plain,
            self.sum,
            self.case,
            self.coalesce,
            self.array,
        ]
        ways = [*simple, self.scalar, self.truth]
        if windows:
            ways += [self.running, self.rank]
        return str(self.pick(ways)(one, scope, depth - 1))

    def plain(self, one: str, scope: list[From], depth: int) -> str:
        del scope, depth
        return one

    def sum(self, one: str, scope: list[From], depth: int) -> str:
        other = self.value(scope, depth, windows=False)
        return f"({one} {self.pick(['+', '-', '*'])} {other})"

    def case(self, one: str, scope: list[From], depth: int) -> str:
        other = self.value(scope, depth, windows=False)
        return f"CASE WHEN {self.test(scope, depth)} THEN {one} ELSE {other} END"

    def coalesce(self, one: str, scope: list[From], depth: int) -> str:
        return f"coalesce({one}, {self.value(scope, depth, windows=False)})"

    def array(self, one: str, scope: list[From], depth: int) -> str:
        del depth
        more = f"lambda x: x + {self.column(scope)}"
        return f"list_sum(list_transform([{one}, 1], {more}))"

    def scalar(self, one: str, scope: list[From], depth: int) -> str:
        inner, source = self.inner()
        shown = self.aggregate(self.column([source]))
        where = self.test([source, *scope], depth)
        return words(
            f"coalesce({one}, (SELECT", shown, "FROM", inner, "WHERE", f"{where}))"
        )

    def truth(self, one: str, scope: list[From], depth: int) -> str:
        return f"({one} + CAST({self.test(scope, depth)} AS INTEGER))"

    def running(self, one: str, scope: list[From], depth: int) -> str:
        del depth
        by, order = self.column(scope), self.column(scope)
        return f"sum({one}) OVER (PARTITION BY {by} ORDER BY {order})"

    def rank(self, one: str, scope: list[From], depth: int) -> str:
        del scope, depth
        return f"rank() OVER (ORDER BY {one})"

    def aggregate(self, value: str) -> str:
        return f"{self.pick(['sum', 'min', 'max', 'count'])}({value})"

    def test(self, scope: list[From], depth: int) -> str:
        one = self.column(scope)
        kind = self.draw(st.integers(0, 6)) if depth > 0 else 0
        match kind:
            case 1:
                inner, source = self.inner()
                where = self.test([source, *scope], 0)
                return words("EXISTS (SELECT 1 FROM", inner, "WHERE", f"{where})")
            case 2:
                inner, source = self.inner()
                shown = self.column([source])
                return words(one, "IN (SELECT", shown, "FROM", f"{inner})")
            case 3:
                return f"({self.test(scope, depth - 1)} OR {one} IS NULL)"
            case 4:
                return f"({self.test(scope, depth - 1)} AND NOT {self.test(scope, 0)})"
            case 5:
                return f"{one} BETWEEN 1 AND {self.column(scope)}"
            case _:
                return f"{one} {self.pick(['<', '=', '>', '<>'])} {self.pick(['1', '2', self.column(scope)])}"

    def inner(self) -> tuple[str, From]:
        """Return a table for a subquery, under a new name."""
        table, alias = self.pick(sorted(TABLES)), self.new("s")
        return f"{table} AS {alias}", From(alias, TABLES[table])

    # --- FROM -------------------------------------------------------------------------

    def source(self, scope: list[From], depth: int) -> tuple[str, From]:
        kind = self.draw(st.integers(0, 9)) if depth > 0 else 0
        alias = self.new("s")
        if kind == 1:
            text, columns = self.query(depth - 1)
            names = tuple(self.new("k") for _ in columns)
            return f"({text}) AS {alias}({', '.join(names)})", From(alias, names)
        if kind == 2 and scope:
            text = f"LATERAL (SELECT {self.value(scope, 1)} AS z{alias})"
            return f"{text} AS {alias}", From(alias, (f"z{alias}",))
        if kind == 3:
            name = self.new("k")
            return f"(VALUES (1), (2)) AS {alias}({name})", From(alias, (name,))
        if kind == 4 and scope:
            name = self.new("k")
            array = f"[{self.column(scope)}, 7]"
            return f"unnest({array}) AS {alias}({name})", From(alias, (name,))
        if kind in (5, 6) and self.ctes:
            cte = self.pick(self.ctes)
            return f"{cte.alias} AS {alias}", From(alias, cte.columns)
        table = self.pick(sorted(TABLES))
        return f"{table} AS {alias}", From(alias, TABLES[table])

    def joined(self, depth: int) -> tuple[str, list[From], list[tuple[str, str]]]:
        """Return a FROM clause, its sources, and the columns that joins merge."""
        text, first = self.source([], depth)
        scope = [first]
        merged: list[tuple[str, str]] = []
        for _ in range(self.draw(st.integers(0, 2))):
            lateral = self.chance(50)
            right, source = self.source(scope if lateral else [], depth - 1)
            kind = self.draw(st.integers(0, 4))
            shared = [
                n for n in source.columns if sum(n in s.columns for s in scope) == 1
            ]
            is_table = " AS " in right and "(" not in right
            if kind == 0:
                text += f" CROSS JOIN {right}"
            elif kind == 1 and shared and is_table and not merged:
                name = self.pick(shared)
                text += f" {self.pick(_JOINS)} {right} USING ({name})"
                merged.append((name, source.alias))
            elif kind == 2 and is_table:
                on = self.test([*scope, source], 0)
                text += f" {self.pick(_TESTS)} {right} ON {on}"
                continue
            elif kind == 3 and is_table:
                text += (
                    f" {self.pick(_JOINS)} {right} ON {self.test([*scope, source], 1)}"
                )
            else:
                text += f" CROSS JOIN {right}"
            scope.append(source)
        return text, scope, merged

    # --- queries ----------------------------------------------------------------------

    def query(self, depth: int, width: int = 0) -> tuple[str, tuple[str, ...]]:
        kind = self.draw(st.integers(0, 9)) if depth > 0 else 0
        if kind == 1:
            left, columns = self.query(depth - 1, width)
            right, _ = self.query(depth - 1, len(columns))
            return f"({left}) {self.pick(_SETS)} ({right})", columns
        if kind == 2:
            return self.with_(depth, width)
        if kind == 3 and width <= 1:
            return self.recursive(depth)
        if kind == 4 and not width:
            return self.star(depth)
        if kind in (5, 6):
            return self.grouped(depth, width)
        return self.select(depth, width)

    def with_(self, depth: int, width: int) -> tuple[str, tuple[str, ...]]:
        kept = list(self.ctes)
        name = self.new("q")
        body, columns = self.query(depth - 1)
        names = tuple(self.new("k") for _ in columns)
        self.ctes.append(From(name, names))
        text, shown = self.query(depth - 1, width)
        self.ctes = kept
        return f"WITH {name}({', '.join(names)}) AS ({body}) ({text})", shown

    def recursive(self, depth: int) -> tuple[str, tuple[str, ...]]:
        name, column = self.new("q"), self.new("k")
        start, _ = self.select(depth - 1, 1)
        inner, source = self.inner()
        shown = f"{name}.{column} + {self.column([source])}"
        step = words("SELECT", shown, "FROM", f"{name}, {inner}")
        step += f" WHERE {name}.{column} BETWEEN 0 AND 3 AND {self.test([source], 0)}"
        step += f" AND {self.column([source])} > 0"
        clause = f"WITH RECURSIVE {name}({column}) AS (({start}) UNION {step})"
        shown = f"least({column}, 9) AS {column}"
        return words(clause, "SELECT", shown, "FROM", name), (column,)

    def star(self, depth: int) -> tuple[str, tuple[str, ...]]:
        text, scope, _ = self.joined(depth - 1)
        where = f" WHERE {self.test(scope, depth)}" if self.chance(50) else ""
        if self.chance(40):
            source = self.pick(scope)
            return words(
                "SELECT", f"{source.alias}.*", "FROM", text + where
            ), source.columns
        extra = (
            f", {self.value(scope, 1)} AS {self.new('x')}" if self.chance(30) else ""
        )
        shown = words("SELECT", "*" + extra, "FROM", text + where)
        if self.ctes:
            # Which columns a star has depends on CTEs that stand further out.
            return self.select(depth, 0)
        with duckdb.connect() as database:
            create(database)
            found = database.execute(words("DESCRIBE", shown)).fetchall()
        return shown, tuple(name for name, *_ in found)

    def select(self, depth: int, width: int) -> tuple[str, tuple[str, ...]]:
        text, scope, _ = self.joined(depth - 1)
        count = width or self.draw(st.integers(1, 3))
        names = tuple(self.new("x") for _ in range(count))
        values = [self.value(scope, depth) for _ in names]
        if count > 1 and "(" not in values[0] and self.chance(20):
            values[1] = f"({names[0]} + 1)"  # an alias of the same list
        shown = ", ".join(f"{v} AS {n}" for v, n in zip(values, names, strict=True))
        distinct = "DISTINCT " if self.chance(20) else ""
        found = words("SELECT", distinct + shown, "FROM", text)
        if self.chance(50):
            found += f" WHERE {self.test(scope, depth)}"
        if not distinct and self.chance(15):
            found += f" QUALIFY rank() OVER (PARTITION BY {self.column(scope)} ORDER BY {self.column(scope)}) = 1"
        if not distinct and self.chance(20):
            order = ", ".join([self.column(scope), *map(str, range(1, count + 1))])
            found += f" ORDER BY {order} LIMIT 2"
        return found, names

    def grouped(self, depth: int, width: int) -> tuple[str, tuple[str, ...]]:
        text, scope, _ = self.joined(depth - 1)
        count = width or self.draw(st.integers(1, 3))
        names = tuple(self.new("x") for _ in range(count))
        key = self.value(scope, 0)
        values = [
            self.pick(
                [key, self.aggregate(self.value(scope, 1, windows=False)), "count(*)"]
            )
            for _ in names
        ]
        if self.chance(30):
            values[-1] = (
                f"{self.aggregate(self.value(scope, 0))} FILTER (WHERE {self.test(scope, 0)})"
            )
        shown = ", ".join(f"{v} AS {n}" for v, n in zip(values, names, strict=True))
        found = words("SELECT", shown, "FROM", text)
        if self.chance(50):
            found += f" WHERE {self.test(scope, depth)}"
        place = values.index(key) + 1 if key in values else 0
        by = str(place) if place and self.chance(50) else key
        found += f" GROUP BY {self.pick([by, f'ROLLUP ({key})'])}"
        if self.chance(40):
            found += f" HAVING {self.aggregate(self.value(scope, 0))} > 1"
        return found, names


def words(*parts: str) -> str:
    """Return SQL of its parts."""
    return " ".join(parts)


@st.composite
def queries(draw: st.DrawFn) -> str:
    """Return one query."""
    return Writer(draw).query(3)[0]


_CELL = st.one_of(st.none(), st.integers(0, 3))


@st.composite
def contents(draw: st.DrawFn) -> Rows:
    """Return a few rows for each table."""
    return {
        table: draw(
            st.lists(st.tuples(*[_CELL] * len(columns)), min_size=1, max_size=4)
        )
        for table, columns in TABLES.items()
    }


def create(database: duckdb.DuckDBPyConnection, rows: Rows | None = None) -> None:
    """Create the tables, filled."""
    for table in TABLES if rows is None else rows:
        columns = TABLES[table]
        listed = ", ".join(f"{column} BIGINT" for column in columns)
        database.execute(f"CREATE OR REPLACE TABLE {table} ({listed})")
        filled = (rows or {}).get(table, [])
        if filled:
            listed = ", ".join(str(row).replace("None", "NULL") for row in filled)
            database.execute(words("INSERT INTO", table, "VALUES", listed))


@dataclass(frozen=True, slots=True)
class Shown:
    """What a query showed: its columns' names, each column's values, and its rows."""

    names: tuple[str, ...]
    values: tuple[Counter[object], ...]
    rows: Counter[tuple[object, ...]]


def run(database: duckdb.DuckDBPyConnection, query: str) -> Shown:
    """Return what a query shows; the order of its rows doesn't count."""
    found = database.execute(query)
    names = tuple(name for name, *_ in found.description)
    rows = found.fetchall()
    values = tuple(Counter(row[place] for row in rows) for place in range(len(names)))
    return Shown(names, values, Counter(rows))
