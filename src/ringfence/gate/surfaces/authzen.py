"""OpenID AuthZEN, Authorization API 1.0: evaluations, searches and metadata.

Whatever is understood is answered with 200, a denial too; whatever isn't, with 400 and
a message; and where the gate can't answer, with 503. A caller that gets anything but
`"decision": true` must deny.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec

from ringfence.boundary.decision.request import Decision
from ringfence.errors import ConfigError
from ringfence.gate.point.asked import Answer, Asked, Caller, UnansweredError
from ringfence.gate.point.http import Call, Reply
from ringfence.gate.point.point import Point, Prompt
from ringfence.gate.surfaces.asking import Words, asked_by
from ringfence.gate.surfaces.bodies import (
    Evaluation,
    MalformedError,
    Part,
    Several,
    question,
    shaped,
    tree,
)
from ringfence.gate.surfaces.searching import actions, resources, subjects

Handler = Callable[[Point, Caller, Call], Coroutine[Any, Any, Reply]]
Prompting = Callable[[Prompt, Caller, Call, Callable[[Reply], None]], None]
Answering = Callable[[Point, Caller, Call], Coroutine[Any, Any, msgspec.Struct]]

MOST_EVALUATIONS = 1_000
WELL_KNOWN = "/.well-known/authzen-configuration"
_STOPS_AT = {"deny_on_first_deny": False, "permit_on_first_permit": True}
# Without TLS on one's own machine alone: the specification asks for https.
_BASE = re.compile(
    r"(https://([a-z0-9._-]+|\[[0-9a-f:.]+\])|http://(localhost|127\.0\.0\.1|\[::1\]))"
    r"(:[0-9]{1,5})?(/[a-z0-9._~%/-]*)?",
    re.ASCII | re.IGNORECASE,
)
_encoder = msgspec.json.Encoder()
_UNANSWERED = Reply(503, _encoder.encode("the gate can't answer now: deny"))


# --- what is answered -----------------------------------------------------------------


class Obligation(msgspec.Struct, frozen=True):
    """What a caller has to carry out, or else deny."""

    id: str
    type: str
    properties: dict[str, object]


class Why(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why a decision is what it is, and where the ledger says so."""

    id: str
    reason: str
    reasons: tuple[str, ...]
    boundary: str
    estate: str
    time: str
    path: tuple[str, ...] = ()
    obligations: tuple[Obligation, ...] = ()


class Fault(msgspec.Struct, frozen=True):
    """What is wrong with one of several questions."""

    status: int
    message: str


class Broken(msgspec.Struct, frozen=True):
    """The context of a question that can't be understood."""

    error: Fault


class Told(msgspec.Struct, frozen=True):
    """A decision."""

    decision: bool
    context: Why | Broken


class AllTold(msgspec.Struct, frozen=True):
    """Several decisions, in the order of their questions."""

    evaluations: list[Told]


class Metadata(msgspec.Struct, frozen=True):
    """Where the gate is asked."""

    policy_decision_point: str
    access_evaluation_endpoint: str
    access_evaluations_endpoint: str
    search_subject_endpoint: str
    search_resource_endpoint: str
    search_action_endpoint: str


def _told(answer: Answer) -> Told:
    decision = answer.decision
    why = Why(
        id=answer.id,
        reason=str(decision.reason),
        reasons=(answer.words,),
        boundary=answer.boundary,
        estate=answer.estate,
        time=answer.time,
        path=answer.path,
        obligations=tuple(_obligations(decision)),
    )
    return Told(decision.allowed, why)


def _obligations(decision: Decision) -> list[Obligation]:
    """Return what has to be carried out, if it is allowed at all."""
    if not decision.masks and decision.rows is None:
        return []
    found = [
        Obligation(f"mask:{column}", "mask", {"column": column, "mask": mask})
        for column, mask in sorted(decision.masks.items())
    ]
    rows = decision.rows
    if rows is not None:
        # A row whose value isn't known may be of the population: it is left out too.
        told = {"column": rows.column, "without": [*rows.values], "nulls": False}
        found.append(Obligation(f"row_filter:{rows.column}", "row_filter", told))
    return found


# --- evaluations ----------------------------------------------------------------------


async def evaluation(point: Point, caller: Caller, call: Call) -> Told:
    """Answer one question."""
    asked = question(call)
    return await _single(point, caller, call, asked)


def _prompted(
    point: Prompt, caller: Caller, call: Call, told: Callable[[Reply], None]
) -> None:
    """Answer one question without anybody who waits for it."""
    asked = question(call)
    request = Words(caller, point.scene).request(asked)

    def tell(answers: list[Answer] | None) -> None:
        if answers is None:
            told(_UNANSWERED)
        else:
            told(Reply(200, _encoder.encode(_told(answers[0]))))

    point.prompt([asked_by(caller, call, request)], tell)


async def _single(point: Point, caller: Caller, call: Call, asked: Evaluation) -> Told:
    request = Words(caller, point.scene).request(asked)
    [answer] = await point.answers([asked_by(caller, call, request)])
    return _told(answer)


async def evaluations(point: Point, caller: Caller, call: Call) -> Told | AllTold:
    """Answer several questions; of none, the one that the defaults make."""
    several = shaped(tree(call), Several)
    if not several.evaluations:
        return await _single(point, caller, call, several.over(Part()))
    if len(several.evaluations) > MOST_EVALUATIONS:
        raise MalformedError(f"more than {MOST_EVALUATIONS} evaluations")
    words = Words(caller, point.scene)
    read = [_read(words, call, one, several) for one in several.evaluations]
    semantic = several.options and several.options.evaluations_semantic
    if semantic in _STOPS_AT:
        return AllTold(await _until(point, read, stop=_STOPS_AT[semantic]))
    return AllTold(await _each(point, read))


def _read(words: Words, call: Call, value: object, defaults: Part) -> Asked | Broken:
    try:
        request = words.request(shaped(value, Part).over(defaults))
    except MalformedError as error:
        return Broken(Fault(400, str(error)))
    return asked_by(words.caller, call, request)


async def _each(point: Point, read: Sequence[Asked | Broken]) -> list[Told]:
    """Answer all questions together."""
    asked = [one for one in read if isinstance(one, Asked)]
    answers = iter(await point.answers(asked) if asked else [])
    return [
        Told(decision=False, context=one)
        if isinstance(one, Broken)
        else _told(next(answers))
        for one in read
    ]


async def _until(
    point: Point, read: Sequence[Asked | Broken], *, stop: bool
) -> list[Told]:
    """Answer one question after another, up to the first that is decided so."""
    found: list[Told] = []
    for one in read:
        found += await _each(point, [one])
        if found[-1].decision is stop:
            break
    return found


# --- endpoints ------------------------------------------------------------------------

_ENDPOINTS: Mapping[str, tuple[str, Answering]] = {
    "access_evaluation_endpoint": ("/access/v1/evaluation", evaluation),
    "access_evaluations_endpoint": ("/access/v1/evaluations", evaluations),
    "search_subject_endpoint": ("/access/v1/search/subject", subjects),
    "search_resource_endpoint": ("/access/v1/search/resource", resources),
    "search_action_endpoint": ("/access/v1/search/action", actions),
}


def routes(base_url: str) -> Mapping[str, Handler]:
    """Return what answers at which method and path.

    Args:
        base_url: Where callers find the gate (`https://gate.example`); its path, if it
            has one, comes before the endpoints' own, which answer without it too.
            Empty: nobody says, and there is no metadata.

    Raises:
        ConfigError: It is no such URL.
    """
    base = _checked(base_url)
    tenant = unquote(urlsplit(base).path)
    found = {
        f"POST {before}{path}": _handler(answering)
        for path, answering in _ENDPOINTS.values()
        for before in dict.fromkeys(("", tenant))
    }
    metadata = _metadata(base)
    for after in dict.fromkeys(("", tenant)):
        found[f"GET {WELL_KNOWN}{after}"] = metadata
    return found


def prompts(base_url: str) -> Mapping[str, Prompting]:
    """Return what answers single questions without anybody who waits, by path.

    Args:
        base_url: As for `routes`.

    Raises:
        ConfigError: It is no such URL.
    """
    tenant = unquote(urlsplit(_checked(base_url)).path)
    path, _ = _ENDPOINTS["access_evaluation_endpoint"]
    return {f"{before}{path}": _prompted for before in dict.fromkeys(("", tenant))}


def _checked(base_url: str) -> str:
    if base_url and not _BASE.fullmatch(base_url):
        hint = "write `https://gate.example`, without query and fragment"
        raise ConfigError(f"the gate can't be at `{base_url}`", hint=hint)
    return base_url.rstrip("/")


def _metadata(base: str) -> Handler:
    body = {name: f"{base}{path}" for name, (path, _) in _ENDPOINTS.items()}
    known = Reply(200, _encoder.encode(Metadata(policy_decision_point=base, **body)))
    unknown = Reply(404, _encoder.encode("nobody has said where the gate is found"))

    async def metadata(_point: Point, _caller: Caller, _call: Call) -> Reply:
        return known if base else unknown

    return metadata


def _handler(answering: Answering) -> Handler:
    """Return what tells an answer, or why there is none, as HTTP."""

    async def handle(point: Point, caller: Caller, call: Call) -> Reply:
        try:
            return Reply(200, _encoder.encode(await answering(point, caller, call)))
        except MalformedError as error:
            return Reply(400, _encoder.encode(str(error)))
        except UnansweredError:
            return _UNANSWERED

    return handle


ROUTES = routes("")
