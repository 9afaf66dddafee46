"""The kinds of claim that ask neither who reaches the data nor where it is kept."""

from __future__ import annotations

import json

import pytest

from ringfence.claims.kinds import judge
from ringfence.claims.outcome import Verdict
from tests.estates import attribute, case, claim, edge, node, source

EMAIL, PHONE = "column:db/s.users.email", "column:db/s.users.phone"
DATA = [
    attribute("store:db", "place", "US"),
    edge("store:db", "contains", "dataset:db/s.users"),
    edge("dataset:db/s.users", "contains", EMAIL),
    edge("dataset:db/s.users", "contains", PHONE),
    attribute(EMAIL, "tag", "EMAIL"),
    attribute(PHONE, "tag", "EMAIL"),
]
READ = source(covers=["store:db"])


def judged(tmp_path, facts, asked, **more):
    """Return the judgement of one claim over some facts."""
    return judge(asked, case(tmp_path, facts, asked, **more))


def codes(judgement):
    """Return the codes of the reasons."""
    return [reason.code for reason in judgement.reasons]


# --- facility -------------------------------------------------------------------------

FACILITY = claim("facility", purpose="data-centre")


def facility(name, place, purpose="data-centre"):
    """Return the facts of a facility."""
    return [
        attribute(f"facility:{name}", "place", place),
        attribute(f"facility:{name}", "purpose", purpose),
    ]


def test_facilities_elsewhere_uphold(tmp_path):
    """Data centres in other countries uphold; an office in the country isn't meant."""
    facts = [
        READ,
        *facility("a", "US-VA"),
        *facility("b", "SG"),
        *facility("c", "CN", "office"),
    ]
    found = judged(tmp_path, facts, FACILITY)
    assert (found.verdict, found.summary) == (Verdict.UPHELD, "2 facilities")
    assert found.proof.parts == []


def test_a_facility_inside_refutes(tmp_path):
    """One data centre in the country refutes and is the witness."""
    facts = [READ, *facility("a", "US"), *facility("b", "CN-BJ")]
    found = judged(tmp_path, facts, FACILITY)
    assert (found.verdict, found.summary) == (Verdict.REFUTED, "1 facility inside")
    assert found.paths[0].origin == "facility:b"
    assert found.proof.paths[0].facts == []


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ([], "no-facility"),
        ([attribute("facility:a", "purpose", "data-centre")], "no-place"),
        ([attribute("facility:a", "place", "CN")], "no-place"),
        ([*facility("a", "US"), source("x", unknown="why")], "unread-source"),
    ],
    ids=["none", "no place", "no purpose", "unread"],
)
def test_facilities_not_known_uphold_nothing(tmp_path, facts, code):
    """No facility, one without place or purpose, or an unread source: unproven."""
    found = judged(tmp_path, [READ, *facts], FACILITY)
    assert found.verdict is Verdict.UNPROVEN
    assert code in codes(found)


def test_any_facility_is_meant_without_a_purpose(tmp_path):
    """A claim without a purpose speaks of every facility."""
    facts = [READ, attribute("facility:a", "place", "CN")]
    assert judged(tmp_path, facts, claim("facility")).verdict is Verdict.REFUTED


# --- jurisdiction ---------------------------------------------------------------------

LAW = claim("jurisdiction")


def operated(*more):
    """Return a store operated by an entity, with the entity's facts."""
    operator = edge(
        "legal_entity:op", "controls", "store:db", detail={"as": "operator"}
    )
    return [READ, *DATA, operator, *more]


def test_a_question_of_law_stays_unproven_beside_its_proxy(tmp_path):
    """The claim is unproven; its proxy is refuted by an excluded operator."""
    facts = operated(attribute("legal_entity:op", "organised_in", "CN"))
    found = judged(tmp_path, facts, LAW)
    assert (found.verdict, codes(found)) == (Verdict.UNPROVEN, ["question-of-law"])
    assert found.proxy.verdict is Verdict.REFUTED
    assert found.proof.proxy is True
    assert found.summary == "a question of law; its proxy is refuted"


def test_control_through_owners_refutes_the_proxy(tmp_path):
    """An operator that an excluded parent owns is excluded by ownership."""
    stake = {
        "interest": "shareholding",
        "min": "100",
        "max": "100",
        "directness": "direct",
    }
    facts = operated(
        attribute("legal_entity:op", "organised_in", "US"),
        attribute("legal_entity:parent", "organised_in", "CN"),
        edge("legal_entity:parent", "owns", "legal_entity:op", detail=stake),
    )
    assert judged(tmp_path, facts, LAW).proxy.verdict is Verdict.REFUTED


def test_a_proxy_can_be_upheld(tmp_path):
    """With no excluded entity near the stores the proxy is upheld, the claim isn't."""
    facts = operated(
        attribute("legal_entity:op", "organised_in", "US"),
        attribute("legal_entity:op", "shares", "complete"),
        attribute("legal_entity:far", "organised_in", "CN"),
    )
    found = judged(tmp_path, facts, LAW)
    assert found.verdict is Verdict.UNPROVEN
    assert found.proxy.verdict is Verdict.UPHELD


def test_a_proxy_over_no_entity_is_vacuous(tmp_path):
    """No excluded entity at all upholds no proxy."""
    facts = [
        READ,
        *DATA,
        attribute("legal_entity:a", "organised_in", "US"),
        attribute("legal_entity:a", "shares", "complete"),
    ]
    found = judged(tmp_path, facts, LAW)
    assert codes(found.proxy) == ["no-origin", "unowned-store"]


# --- no_single_principal --------------------------------------------------------------

MASTER = claim("no_single_principal")


def test_a_master_refutes(tmp_path):
    """A role that reads every protected column refutes, with a path to each."""
    facts = [
        READ,
        *DATA,
        edge("role:db/admin", "has_privilege", "dataset:db/s.users", verb="read"),
        edge("person:ann", "can_assume", "role:db/admin"),
    ]
    found = judged(tmp_path, facts, MASTER)
    assert (found.verdict, found.summary) == (Verdict.REFUTED, "1 role, 1 person")
    assert {path.target for path in found.paths} == {EMAIL, PHONE}
    assert {path.origin for path in found.paths} == {"role:db/admin"}
    assert len(found.proof.paths) == 2


def test_a_share_of_everything(tmp_path):
    """Half of the columns is everything where the claim says 50 percent."""
    facts = [READ, *DATA, edge("role:db/half", "has_privilege", EMAIL, verb="read")]
    assert judged(tmp_path, facts, MASTER).verdict is Verdict.UPHELD
    half = claim("no_single_principal", share=50)
    found = judged(tmp_path, facts, half)
    assert found.verdict is Verdict.REFUTED
    assert [path.target for path in found.paths] == [EMAIL]


def test_nobody_has_everything(tmp_path):
    """Each principal misses a column: upheld, by closed sets that show which."""
    facts = [
        READ,
        *DATA,
        edge("role:db/one", "has_privilege", EMAIL, verb="read"),
        edge("role:db/two", "has_privilege", PHONE, verb="read"),
    ]
    found = judged(tmp_path, facts, MASTER)
    assert (found.verdict, found.summary) == (Verdict.UPHELD, "none of 2 principals")
    shown = {one for part in found.proof.parts for one in part.origins}
    assert shown == {"role:db/one", "role:db/two"}
    assert all(part.barred for part in found.proof.parts)


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ([READ, *DATA], "no-principal"),
        ([READ, node("role:db/a")], "no-target"),
        ([source(), *DATA, node("role:db/a")], "uncovered-store"),
        (
            [
                READ,
                *DATA,
                edge(
                    "role:db/a", "has_privilege", "store:db", verb="read", unknown="why"
                ),
            ],
            "undecided-path",
        ),
    ],
    ids=["no principal", "no target", "uncovered", "undecided"],
)
def test_what_is_not_known_upholds_nothing(tmp_path, facts, code):
    """No principal, no target, an uncovered store or an undecided edge: unproven."""
    found = judged(tmp_path, facts, MASTER)
    assert found.verdict is Verdict.UNPROVEN
    assert code in codes(found)


# --- control_operates -----------------------------------------------------------------

TEAM = claim("control_operates", form="team", team=("group:us-sec",))
GRANT = claim("control_operates", form="grant", team=("group:us-sec", "person:vip"))
BEHIND = [
    READ,
    *DATA,
    edge("tool:pulse", "has_privilege", "dataset:db/s.users", verb="read"),
    edge("person:ann", "member_of", "group:us-sec"),
]


def use(who, approved_by=""):
    """Return the grant of a tool to somebody."""
    detail = {"approved_by": approved_by} if approved_by else {}
    return edge(who, "can_use", "tool:pulse", detail=detail)


def test_the_team_approves(tmp_path):
    """Every gate on the way has approvers, and all belong to the team."""
    facts = [
        *BEHIND,
        use("person:bo"),
        edge("person:ann", "approves", "tool:pulse"),
        edge("group:us-sec", "approves", "tool:pulse"),
        edge("person:ann", "approves", "group:us-sec"),
    ]
    assert judged(tmp_path, facts, TEAM).verdict is Verdict.UPHELD


def test_an_approver_outside_refutes(tmp_path):
    """One approver outside the team refutes, and the proof names the approval."""
    approval = edge("person:li", "approves", "tool:pulse")
    another = edge("person:wei", "approves", "tool:pulse")
    facts = [
        another,
        *BEHIND,
        use("person:bo"),
        edge("person:ann", "approves", "tool:pulse"),
        approval,
        edge("person:ann", "approves", "group:us-sec"),
    ]
    found = judged(tmp_path, facts, TEAM)
    assert (found.verdict, found.summary) == (
        Verdict.REFUTED,
        "1 gate approved elsewhere",
    )
    assert found.paths[0].origin_facts[0].phrase == "approves who gets"
    assert json.loads(found.proof.grant)["id"] == "person:li"


def test_an_excluded_member_of_the_team_refutes(tmp_path):
    """A US-based team with a member in the excluded country isn't one."""
    asked = claim(
        "control_operates", form="team", team=("group:us-sec",), excluded="in-china"
    )
    facts = [
        *BEHIND,
        use("person:bo"),
        edge("person:ann", "approves", "tool:pulse"),
        edge("person:ann", "approves", "group:us-sec"),
        attribute("person:ann", "residence", "CN"),
    ]
    assert judged(tmp_path, facts, asked).verdict is Verdict.REFUTED


OF_US = claim(
    "control_operates",
    form="grant",
    team=("group:us-sec", "person:zed"),
    excluded="in-china",
)


def test_an_approver_of_unknown_status_leaves_it_open(tmp_path):
    """Nobody knows where the approver is, so nobody knows whether a US team decided."""
    facts = [*BEHIND[:-1], use("person:bo", "person:zed")]
    assert judged(tmp_path, facts, OF_US).verdict is Verdict.UNPROVEN
    known = [*facts, attribute("person:zed", "residence", "US")]
    assert judged(tmp_path, known, OF_US).verdict is Verdict.UPHELD


@pytest.mark.parametrize(
    ("doubt", "expected"), [("", Verdict.REFUTED), ("old list", Verdict.UNPROVEN)]
)
def test_a_group_that_approves_counts_as_its_members(tmp_path, doubt, expected):
    """A team that decides as a group is excluded where one of its members is."""
    facts = [
        *BEHIND[:-1],
        use("person:bo", "group:us-sec"),
        edge("person:li", "member_of", "group:us-sec", unknown=doubt),
        attribute("person:li", "residence", "CN"),
    ]
    assert judged(tmp_path, facts, OF_US).verdict is expected


def test_a_gate_without_approver_is_open(tmp_path):
    """Nobody says who approves: unproven."""
    found = judged(tmp_path, [*BEHIND, use("person:bo")], TEAM)
    assert (found.verdict, codes(found)) == (Verdict.UNPROVEN, ["undecided-path"])


def test_an_undecided_approval_leaves_it_open(tmp_path):
    """An approval that can't be decided neither upholds nor refutes."""
    doubt = edge("person:li", "approves", "tool:pulse", unknown="old list")
    found = judged(tmp_path, [*BEHIND, use("person:bo"), doubt], TEAM)
    assert found.verdict is Verdict.UNPROVEN


def test_an_undecided_membership_of_the_team_leaves_it_open(tmp_path):
    """An approver who may belong to the team neither upholds nor refutes."""
    facts = [
        *BEHIND,
        use("person:bo"),
        edge("person:cy", "approves", "tool:pulse"),
        edge("person:cy", "member_of", "group:us-sec", unknown="old list"),
        edge("person:ann", "approves", "group:us-sec"),
    ]
    assert judged(tmp_path, facts, TEAM).verdict is Verdict.UNPROVEN


def test_gates_that_lead_nowhere_dont_matter(tmp_path):
    """A gate with a stranger as approver that leads to nothing protected is fine."""
    facts = [
        *BEHIND,
        edge("person:bo", "can_use", "tool:menu"),
        edge("person:li", "approves", "tool:menu"),
    ]
    assert judged(tmp_path, facts, TEAM).verdict is Verdict.UPHELD


def test_no_gate_is_vacuous(tmp_path):
    """Without any gate that people enter, a claim about gates is vacuous."""
    found = judged(tmp_path, [READ, *DATA], TEAM)
    assert "no-gate" in codes(found)


def test_grants_approved_by_the_team_uphold(tmp_path):
    """Each grant on the way names an approver of the team."""
    facts = [
        *BEHIND[:-1],
        use("person:bo", "person:vip"),
        use("person:cy", "person:vip"),
    ]
    assert judged(tmp_path, facts, GRANT).verdict is Verdict.UPHELD


def test_a_grant_approved_elsewhere_refutes(tmp_path):
    """Grants approved outside the team refute, counted, with one as the witness."""
    facts = [
        *BEHIND[:-1],
        use("person:bo", "person:li"),
        use("person:cy", "person:li"),
        use("person:dee", "person:vip"),
    ]
    found = judged(tmp_path, facts, GRANT)
    assert (found.verdict, found.summary) == (
        Verdict.REFUTED,
        "2 grants approved elsewhere",
    )
    assert json.loads(found.proof.grant)["detail"] == {"approved_by": "person:li"}


def test_a_grant_that_nobody_approved_is_open(tmp_path):
    """A grant without a recorded approver leaves the claim unproven."""
    found = judged(tmp_path, [*BEHIND[:-1], use("person:bo")], GRANT)
    assert found.verdict is Verdict.UNPROVEN


# --- no_event ----------------------------------------------------------------------


@pytest.mark.parametrize("logs", [(), ("pgaudit of db",)])
def test_the_past_needs_logs(tmp_path, logs):
    """A claim that nobody did is unproven, and says which log would tell."""
    found = judged(tmp_path, [READ, *DATA], claim("no_event", logs=logs))
    assert (found.verdict, codes(found)) == (Verdict.UNPROVEN, ["needs-logs"])
    assert found.summary.startswith("needs ")
