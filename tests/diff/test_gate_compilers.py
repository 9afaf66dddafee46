"""What is compiled against `decide`: request by request, row by row, server by server.

And the comparison against itself: with a mistake put into a compiler, it must find it.
"""
# ruff: noqa: S608 (what is evaluated was just compiled)

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from importlib.util import module_from_spec, spec_from_loader
from itertools import product
from pathlib import Path
from types import ModuleType
from typing import TypeVar

import duckdb
import pytest
import sqlglot

from ringfence.boundary.decision.decide import decide
from ringfence.boundary.decision.request import Request
from ringfence.boundary.vocabulary import kind_of
from ringfence.gate.compile import batch, closure, granting, rows, sql, standing
from ringfence.gate.compile.masks import Dialect
from tests.postgres_server import VERSIONS, cluster_of
from tests.scenes import REGIONS, Case, generated

MARKS = ("região", "region", "r'g\"")
ROWS = (
    *(dict.fromkeys(MARKS, value) for value in (*REGIONS, None)),
    *(
        dict(zip(MARKS, values, strict=True))
        for values in product(("US", "EU", None), repeat=3)
        if len({*values}) > 1
    ),
)[:20]
AT_ONCE = 400
One = TypeVar("One")
Answers = dict[str, tuple[bool | None, ...]]
Executor = Callable[[Sequence[str]], Answers]


@cache
def cases() -> tuple[Case, ...]:
    """Return the cases that everything is compared on."""
    return tuple(generated(6, 5_000, each=25))


@cache
def guarded() -> tuple[Case, ...]:
    """Return cases in which guards are met oftener."""
    return tuple(generated(9, 5_000, each=25, operators=("equals",)))


# --- closure and batch ----------------------------------------------------------------


def unlike(found: Sequence[Case], compiler: ModuleType = closure) -> list[Request]:
    """Return the requests that a closure decides otherwise than `decide`."""
    different = []
    last, decider = None, None
    for scene, request, now, counted in found:
        if scene is not last or decider is None:
            last, decider = scene, compiler.Closure(scene)
        if decider.decide(request, now, counted) != decide(
            scene, request, now, counted
        ):
            different.append(request)
    return different


def unlike_batch(found: Sequence[Case], compiler: ModuleType = batch) -> list[Request]:
    """Return the requests for which a search misses, or wrongly finds, somebody."""
    different = []
    last, many = None, None
    for scene, request, now, counted in found:
        if scene is not last or many is None:
            last, many = scene, compiler.Batch(scene)
        one = request.principal
        answer = decide(scene, request, now, counted).allowed
        answers = [bool(many.allowed([request], now, counted)[0])]
        if one in scene.people or any(one in own for own in scene.entities.values()):
            answers.append(one in many.whoever(request, now, counted, kind_of(one)))
        if request.resource in scene.datasets or request.resource in scene.stores:
            kind = kind_of(request.resource)
            hits = many.whatever(request, now, counted, kind)
            answers.append(request.resource in hits)
        if answers != [answer] * len(answers):
            different.append(request)
    return different


def test_a_closure_decides_as_decide_does():
    """On 10,000 generated requests, every field of every decision is the same."""
    assert unlike((*cases(), *guarded())) == []


def test_searches_and_batches_find_whom_decide_allows():
    """On 5,000 generated requests, a search holds somebody whom `decide` allows."""
    assert unlike_batch(cases()) == []


# --- residuals ------------------------------------------------------------------------


@cache
def by_row() -> tuple[tuple[Case, tuple[bool, ...]], ...]:
    """Return the cases, each with the decision for every row."""
    return tuple(
        (
            (scene, request, now, counted),
            tuple(
                decide(scene, replace(request, row=row), now, counted).allowed
                for row in ROWS
            ),
        )
        for scene, request, now, counted in cases()
    )


def unlike_rows(
    found: Sequence[tuple[Case, tuple[bool, ...]]],
    dialect: Dialect,
    executed: Executor,
    compiler: ModuleType = sql,
) -> list[tuple[Request, str]]:
    """Return the requests whose residual is true of other rows than `decide` allows."""
    told = [
        (
            compiler.residual(scene, request, now, counted, dialect=dialect),
            allowed,
            request,
        )
        for (scene, request, now, counted), allowed in found
    ]
    answers = executed(sorted({text for text, _, _ in told}))
    return [(one, text) for text, each, one in told if answers[text] != each]


def selected(
    expressions: Sequence[str], fetch: Callable[[str], list[tuple[bool, ...]]]
) -> Answers:
    """Evaluate expressions over the table of rows, many in one query."""
    found: Answers = {}
    for at in range(0, len(expressions), AT_ONCE):
        some = expressions[at : at + AT_ONCE]
        lines = fetch(f"SELECT {', '.join(some)} FROM marked ORDER BY place")
        found |= dict(zip(some, zip(*lines, strict=True), strict=True))
    return found


def table() -> str:
    """Return the statement that makes the table of rows."""
    names = ", ".join(f'"{name.replace(chr(34), chr(34) * 2)}" TEXT' for name in MARKS)
    return f"CREATE TABLE marked (place INT, {names})"


def in_duckdb(expressions: Sequence[str]) -> Answers:
    """Evaluate in DuckDB."""
    with duckdb.connect() as connection:
        connection.execute(table())
        for place, row in enumerate(ROWS):
            connection.execute(
                "INSERT INTO marked VALUES (?, ?, ?, ?)", [place, *row.values()]
            )
        return selected(expressions, lambda text: connection.execute(text).fetchall())


def as_trino(expressions: Sequence[str]) -> Answers:
    """Evaluate Trino's SQL in DuckDB, as sqlglot carries it over."""
    carried = {
        one: sqlglot.transpile(one, read="trino", write="duckdb")[0]
        for one in expressions
    }
    answers = in_duckdb(sorted({*carried.values()}))
    return {one: answers[text] for one, text in carried.items()}


def in_postgres(version: int) -> Executor:
    """Return what evaluates on a real server."""

    def executed(expressions: Sequence[str]) -> Answers:
        with cluster_of(version).database("compiled") as connection:
            connection.execute(table())
            for place, row in enumerate(ROWS):
                connection.execute(
                    "INSERT INTO marked VALUES (%s, %s, %s, %s)",
                    [place, *row.values()],
                )
            return selected(
                expressions, lambda text: connection.execute(text.encode()).fetchall()
            )

    return executed


def test_residuals_in_duckdb_allow_the_rows_that_decide_allows():
    """On 5,000 generated requests, DuckDB finds just the rows that are allowed."""
    assert unlike_rows(by_row(), "duckdb", in_duckdb) == []


def test_residuals_of_trino_allow_the_rows_that_decide_allows():
    """On 5,000 generated requests, Trino's SQL means what DuckDB's does."""
    assert unlike_rows(by_row(), "trino", as_trino) == []


@pytest.mark.parametrize("version", VERSIONS)
def test_residuals_on_a_server_allow_the_rows_that_decide_allows(version):
    """On 5,000 generated requests, PostgreSQL finds just the rows that are allowed."""
    assert unlike_rows(by_row(), "postgres", in_postgres(version)) == []


def test_some_residuals_depend_on_the_row():
    """The comparison isn't empty: conditions of all three kinds occur, often."""
    found = [
        sql.residual(scene, request, now, counted, dialect="duckdb")
        for scene, request, now, counted in cases()[:2_000]
    ]
    assert found.count("TRUE") > 100
    assert found.count("FALSE") > 100
    assert sum(one not in {"TRUE", "FALSE"} for one in found) > 100


# --- mistakes put in ------------------------------------------------------------------

Mistake = tuple[ModuleType, str, str]
DECIDING: dict[str, Mistake] = {
    "a leave begins late": (closure, "leave.since <= now", "leave.since < now"),
    "a leave ends late": (closure, "now < leave.until", "now <= leave.until"),
    "a cap is off by one": (closure, "> leave.cap", ">= leave.cap"),
    "what is counted already is forgotten": (
        closure,
        "counted.get(leave.name, 0) + request",
        "request",
    ),
    "some column of a leave is enough": (
        closure,
        "ids <= one.columns",
        "ids & one.columns",
    ),
    "a scene ends late": (closure, "since <= now < until", "since <= now <= until"),
    "exclusion yields to a grant": (
        closure,
        "            if fenced.reason not in ALLOWING:\n                return fenced\n",
        "            if fenced.reason not in ALLOWING:\n"
        "                if granting.lacks(request, now, touched) is None:\n"
        "                    return _NOT_EXCLUDED\n"
        "                return fenced\n",
    ),
    "a purpose is not asked": (
        closure,
        "request.purpose != leave.purpose",
        "not request.purpose and leave.purpose",
    ),
    "whoever has an exception is shown no part": (
        closure,
        "return _obeyed(answers, request) or found",
        "return found if found.leave else _obeyed(answers, request) or found",
    ),
    "what is obeyed comes before what is conceded": (
        closure,
        "if not request.obeys or found.reason is Reason.LEAVE:",
        "if not request.obeys:",
    ),
    "rows are obeyed by whoever names one": (
        closure,
        "request.row is None and ",
        "",
    ),
    "a value of NULL is another's": (rows, " is not None and value not in", " not in"),
    "one dataset apart is enough": (
        rows,
        "and all(\n        (value",
        "and any(\n        (value",
    ),
    "what isn't known of a column is no": (
        rows,
        "columns.get(name, Status.UNKNOWN)",
        "columns.get(name, Status.NO)",
    ),
    "what has no name is forgotten": (rows, 'else [""]', "else []"),
    "whatever is told wins": (standing, "{**told, **own}", "{**own, **told}"),
    "what is told loosens": (standing, "map(max, before", "map(min, before"),
    "a doubt outlasts what is trusted": (
        standing,
        "doubted.difference(told)",
        "doubted",
    ),
    "some value is as good as all": (standing, "v <= {listed}", "v & {listed}"),
    "a stranger is no employer's": (
        standing,
        "asked.entities.get(one, UNKNOWN)",
        "asked.entities.get(one, NO)",
    ),
    "a grant begins late": (granting, "grant.since <= now", "grant.since < now"),
    "a grant ends late": (granting, "or now < grant", "or now <= grant"),
    "an undecided guard is met": (granting, "is True", "is not False"),
    "one column's grant is enough": (
        granting,
        "return Reason.NO_GRANT\n",
        "continue\n",
    ),
    "a caller speaks for the principal": (
        granting,
        "if not key.casefold().startswith(_PRINCIPAL)",
        "if True",
    ),
}
SEARCHING: dict[str, Mistake] = {
    "any grant is enough": (batch, "every &= held", "every |= held"),
    "exceptions are forgotten": (
        batch,
        "return _with(found, ",
        "return _with(found, () and ",
    ),
    "what is told is forgotten": (batch, "if request.stated:", "if False:"),
    "guards are forgotten": (batch, "if grant.guard is None", "if True"),
}
WRITING: dict[str, Mistake] = {
    "NULL is nobody's": (sql, "parts.append(column.is_(exp.null()).not_())", "pass"),
    "one mark apart is enough": (sql, "exp.and_(*parts)", "exp.or_(*parts)"),
    "whoever may see some sees all": (sql, "if within.allowed", "if apart.allowed"),
    "the condition is turned": (
        sql,
        "column.isin(*values).not_()",
        "column.isin(*values)",
    ),
    "the first value is the only one": (sql, "isin(*values)", "isin(*values[:1])"),
    "a row apart is one of the population": (
        sql,
        "one.column: stranger",
        "one.column: one.values[0]",
    ),
}


@pytest.fixture
def mistaken(monkeypatch) -> Callable[[Mistake], None]:
    """Give what puts a mistake into a module, wherever its names are used."""

    def put(mistake: Mistake) -> None:
        module, right, wrong = mistake
        source = Path(str(module.__file__)).read_text(encoding="utf-8")
        assert right in source, "the mistake isn't where it was"
        name = f"{module.__name__}_mistaken"
        spec = spec_from_loader(name, loader=None)
        assert spec is not None
        mutant = module_from_spec(spec)
        monkeypatch.setitem(sys.modules, name, mutant)
        exec(compile(source.replace(right, wrong), name, "exec"), mutant.__dict__)  # noqa: S102 - a mistake made on purpose
        for place in (closure, batch, granting, rows, sql, standing):
            for word, one in [*vars(module).items()]:
                is_own = getattr(one, "__module__", None) == module.__name__
                if is_own and getattr(place, word, None) is one:
                    monkeypatch.setattr(place, word, getattr(mutant, word))

    return put


def in_parts(found: Sequence[One]) -> Iterator[Sequence[One]]:
    """Yield cases some at a time, so that a mistake is found as soon as it shows."""
    for at in range(0, len(found), 250):
        yield found[at : at + 250]


@pytest.mark.parametrize("name", DECIDING)
def test_a_mistake_in_a_closure_is_found(name, mistaken):
    """A closure that is wrong in one place decides some request otherwise."""
    mistaken(DECIDING[name])
    assert any(unlike(some) for some in in_parts((*cases(), *guarded())))


@pytest.mark.parametrize("name", SEARCHING)
def test_a_mistake_in_a_search_is_found(name, mistaken):
    """A search that is wrong in one place misses somebody, or finds one too many."""
    mistaken(SEARCHING[name])
    assert any(unlike_batch(some) for some in in_parts(cases()))


@pytest.mark.parametrize("name", WRITING)
def test_a_mistake_in_a_residual_is_found(name, mistaken):
    """A residual that is wrong in one place is true of other rows."""
    mistaken(WRITING[name])
    assert any(unlike_rows(some, "duckdb", in_duckdb) for some in in_parts(by_row()))
