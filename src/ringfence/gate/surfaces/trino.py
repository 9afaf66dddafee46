"""Trino's OPA plugin: whether, which of many, which rows, and which masks.

Trino takes a filter or a mask that is absent for one that isn't needed. So these
addresses never answer with an empty success unless a decision says that nothing has to
be hidden: what is malformed, unknown or broken is an error, and fails the query.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from ringfence.boundary.decision.request import Decision, Request
from ringfence.boundary.decision.scene import Scene
from ringfence.boundary.model import Mask
from ringfence.gate.compile.masks import mask
from ringfence.gate.point.asked import Asked, Caller, UnansweredError, Unenforced
from ringfence.gate.point.http import Call, Reply
from ringfence.gate.point.point import Point
from ringfence.gate.surfaces.bodies import MalformedError, written
from ringfence.gate.surfaces.filtering import kept_rows
from ringfence.gate.surfaces.guarding import Handler, guarded
from ringfence.gate.surfaces.trino_checks import Check, Checks, members_of
from ringfence.gate.surfaces.trino_words import (
    Input,
    Target,
    read_input,
    several,
    target_of,
)

_SURFACE = "trino"
_NOTHING = "NULL"
_NO_ROW = "false"
_KEPT = 4_096  # masks


async def _allow(point: Point, caller: Caller, call: Call) -> Reply:
    given = read_input(caller, call)
    check = Checks(caller, point.scene, given).of(given.action.get("resource"))
    (allowed,) = await _judged(point, caller, given, [check])
    return _result(allowed)


async def _batch(point: Point, caller: Caller, call: Call) -> Reply:
    """Answer which of some resources, or which columns of one table, may be seen."""
    given = read_input(caller, call)
    resources = several(given.action)
    if given.operation == "FilterColumns":
        resources = _columns(resources)
    checks = Checks(caller, point.scene, given)
    allowed = await _judged(point, caller, given, [checks.of(one) for one in resources])
    return _result([place for place, one in enumerate(allowed) if one])


def _columns(resources: Sequence[object]) -> list[object]:
    """Return a resource for each column of the one table that a question names.

    Raises:
        MalformedError: It names several tables, or no columns: nobody could tell what
            the indices of an answer refer to.
    """
    if len(resources) != 1:
        raise MalformedError("`filterResources` must name one table")
    table = members_of(resources[0], "table")
    columns = table.get("columns")
    if not isinstance(columns, list):
        raise MalformedError("`columns` must be a list of names")
    return [{"table": {**table, "columns": [name]}} for name in columns]


async def _row_filters(point: Point, caller: Caller, call: Call) -> Reply:
    given, scene = _filtering(caller, call, "GetRowFilters"), point.scene
    target = target_of(caller, scene, "table", given.action.get("resource"))
    if target.is_names:
        return _result([])
    checks = Checks(caller, scene, given)
    # Which columns a query reads isn't said here: whatever may be asked of the table.
    whole = Target(target.node)
    requests = (checks.read(whole), *checks.parts(whole))
    answers = await _decided(point, caller, given, requests)
    for request, one in zip(requests, answers, strict=True):
        if one.rows is not None:
            kept = kept_rows(scene, request, dialect="trino")
            return _result([{"expression": kept}])
    if any(one.allowed for one in answers):
        return _result([])
    return _result([{"expression": _NO_ROW}])


async def _column_mask(point: Point, caller: Caller, call: Call) -> Reply:
    given = _filtering(caller, call, "GetColumnMask")
    (found,) = await _masks(point, caller, given, [given.action.get("resource")])
    return Reply(200, b"{}") if found is None else _result({"expression": found})


async def _column_masks(point: Point, caller: Caller, call: Call) -> Reply:
    given = _filtering(caller, call, "GetColumnMask")
    found = await _masks(point, caller, given, several(given.action))
    return _result(
        [
            {"index": place, "viewExpression": {"expression": one}}
            for place, one in enumerate(found)
            if one is not None
        ]
    )


def _filtering(caller: Caller, call: Call, operation: str) -> Input:
    """Return a question for filters or masks; any other one is at a wrong address."""
    given = read_input(caller, call)
    if given.operation != operation:
        raise MalformedError(f"this address answers `{operation}` alone")
    return given


async def _masks(
    point: Point, caller: Caller, given: Input, resources: Sequence[object]
) -> list[str | None]:
    """Return the mask of each column; None for one that may be read as it is."""
    scene = point.scene
    targets = [target_of(caller, scene, "column", one) for one in resources]
    if not all(one.name for one in targets):
        raise MalformedError("`columnName` must be a text")
    checks = Checks(caller, scene, given)
    asked = [checks.read(one) for one in targets if not one.is_names]
    answers = iter(await _decided(point, caller, given, asked))
    return [
        None if one.is_names else _mask(next(answers), one, scene) for one in targets
    ]


def _mask(decision: Decision, target: Target, scene: Scene) -> str | None:
    """Return what takes the place of a column; what may not be read is nothing."""
    if not decision.allowed:
        return _NOTHING
    if not decision.masks:
        return None
    kind = decision.masks.get(target.name)
    if kind is None:
        raise UnansweredError(scene.boundary)  # a mask, of another column
    return _expression(kind, target.name, target.type)


@lru_cache(maxsize=_KEPT)  # Trino asks for the same ones with every query
def _expression(kind: Mask, column: str, type_: str) -> str:
    return mask(kind, column, type_, "trino")


# --- asking ---------------------------------------------------------------------------


async def _judged(
    point: Point, caller: Caller, given: Input, checks: Sequence[Check]
) -> list[bool]:
    requests = [request for check in checks for request in check.requests]
    decisions = await _decided(point, caller, given, requests)
    real = [one.decided for one in decisions if isinstance(one, Unenforced)]
    if real:
        await _foreseen(point, caller, given, checks, real)
        return [True for _ in checks]  # also what is refused whatever is decided
    answers = iter(decisions)
    return [check.judge([next(answers) for _ in check.requests]) for check in checks]


async def _foreseen(
    point: Point,
    caller: Caller,
    given: Input,
    checks: Sequence[Check],
    real: Sequence[Decision | None],
) -> None:
    """Have it logged, in shadow mode, where a check alone would have refused.

    What else would have been refused is logged already: one of its decisions denies.
    """
    answers = iter(real)
    for check in checks:
        found = [one for _ in check.requests if (one := next(answers)) is not None]
        if found and all(one.allowed for one in found) and not check.judge(found):
            refusal = Checks(caller, point.scene, given).refusal(given.operation)
            await _decided(point, caller, given, refusal.requests)
            return


async def _decided(
    point: Point, caller: Caller, given: Input, requests: Sequence[Request]
) -> list[Decision]:
    """Return the decisions on some requests, in their order.

    Raises:
        UnansweredError: There are none, or not one for each.
    """
    if not requests:
        return []
    asked = [Asked(one, caller.name, _SURFACE, given.reference) for one in requests]
    answers = await point.answers(asked)
    if len(answers) != len(asked):
        raise UnansweredError
    return [one.decision for one in answers]


def _result(value: object) -> Reply:
    return Reply(200, written({"result": value}))


ROUTES: Mapping[str, Handler] = {
    "POST /v1/data/trino/allow": guarded(_allow),
    "POST /v1/data/trino/batch": guarded(_batch),
    "POST /v1/data/trino/rowFilters": guarded(_row_filters),
    "POST /v1/data/trino/columnMask": guarded(_column_mask),
    "POST /v1/data/trino/batchColumnMasks": guarded(_column_masks),
}
