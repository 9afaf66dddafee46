"""Column lineage of SQL: by hand, against DuckDB, and over the 99 TPC-DS queries."""

from __future__ import annotations

import re
import time

import duckdb
import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from ringfence.sources.lineage.model import Answer, Seal, Table
from ringfence.sources.lineage.resolve import columns_of
from ringfence.sources.lineage.schema import Schema
from ringfence.sources.lineage.statements import read_script
from ringfence.sources.lineage.tokens import Token
from tests.queries import TABLES, Rows, contents, create, queries, run, words
from tests.tpcds import QUERIES, TpcDs, tpcds


def schema(tables: dict[str, tuple[str, ...]] | None = None) -> Schema:
    """Return a schema of tables in `main`."""
    found = Schema("main")
    for name, columns in (tables or TABLES).items():
        found.add(Table("", "main", name), columns)
    return found


def told(answer: Answer) -> dict[str, str]:
    """Return columns with their sources: `~` before one that only selects."""
    found = {}
    for shown in answer.columns:
        words = {
            f"{'' if one.direct else '~'}{one.table and one.table.name}.{one.column or '*'}"
            f"{'?' if one.unknown else ''}"
            for one in shown.traces
        }
        found[shown.name] = " ".join(sorted(words))
    return found


def of(query: str, dialect: str = "duckdb") -> dict[str, str]:
    """Return the lineage of a query over the three tables."""
    return told(columns_of(query, schema(), dialect))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT a, b + c AS x FROM t", {"a": "t.a", "x": "t.b t.c"}),
        ("SELECT a FROM t WHERE b > 1", {"a": "t.a ~t.b"}),
        ("SELECT 1 AS one FROM t", {"one": ""}),
        ("SELECT count(*) AS n FROM t", {"n": ""}),
        ("SELECT count(*) AS n FROM t GROUP BY b", {"n": "~t.b"}),
        ("SELECT b AS x FROM t GROUP BY 1 HAVING max(c) > 1", {"x": "t.b ~t.b ~t.c"}),
        ("SELECT a FROM t ORDER BY c LIMIT 1", {"a": "t.a ~t.c"}),
        ("SELECT a FROM t ORDER BY 1", {"a": "t.a ~t.a"}),
        ("SELECT DISTINCT a, b FROM t", {"a": "t.a ~t.a ~t.b", "b": "t.b ~t.a ~t.b"}),
        (
            "SELECT t.a, e FROM t JOIN u ON t.a = d",
            {"a": "t.a ~t.a ~u.d", "e": "u.e ~t.a ~u.d"},
        ),
        ("SELECT a FROM t JOIN u USING (a)", {"a": "t.a u.a ~t.a ~u.a"}),
        ("SELECT e FROM t NATURAL JOIN u", {"e": "u.e ~t.a ~u.a"}),
        ("SELECT e FROM u SEMI JOIN t ON u.a = t.b", {"e": "u.e ~t.b ~u.a"}),
        ("SELECT a FROM t UNION ALL SELECT d FROM u", {"a": "t.a u.d"}),
        ("SELECT a FROM t EXCEPT SELECT d FROM u", {"a": "t.a ~t.a ~u.d"}),
        (
            "SELECT a FROM t UNION BY NAME SELECT a, d FROM u",
            {"a": "t.a u.a ~t.a ~u.a ~u.d", "d": "u.d ~t.a ~u.a ~u.d"},
        ),
        (
            "SELECT (SELECT max(d) FROM u WHERE u.a = t.a) AS m, b FROM t",
            {"m": "u.d ~t.a ~u.a", "b": "t.b"},
        ),
        (
            "SELECT b FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.a = t.a)",
            {"b": "t.b ~t.a ~u.a"},
        ),
        ("SELECT b FROM t WHERE a IN (SELECT d FROM u)", {"b": "t.b ~t.a ~u.d"}),
        (
            "SELECT rank() OVER (PARTITION BY a ORDER BY b) AS r FROM t",
            {"r": "~t.a ~t.b"},
        ),
        (
            "SELECT sum(a) OVER w AS s FROM t WINDOW w AS (ORDER BY b)",
            {"s": "t.a ~t.b"},
        ),
        ("SELECT sum(a) FILTER (WHERE b > 1) AS s FROM t", {"s": "t.a ~t.b"}),
        ("SELECT a FROM t QUALIFY rank() OVER (ORDER BY c) = 1", {"a": "t.a ~t.c"}),
        ("SELECT CASE WHEN a > 1 THEN b END AS x FROM t", {"x": "t.a t.b"}),
        ("SELECT a AS x, x + b AS y FROM t", {"x": "t.a", "y": "t.a t.b"}),
        (
            "WITH q(k) AS (SELECT a FROM t WHERE c = 1) SELECT k FROM q",
            {"k": "t.a ~t.c"},
        ),
        ("WITH t AS (SELECT b AS a FROM t) SELECT a FROM t", {"a": "t.b"}),
        ("WITH t AS (SELECT b AS a FROM t) SELECT a FROM main.t", {"a": "t.a"}),
        (
            "WITH RECURSIVE r(n) AS (SELECT a FROM t UNION ALL SELECT n + d FROM r, u WHERE n < e) SELECT n FROM r",
            {"n": "t.a u.d ~t.a ~u.d ~u.e"},
        ),
        ("SELECT k FROM t, LATERAL (SELECT t.b + 1 AS k) AS l", {"k": "t.b"}),
        ("SELECT k FROM t, unnest([a, b]) AS n(k)", {"k": "t.a t.b ~t.a ~t.b"}),
        ("SELECT p, a FROM (VALUES (1)) AS v(p), t", {"p": "", "a": "t.a"}),
        ("SELECT * EXCLUDE (a) REPLACE (c AS b) FROM t", {"b": "t.c", "c": "t.c"}),
        ("SELECT u.* FROM t, u", {"a": "u.a", "d": "u.d", "e": "u.e"}),
        ("SELECT list_transform([a], lambda x: x + b) AS l FROM t", {"l": "t.a t.b"}),
        ("SELECT s.a FROM (SELECT a FROM t) AS s", {"a": "t.a"}),
        ("SELECT s.f.g AS x FROM (SELECT a AS f FROM t) AS s", {"x": "t.a"}),
        ("SELECT f.g AS x FROM (SELECT a AS f FROM t) AS s", {"x": "t.a"}),
        ("SELECT t AS x FROM t", {"x": "t.a t.b t.c"}),
        ("FROM t SELECT a", {"a": "t.a"}),
        ("SELECT CAST(a AS TEXT) AS x FROM (t CROSS JOIN w)", {"x": "t.a"}),
    ],
)
def test_lineage_by_hand(query: str, expected: dict[str, str]):
    """Each construct gives what a reader of the query would say."""
    assert of(query) == expected


@pytest.mark.parametrize(
    ("query", "expected", "reason"),
    [
        ("SELECT nothing FROM t", {"nothing": "t.*?"}, "`nothing` is no known column"),
        ("SELECT d FROM u, w", {"d": "u.d? w.d?"}, "`d` may be of several tables"),
        (
            "SELECT x FROM far, near",
            {"x": "far.*? near.*?"},
            "the columns of `main.far` aren't known",
        ),
        (
            "SELECT x FROM read_csv('f')",
            {"x": "None.*? ~None.*?"},
            "a table function may read anything",
        ),
        (
            "SELECT a FROM t UNION SELECT a, d FROM u",
            {"a": "t.a? u.a? u.d? ~t.a ~u.a ~u.d"},
            "branches of a set operation differ in their columns",
        ),
    ],
)
def test_what_is_not_resolved_is_said(
    query: str, expected: dict[str, str], reason: str
):
    """What isn't known widens to the tables that it may come from, with the reason."""
    answer = columns_of(query, schema(), "duckdb")
    assert told(answer) == expected
    assert reason in answer.unresolved


def test_a_table_that_is_not_known_has_the_columns_that_are_named():
    """With one table, a name can only be a column of it; a star can't be told."""
    assert of("SELECT x, n.y FROM nope AS n WHERE z") == {
        "x": "nope.x ~nope.z",
        "y": "nope.y ~nope.z",
    }
    answer = columns_of("SELECT *, a AS z FROM nope", schema(), "duckdb")
    assert told(answer) == {"z": "nope.a"}
    assert [(one.column, bool(one.unknown)) for one in answer.rest or ()] == [
        ("", True)
    ]


def test_a_pivot_is_not_resolved_and_says_so():
    """Whatever stands behind a PIVOT may come out of it."""
    answer = columns_of(
        "SELECT * FROM t PIVOT (sum(b) FOR a IN (1, 2))", schema(), "duckdb"
    )
    assert {one.column for one in answer.rest or ()} == {"a", "b", "c"}
    assert answer.unresolved == ("passes through PIVOT, which isn't resolved",)


@pytest.mark.parametrize(
    "query",
    [
        "SELEC a FROM t",
        "SELECT a FROM t; SELECT b FROM t",
        "SELECT '",
        "(" * 5000,
        words("SELECT", "(" * 3000, "a", ")" * 3000, "FROM t"),
        words("SELECT a FROM t --", "x" * (1 << 21)),
        "\x00",
        "",
    ],
)
def test_what_can_not_be_parsed_is_an_answer_too(query: str):
    """A query that isn't understood gives a reason, and no error."""
    assert columns_of(query, schema(), "duckdb").unresolved


def test_a_query_that_grows_without_end_is_given_up():
    """Stars that double their columns at every step end at the budget."""
    parts = [
        words(f"q{n + 1}", "AS (SELECT * FROM", f"q{n}, q{n} AS z)") for n in range(40)
    ]
    query = words(
        "WITH q0 AS (SELECT * FROM t),", ", ".join(parts), "SELECT * FROM q40"
    )
    begun = time.perf_counter()
    answer = columns_of(query, schema(), "duckdb")
    assert time.perf_counter() - begun < 10
    assert "shows more than" in answer.unresolved[0]
    assert {str(one.table) for one in answer.rest or ()} == {"main.t"}


def test_long_chains_are_resolved():
    """A sum of thousands of terms and a union of a thousand branches are no problem."""
    assert of(words("SELECT", "+".join(["a"] * 3000), "AS x FROM t")) == {"x": "t.a"}
    assert of(" UNION ALL ".join(["SELECT a FROM t"] * 1000)) == {"a": "t.a"}


@pytest.mark.parametrize(
    ("dialect", "query", "expected"),
    [
        ("postgres", 'SELECT "A" FROM x', {"A": "x.A"}),
        ("postgres", "SELECT A FROM X", {"a": "x.a"}),
        ("snowflake", "SELECT a FROM x", {"A": "X.A"}),
        ("duckdb", "SELECT A FROM T", {"a": "t.a"}),
        ("bigquery", "SELECT k FROM t, UNNEST(t.a) AS k", {"k": "t.a ~t.a"}),
        ("spark", "SELECT k FROM t LATERAL VIEW explode(a) x AS k", {"k": "t.a ~t.a"}),
        ("tsql", "SELECT TOP 1 a FROM t ORDER BY b", {"a": "t.a ~t.b"}),
        (
            "tsql",
            "WITH r AS (SELECT a FROM t UNION ALL SELECT a + 1 FROM r) SELECT a FROM r",
            {"a": "t.a"},
        ),
        (
            "postgres",
            "SELECT DISTINCT ON (b) a FROM t ORDER BY b, c",
            {"a": "t.a ~t.a ~t.b ~t.c"},
        ),
        (
            "postgres",
            "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY a) AS m FROM t",
            {"m": "t.a"},
        ),
        (
            "snowflake",
            "SELECT a, current_user() AS who FROM t",
            {"A": "t.a", "WHO": ""},
        ),
    ],
)
def test_dialects_are_read_as_they_are_written(
    dialect: str, query: str, expected: dict[str, str]
):
    """Names are spelled as the dialect stores them, and its own clauses understood."""
    assert of(query, dialect) == expected


_CELL = st.none() | st.integers(0, 3)

# --- against DuckDB -------------------------------------------------------------------


@given(query=queries(), rows=contents(), data=st.data())
def test_whatever_changes_an_output_is_listed(
    query: str, rows: Rows, data: st.DataObject
):
    """A column whose change shows in an output's values is among its sources.

    Names and number of columns are DuckDB's own, stars included.
    """
    answer = columns_of(query, schema(), "duckdb")
    # Drawn before anything runs: what is drawn may not turn on what DuckDB says.
    changes = {
        (table, column): [
            tuple(
                data.draw(_CELL) if n == place else cell for n, cell in enumerate(row)
            )
            for row in rows[table]
        ]
        for table, columns in TABLES.items()
        if re.search(rf"\b{table} AS", query)
        for place, column in [data.draw(st.sampled_from([*enumerate(columns)]))]
    }
    with duckdb.connect() as database:
        create(database, rows)
        try:
            before = run(database, query)
        except duckdb.Error:
            reject()  # an overflow, or what DuckDB doesn't do yet
        assert answer.unresolved == ()
        assert [shown.name for shown in answer.columns] == list(before.names)
        for (table, column), changed in changes.items():
            create(database, rows | {table: changed})
            try:
                after = run(database, query)
            except duckdb.Error:
                continue
            listed = [
                any(
                    (one.table, one.column) == (Table("", "main", table), column)
                    for one in shown.traces
                )
                for shown in answer.columns
            ]
            values = zip(before.values, after.values, listed, strict=True)
            assert [was == now or is_listed for was, now, is_listed in values] == [
                True for _ in listed
            ]
            assert before.rows == after.rows or any(listed)


# --- seals ----------------------------------------------------------------------------


def seals(query: str, column: str, *tokens: Token) -> set[Seal]:
    """Return the seals that every way of the direct sources of a column passed."""
    answer = columns_of(query, schema(), "duckdb", tokens)
    (shown,) = [one for one in answer.columns if one.name == column]
    ways = [one.seals for one in shown.traces if one.direct]
    return set(frozenset.intersection(*ways)) if ways else set()


@pytest.mark.parametrize(
    ("query", "least"),
    [
        ("SELECT b, sum(a) AS x FROM t GROUP BY b HAVING count(*) >= 10", 10),
        ("SELECT b, avg(a) AS x FROM t GROUP BY b HAVING count(*) > 9", 10),
        ("SELECT b, count(a) AS x FROM t GROUP BY b HAVING 10 <= count(*)", 10),
        (
            "SELECT b, sum(a) AS x FROM t GROUP BY b HAVING count(*) BETWEEN 10 AND 99",
            10,
        ),
        ("SELECT b, sum(a) AS x FROM t GROUP BY b HAVING count(*) >= 10 AND b > 1", 10),
        (
            "SELECT b, sum(a) AS x FROM t GROUP BY b HAVING count(*) >= 12 OR count(*) >= 10",
            10,
        ),
        ("SELECT b, count(*) AS n, sum(a) AS x FROM t GROUP BY b HAVING n >= 10", 10),
        (
            "SELECT x FROM (SELECT b, sum(a) AS x FROM t GROUP BY b HAVING count(*) >= 10)",
            10,
        ),
        ("SELECT b, sum(a) / 2 AS x FROM t GROUP BY b HAVING count(*) >= 10", 10),
        (
            "SELECT sum(a) AS x FROM t HAVING count(*) >= 10 UNION ALL SELECT sum(c) FROM t HAVING count(*) >= 10",
            10,
        ),
        ("SELECT b, sum(a) AS x FROM t GROUP BY b", 0),
        ("SELECT b, max(a) AS x FROM t GROUP BY b HAVING count(*) >= 10", 0),
        ("SELECT b, array_agg(a) AS x FROM t GROUP BY b HAVING count(*) >= 10", 0),
        ("SELECT b, any_value(a) AS x FROM t GROUP BY b HAVING count(*) >= 10", 0),
        ("SELECT b, sum(a) AS x FROM t GROUP BY b HAVING count(*) >= 10 OR b = 1", 0),
        ("SELECT b, sum(a) AS x FROM t GROUP BY b HAVING NOT count(*) >= 10", 0),
        ("SELECT b, sum(a) AS x FROM t GROUP BY b HAVING count(*) <= 10", 0),
        ("SELECT b, sum(a) AS x FROM t GROUP BY b HAVING max(c) >= 10", 0),
        ("SELECT b, sum(a) AS x FROM t GROUP BY b HAVING count(*) >= ?", 0),
        (
            "SELECT b, sum(a) FILTER (WHERE c = 1) AS x FROM t GROUP BY b HAVING count(*) >= 10",
            0,
        ),
        (
            "SELECT b, sum(CASE WHEN c = 1 THEN a END) AS x FROM t GROUP BY b HAVING count(*) >= 10",
            0,
        ),
        (
            "SELECT b, sum(z) AS x FROM (SELECT b, CASE WHEN c = 1 THEN a END AS z FROM t) GROUP BY b HAVING count(*) >= 10",
            0,
        ),
        ("SELECT b, sum(DISTINCT a) AS x FROM t GROUP BY b HAVING count(*) >= 10", 0),
        ("SELECT b, sum(a) + max(c) AS x FROM t GROUP BY b HAVING count(*) >= 10", 0),
        (
            "SELECT b, sum(sum(a)) OVER () AS x FROM t GROUP BY b HAVING count(*) >= 10",
            0,
        ),
        ("SELECT b, sum(t.a) AS x FROM t, u GROUP BY b HAVING count(*) >= 10", 0),
        (
            "SELECT b, sum(a) AS x FROM (SELECT * FROM t UNION ALL SELECT * FROM t) GROUP BY b HAVING count(*) >= 10",
            0,
        ),
        (
            "SELECT b, sum(a) AS x FROM (SELECT *, unnest([1, 2]) FROM t) GROUP BY b HAVING count(*) >= 10",
            0,
        ),
        (
            "SELECT sum(a) AS x FROM t HAVING count(*) >= 10 UNION ALL SELECT a FROM t",
            0,
        ),
        (
            "SELECT x + (SELECT max(a) FROM t) AS x FROM (SELECT sum(a) AS x FROM t HAVING count(*) >= 10)",
            0,
        ),
    ],
)
def test_an_aggregate_is_sealed_only_when_every_way_is(query: str, least: int):
    """Only counts, sums and averages of groups that HAVING keeps large are sealed."""
    assert max((one.least for one in seals(query, "x")), default=0) == least


@pytest.mark.parametrize(
    ("query", "is_sealed"),
    [
        ("SELECT b, sum(a) AS x FROM t GROUP BY b HAVING count(DISTINCT c) >= 5", True),
        (
            "SELECT sum(t.a) AS x FROM t JOIN u ON t.b = u.d GROUP BY u.e HAVING count(DISTINCT t.c) >= 5",
            True,
        ),
        (
            "SELECT sum(u.a) AS x FROM t JOIN u ON t.b = u.d GROUP BY u.e HAVING count(DISTINCT t.c) >= 5",
            False,
        ),
        (
            "SELECT sum(t.a) AS x FROM u LEFT JOIN t ON t.b = u.d GROUP BY u.e HAVING count(DISTINCT t.c) >= 5",
            False,
        ),
        (
            "SELECT sum(a) AS x FROM t GROUP BY b HAVING count(DISTINCT c + 1) >= 5",
            False,
        ),
    ],
)
def test_persons_are_counted_where_their_values_are(query: str, *, is_sealed: bool):
    """Distinct persons count when they and the values are of the same rows."""
    by = {one.by for one in seals(query, "x")}
    assert by == ({(Table("", "main", "t"), "c")} if is_sealed else set())


@pytest.mark.parametrize(
    ("query", "is_sealed"),
    [
        ("SELECT token(a, 'partner') AS x FROM t", True),
        ("SELECT token(a, partner) AS x FROM t, (SELECT d AS partner FROM u)", True),
        ("SELECT token(a, $partner) AS x FROM t", True),
        ("SELECT x FROM (SELECT lower(token(a, 'partner')) AS x FROM t)", True),
        ("SELECT token(a) AS x FROM t", False),
        ("SELECT token(a, 'other') AS x FROM t", False),
        ("SELECT token('partner', a) AS x FROM t", False),
        ("SELECT other.token(a, 'partner') AS x FROM t", False),
        ("SELECT md5(a) AS x FROM t", False),
        ("SELECT token(a, 'partner') || a AS x FROM t", False),
        ("SELECT coalesce(token(a, 'partner'), a) AS x FROM t", False),
        ("SELECT token(a, 'partner') AS x FROM t UNION ALL SELECT a FROM t", False),
    ],
)
def test_a_token_is_sealed_only_when_every_way_passes_it(
    query: str, *, is_sealed: bool
):
    """The declared function with the declared argument, on each way."""
    found = seals(query, "x", Token("token", "partner"))
    assert bool(found) is is_sealed


# --- scripts --------------------------------------------------------------------------


def test_a_broken_statement_spoils_no_other():
    """Statements are parsed one by one; each keeps its line and its name."""
    text = "-- name: first\nSELECT 1;\n\nSELEC 2 FROM;\n/* a\n b */ CREATE VIEW v AS SELECT ';' AS x;\nGRANT SELECT ON v TO bob;"
    script = read_script(text, "postgres")
    assert [(one.name, one.line, one.form) for one in script.written] == [
        ("first", 2, "query"),
        ("", 6, "view"),
    ]
    assert [line for line, _ in script.broken] == [4]
    assert script.unread == {"GRANT": 1}


@given(
    st.text(max_size=60),
    st.sampled_from(["", "postgres", "bigquery", "tsql", "snowflake"]),
)
def test_any_text_is_a_script_of_some_kind(text: str, dialect: str):
    """No text makes the reading of scripts fail."""
    script = read_script(text, dialect)
    for one in script.written:
        if one.query is not None:
            columns_of(one.query, schema(), dialect)


# --- TPC-DS ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def benchmark() -> TpcDs:
    """Return the queries; the tests that ask for them skip without the wheel."""
    found = tpcds()
    if found is None:
        pytest.skip("the wheel of requirements/tpcds.txt can't be had")
    return found


def test_all_99_queries_of_tpc_ds_resolve(benchmark: TpcDs):
    """Each of the 99 resolves to column lineage whole, in seconds altogether."""
    known = schema({name: tuple(columns) for name, columns in benchmark.tables.items()})
    begun = time.perf_counter()
    answers = {n: columns_of(q, known, "duckdb") for n, q in benchmark.queries.items()}
    assert time.perf_counter() - begun < 30
    assert len(answers) == QUERIES
    lost = {
        n: one.unresolved
        for n, one in answers.items()
        if one.unresolved or one.rest is not None
    }
    assert lost == {}
    assert sum(len(one.columns) for one in answers.values()) == 618


# Worked out by hand from the text of the queries.
BY_HAND = {
    (
        3,
        "sum_agg",
    ): "store_sales.ss_ext_sales_price ~date_dim.d_date_sk ~date_dim.d_moy ~date_dim.d_year"
    " ~item.i_brand ~item.i_brand_id ~item.i_item_sk ~item.i_manufact_id"
    " ~store_sales.ss_ext_sales_price ~store_sales.ss_item_sk ~store_sales.ss_sold_date_sk",
    (
        52,
        "ext_price",
    ): "store_sales.ss_ext_sales_price ~date_dim.d_date_sk ~date_dim.d_moy ~date_dim.d_year"
    " ~item.i_brand ~item.i_brand_id ~item.i_item_sk ~item.i_manager_id"
    " ~store_sales.ss_ext_sales_price ~store_sales.ss_item_sk ~store_sales.ss_sold_date_sk",
    (
        1,
        "c_customer_id",
    ): "customer.c_customer_id ~customer.c_customer_id ~customer.c_customer_sk"
    " ~date_dim.d_date_sk ~date_dim.d_year ~store.s_state ~store.s_store_sk"
    " ~store_returns.sr_customer_sk ~store_returns.sr_return_amt"
    " ~store_returns.sr_returned_date_sk ~store_returns.sr_store_sk",
}


@pytest.mark.parametrize(("number", "column"), BY_HAND)
def test_some_columns_of_tpc_ds_by_hand(number: int, column: str, benchmark: TpcDs):
    """Columns of three queries come from what a reader of them finds."""
    known = schema({name: tuple(columns) for name, columns in benchmark.tables.items()})
    answer = columns_of(benchmark.queries[number], known, "duckdb")
    assert told(answer)[column] == BY_HAND[number, column]
