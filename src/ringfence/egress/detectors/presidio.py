"""Presidio as a detector: its pattern recognisers, without a model and a network.

It is imported when it is first asked, from `presidio-analyzer`, which whoever wants it
installs. Names and places, which it finds with a language model, it doesn't find here:
texts are split into words by a blank pipeline. It is some
hundred times slower than Ringfence's own detector.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pkgutil import resolve_name
from types import MappingProxyType
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ringfence.egress.detectors.detector import Detected
from ringfence.errors import ConfigError

PACKAGE = "presidio-analyzer"
SURE = 0.4
"""The least score that counts; a pattern that stands alone has less."""

TAGS: Mapping[str, str] = MappingProxyType(
    {
        "CREDIT_CARD": "BANK_ACCOUNT",
        "CRYPTO": "BANK_ACCOUNT",
        "EMAIL_ADDRESS": "EMAIL",
        "IBAN_CODE": "BANK_ACCOUNT",
        "IP_ADDRESS": "IP",
        "MAC_ADDRESS": "DEVICE_ID",
        "MEDICAL_LICENSE": "GOV_ID",
        "PHONE_NUMBER": "PHONE",
        "US_BANK_NUMBER": "BANK_ACCOUNT",
        "US_DRIVER_LICENSE": "GOV_ID",
        "US_ITIN": "GOV_ID",
        "US_PASSPORT": "GOV_ID",
        "US_SSN": "GOV_ID",
        "UK_NHS": "GOV_ID",
    }
)
"""What Ringfence calls the entities that are asked for."""


def analyzer() -> Any:  # noqa: ANN401 - a package that needn't be there
    """Return Presidio's engine, for English, with nothing that asks a network.

    Raises:
        ConfigError: It isn't installed.
    """
    try:
        presidio = resolve_name("presidio_analyzer")
        engines = resolve_name("presidio_analyzer.nlp_engine")
        spacy = resolve_name("spacy")
        tldextract = resolve_name("tldextract")
    except ImportError as error:
        message = "the detector `presidio` can't be loaded: it isn't installed"
        raise ConfigError(message, hint=f"pip install {PACKAGE}") from error
    # Its check of e-mail addresses would fetch a list of suffixes: take the one inside.
    inside = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    vars(resolve_name("tldextract.tldextract"))["TLD_EXTRACTOR"] = inside
    blank = _blank(engines, spacy.blank("en"))
    registry = presidio.RecognizerRegistry(supported_languages=["en"])
    registry.load_predefined_recognizers(languages=["en"])
    for one in list(registry.recognizers):
        if not set(one.supported_entities) & set(TAGS):
            registry.remove_recognizer(one.name)
    return presidio.AnalyzerEngine(
        registry=registry, nlp_engine=blank, supported_languages=["en"]
    )


def _blank(engines: Any, pipeline: Any) -> Any:  # noqa: ANN401 - of that package
    """Return an engine that splits texts into words, and knows nothing of them."""

    def process_text(_: object, text: str, language: str) -> object:
        words = pipeline(text)
        return engines.NlpArtifacts(
            entities=[],
            tokens=words,
            tokens_indices=[word.idx for word in words],
            lemmas=[word.text.lower() for word in words],
            nlp_engine=engine,
            language=language,
            scores=[],
        )

    def process_batch(
        self: object, texts: Iterable[str], language: str, **_: object
    ) -> Iterator[tuple[str, object]]:
        for text in texts:
            yield text, process_text(self, text, language)

    own = {
        "load": lambda _: None,
        "is_loaded": lambda _: True,
        "process_text": process_text,
        "process_batch": process_batch,
        "is_stopword": lambda _, word, __: pipeline.vocab[word].is_stop,
        "is_punct": lambda _, word, __: pipeline.vocab[word].is_punct,
        "get_supported_entities": lambda _: [],
        "get_supported_languages": lambda _: ["en"],
    }
    engine = type("Blank", (engines.NlpEngine,), own)()
    return engine


class Presidio:
    """Finds what Presidio's patterns find."""

    name = "presidio"
    tags = frozenset(TAGS.values())

    @property
    def version(self) -> str:
        """The version of the package; empty: it isn't installed."""
        try:
            return version(PACKAGE)
        except PackageNotFoundError:
            return ""

    @cached_property
    def _engine(self) -> Any:  # noqa: ANN401 - of that package
        return analyzer()

    def detect(self, texts: pl.Series) -> Detected:
        """Return what texts look like to Presidio, one after the other.

        Raises:
            ConfigError: It isn't installed.
        """
        found: dict[str, list[NDArray[np.uint32]]] = {}
        for row, text in enumerate(texts.cast(pl.String).to_list()):
            for entity in self._entities(text) if text else ():
                found.setdefault(TAGS[entity], []).append(np.array([row], np.uint32))
        return Detected.of(sorted(self.tags), found)

    def _entities(self, text: str) -> set[str]:
        """Return the entities of a text that are sure enough."""
        told = self._engine.analyze(
            text, language="en", entities=list(TAGS), score_threshold=SURE
        )
        return {one.entity_type for one in told}


DETECTOR = Presidio()
