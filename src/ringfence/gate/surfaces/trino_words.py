"""What Trino's OPA plugin sends, as the estate calls it.

Members that nobody knows are noted and ignored: none of them can make an answer looser.
A resource that can't be named for certain becomes the name of nothing that the estate
knows.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from ringfence.boundary.decision.scene import Scene
from ringfence.boundary.naming import captured
from ringfence.gate.point.asked import Caller
from ringfence.gate.point.http import Call
from ringfence.gate.surfaces.bodies import MalformedError, decoded
from ringfence.gate.surfaces.naming import principal, resource
from ringfence.gate.surfaces.trino_operations import NAMES_ALONE

_log = logging.getLogger("ringfence.gate.trino")
_INPUT = frozenset({"context", "action"})
_CONTEXT = frozenset({"identity", "queryId", "softwareStack", "properties"})
_IDENTITY = frozenset({"user", "groups", "extraCredentials"})
_ACTION = frozenset(
    {"operation", "resource", "targetResource", "filterResources", "grantee"}
)
_BUILT_IN = ("system", "builtin")
Members = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Input:
    """A question of Trino's.

    Attributes:
        user: Whom Trino speaks of, as it calls them.
        principal: Their node.
        operation: The operation.
        action: The rest of the question.
        reference: Trino's id of the query.
    """

    user: str
    principal: str
    operation: str
    action: Members
    reference: str


@dataclass(frozen=True, slots=True)
class Target:
    """What an operation is done to.

    Attributes:
        node: Its id in the estate; of a schema or a function, that of its catalog.
        columns: The columns that are touched; none: nobody says, and so all.
        name: What Trino calls it: a column's, a principal's.
        is_built_in: It is a function that comes with Trino.
        is_names: It is one of Trino's own tables of names.
        type: What Trino says of a column's type.
    """

    node: str
    columns: tuple[str, ...] = ()
    name: str = ""
    is_built_in: bool = False
    is_names: bool = False
    type: str = ""


def read_input(caller: Caller, call: Call) -> Input:
    """Return the question that a call carries.

    Raises:
        MalformedError: It carries none.
    """
    body = _members(decoded(call.body), "the body")
    given = _members(body.get("input"), "`input`", _INPUT)
    context = _members(given.get("context"), "`input.context`", _CONTEXT)
    identity = _members(context.get("identity"), "`identity`", _IDENTITY)
    action = _members(given.get("action"), "`input.action`", _ACTION)
    user = _text(identity, "user")
    reference = context.get("queryId")
    return Input(
        user,
        principal(caller, "user", user),
        _text(action, "operation"),
        action,
        reference if isinstance(reference, str) else "",
    )


def several(action: Members) -> list[object]:
    """Return the resources of a question in bulk.

    Raises:
        MalformedError: There is no list of them.
    """
    found = action.get("filterResources")
    if not isinstance(found, list):
        raise MalformedError("`filterResources` must be a list")
    return found


def target_of(caller: Caller, scene: Scene, about: str, whole: object) -> Target:
    """Return what a resource of Trino's is.

    Args:
        caller: The caller, which may have names of its own.
        scene: The scene in force.
        about: Which kind of resource the operation speaks of; empty: none.
        whole: The resource.

    Raises:
        MalformedError: It isn't a resource of that kind.
    """
    if not about:
        return Target(resource(caller, "store", "system"))
    part = _members(_members(whole, "`resource`").get(about), f"`{about}`")
    match about:
        case "table" | "column":
            return _table(caller, scene, part)
        case "user":
            name = _text(part, "user")
            return Target(principal(caller, "user", name), name=name)
        case "function":
            return _function(caller, part)
        case "catalog" | "systemSessionProperty":  # of the latter, nothing depends
            return Target(_store(caller, _text(part, "name")))
        case _:
            return Target(_store(caller, _text(part, "catalogName")))


def dataset(caller: Caller, catalog: str, schema: str, table: str) -> str:
    """Return the id of a table: the caller's own name for it, or what it is called.

    A dot or a slash within a name would make two tables one.
    """
    parts = [_escaped(one) for one in (catalog, schema, table)]
    dotted = ".".join(parts)
    for naming in caller.resources:
        if any(
            captured(naming.match, one) is not None
            for one in (dotted, f"table:{dotted}")
        ):
            return resource(caller, "table", dotted)
    return resource(caller, "table", f"{parts[0]}/{parts[1]}.{parts[2]}")


def _escaped(name: str) -> str:
    """Return a name without a dot or a slash, and no two names as the same.

    A name stays as it is unless it has one of them, or looks as if it had been escaped.
    """
    if "%2" in name or {*name} & {*"./"}:
        for one in "%./":
            name = name.replace(one, f"%{ord(one):02X}")
    return name


def is_placed(scene: Scene, node: str) -> bool:
    """Return whether the estate knows where a table's data lies.

    It does if it knows the table, or another one of the same catalog.
    """
    kind, _, name = node.partition(":")
    catalog, slash, _ = name.partition("/")
    start = f"{kind}:{catalog}/"
    return node in scene.datasets or (
        bool(slash) and any(one.startswith(start) for one in scene.datasets)
    )


def _table(caller: Caller, scene: Scene, part: Members) -> Target:
    catalog, schema, table = (
        _text(part, key) for key in ("catalogName", "schemaName", "tableName")
    )
    node = dataset(caller, catalog, schema, table)
    name = part.get("columnName")
    if "columnName" in part and (not isinstance(name, str) or not name):
        raise MalformedError("`columnName` must be a text")
    type_ = part.get("columnType")
    own = schema.lower()  # a folded case would make more names one than Trino does
    is_names = (
        node not in scene.datasets
        and table.lower() in NAMES_ALONE.get(own, ())
        and (own != "jdbc" or catalog.lower() == "system")
    )
    return Target(
        node,
        (name,) if isinstance(name, str) else _columns(part.get("columns")),
        name=name if isinstance(name, str) else "",
        is_names=is_names,
        type=type_ if isinstance(type_, str) else "",
    )


def _columns(told: object) -> tuple[str, ...]:
    if told is None:
        return ()
    if not isinstance(told, list):
        raise MalformedError("`columns` must be a list of names")
    names = [one for one in told if isinstance(one, str)]
    if len(names) < len(told):
        raise MalformedError("`columns` must be a list of names")
    return tuple(names)


def _function(caller: Caller, part: Members) -> Target:
    name = _text(part, "functionName")
    where = part.get("catalogSchema")
    if where is None:
        return Target(_store(caller, ""), name=name)
    whole = _members(where, "`catalogSchema`")
    catalog, schema = (_text(whole, key) for key in ("catalogName", "schemaName"))
    is_built_in = (catalog.lower(), schema.lower()) == _BUILT_IN
    return Target(_store(caller, catalog), name=name, is_built_in=is_built_in)


def _store(caller: Caller, catalog: str) -> str:
    return resource(caller, "store", catalog)


def _members(
    value: object, what: str, known: frozenset[str] | None = None
) -> dict[str, object]:
    if not isinstance(value, dict):
        raise MalformedError(f"{what} must be an object")
    unknown = sum(name not in known for name in value) if known else 0
    if unknown:
        _log.info("ignored %d members of %s that nobody knows", unknown, what)
    return value


def _text(part: Members, key: str) -> str:
    value = part.get(key)
    if not isinstance(value, str) or not value:
        raise MalformedError(f"`{key}` must be a text")
    return value
