"""`no_reach`: verdicts, gaps, exceptions, proofs."""

from __future__ import annotations

import msgspec
import pytest

from ringfence.boundary.model import BoundaryException, Protection
from ringfence.claims.case import Case
from ringfence.claims.kinds import judge
from ringfence.claims.outcome import Verdict
from tests.estates import (
    CONTACT,
    attribute,
    boundary,
    case,
    claim,
    edge,
    estate,
    node,
    source,
)

EMAIL = "column:db/s.users.email"
PHONE = "column:db/s.users.phone"
STORE = [
    attribute("store:db", "place", "US-VA"),
    edge("store:db", "contains", "dataset:db/s.users"),
    edge("dataset:db/s.users", "contains", EMAIL),
    attribute(EMAIL, "tag", "EMAIL"),
]
LI = attribute("person:li", "residence", "CN")
ANN = attribute("person:ann", "residence", "US")
WAY = [
    edge("person:li", "can_use", "tool:pulse"),
    edge("tool:pulse", "runs_as", "service_account:pulse"),
    edge("service_account:pulse", "has_privilege", "dataset:db/s.users", verb="read"),
]
READ = source(covers=["store:db"])
CLAIM = claim("no_reach")


def judged(tmp_path, facts, *, asked=CLAIM, **more):
    """Return the judgement of one claim over some facts."""
    return judge(asked, case(tmp_path, facts, asked, **more))


def codes(judgement):
    """Return the codes of the reasons."""
    return [reason.code for reason in judgement.reasons]


def test_a_certain_path_refutes(tmp_path):
    """A chain of certain facts from an excluded person refutes, with its witness."""
    found = judged(tmp_path, [READ, *STORE, LI, *WAY])
    assert found.verdict is Verdict.REFUTED
    assert found.summary == "1 person, 1 column, 1 tool"
    (path,) = found.paths
    assert [hop.head for hop in path.hops] == [
        "tool:pulse",
        "service_account:pulse",
        "dataset:db/s.users",
        EMAIL,
    ]
    assert path.hops[2].phrase == "may read"
    assert [(fact.phrase, fact.head) for fact in path.origin_facts] == [
        ("resides in", "CN")
    ]
    assert found.proof is not None
    assert found.proof.ringfence == "counterexample/1"


def test_a_refutation_needs_no_complete_sources(tmp_path):
    """One witness refutes even where other sources could not be read."""
    facts = [READ, source("gone", unknown="is not JSON"), *STORE, LI, *WAY]
    found = judged(tmp_path, facts)
    assert found.verdict is Verdict.REFUTED
    assert codes(found) == ["unread-source"]


def test_isolation_upholds_with_a_closed_set(tmp_path):
    """Nobody excluded on any way to the data: upheld, with the closed set as proof."""
    facts = [
        READ,
        *STORE,
        LI,
        ANN,
        *WAY[1:],
        edge("person:ann", "can_use", "tool:pulse"),
    ]
    found = judged(tmp_path, facts)
    assert found.verdict is Verdict.UPHELD
    assert found.reasons == ()
    (part,) = found.proof.parts
    assert part.origins == ["person:li"]
    assert part.closed == {"control": ["person:li"]}
    assert found.summary == "1 shut out of 1 protected"


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        pytest.param([READ, *STORE, ANN], "no-origin", id="nobody excluded"),
        pytest.param([READ, *STORE[:3], LI], "no-target", id="nothing protected"),
        pytest.param([source(), *STORE, LI], "uncovered-store", id="store not covered"),
        pytest.param(
            [READ, source("x", unknown="why"), *STORE, LI], "unread-source", id="unread"
        ),
        pytest.param(
            [READ, source("x", collected=""), *STORE, LI],
            "undated-source",
            id="undated",
        ),
        pytest.param(
            [READ, source("x", collected="2021-12-30T23:59:59Z"), *STORE, LI],
            "stale-source",
            id="too old",
        ),
        pytest.param(
            [READ, source("x", collected="2022-03-03T00:00:01Z"), *STORE, LI],
            "stale-source",
            id="too new",
        ),
    ],
)
def test_whatever_is_missing_leaves_it_unproven(tmp_path, facts, code):
    """Vacuous, uncovered, unread, undated or stale: isolation upholds nothing."""
    found = judged(tmp_path, facts)
    assert found.verdict is Verdict.UNPROVEN
    assert code in codes(found)
    assert found.proof is None


def test_a_protection_that_matches_nothing_is_vacuous(tmp_path):
    """Beside one that protects something, a misspelt protection is still told of."""
    gone = Protection("gone", tags=("EMIAL",))
    both = claim("no_reach", protected=("contact", "gone"))
    found = judged(tmp_path, [READ, *STORE, LI], asked=both, protected=(CONTACT, gone))
    assert found.verdict is Verdict.UNPROVEN
    assert [reason.text for reason in found.reasons] == [
        "protection gone matches nothing"
    ]


def test_a_database_without_the_table_covers_nothing(tmp_path):
    """A source that lists its datasets speaks for those, not for the rest of the store."""
    other = source(covers=["dataset:db/s.orders"])
    found = judged(tmp_path, [other, *STORE, LI])
    assert (found.verdict, codes(found)) == (Verdict.UNPROVEN, ["uncovered-store"])
    assert "db/s.users" in found.reasons[0].text
    right = source(covers=["dataset:db/s.users"])
    assert judged(tmp_path, [right, *STORE, LI]).verdict is Verdict.UPHELD


def test_a_copy_of_a_store_has_to_be_covered_whole(tmp_path):
    """A backup exposes the whole store, so a list of tables doesn't cover it."""
    facts = [READ, *STORE, LI, edge("store:sg", "backed_up_to", "store:db")]
    found = judged(tmp_path, facts)
    assert codes(found) == ["uncovered-store"]
    assert "sg" in found.reasons[0].text


@pytest.mark.parametrize(
    "mentioned",
    [
        pytest.param(
            [*WAY[1:], edge("group:analyst", "can_use", "tool:pulse")],
            id="who belongs to it",
        ),
        pytest.param(
            [
                edge("person:li", "can_use", "tool:x"),
                edge("tool:x", "runs_as", "service_account:svc_x"),
            ],
            id="what it leads to",
        ),
        pytest.param(
            [
                edge(f"group:{name}", "has_privilege", EMAIL, verb="read")
                for name in "abcd"
            ],
            id="many",
        ),
    ],
)
def test_somebody_only_mentioned_leaves_it_open(tmp_path, mentioned):
    """A group or account that no source describes may be anybody's, or lead anywhere."""
    facts = [READ, *STORE, LI, *mentioned]
    known = [node(name) for name in ("tool:pulse", "tool:x", "service_account:pulse")]
    loaded = estate(tmp_path, [*facts, *known])
    rules = boundary(CLAIM)
    found = judge(CLAIM, Case(loaded, rules, rules.as_of))
    assert (found.verdict, codes(found)) == (Verdict.UNPROVEN, ["undescribed"])
    assert judged(tmp_path, facts).verdict is Verdict.UPHELD


def test_a_source_of_just_that_age_is_fresh(tmp_path):
    """The age limit includes its last day."""
    facts = [READ, source("x", collected="2021-12-31T00:00:00Z"), *STORE, LI]
    assert judged(tmp_path, facts).verdict is Verdict.UPHELD


def test_a_vouched_history_is_fresh_in_between(tmp_path):
    """A source that tells its history answers for any day of it, none before."""
    told = source("x", collected="2022-06-01T00:00:00Z", history="2022-01-31T00:00:00Z")
    assert judged(tmp_path, [READ, told, *STORE, LI]).verdict is Verdict.UPHELD
    late = source("x", collected="2022-06-01T00:00:00Z", history="2022-02-01T00:00:00Z")
    found = judged(tmp_path, [READ, late, *STORE, LI])
    assert codes(found) == ["stale-source"]


@pytest.mark.parametrize(
    "doubt",
    [
        pytest.param(
            [
                *WAY[:2],
                edge(
                    "service_account:pulse",
                    "has_privilege",
                    "dataset:db/s.users",
                    verb="read",
                    unknown="body not read",
                ),
                LI,
            ],
            id="undecided edge",
        ),
        pytest.param(
            [
                *WAY[:2],
                edge(
                    "service_account:pulse",
                    "has_privilege",
                    "dataset:db/s.users",
                    verb="read",
                    control="row filter",
                ),
                LI,
            ],
            id="control in the way",
        ),
        pytest.param([*WAY, node("person:li")], id="residence unknown"),
        pytest.param(
            [
                *WAY,
                attribute("person:li", "residence", "CN"),
                attribute("person:li", "residence", "US"),
            ],
            id="sources disagree",
        ),
    ],
)
def test_doubt_never_upholds_and_never_refutes(tmp_path, doubt):
    """A path that rests on anything undecided leaves the claim unproven."""
    found = judged(tmp_path, [READ, *STORE, *doubt])
    assert found.verdict is Verdict.UNPROVEN
    assert codes(found)[0] == "undecided-path"
    assert found.paths


def test_bare_reach_ignores_controls(tmp_path):
    """Bare reach refutes through a row filter that residual reach can't decide."""
    filtered = edge("person:li", "has_privilege", EMAIL, verb="read", control="filter")
    facts = [READ, *STORE, LI, filtered]
    assert judged(tmp_path, facts).verdict is Verdict.UNPROVEN
    bare = claim("no_reach", reach="bare")
    assert judged(tmp_path, facts, asked=bare).verdict is Verdict.REFUTED


def test_an_unclassified_column_in_reach_is_open(tmp_path):
    """A column that nobody classified may be protected: reach of it decides nothing."""
    facts = [
        READ,
        *STORE,
        LI,
        edge("dataset:db/s.users", "contains", PHONE),
        edge("person:li", "has_privilege", PHONE, verb="read"),
    ]
    found = judged(tmp_path, facts, unclassified="unknown")
    assert found.verdict is Verdict.UNPROVEN
    assert judged(tmp_path, facts).verdict is Verdict.UPHELD


def test_grades_decide_which_edges_count(tmp_path):
    """An approver counts only where the claim counts organisational edges."""
    facts = [READ, *STORE, LI, edge("person:li", "approves", "tool:pulse"), *WAY[1:]]
    assert judged(tmp_path, facts).verdict is Verdict.UPHELD
    wider = claim("no_reach", grades=("technical", "organisational"))
    assert judged(tmp_path, facts, asked=wider).verdict is Verdict.REFUTED


def test_verbs_decide_what_counts(tmp_path):
    """Who may only delete refutes a claim about any verb, not one about reading."""
    facts = [READ, *STORE, LI, edge("person:li", "has_privilege", EMAIL, verb="delete")]
    assert judged(tmp_path, facts).verdict is Verdict.REFUTED
    reading = claim("no_reach", verbs=("read",))
    assert judged(tmp_path, facts, asked=reading).verdict is Verdict.UPHELD


def exception(**more):
    """Return an exception that lets group:metrics at the users table."""
    fields = {"who": ("group:metrics",), "columns": ("db/s.users.*",)} | more
    return BoundaryException(
        name="weekly-metrics",
        purpose="metrics",
        owner="person:ann",
        cap=100,
        until=fields.pop("until", "2022-06-30T00:00:00Z"),
        **fields,
    )


CONCEDES = claim("no_reach", exceptions=("weekly-metrics",))
MEMBER = [
    LI,
    edge("person:li", "member_of", "group:inner"),
    edge("group:inner", "member_of", "group:metrics"),
    edge("group:metrics", "can_use", "tool:pulse"),
    *WAY[1:],
]


def test_an_exception_counts_only_if_the_claim_concedes_it(tmp_path):
    """An exception in force lets its members through where the claim names it."""
    facts = [READ, *STORE, *MEMBER, attribute("person:wei", "residence", "CN")]
    granted = (exception(),)
    assert judged(tmp_path, facts, exceptions=granted).verdict is Verdict.REFUTED
    found = judged(tmp_path, facts, asked=CONCEDES, exceptions=granted)
    assert found.verdict is Verdict.UPHELD
    assert [(part.exceptions, part.origins) for part in found.proof.parts] == [
        ([], ["person:wei"]),
        (["weekly-metrics"], ["person:li"]),
    ]


@pytest.mark.parametrize(
    "granted",
    [
        pytest.param(exception(until="2022-01-31T00:00:00Z"), id="expired"),
        pytest.param(exception(since="2022-02-01T00:00:00Z"), id="not begun"),
        pytest.param(exception(who=("person:wei",)), id="for somebody else"),
        pytest.param(exception(columns=("db/s.metrics.*",)), id="for other columns"),
    ],
)
def test_an_exception_lets_through_only_what_it_says(tmp_path, granted):
    """Expired, not begun, for others or for other columns: the path refutes."""
    facts = [READ, *STORE, *MEMBER]
    found = judged(tmp_path, facts, asked=CONCEDES, exceptions=(granted,))
    assert found.verdict is Verdict.REFUTED


def test_an_undecided_membership_earns_no_exception(tmp_path):
    """A membership that isn't certain doesn't put anybody under an exception."""
    doubt = edge("group:inner", "member_of", "group:metrics", unknown="stale")
    facts = [READ, *STORE, *MEMBER[:2], doubt, *MEMBER[3:]]
    found = judged(tmp_path, facts, asked=CONCEDES, exceptions=(exception(),))
    assert found.verdict is Verdict.UNPROVEN


def test_groups_that_contain_each_other(tmp_path):
    """A cycle of groups is walked once and ends."""
    cycle = edge("group:metrics", "member_of", "group:inner")
    facts = [READ, *STORE, *MEMBER, cycle, attribute("person:wei", "residence", "CN")]
    found = judged(tmp_path, facts, asked=CONCEDES, exceptions=(exception(),))
    assert found.verdict is Verdict.UPHELD


def test_an_exception_for_everybody_leaves_nothing_to_uphold(tmp_path):
    """Where every excluded person is conceded everything, the claim is vacuous."""
    facts = [READ, *STORE, *MEMBER]
    found = judged(tmp_path, facts, asked=CONCEDES, exceptions=(exception(),))
    assert (found.verdict, codes(found)) == (Verdict.UNPROVEN, ["no-target"])


def test_an_exception_that_may_apply_keeps_a_path_from_refuting(tmp_path):
    """Who may be a member of the excepted group is neither let off nor accused."""
    doubt = edge("person:li", "member_of", "group:metrics", unknown="stale")
    facts = [READ, *STORE, LI, *WAY, doubt]
    found = judged(tmp_path, facts, asked=CONCEDES, exceptions=(exception(),))
    assert (found.verdict, codes(found)[0]) == (Verdict.UNPROVEN, "undecided-path")


def test_a_copy_in_no_known_store_leaves_it_open(tmp_path):
    """An export that lies nobody knows where may be open to anybody."""
    export = edge("dataset:x/export", "exported_to", "dataset:db/s.users")
    found = judged(tmp_path, [READ, *STORE, LI, export])
    assert (found.verdict, codes(found)) == (Verdict.UNPROVEN, ["no-store"])


def test_a_dataset_nobody_looked_into_may_be_protected(tmp_path):
    """A dump without columns or origin is unclassified, like an untagged column."""
    dump = [
        edge("store:db", "contains", "dataset:db/dump"),
        edge("person:li", "has_privilege", "dataset:db/dump", verb="read"),
    ]
    found = judged(tmp_path, [READ, *STORE, LI, *dump], unclassified="unknown")
    assert (found.verdict, codes(found)) == (Verdict.UNPROVEN, ["undecided-path"])
    assert judged(tmp_path, [READ, *STORE, LI, *dump]).verdict is Verdict.UPHELD


@pytest.mark.parametrize(("doubt", "expected"), [("", "refuted"), ("old", "unproven")])
def test_protection_goes_down_to_what_is_contained(tmp_path, doubt, expected):
    """What a protected dataset contains is protected, whatever its name and tag."""
    inside = "column:other/x.y.z"
    facts = [
        READ,
        LI,
        edge("store:db", "contains", "dataset:db/s.users"),
        edge("dataset:db/s.users", "contains", inside, unknown=doubt),
        attribute(inside, "tag", "none"),
        edge("person:li", "has_privilege", inside, verb="read"),
    ]
    whole = (Protection("users", datasets=("db/s.users",)),)
    assert judged(tmp_path, facts, protected=whole).verdict.value == expected


def test_protection_passes_through_stores(tmp_path):
    """A store inside a protected dataset is odd, and hands protection on."""
    inside = "column:other/x.y.z"
    facts = [
        READ,
        source("more", covers=["store:inner"]),
        LI,
        edge("store:db", "contains", "dataset:db/s.users"),
        edge("dataset:db/s.users", "contains", "store:inner"),
        edge("store:inner", "contains", inside),
        attribute(inside, "tag", "none"),
        edge("person:li", "has_privilege", inside, verb="read"),
    ]
    whole = (Protection("users", datasets=("db/s.users",)),)
    assert judged(tmp_path, facts, protected=whole).verdict is Verdict.REFUTED


def test_a_key_to_a_copy_opens_the_original(tmp_path):
    """Decrypting a backup is decrypting the data."""
    facts = [
        READ,
        *STORE,
        LI,
        edge("dataset:db/backup", "backed_up_to", "dataset:db/s.users"),
        edge("store:db", "contains", "dataset:db/backup"),
        edge("person:li", "holds_key", "key:k"),
        edge("key:k", "decrypts", "dataset:db/backup", verb="decrypt"),
    ]
    assert judged(tmp_path, facts).verdict is Verdict.REFUTED


def test_an_undated_fact_of_another_source_still_counts(tmp_path):
    """Only its own source's dated facts end an undated one; others only disagree."""
    later = attribute("person:li", "residence", "US", since="2001-01-01T00:00:00Z")
    own = judged(tmp_path, [READ, *STORE, LI, later, *WAY])
    assert codes(own) == ["no-origin"]
    other = msgspec.structs.replace(later, source="crm")
    found = judged(tmp_path, [READ, source("crm"), *STORE, LI, other, *WAY])
    assert codes(found)[0] == "undecided-path"


@pytest.mark.parametrize(
    "alone",
    [
        pytest.param(
            [
                attribute("role:db/r", "login", "yes"),
                edge("role:db/r", "has_privilege", EMAIL, verb="read"),
                edge("role:db/su", "can_assume", "role:db/r"),
            ],
            id="login role",
        ),
        pytest.param(
            [edge("service_account:s", "has_privilege", EMAIL, verb="read")],
            id="account",
        ),
    ],
)
def test_a_login_that_nobody_holds_leaves_it_open(tmp_path, alone):
    """A login or account on the way that no source ties to anybody may be anybody's."""
    found = judged(tmp_path, [READ, *STORE, LI, *alone])
    assert (found.verdict, codes(found)) == (Verdict.UNPROVEN, ["unheld"])


def test_a_disputed_fact_says_who_disputes_it(tmp_path):
    """A witness that rests on a disputed fact carries the dispute."""
    disputed = edge(
        "person:li",
        "has_privilege",
        EMAIL,
        verb="read",
        detail={"asserted_by": "press", "disputed_by": "company"},
    )
    found = judged(tmp_path, [READ, *STORE, LI, disputed])
    assert found.paths[0].hops[0].dispute == "company"


def test_the_flow_map_folds_columns_into_their_table(tmp_path):
    """The map shows tables rather than columns, and people on each stripe."""
    found = judged(tmp_path, [READ, *STORE, LI, *WAY])
    assert [(flow.tail, flow.head, flow.people) for flow in found.flows.edges] == [
        ("person:li", "tool:pulse", 1),
        ("service_account:pulse", "dataset:db/s.users", 1),
        ("tool:pulse", "service_account:pulse", 1),
    ]


def test_a_dataset_without_columns_stands_for_itself(tmp_path):
    """A protected table whose columns nobody lists is protected as a whole."""
    facts = [
        READ,
        LI,
        edge("store:db", "contains", "dataset:db/s.users"),
        edge("person:li", "has_privilege", "dataset:db/s.users", verb="read"),
    ]
    whole = (Protection("users", datasets=("db/s.users",)),)

    made = boundary(CLAIM, protected=whole)
    found = judge(CLAIM, Case(estate(tmp_path, facts), made, made.as_of))
    assert found.verdict is Verdict.REFUTED
    assert found.paths[0].target == "dataset:db/s.users"


def test_people_and_companies_are_counted_apart(tmp_path):
    """Where an excluded company crosses beside people, the summary names both."""
    wider = claim("no_reach", grades=("technical", "legal"))
    facts = [
        READ,
        *STORE,
        LI,
        *WAY,
        attribute("legal_entity:op", "organised_in", "CN"),
        edge("legal_entity:op", "controls", "store:db"),
    ]
    found = judged(tmp_path, facts, asked=wider)
    assert found.summary == "1 person, 1 entity, 1 column, 1 tool"
