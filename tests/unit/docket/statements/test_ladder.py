"""How far a quote has come, and when two who listen have heard the same words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.docket.ladder import Ladder, difference, head, ladder, spoken
from ringfence.docket.objects import Hearing, Statement
from ringfence.docket.words import Rung

SAID = Statement("r", "everything is scene in china")


def heard(*told: tuple[str, str, bool]) -> Ladder:
    hearings = [
        (f"e{at}", Hearing("s", by, text, blind))
        for at, (by, text, blind) in enumerate(told)
    ]
    return ladder(SAID, hearings)


def test_what_nobody_has_heard_stays_a_machines():
    """Without a hearing the words are those of the statement, on the lowest rung."""
    assert heard() == Ladder(Rung.MACHINE, SAID.quote)


def test_the_first_hearing_is_the_quote():
    """The machine's words are no quote any more once somebody has listened."""
    found = heard(("ann", "Everything is seen in China.", False))
    assert found == Ladder(Rung.HEARD, "Everything is seen in China.", "e0")


def test_somebody_else_who_is_blind_confirms_the_same_words():
    """Case, spaces and punctuation count for nothing."""
    first = ("ann", "Everything is seen, in China.", False)
    found = heard(first, ("bob", "everything is  seen in china", True))
    assert (found.rung, found.confirmed) == (Rung.CONFIRMED, ("e1",))


@pytest.mark.parametrize(
    "second",
    [
        ("ann", "one two", True),
        ("bob", "one two", False),
        ("bob", "one three", True),
        ("", "one two", True),
    ],
)
def test_nothing_else_confirms(second: tuple[str, str, bool]):
    """Not the same person, nor who saw the words, nor who heard others, nor nobody."""
    assert heard(("ann", "one two", False), second).rung is Rung.HEARD


def test_a_later_hearing_that_differs_is_told_and_changes_nothing():
    """A difference is shown; it neither lowers the quote nor replaces it."""
    found = heard(
        ("ann", "one two", False), ("bob", "one three", True), ("cy", "one two", True)
    )
    assert found == Ladder(Rung.CONFIRMED, "one two", "e0", ("e2",), ("e1",))


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("Don't", "dont"),
        ("third-party", "third party"),
        ("ﬁle", "FILE"),
        ("„So”, he said…", "so he said"),
        ("naïve", "nai\u0308ve"),
        ("ze\u200bro", "zero"),
        ("a\u2014b", "a b"),
        ("$5", "$5."),
    ],
)
def test_the_same_words_may_be_spelt_otherwise(one: str, two: str):
    """What nobody hears makes no difference."""
    assert spoken(one) == spoken(two)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("1.5 million", "15 million"),
        ("-5 degrees", "5 degrees"),
        ("3,5", "3 5"),
        ("10 %", "10"),
        ("resume", "résumé"),
        ("\u0915\u0941", "\u0915\u0942"),  # two vowel signs of Devanagari
        ("can", "can't"),
    ],
)
def test_other_words_stay_other_words(one: str, two: str):
    """A point in a number, a sign, an accent: whoever hears them hears something else."""
    assert spoken(one) != spoken(two)


@given(st.text())
def test_spelling_plainly_is_idempotent(text: str):
    """A plain spelling is its own plain spelling."""
    assert spoken(spoken(text)) == spoken(text)


def test_a_difference_names_the_words():
    """What stands in both is left out; what only one has stands beside nothing."""
    machine = "well everything is scene in china"
    assert difference(machine, "Everything is seen in China today") == (
        ("well", ""),
        ("scene", "seen"),
        ("", "today"),
    )
    assert difference("the same", "The same!") == ()


@pytest.mark.parametrize(
    ("chain", "last"),
    [
        ([("a", False)], "a"),
        ([("a", False), ("b", False)], "b"),
        ([("a", True), ("b", False)], "a"),
        ([("a", True), ("b", True)], "b"),
        ([("a", True), ("b", False), ("c", True)], "c"),
    ],
)
def test_a_correction_stands_once_it_is_as_well_heard(
    chain: list[tuple[str, bool]], last: str
):
    """A correction that nobody has heard doesn't replace what somebody has."""
    assert head(chain) == last
