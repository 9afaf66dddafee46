"""What stands of assessments, and how often something was said."""

from __future__ import annotations

from typing import Any

from ringfence.docket.held import Corroboration
from ringfence.docket.ladder import Ladder
from ringfence.docket.objects import (
    Assessment,
    Hand,
    Recording,
    Scope,
    Speaker,
    Statement,
)
from ringfence.docket.standing import (
    Said,
    Standing,
    corroboration,
    in_scope,
    unreplaced,
)
from ringfence.docket.words import Dismissal, Known, Rung, Stance
from tests.stating import recording


def one(stance: Stance = Stance.CONTRADICTS, **more: Any) -> Assessment:
    return Assessment("s", "c", stance, "v", **more)


def standing(*told: Assessment, rung: Rung = Rung.HEARD) -> Standing:
    pairs = tuple((f"a{at}", each) for at, each in enumerate(told))
    return Standing("s", "c", Ladder(rung, "words"), pairs)


def test_what_is_replaced_doesnt_stand():
    """Of a chain of assessments only the last one does."""
    pairs = [("a", one()), ("b", one(supersedes="a")), ("c", one())]
    assert [ref for ref, _ in unreplaced(pairs)] == ["b", "c"]


def test_a_contradiction_counts_in_scope_and_undismissed():
    """Any part that is out of scope, or a dismissal, takes it out."""
    assert standing(one()).contradicts
    assert not standing(one(Stance.SUPPORTS)).contradicts
    assert not standing(one(dismissal=Dismissal.JOKE)).contradicts
    assert not standing(one(scope=Scope(window=Known.NO))).contradicts
    assert standing(one(scope=Scope(window=Known.UNKNOWN))).contradicts
    assert [in_scope(one(scope=Scope(part))) for part in Known] == [True, False, True]


def test_one_contradiction_that_stands_is_enough():
    """A second reviewer who dismisses it doesn't silence the first one."""
    both = standing(one(), one(dismissal=Dismissal.JOKE))
    assert (both.contradicts, both.is_dismissed, both.stances) == (
        True,
        False,
        (Stance.CONTRADICTS,),
    )
    assert standing(one(dismissal=Dismissal.JOKE)).is_dismissed


def test_only_what_somebody_has_heard_contests_a_claim():
    """A machine's words contest nothing."""
    rungs = [standing(one(), rung=rung).contests for rung in Rung]
    assert rungs == [False, True, True]


def said(
    tape: Recording | None,
    hand: Hand | None = None,
    who: Speaker | None = None,
    **more: Any,
) -> Said:
    return Said(Statement("r", "words", **more), tape, hand, who)


def test_eighty_tapes_of_one_hand_are_one_source():
    """Recordings, speakers and sources are counted apart."""
    tapes = [recording("h", "v", content=f"{at:02x}") for at in range(80)]
    found = corroboration(said(tape, Hand(), speaker="p") for tape in tapes)
    assert found == Corroboration(80, 80, 1, 0, 1, 0, 0)


def test_the_same_hand_or_speaker_under_two_refs_counts_once():
    """What their sealed names match by tells that two are one."""
    one_, two = recording("h1", "v"), recording("h2", "v", content="bb")
    hand = Hand(match="m")
    ann, ann_again = Speaker("speaker-1", match="n"), Speaker("speaker-2", match="n")
    found = corroboration(
        [
            said(one_, hand, ann, speaker="p1"),
            said(two, hand, ann_again, speaker="p2"),
        ]
    )
    assert (found.speakers, found.hands, found.recordings) == (1, 1, 2)


def test_the_same_sound_received_twice_is_one_recording():
    """A copy of a tape corroborates nothing."""
    one_, two = recording("h1", "v"), recording("h2", "v")
    assert corroboration([said(one_), said(two)]).recordings == 1


def test_what_was_erased_or_nobody_knows_adds_no_source():
    """A recording that is gone may be of any hand; who is unknown is counted so."""
    known = said(recording("h", "v"), Hand(), first_hand=Known.YES, hedged=Known.YES)
    gone = said(None)
    found = corroboration([gone, said(None), known])
    assert (found.hands, found.unnamed, found.speakers) == (2, 3, 0)
    assert (found.first_hand, found.hedged) == (1, 1)
