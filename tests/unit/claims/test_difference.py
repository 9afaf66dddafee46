"""What is new between two estates, and why."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from msgspec.structs import replace

from ringfence.boundary.vocabulary import DATA_KINDS, kind_of
from ringfence.claims.answers import Crossing
from ringfence.claims.difference import Difference, difference
from ringfence.estate.facts import Fact
from ringfence.guard.tree import DEEPEST, All, AnyOf, Compare, Condition, Not
from tests.asked import FACTS, MAIL, NOTE, TABLE, asking, silent
from tests.estates import attribute, edge
from tests.strategies import ruled_estates

NONE, POSSIBLE, CERTAIN = Crossing.NONE, Crossing.POSSIBLE, Crossing.CERTAIN
LESS = [fact for fact in FACTS if fact.name != "can_use"]
GRANT = next(fact for fact in FACTS if fact.name == "can_use")


def compared(folder: Path, old: Sequence[Fact], new: Sequence[Fact]) -> Difference:
    before, after = asking(folder / "old", old), asking(folder / "new", new)
    return difference(before, after, silent)


def test_a_new_fact_makes_new_reach(tmp_path: Path):
    """The pair, its levels, the reason, and the one fact on its way that is new."""
    found = compared(tmp_path, LESS, FACTS)
    (pair,) = found.risen
    assert (pair.principal, pair.resource) == ("person:ann", MAIL)
    assert (pair.was, pair.now, pair.reasons) == (NONE, CERTAIN, ("new facts",))
    assert [line.count('"can_use"') for line in pair.new] == [1]
    assert found.witnesses["person:ann"].hops[1].line == pair.new[0]
    assert (found.fallen, found.crossing) == ((), CERTAIN)
    assert [(c.kind, c.added, c.removed) for c in found.facts] == [("can_use", 1, 0)]


def test_one_witness_is_shown_for_each_principal(tmp_path: Path):
    """Ann newly reaches two columns: two pairs, and one way as an example."""
    tag = attribute(NOTE, "tag", "EMAIL")
    found = compared(tmp_path, [*LESS, tag], [*FACTS, tag])
    assert [pair.resource for pair in found.risen] == [MAIL, NOTE]
    assert [*found.witnesses] == ["person:ann"]
    assert found.witnesses["person:ann"].target == MAIL


def test_a_removed_fact_ends_reach(tmp_path: Path):
    """What ended is no new reach."""
    found = compared(tmp_path, FACTS, LESS)
    (pair,) = found.fallen
    assert (pair.was, pair.now, found.risen) == (CERTAIN, NONE, ())
    assert found.crossing is NONE


def test_a_doubt_that_is_settled_raises_the_level(tmp_path: Path):
    """What was possible and is certain now is new, for the fact is another one."""
    doubtful = edge("group:dev", "can_use", "tool:pulse", unknown="no list")
    found = compared(tmp_path, [*LESS, doubtful], FACTS)
    (pair,) = found.risen
    assert (pair.was, pair.now, len(pair.new)) == (POSSIBLE, CERTAIN, 1)
    back = compared(tmp_path / "back", FACTS, [*LESS, doubtful])
    assert [(p.was, p.now) for p in back.fallen] == [(CERTAIN, POSSIBLE)]


def test_who_moves_abroad_is_a_reason(tmp_path: Path):
    """Bo's ways are old; that he is excluded is new."""
    moved = [f for f in FACTS if (f.id, f.name) != ("person:bo", "residence")]
    found = compared(
        tmp_path, FACTS, [*moved, attribute("person:bo", "residence", "CN")]
    )
    (pair,) = found.risen
    assert (pair.principal, pair.reasons, pair.new) == (
        "person:bo",
        ("newly excluded",),
        (),
    )
    assert [(one.id, one.was, one.now) for one in found.excluded] == [
        ("person:bo", "no", "yes")
    ]
    changes = [(c.kind, c.added, c.removed) for c in found.facts]
    assert changes == [("person residence", 1, 1)]


def test_what_is_tagged_is_a_reason(tmp_path: Path):
    """Ann reads the note as ever; that it is protected is new."""
    found = compared(tmp_path, FACTS, [*FACTS, attribute(NOTE, "tag", "EMAIL")])
    (pair,) = found.risen
    assert (pair.resource, pair.reasons) == (NOTE, ("newly protected",))
    assert [one.id for one in found.protected] == [NOTE]


def test_a_fact_that_moved_in_its_file_is_no_change(tmp_path: Path):
    """Facts are compared by what they say, not by where a source says it."""
    moved = [replace(f, at="test:9") if f.fact == "edge" else f for f in FACTS]
    found = compared(tmp_path, FACTS, moved)
    assert (found.risen, found.fallen, found.facts) == ((), (), ())


def test_an_attribute_that_nobody_can_tell_is_a_change(tmp_path: Path):
    """That it became unknown is stated, and counted, like a value."""
    doubt = replace(attribute("person:ann", "employer", "?"), unknown="no list")
    found = compared(tmp_path, FACTS, [*FACTS, doubt])
    changes = [(c.kind, c.added, c.removed) for c in found.facts]
    assert changes == [("person employer", 1, 0)]


def test_stakes_and_nodes_are_counted_too(tmp_path: Path):
    """An ownership interest is a fact like others, though no reach walks it."""
    stake = edge("legal_entity:a", "owns", "legal_entity:b", detail={"share": "10"})
    found = compared(tmp_path, FACTS, [*FACTS, stake])
    changes = {c.kind: (c.added, c.removed) for c in found.facts}
    assert changes == {"legal_entity": (2, 0), "owns": (1, 0)}


def test_columns_that_are_gone_end_reach(tmp_path: Path):
    """What the new estate doesn't know isn't reached in it."""
    fewer = [fact for fact in FACTS if MAIL not in (fact.id, fact.value)]
    found = compared(tmp_path, FACTS, fewer)
    assert [(p.resource, p.now) for p in found.fallen] == [(MAIL, NONE)]


@given(ruled_estates, ruled_estates)
def test_each_new_pair_has_a_reason(old: list[Fact], new: list[Fact]):
    """Either its witness holds a new fact, or one of its ends has a new status."""
    people = [
        attribute("person:p0", "residence", "CN"),
        attribute("person:p1", "residence", "US"),
    ]
    tags = [attribute("column:a/s.t.c0", "tag", "EMAIL")]
    with tempfile.TemporaryDirectory() as folder:
        found = compared(Path(folder), [*people, *tags, *old], [*people, *tags, *new])
    for pair in found.risen:
        assert pair.now > pair.was
        assert pair.reasons
        assert ("new facts" in pair.reasons) <= bool(pair.new)
    assert {kind_of(pair.resource) for pair in found.risen} <= {*DATA_KINDS}
    assert found.crossing is max((pair.now for pair in found.risen), default=NONE)


@pytest.mark.parametrize("facts", [FACTS, LESS])
def test_an_estate_has_nothing_new_against_itself(facts: list[Fact], tmp_path: Path):
    """The same facts twice differ in nothing."""
    found = compared(tmp_path, facts, facts)
    assert (found.risen, found.fallen, found.facts, found.crossing) == (
        (),
        (),
        (),
        NONE,
    )
    assert TABLE not in found.witnesses


# --- conditions -----------------------------------------------------------------------

HOME = Compare("principal.residence", "equals", ("US",))
NET = Compare("request.network", "in_network", ("10.0.0.0/8",), "any")
WIDE = Compare("request.network", "in_network", ("10.0.0.0/8", "11.0.0.0/8"), "any")


def guarded(guard: Condition | None) -> list[Fact]:
    return [*LESS, edge("group:dev", "can_use", "tool:pulse", guard=guard)]


@pytest.mark.parametrize(
    ("old", "new", "level"),
    [
        (AnyOf(()), NET, POSSIBLE),
        (HOME, NET, POSSIBLE),
        (NET, WIDE, POSSIBLE),
        (WIDE, NET, NONE),
        (NET, All((NET, HOME)), NONE),
        (NET, NET, NONE),
    ],
)
def test_a_condition_that_lets_more_pass_is_new_reach(
    old: Condition, new: Condition, level: Crossing, tmp_path: Path
):
    """Whether anybody could meet the old one, a claim decides: here it's never 0."""
    found = compared(tmp_path, guarded(old), guarded(new))
    assert found.crossing is level
    for pair in found.risen:
        told = (POSSIBLE, ("a condition lets more pass",))
        assert (pair.was, pair.reasons) in (told, (NONE, ("new facts",)))
        assert len(pair.new) == 1


def test_a_condition_as_deep_as_may_be_widens_reach(tmp_path: Path):
    """Its opposite can't be stated, so nobody can say that no more pass: it's told."""
    deepest: Condition = NET
    for _ in range(DEEPEST - 1):
        deepest = Not(deepest)
    with pytest.raises(ValueError, match="nested deeper"):
        Not(deepest)
    (pair,) = compared(tmp_path, guarded(deepest), guarded(HOME)).risen
    assert (pair.was, pair.reasons) == (POSSIBLE, ("a condition lets more pass",))


def test_a_condition_elsewhere_is_no_new_reach(tmp_path: Path):
    """Only pairs whose ways may pass the edge are told."""
    old, new = (
        [*guarded(NET), edge("group:x", "can_use", "tool:y", guard=one)]
        for one in (HOME, NET)
    )
    assert compared(tmp_path, old, new).risen == ()


def test_a_condition_that_is_dropped_is_new_reach(tmp_path: Path):
    """What was possible under a condition is certain without one."""
    (pair,) = compared(tmp_path, guarded(NET), guarded(None)).risen
    assert (pair.was, pair.now) == (POSSIBLE, CERTAIN)


def test_bare_reach_ignores_conditions(tmp_path: Path):
    """Bare, the pair was certain, and is."""
    before, after = (
        asking(tmp_path / str(place), guarded(one), reach="bare")
        for place, one in enumerate((HOME, NET))
    )
    assert difference(before, after, silent).risen == ()
