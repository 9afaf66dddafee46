"""Finding in a docket of 100,000 statements: searches, lists, one more statement."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.figures import Figure, seconds, told, write
from ringfence.docket.finding.index import NAME, Index
from ringfence.docket.finding.listing import Filters, statements
from ringfence.docket.finding.phrases import question
from ringfence.docket.finding.searching import search
from ringfence.docket.finding.suggesting import suggestions
from ringfence.docket.folder import FORMAT, Charter, Docket
from ringfence.docket.gathering import Gathering
from ringfence.docket.objects import (
    RATE,
    Assessment,
    Blocks,
    Hand,
    Hearing,
    Received,
    Recording,
    Ref,
    Reviewer,
    Sentence,
    Sound,
    Span,
    Speaker,
    Statement,
)
from ringfence.docket.words import Form, Grade, Known, Rung, Stance

STATEMENTS = 100_000
_BATCH = 5_000
_NOW = "2026-11-23T10:00:00Z"
_HOUR = 3_600 * RATE
_SENTENCES = 12
_WORDS = 4_000


def figures(count: int = STATEMENTS) -> Iterator[Figure]:
    """Yield the figures of finding in a docket of so many statements."""
    with tempfile.TemporaryDirectory(prefix="docket-search-") as folder:
        docket = Docket.found(
            Path(folder) / "docket", Charter(FORMAT, "bench", (), ()), _NOW
        )
        began = time.perf_counter()
        fill(docket, count)
        yield _told(f"append {count:,} statements", time.perf_counter() - began)
        began = time.perf_counter()
        Index(docket).database.close()
        yield _told("draw the index anew", time.perf_counter() - began)
        size = (docket.folder / NAME).stat().st_size
        yield Figure("the index", size / 1e6, "MB")
        yield _milli("open it when nothing is new", lambda: _opened(docket))
        with Index(docket) as index:
            yield from _finding(index)
            yield _milli("one more statement, checked and found", lambda: _one(index))


def _finding(index: Index) -> Iterator[Figure]:
    searches = {
        "a rare word": _word(3_900),
        "a word of nearly every statement": _word(3),
        "a phrase": f'"{_word(3)} {_word(1)}"',
        "two words near": f"{_word(40)} NEAR/5 {_word(60)}",
        "a beginning": f"{_word(500)[:4]}*",
    }
    for what, text in searches.items():
        yield _milli(
            f"search for {what}: 20 with snippets", lambda t=text: search(index, t)
        )
    (recording, *_), (sentence, *_) = (
        list(index.all(kind)) for kind in ("recording", "sentence")
    )
    lists = {
        "all statements": Filters(),
        "those of a recording": Filters(recording=recording.ref),
        "those heard": Filters(rung=Rung.HEARD),
        "those that contradict a sentence": Filters(
            sentence=sentence.ref, stance=Stance.CONTRADICTS
        ),
        "those that hold a word": Filters(text=question(_word(3))),
        "first hand, of a year": Filters(
            first_hand=Known.YES, since="2021-01-01", until="2021-12-31"
        ),
    }
    for what, filters in lists.items():
        yield _milli(f"list {what}: a page", lambda f=filters: statements(index, f))
    last = index.counts()["statement"] - 60
    yield _milli("list the last page", lambda: statements(index, Filters(), after=last))
    yield _milli("suggest", lambda: suggestions(index, index.numbered("S7")))


def fill(docket: Docket, count: int) -> None:
    """Bring so many statements to a docket, some of them heard, some assessed."""
    drawn = random.Random(8)  # noqa: S311
    refs = [one.ref for one in docket.append(_people(), _NOW)]
    ann, hand, speakers = refs[0], refs[1], refs[2:102]
    sentences = refs[102:]
    held = docket.append([_recording(ann, hand, at) for at in range(80)], _NOW)
    for first in range(0, count, _BATCH):
        said = [
            _statement(drawn, drawn.choice(held).ref, drawn.choice(speakers))
            for _ in range(first, min(first + _BATCH, count))
        ]
        logged = docket.append(said, _NOW)
        more: list[Hearing | Assessment] = []
        for one, statement in zip(logged, said, strict=True):
            if drawn.random() < 1 / 5:
                more.append(Hearing(one.ref, ann, statement.quote))
                beside, stance = drawn.choice(sentences), drawn.choice(list(Stance))
                more.append(Assessment(one.ref, beside, stance, ann))
        docket.append(more, _NOW)


def _people() -> list[Reviewer | Hand | Speaker | Sentence]:
    drawn = random.Random(9)  # noqa: S311
    return [
        Reviewer("Ann"),
        Hand(),
        *(Speaker(f"speaker-{at:04x}") for at in range(100)),
        *(Sentence(f"claim-{at}", _text(drawn, 14)) for at in range(_SENTENCES)),
    ]


def _recording(ann: Ref, hand: Ref, at: int) -> Recording:
    digest = f"{at:064x}"
    return Recording(
        digest,
        1_000,
        f"{at}.flac",
        "audio/flac",
        Form.SOUND,
        Sound("none", "flac", RATE, 1, _HOUR, digest),
        Blocks(digest, 3_600, _HOUR),
        digest,
        hand,
        Grade.FIRST,
        Received(_NOW, ann),
    )


def _statement(drawn: random.Random, recording: Ref, speaker: Ref) -> Statement:
    start = drawn.randrange(_HOUR - 10 * RATE)
    year = str(drawn.randrange(2018, 2023))
    return Statement(
        recording,
        _text(drawn, drawn.randrange(8, 40)),
        Span(start, start + 9 * RATE),
        speaker=speaker,
        met_month=f"{year}-{drawn.randrange(1, 13):02}",
        met_year=year,
        first_hand=drawn.choice(list(Known)),
    )


def _text(drawn: random.Random, count: int) -> str:
    """Return words as often as they are in a language: a few of them very often."""
    return " ".join(
        _word(min(int(drawn.paretovariate(0.6)), _WORDS - 1)) for _ in range(count)
    )


def _word(number: int) -> str:
    parts = ("ba", "ke", "di", "lo", "mu", "ra", "se", "ti", "no", "vu")
    return "".join(parts[int(digit)] for digit in f"{number:04}")


def _one(index: Index) -> None:
    recording = next(index.all("recording"))
    more = Gathering(index, _NOW)
    more.add(Statement(recording.ref, "one more", Span(0, RATE)))
    index.docket.bring(more.ready)
    index.catch_up()


def _opened(docket: Docket) -> None:
    Index(docket).database.close()


def _told(what: str, took: float) -> Figure:
    return Figure(what, took, "s")


def _milli(what: str, work: object) -> Figure:
    return Figure(what, seconds(work) * 1_000, "ms")  # type: ignore[arg-type]


if __name__ == "__main__":
    write("docket_search", told(figures()), ("msgspec",))
