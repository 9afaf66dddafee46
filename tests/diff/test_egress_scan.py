"""The scan against the truth of generated payloads, and the glance against the scan."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringfence.egress.inspection.scanner import Scanner
from ringfence.egress.inspection.sightings import Doubts, Seen
from tests.egress_corpus import Corpus, Population
from tests.laws.test_egress_evasion import AROUND, FOUND, OTHERS, SCANNER

SEEDS = st.integers(0, 2**32)


def people(seen: Seen, rows: int) -> tuple[frozenset[int], ...]:
    """Return who was seen in each row."""
    found: list[set[int]] = [set() for _ in range(rows)]
    for row, subject in zip(seen.row.tolist(), seen.subject.tolist(), strict=True):
        found[row].add(subject)
    return tuple(map(frozenset, found))


def check(scanner: Scanner, corpus: Corpus) -> None:
    """Hold a scan against the truth."""
    seen, doubts = scanner.scan(corpus.texts)
    assert people(seen, len(corpus.texts)) == corpus.truth
    assert doubts.row.tolist() == []


@pytest.mark.parametrize("make", [Population.answers, Population.chat])
@settings(max_examples=8)  # each is a population
@given(seed=SEEDS)
def test_nobody_is_missed_and_nobody_added(make, seed: int) -> None:
    """In API answers and in chat, exactly the protected are seen, with no doubt."""
    population = Population(seed, 20, 20)
    check(Scanner(population.known), make(population, 24))


@settings(max_examples=8)  # each is a population
@given(seed=SEEDS)
def test_columns_of_an_export(seed: int) -> None:
    """Column by column, the protected of each row of an export are seen."""
    population = Population(seed, 20, 20)
    table, truth = population.export(20)
    scanner = Scanner(population.known)
    parts = [
        scanner.scan(column)
        if column.dtype == pl.String
        else scanner.scan_numbers(column)
        for column in table.iter_columns()
        if column.dtype != pl.Boolean
    ]
    seen = Seen.joined([seen for seen, _ in parts])
    assert people(seen, len(table)) == truth
    assert all(not len(doubts.row) for _, doubts in parts)


def told(answer: tuple[Seen, Doubts]) -> list[list[int]]:
    """Return an answer as lists."""
    return [column.tolist() for part in answer for column in part]


TEXTS = [AROUND["English"].format(text) for text in (*FOUND.values(), *OTHERS)]
TEXTS += [AROUND["JSON"].format(text) for text in (*FOUND.values(), *OTHERS)]
PIECES = st.sampled_from([*FOUND.values(), *OTHERS, "0" * 32, "a" * 40])
GLUE = st.sampled_from([" ", "", '"', ", ", "/", "-", ".", ":", "\\", "1", "a", "é"])


def test_a_glance_is_a_scan_of_one() -> None:
    """A glance at a text answers as the scan does."""
    assert [told(SCANNER.glance(text)) for text in TEXTS] == [
        told(SCANNER.scan(pl.Series([text]))) for text in TEXTS
    ]


@settings(max_examples=40)
@given(st.lists(PIECES | GLUE | st.text(max_size=4), max_size=5).map("".join))
def test_a_glance_is_a_scan_of_anything(text: str) -> None:
    """A glance at any text answers as the scan does."""
    assert told(SCANNER.glance(text)) == told(SCANNER.scan(pl.Series([text])))


@settings(max_examples=12)
@given(st.lists(PIECES | st.text(max_size=6), max_size=6))
def test_a_row_depends_on_no_other(texts: list[str]) -> None:
    """What is seen in a text is the same beside any other texts."""
    seen, doubts = SCANNER.scan(pl.Series(texts, dtype=pl.String))
    for row, text in enumerate(texts):
        one, one_doubts = SCANNER.scan(pl.Series([text]))
        here = seen.row == row
        assert seen.subject[here].tolist() == one.subject.tolist()
        assert seen.written[here].tolist() == one.written.tolist()
        assert doubts.why[doubts.row == row].tolist() == one_doubts.why.tolist()
