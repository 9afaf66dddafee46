"""Gathering: rows become pairs, and what isn't understood is counted."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.egress.forms import digests
from ringfence.egress.forms.canonical import canonical
from ringfence.egress.forms.columns import canonical as canonical_forms
from ringfence.egress.forms.kinds import Kind
from ringfence.egress.index.fingerprint import fingerprint, subject_number
from ringfence.egress.index.gathering import Gathering, Keys, spellings
from ringfence.egress.index.known import Shape
from ringfence.egress.index.population import Frames, Layout
from ringfence.errors import SourceError
from tests.indexed import ANN, BO, CY, KEYS, LAYOUT, Person, frame, gathering

MAILS = [
    "Ann@Example.com",
    "ann+news@example.com",
    " Ann+A+B@Example.com ",
    "mailto:ann@example.com",
    "A.n.n+x@gmail.com",
    "änn@example.com",
    "ａｎｎ@example.com",
    "MAILTO:Ann@Example.com",
    "no mail",
]
PHONES = ["(415) 555-0100", "+44 20 7946 0958", "14155550100", "0041 44 668 18 00"]


def those(found: Gathering, people: Sequence[Person]) -> set[tuple[int, int]]:
    """Return all pairs of people."""
    pairs = [one for p in found.pieces(Frames([frame(people)])) for one in p.pairs]
    return {
        pair
        for one in pairs
        for pair in zip(one.keys.tolist(), one.subjects.tolist(), strict=True)
    }


@pytest.mark.parametrize("has_digests", [False, True])
def test_pairs_are_what_a_loop_over_the_rows_makes(has_digests: bool):  # noqa: FBT001
    """Canonical form by canonical form, digest by digest."""
    wanted = set()
    for person in (ANN, BO, CY):
        who = subject_number(KEYS.subject, str(person["id"]))
        for column, kind in LAYOUT.kinds.items():
            form = canonical(kind, person[column] or "")
            if form is None:
                continue
            wanted.add((fingerprint(KEYS.index, kind, form), who))
            if has_digests and kind in digests.DIGESTED:
                wanted |= {
                    (fingerprint(KEYS.index, digests.DIGESTED[kind], one), who)
                    for one in digests.of(kind, person[column] or "")
                }
    assert those(gathering(has_digests=has_digests), [ANN, BO, CY]) == wanted


@pytest.mark.parametrize(
    ("kind", "given_texts"), [(Kind.EMAIL, MAILS), (Kind.PHONE, PHONES)]
)
def test_spellings_are_those_of_the_definition(kind: Kind, given_texts: list[str]):
    """Whatever is hashed by `forms.digests` is hashed for a column."""
    series = pl.Series(given_texts)
    check_spellings(kind, series)


@given(
    st.lists(
        st.from_regex(
            r"[A-Za-z.+é]{1,8}@(gmail|Example|é)\.(com|example)", fullmatch=True
        )
    )
)
def test_spellings_of_any_address(texts: list[str]):
    """With tags, dots, capitals and letters that aren't ASCII."""
    check_spellings(Kind.EMAIL, pl.Series(texts, dtype=pl.String))


def check_spellings(kind: Kind, series: pl.Series) -> None:
    """Hold the spellings of a column against those of each of its texts."""
    forms = canonical_forms(kind, series)
    held = forms.is_not_null()
    texts = series.filter(held)
    found: list[set[str]] = [set() for _ in texts]
    for some, rows in spellings(kind, texts, forms.filter(held)):
        assert len(some) == len(rows)
        for text, row in zip(some.to_list(), rows.tolist(), strict=True):
            assert text not in found[row]
            found[row].add(text)
    assert found == [set(digests.spellings(kind, text)) for text in texts.to_list()]


def test_what_is_not_understood_is_counted():
    """An empty text and a gap are nothing; another text is a value that isn't read."""
    found = gathering()
    rows: list[Person] = [
        {"id": "1", "email": "no mail", "phone": " "},
        {"id": "2", "email": "", "phone": None},
        {"id": "3", "email": "c@d.example", "phone": "n/a"},
    ]
    pieces = [*found.pieces(Frames([frame(rows)]))]
    assert found.rows == 3
    told = {kind: (one.held, one.unread) for kind, one in found.tallies.items()}
    assert told == {
        Kind.ACCOUNT_ID: (3, 0),
        Kind.EMAIL: (1, 1),
        Kind.PHONE: (0, 1),
    }
    assert pieces[0].people.tolist() == [
        subject_number(KEYS.subject, str(one["id"])) for one in rows
    ]


def test_who_has_no_identifier_is_nobody_in_the_index():
    """People are those who have at least one."""
    found = Gathering(Layout({"email": Kind.EMAIL}, "id"), KEYS, has_digests=False)
    (piece,) = found.pieces(Frames([frame([ANN, CY])]))
    assert piece.people.tolist() == [subject_number(KEYS.subject, "1")]


def test_shapes_tell_how_forms_look():
    """Counts and lengths, and whether there are digits alone; over several pieces."""
    found = gathering(has_digests=True)
    list(found.pieces(Frames([frame([ANN]), frame([]), frame([BO, CY])])))
    shapes = {kind: tally.shape for kind, tally in found.tallies.items()}
    assert shapes[Kind.EMAIL] == Shape(2, 14, 15, digits=False)
    assert shapes[Kind.PHONE] == Shape(3, 11, 11, digits=True)
    assert shapes[Kind.ACCOUNT_ID] == Shape(3, 1, 1, digits=True)
    assert shapes[Kind.EMAIL_DIGEST] == Shape(9, 32, 64, digits=False)
    assert shapes[Kind.PHONE_DIGEST] == Shape(27, 32, 64, digits=False)


@pytest.mark.parametrize("lost", [None, ""])
def test_a_row_without_its_person_is_refused(lost: str | None):
    """Its place is told, and nothing that stands in it."""
    found = gathering()
    rows: list[Person] = [ANN, BO, {**CY, "id": lost}]
    with pytest.raises(SourceError, match="row 3 has no `id`") as caught:
        list(found.pieces(Frames([frame(rows[:2]), frame(rows[2:])])))
    assert "555" not in str(caught.value)


def test_the_two_keys_are_two():
    """One that is rotated would take the other along."""
    with pytest.raises(SourceError, match="the two keys are one"):
        Keys(KEYS.index, KEYS.index)
