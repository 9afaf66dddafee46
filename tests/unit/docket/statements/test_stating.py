"""Stating, hearing, assessing: what becomes an object, and what comes with it."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

import pytest

from ringfence.docket import quoting, stating
from ringfence.docket.finding.index import Index
from ringfence.docket.finding.listing import standing
from ringfence.docket.gathering import Gathering
from ringfence.docket.objects import Hearing, Sentence, Span, Speaker, Statement
from ringfence.docket.spans import in_samples, in_times
from ringfence.docket.stating import Stated
from ringfence.docket.words import Dismissal, Known, Rung, Stance
from ringfence.errors import ConfigError, Locus
from tests.stating import NOW, SAID, Made, assessment, of_kind, transcript

SPAN = Span(0, 3 * 16_000)


class Opened:
    def __init__(self, folder: Path) -> None:
        self.made = Made()
        self.words = self.made.add(
            transcript(self.made.tape, self.made.ann, "everything is scene in china")
        )
        self.index: Index = self.made.indexed(folder)

    def stated(self, **more: Any) -> Stated:
        told = {"recording": self.made.tape, "by": self.made.ann, "span": SPAN, **more}
        return Stated(**told)

    def state(self, **more: Any) -> str:
        return stating.state(self.index, self.stated(**more), NOW).ref

    def hear(self, ref: str, by: str, text: str, *, blind: bool = False):
        return stating.hear(self.index, ref, by, text, time=NOW, blind=blind)[1]


@pytest.fixture
def opened(tmp_path: Path):
    found = Opened(tmp_path / "d")
    yield found
    found.index.database.close()


def test_who_types_the_words_has_heard_them(opened: Opened):
    """Statement and hearing are brought together, or neither is."""
    ref = opened.state(quote=SAID)
    found = opened.index.ladder(ref)
    assert (found.rung, found.quote) == (Rung.HEARD, SAID)
    with pytest.raises(ConfigError, match="conflict"):
        opened.state(quote=SAID, by=opened.made.cy)
    assert opened.index.counts()["statement"] == 1


def test_words_that_nobody_listened_to_stay_unheard(opened: Opened):
    """Typed off somebody's minutes, or taken from a transcript: the lowest rung."""
    typed = opened.state(quote=SAID, unheard=True)
    found = opened.state(transcript=opened.words)
    rungs = [opened.index.ladder(ref).rung for ref in (typed, found)]
    assert rungs == [Rung.MACHINE, Rung.MACHINE]
    assert of_kind(opened.index.get(found), Statement).quote == "everything is scene"


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (Span(0, 8_001), "everything"),
        (Span(0, 8_000), ""),
        (Span(8_001, 24_001), "is"),
        (Span(0, 10**9), "everything is scene in china"),
        (None, "everything is scene in china"),
    ],
)
def test_a_span_holds_the_words_whose_middle_it_holds(span, words):
    """A word that is cut in two belongs to one side."""
    found = transcript("r", "v", "everything is scene in china")
    assert quoting.worded(found, span) == words


def test_a_statement_without_words_is_told(opened: Opened):
    """Neither typed, nor in the transcript: there is nothing to quote."""
    for more in ({}, {"transcript": opened.words, "span": Span(999_998, 999_999)}):
        with pytest.raises(ConfigError, match="nobody says which words"):
            opened.state(**more)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("2021-09-14", ("2021-09-14", "2021-09", "2021")),
        ("2021-09", ("", "2021-09", "2021")),
        ("2021", ("", "", "2021")),
        ("", ("", "", "")),
    ],
)
def test_a_date_is_told_from_its_finest_part_down(
    text: str, parts: tuple[str, str, str]
):
    """Coarser parts are there of themselves."""
    assert quoting.met(text) == parts


@pytest.mark.parametrize("text", ["21", "2021-9", "9/2021", "2021-09-14T10:00", "May"])
def test_what_is_no_date_is_told(text: str):
    """A date is written one way."""
    with pytest.raises(ConfigError):
        quoting.met(text)
    with pytest.raises(ConfigError):
        quoting.day(text, "--since")


def test_a_correction_keeps_what_isnt_said_anew(opened: Opened):
    """Speaker, span and date stay; the words that were typed are heard."""
    first = opened.state(
        quote="everything is scene",
        speaker=opened.made.speaker,
        met="2021-09",
        first_hand=Known.YES,
    )
    anew = Stated(recording="", by=opened.made.bob, quote="everything is seen")
    told = stating.correction(opened.index, first, anew)
    ref = stating.state(opened.index, told, NOW).ref
    found = opened.index.get(ref)
    assert isinstance(found, Statement)
    assert (found.corrects, found.speaker, found.met_month, found.span) == (
        first,
        opened.made.speaker,
        "2021-09",
        SPAN,
    )
    assert opened.index.hearings(ref)[0][1].by == opened.made.bob
    assert opened.index.head(first) == ref


def test_a_correction_of_the_date_alone_is_heard_by_nobody_anew(opened: Opened):
    """It waits until somebody hears its words; meanwhile the first one stands."""
    first = opened.state(quote=SAID)
    anew = Stated(recording="", by=opened.made.bob, met="2020")
    told = stating.correction(opened.index, first, anew)
    ref = stating.state(opened.index, told, NOW).ref
    assert of_kind(opened.index.get(ref), Statement).met_year == "2020"
    assert opened.index.head(first) == first
    opened.hear(ref, opened.made.bob, SAID)
    assert opened.index.head(first) == ref


def test_to_confirm_takes_a_first_hearing_and_somebody_else(opened: Opened):
    """Nobody confirms what nobody has heard, nor what they heard themselves."""
    ref = opened.state(transcript=opened.words)
    with pytest.raises(ConfigError, match="nobody has heard it yet"):
        opened.hear(ref, opened.made.bob, SAID, blind=True)
    assert opened.hear(ref, opened.made.ann, SAID).rung is Rung.HEARD
    with pytest.raises(ConfigError, match="heard this statement before"):
        opened.hear(ref, opened.made.ann, SAID, blind=True)
    assert opened.hear(ref, opened.made.bob, SAID, blind=True).rung is Rung.CONFIRMED


def test_an_assessment_replaces_ones_own_and_nobody_elses(opened: Opened):
    """Two reviewers stand beside one another; one of them speaks once."""
    made, ref = opened.made, opened.state(quote=SAID)
    stating.assess(opened.index, assessment(made, ref, made.ann), NOW)
    stating.assess(opened.index, assessment(made, ref, made.bob), NOW)
    last = assessment(
        made, ref, made.ann, stance=Stance.CONTEXT, rationale="of another year"
    )
    stating.assess(opened.index, last, NOW)
    (found,) = standing(opened.index, statement=ref)
    assert [(one.by, one.stance) for _, one in found.assessments] == [
        (made.bob, Stance.CONTRADICTS),
        (made.ann, Stance.CONTEXT),
    ]


def test_a_dismissal_is_of_all_that_stands(opened: Opened):
    """Each assessment is replaced; what is dismissed already stays as it is."""
    made, ref = opened.made, opened.state(quote=SAID)
    for by in (made.ann, made.bob):
        stating.assess(opened.index, assessment(made, ref, by), NOW)

    def dismissed(why: str):
        return stating.dismiss(
            opened.index, ref, made.sentence, by=made.bob, why=why, code=Dismissal.JOKE
        )

    with pytest.raises(ConfigError, match="needs its reason"):
        stating.log(opened.index, dismissed(" "), NOW)
    stating.log(opened.index, dismissed("laughter"), NOW)
    (found,) = standing(opened.index, statement=ref)
    assert (found.is_dismissed, len(found.assessments)) == (True, 2)
    with pytest.raises(ConfigError, match="nothing stands"):
        dismissed("again")


def test_objects_are_brought_together_or_not_at_all(opened: Opened):
    """The second one may not be brought: the first one isn't either."""
    size = opened.index.docket.signed().size
    with pytest.raises(ConfigError):
        stating.log(opened.index, [Sentence("c", "says"), Sentence("c", "")], NOW)
    assert opened.index.docket.signed().size == size


def test_what_is_gathered_may_refer_to_what_is_gathered(opened: Opened):
    """Each is checked beside the docket and the others, before any is kept."""
    made, more = opened.made, Gathering(opened.index, NOW)
    first = opened.state(quote=SAID)
    ref = more.add(Statement(made.tape, "better", SPAN, corrects=first))
    more.add(Hearing(ref, made.ann, "better"))
    assert (more.first(ref), more.corrected_by(first)) == (first, ref)
    assert (more.kind(ref), more.kind(first), more.kind("no")) == (
        "statement",
        "statement",
        None,
    )
    for one in (
        Statement(made.tape, "again", SPAN, corrects=first),
        Hearing(ref, made.ann, "better", blind=True),
        Hearing(first, made.ann, "better", blind=True),
        Speaker("speaker-00aa"),
    ):
        with pytest.raises(ConfigError):
            more.add(one)
    stating.brought(opened.index, more)
    assert opened.index.ladder(ref).rung is Rung.HEARD


def test_a_pseudonym_is_new(opened: Opened, monkeypatch):
    """One that is drawn twice is drawn again, longer."""
    drawn = iter(["00aa", "00aabbcc"])
    monkeypatch.setattr(secrets, "token_hex", lambda _: next(drawn))
    assert stating.pseudonym(opened.index) == "speaker-00aabbcc"


def test_a_speaker_is_known_by_what_their_name_matches(opened: Opened):
    """No match, no knowing: two who are unnamed are two."""
    known = Speaker("speaker-1", match="m")
    ref = stating.log(opened.index, [known, Speaker("speaker-2")], NOW)[0].ref
    assert stating.known_speaker(opened.index, "m") == ref
    assert stating.known_speaker(opened.index, "n") == ""
    assert stating.known_speaker(opened.index, "") == ""


def test_a_sentence_that_is_held_word_for_word_isnt_new(opened: Opened):
    """Another wording of the same claim is another version."""
    held = of_kind(opened.index.get(opened.made.sentence), Sentence)
    other = Sentence("no-one", "Nobody sees it any more.")
    assert stating.unheld(opened.index, [held, other]) == [other]


def test_a_pasted_text_that_is_no_text_is_told(opened: Opened):
    """Half a surrogate pair can't be written down."""
    with pytest.raises(ConfigError, match="no character"):
        opened.state(quote="bad \ud800")


@pytest.mark.parametrize(
    ("begin", "end", "span"),
    [
        ("0:00:04.2", "0:00:09.8", Span(67_200, 156_800)),
        ("0:00", "1:00:00.001", Span(0, 57_600_016)),
    ],
)
def test_time_codes_are_samples(begin: str, end: str, span: Span):
    """A thousandth of a second is sixteen samples."""
    assert in_times(begin, end, (Locus("a"), Locus("b"))) == span


def test_a_span_is_written_in_samples_or_times():
    """What is neither, or ends before it begins, says where."""
    at = Locus("--samples")
    assert in_samples(" 5-9 ", at) == Span(5, 9)
    for text in ("9-5", "5", "5-5", "-5-9", "a-b", "5-" + "9" * 40):
        with pytest.raises(ConfigError, match="no stretch of samples"):
            in_samples(text, at)
    for begin, end in (
        ("x", "0:05"),
        ("0:05", "4"),
        ("0:05", "0:05"),
        ("0:61", "9:0"),
    ):
        with pytest.raises(ConfigError):
            in_times(begin, end, (at, at))


def test_how_it_bears_is_said_in_words(opened: Opened):
    """Scope that is unknown in part is in scope as far as is known."""
    one = assessment(opened.made, "s", "v")
    scopes = [("yes", "yes", "yes"), ("yes", "no", "yes"), ("yes", "unknown", "yes")]
    found = [
        quoting.reach_of(
            assessment(opened.made, "s", "v", scope=quoting.scoped(*scope))
        )
        for scope in scopes
    ]
    assert found == ["in scope", "out of scope", "in scope as far as known"]
    assert quoting.bearing(one.stance, Dismissal.JOKE) == (
        "contradicts, dismissed: joke_or_hypothetical"
    )
