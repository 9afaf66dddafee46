"""A decision in plain words, and why its principal is excluded: the one place for both.

Whatever comes from a request is made safe to print: it is a stranger's text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from ringfence.boundary.decision.decide import standing
from ringfence.boundary.decision.request import Decision, Reason, Request
from ringfence.boundary.decision.scene import Known, Marker, Scene
from ringfence.boundary.model import Attribute, Employer, Mask, Selector
from ringfence.boundary.selector import (
    Holder,
    attribute_status,
    employment_status,
    leaves,
)
from ringfence.boundary.status import Status
from ringfence.boundary.vocabulary import kind_of
from ringfence.errors import printable

Label = Callable[[str], str]
SHOWN = 3
_MASKED: dict[Mask, str] = {
    "null": "as nothing",
    "full": "hidden",
    "hash": "as a hash",
    "first4": "with its first 4 characters",
    "last4": "with its last 4 characters",
    "year": "as a year",
}


def words(decision: Decision, request: Request, label: Label = str) -> str:
    """Return a decision as one sentence, without a full stop.

    Args:
        decision: The decision.
        request: What was asked.
        label: Turns an id into the name that people use.
    """
    may = "may" if decision.allowed else "may not"
    who, what = label(request.principal), label(request.resource)
    said = f"{who} {may} {request.verb} {what}{_because(decision, request)}"
    return printable(said)


def _because(decision: Decision, request: Request) -> str:
    if decision.reason in _PLAIN:  # as nearly all are
        return f": {_PLAIN[decision.reason]}"
    match decision.reason:
        case Reason.ROWS:
            return _without_rows(decision.rows)
        case Reason.MASKED:
            masks = (f"`{name}` {_MASKED[m]}" for name, m in decision.masks.items())
            return f", masked: {_listed(masks)}"
        case Reason.EXCLUDED | Reason.PERHAPS_EXCLUDED:
            return f": {_excluded(decision)}, and {_protected(decision.columns)}"
        case Reason.LEAVE | Reason.NO_PURPOSE | Reason.UNCOUNTED | Reason.CAP:
            return f": exception `{decision.leave}` {_conceding(decision, request)}"
        case _:
            return f": {_PLAIN[decision.reason]}"


_PLAIN = {
    Reason.NOT_EXCLUDED: "nothing that the gate names excludes the principal",
    Reason.NOT_PROTECTED: "nothing that is touched is protected",
    Reason.NOT_COUNTED: "the gate doesn't count the verb",
    Reason.OTHER_ROW: "the row is of nobody in the population",
    Reason.STALE: "what the gate knows is of another time",
    Reason.UNKNOWN_VERB: "there is no such verb",
    Reason.NO_GRANT: "nobody surely gave it",
    Reason.GUARD: "it was given on a condition that this request doesn't meet",
}


def _without_rows(rows: Marker | None) -> str:
    if rows is None:
        return ", without the rows of the population"
    values = _listed((f"`{one}`" for one in rows.values), last="or")
    return f", without the rows whose `{rows.column}` is {values} or isn't known"


def _excluded(decision: Decision) -> str:
    names = _ticked(decision.selectors)
    if decision.reason is Reason.EXCLUDED:
        if len(decision.selectors) > 1:
            return f"{names} keep the principal out"
        return f"{names} excludes the principal"
    return f"nobody can say that the principal isn't excluded by {names}"


def _protected(columns: tuple[str, ...]) -> str:
    named = tuple(dict.fromkeys(filter(None, columns)))
    if not named:
        return "what is touched is, or may be, protected"
    return f"{_ticked(named)} {'is' if len(named) == 1 else 'are'} protected"


def _conceding(decision: Decision, request: Request) -> str:
    match decision.reason:
        case Reason.LEAVE:
            return "concedes it"
        case Reason.NO_PURPOSE if not request.purpose:
            return "may concede it, for a purpose that the request doesn't state"
        case Reason.NO_PURPOSE:
            return f"concedes it, yet not for the purpose `{request.purpose}`"
        case Reason.UNCOUNTED:
            return "needs to be told how many people's data is asked for"
        case _:
            return "is used up: this would go beyond its cap"


# --- why the principal is excluded ----------------------------------------------------


def path(scene: Scene, request: Request, decision: Decision) -> tuple[str, ...]:
    """Return why the principal is excluded, or may be: a phrase for each selector.

    `northern: is employed by X, which is organised in CN`.
    """
    selectors = {one.name: one for one in scene.selectors}
    return tuple(
        printable(f"{name}: {_why(scene, request, selectors[name])}")
        for name in decision.selectors
    )


def _why(scene: Scene, request: Request, selector: Selector) -> str:
    known = scene.people.get(request.principal)
    if known is not None and selector.name in known.why:
        return known.why[selector.name]
    status = standing(scene, selector.name, request)
    match kind_of(request.principal), status:
        case "legal_entity", Status.YES:
            return "is an excluded legal entity"
        case "legal_entity", _:
            return "nobody can say whether the legal entity is excluded"
        case "person", Status.YES:
            return "is excluded by what the request states"
        case "person", _:
            return _doubts(scene, selector, request, known)
        case _:
            return "is no person, and nobody can say who uses it"


def _doubts(
    scene: Scene, selector: Selector, request: Request, known: Known | None
) -> str:
    if known is None:
        return "is nobody whom the estate knows"
    found = [*dict.fromkeys(_open(scene, selector, known))]
    if not found and request.stated:
        return "may be excluded by what the request states"
    return " and ".join(found[:SHOWN]) or "what is known doesn't tell"


def _open(scene: Scene, selector: Selector, known: Known) -> Iterator[str]:
    """Yield what isn't known of a person, of what a selector asks."""
    values = {name: frozenset(found) for name, found in known.attributes.items()}
    holder = Holder(values, frozenset(known.unknown))
    for leaf in leaves(selector.people):
        if isinstance(leaf, Attribute):
            if attribute_status(leaf, holder) is Status.UNKNOWN:
                yield _state_of(leaf.name, known)
        elif isinstance(leaf, Employer):
            yield from _open_employers(scene.entities[selector.name], leaf, holder)


def _open_employers(
    entities: Mapping[str, Status], test: Employer, holder: Holder
) -> Iterator[str]:
    if employment_status(test, holder) is Status.UNKNOWN:
        yield "nobody can say who the employer is"
    elif not test.entities:
        for one in holder.employers():
            if entities.get(one, Status.UNKNOWN) is Status.UNKNOWN:
                yield f"nobody can say whether {one} is excluded"


def _state_of(name: str, known: Known) -> str:
    values = known.attributes.get(name, ())
    if name in known.unknown:
        return f"what is stated of `{name}` can't be relied on"
    if not values:
        return f"no `{name}` is recorded"
    return f"`{name}` is {' and '.join(values)}"


# --- lists ----------------------------------------------------------------------------


def _ticked(names: Iterable[str]) -> str:
    return _listed(f"`{name}`" for name in names)


def _listed(names: Iterable[str], last: str = "and") -> str:
    told = [*names]
    if len(told) > SHOWN + 1:
        told = [*told[:SHOWN], f"{len(told) - SHOWN} more"]
    *first, final = told
    return f"{', '.join(first)} {last} {final}" if first else final
