"""OPA's interfaces: what is answered, what isn't there, and which rows a filter keeps."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import duckdb
import pytest
import sqlglot

from ringfence.boundary.decision.request import Request
from ringfence.gate.point.asked import Caller
from ringfence.gate.point.http import Call, Reply
from ringfence.gate.surfaces.opa import ROUTES
from tests.pointing import Pointing
from tests.trinoing import CALLER, WEI, replied, scene, told

PERSON = "dataset:warehouse/public.person"
VISIT = "dataset:warehouse/public.visit"
ANN, EXCLUDED = "person:ann", "person:wei"


def ask(
    path: str,
    body: object,
    point: Pointing | None = None,
    *,
    caller: Caller = CALLER,
    query: str = "",
    accept: str = "",
) -> Reply:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    call = Call("POST", path, {"accept": accept}, content, query)
    (handler,) = (
        one
        for key, one in ROUTES.items()
        if path.startswith(key.removeprefix("POST ").removesuffix("*"))
    )
    return replied(handler, point or Pointing(scene()), caller, call)


def question(principal: str, resource: str, **more: Any) -> dict[str, Any]:
    return {"principal": principal, "verb": "read", "resource": resource, **more}


def allowed(principal: str, resource: str, **more: Any) -> bool:
    body = {"input": question(principal, resource, **more)}
    reply = ask("/v1/data/ringfence/allow", body)
    assert reply.status == 200, reply.body
    found = json.loads(reply.body)
    assert found["decision_id"] == "1.0"
    return bool(found["result"])


# --- data -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (question(ANN, PERSON), True),
        (question("user:Ann", "table:warehouse/public.person"), True),
        (question(EXCLUDED, PERSON), False),
        (question(EXCLUDED, PERSON, columns=["id"]), True),
        (question(EXCLUDED, PERSON, columns=["id", "email"]), False),
        (question(EXCLUDED, "column:warehouse/public.person.id"), True),
        (question(EXCLUDED, VISIT), False),
        (question(EXCLUDED, VISIT, row={"region": "EU"}), False),
        (question("person:max", PERSON), False),
        (question("person:new", PERSON, stated={"residence": "US"}), False),
        (question("", ""), False),
        (question(ANN, PERSON, shoe=9), True),
        ({**question(ANN, PERSON), "verb": "fly"}, False),
    ],
)
def test_yes_or_no(asked, expected):
    """A yes is a whole one: what needs a mask or a filter is a no."""
    assert allowed(**{"principal": "", "resource": "", **asked}) is expected


def test_a_row_counts_from_a_caller_whose_word_does():
    """What a caller says of a row counts if the caller is trusted for datasets."""
    body = {"input": question(EXCLUDED, VISIT, row={"region": "EU"})}
    caller = replace(CALLER, trusts=frozenset({"dataset"}))
    reply = ask("/v1/data/ringfence/allow", body, caller=caller)
    assert json.loads(reply.body)["result"] is True


def test_a_decision_says_what_to_obey():
    """The whole decision names its reason, its masks and its rows."""
    body = {"input": question(EXCLUDED, PERSON, columns=["email"])}
    found = json.loads(ask("/v1/data/ringfence/decision", body).body)["result"]
    assert found["allow"] is True
    assert found["reason"] == "masked"
    assert found["masks"] == {"email": "last4"}
    assert "rows" not in found
    body = {"input": question(EXCLUDED, VISIT)}
    found = json.loads(ask("/v1/data/ringfence/decision", body).body)["result"]
    assert found["rows"] == {"column": "region", "without": ["US", "O'R", "São"]}
    plain = Caller("plain")
    found = json.loads(ask("/v1/data/ringfence/decision", body, caller=plain).body)
    assert found["result"]["allow"] is False


def test_version_0_takes_and_gives_what_is_bare():
    """Version 0 has neither `input` nor `result`, and a missing document is an error."""
    assert ask("/v0/data/ringfence/allow", question(ANN, PERSON)).body == b"true"
    assert ask("/v0/data/ringfence/allow", question(EXCLUDED, PERSON)).body == b"false"
    assert ask("/v0/data/nothing/here", {}).status == 404


def test_what_is_not_there_is_an_empty_success():
    """Version 1 answers without a result, as OPA does."""
    for path in ("/v1/data/nothing", "/v1/data/ringfence", "/v1/data/"):
        reply = ask(path, {"input": {}})
        assert (reply.status, reply.body) == (200, b"{}")


@pytest.mark.parametrize(
    "path",
    [
        "/v1/data/trino",
        "/v1/data/trino/",
        "/v1/data/trino/rowfilters",
        "/v1/data/trino/columnMask/",
        "/v1/data/Trino/rowFilters",
        "/v1/data/tirno/rowFilters",
        "/v1/data/rowFilters",
        "/v0/data/trino/rowFilters",
    ],
)
def test_a_mistyped_address_of_trinos_opens_nothing(path):
    """A filter's address that is spelt wrongly fails the query."""
    body = told(WEI, {"operation": "GetRowFilters", "resource": {}})
    assert ask(path, body).status == 404


@pytest.mark.parametrize("query", ["pretty", "pretty=true&metrics=true", "pretty=1"])
def test_pretty_is_laid_out(query):
    """`pretty` changes the layout alone; the other flags change nothing."""
    body = {"input": question(ANN, PERSON)}
    reply = ask("/v1/data/ringfence/allow", body, query=query)
    plain = ask(
        "/v1/data/ringfence/allow",
        body,
        query="metrics=true&provenance=true&explain=full&pretty=false",
    )
    assert b"\n" in reply.body
    assert b"\n" not in plain.body
    assert json.loads(reply.body) == json.loads(plain.body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"x"',
        b'{"input":{},"input":{}}',
        {"input": None},
        {"input": []},
        {"input": {"principal": ANN, "verb": "read"}},
        {"input": {**question(ANN, PERSON), "principal": 7}},
        {"input": question(ANN, PERSON, columns="id")},
        {"input": question(ANN, PERSON, columns=[1])},
        {"input": question(ANN, PERSON, row=[])},
        {"input": question(ANN, PERSON, subjects=-1)},
        {"input": question(ANN, PERSON, subjects=True)},
        {"input": question(ANN, PERSON, stated="US")},
    ],
)
@pytest.mark.parametrize(
    "path",
    [
        "/v1/data/ringfence/allow",
        "/v1/data/ringfence/decision",
        "/v0/data/ringfence/allow",
        "/v1/compile/ringfence/allow",
    ],
)
def test_what_is_malformed_is_an_error(path, body):
    """Nothing is guessed at: what can't be read is answered with 400."""
    if path.startswith("/v0/") and isinstance(body, dict):
        body = body["input"]
    assert ask(path, body).status == 400


@pytest.mark.parametrize(
    "path",
    [
        "/v1/data/ringfence/allow",
        "/v1/data/ringfence/decision",
        "/v1/compile/ringfence/allow",
    ],
)
def test_a_fault_is_no_answer(path):
    """Without a scene, without a log or with a fault of ours there is no result."""

    class Failing(Pointing):
        def decided(self, request):
            raise RuntimeError(request)

    class Forgetting(Pointing):
        async def answers(self, asked):
            return (await super().answers(asked))[1:]

    body = {"input": question(ANN, PERSON)}
    statuses = [
        ask(path, body, point).status
        for point in (
            Pointing(None),
            Pointing(scene(), broken=True),
            Forgetting(scene()),
            Failing(scene()),
        )
    ]
    assert statuses == [503, 503, 503, 500]


# --- compile --------------------------------------------------------------------------


def where(asked: dict[str, Any], accept: str = "") -> Any:
    reply = ask("/v1/compile/ringfence/allow", {"input": asked}, accept=accept)
    assert reply.status == 200, reply.body
    return json.loads(reply.body)["result"]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (question(ANN, VISIT), "WHERE TRUE"),
        (question(EXCLUDED, PERSON), "WHERE FALSE"),
        (question(EXCLUDED, PERSON, columns=["id"]), "WHERE TRUE"),
        (question(EXCLUDED, VISIT, columns=["region"]), "WHERE TRUE"),
        (question(EXCLUDED, "dataset:unheard"), "WHERE FALSE"),
        (question(EXCLUDED, "store:warehouse"), "WHERE FALSE"),
        ({**question(ANN, VISIT), "verb": "fly"}, "WHERE FALSE"),
    ],
)
def test_a_filter_is_never_empty(asked, expected):
    """All rows and no row are said outright, in every dialect."""
    found = where(asked)
    assert {*found} == {"postgresql", "trino", "duckdb"}
    assert {one["query"] for one in found.values()} == {expected}


def test_a_filter_counts_an_exception_once():
    """Where no row can be apart, it is asked once: each answer counts people."""
    point = Pointing(scene())
    asked = question(EXCLUDED, PERSON, purpose="audit", subjects=3)
    assert ask("/v1/compile/ringfence/allow", {"input": asked}, point).status == 200
    assert [len(one) for one in point.logged] == [1]


@pytest.mark.parametrize("verb", ["read", "update", "delete"])
@pytest.mark.parametrize("dialect", ["postgresql", "trino", "duckdb"])
def test_a_filter_keeps_what_the_decision_allows(dialect, verb):
    """Run on a table, a filter keeps row by row what the decision says of each row."""
    asked = {**question(EXCLUDED, VISIT), "verb": verb}
    accept = f"application/vnd.opa.sql.{dialect}+json"
    query = where(asked, accept)["query"]
    regions = ["US", None, "O'R", "São", "", "EU", "us"]
    read = dialect.removesuffix("ql") if dialect == "postgresql" else dialect
    (select,) = sqlglot.transpile(
        f"SELECT region FROM t {query}",  # noqa: S608
        read="postgres" if dialect == "postgresql" else read,
        write="duckdb",
    )
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE t (region VARCHAR)")
        connection.executemany("INSERT INTO t VALUES (?)", [(one,) for one in regions])
        kept = {one for (one,) in connection.execute(select).fetchall()}
    point = Pointing(scene())
    request = Request(EXCLUDED, verb, VISIT)
    assert kept == {
        one
        for one in regions
        if point.decided(replace(request, row={"region": one})).allowed
    }


def test_one_dialect_or_all_of_them():
    """`Accept` chooses; what nobody can give is refused."""
    path, body = "/v1/compile/ringfence/allow", {"input": question(ANN, VISIT)}
    one = "application/vnd.opa.sql.trino+json"
    assert ask(path, body, accept=f"text/html, {one};q=1").content_type == one
    many = "application/vnd.opa.multitarget+json"
    assert ask(path, body, accept="*/*").content_type == many
    assert ask(path, body, accept="application/vnd.opa.ucast.all+json").status == 400
    assert ask("/v1/compile/other", body).status == 404
