"""Doubt: where two engines differ, and where one is not sure."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.docket.objects import Word
from ringfence.docket.transcripts.doubt import aligned, compared, in_doubt, plain

TEXTS = st.lists(st.sampled_from("abcd"), max_size=12)


def words(text: str) -> list[Word]:
    return [Word(part, n, n + 1, 0.9) for n, part in enumerate(text.split())]


def agreed(ours: str, theirs: str) -> str:
    """Return our words, those that are not agreed in brackets."""
    told = compared(words(ours), words(theirs))
    return " ".join(word.text if word.agrees else f"[{word.text}]" for word in told)


def fewest(ours, theirs):
    """Return how many changes make one text of the other, by trying all of them."""
    if not ours or not theirs:
        return len(ours) + len(theirs)
    if ours[0] == theirs[0]:
        return fewest(ours[1:], theirs[1:])
    one = (
        fewest(ours[1:], theirs),
        fewest(ours, theirs[1:]),
        fewest(ours[1:], theirs[1:]),
    )
    return 1 + min(one)


@given(TEXTS, TEXTS)
def test_an_alignment_holds_everything_once_and_in_order(ours, theirs):
    """No word of either text is lost, doubled or moved."""
    pairs = aligned(ours, theirs)
    assert [i for i, _ in pairs if i is not None] == list(range(len(ours)))
    assert [j for _, j in pairs if j is not None] == list(range(len(theirs)))
    assert (None, None) not in pairs


@given(
    st.lists(st.sampled_from("abc"), max_size=6),
    st.lists(st.sampled_from("abc"), max_size=6),
)
def test_an_alignment_has_the_fewest_changes(ours, theirs):
    """As many words differ as in the best of all alignments, and no more."""
    changes = [
        (i, j)
        for i, j in aligned(ours, theirs)
        if i is None or j is None or ours[i] != theirs[j]
    ]
    assert len(changes) == fewest(tuple(ours), tuple(theirs))


@pytest.mark.parametrize(
    ("ours", "theirs", "told"),
    [
        ("so we keep it", "So, we keep it.", "so we keep it"),
        ("it has one such", "it has won such", "it has [one] such"),
        ("fellow-Americans ask", "fellow Americans ask", "fellow-Americans ask"),
        ("we keep it", "we it", "we [keep] it"),
        ("we it all", "we keep it all", "[we] [it] all"),
        ("it all", "keep it all", "[it] all"),
        ("keep it", "keep it all", "keep [it]"),
        ("don’t go", "don't go", "don’t go"),
        ("ﬁne", "FINE", "ﬁne"),
        ("so — we", "so we", "so — we"),
        ("so we", "", "[so] [we]"),
        ("", "so we", ""),
    ],
)
def test_a_word_is_agreed_when_the_other_engine_wrote_it_there(ours, theirs, told):
    """Case, punctuation and hyphens don't matter; a gap makes both sides doubtful."""
    assert agreed(ours, theirs) == told


@given(TEXTS, TEXTS)
def test_who_hears_the_same_agrees(ours, theirs):
    """A text agrees with itself throughout, and two that differ never do throughout."""
    same = compared(words(" ".join(ours)), words(" ".join(ours)))
    assert all(word.agrees for word in same)
    if ours and ours != theirs:
        told = compared(words(" ".join(ours)), words(" ".join(theirs)))
        assert not all(word.agrees for word in told)


@pytest.mark.parametrize(
    ("prob", "agrees", "doubt"),
    [
        (0.9, True, False),
        (0.6, None, False),
        (0.59, True, True),
        (0.9, False, True),
        (None, None, False),
        (None, False, True),
    ],
)
def test_either_mark_is_enough_for_doubt(prob, agrees, doubt):
    """A word is in doubt if its engine isn't sure of it, or the other one disagrees."""
    assert in_doubt(Word("so", 0, 1, prob, agrees)) is doubt


def test_letters_of_every_script_are_compared():
    """Marks belong to their letters; what is neither letter nor number doesn't count."""
    assert plain("हिन्दी, «Straße» 3.5%") == ("हिन्दी", "strasse", "35")
