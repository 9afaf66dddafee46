"""Every operation of Trino's OPA plugin: the request that it sends, the answer it gets."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ringfence.gate.surfaces.trino_operations import OPERATIONS, Rule
from tests.pointing import Pointing
from tests.trinoing import ANN, CALLER, MAX, WEI, ask, scene, table, told

PLAIN, PERSON, VISIT, SECRET = (
    {"table": table(name)} for name in ("shop", "person", "visit", "secret")
)
ELSEWHERE = {"table": table("copy", catalog="scratch")}
NEW = {"table": table("new")}
NAMES = {"table": table("tables", schema="information_schema")}
VIEWS = {"table": table("views", schema="information_schema")}
SCHEMA = {"schema": {"catalogName": "warehouse", "schemaName": "public"}}
CATALOG = {"catalog": {"name": "warehouse"}}
QUERY = {
    "function": {
        "catalogSchema": {"catalogName": "warehouse", "schemaName": "system"},
        "functionName": "query",
    }
}
BUILT_IN = {
    "function": {
        "catalogSchema": {"catalogName": "system", "schemaName": "builtin"},
        "functionName": "sequence",
    }
}
BARE = {"function": {"functionName": "f"}}
PROPERTY = {"systemSessionProperty": {"name": "query_max_run_time"}}
OF_CATALOG = {
    "catalogSessionProperty": {"catalogName": "warehouse", "propertyName": "p"}
}
PROCEDURE = {**PLAIN, "function": {"functionName": "optimize"}}
PROCEDURE_SECRET = {**SECRET, "function": {"functionName": "optimize"}}


def of(name: str) -> dict[str, Any]:
    return {"user": {"user": name, "groups": []}}


def columns(resource: dict[str, Any], *names: str) -> dict[str, Any]:
    return {"table": {**resource["table"], "columns": [*names]}}


# operation, resource, whether Ann (inside), Wei (excluded), Max (perhaps) may
CASES = [
    ("ExecuteQuery", None, True, True, True),
    ("ViewQueryOwnedBy", of(ANN), True, False, False),
    ("ViewQueryOwnedBy", of(WEI), True, True, False),
    ("FilterViewQueryOwnedBy", of(ANN), True, False, False),
    ("KillQueryOwnedBy", of(WEI), True, True, False),
    ("ImpersonateUser", of(ANN), True, False, False),
    ("ImpersonateUser", of(WEI), True, True, True),
    ("ImpersonateUser", of(MAX), True, False, True),
    ("ImpersonateUser", of("nobody"), True, False, True),
    ("ReadSystemInformation", None, True, False, False),
    ("WriteSystemInformation", None, True, False, False),
    ("SetSystemSessionProperty", PROPERTY, True, True, True),
    ("SetCatalogSessionProperty", OF_CATALOG, True, False, False),
    ("AccessCatalog", CATALOG, True, True, True),
    ("FilterCatalogs", CATALOG, True, True, True),
    ("CreateCatalog", CATALOG, True, False, False),
    ("DropCatalog", CATALOG, True, False, False),
    ("CreateSchema", SCHEMA, True, False, False),
    ("DropSchema", SCHEMA, True, False, False),
    ("RenameSchema", SCHEMA, True, False, False),
    ("SetSchemaAuthorization", SCHEMA, True, False, False),
    ("ShowSchemas", CATALOG, True, True, True),
    ("FilterSchemas", SCHEMA, True, True, True),
    ("ShowCreateSchema", SCHEMA, True, False, False),
    ("ShowTables", SCHEMA, True, True, True),
    ("FilterTables", PLAIN, True, True, True),
    ("FilterTables", PERSON, True, True, True),
    ("FilterTables", SECRET, True, False, False),
    ("FilterTables", NAMES, True, True, True),
    ("FilterTables", NEW, True, False, False),
    ("ShowCreateTable", PLAIN, True, True, True),
    ("ShowCreateTable", PERSON, True, False, False),
    ("CreateTable", PLAIN, True, True, True),
    ("CreateTable", NEW, True, False, False),
    ("CreateTable", ELSEWHERE, False, False, False),
    ("DropTable", PLAIN, True, True, True),
    ("DropTable", VISIT, True, False, False),
    ("RenameTable", PLAIN, True, True, True),
    ("RenameTable", VISIT, True, False, False),
    ("TruncateTable", VISIT, True, False, False),
    ("SetTableProperties", VISIT, True, False, False),
    ("SetTableComment", VISIT, True, False, False),
    ("SetTableAuthorization", PLAIN, True, False, False),
    ("ShowColumns", PLAIN, True, True, True),
    ("ShowColumns", SECRET, True, False, False),
    ("FilterColumns", columns(PERSON, "id"), True, True, True),
    ("FilterColumns", columns(PERSON, "email"), True, True, True),
    ("FilterColumns", columns(PERSON, "ssn"), True, False, False),
    ("AddColumn", VISIT, True, False, False),
    ("AlterColumn", VISIT, True, False, False),
    ("DropColumn", VISIT, True, False, False),
    ("RenameColumn", VISIT, True, False, False),
    ("SetColumnComment", VISIT, True, False, False),
    ("SelectFromColumns", columns(PLAIN, "id"), True, True, True),
    ("SelectFromColumns", columns(PERSON, "id"), True, True, True),
    ("SelectFromColumns", columns(PERSON, "id", "email"), True, True, True),
    ("SelectFromColumns", columns(PERSON, "id", "ssn"), True, False, False),
    ("SelectFromColumns", columns(PERSON), True, False, False),
    ("SelectFromColumns", columns(PERSON, "unheard"), True, False, False),
    ("SelectFromColumns", columns(VISIT, "note"), True, True, True),
    ("SelectFromColumns", columns(SECRET, "x"), True, False, False),
    ("SelectFromColumns", columns(NEW, "x"), True, False, False),
    ("SelectFromColumns", NAMES, True, True, True),
    ("SelectFromColumns", VIEWS, True, False, False),
    ("InsertIntoTable", PLAIN, True, True, True),
    ("InsertIntoTable", VISIT, True, False, False),
    ("InsertIntoTable", ELSEWHERE, False, False, False),
    ("DeleteFromTable", VISIT, True, False, False),
    ("UpdateTableColumns", columns(PERSON, "id"), True, True, True),
    ("UpdateTableColumns", columns(PERSON, "email"), True, False, False),
    ("CreateView", PLAIN, True, True, True),
    ("CreateView", NEW, True, False, False),
    ("RenameView", PLAIN, True, True, True),
    ("DropView", VISIT, True, False, False),
    ("SetViewComment", VISIT, True, False, False),
    ("SetViewAuthorization", PLAIN, True, False, False),
    ("CreateViewWithSelectFromColumns", columns(PERSON, "id"), True, True, True),
    ("CreateViewWithSelectFromColumns", columns(PERSON, "email"), False, False, False),
    ("CreateViewWithSelectFromColumns", columns(VISIT, "note"), False, False, False),
    ("CreateViewWithSelectFromColumns", columns(NEW, "x"), False, False, False),
    ("CreateMaterializedView", PLAIN, True, True, True),
    ("CreateMaterializedView", ELSEWHERE, False, False, False),
    ("RefreshMaterializedView", VISIT, True, False, False),
    ("RenameMaterializedView", VISIT, True, False, False),
    ("DropMaterializedView", VISIT, True, False, False),
    ("SetMaterializedViewProperties", VISIT, True, False, False),
    ("SetMaterializedViewComment", VISIT, True, False, False),
    ("SetMaterializedViewAuthorization", PLAIN, True, False, False),
    ("ShowFunctions", SCHEMA, True, True, True),
    ("FilterFunctions", QUERY, True, True, True),
    ("ExecuteFunction", QUERY, True, False, False),
    ("ExecuteFunction", BUILT_IN, True, True, True),
    ("ExecuteFunction", BARE, True, False, False),
    ("CreateViewWithExecuteFunction", QUERY, False, False, False),
    ("CreateViewWithExecuteFunction", BUILT_IN, True, True, True),
    ("ExecuteProcedure", QUERY, True, False, False),
    ("ExecuteTableProcedure", PROCEDURE, True, True, True),
    ("ExecuteTableProcedure", PROCEDURE_SECRET, True, False, False),
    ("CreateFunction", QUERY, True, False, False),
    ("DropFunction", QUERY, True, False, False),
    ("ShowCreateFunction", QUERY, True, False, False),
    ("GetRowFilters", PLAIN, False, False, False),
    ("GetColumnMask", {"column": table("shop")}, False, False, False),
    ("FlyToTheMoon", PLAIN, False, False, False),
    ("GrantRoles", None, False, False, False),
    ("read", PLAIN, False, False, False),
]


def action(operation: str, resource: dict[str, Any] | None) -> dict[str, Any]:
    found: dict[str, Any] = {"operation": operation}
    if resource is not None:
        found["resource"] = resource
    if operation.startswith("Rename"):
        found["targetResource"] = resource
    if operation.endswith("Authorization"):
        found["grantee"] = {"name": ANN, "type": "USER"}
    return found


@pytest.mark.parametrize(("operation", "resource", "ann", "wei", "max_"), CASES)
def test_an_operation_is_answered(operation, resource, ann, wei, max_):
    """Whoever surely isn't excluded may what moves nothing out; others what is left."""
    point = Pointing(scene())
    found = [
        ask("allow", told(who, action(operation, resource)), point)
        for who in (ANN, WEI, MAX)
    ]
    assert [one.status for one in found] == [200, 200, 200]
    assert [json.loads(one.body) for one in found] == [
        {"result": one} for one in (ann, wei, max_)
    ]


def test_every_operation_is_among_them():
    """No operation of the table goes without a case."""
    assert {*OPERATIONS} <= {one[0] for one in CASES}


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_without_its_resource_an_operation_is_no_success(operation):
    """What an operation is done to must be said, if it is done to anything."""
    about = OPERATIONS[operation].about
    reply = ask("allow", told(WEI, {"operation": operation}), Pointing(scene()))
    if OPERATIONS[operation].rule is Rule.NEVER or not about:
        assert reply.status == 200
        expected = operation == "ExecuteQuery"
        assert json.loads(reply.body) == {"result": expected}
    else:
        assert reply.status == 400


@pytest.mark.parametrize("operation", ["RenameTable", "RenameView", "RenameSchema"])
def test_a_new_name_is_judged_too(operation):
    """Nothing is renamed into what somebody may not change, nor into nowhere."""
    old = SCHEMA if operation == "RenameSchema" else PLAIN
    asked = {"operation": operation, "resource": old, "targetResource": SECRET}
    reply = ask("allow", told(WEI, asked), Pointing(scene()))
    assert reply.body != b'{"result":true}'
    del asked["targetResource"]
    assert ask("allow", told(ANN, asked), Pointing(scene())).status == 400


@pytest.mark.parametrize(
    "grantee",
    [{"name": WEI, "type": "USER"}, {"name": ANN, "type": "ROLE"}, {"name": ANN}],
)
def test_a_grantee_is_judged_too(grantee):
    """Nobody can give a table to whoever is excluded, nor to a role of whomever."""
    asked = {
        "operation": "SetTableAuthorization",
        "resource": PLAIN,
        "grantee": grantee,
    }
    reply = ask("allow", told(ANN, asked), Pointing(scene()))
    assert json.loads(reply.body) == {"result": False}


@pytest.mark.parametrize("grantee", [None, "ann", {}, {"name": 1}])
def test_a_grantee_must_be_named(grantee):
    """A grantee that can't be read is an error, and no success."""
    asked = {
        "operation": "SetTableAuthorization",
        "resource": PLAIN,
        "grantee": grantee,
    }
    assert ask("allow", told(ANN, asked), Pointing(scene())).status == 400


def test_with_grants_nothing_is_become_that_was_not_given():
    """Where grants count, whoever becomes somebody else must hold what they hold."""
    point = Pointing(scene(mode="grants", granted=("person:ann",)))
    for who, other, expected in [
        (MAX, ANN, False),
        (ANN, MAX, True),
        (ANN, ANN, True),
        ("eve", ANN, False),
    ]:
        asked = {"operation": "ImpersonateUser", "resource": of(other)}
        reply = ask("allow", told(who, asked), point)
        assert json.loads(reply.body) == {"result": expected}, (who, other)


def test_an_exception_is_not_come_by_through_another_name():
    """Who is excluded can't become somebody as excluded who has an exception."""
    asked = {"operation": "ImpersonateUser", "resource": of("liu")}
    for leaves, expected in ((False, True), (True, False)):
        point = Pointing(scene(with_leave=leaves))
        reply = ask("allow", told(WEI, asked), point)
        assert json.loads(reply.body) == {"result": expected}


def test_what_is_refused_unasked_is_logged():
    """An operation that nobody knows stands in the log as a denial."""
    point = Pointing(scene())
    ask("allow", told(ANN, {"operation": "FlyToTheMoon"}), point)
    ((asked, decision),) = point.logged[0]
    assert asked.caller == CALLER.name
    assert not decision.allowed


def test_not_counted_is_not_inside():
    """Where the gate counts reading alone, the excluded still can't give a table away."""
    point = Pointing(scene(verbs=("read",)))
    asked = action("SetTableAuthorization", PLAIN)
    assert ask("allow", told(WEI, asked), point).body == b'{"result":false}'
    assert ask("allow", told(ANN, asked), point).body == b'{"result":true}'
