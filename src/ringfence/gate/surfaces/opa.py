"""OPA's data and compile interfaces, for what already speaks them.

A document that isn't there is an empty success in OPA's version 1. That is kept, except
where it would open something: below Trino's addresses, and for whatever looks like a
question of Trino's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import parse_qs

import msgspec

from ringfence.boundary.decision.request import Request
from ringfence.boundary.decision.scene import Scene
from ringfence.gate.compile.masks import Dialect
from ringfence.gate.point.asked import Answer, Asked, Caller, UnansweredError
from ringfence.gate.point.http import Call, Reply
from ringfence.gate.point.point import Point
from ringfence.gate.surfaces.asking import Words
from ringfence.gate.surfaces.bodies import (
    Action,
    Entity,
    Evaluation,
    MalformedError,
    decoded,
    shaped,
    written,
)
from ringfence.gate.surfaces.filtering import kept_rows, row_apart
from ringfence.gate.surfaces.guarding import Handler, failure, guarded

_SURFACE = "opa"
_V0, _V1, _COMPILE = "/v0/data/", "/v1/data/", "/v1/compile/"
_ALLOW, _DECISION = "ringfence/allow", "ringfence/decision"
_DIALECTS: dict[str, Dialect] = {
    "postgresql": "postgres",
    "trino": "trino",
    "duckdb": "duckdb",
}
_ANY = frozenset({"", "*/*", "application/*", "application/json"})
_MULTITARGET = "application/vnd.opa.multitarget+json"


class Question(msgspec.Struct, frozen=True):
    """Our own input: a principal, a verb, a resource, and what is told around them."""

    principal: str
    verb: str
    resource: str
    columns: list[str] | None = None
    row: dict[str, object] | None = None
    stated: dict[str, object] | None = None
    purpose: str | None = None
    subjects: int | list[str] | None = None
    context: dict[str, object] | None = None

    def request(self, caller: Caller, scene: Scene) -> Request:
        """Return the request that this asks for, in the estate's words."""
        told: dict[str, object] = {**(self.row or {}), "columns": self.columns}
        around: dict[str, object] = {
            **(self.context or {}),
            "purpose": self.purpose,
            "subjects": self.subjects,
        }
        kind, _, name = self.principal.partition(":")
        type_, _, id_ = self.resource.partition(":")
        asked = Evaluation(
            Entity(kind, name, self.stated),
            Action(self.verb),
            Entity(type_, id_, told),
            around,
        )
        return Words(caller, scene).request(asked)


# --- the data interface ---------------------------------------------------------------


async def _data_v1(point: Point, caller: Caller, call: Call) -> Reply:
    path = call.path.removeprefix(_V1).rstrip("/")
    body = decoded(call.body) if call.body else {}
    if not isinstance(body, dict):
        raise MalformedError("the body must be a JSON object")
    given = body.get("input")
    if path not in {_ALLOW, _DECISION}:
        return _missing() if _is_trinos(path, given) else Reply(200, b"{}")
    answer = await _answered(point, caller, given, path)
    found = {"result": _said(answer, path), "decision_id": answer.id}
    return _shown(found, call)


async def _data_v0(point: Point, caller: Caller, call: Call) -> Reply:
    path = call.path.removeprefix(_V0).rstrip("/")
    if path not in {_ALLOW, _DECISION}:
        return _missing()
    answer = await _answered(point, caller, decoded(call.body), path)
    return _shown(_said(answer, path), call)


def _is_trinos(path: str, given: object) -> bool:
    """Return whether Trino asks, or may: an empty success would open a filter."""
    if path.partition("/")[0].casefold() == "trino":
        return True
    action = given.get("action") if isinstance(given, dict) else None
    return isinstance(action, dict) and "operation" in action


def _missing() -> Reply:
    return failure(404, "undefined_document", "no such document")


async def _answered(point: Point, caller: Caller, given: object, path: str) -> Answer:
    question = shaped(given, Question)
    request = question.request(caller, point.scene)
    if path == _ALLOW:  # yes or no can't say what has to be obeyed
        request = replace(request, obeys=frozenset())
    (answer,) = await _asked(point, caller, request)
    return answer


async def _asked(point: Point, caller: Caller, *requests: Request) -> list[Answer]:
    asked = [Asked(one, caller.name, _SURFACE) for one in requests]
    answers = await point.answers(asked)
    if len(answers) != len(asked):
        raise UnansweredError
    return answers


def _said(answer: Answer, path: str) -> object:
    decision = answer.decision
    if path == _ALLOW:
        return decision.allowed
    found = {
        "allow": decision.allowed,
        "id": answer.id,
        "reason": decision.reason.value,
        "words": answer.words,
        "path": answer.path,
        "columns": decision.columns,
        "masks": dict(decision.masks),
        "boundary": answer.boundary,
        "estate": answer.estate,
        "time": answer.time,
    }
    if decision.rows is not None:
        rows = decision.rows
        found["rows"] = {"column": rows.column, "without": rows.values}
    return found


def _shown(value: object, call: Call) -> Reply:
    content = written(value)
    told = parse_qs(call.query, keep_blank_values=True).get("pretty", ["false"])[-1]
    if told.casefold() in {"true", "1", ""}:
        content = msgspec.json.format(content, indent=2)
    return Reply(200, content)


# --- the compile interface ------------------------------------------------------------


async def _compile(point: Point, caller: Caller, call: Call) -> Reply:
    """Answer which rows a request may touch, as the `WHERE` of a statement."""
    if call.path.removeprefix(_COMPILE).rstrip("/") != _ALLOW:
        return _missing()
    body = decoded(call.body)
    if not isinstance(body, dict):
        raise MalformedError("the body must be a JSON object")
    accepted = _accepted(call.headers.get("accept", ""))
    scene = point.scene
    request = shaped(body.get("input"), Question).request(caller, scene)
    wanted = [accepted] if accepted in _DIALECTS else [*_DIALECTS]
    found = await _residuals(point, caller, scene, request, wanted)
    shown = {name: {"query": f"WHERE {one}"} for name, one in found.items()}
    if accepted in _DIALECTS:
        return Reply(200, written({"result": shown[accepted]}), _media(accepted))
    return Reply(200, written({"result": shown}), _MULTITARGET)


async def _residuals(
    point: Point, caller: Caller, scene: Scene, request: Request, names: Sequence[str]
) -> dict[str, str]:
    """Return which rows a request may touch, in some dialects.

    Of a row, only whether it surely is of nobody in the population counts: so it is
    asked for a row of which nothing is known, and for such a one if there is any.
    """
    within = replace(request, row={}, obeys=frozenset())
    apart = replace(within, row=row_apart(scene, request))
    asked = [within] if apart == within else [within, apart]
    answers = await _asked(point, caller, *asked)
    decisions = answers[0].decision, answers[-1].decision
    return {
        name: kept_rows(scene, request, *decisions, dialect=_DIALECTS[name])
        for name in names
    }


def _accepted(told: str) -> str:
    """Return the dialect that is wanted, or that all of them are.

    Raises:
        MalformedError: None of what is wanted can be had.
    """
    for one in told.split(","):
        wanted = one.partition(";")[0].strip().casefold()
        if wanted in _ANY or wanted == _MULTITARGET:
            return _MULTITARGET
        for name in _DIALECTS:
            if wanted == _media(name):
                return name
    known = ", ".join((_MULTITARGET, *map(_media, _DIALECTS)))
    raise MalformedError(f"`Accept` must be one of {known}")


def _media(dialect: str) -> str:
    return f"application/vnd.opa.sql.{dialect}+json"


ROUTES: Mapping[str, Handler] = {
    f"POST {_V1}*": guarded(_data_v1),
    f"POST {_V0}*": guarded(_data_v0),
    f"POST {_COMPILE}*": guarded(_compile),
}
