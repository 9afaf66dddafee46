"""`residency` and `presence`: where the data is."""

from __future__ import annotations

import pytest

from ringfence.claims.kinds import judge
from ringfence.claims.outcome import Verdict
from tests.estates import attribute, case, claim, edge, node, source

EMAIL = "column:db/s.users.email"
DATA = [
    attribute("store:db", "place", "US-VA"),
    attribute("store:db", "copy", "primary"),
    edge("store:db", "contains", "dataset:db/s.users"),
    edge("dataset:db/s.users", "contains", EMAIL),
    attribute(EMAIL, "tag", "EMAIL"),
]
BACKUP = [
    attribute("store:sg", "place", "SG"),
    attribute("store:sg", "copy", "backup"),
    edge("store:sg", "backed_up_to", "store:db"),
]
CLAIM = claim("residency")
SINCE_2019 = claim("residency", during=("2019-01-01T00:00:00Z", "2022-01-31T00:00:00Z"))
IN_SG = claim("presence", copy="backup", places=("SG",))


def judged(tmp_path, facts, *, asked=CLAIM, **more):
    """Return the judgement of one claim over some facts."""
    return judge(asked, case(tmp_path, facts, asked, **more))


def codes(judgement):
    """Return the codes of the reasons."""
    return [reason.code for reason in judgement.reasons]


def test_permitted_places_uphold(tmp_path):
    """A primary in the US and a backup in Singapore are where they may be."""
    found = judged(tmp_path, [source(), *DATA, *BACKUP])
    assert found.verdict is Verdict.UPHELD
    assert found.summary == "2 stores, 0 copies elsewhere"
    assert found.proof.parts[0].origins == []


def test_a_role_has_its_own_places(tmp_path):
    """Singapore is permitted for a backup, not for a primary."""
    facts = [source(), *DATA, BACKUP[0], BACKUP[2]]
    found = judged(tmp_path, facts)
    assert found.verdict is Verdict.REFUTED
    assert found.paths[0].origin == "store:sg"
    assert [hop.phrase for hop in found.paths[0].hops] == [
        "is a backup of",
        "holds",
        "holds",
    ]


def test_a_derived_copy_elsewhere_refutes(tmp_path):
    """A store abroad that holds something derived from protected data holds it."""
    facts = [
        source(),
        *DATA,
        attribute("store:cn", "place", "CN"),
        edge("store:cn", "contains", "dataset:cn/x.report"),
        edge("dataset:cn/x.report", "derived_from", "dataset:db/s.users"),
    ]
    assert judged(tmp_path, facts).verdict is Verdict.REFUTED


def test_a_store_abroad_without_the_data_is_fine(tmp_path):
    """A store abroad that holds nothing protected changes nothing."""
    facts = [
        source(),
        *DATA,
        attribute("store:cn", "place", "CN"),
        edge("store:cn", "contains", "dataset:cn/x.menus"),
    ]
    found = judged(tmp_path, facts)
    assert found.verdict is Verdict.UPHELD
    assert found.proof.parts[0].origins == ["store:cn"]


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param([node("store:x")], id="no place"),
        pytest.param(
            [attribute("store:x", "place", "US"), attribute("store:x", "place", "CN")],
            id="two places",
        ),
        pytest.param(
            [
                attribute("store:x", "place", "US"),
                attribute("store:x", "copy", "primary"),
                attribute("store:x", "copy", "backup"),
            ],
            id="two roles",
        ),
    ],
)
def test_an_unknown_place_leaves_it_open(tmp_path, facts):
    """A store that may hold the data and whose place isn't known upholds nothing."""
    held = edge("store:x", "replicated_to", "store:db")
    found = judged(tmp_path, [source(), *DATA, *facts, held])
    assert found.verdict is Verdict.UNPROVEN
    assert codes(found) == ["undecided-path"]


def test_no_store_is_vacuous(tmp_path):
    """Protected columns in no known store uphold no claim about stores."""
    found = judged(tmp_path, [source(), attribute(EMAIL, "tag", "EMAIL")])
    assert found.verdict is Verdict.UNPROVEN
    assert "no-store" in codes(found)


def test_the_claim_may_name_its_own_places(tmp_path):
    """`places` of the claim stand for the boundary's."""
    asked = claim("residency", places=("US-VA",))
    assert judged(tmp_path, [source(), *DATA], asked=asked).verdict is Verdict.UPHELD
    asked = claim("residency", places=("US-OR",))
    assert judged(tmp_path, [source(), *DATA], asked=asked).verdict is Verdict.REFUTED


def test_a_period_needs_history(tmp_path):
    """Snapshots of today don't say where the data has always been."""
    found = judged(tmp_path, [source(), *DATA], asked=SINCE_2019)
    assert found.verdict is Verdict.UNPROVEN
    assert codes(found) == ["no-history"]
    assert found.summary == "no history back to 2019-01-01 from test"


def test_a_vouched_history_upholds_a_period(tmp_path):
    """A source that vouches for its facts since before the period upholds it."""
    facts = [source(history="2018-01-01T00:00:00Z"), *DATA]
    assert judged(tmp_path, facts, asked=SINCE_2019).verdict is Verdict.UPHELD


def test_what_is_protected_at_some_instant_counts_over_the_period(tmp_path):
    """A column that loses its tag, and so may be protected, is not harmless before."""
    facts = [
        source(history="2018-01-01T00:00:00Z"),
        *DATA,
        attribute("column:db/s.users.x", "tag", "none", until="2021-01-01T00:00:00Z"),
        edge("store:b", "contains", "column:db/s.users.x"),
    ]
    found = judged(tmp_path, facts, asked=SINCE_2019, unclassified="unknown")
    assert found.verdict is Verdict.UNPROVEN
    assert "undecided-path" in codes(found)


def test_one_moment_refutes_a_period(tmp_path):
    """A copy abroad for a month of the period refutes, as of the day it began."""
    month = {"since": "2020-03-01T00:00:00Z", "until": "2020-04-01T00:00:00Z"}
    abroad = [
        attribute("store:cn", "place", "CN", **month),
        edge("store:cn", "replicated_to", "store:db", **month),
    ]
    found = judged(tmp_path, [source(), *DATA, *abroad], asked=SINCE_2019)
    assert found.verdict is Verdict.REFUTED
    assert found.proof.as_of == "2020-03-01T00:00:00Z"
    assert judged(tmp_path, [source(), *DATA, *abroad]).verdict is Verdict.UPHELD


def test_a_copy_in_the_place_upholds_presence(tmp_path):
    """A backup in Singapore that holds the data is the witness."""
    found = judged(tmp_path, [source(), *DATA, *BACKUP], asked=IN_SG)
    assert found.verdict is Verdict.UPHELD
    assert found.summary == "sg holds it"
    assert found.proof.ringfence == "witness/1"


def test_no_copy_in_the_place_refutes_presence(tmp_path):
    """With every store's place and role known, absence refutes."""
    found = judged(tmp_path, [source(), *DATA], asked=IN_SG)
    assert found.verdict is Verdict.REFUTED
    assert found.proof.ringfence == "certificate/1"


def test_an_unread_source_keeps_absence_open(tmp_path):
    """What could not be read may have told of a copy."""
    facts = [source(), source("x", unknown="why"), *DATA]
    assert judged(tmp_path, facts, asked=IN_SG).verdict is Verdict.UNPROVEN


def test_presence_in_any_role(tmp_path):
    """Without a role, any copy in the place will do."""
    asked = claim("presence", places=("US",))
    assert judged(tmp_path, [source(), *DATA], asked=asked).verdict is Verdict.UPHELD


def test_a_store_that_may_match_keeps_absence_open(tmp_path):
    """A backup of unknown place may be the one in Singapore."""
    facts = [source(), *DATA, *BACKUP[1:]]
    found = judged(tmp_path, facts, asked=IN_SG)
    assert found.verdict is Verdict.UNPROVEN
    assert codes(found) == ["undecided-path", "no-place"]
