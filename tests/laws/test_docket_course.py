"""Laws of a docket's course: no order of steps raises what one person has heard."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringfence.docket.course import counts
from ringfence.docket.finding.index import Index
from ringfence.docket.finding.listing import Filters, standing, statements
from ringfence.docket.folder import FORMAT, Charter, Docket, composed
from ringfence.docket.ladder import head, ladder, spoken
from ringfence.docket.objects import (
    Assessment,
    Hearing,
    Object,
    Ref,
    Reviewer,
    Scope,
    Statement,
)
from ringfence.docket.standing import unreplaced
from ringfence.docket.words import Dismissal, Known, Rung, Stance
from ringfence.errors import ConfigError
from tests.stating import NOW, Kind, Made, assessment, of_kind, statement

TEXTS = ("it is seen", "It is SEEN!", "it is scene")
NAMES = ("Ann", "ANN", "Bob", "Dora")
steps = st.lists(
    st.one_of(
        st.tuples(st.just("state"), st.integers(0, 4), st.sampled_from(TEXTS)),
        st.tuples(st.just("deny"), st.integers(0, 4), st.sampled_from(TEXTS)),
        st.tuples(
            st.just("hear"),
            st.integers(0, 4),
            st.tuples(st.integers(0, 5), st.sampled_from(TEXTS), st.booleans()),
        ),
        st.tuples(
            st.just("assess"),
            st.integers(0, 4),
            st.tuples(
                st.integers(0, 5),
                st.sampled_from(Stance),
                st.sampled_from([None, Dismissal.JOKE]),
                st.sampled_from(Known),
                st.sampled_from(["", "why"]),
                st.one_of(st.none(), st.integers(0, 4)),
            ),
        ),
        st.tuples(st.just("join"), st.integers(0, 0), st.sampled_from(NAMES)),
    ),
    max_size=14,
)

Step = tuple[str, int, Any]
"""What is done, to which one, and what it needs besides: that differs."""


class Steps:
    """Objects made of drawn steps; whatever may not be brought is left out, or not."""

    def __init__(self) -> None:
        self.made = Made()
        self.tried: list[Object] = []
        self.refused = 0
        self.reviewers: list[Ref] = [self.made.ann, self.made.bob, self.made.cy]
        self.statements: list[Ref] = []
        self.assessments: list[Ref] = []

    def take(self, drawn: list[Step]) -> None:
        for what, at, told in drawn:
            one = self._object(what, at, told)
            if one is None:
                continue
            try:
                ref = self.made.add(one)
            except ConfigError:
                self.refused += 1
                self.tried.append(one)
                continue
            with contextlib.suppress(KeyError):
                {
                    Statement: self.statements,
                    Assessment: self.assessments,
                    Reviewer: self.reviewers,
                }[type(one)].append(ref)

    def _object(self, what: str, at: int, told: Any) -> Object | None:
        if what == "join":
            return Reviewer(told)
        before = self.statements[at % len(self.statements)] if self.statements else ""
        if what == "state":
            return statement(self.made, told, corrects=before if at % 2 else "")
        if not before:
            return None
        if what == "deny":
            return statement(self.made, told, denies=before)
        by = self.reviewers[told[0] % len(self.reviewers)]
        if what == "hear":
            return Hearing(before, by, told[1], told[2])
        _, stance, dismissal, place, why, old = told
        known = self.assessments
        return assessment(
            self.made,
            before,
            by,
            stance=stance,
            dismissal=dismissal,
            scope=Scope(place=place),
            rationale=why,
            supersedes=known[old % len(known)] if known and old is not None else "",
        )

    def of(self, kind: type[Kind]) -> list[tuple[Ref, Kind]]:
        ready = self.made.held.ready
        return [(one.ref, one.object) for one in ready if isinstance(one.object, kind)]


def taken(drawn: list[Step]) -> Steps:
    found = Steps()
    found.take(drawn)
    return found


@given(steps)
def test_a_confirmed_quote_was_heard_by_two(drawn):
    """No steps in any order make what a single reviewer heard confirmed."""
    found = taken(drawn)
    names = {ref: spoken(one.name) for ref, one in found.of(Reviewer)}
    for ref in found.statements:
        heard = [one for _, one in found.of(Hearing) if one.statement == ref]
        said = of_kind(found.made.held.get(ref), Statement)
        rung = ladder(said, found.made.held.hearings(ref)).rung
        same = {
            names[one.by] for one in heard if spoken(one.text) == spoken(heard[0].text)
        }
        if rung is Rung.CONFIRMED:
            assert len(same) > 1
        assert (rung is Rung.MACHINE) == (not heard)


@given(steps)
def test_nobody_with_a_conflict_has_said_anything_that_counts(drawn):
    """However often they try."""
    found = taken(drawn)
    told = [one.by for _, one in found.of(Hearing)]
    told += [one.by for _, one in found.of(Assessment)]
    assert found.made.cy not in told


@given(steps)
def test_a_contradiction_goes_with_a_reason_alone(drawn):
    """Of whatever withdraws a contradiction that counted, a reason is on the record."""
    found = taken(drawn)
    held = dict(found.of(Assessment))
    for one in held.values():
        before = held.get(one.supersedes)
        if before is not None and counts(before) and not counts(one):
            assert one.rationale
        if one.dismissal is not None:
            assert one.rationale


@given(steps)
def test_corrections_are_chains(drawn):
    """Each statement is corrected once at most, and no chain is a circle."""
    found = taken(drawn)
    corrected = [one.corrects for _, one in found.of(Statement) if one.corrects]
    assert len(corrected) == len(set(corrected))
    for ref in found.statements:
        seen = set()
        while ref:
            assert ref not in seen
            seen.add(ref)
            said = of_kind(found.made.held.get(ref), Statement)
            ref = said.corrects  # noqa: PLW2901


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("course")


@settings(max_examples=12)
@given(st.data())
def test_the_index_says_what_its_objects_say(folder: Path, data: st.DataObject):
    """Rungs, heads and what stands, out of tables, are what the pure rules give.

    The ledger holds besides whatever was refused: it changes nothing.
    """
    found = taken(data.draw(steps, "steps"))
    ready = [*found.made.held.ready, *(composed(one, NOW) for one in found.tried)]
    path = folder / str(len(list(folder.iterdir())))
    docket = Docket.found(path, Charter(FORMAT, "law", (), ()), NOW)
    cut = data.draw(st.integers(0, len(ready)), "cut")
    docket.bring(ready[:cut]) if cut else None
    with Index(docket) as index:
        docket.bring(ready[cut:]) if ready[cut:] else None
        index.catch_up()
        _check(index, found)


def _check(index: Index, found: Steps) -> None:
    held = found.made.held
    assert len(index.refused()) == found.refused
    ladders = {
        ref: ladder(of_kind(held.get(ref), Statement), held.hearings(ref))
        for ref in found.statements
    }
    assert {ref: index.ladder(ref) for ref in found.statements} == ladders
    chains: dict[Ref, list[Ref]] = {}
    for ref in found.statements:
        chains.setdefault(held.first(ref), []).append(ref)
    heads = {
        first: head((ref, ladders[ref].rung is not Rung.MACHINE) for ref in chain)
        for first, chain in chains.items()
    }
    assert {ref: index.head(ref) for ref in found.statements} == {
        ref: heads[held.first(ref)] for ref in found.statements
    }
    listed = statements(index, Filters()).rows
    assert {row.held.ref for row in listed} == set(heads.values())
    expected: dict[Ref, list[Ref]] = {}
    for ref, one in unreplaced(found.of(Assessment)):
        expected.setdefault(heads[held.first(one.statement)], []).append(ref)
    beside = standing(index, sentence=found.made.sentence)
    assert {
        one.statement: [ref for ref, _ in one.assessments] for one in beside
    } == expected
