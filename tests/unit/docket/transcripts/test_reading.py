"""Transcripts of others: four formats, as their programs write them."""

from __future__ import annotations

import json

import pytest

from ringfence.docket.objects import RATE, Word
from ringfence.docket.transcripts.reading import brought
from ringfence.errors import SourceError

LENGTH = 60 * RATE
VTT = """\ufeffWEBVTT - made elsewhere
Kind: captions
Language: en-GB

STYLE
::cue { color: lime }

NOTE
two lines
of a note

intro
00:01.000 --> 00:03.000 align:start position:0%
<i>So we</i>
keep<00:00:02.000> it

00:00:04.000 --> 00:00:05.000
AT&amp;T &lt;all&gt;&nbsp;in
"""
SRT = (
    "1\r\n00:00:01,000 --> 00:00:03,000\r\n<i>So</i> we\r\nkeep\r\n\r\n"
    "2\r\n00:00:04,000 --> 00:00:05,000\r\n{\\an8}it all\r\n"
    "3\r\n00:00:05,5 --> 00:00:06,000\r\nin 1984\r\n"
)
MARKED = """\

[00:00:01] So we
keep
[00:00:04 --> 00:00:05] it all
(00:06.5) in
"""


def seconds(
    text: str | bytes, length: int | None = LENGTH
) -> list[tuple[str, float, float]]:
    """Return the words of a file, with times in seconds."""
    content = text if isinstance(text, bytes) else text.encode()
    words = brought(content, "t", length).words
    return [(w.text, round(w.start / RATE, 3), round(w.end / RATE, 3)) for w in words]


def as_json(*segments: object, **more: object) -> str:
    return json.dumps({"segments": list(segments), **more})


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_webvtt_is_read_with_its_times_within_cues(end):
    """Styles, notes, names and settings of cues are passed; times within a cue count."""
    assert seconds(VTT.replace("\n", end)) == [
        ("So", 1.0, 1.25),
        ("we", 1.25, 1.5),
        ("keep", 1.5, 2.0),
        ("it", 2.0, 3.0),
        ("AT&T", 4.0, 4.364),
        ("<all>", 4.364, 4.818),
        ("in", 4.818, 5.0),
    ]


def test_the_language_of_webvtt_is_taken_from_its_header():
    """What the file says it is in goes to the transcript."""
    assert brought(VTT.encode(), "t", LENGTH).language == "en-GB"


def test_subrip_is_read_with_or_without_blank_lines_between():
    """Marks of style go, numbers of cues go, numbers that are said stay."""
    found = brought(SRT.encode(), "t", LENGTH)
    assert [word.text for word in found.words] == [
        "So",
        "we",
        "keep",
        "it",
        "all",
        "in",
        "1984",
    ]
    starts = [word.start / RATE for word in found.words]
    assert (starts[0], starts[3], starts[5]) == (1.0, 4.0, 5.5)
    assert found.notes == ("3 marks of style were left out",)


def test_marked_text_goes_on_until_the_next_mark():
    """A line without a mark belongs to the one before; the last ends with the sound."""
    assert seconds(MARKED, 8 * RATE) == [
        ("So", 1.0, 1.75),
        ("we", 1.75, 2.5),
        ("keep", 2.5, 4.0),
        ("it", 4.0, 4.4),
        ("all", 4.4, 5.0),
        ("in", 6.5, 8.0),
    ]


def test_segments_of_whisper_have_words_with_times_and_probabilities():
    """Words with times of their own keep them; a segment without is spread."""
    told = as_json(
        {
            "id": 0,
            "start": 0.5,
            "end": 2.0,
            "text": " So we",
            "words": [
                {"word": " So", "start": 0.5, "end": 1.0, "probability": 0.75},
                {"word": " we", "start": 1.25, "end": 2, "probability": 1},
            ],
        },
        {"start": 3, "end": 4.0, "text": "it all", "words": None},
        language="en",
    )
    found = brought(told.encode(), "t", LENGTH)
    assert found.words == (
        Word("So", RATE // 2, RATE, 0.75),
        Word("we", RATE + RATE // 4, 2 * RATE, 1.0),
        Word("it", 3 * RATE, 3 * RATE + RATE * 2 // 5),
        Word("all", 3 * RATE + RATE * 2 // 5, 4 * RATE),
    )
    assert found.language == "en"


def test_words_that_a_program_could_not_time_share_what_lies_between():
    """Some give no time to numbers: they lie between their neighbours, and are counted."""
    told = as_json(
        {
            "start": 0,
            "end": 4,
            "text": "in 19 84 we",
            "words": [
                {"word": "in", "start": 0, "end": 1, "score": 0.5},
                {"word": "19"},
                {"word": "84", "score": 0.25},
                {"word": "we", "start": 3, "end": 4},
            ],
        }
    )
    found = brought(told.encode(), "t", LENGTH)
    assert [
        (word.start / RATE, word.end / RATE, word.prob) for word in found.words
    ] == [
        (0, 1, 0.5),
        (1, 2, None),
        (2, 3, 0.25),
        (3, 4, None),
    ]
    assert found.notes == (
        "2 words have no times of their own, and share those between",
    )


def test_a_bare_list_and_offsets_are_read_too():
    """Other programs write the segments alone, or milliseconds."""
    bare = json.dumps([{"start": 1, "end": 2, "text": "so"}])
    counted = json.dumps(
        {"transcription": [{"offsets": {"from": 1000, "to": 2000}, "text": " so"}]}
    )
    assert seconds(bare) == seconds(counted) == [("so", 1.0, 2.0)]


def test_a_document_has_words_without_times():
    """The text of a document is whatever it says; a mark in it is a word as any."""
    assert seconds("So we\n[00:01] keep", None) == [
        (word, 0, 0) for word in ("So", "we", "[00:01]", "keep")
    ]


def test_cues_out_of_order_come_in_order():
    """Words come in the order in which they are said."""
    text = "WEBVTT\n\n00:05.000 --> 00:06.000\nlater\n\n00:01.000 --> 00:02.000\nfirst"
    assert [word for word, *_ in seconds(text)] == ["first", "later"]


def test_a_cue_that_runs_past_the_end_is_cut_there_and_counted():
    """A tool may round up: the words end where the recording does."""
    found = brought(b"[00:59 --> 01:01] so", "t", LENGTH)
    assert found.words == (Word("so", 59 * RATE, LENGTH),)
    assert found.notes == ("1 cues ran past the recording's end, and were cut there",)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("WEBVTT\n\n00:01.000 -> 00:02.000\nso", "t:3: is no cue and no note"),
        ("WEBVTT\n\na\n00:01.000 --> soon\nso", "t:4: these are no times of a cue"),
        ("WEBVTT\n\n00:02.000 --> 00:01.000\nso", "t:3: the cue ends before it begins"),
        ("WEBVTT\n\n02:00.000 --> 02:01.000\nso", "t:3: the cue lies behind the recording's end (00:01:00.000)"),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\nso<00:00:03.000> we", "t:3: the time `00:00:03.000` isn't in order within its cue"),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\nso\n00:02.000 --> 00:03.000\nwe", "t:5: a blank line is missing before this cue"),
        ("WEBVTTX\n", "t:1: is no WebVTT"),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\n \n", "t: holds no word"),
        ("so we\n00:00:01,000 --> 00:00:02,000\nso", "t:1: is no cue"),
        ("1\n00:00:01,000 --> 00:61:02,000\nso", "t:2: these are no times of a cue"),
        ("\n\nso we keep", "t:3: is said at no time"),
        ("[00:01] so\n[00:75] we", "t:2: the mark is no time"),
        ("", "t: holds no word"),
        ("{", "t:1:2: is not JSON"),
        ('{"a": 1}', "t#: holds no list of segments"),
        (as_json({"start": "1", "end": 2, "text": "so"}), "t#/segments/0: is no segment"),
        (as_json({"start": -1, "end": 2, "text": "so"}), "t#/segments/0/start: is no time in seconds"),
        (as_json({"start": 3, "end": 2, "text": "so"}), "t#/segments/0: the cue ends before it begins"),
        (as_json({"start": 0, "end": 2, "text": "so", "words": ["so"]}), "t#/segments/0/words/0: is no word of a segment"),
        (as_json({"start": 0, "end": 2, "text": "so", "words": [{"word": "so", "score": 2}]}), "t#/segments/0/words/0/score: a probability goes from 0 to 1"),
        ('{"format": "ringfence-transcript/1", "words": [{"text": "so", "start": 0.5, "end": 1}]}', "t#/words/0: `start` is a number of samples"),
        ('{"format": "ringfence-transcript/1", "words": [{"text": "so we", "start": 0, "end": 1}]}', "t#/words/0: `text` is one word"),
        ('{"format": "ringfence-transcript/1", "words": [{"text": "so", "start": -1, "end": 1}]}', "t#/words/0/start: `start` is below 0"),
        ('{"format": "ringfence-transcript/1", "words": [{"text": "so", "start": 0, "end": 1, "agrees": 1}]}', "t#/words/0: `agrees` is true, false or null"),
        ('{"format": "ringfence-transcript/1", "words": [{"text": "so", "start": 0, "end": 1, "prob": "1"}]}', "t#/words/0/prob: a probability is a number"),
        ('{"format": "ringfence-transcript/1", "rate": 8000, "words": []}', "t#/rate: `rate` is not 16000"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told_with_its_line(text, told):
    """Each flaw is one error: the file, the line or pointer, and what is wrong."""
    with pytest.raises(SourceError) as raised:
        brought(text.encode(), "t", LENGTH)
    assert str(raised.value).partition("\n")[0].startswith(told)


def test_bytes_that_are_no_text_are_told_with_their_line():
    """A file in another encoding is an error, not a guess."""
    with pytest.raises(SourceError, match="t:3: byte 11 is not UTF-8"):
        brought(b"WEBVTT\n\nabc\xff", "t", LENGTH)


@pytest.mark.parametrize(
    ("tag", "note"),
    [
        ("<v.loud Ann Bo>", "1 names of voices were left out: who speaks is said of a statement"),
        ("<c.doubt>", "1 marks of doubt were left out: JSON keeps them"),
        ("<blink>", "1 unknown tags were left out"),
        ("<b>", ""),
    ],
)  # fmt: skip
def test_what_a_cue_says_besides_words_is_left_out_and_counted(tag, note):
    """No tag becomes a word, and none that says something goes without a note."""
    text = f"WEBVTT\n\n00:01.000 --> 00:02.000\n{tag}so</b>"
    found = brought(text.encode(), "t", LENGTH)
    assert [word.text for word in found.words] == ["so"]
    assert found.notes == ((note,) if note else ())
