"""How well personal data is found in labelled texts, beside Presidio's patterns.

The texts are Presidio's own sample: 1,500, made up, with labelled spans. Both sides are
asked the same: for recall each labelled span alone, with every other span of its text
taken out; for precision each text with its spans of the kind taken out, where whatever
is found is a false alarm. Presidio's language model isn't there: what it finds of names
and places with one is cited, and not measured. Prints one line a kind and side, and
writes `bench/out/egress_quality.json`.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from bench.figures import Figure, told, write
from ringfence.egress.detectors.detector import Detector
from ringfence.egress.detectors.ours import DETECTOR
from ringfence.egress.detectors.presidio import DETECTOR as PRESIDIO

PEER_DATA = Path(os.environ.get("RINGFENCE_PEER_DATA", "../shared/peer"))
SAMPLE = "pii/presidio-research_synth_dataset_v2.json"
TAGS = {
    "EMAIL_ADDRESS": "EMAIL",
    "US_SSN": "GOV_ID",
    "IBAN_CODE": "BANK_ACCOUNT",
    "IP_ADDRESS": "IP",
    "CREDIT_CARD": "BANK_ACCOUNT",
    "PHONE_NUMBER": "PHONE",
    "US_DRIVER_LICENSE": "GOV_ID",
    "PERSON": "NAME",
    "STREET_ADDRESS": "ADDRESS",
    "ZIP_CODE": "ADDRESS",
}
CITED: Mapping[str, tuple[float, float]] = {
    "EMAIL_ADDRESS": (1.00, 1.00),
    "US_SSN": (1.00, 1.00),
    "IBAN_CODE": (1.00, 1.00),
    "IP_ADDRESS": (1.00, 1.00),
    "CREDIT_CARD": (0.77, 1.00),
    "PHONE_NUMBER": (0.59, 0.73),
    "PERSON": (0.64, 0.70),
    "STREET_ADDRESS": (0.10, 0.80),
}
"""Recall and precision of Presidio with its language model, as cited: not measured."""

STRUCTURED = tuple(CITED)[:6]
PACKAGES: tuple[str, ...] = ("ringfence", "polars", "phonenumbers")
_GONE = "…"
Text = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Quality:
    """How well a kind was found."""

    spans: int
    found: int
    alarms: int

    @property
    def recall(self) -> float:
        """Share of the labelled spans that were found."""
        return self.found / self.spans

    @property
    def precision(self) -> float:
        """Share of what was found that was labelled; 0 where nothing was."""
        return self.found / (self.found + self.alarms) if self.found else 0.0


def sample(folder: Path) -> list[dict[str, object]]:
    """Return the labelled texts."""
    texts: list[dict[str, object]] = json.loads(
        (folder / SAMPLE).read_text(encoding="utf-8")
    )
    return texts


def without(text: Text, gone: Iterable[Mapping[str, object]]) -> str:
    """Return a text without some of its spans."""
    whole = str(text["full_text"])
    for span in sorted(gone, key=lambda one: -int(str(one["start_position"]))):
        start, end = int(str(span["start_position"])), int(str(span["end_position"]))
        whole = whole[:start] + _GONE + whole[end:]
    return whole


def _spans(text: Text) -> list[Mapping[str, object]]:
    spans = text["spans"]
    return spans if isinstance(spans, list) else []


def measured(detector: Detector, texts: Sequence[Text]) -> dict[str, Quality]:
    """Return how well a detector finds each kind."""
    alone = [
        (
            str(span["entity_type"]),
            without(text, [x for x in _spans(text) if x is not span]),
        )
        for text in texts
        for span in _spans(text)
        if span["entity_type"] in TAGS
    ]
    rows = _found(detector, [text for _, text in alone])
    spans = Counter(kind for kind, _ in alone)
    found = Counter(
        kind for row, (kind, _) in enumerate(alone) if row in rows.get(TAGS[kind], ())
    )
    alarms = {tag: _alarms(detector, texts, tag) for tag in set(TAGS.values())}
    return {
        kind: Quality(spans[kind], found[kind], alarms[tag])
        for kind, tag in TAGS.items()
    }


def _alarms(detector: Detector, texts: Sequence[Text], tag: str) -> int:
    """Return in how many texts a tag is found that no span of theirs has."""
    own = {kind for kind, other in TAGS.items() if other == tag}
    stripped = [
        without(text, [one for one in _spans(text) if one["entity_type"] in own])
        for text in texts
    ]
    return len(_found(detector, stripped).get(tag, ()))


def _found(detector: Detector, texts: list[str]) -> dict[str, set[int]]:
    found = detector.detect(pl.Series(texts, dtype=pl.String)).by_tag(detector.tags)
    return {tag: set(rows.tolist()) for tag, rows in found.items()}


def table(name: str, qualities: Mapping[str, Quality]) -> list[Figure]:
    """Return figures, beside those that Presidio's authors print."""
    figures = []
    for kind, one in qualities.items():
        cited = CITED.get(kind, (None, None))
        for what, value, beside in (
            ("recall", one.recall, cited[0]),
            ("precision", one.precision, cited[1]),
        ):
            figure = f"{name}: {what} of {kind} ({one.spans} spans)"
            figures.append(
                Figure(figure, round(value, 3), "", "Presidio, cited", beside)
            )
    return figures


def speed(detector: Detector, texts: Sequence[Text], times: int) -> float:
    """Return megabytes a second of CPU time, one thread."""
    series = pl.Series([str(text["full_text"]) for text in texts] * times)
    detector.detect(series.head(10))
    began = time.process_time()
    detector.detect(series)
    return float(series.str.len_bytes().sum()) / 1e6 / (time.process_time() - began)


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=PEER_DATA)
    texts = sample(parser.parse_args().data)
    figures = table("Ringfence", measured(DETECTOR, texts))
    figures.append(
        Figure(
            "Ringfence: labelled texts", round(speed(DETECTOR, texts, 50), 1), "MB/s"
        )
    )
    packages: tuple[str, ...] = PACKAGES
    if PRESIDIO.version:
        packages = (*PACKAGES, "presidio-analyzer")
        figures += table("Presidio's patterns", measured(PRESIDIO, texts))
        rate = speed(PRESIDIO, texts, 1)
        figures.append(
            Figure("Presidio's patterns: labelled texts", round(rate, 4), "MB/s")
        )
    told(figures)
    write("egress_quality", figures, packages)


if __name__ == "__main__":
    main()
