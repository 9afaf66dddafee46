"""Trino's addresses: filters, masks and lists are right, and never open by mistake."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import duckdb
import msgspec
import pytest
import sqlglot
from hypothesis import given
from hypothesis import strategies as st

from ringfence.boundary.decision.request import Request
from ringfence.boundary.decision.scene import Dataset, Grant, Marker
from ringfence.boundary.order import Naming
from ringfence.boundary.status import Status
from ringfence.gate.point.asked import UnansweredError
from ringfence.gate.surfaces.trino import ROUTES
from ringfence.gate.surfaces.trino_words import dataset
from tests.pointing import Pointing
from tests.scenes import COLUMNS, PEOPLE, moment_of, scene_of
from tests.trinoing import (
    ADDRESSES,
    ANN,
    CALLER,
    MAX,
    WEI,
    ask,
    column,
    result,
    scene,
    table,
    told,
)

FILTER = {"operation": "GetRowFilters"}
MASK = {"operation": "GetColumnMask"}
# A question for each address of which an empty success would open something to Wei.
QUESTIONS: dict[str, dict[str, Any]] = {
    "allow": {
        "operation": "SelectFromColumns",
        "resource": {"table": table("secret")},
    },
    "batch": {
        "operation": "FilterTables",
        "filterResources": [{"table": table("secret")}],
    },
    "rowFilters": {**FILTER, "resource": {"table": table("visit")}},
    "columnMask": {**MASK, "resource": column("person", "email")},
    "batchColumnMasks": {**MASK, "filterResources": [column("person", "email")]},
}


def filters(who: str, name: str, point: Pointing) -> list[str]:
    found = result(
        "rowFilters", who, {**FILTER, "resource": {"table": table(name)}}, point
    )
    assert all({*one} == {"expression"} for one in found)
    return [one["expression"] for one in found]


def masks(
    who: str, name: str, *columns: tuple[str, str], point: Pointing
) -> list[str | None]:
    """Return the mask of each column, which both addresses have to agree on."""
    resources = [column(name, *one) for one in columns]
    found = result(
        "batchColumnMasks", who, {**MASK, "filterResources": resources}, point
    )
    assert all({*one["viewExpression"]} == {"expression"} for one in found)
    by_index = {one["index"]: one["viewExpression"] for one in found}
    for place, one in enumerate(resources):
        single = result("columnMask", who, {**MASK, "resource": one}, point)
        assert by_index.get(place) == single
    return [
        by_index[place]["expression"] if place in by_index else None
        for place in range(len(resources))
    ]


def rows(
    select: str, where: list[str], content: list[tuple[Any, ...]]
) -> list[tuple[Any, ...]]:
    """Return what Trino would, of a table with the columns id, region, email, born."""
    condition = " AND ".join(f"({one})" for one in where) or "true"
    query = f"SELECT {select} FROM t WHERE {condition} ORDER BY id"  # noqa: S608
    (translated,) = sqlglot.transpile(query, read="trino", write="duckdb")
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE t (id INT, region VARCHAR, email VARCHAR, born DATE)"
        )
        connection.executemany("INSERT INTO t VALUES (?, ?, ?, ?)", content)
        return connection.execute(translated).fetchall()


# --- rows -----------------------------------------------------------------------------


def test_a_filter_leaves_the_rows_that_the_decision_allows():
    """Run on a table, a filter keeps row by row what the decision says of each row."""
    point = Pointing(scene())
    regions = ["US", "us", None, "O'R", "São", "Sa\u0303o", "", "EU", " US", "🦊"]
    content = [(n, one, None, None) for n, one in enumerate(regions)]
    for who in (ANN, WEI, MAX):
        kept = rows("id", filters(who, "visit", point), content)
        request = Request(f"person:{who}", "read", "dataset:warehouse/public.visit")
        expected = [
            (n,)
            for n, one in enumerate(regions)
            if point.decided(replace(request, row={"region": one})).allowed
        ]
        assert kept == expected


@pytest.mark.parametrize(
    ("who", "name", "expected"),
    [
        (ANN, "visit", []),
        (ANN, "secret", []),
        (WEI, "shop", []),
        (WEI, "person", []),  # a column may be read, and others have masks
        (WEI, "secret", ["false"]),
        (WEI, "odd", ["false"]),
        (WEI, "unheard", ["false"]),
        (MAX, "secret", ["false"]),
    ],
)
def test_a_table_of_which_nothing_may_be_read_has_no_rows(who, name, expected):
    """What is denied outright is filtered whole; what may be read in part isn't."""
    assert filters(who, name, Pointing(scene())) == expected


def test_trinos_own_tables_of_names_are_not_filtered():
    """The list of tables holds what FilterTables leaves, and needs no filter."""
    names = {"table": table("tables", schema="information_schema")}
    asked = {**FILTER, "resource": names}
    assert result("rowFilters", WEI, asked, Pointing(scene())) == []
    # A schema that is only called almost so may hold anything.
    names = {"table": table("tables", schema="information_\u017fchema")}
    asked = {**FILTER, "resource": names}
    assert result("rowFilters", WEI, asked, Pointing(scene())) != []


def test_rows_are_filtered_for_a_caller_that_filters_alone():
    """A caller that isn't known to filter is denied, and told to filter everything."""
    point = Pointing(scene())
    caller = replace(CALLER, obeys=frozenset({"mask"}))
    asked = {"operation": "SelectFromColumns", "resource": {"table": table("visit")}}
    assert ask("allow", told(WEI, asked), point, caller).body == b'{"result":false}'


MARKED = "dataset:warehouse/public.marked"


def marked(columns: dict[str, Status], granted: tuple[str, ...] = ()) -> Pointing:
    """Return a point over one table whose rows are marked; Wei holds some columns."""
    made = scene(mode="grants" if granted else "fence")
    whole = MARKED.partition(":")[2]
    what = tuple(f"column:{whole}.{one}" for one in granted)
    return Pointing(
        msgspec.structs.replace(
            made,
            datasets={MARKED: Dataset(columns, rows=Marker("region", ("US",)))},
            grants=(Grant(("person:wei",), ("read",), what),),
        )
    )


def selects(*columns: str, point: Pointing) -> bool:
    resource = {"table": {**table("marked"), "columns": [*columns]}}
    asked = {"operation": "SelectFromColumns", "resource": resource}
    return bool(result("allow", WEI, asked, point))


def test_a_grant_of_one_column_is_filtered():
    """Whoever holds a column, and not the table, gets the table's filter."""
    columns = {"note": Status.YES, "other": Status.YES}
    point = marked(columns, granted=("note",))
    assert selects("note", point=point)
    (found,) = filters(WEI, "marked", point)
    assert "region" in found


def test_a_new_column_of_a_plain_table_is_denied():
    """A table of which nothing is protected has no filter, so that a column of it that
    the scene doesn't know can't count on one.
    """
    point = marked({"id": Status.NO})
    assert filters(WEI, "marked", point) == []
    assert selects("id", point=point)
    assert not selects("new", point=point)
    assert masks(WEI, "marked", ("new", "varchar"), point=point) == ["NULL"]


def test_a_new_column_that_is_granted_is_denied():
    """Where grants count, the filter is found from the columns that the scene knows: a
    new one can't count on it.
    """
    columns = {"id": Status.NO, "note": Status.YES}
    point = marked(columns, granted=("id", "new"))
    assert filters(WEI, "marked", point) == []
    assert selects("id", point=point)
    assert not selects("id", "new", point=point)


def test_a_new_column_of_a_filtered_table_is_filtered():
    """A table with protected columns is filtered for every column, new ones too."""
    point = marked({"id": Status.NO, "note": Status.YES})
    assert selects("new", point=point)
    assert filters(WEI, "marked", point) != []


# --- masks ----------------------------------------------------------------------------


def test_a_mask_shows_what_it_should():
    """Run on a table, masks show the end of a text and the year of a day, of NULL none."""
    point = Pointing(scene())
    email, born, ssn, plain = masks(
        WEI,
        "person",
        ("email", "varchar"),
        ("born", "date"),
        ("ssn", "varchar(11)"),
        ("id", "integer"),
        point=point,
    )
    assert plain is None
    content = [
        (1, None, "ann@x.example", "1990-05-06"),
        (2, None, "wáng伟🦊é", None),
        (3, None, "abc", None),
        (4, None, None, None),
    ]
    found = rows(f"{email}, CAST({born} AS varchar), {ssn}", [], content)
    assert found == [
        ("****mple", "1990-01-01", None),
        ("****g伟🦊é", None, None),
        ("****", None, None),
        ("****", None, None),
    ]


def test_what_may_not_be_read_is_nothing():
    """A protected column without a mask is NULL, whatever its type; so is a stranger's."""
    point = Pointing(scene())
    asked = [("x", "varchar"), ("unheard", 'row(a bigint, "b c" varchar)')]
    assert masks(WEI, "secret", *asked, point=point) == ["NULL", "NULL"]
    assert masks(MAX, "unheard", ("x", "varchar"), point=point) == ["NULL"]
    assert masks(ANN, "secret", *asked, point=point) == [None, None]


def test_a_type_that_is_no_type_gives_nothing():
    """What Trino says of a type never stands in a mask unless it is one."""
    point = Pointing(scene())
    assert masks(WEI, "person", ("email", "zebra(3)"), point=point) == ["NULL"]
    (found,) = masks(WEI, "person", ("email", "varchar) FROM secret --"), point=point)
    assert found is not None
    assert "secret" not in found


# --- lists ----------------------------------------------------------------------------


def test_columns_of_one_table_are_listed_by_their_places():
    """FilterColumns names one table, and the answer the places of its columns."""
    names = ["ssn", "id", "email", "unheard", "born"]
    asked = {
        "operation": "FilterColumns",
        "filterResources": [{"table": {**table("person"), "columns": names}}],
    }
    point = Pointing(scene())
    assert result("batch", WEI, asked, point) == [1, 2, 4]
    assert result("batch", ANN, asked, point) == [0, 1, 2, 3, 4]


def test_tables_are_listed_by_their_places():
    """FilterTables leaves the tables of which anything may be read."""
    names = ["secret", "shop", "person", "odd", "visit", "unheard"]
    asked = {
        "operation": "FilterTables",
        "filterResources": [{"table": table(one)} for one in names],
    }
    point = Pointing(scene())
    assert result("batch", WEI, asked, point) == [1, 2, 4]
    assert len(point.logged) == 1


def test_no_resources_are_no_places():
    """Of nothing, nothing is allowed, and nothing is asked."""
    asked = {"operation": "FilterSchemas", "filterResources": []}
    assert result("batch", ANN, asked, Pointing(scene())) == []


@pytest.mark.parametrize(
    "action",
    [
        {"operation": "FilterColumns", "filterResources": []},
        {
            "operation": "FilterColumns",
            "filterResources": [{"table": table("shop")}],
        },
        {
            "operation": "FilterColumns",
            "filterResources": [{"table": {**table("shop"), "columns": ["id"]}}] * 2,
        },
        {"operation": "FilterTables"},
        {"operation": "FilterTables", "filterResources": {"table": table("shop")}},
        {"operation": "FilterTables", "filterResources": [None]},
    ],
)
def test_places_that_refer_to_nothing_are_an_error(action):
    """Where nobody can tell what a place refers to, there is no answer."""
    assert ask("batch", told(ANN, action), Pointing(scene())).status == 400


# --- names ----------------------------------------------------------------------------


def test_a_caller_may_have_names_of_its_own():
    """A caller's names come first, as Trino writes them; else a name is what it is."""
    caller = replace(CALLER, resources=(Naming("hive.*.*", "dataset:lake/{1}.{2}"),))
    assert dataset(caller, "hive", "s", "t") == "dataset:lake/s.t"
    assert dataset(caller, "warehouse", "s", "t") == "dataset:warehouse/s.t"
    assert dataset(CALLER, "hive", "s", "t") == "dataset:hive/s.t"


def test_no_two_tables_are_one():
    """A dot or a slash within a name can't make one table pass for another."""
    names = [("a", "b.c", "d"), ("a", "b", "c.d"), ("a/b", "c", "d"), ("a", "b/c", "d")]
    names += [("a", "b%2Ec", "d"), ("a", "b%252Ec", "d"), ("a", "b%2F.c", "d")]
    names += [("a", "b/.c", "d"), ("a", "b%c", "d"), ("a", "b%25c", "d")]
    found = {dataset(CALLER, *one) for one in names}
    assert len(found) == len(names)
    assert "dataset:a/b.c.d" not in found
    assert dataset(CALLER, "a", "50%", "d_%") == "dataset:a/50%.d_%"


# --- faults ---------------------------------------------------------------------------


class Breaking(Pointing):
    """A point that answers with a fault, once the scene is read."""

    error: Exception = RuntimeError("out of order")

    async def answers(self, asked):
        raise self.error if asked else AssertionError(asked)


class Undeciding(Pointing):
    """A point of which the decision itself goes wrong."""

    def decided(self, request):
        raise KeyError(request.resource)


class Forgetting(Pointing):
    """A point that answers fewer questions than it was asked."""

    async def answers(self, asked):
        return (await super().answers(asked))[1:]


def unanswering() -> Breaking:
    point = Breaking(scene())
    point.error = UnansweredError()
    return point


FAULTS = {
    "no scene": (lambda: Pointing(None), 503),
    "no log": (lambda: Pointing(scene(), broken=True), 503),
    "unanswered": (unanswering, 503),
    "broken": (lambda: Breaking(scene()), 500),
    "undecided": (lambda: Undeciding(scene()), 500),
    "forgotten": (lambda: Forgetting(scene()), 503),
}


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("who", [ANN, WEI])
def test_a_fault_is_never_an_answer(address, fault, who):
    """Whatever breaks, at whichever address, the query fails."""
    make, expected = FAULTS[fault]
    reply = ask(address, told(who, QUESTIONS[address]), make())
    assert reply.status == expected
    assert "result" not in json.loads(reply.body)


def is_closed(address: str, body: bytes) -> bool:
    """Return whether a success hides from Wei what has to be hidden."""
    found = json.loads(body).get("result")
    match address:
        case "allow":
            return found is False
        case "batch":
            return bool(found == [])
        case "columnMask":
            return bool(found and found["expression"])
        case _:
            return bool(found)


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize(
    "made",
    [
        {"datasets": {}},
        {"datasets": {}, "stores": {}},
        {"people": {}},
        {"until": "2026-02-01T00:00:00Z"},
        {"since": "2026-12-01T00:00:00Z"},
    ],
)
def test_a_scene_that_knows_less_opens_nothing(address, made):
    """Without the dataset, without the person, out of its time: it stays closed."""
    point = Pointing(msgspec.structs.replace(scene(), **made))
    reply = ask(address, told(WEI, QUESTIONS[address]), point)
    assert reply.status == 200
    assert is_closed(address, reply.body)


MALFORMED = [
    b"",
    b"{",
    b"null",
    b"[]",
    b"\xff",
    b'{"input":{},"input":{}}',
    b"[" * 10_000,
    *(
        json.dumps(one).encode()
        for one in (
            {},
            {"input": None},
            {"input": {"action": {"operation": "ExecuteQuery"}}},
            {"input": {"context": {"identity": {"user": "ann"}}}},
            told("", {"operation": "ExecuteQuery"}),
            told("ann", {}),
            told("ann", {"operation": 7}),
            told("ann", {"operation": "GetRowFilters"}),
            told("ann", {"operation": "GetColumnMask"}),
            told("ann", {"operation": "GetColumnMask", "filterResources": [{}]}),
            told("ann", {**FILTER, "resource": {"table": {"tableName": "x"}}}),
            told("ann", {**FILTER, "resource": {"table": table("")}}),
            told("ann", {**MASK, "resource": {"column": table("x")}}),
            told("ann", {**MASK, "resource": column("x", "")}),
            told("ann", {**MASK, "filterResources": [{"column": table("x")}]}),
        )
    ),
]


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("body", MALFORMED)
def test_what_is_malformed_is_never_answered(address, body):
    """What can't be read is an error at every address, or at most a denial."""
    reply = ask(address, body, Pointing(scene()))
    denials = {"allow": b'{"result":false}', "batch": b'{"result":[]}'}
    assert reply.status == 400 or reply.body == denials.get(address)


@pytest.mark.parametrize("address", ["rowFilters", "columnMask", "batchColumnMasks"])
@pytest.mark.parametrize(
    "operation", ["SelectFromColumns", "FlyToTheMoon", "FilterTables"]
)
def test_another_operation_is_at_a_wrong_address(address, operation):
    """An address for filters or masks answers nothing else."""
    asked = {**QUESTIONS[address], "operation": operation}
    assert ask(address, told(ANN, asked), Pointing(scene())).status == 400


def test_members_that_nobody_knows_are_ignored():
    """A later Trino may say more, which changes no answer."""
    body = told(WEI, {**QUESTIONS["allow"], "mood": "good"})
    body["input"]["more"] = 1
    body["input"]["context"]["identity"]["shoe"] = {"size": 9}
    assert ask("allow", body, Pointing(scene())).body == b'{"result":false}'


def test_there_are_five_addresses():
    """No address is there that no test asks."""
    assert {*ROUTES} == {f"POST /v1/data/trino/{one}" for one in ADDRESSES}


# --- all of it together ---------------------------------------------------------------

TABLES = [("wh", "s", "users"), ("wh", "ünï", '"q"'), ("wh", "s", "unheard")]


@given(
    st.randoms(use_true_random=False),
    st.frozensets(st.sampled_from(["mask", "rows"])),
)
def test_a_query_shows_what_the_decision_allows(chance, obeys):
    """Allow, filter and masks together show no more than the decision does, and, of a
    table's known columns, no less.
    """
    made = scene_of(chance)
    point = Pointing(made, now=moment_of(chance))
    caller = replace(CALLER, obeys=obeys)
    who = chance.choice(PEOPLE)
    catalog, schema, name = chance.choice(TABLES)
    where = table(name, schema, catalog)
    names = tuple(chance.sample([*COLUMNS, "unheard"], chance.randint(1, 4)))
    node = f"dataset:{catalog}/{schema}.{name}"
    decided = point.decided(Request(who, "read", node, names, obeys=obeys))

    def asked(address: str, **action):
        body = told(who.removeprefix("person:"), action)
        reply = ask(address, body, point, caller)
        assert reply.status == 200
        return json.loads(reply.body).get("result")

    allowed = asked(
        "allow",
        operation="SelectFromColumns",
        resource={"table": {**where, "columns": names}},
    )
    known = made.datasets.get(node)
    if known is not None and {*names} <= {*known.columns}:
        assert allowed == decided.allowed
    assert decided.allowed or not allowed
    if not allowed:
        return
    found = asked("rowFilters", operation="GetRowFilters", resource={"table": where})
    assert all(one["expression"] != "false" for one in found)
    assert bool(found) or decided.rows is None
    hidden = asked(
        "batchColumnMasks",
        operation="GetColumnMask",
        filterResources=[
            {"column": {**where, "columnName": one, "columnType": "varchar"}}
            for one in names
        ],
    )
    masked = {names[one["index"]] for one in hidden}
    assert masked >= {*decided.masks}


@given(st.randoms(use_true_random=False))
def test_a_view_exports_nothing_that_is_protected(chance):
    """A view that runs as its owner is made only of what a stranger might read."""
    made = scene_of(chance)
    point = Pointing(made, now=moment_of(chance))
    catalog, schema, name = chance.choice(TABLES)
    names = tuple(chance.sample([*COLUMNS, "unheard"], chance.randint(0, 3)))
    action = {
        "operation": "CreateViewWithSelectFromColumns",
        "resource": {"table": {**table(name, schema, catalog), "columns": names}},
    }
    who = chance.choice(PEOPLE)
    stranger = Request("group:x", "read", f"dataset:{catalog}/{schema}.{name}", names)
    own = point.decided(replace(stranger, principal=who)).allowed
    fence = replace_mode(made, "fence")
    free = Pointing(fence, now=point.now).decided(stranger).allowed
    found = result("allow", who.removeprefix("person:"), action, point)
    assert found == (own and free)


def replace_mode(made, mode):
    return msgspec.structs.replace(
        made, gate=msgspec.structs.replace(made.gate, mode=mode)
    )


Place = tuple[Any, ...]
JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda one: st.lists(one, max_size=3) | st.dictionaries(st.text(max_size=5), one),
    max_leaves=5,
)


def places(value: object, at: Place = ()) -> list[Place]:
    """Return where each part of a JSON value stands."""
    parts: list[tuple[Any, object]] = []
    if isinstance(value, dict | list):
        parts = [*(value.items() if isinstance(value, dict) else enumerate(value))]
    return [at, *(one for key, part in parts for one in places(part, (*at, key)))]


def changed(value, at: Place, new: object):
    if not at:
        return new
    copied = value.copy()
    copied[at[0]] = changed(value[at[0]], at[1:], new)
    return copied


@given(st.data())
def test_no_body_breaks_an_address(data):
    """Whatever takes the place of a part of a question, it is answered or refused."""
    address = data.draw(st.sampled_from(ADDRESSES))
    body = told(WEI, QUESTIONS[address])
    at = data.draw(st.sampled_from(places(body)))
    reply = ask(address, changed(body, at, data.draw(JSONS)), Pointing(scene()))
    assert reply.status in {200, 400}


def test_a_mask_of_another_column_is_a_fault():
    """A decision that masks something else than was asked about shows nothing."""

    class Confused(Pointing):
        def decided(self, request):
            return replace(super().decided(request), masks={"other": "full"})

    point = Confused(scene())
    for address in ("columnMask", "batchColumnMasks"):
        assert ask(address, told(WEI, QUESTIONS[address]), point).status == 503


@pytest.mark.parametrize("names", ["id", 7, {"id": 1}, ["id", None]])
def test_columns_must_be_names(names):
    """Columns that can't be read aren't left out: nothing is answered."""
    resource = {"table": {**table("shop"), "columns": names}}
    asked = {"operation": "SelectFromColumns", "resource": resource}
    assert ask("allow", told(ANN, asked), Pointing(scene())).status == 400
    listed = {"operation": "FilterColumns", "filterResources": [resource]}
    assert ask("batch", told(ANN, listed), Pointing(scene())).status == 400


@pytest.mark.parametrize("resource", [None, [], {"schema": {}}, {"table": "shop"}])
def test_the_one_table_must_be_a_table(resource):
    """What has columns to filter is a table, and nothing else."""
    asked = {"operation": "FilterColumns", "filterResources": [resource]}
    assert ask("batch", told(ANN, asked), Pointing(scene())).status == 400
