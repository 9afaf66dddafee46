"""Odd inputs that a fuzzer found: each gives facts or a located error, ever after."""

from __future__ import annotations

import pytest

from tests.fuzz import CORPUS, corpus, outcome, seeds


@pytest.mark.parametrize("kind", sorted(seeds()))
def test_no_odd_input_escapes(kind: str):
    """Whatever is kept of a format leads to facts, or to an error of ours."""
    kept = list(corpus(kind))
    assert kept
    for content in kept:
        assert outcome(kind, content)


def test_the_corpus_holds_known_formats_alone():
    """A format that went away takes its corpus with it."""
    assert {path.stem for path in CORPUS.glob("*")} == seeds().keys()
