"""`ringfence docket`: what was said, who heard it, and what is made of it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from ringfence.cli.docketing import By
from ringfence.cli.docketwords import Answer, Folder, StatementNumber, done, opened
from ringfence.cli.streams import show
from ringfence.cli.words import Form, now
from ringfence.errors import ConfigError, ExitCode, Locus

if TYPE_CHECKING:
    from ringfence.docket.finding.index import Index
    from ringfence.docket.objects import Ref, Span
    from ringfence.docket.stating import Stated

SentenceNumber = Annotated[str, Parameter(help="The public sentence: `C1`.")]
Text = Annotated[
    str,
    Parameter(
        allow_leading_hyphen=True,
        help="The words that were heard; `-` or nothing: standard input.",
    ),
]
Why = Annotated[str, Parameter(help="Why, in words.")]
Codes = Literal[
    "out_of_scope",
    "outside_window",
    "retracted",
    "misheard",
    "joke_or_hypothetical",
    "superseded_by_system_evidence",
]
_LONGEST = 100_000  # characters of what somebody types


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What is said of a statement."""

    quote: Annotated[str, Parameter(help="The words as you heard or read them.")] = ""
    unheard: Annotated[
        bool,
        Parameter(negative="", help="The words were typed, but nobody has listened."),
    ] = False
    begin: Annotated[
        str, Parameter(name="--from", help="From when: `0:20:12.500`.")
    ] = ""
    to: Annotated[str, Parameter(help="Until when.")] = ""
    samples: Annotated[
        str, Parameter(help="The same in samples at 16 kHz: `19392000-19584000`.")
    ] = ""
    passage: Annotated[str, Parameter(help="Where a document says it: `page 3`.")] = ""
    transcript: Annotated[
        str, Parameter(help="Take the words from this transcript: `T1`.")
    ] = ""
    speaker: Annotated[str, Parameter(help="Who speaks: `P2`.")] = ""
    met: Annotated[str, Parameter(help="When: `2021-09-14`, `2021-09` or `2021`.")] = ""
    first_hand: Annotated[
        Answer, Parameter(help="Do they speak of what they did or saw themselves?")
    ] = "unknown"
    hedged: Annotated[Answer, Parameter(help="Do they hedge?")] = "unknown"
    language: Annotated[str, Parameter(help="What is spoken: `en`.")] = ""
    translation: Annotated[str, Parameter(help="The same in another language.")] = ""
    denies: Annotated[str, Parameter(help="The statement that it denies: `S4`.")] = ""


NO_WORDS = Words()


def state(
    docket: Folder,
    recording: Annotated[str, Parameter(help="Where it is heard or read: `R1`.")],
    /,
    *,
    by: By,
    words: Words = NO_WORDS,
    format: Form = "text",  # noqa: A002
) -> int:
    """Bring in what somebody said, in their words, and where it is heard or read.

    Examples: `ringfence docket state tapes R1 --by V1 --from 0:20:12 --to 0:20:24
    --quote "..."`, or with `--transcript T1`, which no more than finds the words.
    """
    from ringfence.docket import stating

    with opened(docket) as index:
        ref = index.numbered(recording, "recording")
        said = _stated(index, words, ref, index.reviewer(by))
        done(index, stating.state(index, said, now()).ref, format)
    return int(ExitCode.ALL_UPHELD)


def deny(
    docket: Folder,
    statement: Annotated[str, Parameter(help="What is denied: `S4`.")],
    recording: Annotated[str, Parameter(help="Where the denial is: `R2`.")],
    /,
    *,
    by: By,
    words: Words = NO_WORDS,
    format: Form = "text",  # noqa: A002
) -> int:
    """Bring in a statement that denies another; it stands beside it."""
    from dataclasses import replace

    denial = replace(words, denies=statement)
    return state(docket, recording, by=by, words=denial, format=format)


def correct(
    docket: Folder,
    statement: StatementNumber,
    /,
    *,
    by: By,
    words: Words = NO_WORDS,
    format: Form = "text",  # noqa: A002
) -> int:
    """Put a statement right; what isn't said anew stays as it was, and so does it."""
    from ringfence.docket import stating

    with opened(docket) as index:
        ref = index.numbered(statement, "statement")
        said = _stated(index, words, "", index.reviewer(by))
        anew = stating.correction(index, ref, said)
        done(index, stating.state(index, anew, now()).ref, format)
    return int(ExitCode.ALL_UPHELD)


def hear(
    docket: Folder,
    statement: StatementNumber,
    /,
    *,
    by: By,
    text: Text = "-",
    format: Form = "text",  # noqa: A002
) -> int:
    """Say what you heard: of the first who does, the words are the quote from then on.

    `ringfence docket play` plays it.
    """
    return _hear(docket, statement, by, text, form=format, blind=False)


def confirm(
    docket: Folder,
    statement: StatementNumber,
    /,
    *,
    by: By,
    text: Text = "-",
    format: Form = "text",  # noqa: A002
) -> int:
    """Say what you heard, without having seen what anybody else has typed.

    Nothing that was typed before is shown, neither here nor afterwards.
    """
    return _hear(docket, statement, by, text, form=format, blind=True)


def assess(
    docket: Folder,
    statement: StatementNumber,
    sentence: SentenceNumber,
    /,
    *,
    by: By,
    stance: Literal["supports", "contradicts", "context", "unrelated"],
    subject: Annotated[
        Answer, Parameter(help="Does it speak of the same people and data?")
    ] = "unknown",
    place: Annotated[Answer, Parameter(help="Of the same place?")] = "unknown",
    window: Annotated[Answer, Parameter(help="Of the same time?")] = "unknown",
    rationale: Why = "",
    confidence: Annotated[str, Parameter(help="How sure you are, in words.")] = "",
    supersedes: Annotated[
        str,
        Parameter(help="The assessment that it replaces: `A3`; by default your own."),
    ] = "",
    format: Form = "text",  # noqa: A002
) -> int:
    """Say how a statement bears on a public sentence."""
    from ringfence.docket import stating
    from ringfence.docket.objects import Assessment
    from ringfence.docket.quoting import scoped
    from ringfence.docket.words import Stance

    with opened(docket) as index:
        one = Assessment(
            index.numbered(statement, "statement"),
            index.numbered(sentence, "sentence"),
            Stance(stance),
            index.reviewer(by),
            rationale=rationale,
            scope=scoped(subject, place, window),
            confidence=confidence,
            supersedes=index.numbered(supersedes, "assessment") if supersedes else "",
        )
        done(index, stating.assess(index, one, now()).ref, format)
    return int(ExitCode.ALL_UPHELD)


def dismiss(
    docket: Folder,
    statement: StatementNumber,
    sentence: SentenceNumber,
    /,
    *,
    by: By,
    code: Annotated[Codes, Parameter(help="Why it doesn't count, as a code.")],
    why: Why,
    format: Form = "text",  # noqa: A002
) -> int:
    """Say why a statement doesn't count beside a sentence; all that stands is meant."""
    from ringfence.docket import stating
    from ringfence.docket.words import Dismissal

    with opened(docket) as index:
        found = stating.dismiss(
            index,
            index.numbered(statement, "statement"),
            index.numbered(sentence, "sentence"),
            by=index.reviewer(by),
            why=why,
            code=Dismissal(code),
        )
        held = stating.log(index, found, now())
        done(index, held[-1].ref, format)
    return int(ExitCode.ALL_UPHELD)


def sentences(
    docket: Folder,
    case: Annotated[
        Path, Parameter(help="A boundary file, or its folder: its claims are taken.")
    ],
    /,
    *,
    format: Form = "text",  # noqa: A002
) -> int:
    """Bring in the public sentences of a boundary's claims, each as it was said.

    What the docket holds already isn't brought again; what a claim says anew is.
    """
    from ringfence.claims.sentences import sentences_of
    from ringfence.docket.stating import log, unheld
    from ringfence.report.docket_text import brought

    with opened(docket) as index:
        found = unheld(index, sentences_of(case))
        held = log(index, found, now()) if found else []
        show(brought(index, [one.ref for one in held], format))
    return int(ExitCode.ALL_UPHELD)


def _hear(
    docket: Path, statement: str, by: str, text: str, *, form: Form, blind: bool
) -> int:
    from ringfence.docket import stating
    from ringfence.report.docket_text import heard

    with opened(docket) as index:
        ref, reviewer = index.numbered(statement, "statement"), index.reviewer(by)
        typed = _typed(index, ref, text)
        held, ladder = stating.hear(
            index, ref, reviewer, typed, time=now(), blind=blind
        )
        show(heard(index, held.ref, ladder, form))
    return int(ExitCode.ALL_UPHELD)


def _typed(index: Index, ref: Ref, text: str) -> str:
    """Return what somebody types; who is asked sees where to listen, and no words."""
    from ringfence.docket.objects import Statement
    from ringfence.report.statements_text import where

    if text != "-":
        return text
    one = index.get(ref)
    if sys.stdin.isatty() and isinstance(one, Statement):
        sys.stderr.write(
            f"{index.number(ref)}, {where(index, one)}: what do you hear?\n"
        )
        sys.stderr.flush()
        return sys.stdin.readline(_LONGEST)
    return sys.stdin.read(_LONGEST)


def _stated(index: Index, words: Words, recording: Ref, by: Ref) -> Stated:
    from ringfence.docket.stating import Stated
    from ringfence.docket.words import Known

    return Stated(
        recording=recording,
        by=by,
        quote=words.quote,
        unheard=words.unheard,
        span=_span(words),
        passage=words.passage,
        transcript=index.numbered(words.transcript, "transcript")
        if words.transcript
        else "",
        speaker=index.numbered(words.speaker, "speaker") if words.speaker else "",
        met=words.met,
        first_hand=Known(words.first_hand),
        hedged=Known(words.hedged),
        language=words.language,
        translation=words.translation,
        denies=index.numbered(words.denies, "statement") if words.denies else "",
    )


def _span(words: Words) -> Span | None:
    from ringfence.docket.spans import in_samples, in_times

    if words.samples and (words.begin or words.to):
        hint = "time codes, or samples"
        raise ConfigError("says when twice", Locus("--samples"), hint)
    if words.samples:
        return in_samples(words.samples, Locus("--samples"))
    if bool(words.begin) != bool(words.to):
        missing = "--to" if words.begin else "--from"
        raise ConfigError("only one end is said", Locus(missing), "`--from` and `--to`")
    if not words.begin:
        return None
    return in_times(words.begin, words.to, (Locus("--from"), Locus("--to")))
