"""The scene of a case: all that a gate needs to decide, taken as of one instant.

It says of everybody and everything what the case says of them, so that a decision and a
verdict can't disagree.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from ringfence.boundary.decision.scene import Known, Leave, Scene
from ringfence.boundary.derivation import why
from ringfence.boundary.model import BoundaryException, Gate, digest
from ringfence.boundary.selector import Excluded, Holder
from ringfence.boundary.status import Status
from ringfence.boundary.vocabulary import kind_of
from ringfence.claims.case import Case
from ringfence.claims.events.holders import Holding
from ringfence.claims.granting import grants as granted
from ringfence.claims.instants import seconds
from ringfence.claims.scenery import Scenery
from ringfence.errors import ConfigError, Locus

_HINT = "add `gate:` to the boundary: `gate: {excluded: [NAME]}`, a selector's name"
_BLANK = Holder()


def scene_of(case: Case, *, grants: bool | None = None, until: str = "") -> Scene:
    """Return the scene of a case, as of its instant.

    Args:
        case: The case.
        grants: Whether to say who holds what; None leaves it to the gate's mode.
        until: First instant that may not be decided any more, if the scene would hold
            longer by itself.

    Raises:
        ConfigError: The boundary says nothing of a gate.
    """
    gate = gate_of(case)
    judged = {name: case.judged(name) for name in gate.excluded}
    scenery = Scenery(case, gate)
    asks = gate.mode == "grants" if grants is None else grants
    return Scene(
        boundary=digest(case.boundary),
        estate=case.estate.digest(),
        since=case.view.instant,
        until=good_until(case, until),
        gate=gate,
        selectors=tuple(case.boundary.selector(name) for name in gate.excluded),
        people=_people(case, judged),
        entities={name: _entities(one) for name, one in judged.items()},
        datasets=scenery.datasets,
        stores=scenery.stores,
        leaves=_leaves(case, gate, scenery),
        grants=granted(case, scenery.datasets) if asks else (),
    )


def gate_of(case: Case) -> Gate:
    """Return what the boundary says of a gate.

    Raises:
        ConfigError: It says nothing of one.
    """
    if case.boundary.gate is None:
        message = f"boundary `{case.boundary.name}` says nothing of a gate"
        raise ConfigError(message, Locus("--case"), _HINT)
    return case.boundary.gate


def good_until(case: Case, cap: str = "") -> str:
    """Return the first instant at which anything may be otherwise.

    Args:
        case: The case.
        cap: An instant that is too late, if it is good any longer by itself.
    """
    first = case.view.instant
    ends = [later(first, case.boundary.max_age_days)]
    ends += [one.until for one in case.boundary.regimes if one.until > first]
    ends += [cap] if cap else []
    end = min(ends)
    return next(iter(case.estate.changes(first, end)), end)


def later(instant: str, days: int) -> str:
    """Return the instant so many days later, or the last one that can be written."""
    try:
        end = datetime.fromisoformat(instant) + timedelta(days=days)
    except OverflowError:
        end = datetime.max.replace(tzinfo=UTC)
    return f"{end:%Y-%m-%dT%H:%M:%SZ}".rjust(len(instant), "0")


# --- who ------------------------------------------------------------------------------


def _people(case: Case, judged: Mapping[str, Excluded]) -> dict[str, Known]:
    holders = case.view.holders("person")
    # Owners of shares are people too, of whom nothing else may be known.
    every = {
        one
        for excluded in judged.values()
        for one in excluded.statuses
        if kind_of(one) == "person"
    }
    reasons = {name: _Reasons(case, one) for name, one in judged.items()}
    return {
        one: _known(one, holders.get(one, _BLANK), reasons)
        for one in sorted(every | holders.keys())
    }


def _known(one: str, holder: Holder, reasons: Mapping[str, _Reasons]) -> Known:
    found = {name: reason.of(one) for name, reason in reasons.items()}
    return Known(
        attributes={
            name: tuple(sorted(values))
            for name, values in sorted(holder.attributes.items())
        },
        unknown=tuple(sorted(holder.unknown)),
        why={name: text for name, text in found.items() if text},
    )


class _Reasons:
    """Why people are surely excluded; those who are alike, for the same reason."""

    def __init__(self, case: Case, excluded: Excluded) -> None:
        self._excluded = excluded
        named = {*excluded.question.shares.by_owner, *_entities(excluded)}
        self._labels = case.view.labels(sorted(named))
        self._told: dict[str, str] = {}

    def of(self, person: str) -> str:
        """Return the reason in one phrase; empty for who isn't surely excluded."""
        if self._excluded.turn(person) is None:
            return ""
        same = self._excluded.question.same_as[person]
        if same not in self._told:
            self._told[same] = why(self._excluded, same, label=self._label)
        return self._told[same]

    def _label(self, node: str) -> str:
        return self._labels.get(node, node.partition(":")[2])


def _entities(excluded: Excluded) -> dict[str, Status]:
    """Return the status of every entity, also of employers whom nothing describes."""
    named = {*excluded.question.holders, *excluded.question.listed}
    found = sorted(one for one in named if kind_of(one) == "legal_entity")
    return {one: excluded.status(one) for one in found}


# --- what is conceded -----------------------------------------------------------------


def _leaves(case: Case, gate: Gate, scenery: Scenery) -> tuple[Leave, ...]:
    chosen = [one for one in case.boundary.exceptions if one.name in gate.exceptions]
    if not chosen:
        return ()
    holding = Holding(case)
    instant = seconds(case.view.instant)
    return tuple(
        Leave(
            name=one.name,
            who=_members(holding, one, instant),
            columns=scenery.columns(one.columns),
            purpose=one.purpose,
            cap=one.cap,
            until=one.until,
            since=one.since,
        )
        for one in chosen
    )


def _members(
    holding: Holding, exception: BoundaryException, instant: int
) -> tuple[str, ...]:
    found: Iterable[tuple[str, list[tuple[int, int]]]] = holding.members(
        exception.who
    ).items()
    return tuple(
        sorted(
            person
            for person, spans in found
            if any(since <= instant < until for since, until in spans)
        )
    )
