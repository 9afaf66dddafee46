"""What may be brought to a docket, rule by rule."""

from __future__ import annotations

import msgspec
import pytest

from ringfence.docket.objects import (
    Answer,
    Assessment,
    Blocks,
    Handling,
    Hearing,
    Lead,
    Object,
    Origin,
    Recording,
    Reviewer,
    Scope,
    Sentence,
    Span,
    Speaker,
    Transcript,
    Word,
)
from ringfence.docket.words import Custody, Dismissal, Known, Stance
from ringfence.errors import ConfigError
from tests.stating import LENGTH, Made, assessment, recording, statement, transcript


@pytest.fixture
def made() -> Made:
    return Made()


def refused(made: Made, one: Object) -> tuple[str, str]:
    """Return the field that is at fault, and why; a hint or the message says more."""
    with pytest.raises(ConfigError) as raised:
        made.held.add(one)
    (problem,) = raised.value.problems
    return str(problem.at), problem.message


def test_a_name_belongs_to_one_reviewer_however_it_is_spelt(made: Made):
    """`ANN` is Ann: one who works under two names could confirm what they heard."""
    assert refused(made, Reviewer("  ANN ")) == (
        "name",
        "there is a reviewer of that name",
    )


def test_a_reviewer_may_be_called_as_a_speaker_is(made: Made):
    """Names are unique among reviewers, and pseudonyms among speakers."""
    made.add(Reviewer("speaker-00aa"))
    assert refused(made, Speaker("speaker-00AA"))[0] == "name"


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "\x1b[2J"])
def test_a_name_is_a_line_of_text(made: Made, name: str):
    """No name is empty, or moves the cursor of whoever reads it."""
    assert refused(made, Reviewer(name)) == ("name", "`name` must be a line of text")


def test_what_an_object_refers_to_is_held_and_of_its_kind(made: Made):
    """A reference to nothing is refused, and so is one to another kind."""
    said = made.said()
    cases: dict[str, Object] = {
        "recording": statement(made, recording="ff" * 32),
        "speaker": statement(made, speaker=made.ann),
        "transcript": statement(made, transcript=made.tape),
        "denies": statement(made, denies=made.tape),
        "corrects": statement(made, corrects=made.sentence),
        "statement": Hearing(made.tape, made.ann, "words"),
        "sentence": Assessment(said, said, Stance.CONTEXT, made.ann),
        "hand": recording(made.ann, made.ann),
        "received": recording(made.hand, made.hand),
        "by": Lead(said, "who?", ("reach",), made.hand),
        "lead": Answer(said, 0, "nobody"),
        "thing": Handling(Custody.PLAYED, "ff" * 32, made.ann),
        "supersedes": assessment(made, said, made.ann, supersedes=said),
    }
    assert {field: refused(made, one)[0] for field, one in cases.items()} == {
        field: field for field in cases
    }


def test_a_refusal_says_what_it_wanted(made: Made):
    """Whoever names a reviewer for a speaker is told so."""
    assert refused(made, statement(made, speaker=made.ann))[1] == (
        "a reviewer is no speaker"
    )
    assert refused(made, statement(made, recording="ff" * 32))[1] == (
        "the docket holds no such recording"
    )


def test_who_has_a_conflict_neither_hears_nor_assesses(made: Made):
    """A covered person can't raise a quote, nor say how it bears on a sentence."""
    said = made.said()
    why = ("by", "who has a conflict can neither hear nor assess")
    assert refused(made, Hearing(said, made.cy, "words")) == why
    assert refused(made, assessment(made, said, made.cy)) == why


def test_a_reviewer_who_was_erased_counts_as_one_with_a_conflict(
    made: Made, monkeypatch
):
    """Whether they had one, nobody can tell any more."""
    said = made.said()
    made.held._objects.pop(made.bob)
    monkeypatch.setattr(made.held._known, "kind", {made.bob: "reviewer"}.get)
    assert refused(made, Hearing(said, made.bob, "words"))[0] == "by"


@pytest.mark.parametrize(
    "span",
    [(0, LENGTH + 1), (-1, 5), (5, 5), (6, 5), (LENGTH, LENGTH + 1)],
)
def test_a_span_lies_inside_the_recording(made: Made, span: tuple[int, int]):
    """No statement is cut from where there are no samples."""
    assert refused(made, statement(made, span=Span(*span)))[0] == "span"


def test_the_whole_recording_is_a_span(made: Made):
    """The first sample and the last one are inside."""
    assert made.said(span=Span(0, LENGTH))


def test_what_is_heard_has_a_span_and_what_is_read_has_none(made: Made):
    """A sound is quoted by time; a document by passage."""
    assert refused(made, statement(made, span=None))[0] == "span"
    assert refused(made, statement(made, recording=made.page))[0] == "span"
    assert made.said(recording=made.page, span=None, passage="page 3")


@pytest.mark.parametrize("quote", ["", "   ", "...", "\u200b"])
def test_a_quote_holds_a_word(made: Made, quote: str):
    """Blanks and signs are no statement, and nothing that anybody has heard."""
    assert refused(made, statement(made, quote))[0] == "quote"
    said = made.said()
    assert refused(made, Hearing(said, made.ann, quote))[0] == "text"


@pytest.mark.parametrize(
    ("day", "month", "year", "field"),
    [
        ("2021-09-14", "2021-10", "2021", "met_month"),
        ("2021-09-14", "", "", "met_month"),
        ("2021-02-30", "2021-02", "2021", "met_day"),
        ("20210914", "2021-09", "2021", "met_day"),
        ("", "2021-13", "2021", "met_month"),
        ("", "2021-09", "2020", "met_year"),
        ("", "2021-09", "", "met_year"),
        ("", "", "21", "met_year"),
    ],
)
def test_day_month_and_year_agree(
    made: Made, day: str, month: str, year: str, field: str
):
    """What an export tells coarsely is what it tells finely, cut short."""
    one = statement(made, met_day=day, met_month=month, met_year=year)
    assert refused(made, one)[0] == field


def test_a_date_says_as_much_as_is_known(made: Made):
    """A day, a month, a year, or nothing."""
    for day, month, year in [
        ("2024-02-29", "2024-02", "2024"),
        ("", "2021-09", "2021"),
        ("", "", "2021"),
        ("", "", ""),
    ]:
        assert made.said(met_day=day, met_month=month, met_year=year)


def test_a_transcript_is_one_of_the_same_recording(made: Made):
    """No statement is drawn from what was said elsewhere."""
    other = made.add(recording(made.hand, made.ann, content="cc"))
    elsewhere = made.add(transcript(other, made.ann, "one two"))
    one = statement(made, transcript=elsewhere)
    assert refused(made, one) == ("transcript", "it is one of another recording")
    with_end = Transcript(made.tape, Origin("machine"), (Word("one", 5, 4),))
    assert refused(made, with_end)[0] == "words"


def test_a_sound_has_a_tree_over_its_own_samples(made: Made):
    """What blocks prove is what was decoded."""
    one = recording(made.hand, made.ann, content="dd")
    assert isinstance(one, Recording)
    for blocks in (None, Blocks("dd" * 32, 1, 5)):
        bad = msgspec.structs.replace(one, blocks=blocks)
        assert refused(made, bad)[0] == "blocks"
    assert refused(made, msgspec.structs.replace(one, until="soon"))[0] == "until"


def test_a_statement_is_corrected_once_and_in_its_recording(made: Made):
    """Corrections form a chain: its last link is corrected, no other."""
    first = made.said()
    second = made.said("everything is seen", corrects=first)
    assert refused(made, statement(made, "again", corrects=first))[0] == "corrects"
    other = made.add(recording(made.hand, made.ann, content="cc"))
    elsewhere = statement(made, "again", recording=other, corrects=second)
    assert refused(made, elsewhere)[0] == "corrects"
    third = made.said("again", corrects=second)
    assert {made.held.first(ref) for ref in (first, second, third)} == {first}


def test_no_statement_denies_what_it_corrects(made: Made):
    """Whoever corrects says the same otherwise; whoever denies says it isn't so."""
    first = made.said()
    second = made.said("more", corrects=first)
    one = statement(made, "no", corrects=second, denies=first)
    assert refused(made, one)[0] == "denies"
    assert made.said("no", denies=first)


def test_who_has_heard_a_statement_never_confirms_it_blind(made: Made):
    """To hear twice is no second pair of ears."""
    said = made.said()
    made.heard(said, made.ann)
    assert refused(made, Hearing(said, made.ann, "x", blind=True))[0] == "blind"
    assert made.heard(said, made.bob, blind=True)


def test_a_dismissal_needs_its_reason(made: Made):
    """A code alone dismisses nothing, and blanks are no reason."""
    said = made.said()
    for why in ("", "  ", "..."):
        one = assessment(made, said, made.ann, dismissal=Dismissal.JOKE, rationale=why)
        assert refused(made, one) == ("rationale", "a dismissal needs its reason")


@pytest.mark.parametrize(
    "instead",
    [
        {"stance": Stance.CONTEXT},
        {"stance": Stance.SUPPORTS},
        {"stance": Stance.UNRELATED},
        {"scope": Scope(place=Known.NO)},
    ],
)
def test_a_contradiction_is_withdrawn_with_a_reason(
    made: Made, instead: dict[str, object]
):
    """Nobody turns a contradiction into context without a word."""
    said = made.said()
    before = made.assessed(said, made.ann)
    one = assessment(made, said, made.bob, supersedes=before, **instead)
    why = ("rationale", "a contradiction is withdrawn with a reason")
    assert refused(made, one) == why
    assert made.add(msgspec.structs.replace(one, rationale="they speak of 2019"))


def test_what_replaces_an_assessment_is_of_the_same_pair(made: Made):
    """An assessment is replaced once, by one of the same statement and sentence."""
    said, other = made.said(), made.said("other words")
    before = made.assessed(said, made.ann)
    elsewhere = assessment(made, other, made.ann, supersedes=before)
    assert refused(made, elsewhere)[1] == "it assesses something else"
    made.assessed(said, made.ann, supersedes=before)
    again = assessment(made, said, made.bob, supersedes=before)
    assert refused(made, again)[1] == "it is superseded already"


def test_an_assessment_may_be_replaced_after_a_correction(made: Made):
    """The statement that corrects another takes over what was made of it."""
    said = made.said()
    before = made.assessed(said, made.ann)
    corrected = made.said("better words", corrects=said)
    assert made.assessed(corrected, made.ann, supersedes=before)


@pytest.mark.parametrize("on", ["2021", "2021-09", "2021-09-14", ""])
def test_a_sentence_was_said_on_a_date_as_far_as_it_is_known(made: Made, on: str):
    """What was said in public needn't be dated to the day."""
    assert made.add(Sentence("c", "says", on=on))


def test_a_sentence_says_something_of_a_claim(made: Made):
    """No words, no claim or no date is refused."""
    assert refused(made, Sentence("c", " "))[0] == "says"
    assert refused(made, Sentence("", "says"))[0] == "claim"
    assert refused(made, Sentence("c", "says", on="May"))[0] == "on"


def test_a_lead_asks_the_systems_something(made: Made):
    """A lead has a question in words, and a command."""
    said = made.said()
    assert refused(made, Lead(said, "who?", (), made.ann))[0] == "command"
    assert refused(made, Lead(said, "", ("reach",), made.ann))[0] == "asks"
    lead = made.add(Lead(said, "who?", ("reach",), made.cy))
    assert made.add(Answer(lead, 0, "nobody"))
    assert made.add(Handling(Custody.SEALED, "", ""))
