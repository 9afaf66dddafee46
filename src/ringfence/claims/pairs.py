"""Every pair in reach: each origin, each target, and the shortest witness between."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ringfence.claims.case import Case
from ringfence.claims.guarded import Asked, asked, by_request
from ringfence.claims.kinds import QUESTIONS, judge
from ringfence.claims.outcome import Path, Verdict
from ringfence.claims.question import Question
from ringfence.claims.show import paths_of
from ringfence.documents.located import nearest
from ringfence.errors import ConfigError, Locus


def pairs(
    case: Case, claim_id: str, *, who: str | None = None, what: str | None = None
) -> Iterator[Path]:
    """Yield the shortest witness of each (origin, target) pair of a claim.

    Args:
        case: The case.
        claim_id: Id of the claim whose origins and targets are meant.
        who: Only this origin, by id (with or without its kind) or label.
        what: Only this target, likewise.

    Raises:
        ConfigError: There is no such claim or name, or its kind has no pairs.
    """
    known = {claim.id: claim for claim in case.boundary.claims}
    if claim_id not in known:
        hint = "one of " + ", ".join(f"`{name}`" for name in known)
        raise ConfigError(f"there is no claim `{claim_id}`", Locus("--claim"), hint)
    claim = known[claim_id]
    if claim.kind not in QUESTIONS:
        message = f"claim `{claim_id}` is of kind `{claim.kind}`, which has no pairs"
        raise ConfigError(message, Locus("--claim"))
    question = QUESTIONS[claim.kind](claim, case)
    people, things = _called(question, who, "--who"), _called(question, what, "--what")
    for told in asked(question):
        found = told.isolation
        targets = [node for node in found.reached if things is None or node in things]
        for origin in found.crossing:
            if people is None or origin in people:
                yield from _pairs(question, told, origin, targets)


def _called(question: Question, name: str | None, option: str) -> set[str] | None:
    """Return the nodes that a name means: an id, an id without its kind, a label.

    Raises:
        ConfigError: Nothing in the estate is called that.
    """
    if name is None:
        return None
    ids = question.graph.ids
    labels = question.case.view.labels(ids)
    found = {
        node for node in ids if name in (node, node.partition(":")[2], labels.get(node))
    }
    if not found:
        known = {node.partition(":")[2] for node in ids} | set(labels.values())
        message = f"nothing is called `{name}`"
        raise ConfigError(message, Locus(option), nearest(name, known))
    return found


def _pairs(
    question: Question, told: Asked, origin: str, targets: Sequence[str]
) -> Iterator[Path]:
    found = told.isolation
    grown, graph = found.tree(origin), found.graph
    walks = {
        target: walk
        for target in targets
        if (walk := grown.path(graph, graph.number[target], found.verbs))
    }
    # One look into the estate serves all paths that one request takes.
    for request, group in by_request(question, told, origin, walks):
        yield from paths_of(
            question.case,
            graph,
            origin,
            group,
            selector=question.claim.excluded,
            request=request,
        )


def verdict_of(case: Case, claim_id: str) -> Verdict:
    """Return the verdict on a claim; on a question of law, that on its proxy."""
    claim = next(one for one in case.boundary.claims if one.id == claim_id)
    judgement = judge(claim, case)
    return (judgement.proxy or judgement).verdict
