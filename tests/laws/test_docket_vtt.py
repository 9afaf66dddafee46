"""Laws of transcripts outside: what is written is valid, and comes back as it was."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.docket.objects import RATE, Origin, Transcript, Word
from ringfence.docket.transcripts.doubt import in_doubt
from ringfence.docket.transcripts.reading import brought
from ringfence.docket.transcripts.showing import shown
from ringfence.docket.transcripts.timing import (
    MILLISECOND,
    milliseconds,
    parsed,
    split,
)
from ringfence.errors import SourceError

HOUR = 3600 * RATE
ODD = st.sampled_from(
    ["-->", "<v", "&amp;", "a<b>c", "&", "NOTE", "WEBVTT", "<00:00:01.000>", "x.", "["]
)
TEXT = st.one_of(
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=8), ODD
).filter(lambda text: split(text) == [text])
ORIGIN = Origin("machine", "stub", "1", "stub:00")


@st.composite
def transcripts(draw):
    """Draw a transcript: words in order, some at once, some with pauses between."""
    words, start = [], draw(st.integers(1, HOUR))
    for text in draw(st.lists(TEXT, min_size=1, max_size=40)):
        start += draw(st.sampled_from([0, 1, 7, 8, 15, 16, 900, 8_000, 40_000]))
        length = draw(st.sampled_from([0, 1, 8, 16, 4_000, 200_000]))
        prob = draw(st.none() | st.floats(0, 1))
        agrees = draw(st.none() | st.booleans())
        words.append(Word(text, start, start + length, prob, agrees))
    return Transcript("0" * 64, ORIGIN, tuple(words), "en")


def length(one: Transcript) -> int:
    return max(word.end for word in one.words) + RATE


def when(time: str) -> int:
    """Return a time, which is one."""
    found = parsed(time)
    assert found is not None
    return found


def again(one: Transcript, form: str) -> list[Word]:
    content = shown("T1", "R1", one, form).encode()
    found = brought(content, "t", length(one))
    # What isn't kept is said, and it is no more than the marks of doubt.
    assert all("marks of doubt" in note for note in found.notes)
    return list(found.words)


@given(transcripts())
def test_json_loses_nothing(one):
    """A transcript exported as JSON and brought in again is the same, word for word."""
    assert again(one, "json") == list(one.words)


@given(transcripts())
def test_webvtt_keeps_words_and_times_to_the_millisecond(one):
    """WebVTT brings back each word, in order, with the nearest millisecond as its time.

    A word that is shorter than a millisecond has become one long.
    """
    back = again(one, "vtt")
    assert [word.text for word in back] == [word.text for word in one.words]
    for was, now in zip(one.words, back, strict=True):
        start = milliseconds(was.start)
        end = max(milliseconds(was.end), start + 1)
        assert (now.start, now.end) == (start * MILLISECOND, end * MILLISECOND)


@given(transcripts())
def test_webvtt_that_came_back_goes_out_as_it_was(one):
    """Once to the millisecond, times stay: the second round changes nothing."""
    back = Transcript("0" * 64, ORIGIN, tuple(again(one, "vtt")))
    assert again(back, "vtt") == list(back.words)


@given(transcripts())
def test_webvtt_is_valid(one):
    """What is written keeps the rules of WebVTT's grammar and of its times."""
    content = shown("T1", "R1", one, "vtt")
    header, note, *cues = re.split(r"\n\n+", content.rstrip("\n"))
    assert (header, note[:5]) == ("WEBVTT", "NOTE ")
    begun = 0
    for cue in cues:
        timing, payload = cue.split("\n")  # one line of text: no cue ends too soon
        times = re.fullmatch(
            r"(\d{2,}:\d\d:\d\d\.\d{3}) --> (\d{2,}:\d\d:\d\d\.\d{3})", timing
        )
        assert times is not None
        start, end = map(when, times.groups())
        assert begun <= start < end
        begun = start
        assert "-->" not in payload
        inside = [when(tag) for tag in re.findall(r"<(\d[^>]*)>", payload)]
        order = [start, *inside, end]
        assert order == sorted(set(order))
        spans = re.sub(r"</?c(\.doubt)?>|<\d\d[\d:.]*>", "", payload)
        assert "<" not in spans
        assert re.fullmatch(r"(?:[^&]|&(?:amp|lt|gt);)+", spans)


@given(transcripts())
def test_every_word_in_doubt_is_marked(one):
    """As many words carry the class as are in doubt, and as many the mark in text."""
    doubted = sum(map(in_doubt, one.words))
    assert shown("T1", "R1", one, "vtt").count("<c.doubt>") == doubted
    told = f"\n{doubted} of {len(one.words)} words"
    if all(word.prob is None and word.agrees is None for word in one.words):
        told = f"\n{len(one.words)} words; nothing says which of them are in doubt."
    assert told in shown("T1", "R1", one, "text")


@given(transcripts(), st.sampled_from(["text", "vtt"]))
def test_a_machine_says_that_it_is_one(one, form):
    """Whatever a machine wrote is shown as an index, and never as the quote."""
    assert "is an index for finding, never the quote." in shown("T1", "R1", one, form)


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_whatever_is_brought_is_a_transcript_or_one_clear_error(content):
    """No file ends in a traceback: it is read, or an error names it."""
    for prefix in (
        b"",
        b"WEBVTT\n\n",
        b"[00:01] ",
        b"1\n00:00:01,000 --> 00:00:02,000\n",
    ):
        try:
            found = brought(prefix + content, "some.file", 60 * RATE)
        except SourceError as error:
            assert all(problem.at for problem in error.problems)
            assert str(error).startswith("some.file")
        else:
            assert all(0 <= one.start <= one.end <= 60 * RATE for one in found.words)
            assert all(split(one.text) == [one.text] for one in found.words)


LINES = st.lists(
    st.sampled_from(
        [
            "WEBVTT", "", "1", "NOTE x", "STYLE", "00:01.000 --> 00:02.000",
            "00:00:03,000 --> 00:00:04,000", "so we <v Ann>keep", "<00:00:01.500> it", "-->",
            "[00:00:05] all", "{", "a & b &lt;", "00:02.000 --> 00:01.000", "Language: en",
        ]
    ),
    max_size=12,
)  # fmt: skip


@given(LINES)
def test_lines_in_any_order_are_a_transcript_or_one_clear_error(lines):
    """A file that is half of one format and half of another is no exception."""
    try:
        brought("\n".join(lines).encode(), "some.file", 60 * RATE)
    except SourceError as error:
        assert str(error).startswith("some.file")


def test_who_speaks_is_not_told():
    """Neither names of voices nor of whoever brought it in leave with a transcript."""
    content = b"WEBVTT\nKind: Ann's own\n\n00:01.000 --> 00:02.000\n<v Ann>so we</v>"
    found = brought(content, "t", 60 * RATE)
    one = Transcript(
        "0" * 64, Origin("human", found.format, reviewer="f" * 64), found.words
    )
    told = [shown("T1", "R1", one, form) for form in ("text", "vtt", "json")]
    assert [word.text for word in found.words] == ["so", "we"]
    assert found.notes == (
        "1 names of voices were left out: who speaks is said of a statement",
    )
    assert not any("Ann" in text or "f" * 64 in text for text in told)


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_document_is_shown_without_times(form):
    """Words of a document have no times, and nothing pretends that they do."""
    one = Transcript("0" * 64, ORIGIN, (Word("so", 0, 0), Word("we", 0, 0)))
    assert "so" in shown("T1", "R1", one, form)
    assert "[00:00" not in shown("T1", "R1", one, form)


KEYS = st.sampled_from(
    ["segments", "start", "end", "text", "words", "word", "probability", "score",
     "language", "format", "transcription", "offsets", "from", "to", "rate", "prob"]
)  # fmt: skip
LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(
        ["so we", "", "ringfence-transcript/1", 0, 1, 2.5, 1e308, -1]
    )
)  # fmt: skip
DOCUMENTS = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5)
    ),
    max_leaves=20,
)
SEGMENT = st.fixed_dictionaries(
    {"start": LEAVES, "end": LEAVES, "text": LEAVES, "words": DOCUMENTS}
)


@given(
    DOCUMENTS
    | st.builds(lambda parts: {"segments": parts}, st.lists(SEGMENT, max_size=3))
    | st.builds(lambda parts: {"transcription": parts}, st.lists(DOCUMENTS, max_size=3))
)
def test_any_json_is_a_transcript_or_one_clear_error(document):
    """Whatever a program writes as JSON is read, or an error names the place in it."""
    try:
        found = brought(json.dumps(document).encode(), "some.file", 60 * RATE)
    except SourceError as error:
        assert str(error).startswith("some.file")
    else:
        assert all(0 <= one.start <= one.end <= 60 * RATE for one in found.words)
