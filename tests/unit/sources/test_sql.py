"""SQL files: what statements make, where it lies, and what is counted."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.errors import SourceError
from ringfence.guard.tree import NEVER
from ringfence.sources.lineage.resolve import statements
from ringfence.sources.source import Harvest
from ringfence.sources.sql import SOURCE
from tests.queries import words
from tests.unit.sources.reading import estate_takes, notes, order, told

STORE = "store: w\ndialect: postgres"
USERS = "CREATE TABLE users (id int, email text, region text, pay int);\n"
STATS = (
    "CREATE VIEW stats AS SELECT region, count(*) AS n, avg(pay) AS p, max(pay) AS m\n"
    "FROM users GROUP BY region HAVING count(*) >= 10;\n"
)


def sql(base: Path, text: str, options: str = STORE, **files: str) -> Harvest:
    """Return what files of SQL give; `q.sql` holds the text."""
    content = {
        "q.sql": text,
        **{name.replace("_", "."): t for name, t in files.items()},
    }
    for name, written in content.items():
        (base / name).write_text(written, encoding="utf-8")
    return SOURCE.read(order(base, tuple(content), options))


def derived(harvest: Harvest) -> list[str]:
    """Return what is derived from what, without the store."""
    return [
        text.replace("column:w/", "")
        .replace("dataset:w/", "")
        .replace(" derived_from", " <-")
        for text in told(harvest)
        if " derived_from " in text
    ]


def direct(harvest: Harvest) -> list[str]:
    """Return the direct derivations alone, as pairs."""
    return [
        text.split(" transformation")[0]
        for text in derived(harvest)
        if "=direct" in text
    ]


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (
            "CREATE VIEW v AS SELECT email FROM users",
            ["public.v.email <- public.users.email"],
        ),
        (
            "CREATE VIEW v (mail) AS SELECT email FROM users",
            ["public.v.mail <- public.users.email"],
        ),
        (
            "CREATE MATERIALIZED VIEW v AS SELECT id FROM users",
            ["public.v.id <- public.users.id"],
        ),
        (
            "CREATE TABLE v AS SELECT id AS k FROM users",
            ["public.v.k <- public.users.id"],
        ),
        ("CREATE TABLE v AS TABLE users", ["public.v.* <- *"]),
        ("SELECT id AS k INTO v FROM users", ["public.v.k <- public.users.id"]),
        (
            "INSERT INTO other.v (k) SELECT id FROM users",
            ["other.v.k <- public.users.id"],
        ),
        (
            "INSERT INTO users SELECT NULL, region FROM users",
            ["public.users.email <- public.users.region"],
        ),
        (
            "WITH q AS (SELECT id FROM users) INSERT INTO v (k) SELECT id FROM q",
            ["public.v.k <- public.users.id"],
        ),
        ("INSERT INTO v SELECT id FROM users", ["public.v <- public.users"]),
        ("CREATE VIEW v AS SELECT * FROM far", ["public.v <- public.far"]),
        (
            "MERGE INTO v USING users AS s ON s.id = v.id WHEN MATCHED THEN UPDATE SET a = s.email",
            ["public.v <- public.users"],
        ),
        (
            "UPDATE v SET a = (SELECT max(email) FROM users)",
            ["public.v <- public.users"],
        ),
        ("SELECT email FROM users", ["queries.q.email <- public.users.email"]),
        (
            "-- name: get :one\nSELECT upper(email) FROM users",
            ["queries.get.column1 <- public.users.email"],
        ),
        ("INSERT INTO v VALUES (1)", []),
    ],
)
def test_a_statement_gives_the_columns_that_it_fills(
    statement: str, expected: list[str], tmp_path: Path
):
    """Views, tables made by queries, inserts and named queries; the rest widens."""
    harvest = sql(tmp_path, USERS + statement)
    if expected == ["public.v.* <- *"]:
        columns = ("id", "email", "region", "pay")
        expected = [f"public.v.{c} <- public.users.{c}" for c in columns]
    assert direct(harvest) == expected
    assert estate_takes(harvest, tmp_path) == len(harvest.facts)


def test_what_only_decides_rows_is_possible_and_marked(tmp_path: Path):
    """An indirect source is an undecided edge; a direct one is certain."""
    harvest = sql(
        tmp_path, words(USERS, "CREATE VIEW v AS SELECT id FROM users WHERE pay > 1")
    )
    assert derived(harvest) == [
        "public.v.id <- public.users.id transformation=direct",
        "public.v.id <- public.users.pay transformation=indirect "
        "? the column only decides which rows show (indirect)",
    ]


def test_views_may_stand_before_what_they_read(tmp_path: Path):
    """A star of a view that a later statement makes is resolved all the same."""
    text = "CREATE VIEW a AS SELECT * FROM b;\nCREATE VIEW b AS SELECT email AS e FROM users;\n"
    assert direct(sql(tmp_path, text + USERS)) == [
        "public.b.e <- public.users.email",
        "public.a.e <- public.b.e",
    ]


def test_views_that_read_each_other_are_no_endless_loop(tmp_path: Path):
    """A circle ends in what can't be resolved."""
    text = "CREATE VIEW a AS SELECT * FROM b; CREATE VIEW b AS SELECT * FROM a;"
    assert sorted(direct(sql(tmp_path, text))) == [
        "public.a <- public.b",
        "public.b <- public.a",
    ]


def test_tables_may_be_listed_in_a_file(tmp_path: Path):
    """The option `schema` names one of the files, in YAML or JSON."""
    listed = "tables:\n  app.users: [id, email]\n  app.plans: {plan: text}\n"
    options = STORE + "\nschema: s.yaml\ndefault_schema: app"
    harvest = sql(
        tmp_path, "CREATE VIEW v AS SELECT * FROM users, plans", options, s_yaml=listed
    )
    assert direct(harvest) == [
        "app.v.id <- app.users.id",
        "app.v.email <- app.users.email",
        "app.v.plan <- app.plans.plan",
    ]


def test_databases_belong_to_stores(tmp_path: Path):
    """Each database may be another store; what belongs to none is counted."""
    text = "CREATE VIEW d.s.v AS SELECT id, x.k FROM e.s.users CROSS JOIN f.s.x"
    harvest = sql(tmp_path, text, "store: {d: w, e: lake}")
    assert "column:w/s.v.id" in {fact.id for fact in harvest.facts}
    assert any("`f.s.x` belongs to no store" in note for note in notes(harvest))


def test_what_was_not_understood_is_counted(tmp_path: Path):
    """Broken statements, statements not read and columns not resolved are noted."""
    text = words(
        USERS,
        "SELEC x;\nGRANT SELECT ON users TO ann;\nCREATE VIEW v AS SELECT nothing FROM users;",
    )
    found = notes(sql(tmp_path, text))
    assert any(
        note.startswith("q.sql:2: a statement isn't understood: ") for note in found
    )
    assert "q.sql:1: statements not read: 1 GRANT" in found
    assert (
        "boundary.yaml:9:5: not resolved, 1 times: `nothing` is no known column"
        in found
    )
    assert "boundary.yaml:9:5: columns with lineage: 1, 0 of them whole" in found


# --- declassifiers --------------------------------------------------------------------


def declared(base: Path, text: str, *declassifiers: str) -> Harvest:
    """Return what SQL gives with declassifiers."""
    listed = "".join(f"\n  - {one}" for one in declassifiers)
    return sql(base, text, f"{STORE}\ndeclassifiers:{listed}")


def held(harvest: Harvest) -> dict[str, str]:
    """Return the edges that no residual reach walks, with their control."""
    return {
        f"{fact.id} {fact.value}".replace("column:w/public.", ""): fact.control
        for fact in harvest.facts
        if fact.guard == NEVER
    }


def test_a_checked_aggregate_holds_its_edges_back(tmp_path: Path):
    """The edge stays, for bare reach, with a control and a guard that never passes."""
    one = "{columns: [w/public.stats.p], kind: aggregate, minimum: 10}"
    harvest = declared(tmp_path, USERS + STATS, one)
    words = "declassified, as checked: aggregate over at least 10 rows"
    assert held(harvest) == {"stats.p users.pay": words, "stats.p users.region": words}
    unknown = {f.value: f.unknown for f in harvest.facts if f.guard == NEVER}
    assert unknown["column:w/public.users.pay"] == ""
    assert "indirect" in unknown["column:w/public.users.region"]
    assert not any("declassifier" in note for note in notes(harvest))


@pytest.mark.parametrize(
    ("columns", "minimum", "reason"),
    [
        ("stats.p", "minimum: 11", "has groups of at least 10, not 11"),
        (
            "stats.p",
            "minimum: 10, by: id",
            "has groups that aren't counted by distinct `id`",
        ),
        ("stats.m", "minimum: 10", "isn't held back: `max` may show single values"),
        (
            "stats.region",
            "minimum: 10",
            "isn't held back: it is shown without an aggregate",
        ),
    ],
)
def test_what_is_declared_and_not_verified_has_no_effect(
    columns: str, minimum: str, reason: str, tmp_path: Path
):
    """A note says exactly what failed, and the edge stays as it is."""
    one = f"{{columns: [w/public.{columns}], kind: aggregate, {minimum}}}"
    harvest = declared(tmp_path, USERS + STATS, one)
    assert held(harvest) == {}
    (note,) = [note for note in notes(harvest) if "declassifier" in note]
    assert f"declassifier of `w/public.{columns}` not verified: `public.users." in note
    assert note.startswith("q.sql:2: ")
    assert note.endswith(reason)


def test_persons_are_counted_by_their_column(tmp_path: Path):
    """`by` asks for distinct values of a column, by its name or with its table."""
    text = USERS + STATS.replace("count(*) >= 10", "count(DISTINCT id) >= 10")
    for name in ("id", "users.id", "public.users.id"):
        one = f"{{columns: ['*.p'], kind: aggregate, minimum: 5, by: {name}}}"
        assert "stats.p users.pay" in held(declared(tmp_path, text, one))


def test_a_checked_token_holds_its_edges_back(tmp_path: Path):
    """A token is made by the declared function for the declared recipient."""
    text = words(
        USERS,
        "CREATE VIEW v AS SELECT token(email, :recipient) AS t, md5(email) AS h FROM users",
    )
    one = "{columns: ['*.v.*'], kind: token, function: token, per: recipient}"
    harvest = declared(tmp_path, text, one)
    assert list(held(harvest)) == ["v.t users.email"]
    assert any("`w/public.v.h` not verified" in note for note in notes(harvest))


def test_a_declassifier_that_matches_nothing_is_noted(tmp_path: Path):
    """A misspelt pattern doesn't go unseen."""
    harvest = declared(
        tmp_path, USERS, "{columns: [nope], kind: aggregate, minimum: 2}"
    )
    assert "boundary.yaml:4:5: a declassifier matches no column: `nope`" in notes(
        harvest
    )


def test_the_page_is_read_as_shown(tmp_path: Path):
    """The page's SQL, options and declassifiers give what the page says."""
    page = (Path(__file__).parents[3] / "docs" / "sources" / "lineage.md").read_text(
        "utf-8"
    )
    [text] = re.findall(r"```sql\n(.*?)```", page, re.DOTALL)
    declassifiers = re.findall(r"```yaml\n( +declassifiers:.*?)```", page, re.DOTALL)[0]
    options = "store: warehouse\ndialect: postgres\n" + textwrap.dedent(declassifiers)
    harvest = sql(tmp_path, text, options)
    assert "column:warehouse/queries.newest.email" in {
        fact.id for fact in harvest.facts
    }
    assert [
        fact.value.rpartition(".")[2] for fact in harvest.facts if fact.guard == NEVER
    ] == [
        "id",
        "pay",
        "region",
    ]
    assert not any("not verified" in note for note in notes(harvest))


# --- what can't be --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("dialect: postgres", "needs `store`"),
        ("store: w\ndialect: posgres", "unknown dialect `posgres`"),
        ("store: w\nschema: s.yaml", "`s.yaml` isn't one of `files`"),
        ("store: w\ndeclassifiers: 7", "`declassifiers` must be a list"),
        ("store: w\ndeclassifiers: [{columns: [a]}]", "a declassifier needs `kind`"),
        (
            "store: w\ndeclassifiers: [{columns: [a], kind: aggregate, minimum: 1}]",
            "`minimum` must be 2 or more",
        ),
        (
            "store: w\ndeclassifiers: [{columns: [a], kind: token, function: f}]",
            "a declassifier needs `per`",
        ),
        (
            "store: w\ndeclassifiers: [{columns: [a], kind: magic}]",
            "unknown kind of declassifier `magic`",
        ),
    ],
)
def test_an_option_that_makes_no_sense_is_refused(
    options: str, message: str, tmp_path: Path
):
    """Each gives a clear error with its place."""
    with pytest.raises(SourceError) as caught:
        sql(tmp_path, USERS, options)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("listed", "message"),
    [
        ("[]", "s.yaml:1:1: is no list of tables"),
        ("tables: {users: [id]}", "`users` names no table"),
        ("tables: {a.b: [7]}", "an item of the columns must be text"),
        ("tables: {}\nmore: 1", "no `more` here"),
    ],
)
def test_a_list_of_tables_has_its_form(listed: str, message: str, tmp_path: Path):
    """A list that can't mean anything is refused with its place."""
    with pytest.raises(SourceError) as caught:
        sql(tmp_path, USERS, STORE + "\nschema: s.yaml", s_yaml=listed)
    assert message in str(caught.value)


PIECES = [
    " SELECT ",
    "*",
    "(",
    ")",
    ",",
    ";",
    "'",
    '"',
    ".",
    "--",
    "/*",
    "\x00",
    " FROM ",
    "=",
    "\n",
]


@given(data=st.data())
def test_mutated_sql_gives_facts_and_notes(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
):
    """Whatever is cut or put in, there is an estate, and no error."""
    text = words(
        USERS,
        STATS,
        "WITH q AS (SELECT id FROM users) SELECT * FROM q JOIN stats ON n = id;",
    )
    for _ in range(data.draw(st.integers(1, 4))):
        begin = data.draw(st.integers(0, len(text)))
        piece = data.draw(st.sampled_from(PIECES) | st.text(max_size=3))
        text = text[:begin] + piece + text[begin + data.draw(st.integers(0, 9)) :]
    base = tmp_path_factory.mktemp("mutated")
    try:
        harvest = sql(base, text)
    except (SourceError, UnicodeEncodeError):
        return
    assert estate_takes(harvest, base) <= len(harvest.facts)


def test_the_parser_says_nothing_by_itself(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
):
    """Text of a source reaches no terminal and no log but by our own messages."""
    with caplog.at_level("DEBUG"):
        assert statements("CREATE VVIEW \x1b[31m AS SELECT 1")
    assert (capfd.readouterr().err, caplog.records) == ("", [])
