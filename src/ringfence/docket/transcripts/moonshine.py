"""Moonshine: a second engine, built otherwise, so that it errs elsewhere.

Its model comes in its wheel. It says no times of words and no probabilities: a word's
time is a share of the stretch. Stretches are found before, so its own search for
speech, which cuts words off, is switched off.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ringfence.docket.objects import RATE, Word
from ringfence.docket.transcripts.engine import (
    Engine,
    Samples,
    digest,
    installed,
    version_of,
)
from ringfence.docket.transcripts.timing import split, spread
from ringfence.errors import ConfigError, Locus

NAME, PACKAGE, EXTRA = "moonshine", "moonshine-voice", "speech2"
MODEL, LANGUAGE = "tiny-en", "en"
_LOUDEST = 32_768.0
_OPTIONS = {"vad_threshold": "0.0", "vad_max_segment_duration": "30"}


class Moonshine:
    """Writes down what Moonshine hears."""

    name = NAME

    def __init__(self, folder: Path, transcriber: Any) -> None:  # noqa: ANN401 - of that package
        self._transcriber = transcriber
        self.version = version_of(PACKAGE)
        self.model = f"{MODEL}:{digest(folder)}"
        self.parameters: Mapping[str, str] = {**_OPTIONS, "language": LANGUAGE}

    def words(self, samples: Samples) -> Iterator[Word]:
        """Yield the words of a stretch, in order."""
        heard = self._transcriber.transcribe_without_streaming(
            (samples.astype(np.float32) / _LOUDEST).tolist(), RATE
        )
        last = len(samples)
        for line in heard.lines:
            start = min(max(round(float(line.start_time) * RATE), 0), last)
            end = start + max(round(float(line.duration) * RATE), 0)
            yield from spread(split(line.text), start, min(end, last))


def opened(folder: Path | None, language: str) -> Engine:
    """Return Moonshine with the model of its wheel.

    Raises:
        ConfigError: It isn't installed, or is asked for another model or language.
    """
    package = installed(NAME, "moonshine_voice", EXTRA)
    if language and language.lower().partition("-")[0] != LANGUAGE:
        message = f"the engine `{NAME}` hears English alone, not `{language}`"
        raise ConfigError(message, hint="`--second none` goes without it")
    own = Path(package.get_model_path(MODEL))
    if folder is not None:
        message = f"the engine `{NAME}` has a model of its own, and takes no other"
        raise ConfigError(message, Locus(str(folder)), "leave `--model` out")
    transcriber = installed(NAME, "moonshine_voice.transcriber", EXTRA)
    try:
        made = transcriber.Transcriber(
            str(own), package.ModelArch.TINY, options=dict(_OPTIONS)
        )
    except package.MoonshineError as error:
        raise ConfigError(f"the engine `{NAME}` can't be loaded: {error}") from error
    return Moonshine(own, made)
