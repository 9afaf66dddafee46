"""The decision, as plainly as it can be written: every compiler is held to this.

Denied unless something allows it. Exclusion beats grant; whatever isn't known counts as
it would count at worst.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import assert_never

from ringfence.boundary.decision.request import Decision, Reason, Request, Stated
from ringfence.boundary.decision.scene import Dataset, Known, Leave, Scene
from ringfence.boundary.model import AllOf, AnyOf, Attribute, Employer, Not, Owned, Test
from ringfence.boundary.selector import Holder, attribute_status, employment_status
from ringfence.boundary.status import Status
from ringfence.boundary.vocabulary import ATTRIBUTES, VERB_GROUPS, VERBS, kind_of
from ringfence.guard import tree as guard
from ringfence.guard.concrete import holds
from ringfence.guard.tree import Condition

PRINCIPAL = "principal."
_STRANGER = Dataset(status=Status.UNKNOWN)


def decide(
    scene: Scene, request: Request, now: str, counted: Mapping[str, int] | None = None
) -> Decision:
    """Return whether a request may cross, and why.

    Args:
        scene: What is known.
        request: What is asked.
        now: The instant, `YYYY-MM-DDTHH:MM:SSZ`.
        counted: How many people each exception has been used for, by its name.
    """
    if not scene.since <= now < scene.until:
        return Decision(Reason.STALE)
    if request.verb not in VERBS:
        return Decision(Reason.UNKNOWN_VERB)
    fenced = _fence(scene, request, now, counted or {})
    if not fenced.allowed or scene.gate.mode == "fence":
        return fenced
    lacking = lacks(scene, request, now)
    if lacking is None:
        return fenced
    return Decision(lacking, fenced.selectors, fenced.columns)


# --- the fence ------------------------------------------------------------------------


def _fence(
    scene: Scene, request: Request, now: str, counted: Mapping[str, int]
) -> Decision:
    standings = {
        one.name: standing(scene, one.name, request) for one in scene.selectors
    }
    out = tuple(name for name, one in standings.items() if one is not Status.NO)
    if not out:
        return Decision(Reason.NOT_EXCLUDED)
    if request.verb not in {
        v for group in scene.gate.verbs for v in VERB_GROUPS[group]
    }:
        return Decision(Reason.NOT_COUNTED, out)
    parts = [*touched(scene, request)]
    columns = tuple(name for _, _, name in parts)
    if not parts:
        return Decision(Reason.NOT_PROTECTED, out)
    if all(_is_other_row(dataset, request) for _, dataset, _ in parts):
        return Decision(Reason.OTHER_ROW, out, columns)
    sure = any(standings[name] is Status.YES for name in out)
    found = Decision(Reason.EXCLUDED if sure else Reason.PERHAPS_EXCLUDED, out, columns)
    ids = {f"{whole.partition(':')[2]}.{name}" for whole, _, name in parts}
    nearest = _conceded(scene, request, now, counted, ids)
    if nearest is not None:
        found = replace(found, reason=nearest[0], leave=nearest[1])
    return found if found.allowed else _obeyed(request, parts, found) or found


def standing(scene: Scene, selector: str, request: Request) -> Status:
    """Return whether a selector excludes whoever makes a request."""
    kind = kind_of(request.principal)
    if kind == "legal_entity":
        return scene.entities[selector].get(request.principal, Status.UNKNOWN)
    stored = scene.people.get(request.principal)
    told = {
        name: frozenset(values)
        for name, values in request.stated.items()
        if values and name in ATTRIBUTES["person"]
    }
    if kind != "person" or (stored is None and not told):
        return Status.UNKNOWN
    stored = stored or Known()
    test = next(one.people for one in scene.selectors if one.name == selector)
    entities = scene.entities[selector]
    own = {name: frozenset(values) for name, values in stored.attributes.items()}
    doubted = frozenset(stored.unknown)
    if request.trusted:
        return _tested(test, Holder({**own, **told}, doubted - told.keys()), entities)
    before = _tested(test, Holder(own, doubted), entities)
    if request.principal not in scene.people:
        before = Status.UNKNOWN
    return max(before, _tested(test, Holder({**told, **own}, doubted), entities))


def _tested(test: Test, holder: Holder, entities: Mapping[str, Status]) -> Status:
    match test:
        case AnyOf():
            return max(_tested(part, holder, entities) for part in test.of)
        case AllOf():
            return min(_tested(part, holder, entities) for part in test.of)
        case Employer():
            known = employment_status(test, holder)
            if test.entities:
                return known
            others = (entities.get(one, Status.UNKNOWN) for one in holder.employers())
            return max((known, *others))
        case Attribute() | Not():
            return attribute_status(test, holder)
        case Owned():
            raise AssertionError(test)  # the grammar keeps it to entities
        case _:
            assert_never(test)


# --- what is touched ------------------------------------------------------------------


def touched(scene: Scene, request: Request) -> Iterator[tuple[str, Dataset, str]]:
    """Yield every column that is, or may be, protected: its dataset's id, it, its name.

    What is protected without a name that we know has none.
    """
    for whole, names in _datasets(scene, request):
        dataset = scene.datasets.get(whole, _STRANGER)
        if dataset.status is not Status.NO:
            yield whole, dataset, ""
        for name in names or dataset.columns:
            if dataset.columns.get(name, Status.UNKNOWN) is not Status.NO:
                yield whole, dataset, name


def _datasets(scene: Scene, request: Request) -> Iterator[tuple[str, tuple[str, ...]]]:
    kind, _, name = request.resource.partition(":")
    match kind:
        case "column":
            whole, _, column = name.rpartition(".")
            yield f"dataset:{whole}", (column,)
        case "store" if scene.stores.get(request.resource):
            for dataset in scene.stores[request.resource]:
                yield dataset, ()
        case _:
            yield request.resource, request.columns


def _is_other_row(dataset: Dataset, request: Request) -> bool:
    """Return whether the row is surely of nobody in the population."""
    if dataset.rows is None or request.row is None:
        return False
    value = request.row.get(dataset.rows.column)
    return value is not None and value not in dataset.rows.values


# --- what concedes it -----------------------------------------------------------------


def _conceded(
    scene: Scene, request: Request, now: str, counted: Mapping[str, int], ids: set[str]
) -> tuple[Reason, str] | None:
    """Return the exception that concedes it, or what keeps the first that fits."""
    fitting = [
        one
        for one in scene.leaves
        if request.principal in one.who
        and one.since <= now < one.until
        and ids <= {*one.columns}
    ]
    found = [(_missing(one, request, counted), one.name) for one in fitting]
    return next(
        (one for one in found if one[0] is Reason.LEAVE), next(iter(found), None)
    )


def _missing(leave: Leave, request: Request, counted: Mapping[str, int]) -> Reason:
    if request.purpose != leave.purpose:
        return Reason.NO_PURPOSE
    if request.subjects is None or request.subjects < 0:
        return Reason.UNCOUNTED
    if counted.get(leave.name, 0) + request.subjects > leave.cap:
        return Reason.CAP
    return Reason.LEAVE


def _obeyed(
    request: Request, parts: list[tuple[str, Dataset, str]], denied: Decision
) -> Decision | None:
    """Return what may be read if it is obeyed, None where nothing may."""
    whole, first, _ = parts[0]
    out, columns = denied.selectors, denied.columns
    if request.verb != "read" or any(one != whole for one, _, _ in parts):
        return None
    if first.rows is not None and request.row is None and "rows" in request.obeys:
        return Decision(Reason.ROWS, out, columns, rows=first.rows)
    if "mask" not in request.obeys or {*columns} - first.masks.keys():
        return None
    masks = {name: first.masks[name] for name in columns}
    return Decision(Reason.MASKED, out, columns, masks=masks)


# --- grants ---------------------------------------------------------------------------


def lacks(scene: Scene, request: Request, now: str) -> Reason | None:
    """Return what is missing of a grant, or None if each column is granted."""
    found = [
        _granted(scene, request, now, whole, one)
        for whole, one in _asked(scene, request)
    ]
    worst = [one for one in found if one is not None]
    if not found or Reason.NO_GRANT in worst:
        return Reason.NO_GRANT
    return worst[0] if worst else None


def _asked(scene: Scene, request: Request) -> Iterator[tuple[str, str]]:
    """Yield what needs a grant: a dataset's id, and its column's, if it has any."""
    for whole, names in _datasets(scene, request):
        dataset = scene.datasets.get(whole, _STRANGER)
        bare = whole.partition(":")[2]
        for name in names or dataset.columns or ("",):
            yield whole, f"column:{bare}.{name}" if name else whole


def _granted(
    scene: Scene, request: Request, now: str, whole: str, column: str
) -> Reason | None:
    fitting = [
        grant
        for grant in scene.grants
        if request.principal in grant.who
        and request.verb in grant.verbs
        and grant.since <= now
        and (not grant.until or now < grant.until)
        and (whole in grant.what or column in grant.what)
    ]
    if not fitting:
        return Reason.NO_GRANT
    circumstances, doubted = _circumstances(scene, request)
    is_met = any(
        one.guard is None or holds(_doubting(one.guard, doubted), circumstances) is True
        for one in fitting
    )
    return None if is_met else Reason.GUARD


def _circumstances(scene: Scene, request: Request) -> tuple[Stated, frozenset[str]]:
    """Return what guards are asked about, and the keys that nobody can answer for.

    Of the principal, that is what is stored; a caller's word counts if it is trusted.
    """
    known = scene.people.get(request.principal, Known())
    stated = request.stated if request.trusted else {}
    told = {name: values for name, values in stated.items() if values}
    doubted = {*known.unknown} - told.keys()
    own = {k: v for k, v in known.attributes.items() if k not in doubted}
    around = {
        key: values
        for key, values in request.circumstances.items()
        if not key.casefold().startswith(PRINCIPAL)
    }
    of_principal = {f"{PRINCIPAL}{k}": v for k, v in {**own, **told}.items()}
    return {**around, **of_principal}, frozenset(f"{PRINCIPAL}{k}" for k in doubted)


def _doubting(condition: Condition, doubted: frozenset[str]) -> Condition:
    """Return a condition in which whatever speaks of a doubted key is undecided."""
    if not doubted:
        return condition
    match condition:
        case guard.All():
            return guard.All(tuple(_doubting(one, doubted) for one in condition.of))
        case guard.AnyOf():
            return guard.AnyOf(tuple(_doubting(one, doubted) for one in condition.of))
        case guard.Not():
            return guard.Not(_doubting(condition.of, doubted))
        case guard.Absent() | guard.Compare() if condition.key.casefold() in doubted:
            return guard.Undecided(condition.key)
        case _:
            return condition
