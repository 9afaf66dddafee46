"""One sample of each kind, read whole: facts with their places, notes and covers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ringfence.errors import SourceError
from ringfence.estate.facts import Fact
from tests.unit.sources.reading import (
    ASSETS,
    SAMPLES,
    SOURCES,
    estate_takes,
    notes,
    order,
    sample,
    told,
)


@pytest.mark.parametrize("kind", SOURCES)
def test_a_sample_gives_what_is_written_beside_it(kind: str):
    """The facts, notes and covers of a sample are those of its golden file."""
    harvest = sample(kind)
    found = [
        *(
            f"{fact.at}: {text}"
            for fact, text in zip(harvest.facts, told(harvest), strict=True)
        ),
        *(f"note: {note}" for note in notes(harvest)),
        *(f"covers: {store}" for store in harvest.covers),
    ]
    expected = (ASSETS / "told" / f"{kind}.txt").read_text(encoding="utf-8")
    assert found == expected.splitlines()


@pytest.mark.parametrize("kind", SOURCES)
def test_the_estate_takes_every_fact_of_a_sample(kind: str, tmp_path: Path):
    """Each fact of a sample is in the vocabulary, and none is stated twice."""
    harvest = sample(kind)
    assert estate_takes(harvest, tmp_path) == len(harvest.facts)


@pytest.mark.parametrize("kind", SOURCES)
def test_a_source_says_what_it_is(kind: str):
    """A source's kind is its name, and its summary one short line."""
    source = SOURCES[kind]
    assert source.kind == kind
    assert 10 < len(source.summary) < 80
    assert "\n" not in source.summary


def text_at(fact: Fact) -> str:
    """Return the text at a fact's place: of a line, or behind a JSON pointer."""
    file, hash_, pointer = fact.at.partition("#")
    if not hash_:
        name, _, number = file.partition(":")
        content = (ASSETS / name).read_text(encoding="utf-8")
        return content.splitlines()[int(number) - 1]
    value = json.loads((ASSETS / file).read_text(encoding="utf-8"))
    for token in pointer.split("/")[1:]:
        value = value[int(token) if isinstance(value, list) else token]
    return json.dumps(value, ensure_ascii=False)


@pytest.mark.parametrize("kind", SOURCES)
def test_every_place_is_there(kind: str):
    """Each fact's place is a line of its file that isn't blank, or a JSON pointer."""
    for fact in sample(kind).facts:
        assert text_at(fact).strip() not in ("", "null"), fact.at


@pytest.mark.parametrize("kind", SOURCES)
def test_an_unknown_option_and_missing_files_are_named_together(kind: str):
    """Every problem of an order is told at once."""

    with pytest.raises(SourceError) as caught:
        SOURCES[kind].read(order(Path(), (), "colour: red"))
    messages = {problem.message for problem in caught.value.problems}
    assert {"this kind of source has no option `colour`", "names no files"} <= messages


def test_the_samples_are_all_there():
    """Each kind has a sample."""
    assert set(SAMPLES) == set(SOURCES)
