"""`no_single_principal`: nobody and nothing alone reaches everything.

Everything is `share` percent of the protected resources. Refuted by one principal with
a chain of facts to each of them; upheld by closed sets that show, for every principal,
protected resources that it misses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from ringfence.boundary.model import Claim
from ringfence.boundary.status import Status
from ringfence.boundary.vocabulary import kind_of
from ringfence.claims.case import Case
from ringfence.claims.gaps import gaps_of
from ringfence.claims.judgement import ORIGIN_WORDS, Judgement, counted, proof_of
from ringfence.claims.outcome import Path, Reason, Verdict
from ringfence.claims.proof import ClosedPart, closed_part
from ringfence.claims.question import Question
from ringfence.claims.show import paths_of
from ringfence.claims.verdict import Basis, Witness, verdict
from ringfence.reach.everything import Everything, closed_set, who_has_everything
from ringfence.reach.graph import Graph
from ringfence.reach.isolation import Isolation, Part, states
from ringfence.reach.masks import Ints, verb_mask


def judge(claim: Claim, case: Case) -> Judgement:
    """Return the verdict on "nobody alone has everything"."""
    graph = case.graph_of(claim)
    targets = case.targets(claim.protected)
    principals = [node for node in graph.ids if kind_of(node) in claim.kinds]
    part = Part(dict.fromkeys(principals, Status.YES), targets)
    question = Question(
        claim,
        case,
        graph,
        targets=targets,
        parts=[part],
        verbs=verb_mask(claim.verbs),
        gaps=(*_vacuous(principals),),
    )
    certain = [node for node, status in targets.items() if status is Status.YES]
    sure = _ask(question, principals, targets, sure=True)
    if sure.masters:
        return _refuted(question, sure, certain)
    maybe = _ask(question, principals, targets, sure=False)
    witness = Witness.POSSIBLE if maybe.masters else Witness.NONE
    found, reasons = verdict(Basis(witness, gaps_of(question)))
    if found is Verdict.UPHELD:
        summary = f"none of {len(principals):,} principals"
        proof = proof_of(question, found, parts=_parts(graph, maybe))
        return Judgement(found, (), summary, proof=proof)
    return Judgement(found, reasons, reasons[0].text)


def _vacuous(principals: list[str]) -> tuple[Reason, ...]:
    if principals:
        return ()
    return (Reason("no-principal", "the estate holds no such principal"),)


def _ask(
    question: Question,
    principals: list[str],
    targets: Mapping[str, Status],
    *,
    sure: bool,
) -> Everything:
    if not targets:
        return Everything()
    number = question.graph.number
    certain = [targets[node] is Status.YES for node in sorted(targets)]
    return who_has_everything(
        question.graph,
        _numbers(number, principals),
        _numbers(number, targets),
        certain=np.array(certain, bool),
        verbs=question.verbs,
        share=question.claim.share,
        sure=sure,
    )


def _numbers(number: Mapping[str, int], nodes: Iterable[str]) -> Ints:
    return np.fromiter((number[node] for node in sorted(nodes)), np.int64)


SHOWN = 3  # of the paths to everything; the proof has them all
_ORDER = ("role", "group", "service_account", "tool", "person")


def _refuted(question: Question, found: Everything, targets: list[str]) -> Judgement:
    graph = question.graph
    masters = sorted(graph.ids[node] for node in found.masters)
    order = dict.fromkeys((*_ORDER, *question.claim.kinds))
    kinds = {kind: [one for one in masters if kind_of(one) == kind] for kind in order}
    first = next(ones[0] for ones in kinds.values() if ones)
    paths = _paths(question, first, targets)
    summary = ", ".join(
        counted(len(ones), *ORIGIN_WORDS[kind]) for kind, ones in kinds.items() if ones
    )
    verdict_, reasons = verdict(Basis(Witness.CERTAIN, gaps_of(question)))
    return Judgement(
        verdict_,
        reasons,
        summary,
        counts={
            ORIGIN_WORDS[kind][1]: len(ones) for kind, ones in kinds.items() if ones
        },
        paths=paths[:SHOWN],
        proof=proof_of(question, verdict_, paths=paths),
    )


def _paths(question: Question, master: str, targets: list[str]) -> tuple[Path, ...]:
    """Return a path from the master to each target that it reaches, shortest first."""
    graph = question.graph
    part = Part({master: Status.YES}, dict.fromkeys(targets, Status.YES))
    asked = Isolation(graph, part, question.verbs)
    grown = asked.tree(master)
    walks = {
        target: walk
        for target in sorted(targets)
        if (walk := grown.path(graph, graph.number[target], question.verbs))
    }
    paths = paths_of(question.case, graph, master, walks)
    return tuple(sorted(paths, key=lambda path: (len(path.hops), path.target)))


def _parts(graph: Graph, found: Everything) -> list[ClosedPart]:
    return [
        closed_part(
            [graph.ids[node] for node in short.principals],
            states(graph, closed_set(graph.possible, graph, short.principals)),
            barred=[graph.ids[node] for node in sorted(short.missed)],
        )
        for short in found.short
    ]
