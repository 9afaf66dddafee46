"""Which columns a statement touches is told from its text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.audit.event import Touch
from ringfence.audit.statements.fingerprint import fingerprint
from ringfence.audit.statements.touching import returned, touched

PLAIN = {
    "select email from people": "c people.email",
    "select Email from People": "c people.email",
    'select "Email" from "People"': "c People.Email",
    "select p.email from hr.people as p where p.age > 3": "c hr.people.email hr.people.age",
    "select * from people": "w people",
    "select p.*, o.id from people p join orders o on p.id = o.pid": "w people c people.id orders.id orders.pid",
    "select count(*) from people": "p people",
    "select count(*) from people where age > 3": "c people.age",
    "select count(email) from people": "c people.email",
    "select 1 from people": "p people",
    "select email from people, orders": "e people.email|orders.email",
    "select people from people": "w people",
    "select row_to_json(p) from people p": "w people",
    "select (p).email from people p": "w people",
    "select count(p.*) from people p": "w people",
    "table people": "w people",
    "values (1)": "",
    "select now(), f(1)": "",
    "select x from f(1) as g(x)": "",
    "with q as (select email from people) select email from q": "c people.email",
    "with people as (select id from people) select id from people": "c people.id",
    "with recursive t as (select id from people union all select t.id from t) select * from t": "c people.id",
    "with a as (select id from people), b as (select * from a) select * from b": "c people.id",
    "select a.email from (select email, id from people) a": "c people.email people.id",
    "select email from (select email from people) a, orders": "c people.email p orders",
    "select o.id from orders o where exists (select 1 from people p where p.id = o.pid)": "c orders.id orders.pid people.id",
    "select id from orders where pid in (select id from people)": "c orders.id orders.pid e people.id|orders.id",
    "select id as email from people order by email": "c people.id",
    "select a.id from orders a join people b using (pid)": "c orders.id orders.pid people.pid",
    "select email from people union select name from staff order by 1": "c people.email staff.name",
    "insert into people values (1)": "w people",
    "insert into people (id, email) values (1, 'x')": "c people.id people.email",
    "insert into copy (a) select email from people": "c copy.a people.email",
    "insert into people (id) values (1) on conflict (id) do update set email = excluded.email": "c people.id people.email",
    "insert into people (id) values (1) returning *": "w people c people.id",
    "update people set email = 'x' where id = 1": "c people.email people.id",
    "update people set email = o.mail from orders o where o.pid = people.id": "c people.email orders.mail orders.pid people.id",
    "delete from people where id = 1": "w people c people.id",
    "delete from people using orders o where o.pid = people.id": "w people c people.id orders.pid",
    "truncate people, orders": "w people orders",
    "copy people to stdout": "w people",
    "copy people (id, email) to '/tmp/x' csv": "c people.id people.email",
    "copy (select email from people) to stdout": "c people.email",
    "prepare q(int, numeric(3, 2)) as select email from people where id = $1": "c people.email people.id",
    "declare c no scroll cursor with hold for select email from people": "c people.email",
    "explain (analyze, buffers) select email from people": "c people.email",
    "explain analyze verbose select email from people": "c people.email",
    "create table x as select email from people": "w x c people.email",
    "merge into people p using orders o on p.id = o.pid when matched then update set email = o.mail": "c people.id orders.pid people.email orders.mail",
    "select id from people; select id from orders": "c people.id orders.id",
    "select t.x from people p, lateral (select p.id + 1 as x) t": "c people.id",
    # Column lists and names of joined tables.
    "select t.x from people as t(x, y)": "p people",
    "select x from people as t(x, y)": "p people",
    "select t.* from people as t(x, y)": "w people",
    "select * from people as t(x, y)": "w people",
    "select j.email from (people p join orders o on p.id = o.pid) as j": "c people.id orders.pid e people.email|orders.email",
    "select j.* from (people join orders using (id)) as j": "w people orders c people.id orders.id",
    "select j.x from (people join orders using (id)) as j(x)": "p people orders c orders.id e people.id|?",
    "select people.id from people natural join orders": "c people.id p people orders",
    "select 1 from a join b using (x) join c using (y)": "c a.x b.x c.y e a.y|b.y",
    "select a.id from a, f(1) as g where a.x = y": "c a.id a.x e a.y|?",
    "select id from orders where exists (select email from f(1))": "c orders.id e ?|orders.email",
    "select people.id from hr.people, sales.people": "c hr.people.id p hr.people sales.people",
    # Fields of a column, by what dots say in other dialects.
    "select profile.mail from people": "c people.profile",
    "select p.profile.mail from people p": "c people.profile",
    # Output names count only for the query's own ORDER BY.
    "select max(id order by email), id as email from people": "c people.id people.email",
    "select id as email, rank() over (order by email) from people": "c people.id people.email",
    "select id as email from people union select id from staff order by email": "c people.id staff.id",
    # A star that is narrowed.
    "select id from people where exists (select * from staff)": "c people.id p staff",
    "select id from people where id in (select * from staff)": "c people.id p staff",
    "select (select * from staff limit 1) from people": "p staff people",
    "select x.id from (select * from people) x": "p people",
    "select * from (select * from people) x": "w people",
    "select * from (select * from people) x, orders": "w people orders",
    "with q as (select * from people) select * from q": "w people",
    "with q as (select * from people) select id from q": "p people",
    "select * from people union all select * from staff": "w people staff",
    "(select * from people) union (select * from staff)": "w people staff",
    "insert into copy select * from people": "w copy people",
    "create table x as select * from people": "w x people",
    "copy (select * from people) to stdout": "w people",
    # Columns of every table, in which nothing is kept.
    "select ctid from people": "",
    "select ctid, email from people": "c people.email",
    "select p.xmin from people p, orders o where tableoid = 1": "",
    "/* request_id='r-1' */ select email -- from staff\n from people": "c people.email",
}


def expected(words):
    sets: dict[str, set[str]] = {"c": set(), "w": set(), "p": set()}
    either = []
    kind = "c"
    for word in words.split():
        if word in sets or word == "e":
            kind = word
            continue
        if kind == "e":
            group = [
                one if one == "?" else f"db/public.{one}" for one in word.split("|")
            ]
            either.append(tuple(f"column:{one}" for one in group))
            continue
        steps = word.split(".")
        if len(steps) == (2 if kind == "c" else 1):
            steps.insert(0, "public")
        sets[kind].add(
            ("column" if kind == "c" else "dataset") + ":db/" + ".".join(steps)
        )
    columns, whole, part = (tuple(sorted(sets[kind])) for kind in "cwp")
    return Touch(columns, whole, part, either=tuple(either))


@pytest.mark.parametrize("sql", PLAIN)
def test_a_statement_touches(sql):
    """Each statement touches exactly the columns that stand beside it."""
    assert touched(sql, dialect="postgres", store="db") == expected(PLAIN[sql])


@pytest.mark.parametrize(
    "sql",
    [
        "execute q(1)",
        "do $$ begin end $$",
        "select from where",
        "call f()",
        'select U&"d\\0061t" from people',
        "select nothing.email",
        "(" * 5000,
        "x" * 200_000,
    ],
)
def test_what_cannot_be_understood_is_unclear(sql):
    """A statement that hides what it does, or is no SQL, is unclear, and no error."""
    assert touched(sql, dialect="postgres", store="db") == Touch(unclear=True)
    named = touched(sql, dialect="postgres", store="db", relation="public.people")
    assert named == Touch(part=("dataset:db/public.people",))


def test_a_named_relation_alone_counts():
    """Where the log names the relation, the statement's other tables don't count."""
    sql = "select p.email, o.total from people p join hr.orders o on p.id = o.pid"
    told = touched(sql, dialect="postgres", store="db", relation="hr.orders")
    assert told == Touch(("column:db/hr.orders.pid", "column:db/hr.orders.total"))
    told = touched(sql, dialect="postgres", store="db", relation="hr.people")
    assert told == Touch(("column:db/hr.people.email", "column:db/hr.people.id"))


def test_a_relation_that_the_text_does_not_name_is_touched_in_part():
    """The table below a view is touched, and the text can't say which of its columns."""
    told = touched(
        "select x from v", dialect="postgres", store="db", relation="hr.people"
    )
    assert told == Touch(part=("dataset:db/hr.people",))
    told = touched(
        "select x from other.people",
        dialect="postgres",
        store="db",
        relation="hr.people",
    )
    assert told == Touch(part=("dataset:db/hr.people",))


def test_names_are_folded_as_the_dialect_folds_them():
    """Snowflake writes names in capitals, and its tables have a catalogue."""
    told = touched(
        "select a from x.y.z", dialect="snowflake", store="db", default_schema=""
    )
    assert told == Touch(("column:db/X.Y.Z.A",))


@pytest.mark.parametrize(
    ("sql", "print_"),
    [
        ("select 'it''s', 12, 1.5 from t2 -- 'x", "select '', 0, 0 from t2"),
        ('select "a\'b" from t /* " */ ;', 'select "a\'b" from t'),
        (r"select E'\'', 1", r"select E'\'', 1"),
        ("select $$ ' $$, 1", "select $$ ' $$, 1"),
        ("select $1, t1.c", "select $1, t1.c"),
    ],
)
def test_a_fingerprint_leaves_values_out(sql, print_):
    """Texts, numbers and comments go; names stay; the doubtful stays as it is."""
    assert fingerprint(sql) == print_


@given(st.text("'\"-/*\n$ a1;\\", max_size=30), st.text("'\"-/*\n$ a1;\\", max_size=30))
def test_values_never_change_what_is_touched(value, other):
    """Statements that differ in a value alone touch the same."""
    sql = "select email from people where name = '{}' and id = 1"
    texts = [sql.format(text.replace("'", "''")) for text in (value, other)]
    told = [touched(text, dialect="postgres", store="db") for text in texts]
    assert told[0] == told[1] == expected("c people.email people.name people.id")


@pytest.mark.parametrize(
    ("relation", "touch"),
    [
        ("public.people", "people"),
        ("public.orders", "orders"),
    ],
)
def test_a_line_of_one_relation_keeps_what_a_name_may_be(relation, touch):
    """The whole group stays, in its order, and only the line's relation counts."""
    sql = "select email from people, orders"
    told = touched(sql, dialect="postgres", store="db", relation=relation)
    group = ("column:db/public.people.email", "column:db/public.orders.email")
    assert told == Touch(either=(group,), only=f"dataset:db/public.{touch}")


@pytest.mark.parametrize(
    ("sql", "is_part"),
    [
        ("select id from people, f(1)", True),
        ("select people.id from people, lateral f(people.id) g", True),
        ("select id from people, generate_series(1, 2) g", False),
        ("select f(id) from people", False),
    ],
)
def test_a_function_in_from_may_read_the_relation_too(sql, is_part):
    """It may be unfolded into the statement: the columns that are named aren't all."""
    told = touched(sql, dialect="postgres", store="db", relation="public.people")
    assert bool(told.part) == is_part
    assert told.columns or told.either


@pytest.mark.parametrize("dialect", ["bigquery", "trino", "snowflake"])
def test_a_field_is_of_its_column(dialect):
    """A name before the dot that is no table is a column with fields."""
    told = touched(
        "select profile.mail from t", dialect=dialect, store="db", default_schema=""
    )
    assert [one.lower() for one in told.columns] == ["column:db/t.profile"]


def test_a_star_without_some_columns_is_not_all():
    """Nobody can say which columns are left."""
    told = touched(
        "select * except (email) from t",
        dialect="bigquery",
        store="db",
        default_schema="",
    )
    assert told == Touch(part=("dataset:db/t",))


@pytest.mark.parametrize(
    ("sql", "handed"),
    [
        ("update people set email = 'x' where city = 'y' returning id", "c people.id"),
        ("insert into people (id) values (1) returning *", "w people"),
        ("delete from people returning 1", None),
        ("update people set email = 'returning'", None),
        (
            "with d as (delete from people returning email) select 1 from d",
            "c people.email",
        ),
    ],
)
def test_a_write_hands_out_what_it_returns(sql, handed):
    """Only what stands in RETURNING, of the line's relation or of all."""
    told = returned(sql, dialect="postgres", store="db")
    assert told == (handed and expected(handed))
    named = returned(sql, dialect="postgres", store="db", relation="public.people")
    assert named == told
    assert returned(sql, dialect="postgres", store="db", relation="public.x") == (
        None if "returning" not in sql else Touch(part=("dataset:db/public.x",))
    )


def test_a_sum_without_end_is_not_taken_apart():
    """A statement that only wastes the parser's time is one that can't be told."""
    asked = {"dialect": "postgres", "store": "db", "relation": "public.users"}
    endless = "+".join(["email"] * 5_000).join(["select ", " from users"])
    assert touched(endless, **asked).part == ("dataset:db/public.users",)
    days = ",".join(["'2021-09-01'"] * 900)
    long = days.join(["select email from users where day in (", ")"])
    found = touched(long, **asked)
    assert "column:db/public.users.email" in found.columns
