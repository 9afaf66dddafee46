"""A run: stretch by stretch an engine writes down what it hears, a second one too.

What comes out is the same whether the run was killed ten times or never.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import msgspec

from ringfence.docket.objects import RATE, Origin, Ref, Span, Transcript, Word
from ringfence.docket.transcripts.activity import stretches
from ringfence.docket.transcripts.doubt import compared
from ringfence.docket.transcripts.engine import Engine, EngineError, Samples
from ringfence.docket.transcripts.resuming import Finished, Work, resumed
from ringfence.docket.transcripts.timing import clock, split, spread
from ringfence.errors import Locus

Tell = Callable[[str], None]
_SECONDS = len("hh:mm:ss")


@dataclass(frozen=True, slots=True)
class Listeners:
    """Who listens to a recording, and for whom.

    Attributes:
        engine: Writes the words.
        second: Is asked whether it heard the same; None if nobody is.
        language: What the recording is said to be in.
        reviewer: Who has it transcribed.
    """

    engine: Engine
    second: Engine | None = None
    language: str = ""
    reviewer: Ref = ""


def named(engine: Engine) -> str:
    """Return what an engine is called, with its version."""
    return f"{engine.name} {engine.version}".strip()


def key_of(recording: Ref, samples: Samples, who: Listeners) -> str:
    """Return what tells a run from any other that would write other words."""
    engines = [
        [one.name, one.version, one.model, dict(one.parameters)]
        for one in (who.engine, who.second)
        if one is not None
    ]
    sound = sha256(samples.tobytes()).hexdigest()
    told = msgspec.json.encode([recording, sound, engines], order="sorted")
    return sha256(told).hexdigest()


def listened(
    folder: Path,
    recording: Ref,
    samples: Samples,
    who: Listeners,
    *,
    keep: Callable[[Transcript], None],
    tell: Tell = lambda _: None,
) -> None:
    """Have a recording written down, and the transcript kept.

    Args:
        folder: The docket, where finished stretches are kept meanwhile.
        recording: The recording.
        samples: Its samples.
        who: Who listens.
        keep: Brings the transcript to the ledger; then the stretches are removed.
        tell: Is told how far it is.

    Raises:
        EngineError: An engine failed; what is finished is kept.
        BusyError: Another run is at it.
        OSError: What is finished can't be kept.
    """
    key = key_of(recording, samples, who)
    with resumed(folder, recording, key, lambda: stretches(samples)) as work:
        for number in range(len(work.finished), len(work.stretches)):
            span = work.stretches[number]
            here = clock(span.start)[:_SECONDS]
            tell(f"listening at {here} of {clock(len(samples))[:_SECONDS]}")
            work.keep(_heard(number, samples[span.start : span.end], span, who))
        keep(_transcript(recording, len(samples), work, who))
        work.remove()


def _heard(number: int, samples: Samples, span: Span, who: Listeners) -> Finished:
    words = tuple(_words(who.engine, samples, span))
    if who.second is None:
        return Finished(number, words)
    return Finished(number, words, tuple(_words(who.second, samples, span)))


def _words(engine: Engine, samples: Samples, span: Span) -> list[Word]:
    """Return what an engine hears, each word within its stretch and in order."""
    try:
        return list(_ordered(engine.words(samples), len(samples)))
    except Exception as error:
        # Somebody else's engine may fail in any way.
        reason = str(error).partition("\n")[0] or type(error).__name__
        at = Locus(clock(span.start)[:_SECONDS])
        hint = "what is finished is kept: the same command goes on from there"
        message = f"the engine `{engine.name}` failed: {reason}"
        raise EngineError(message, at, hint) from error


def _ordered(words: Iterable[Word], length: int) -> Iterator[Word]:
    last = 0
    for word in words:
        start = min(max(word.start, last), length)
        end = min(max(word.end, start), length)
        last = start
        for one in spread(split(word.text), start, end):
            yield msgspec.structs.replace(one, prob=word.prob)
            last = one.start


def _seconds(stretches: Iterable[Span]) -> str:
    return f"{sum(one.end - one.start for one in stretches) / RATE:.1f}"


def _transcript(recording: Ref, length: int, work: Work, who: Listeners) -> Transcript:
    words = [
        msgspec.structs.replace(
            word, start=word.start + span.start, end=word.end + span.start
        )
        for one, span in zip(work.finished, work.stretches, strict=True)
        for word in _judged(one)
    ]
    engine = who.engine
    parameters = {
        **engine.parameters,
        "speech found by": work.found,
        "listened to": f"{_seconds(work.stretches)} of {length / RATE:.1f} s",
    }
    if who.second is not None:
        parameters["second"] = named(who.second)
        parameters["second model"] = who.second.model
    origin = Origin(
        "machine",
        engine.name,
        engine.version,
        engine.model,
        parameters,
        who.reviewer,
    )
    language = who.language or engine.parameters.get("language", "")
    return Transcript(recording, origin, tuple(words), language)


def _judged(one: Finished) -> Iterable[Word]:
    return one.words if one.second is None else compared(one.words, one.second)
