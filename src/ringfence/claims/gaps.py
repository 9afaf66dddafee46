"""What keeps an isolation from upholding a claim: all that nobody looked at.

Each gap is a way in which ordinary mistakes (a wrong database, a misspelt group, a tag
that nothing carries) would otherwise pass for proof that nobody gets in.
"""

from __future__ import annotations

import numpy as np

from ringfence.boundary.model import Claim
from ringfence.boundary.status import Status
from ringfence.boundary.vocabulary import DATA_KINDS, kind_of
from ringfence.claims.case import Case, listed
from ringfence.claims.outcome import Reason
from ringfence.claims.question import Question
from ringfence.reach.closure import backward, forward
from ringfence.reach.masks import CONTROL, READ

EMPTY_ORIGINS = "no-origin"
EMPTY_TARGETS = "no-target"
# Of these, nothing known is itself told by the selectors: unknown, and so an origin.
_JUDGED_KINDS = ("person", "legal_entity")
_HELD_KINDS = ("service_account", "credential", "key")


def gaps_of(question: Question) -> tuple[Reason, ...]:
    """Return every gap, those of the question's own kind first."""
    gaps = [*question.gaps, *data_gaps(question)]
    if question.asks_who:
        gaps += [*_uncovered(question), *_undescribed(question)]
    return (*dict.fromkeys(gaps), *question.case.source_gaps)


def data_gaps(question: Question) -> tuple[Reason, ...]:
    """Return the gaps in what is protected and where it is."""
    return (*_vacuous(question), *_loose(question))


def _vacuous(question: Question) -> list[Reason]:
    """Return a gap for each protection that protects nothing."""
    if Status.YES not in question.targets.values():
        return [Reason(EMPTY_TARGETS, "nothing is known to be protected")]
    case, claim = question.case, question.claim
    if not any(part.targets for part in question.parts):
        return [Reason(EMPTY_TARGETS, "the exceptions concede all that is protected")]
    names = claim.protected or tuple(one.name for one in case.boundary.protected)
    return [
        Reason(EMPTY_TARGETS, f"protection {name} matches nothing")
        for name in names
        if Status.YES not in case.targets((name,)).values()
    ]


def _loose(question: Question) -> list[Reason]:
    """Return a gap when protected data, or a copy of it, is in no known store."""
    case = question.case
    graph = case.graph(("technical",), bare=True)
    stores = [n for n, node in enumerate(graph.ids) if kind_of(node) == "store"]
    held = forward(graph.possible, graph.seeds(stores))
    exposing = case.exposing(question.targets)
    loose = [
        graph.ids[node]
        for node in np.flatnonzero(exposing & READ & ~held)
        if graph.is_data[node]
    ]
    if not loose:
        return []
    return [Reason("no-store", f"no store is known to hold {listed(loose)}")]


def _uncovered(question: Question) -> list[Reason]:
    """Return a gap when no source lists who gets at a store, or at a part of it."""
    covered = question.case.covered
    missing = [
        node for node in _entrances(question.case, question) if node not in covered
    ]
    if not missing:
        return []
    text = f"no source says who can reach {listed(missing)}"
    return [Reason("uncovered-store", text)]


def _entrances(case: Case, question: Question) -> list[str]:
    """Return what has to be covered: of a store that isn't, the parts that expose."""
    graph = case.graph(("technical",), bare=True)
    exposing = case.exposing(question.targets)
    found: set[str] = set()
    for store in case.stores_of(question.targets):
        if store in case.covered:
            continue
        # Rules among them; a store that exposes by being one's premise has no part.
        out = (graph.tail == graph.number[store]) & ((graph.carry & READ) != 0)
        heads = graph.head[out]
        parts = [graph.ids[head] for head in heads if exposing[head] & READ]
        if not parts or any(kind_of(part) != "dataset" for part in parts):
            found.add(store)
        found.update(part for part in parts if kind_of(part) == "dataset")
    return sorted(found)


def _undescribed(question: Question) -> list[Reason]:
    """Return a gap when the way in or on leads over somebody whom no source describes.

    Who belongs to a group that is only mentioned, or what an account leads to, nobody
    knows; a misspelt name looks just like that.
    """
    graph = question.graph
    origins = [node for part in question.parts for node in part.origins]
    held = graph.seeds([graph.number[node] for node in origins])
    targets = [graph.number[node] for node in question.targets]
    goals = graph.at(targets, question.verbs)
    onward = backward(graph.possible_reversed, goals) & CONTROL
    touched = (forward(graph.possible, held) | onward) & CONTROL
    strange = [
        graph.ids[node]
        for node in np.flatnonzero(touched)
        if kind_of(graph.ids[node]) not in (*DATA_KINDS, *_JUDGED_KINDS)
        and graph.ids[node] not in question.case.described
    ]
    unheld = [
        graph.ids[node]
        for node in np.flatnonzero(onward)
        if _is_left_alone(question, int(node))
    ]
    return [
        *(
            [Reason("undescribed", _named("no source describes", strange))]
            * bool(strange)
        ),
        *([Reason("unheld", _named("nobody is said to hold", unheld))] * bool(unheld)),
    ]


def _is_left_alone(question: Question, node: int) -> bool:
    """Return whether a login, account or key is one that nobody is said to hold."""
    graph = question.graph
    kind = kind_of(graph.ids[node])
    if kind == "role":
        logins = question.case.view.holders("role")[graph.ids[node]]
        if not (
            "yes" in logins.attributes.get("login", ()) or "login" in logins.unknown
        ):
            return False
    elif kind not in _HELD_KINDS:
        return False
    arcs = graph.possible_reversed
    edges, _ = arcs.at(np.array([node]))
    by_rule = arcs.rules.tail[arcs.rules.head == node]
    tails = [*graph.tail[edges].tolist(), *by_rule.tolist()]
    return all(kind == "role" and kind_of(graph.ids[tail]) == "role" for tail in tails)


def _named(what: str, nodes: list[str]) -> str:
    more = f" and {len(nodes) - 3} more" if len(nodes) > 3 else ""  # noqa: PLR2004
    return f"{what} {', '.join(nodes[:3])}{more}"


def history_gaps(claim: Claim, case: Case) -> tuple[Reason, ...]:
    """Return what keeps the sources from telling of the period of a claim."""
    first, last = claim.during
    if last > case.boundary.as_of:
        text = f"the period ends after {case.boundary.as_of[:10]}, the date judged"
        return (Reason("beyond-date", text),)
    silent = [
        f"source:{one.name}"
        for one in case.sources
        if not (one.detail.get("history_since") or "9999") <= first
    ]
    if not silent:
        return ()
    text = f"no history back to {first[:10]} from {listed(silent)}"
    return (Reason("no-history", text),)
