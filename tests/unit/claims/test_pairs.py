"""Every pair in reach, with its shortest witness."""

from __future__ import annotations

from pathlib import Path

import pytest

from ringfence.claims.case import Case
from ringfence.claims.pairs import pairs
from ringfence.errors import ConfigError
from ringfence.estate.facts import Fact
from tests.estates import attribute, case, claim, edge, source

CLAIMS = (claim("no_reach"), claim("facility"))
FACTS = [
    attribute("person:ann", "residence", "CN"),
    attribute("person:bo", "residence", "CN"),
    attribute("person:cy", "residence", "US"),
    attribute("column:w/a.b.c", "tag", "EMAIL"),
    attribute("column:w/a.b.d", "tag", "EMAIL"),
    attribute("column:w/a.b.e", "tag", "none"),
    edge("dataset:w/a.b", "contains", "column:w/a.b.c"),
    edge("dataset:w/a.b", "contains", "column:w/a.b.d"),
    edge("dataset:w/a.b", "contains", "column:w/a.b.e"),
    edge("person:ann", "member_of", "group:dev"),
    edge("group:dev", "has_privilege", "dataset:w/a.b", verb="read"),
    edge("person:bo", "has_privilege", "column:w/a.b.d", verb="update"),
    edge("person:cy", "has_privilege", "dataset:w/a.b", verb="read"),
]


def of(folder: Path, facts: list[Fact]) -> Case:
    return case(folder, [source(), *facts], *CLAIMS)


def listed(found: Case, **only: str) -> list[tuple[str, str, str, int]]:
    return [
        (path.origin, path.verb, path.target, len(path.hops))
        for path in pairs(found, "no-reach", **only)
    ]


ALL = [
    ("person:ann", "read", "column:w/a.b.c", 3),
    ("person:ann", "read", "column:w/a.b.d", 3),
    ("person:bo", "update", "column:w/a.b.d", 1),
]


@pytest.mark.parametrize(
    ("only", "expected"),
    [
        ({}, ALL),
        ({"who": "ann"}, ALL[:2]),
        ({"who": "person:bo"}, ALL[2:]),
        ({"what": "w/a.b.d"}, ALL[1:]),
        ({"who": "person:ann", "what": "column:w/a.b.c"}, ALL[:1]),
        ({"who": "cy"}, []),
        ({"what": "w/a.b.e"}, []),
    ],
    ids=["all", "name", "id", "column", "both", "permitted", "harmless"],
)
def test_each_pair_has_its_shortest_witness(
    only: dict[str, str], expected: list[object], tmp_path: Path
):
    """Excluded origins and protected targets alone, by id with or without its kind."""
    assert sorted(listed(of(tmp_path, FACTS), **only)) == expected


def test_a_name_that_nothing_has_is_refused(tmp_path: Path):
    """Nobody called that is no finding: it may be a misspelling."""
    with pytest.raises(ConfigError, match=r"--who: nothing is called `nobody`"):
        listed(of(tmp_path, FACTS), who="nobody")


def test_what_is_undecided_is_no_pair(tmp_path: Path):
    """A pair is one that is certain; what may be is for the verdict to weigh."""
    facts = [*FACTS[:9], edge("person:ann", "can_use", "tool:t", unknown="?")]
    assert listed(of(tmp_path, facts)) == []


def test_a_claim_that_is_not_there(tmp_path: Path):
    """The hint lists the claims of the boundary."""
    with pytest.raises(ConfigError) as caught:
        list(pairs(of(tmp_path, FACTS), "nope"))
    assert str(caught.value) == (
        "--claim: there is no claim `nope`\n  help: one of `no-reach`, `facility`"
    )


def test_a_claim_without_pairs(tmp_path: Path):
    """Where a facility lies is no question of who reaches what."""
    with pytest.raises(ConfigError, match="of kind `facility`, which has no pairs"):
        list(pairs(of(tmp_path, FACTS), "facility"))
