"""What a kind of claim makes of a case, and the way most kinds share: isolation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ringfence.boundary.status import Status
from ringfence.boundary.vocabulary import kind_of
from ringfence.claims.crossings import Crossings
from ringfence.claims.gaps import gaps_of
from ringfence.claims.guarded import Asked, request_on
from ringfence.claims.guarded import asked as asked_of
from ringfence.claims.outcome import FlowMap, Path, Reason, Verdict
from ringfence.claims.proof import Chain, ClosedPart, Conflict, Proof, closed_part
from ringfence.claims.question import Question
from ringfence.claims.show import flow_map, paths_of
from ringfence.claims.verdict import Basis, Documents, Witness, verdict, weighed
from ringfence.reach.isolation import Isolation, Result, states


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on a claim, with everything that shows it."""

    verdict: Verdict
    reasons: tuple[Reason, ...] = ()
    summary: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    paths: tuple[Path, ...] = ()
    crossing: frozenset[str] = frozenset()  # the origins that reach a target
    flows: FlowMap = field(default_factory=FlowMap)
    assumptions: tuple[str, ...] = ()
    proxy: Judgement | None = None
    proof: Proof | None = None
    crossings: Crossings | None = None
    contested: bool = False


def beside(judgement: Judgement, documents: Documents) -> Judgement:
    """Return what is left of a judgement beside what a docket says of the claim.

    What systems show stays on display; a proof that says upheld doesn't, where the
    verdict no longer does. The proxy of a question of law is a question of its own, and
    no statement was assessed on it.
    """
    found, reasons = weighed(judgement.verdict, judgement.reasons, documents)
    is_kept = found is judgement.verdict
    summary = judgement.summary if is_kept else reasons[0].text
    against = documents.against if found is Verdict.UNPROVEN else ()
    if against:
        names = ", ".join(one.number for one in against)
        summary = f"contested by {names}: {judgement.summary or reasons[0].text}"
    return replace(
        judgement,
        verdict=found,
        reasons=reasons,
        summary=summary,
        proof=judgement.proof if is_kept else None,
        contested=bool(against),
    )


def isolate(question: Question) -> Judgement:
    """Answer a question of isolation: verdict, witnesses, flows and proof."""
    told = asked_of(question)
    asked = [one.isolation for one in told]
    basis = Basis(_witness(asked), gaps=gaps_of(question))
    found, reasons = verdict(basis)
    shown = _worst(told)
    worst = shown.isolation if shown else None
    return Judgement(
        found,
        reasons,
        summary=_summary(asked, found),
        counts=_counts(question, asked, found),
        paths=witness_of(question, shown) if shown else (),
        crossing=frozenset(worst.crossing) if worst else frozenset(),
        flows=flow_map(worst) if worst else FlowMap(),
        assumptions=question.assumptions,
        proof=_proof(question, told, found),
    )


def _witness(asked: Sequence[Isolation]) -> Witness:
    results = {isolation.result for isolation in asked}
    if Result.REACHED in results:
        return Witness.CERTAIN
    return Witness.POSSIBLE if Result.POSSIBLE in results else Witness.NONE


def _worst(told: Sequence[Asked]) -> Asked | None:
    """Return the part to show: reached before possible, then most crossing origins."""
    order = {Result.REACHED: 1, Result.POSSIBLE: 0}

    def weight(one: Asked) -> tuple[int, int]:
        return order[one.isolation.result], len(one.isolation.crossing)

    crossed = [one for one in told if one.isolation.result is not Result.ISOLATED]
    return max(crossed, key=weight, default=None)


def _count(asked: Sequence[Isolation], kind: str) -> int:
    return len({node for one in asked for node in one.on_the_way(kind)})


def _counts(
    question: Question, asked: Sequence[Isolation], found: Verdict
) -> dict[str, int]:
    """Return what crosses and is reached; of what is isolated, all that was asked."""
    if found is Verdict.UPHELD:
        origins = len({node for part in question.parts for node in part.origins})
        return {"origins": origins, "targets": len(question.targets)}
    return _crossing(asked)


def _crossing(asked: Sequence[Isolation]) -> dict[str, int]:
    crossed = [one for one in asked if one.result is not Result.ISOLATED]
    return {
        "origins": len({node for one in crossed for node in one.crossing}),
        "targets": len({node for one in crossed for node in one.reached}),
        "tools": _count(crossed, "tool"),
    }


ORIGIN_WORDS = {
    "person": ("person", "people"),
    "legal_entity": ("entity", "entities"),
    "store": ("store", "stores"),
    "group": ("group", "groups"),
    "role": ("role", "roles"),
    "tool": ("tool", "tools"),
    "service_account": ("service account", "service accounts"),
    "credential": ("credential", "credentials"),
    "host": ("host", "hosts"),
    "key": ("key", "keys"),
    "job": ("job", "jobs"),
    "channel": ("channel", "channels"),
    "facility": ("facility", "facilities"),
}


def counted(count: int, one: str, many: str) -> str:
    """Return a count with its noun: `1 tool`, `11 tools`."""
    return f"{count:,} {one if count == 1 else many}"


def _summary(asked: Sequence[Isolation], found: Verdict) -> str:
    if found is Verdict.UPHELD:
        parts = [part.part for part in asked]
        origins = len({node for part in parts for node in part.origins})
        targets = len({node for part in parts for node in part.targets})
        return f"{origins:,} shut out of {targets:,} protected"
    crossed = [one for one in asked if one.result is not Result.ISOLATED]
    if not crossed:
        return ""
    counts = _crossing(crossed)
    crossing = Counter(kind_of(node) for one in crossed for node in one.crossing)
    summary = [
        counted(crossing[kind], *words)
        for kind, words in ORIGIN_WORDS.items()
        if crossing[kind]
    ]
    summary.append(counted(counts["targets"], "column", "columns"))
    if counts["tools"]:
        summary.append(counted(counts["tools"], "tool", "tools"))
    return ", ".join(summary)


def witness_of(question: Question, told: Asked) -> tuple[Path, ...]:
    """Return the shortest witness of an isolation that doesn't hold."""
    isolation = told.isolation
    origin, target, walk = isolation.shortest()
    return paths_of(
        question.case,
        isolation.graph,
        origin,
        {target: walk},
        selector=question.claim.excluded,
        request=request_on(question, told, origin, walk),
    )


def counts_of(question: Question) -> dict[str, int]:
    """Return the counts that a proof file states."""
    origins = [one for part in question.parts for one in part.origins.values()]
    targets = list(question.targets.values())
    return {
        "origins": origins.count(Status.YES),
        "origins_unknown": origins.count(Status.UNKNOWN),
        "targets": targets.count(Status.YES),
        "targets_unknown": targets.count(Status.UNKNOWN),
        "edges": len(question.graph),
        "edges_unknown": int(question.graph.is_open.sum()),
        "sources": question.case.estate.source_facts,
        "facts": question.case.estate.size,
    }


def _proof(question: Question, told: Sequence[Asked], found: Verdict) -> Proof | None:
    if found is Verdict.UNPROVEN:
        return None
    if found is Verdict.UPHELD:
        parts = [closed_of(one.isolation, one.without) for one in told]
        found_out = [one for asked in told for one in asked.conflicts]
        conflicts = [one for n, one in enumerate(found_out) if one not in found_out[:n]]
        return proof_of(question, found, parts=parts, conflicts=conflicts)
    crossed = next(one for one in told if one.isolation.result is Result.REACHED)
    witness = witness_of(question, crossed)
    return proof_of(question, found, paths=witness)


def closed_of(isolation: Isolation, without: Sequence[str] = ()) -> ClosedPart:
    """Return the part of a certificate that shows an isolation."""
    part = isolation.part
    return closed_part(
        sorted(part.origins),
        states(isolation.graph, isolation.closed),
        exceptions=sorted(part.exceptions),
        without=without,
    )


def proof_of(
    question: Question,
    found: Verdict,
    *,
    parts: Sequence[ClosedPart] | None = None,
    paths: Sequence[Path] | None = None,
    grant: str | None = None,
    conflicts: Sequence[Conflict] = (),
) -> Proof:
    """Return the proof of a verdict: a certificate of parts, or paths."""
    stated = question.stated or question
    refutes = "counterexample/1" if found is Verdict.REFUTED else "witness/1"
    chains = None if paths is None else [chain(path) for path in paths]
    return Proof(
        ringfence="certificate/1" if paths is None else refutes,  # type: ignore[arg-type]
        claim=question.claim.id,
        verdict=found,
        as_of=stated.case.view.instant,
        counts=counts_of(stated),
        assumptions=question.assumptions,
        proxy=question.as_proxy,
        parts=parts,
        paths=chains,
        grant=grant,
        conflicts=conflicts,
    )


def chain(path: Path) -> Chain:
    """Return a path as a proof file states it."""
    lines = [hop.line for hop in path.hops]
    return Chain(path.origin, path.target, path.verb, lines, path.request)
