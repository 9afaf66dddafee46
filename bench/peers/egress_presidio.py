"""Presidio's pattern recognisers, over a pipeline that knows no language.

Its models for names and places can't be downloaded here: what is measured is what it
does by patterns and checksums, which is the quicker part of it.
"""

from __future__ import annotations

from collections.abc import Callable

import spacy
from presidio_analyzer import AnalyzerEngine
from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine


class Blank(NlpEngine):
    """Splits words, and names nobody."""

    def __init__(self) -> None:
        self._words = spacy.blank("en")

    def load(self) -> None:
        """Load nothing: there is no model."""

    def is_loaded(self) -> bool:
        """Return that there is nothing to load."""
        return True

    def process_text(self, text: str, language: str) -> NlpArtifacts:
        """Return the words of a text."""
        found = self._words(text)
        return NlpArtifacts([], found, [], [], self, language)

    def process_batch(self, texts, language, **_):  # noqa: ANN001, ANN003, ANN201
        """Yield the words of texts."""
        for text in texts:
            yield text, self.process_text(text, language)

    def is_stopword(self, word: str, language: str) -> bool:
        """Return that no word is skipped."""
        del word, language
        return False

    def is_punct(self, word: str, language: str) -> bool:
        """Return that no sign is skipped."""
        del word, language
        return False

    def get_supported_entities(self) -> list[str]:
        """Return that nothing is named."""
        return []

    def get_supported_languages(self) -> list[str]:
        """Return what it is asked in."""
        return ["en"]


def analyzer() -> Callable[[str], object]:
    """Return what looks through one text."""
    engine = AnalyzerEngine(nlp_engine=Blank(), supported_languages=["en"])
    return lambda text: engine.analyze(text, language="en")
