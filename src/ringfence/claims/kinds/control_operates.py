"""`control_operates`: a named team decides who gets in.

Team form: everybody who approves entry to a group, tool or role on the way to
protected data belongs to the team, and each such gate has an approver. Grant form: each
membership or use that leads to protected data was approved by somebody of the team.

Both are isolation: the origins are the gates (or the heads of grants) that were opened
by somebody else, and nothing protected may lie behind them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

import msgspec
import numpy as np

from ringfence.boundary.model import Claim
from ringfence.boundary.status import Status
from ringfence.boundary.vocabulary import kind_of
from ringfence.claims.case import Case
from ringfence.claims.judgement import Judgement, counted, isolate
from ringfence.claims.kinds.no_reach import memberships
from ringfence.claims.outcome import Reason, Verdict
from ringfence.claims.question import Question
from ringfence.claims.show import hop_of
from ringfence.estate.store import Edges
from ringfence.reach.isolation import Part
from ringfence.reach.masks import Ints, verb_mask

NO_GATE = Reason("no-gate", "the estate holds no gate that people enter")


@dataclass(frozen=True, slots=True)
class Opening:
    """A gate, who opened it (empty: nobody says), and the row that says so, if any."""

    gate: str
    by: str = ""
    row: int | None = None
    is_open: bool = False


def judge(claim: Claim, case: Case) -> Judgement:
    """Return the verdict on "this team decides"."""
    openings = (_grants if claim.form == "grant" else _gates)(
        case, bare=claim.reach == "bare"
    )
    team = _Team(claim, case)
    judged = [(opening, team.outside(opening)) for opening in openings]
    origins: dict[str, Status] = {}
    for opening, status in judged:
        if status is not Status.NO:
            origins[opening.gate] = max(status, origins.get(opening.gate, Status.NO))
    targets = case.targets(claim.protected)
    question = Question(
        claim,
        case,
        case.graph_of(claim),
        targets=targets,
        parts=[Part(origins, targets)],
        verbs=verb_mask(claim.verbs),
        gaps=(*(() if openings else (NO_GATE,)),),
    )
    judgement = isolate(question)
    if judgement.verdict is not Verdict.REFUTED:
        return judgement
    offending = [one for one, status in judged if status is Status.YES]
    return _shown(question, judgement, offending)


def _shown(
    question: Question, judgement: Judgement, offending: list[Opening]
) -> Judgement:
    """Return the judgement with the fact that opened the gate before each witness."""
    path, *others = judgement.paths
    opened = next(one for one in offending if one.gate == path.origin)
    row = opened.row if opened.row is not None else -1
    fact = question.case.estate.rows([row])[row]
    path = replace(path, origin_facts=(hop_of(fact),))
    open_gates = [one for one in offending if one.gate in judgement.crossing]
    if question.claim.form == "grant":
        what, behind = ("grant", "grants"), {str(one.row) for one in open_gates}
    else:
        what, behind = ("gate", "gates"), {one.gate for one in open_gates}
    proof = judgement.proof
    return replace(
        judgement,
        paths=(path, *others),
        summary=counted(len(behind), *what) + " approved elsewhere",
        counts={**judgement.counts, what[1]: len(behind)},
        proof=None
        if proof is None
        else msgspec.structs.replace(proof, grant=fact.line),
    )


def _entries(case: Case, tails: tuple[str, ...]) -> Ints:
    """Return the edges by which some kinds of node enter a gate."""
    edges, ids = case.edges, case.view.ids
    enters = np.flatnonzero((edges.name == "member_of") | (edges.name == "can_use"))
    return np.array(
        [edge for edge in enters if kind_of(ids[edges.tail[edge]]) in tails],
        np.int64,
    )


def _is_open(edges: Edges, edge: np.intp, *, bare: bool) -> bool:
    """Return whether it isn't certain that an edge works, for its tail alone."""
    guarded = edges.control[edge] or edges.guard[edge]
    return bool(edges.unknown[edge] or edges.needs[edge] or (guarded and not bare))


def _gates(case: Case, *, bare: bool) -> list[Opening]:
    edges, ids = case.edges, case.view.ids
    gates = {ids[edges.head[edge]] for edge in _entries(case, ("person", "group"))}
    found = [
        Opening(
            ids[edges.head[edge]],
            ids[edges.tail[edge]],
            int(edges.row[edge]),
            is_open=_is_open(edges, edge, bare=bare),
        )
        for edge in np.flatnonzero(edges.name == "approves")
        if ids[edges.head[edge]] in gates
    ]
    silent = gates - {opening.gate for opening in found}
    return [*found, *(Opening(gate) for gate in sorted(silent))]


def _grants(case: Case, *, bare: bool) -> list[Opening]:
    edges, ids = case.edges, case.view.ids
    entries = _entries(case, ("person",))
    rows = case.estate.rows(edges.row[entries].tolist())
    return [
        Opening(
            ids[edges.head[edge]],
            json.loads(rows[edges.row[edge]].detail or "{}").get("approved_by", ""),
            int(edges.row[edge]),
            is_open=_is_open(edges, edge, bare=bare),
        )
        for edge in entries
    ]


class _Team:
    """Who may decide: the listed people and groups, and whoever belongs to them."""

    def __init__(self, claim: Claim, case: Case) -> None:
        self._claim = claim
        self._listed = frozenset(claim.team)
        graph = case.graph(("technical",), bare=claim.reach == "bare")
        self._sure = memberships(graph, sure=True)
        self._maybe = memberships(graph, sure=False)
        self._excluded = case.statuses(claim.excluded) if claim.excluded else {}

    def outside(self, opening: Opening) -> Status:
        """Return whether a gate was opened by somebody outside the team."""
        if not opening.by or opening.is_open:
            return Status.UNKNOWN
        return max(self._stranger(opening.by), self._barred(opening.by))

    def _barred(self, by: str) -> Status:
        """Return whether somebody who decides is excluded, or has such a member."""
        if not self._claim.excluded:
            return Status.NO
        if kind_of(by) in ("person", "legal_entity"):
            known = self._excluded.get(by)
            return Status.UNKNOWN if known is None else known
        members = (
            status if by in self._sure.get(node, ()) else min(status, Status.UNKNOWN)
            for node, status in self._excluded.items()
            if by in self._maybe.get(node, ())
        )
        return max(members, default=Status.NO)

    def _stranger(self, by: str) -> Status:
        if self._listed & (self._sure.get(by, frozenset()) | {by}):
            return Status.NO
        maybe = self._listed & self._maybe.get(by, frozenset())
        return Status.UNKNOWN if maybe else Status.YES
