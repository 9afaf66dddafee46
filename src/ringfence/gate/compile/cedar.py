"""The decision as Cedar, for those who run it already.

Cedar has neither quantifiers nor sums over sets, so that much is joined beforehand:
who is excluded, what is protected, what an exception or a mask covers. What depends on
the request is left to Cedar: the time, the verb, the columns, the row, the purpose, the
count, and what is obeyed. Every rule is a permit: what Cedar can't evaluate it denies.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from ringfence.boundary.decision.decide import lacks, standing, touched
from ringfence.boundary.decision.request import Request
from ringfence.boundary.decision.scene import Dataset, Leave, Marker, Scene
from ringfence.boundary.status import Status
from ringfence.boundary.vocabulary import VERB_GROUPS, VERBS, kind_of
from ringfence.errors import ConfigError
from ringfence.guard.values import instant

Json = dict[str, object]
_encoder = msgspec.json.Encoder(order="sorted")
_MOST = 2**63 - 1  # the largest whole number that Cedar has


def cedar(scene: Scene) -> tuple[str, bytes]:
    """Return the rules and the entities of a scene."""
    markers = _markers(scene)
    rules = [
        f"// {reason}\npermit (principal, action, resource)\nwhen {{\n  {body}\n}};"
        for reason, body in _permits(scene, markers)
    ]
    entities = [*_principals(scene), *_resources(scene, markers)]
    return "\n\n".join(rules) + "\n", _encoder.encode(entities)


def cedar_request(
    scene: Scene, request: Request, now: str, counted: Mapping[str, int]
) -> Json:
    """Return a request as Cedar takes it.

    Raises:
        ConfigError: It states attributes of the principal, or a number or an instant
            that Cedar doesn't have.
    """
    if request.stated:
        message = "a request to Cedar can't state attributes of the principal"
        raise ConfigError(message, None, "leave them out, or ask Ringfence itself")
    resource, columns = _resource_of(request)
    context: Json = {
        "now": _seconds(now),
        "whole": not columns,
        "columns": sorted({*columns}),
        "purpose": request.purpose,
        "obeys": sorted(request.obeys),
        "counted": {name: _whole(count) for name, count in counted.items()},
    }
    if scene.gate.mode == "grants":
        context["granted"] = lacks(scene, request, now) is None
    if request.subjects is not None:
        context["subjects"] = _whole(request.subjects)
    if request.row is not None:
        context["row"] = {k: v for k, v in request.row.items() if v is not None}
    return {
        "principal": {"type": "Principal", "id": request.principal},
        "action": {"type": "Action", "id": request.verb},
        "resource": {"type": "Resource", "id": resource},
        "context": context,
    }


def text(value: str) -> str:
    """Return a text as Cedar writes it."""
    return f'"{"".join(map(_character, value))}"'


def _character(one: str) -> str:
    if one in '"\\':
        return f"\\{one}"
    return one if one.isprintable() else f"\\u{{{ord(one):x}}}"


def _texts(values: Iterable[str]) -> str:
    return f"[{', '.join(map(text, values))}]"


def _resource_of(request: Request) -> tuple[str, tuple[str, ...]]:
    """Return what Cedar is asked about, and the columns of it; none stands for all."""
    kind, _, name = request.resource.partition(":")
    if kind == "column":
        whole, _, column = name.rpartition(".")
        return f"dataset:{whole}", (column,)
    return request.resource, () if kind == "store" else request.columns


def _seconds(moment: str) -> int:
    found = instant(moment)
    if found is None or found.denominator != 1:
        raise ConfigError(f"`{moment}` is no instant", None, "write it to the second")
    return found.numerator


def _whole(number: int) -> int:
    if abs(number) > _MOST:
        raise ConfigError(f"{number} is more than Cedar counts to", None)
    return number


# --- rules ----------------------------------------------------------------------------


def _permits(scene: Scene, markers: list[Marker]) -> Iterator[tuple[str, str]]:
    """Yield each reason that allows, and what has to hold for it."""
    known = [*VERBS]
    counted = {verb for group in scene.gate.verbs for verb in VERB_GROUPS[group]}
    always = [
        f"context.now >= {_seconds(scene.since)}",
        f"context.now < {_seconds(scene.until)}",
        _is_among(known),
        *(["context.granted"] if scene.gate.mode == "grants" else []),
    ]
    inside = [f"principal.standing[{text(s.name)}] == 0" for s in scene.selectors]
    reasons: dict[str, list[str]] = {
        "not-excluded": ["principal has standing", *inside],
        "not-counted": [_is_among([verb for verb in known if verb not in counted])],
        "not-protected": ["resource has harmless", _covers("harmless")],
        "other-row": _is_other_row(markers),
    }
    for leave in scene.leaves:
        reasons[f"leave {text(leave.name)}"] = [*_fits(leave), *_concedes(leave)]
    read = [_is_among(["read"]), "resource has offers_rows"]
    is_obeyed = "context.obeys.contains"
    reasons["rows"] = [
        *read,
        f"resource.offers_rows && !(context has row) && {is_obeyed}({text('rows')})",
    ]
    reasons["masked"] = [*read, f"{is_obeyed}({text('mask')})", _covers("masked")]
    for reason, conditions in reasons.items():
        yield reason, " &&\n  ".join([*always, *conditions])


def _is_among(verbs: list[str]) -> str:
    if not verbs:
        return "false"
    return f"action in [{', '.join(f'Action::{text(verb)}' for verb in verbs)}]"


def _covers(what: str) -> str:
    """Return the condition that all that is touched is of a set of columns."""
    return (
        f"(if context.whole then resource.{what}_whole "
        f"else resource.open && resource.{what}.containsAll(context.columns))"
    )


def _is_other_row(markers: list[Marker]) -> list[str]:
    """Return the conditions that the row is surely of nobody in the population."""
    found = ["context has row", "resource has markers", "resource.all_marked"]
    for number, marker in enumerate(markers):
        column = text(marker.column)
        other = (
            f"context.row has {column} && "
            f"!({_texts(marker.values)}.contains(context.row[{column}]))"
        )
        found.append(f"(!(resource.markers.contains({number})) || ({other}))")
    return found


def _fits(leave: Leave) -> list[str]:
    """Return the conditions that an exception fits: who, when and which columns."""
    name = text(leave.name)
    columns = f"resource.conceded[{name}].containsAll(context.columns)"
    covered = f"resource.conceded_whole.contains({name})"
    return [
        f"principal has leaves && principal.leaves.contains({name})",
        *([f"context.now >= {_seconds(leave.since)}"] if leave.since else []),
        f"context.now < {_seconds(leave.until)}",
        "resource has conceded",
        f"(if context.whole then {covered} else resource.open && {columns})",
    ]


def _concedes(leave: Leave) -> list[str]:
    """Return the conditions that an exception that fits concedes it."""
    name = text(leave.name)
    used = f"(if context.counted has {name} then context.counted[{name}] else 0)"
    return [
        f"context.purpose == {text(leave.purpose)}",
        "context has subjects && context.subjects >= 0",
        f"{used} + context.subjects <= {leave.cap}",
    ]


# --- entities -------------------------------------------------------------------------


def _principals(scene: Scene) -> Iterator[Json]:
    entities = {id_ for found in scene.entities.values() for id_ in found}
    judged = {*scene.people, *entities}
    for id_ in sorted(judged.union(*(leave.who for leave in scene.leaves))):
        request = Request(id_, "read", "")
        attributes: Json = {
            "leaves": [leave.name for leave in scene.leaves if id_ in leave.who]
        }
        if id_ in judged:
            attributes["standing"] = {
                one.name: int(standing(scene, one.name, request))
                for one in scene.selectors
            }
        yield _entity("Principal", id_, attributes)


def _resources(scene: Scene, markers: list[Marker]) -> Iterator[Json]:
    """Yield the datasets and the stores that anything is known of."""
    stores = [one for one, datasets in scene.stores.items() if datasets]
    for id_ in sorted({*scene.datasets, *stores}):
        dataset = Dataset() if kind_of(id_) == "store" else scene.datasets[id_]
        attributes = {
            **_of_columns(scene, id_, dataset),
            **_of_whole(scene, Request("", "read", id_), markers),
        }
        yield _entity("Resource", id_, attributes)


def _of_columns(scene: Scene, id_: str, dataset: Dataset) -> Json:
    """Return what is asked about where columns are named."""
    harmless = {name for name, one in dataset.columns.items() if one is Status.NO}
    prefix = id_.partition(":")[2] + "."
    conceded = {}
    for leave in scene.leaves:
        own = {
            one.removeprefix(prefix) for one in leave.columns if one.startswith(prefix)
        }
        conceded[leave.name] = sorted(harmless | own)
    return {
        "open": dataset.status is Status.NO,
        "harmless": sorted(harmless),
        "masked": sorted(harmless.union(dataset.masks)),
        "conceded": conceded,
    }


def _of_whole(scene: Scene, request: Request, markers: list[Marker]) -> Json:
    """Return what is asked about where all of it is touched, or any part."""
    found = [*touched(scene, request)]
    parts = {whole: dataset for whole, dataset, _ in found}
    ids = {f"{whole.partition(':')[2]}.{name}" for whole, _, name in found}
    if kind_of(request.resource) != "store":
        parts = {request.resource: scene.datasets[request.resource]}
    rows = [dataset.rows for dataset in parts.values()]
    is_one = len(parts) == 1
    return {
        "harmless_whole": not found,
        "conceded_whole": [
            leave.name for leave in scene.leaves if ids <= {*leave.columns}
        ],
        "masked_whole": is_one and all(name in one.masks for _, one, name in found),
        "offers_rows": is_one and rows[0] is not None,
        "all_marked": None not in rows,
        "markers": sorted({markers.index(one) for one in rows if one is not None}),
    }


def _markers(scene: Scene) -> list[Marker]:
    """Return the ways to tell whose a row is, each once."""
    found = (dataset.rows for dataset in scene.datasets.values())
    return list(dict.fromkeys(one for one in found if one is not None))


def _entity(kind: str, id_: str, attributes: Json) -> Json:
    return {"uid": {"type": kind, "id": id_}, "attrs": attributes, "parents": []}
