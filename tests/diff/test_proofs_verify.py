"""Every proof that the engine writes, before the checker that shares no code with it.

Random estates with every kind of edge, unknown residences, stakes, approvals, periods
and exceptions; every kind of claim; whatever the engine upholds or refutes has to pass.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from ringfence.boundary.model import (
    AnyOf,
    Attribute,
    BoundaryException,
    Employer,
    Owned,
    Selector,
    canonical,
    digest,
)
from ringfence.claims.case import Case
from ringfence.claims.judgement import Judgement
from ringfence.claims.kinds import judge
from ringfence.claims.outcome import Verdict
from ringfence.estate.facts import Fact, line
from ringfence.guard.tree import NEVER, Absent, All, Compare, Not
from ringfence.guard.tree import canonical as text
from ringfence_verify.estate import Case as Folder
from ringfence_verify.proofs import verify
from tests.estates import (
    AS_OF,
    IN_CHINA,
    attribute,
    boundary,
    claim,
    edge,
    estate,
    node,
    source,
)
from tests.strategies import DATA, PRINCIPALS, edges

PEOPLE = [node for node in PRINCIPALS if node.startswith("person:")]
STORES = [node for node in DATA if node.startswith("store:")]
COLUMNS = [node for node in DATA if node.startswith("column:")]
ENTITIES = ["legal_entity:a", "legal_entity:b"]
PERIOD = ("2020-01-01T00:00:00Z", AS_OF)
EARLIER = "2021-01-01T00:00:00Z"
EXCEPTION = BoundaryException(
    name="metrics",
    who=("group:g0", "person:p1"),
    columns=("a/s.t.c0",),
    purpose="metrics",
    owner="person:p2",
    cap=10,
    until="2023-01-01T00:00:00Z",
)
COVERED = Selector(
    "covered",
    people=AnyOf((Attribute("residence", ("CN",), absent="no"), Employer())),
    entities=AnyOf(
        (
            Attribute("organised_in", ("CN",)),
            Owned(interests=("shareholding", "votingRights"), remainder="unknown"),
        )
    ),
)
CLAIMS = [
    claim("no_reach"),
    claim("no_reach", id="by-employer", excluded="covered"),
    claim("no_reach", id="bare", reach="bare", grades=("technical", "legal")),
    claim("no_reach", id="reading", verbs=("read",), exceptions=("metrics",)),
    claim("residency"),
    claim("residency", id="always", during=PERIOD),
    claim("residency", id="in-virginia", places=("US-VA",)),
    claim("presence", copy="backup", places=("SG",)),
    claim("presence", id="anywhere", places=("US",)),
    claim("facility", purpose="data-centre"),
    claim("jurisdiction"),
    claim("jurisdiction", id="covered-holders", excluded="covered"),
    claim("no_single_principal"),
    claim("no_single_principal", id="half", share=50, kinds=("role", "person")),
    claim("control_operates", form="team", team=("group:g0",), excluded="in-china"),
    claim("control_operates", id="grants", form="grant", team=("group:g0",)),
]
INTERVALS = st.sampled_from([{}, {}, {}, {"until": EARLIER}, {"since": EARLIER}])
DOUBT = st.sampled_from(["", "", "", "not decided"])
OFFICE = Compare("request.network", "in_network", ("10.0.0.0/8",))
GUARDS = st.sampled_from(
    [
        *[None] * 4,
        NEVER,
        OFFICE,
        Not(OFFICE),
        Compare("principal.residence", "equals", ("US",)),
        Compare("request.time", "before", (EARLIER,)),
        All(
            (Compare("request.mfa", "equals", ("yes",)), Not(Absent("request.ticket")))
        ),
    ]
)


@st.composite
def stated(draw: st.DrawFn) -> Fact:
    """Draw an attribute of a person, store, column, facility or entity."""
    node, name, value = draw(
        st.one_of(
            st.tuples(
                st.sampled_from(PEOPLE),
                st.just("residence"),
                st.sampled_from(["CN", "US"]),
            ),
            st.tuples(
                st.sampled_from(STORES),
                st.just("place"),
                st.sampled_from(["US", "US-VA", "SG", "CN"]),
            ),
            st.tuples(
                st.sampled_from(STORES),
                st.just("copy"),
                st.sampled_from(["primary", "backup"]),
            ),
            st.tuples(
                st.sampled_from([*COLUMNS, "dataset:a/s.u"]),
                st.just("tag"),
                st.sampled_from(["EMAIL", "none"]),
            ),
            st.tuples(
                st.just("facility:f"), st.just("place"), st.sampled_from(["US", "CN"])
            ),
            st.tuples(
                st.just("facility:f"), st.just("purpose"), st.just("data-centre")
            ),
            st.tuples(
                st.sampled_from(ENTITIES),
                st.just("organised_in"),
                st.sampled_from(["US", "CN"]),
            ),
            st.tuples(
                st.sampled_from(PEOPLE),
                st.just("employer"),
                st.sampled_from([*ENTITIES, "legal_entity:nobody"]),
            ),
            st.tuples(
                st.sampled_from(ENTITIES), st.just("shares"), st.just("complete")
            ),
        )
    )
    fact = attribute(node, name, value, **draw(INTERVALS))
    return msgspec.structs.replace(fact, unknown=draw(DOUBT))


@st.composite
def related(draw: st.DrawFn) -> Fact:
    """Draw a stake, an operator, an approval, a grant or an edge of any kind."""
    percent = draw(st.sampled_from(["30", "50", "100"]))
    interest = draw(st.sampled_from(["shareholding", "votingRights"]))
    stake = {"interest": interest, "min": percent, "max": percent}
    who = st.sampled_from(PEOPLE)
    doubt = {"unknown": draw(DOUBT), **draw(INTERVALS)}
    kind = draw(st.sampled_from(["stake", "operator", "approval", "grant", "any"]))
    if kind == "stake":
        stake["directness"] = draw(st.sampled_from(["direct", "indirect", "unknown"]))
        if draw(st.sampled_from([False, False, False, True])):
            del stake["interest"]
        holder = draw(st.sampled_from([*ENTITIES, *PEOPLE]))
        return edge(
            holder, "owns", draw(st.sampled_from(ENTITIES)), detail=stake, **doubt
        )
    if kind == "operator":
        store = draw(st.sampled_from(STORES))
        return edge(draw(st.sampled_from(ENTITIES)), "controls", store, **doubt)
    if kind == "approval":
        gate = draw(st.sampled_from(["tool:t", "group:g1"]))
        return edge(draw(who), "approves", gate, **doubt)
    if kind == "grant":
        detail = {"approved_by": draw(who)} if draw(st.booleans()) else {}
        return edge(draw(who), "can_use", "tool:t", detail=detail, **doubt)
    fact = draw(st.one_of(edges(), edges(most_needs=2)))
    return msgspec.structs.replace(fact, guard=draw(GUARDS))


def base() -> Iterator[Fact]:
    """Yield a small estate in which something is protected and everything is read."""
    yield source(covers=STORES, history="2019-01-01T00:00:00Z")
    yield edge("store:a", "contains", "dataset:a/s.t")
    for column in COLUMNS:
        yield edge("dataset:a/s.t", "contains", column)
    yield attribute(COLUMNS[0], "tag", "EMAIL")
    yield attribute(COLUMNS[1], "tag", "EMAIL")
    yield attribute("store:a", "place", "US-VA")
    for principal in PRINCIPALS[:-1]:
        yield node(principal)


FACTS = st.lists(st.one_of(stated(), related()), max_size=18, unique_by=line)


@given(FACTS, st.sampled_from(["unknown", "no"]))
def test_the_checker_accepts_what_the_engine_proves(facts, unclassified):
    """No proof of the engine is refused, whatever the estate and the claim."""
    checked([*base(), *facts], unclassified)


@st.composite
def conditional(draw: st.DrawFn) -> Fact:
    """Draw an edge on the way from people to columns, mostly under a guard."""
    tail = draw(st.sampled_from([*PEOPLE[:2], "group:g0", "group:g1", "tool:t"]))
    head = draw(st.sampled_from(["group:g0", "group:g1", "tool:t", *COLUMNS[:2]]))
    kind = "has_privilege" if head in COLUMNS else "can_assume"
    return edge(
        tail,
        kind,
        head,
        verb="read" if head in COLUMNS else "",
        guard=draw(GUARDS),
        needs=draw(st.sets(st.sampled_from(["group:g0", "tool:t"]), max_size=1)),
        unknown=draw(st.sampled_from(["", "", "", "not decided"])),
    )


def known() -> Iterator[Fact]:
    """Yield an estate in which everybody is known: one abroad, and one at home."""
    yield from base()
    yield node("tool:t")
    for person, country in zip(PEOPLE, ("CN", "US", "CN"), strict=True):
        yield attribute(person, "residence", country)


@given(st.lists(conditional(), max_size=9, unique_by=line))
def test_the_checker_accepts_what_guards_come_to(facts):
    """No proof is refused in which guards or further premises stand in the way."""
    checked([*known(), *facts], "no")


def test_a_contradiction_on_the_way_upholds():
    """Whom one condition lets in, the next one keeps out: a certificate says so."""
    facts = [
        edge("person:p0", "can_use", "tool:t", guard=OFFICE),
        edge("tool:t", "has_privilege", COLUMNS[0], verb="read", guard=Not(OFFICE)),
        edge("person:p2", "can_use", "tool:t", guard=NEVER),
    ]
    judged = checked([*known(), *facts], "no")[0]
    assert judged.verdict is Verdict.UPHELD
    assert judged.proof is not None
    guards = {one for conflict in judged.proof.conflicts for one in conflict.guards}
    assert guards == {text(OFFICE), text(Not(OFFICE)), text(NEVER)}


def checked(facts: list[Fact], unclassified: Any) -> list[Judgement]:
    """Judge every claim, and have the checker accept every proof."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        loaded = estate(folder, [*base(), *facts])
        rules = boundary(
            *CLAIMS,
            unclassified=unclassified,
            exceptions=(EXCEPTION,),
            excluded=(IN_CHINA, COVERED),
        )
        estate_digest = loaded.write(folder / "facts.jsonl")
        (folder / "boundary.json").write_bytes(canonical(rules))
        case = Case(loaded, rules, AS_OF)
        judged = [judge(one, case) for one in CLAIMS]
        paths = []
        for number, (one, judgement) in enumerate(
            zip(CLAIMS, judged, strict=True), start=1
        ):
            is_proved = judgement.proof is not None
            decided = judgement.proxy or judgement
            assert is_proved == (decided.verdict is not Verdict.UNPROVEN)
            if judgement.proof is not None:
                path = folder / f"claim-{number}-{one.id}.json"
                sealed = judgement.proof.sealed(
                    estate=estate_digest, boundary=digest(rules)
                )
                path.write_bytes(sealed)
                paths.append(path)
        proved = Folder(folder)
        for path in paths:
            verify(proved, path)
        return judged
