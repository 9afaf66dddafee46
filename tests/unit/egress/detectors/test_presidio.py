"""Presidio as a detector: what it is called with, and what becomes of its answers."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace

import polars as pl
import pytest

from ringfence.egress.detectors import presidio
from ringfence.egress.detectors.presidio import Presidio
from ringfence.errors import ConfigError

FETCHED = "https://publicsuffix.example"


class Word(str):
    """A word of a pipeline."""

    __slots__ = ()
    is_stop = False
    is_punct = False
    idx = 0

    @property
    def text(self) -> str:
        """Its text."""
        return str(self)


class Pipeline:
    """A pipeline that splits at spaces."""

    vocab = SimpleNamespace(__getitem__=Word)

    def __call__(self, text: str) -> list[Word]:
        return [Word(one) for one in text.split()]


class Vocabulary:
    """Words by their text."""

    def __getitem__(self, word: str) -> Word:
        return Word(word)


class Registry:
    """Recognisers: one that is asked, one that isn't."""

    def __init__(self, supported_languages: list[str]) -> None:
        assert supported_languages == ["en"]
        self.recognizers: list[SimpleNamespace] = []

    def load_predefined_recognizers(self, languages: list[str]) -> None:
        """Load them."""
        assert languages == ["en"]
        self.recognizers = [
            SimpleNamespace(name="mail", supported_entities=["EMAIL_ADDRESS"]),
            SimpleNamespace(name="names", supported_entities=["PERSON"]),
        ]

    def remove_recognizer(self, name: str) -> None:
        """Take one away."""
        self.recognizers = [one for one in self.recognizers if one.name != name]


class Engine:
    """An engine that finds an address in every text with an at sign."""

    def __init__(
        self, registry: Registry, nlp_engine: object, supported_languages: list[str]
    ) -> None:
        assert [one.name for one in registry.recognizers] == ["mail"]
        assert supported_languages == ["en"]
        self.blank = nlp_engine

    def analyze(
        self, text: str, language: str, entities: list[str], score_threshold: float
    ) -> list[SimpleNamespace]:
        """Return what it finds."""
        assert (language, score_threshold) == ("en", presidio.SURE)
        found = SimpleNamespace(entity_type="EMAIL_ADDRESS")
        assert found.entity_type in entities
        return [found, found] if "@" in text else []


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Put modules of the packages' names in their place; return what they were told."""
    pipeline = Pipeline()
    pipeline.vocab = Vocabulary()  # type: ignore[assignment]
    inner = SimpleNamespace(TLD_EXTRACTOR=FETCHED)
    engines = SimpleNamespace(NlpEngine=object, NlpArtifacts=SimpleNamespace)
    modules = {
        "presidio_analyzer": SimpleNamespace(
            RecognizerRegistry=Registry, AnalyzerEngine=Engine
        ),
        "presidio_analyzer.nlp_engine": engines,
        "spacy": SimpleNamespace(blank=lambda _: pipeline),
        "tldextract": SimpleNamespace(TLDExtract=lambda **told: told),
        "tldextract.tldextract": inner,
    }
    for name, module in modules.items():
        whole = ModuleType(name)
        whole.__dict__.update(module.__dict__)
        monkeypatch.setitem(sys.modules, name, whole)
    return SimpleNamespace(inner=sys.modules["tldextract.tldextract"])


def test_its_answers_are_ours_by_tag(stand_in: SimpleNamespace):
    """An entity is called by the tag of a boundary, once for a text."""
    del stand_in
    found = Presidio().detect(pl.Series([None, "a@b.io", "x", "c@d.io"]))
    rows = {tag: at.tolist() for tag, at in found.by_tag(Presidio.tags).items()}
    assert rows == {"EMAIL": [1, 3]}


def test_it_asks_no_network(stand_in: SimpleNamespace):
    """The list of suffixes that it would fetch is the one of its package."""
    presidio.analyzer()
    told = {"suffix_list_urls": (), "cache_dir": None}
    assert told == stand_in.inner.TLD_EXTRACTOR


def test_its_pipeline_only_splits_words(stand_in: SimpleNamespace):
    """No model is loaded: words have no lemmas but themselves, and no entities."""
    del stand_in
    blank = presidio.analyzer().blank
    ((text, told),) = blank.process_batch(["Call Jane"], "en", batch_size=1)
    assert (text, told.lemmas, told.entities) == ("Call Jane", ["call", "jane"], [])
    assert blank.is_loaded()
    assert blank.load() is None
    assert (blank.get_supported_languages(), blank.get_supported_entities()) == (
        ["en"],
        [],
    )
    assert (blank.is_stopword("a", "en"), blank.is_punct("a", "en")) == (False, False)


def test_where_it_is_not_installed_that_is_said(monkeypatch: pytest.MonkeyPatch):
    """It is optional: asked without its package it is an error that names it."""
    monkeypatch.setitem(sys.modules, "presidio_analyzer", None)
    with pytest.raises(ConfigError, match="`presidio` can't be loaded") as caught:
        Presidio().detect(pl.Series(["x"]))
    assert "pip install presidio-analyzer" in str(caught.value)


@pytest.mark.parametrize("package", ["polars", "no-such-package"])
def test_its_version_is_that_of_the_package(
    package: str, monkeypatch: pytest.MonkeyPatch
):
    """A verdict names the version; where none is installed there is none."""
    monkeypatch.setattr(presidio, "PACKAGE", package)
    assert bool(Presidio().version) == (package == "polars")
