"""The estate after a plan, judged anew: facts left out, re-grants added, proof written.

A plan is believed because of what is left when it is carried out: the facts that it
takes are left out of the facts file, what it grants anew is added as facts of a source
called `plan`, and every claim is judged again on that, with proof files of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ringfence.claims.asking import Progress
from ringfence.claims.check import Collected, Run, judged
from ringfence.claims.kinds import judge
from ringfence.claims.opened import FACTS, read_estate
from ringfence.claims.outcome import Outcome, Verdict
from ringfence.claims.planning import Planning
from ringfence.claims.plans import Afterwards, Turned
from ringfence.documents.files import decode, read_bytes
from ringfence.errors import ConfigError, Locus, SourceError
from ringfence.estate.facts import Fact, edge, line
from ringfence.reach.exemptions import Regrants
from ringfence.reach.masks import VERB_BIT
from ringfence.reach.plan import Plan
from ringfence.reach.plan_file import PlanFile, read_plan

SOURCE = "plan"


def afterwards(
    planning: Planning, path: Path, folder: Path, progress: Progress
) -> Afterwards:
    """Carry out a plan on the facts, judge what is left, and write its proof.

    Args:
        planning: The claim that it is for, and the estate before.
        path: The plan file.
        folder: Where the facts after it, the boundary and the proof files go.
        progress: Told what is being done.

    Raises:
        ConfigError: It is no plan, or names what isn't there.
    """
    name = str(path)
    file = _read(path)
    if file.about.claim != planning.claim.id:
        message = f"is a plan for the claim `{file.about.claim}`"
        hint = f"ask with `--claim {file.about.claim}`"
        raise ConfigError(message, Locus(name), hint)
    progress("pricing the plan")
    plan, grants = planning.read(file, path.stem.removeprefix("plan-"))
    told = planning.told(plan, grants)
    folder.mkdir(parents=True, exist_ok=True)
    gone, new = _facts(planning, plan, grants, name)
    progress("writing the estate after the plan")
    _write(planning, folder / FACTS, gone, new)
    estate = read_estate(folder / FACTS)
    ready = Collected(planning.opened.boundary, estate, ())
    before = _verdicts(planning)
    run = Run(folder, folder, planning.opened.boundary.as_of, progress=progress)
    outcome = judged(run, ready)
    mine = next(one for one in outcome.findings if one.claim.id == planning.claim.id)
    return Afterwards(
        claim=planning.claim.id,
        before=before[planning.claim.id],
        after=mine.verdict,
        reasons=tuple(reason.text for reason in mine.reasons),
        plan=told,
        differs=file.differs(planning.about),
        others=_others(before, outcome, planning.claim.id),
        proof=mine.proof or "",
        estate=outcome.estate_digest,
        removed=len(gone),
        added=len(new),
    )


def claim_of(path: Path) -> str:
    """Return the claim that a plan file is for.

    Raises:
        ConfigError: It isn't there, or is no plan.
    """
    return _read(path).about.claim


def _read(path: Path) -> PlanFile:
    name = str(path)
    try:
        return read_plan(decode(read_bytes(path, name), name), name)
    except SourceError as error:
        raise ConfigError.of(error.problems) from None


def _verdicts(planning: Planning) -> dict[str, Verdict]:
    case = planning.case
    return {claim.id: judge(claim, case).verdict for claim in case.boundary.claims}


def _others(
    before: Mapping[str, Verdict], outcome: Outcome, own: str
) -> tuple[Turned, ...]:
    return tuple(
        Turned(one.claim.id, before[one.claim.id], one.verdict)
        for one in outcome.findings
        if one.claim.id != own and one.verdict is not before[one.claim.id]
    )


def _facts(
    planning: Planning, plan: Plan, grants: Regrants, name: str
) -> tuple[set[str], list[Fact]]:
    """Return the lines that a plan leaves out, and the facts that it adds."""
    rows = planning.graph.row[plan.edges].tolist()
    gone = {row.line for row in planning.case.estate.rows(rows).values()}
    if not grants.granted:
        return gone, []
    ids, instant = planning.graph.ids, planning.opened.boundary.as_of
    told = Fact(
        fact="source", id=SOURCE, name="plan", value=instant, source=SOURCE, at=name
    )
    new = [
        edge(
            ids[one.origin],
            "has_privilege",
            ids[one.target],
            verb=verb,
            at=name,
            source=SOURCE,
        )
        for one in grants.granted
        for verb, bit in VERB_BIT.items()
        if one.give & bit
    ]
    return gone, [told, *new]


def _write(planning: Planning, path: Path, gone: set[str], new: list[Fact]) -> None:
    """Write the facts file after a plan.

    The estate writes its own lines first: what is left out is left out of these, byte
    by byte, so that nothing else can change.
    """
    before = path.with_suffix(".before")
    planning.opened.estate.write(before)
    try:
        with before.open("rb") as old, path.open("wb") as left:
            for raw in old:
                if raw.rstrip(b"\n").decode() not in gone:
                    left.write(raw)
            left.writelines(line(fact) + b"\n" for fact in new)
    finally:
        before.unlink()
