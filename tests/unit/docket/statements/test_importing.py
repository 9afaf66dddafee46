"""A whole collection out of one file: what it says is kept, or told with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from ringfence.docket.finding.index import Index
from ringfence.docket.importing import bring
from ringfence.docket.objects import (
    Assessment,
    Hand,
    Lead,
    Recording,
    Span,
    Speaker,
    Statement,
    Transcript,
)
from ringfence.docket.words import Dismissal, Known, Rung
from ringfence.errors import RingfenceError
from tests.taped import TIME, Taped, noise, taped, wav

HEAD = "docket: ringfence-docket-import/1\n"
WHOLE = (
    HEAD
    + """\
reviewers:
  - {name: R. Okafor, role: desk editor}
  - {name: T. Lindqvist}
hands:
  - {id: hand-1, sealed: "Jane Secretname, by post"}
recordings:
  - {id: m1, file: m1.wav, hand: hand-1, grade: first-hand-copy, how: on a stick,
     by: R. Okafor, received: 2022-03-01, language: en, until: 2032-03-01}
  - {id: memo, file: memo.txt, hand: hand-1, grade: third-hand, by: Ada}
transcripts:
  - {recording: m1, file: m1.vtt, engine: tiny, machine: true}
speakers:
  - {id: sp-1, role: data engineer, role_coarse: engineer, sealed: "Bob Hiddenname"}
sentences:
  - {id: no-one, says: "Nobody in China sees it.", by: company, on: 2021-10}
statements:
  - id: better
    recording: m1
    at: [0:00:01, 0:00:02.5]
    quote: Everything is seen in China
    corrects: s1
  - id: s1
    recording: m1
    at: ["0:00:01", "0:00:02"]
    speaker: sp-1
    met: 2021-09
    machine: true
    heard: {by: R. Okafor, text: "Everything is seen."}
    confirmed: {by: T. Lindqvist, text: "everything is seen"}
    first_hand: yes
    hedged: no
    bears:
      - sentence: no-one
        stance: contradicts
        by: R. Okafor
        scope: {subject: yes, place: unknown}
    lead: {asks: "who reaches it?", command: [reach, who]}
  - id: s2
    recording: memo
    passage: line 1
    met: 2021
    quote: "That was a joke."
    speaker: sp-1
    heard: [{by: Ada, text: That was a joke}, {by: T. Lindqvist, text: That is a joke}]
    denies: s1
    bears: {sentence: no-one, stance: contradicts, by: Ada,
            dismissal: joke_or_hypothetical, rationale: laughter}
"""
)


@pytest.fixture
def docket(tmp_path: Path) -> Taped:
    found = taped(tmp_path)
    found.file("m1.wav", wav(noise(3 * 16_000)))
    found.file("memo.txt", b"That was a joke.\n")
    found.file(
        "m1.vtt",
        b"WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nso\n\n"
        b"00:00:01.000 --> 00:00:02.000\neverything is scene\n",
    )
    return found


def told(docket: Taped, text: str, **more):
    path = docket.file("collection.yaml", text.encode())
    return bring(docket.docket, path, time=TIME, **more)


def problems(docket: Taped, text: str) -> list[str]:
    """Return what is wrong with a file, each with its line."""
    with pytest.raises(RingfenceError) as raised:
        told(docket, text)
    return [f"{one.at.line}: {one.message}" for one in raised.value.problems if one.at]


def test_a_collection_is_kept_as_its_file_says(docket: Taped):
    """Every part of the form becomes what it stands for."""
    told(docket, WHOLE)
    with Index(docket.docket) as index:
        tape, memo = (one.object for one in index.all("recording"))
        assert isinstance(tape, Recording)
        assert isinstance(memo, Recording)
        assert (tape.received.when, tape.until, tape.hand) == (
            "2022-03-01",
            "2032-03-01",
            memo.hand,
        )
        first, last, joke = (one.object for one in index.all("statement"))
        assert isinstance(first, Statement)
        assert isinstance(last, Statement)
        assert isinstance(joke, Statement)
        assert (first.quote, first.span) == (
            "everything is scene",
            Span(16_000, 32_000),
        )
        assert (first.met_month, first.first_hand, first.hedged) == (
            "2021-09",
            Known.YES,
            Known.NO,
        )
        assert isinstance(index.get(first.transcript), Transcript)
        assert last.corrects == joke.denies == index.numbered("S1")
        assert (joke.passage, joke.met_year, joke.speaker) == (
            "line 1",
            "2021",
            first.speaker,
        )
        rungs = [index.ladder(one.ref).rung for one in index.all("statement")]
        assert rungs == [Rung.CONFIRMED, Rung.MACHINE, Rung.HEARD]
        one, two = (each.object for each in index.all("assessment"))
        assert isinstance(one, Assessment)
        assert isinstance(two, Assessment)
        assert (one.scope.place, two.dismissal) == (Known.UNKNOWN, Dismissal.JOKE)
        (lead,) = (each.object for each in index.all("lead"))
        assert isinstance(lead, Lead)
        assert (lead.command, lead.by) == (
            ("reach", "who"),
            index.reviewer("R. Okafor"),
        )
        assert index.refused() == []


def test_who_people_are_lies_sealed_and_nowhere_else(docket: Taped):
    """No name of a hand or a speaker is in any file but the sealed ones' ciphertext."""
    told(docket, WHOLE)
    with Index(docket.docket) as index:
        (hand,) = (one.object for one in index.all("hand"))
        (speaker,) = (one.object for one in index.all("speaker"))
    assert isinstance(hand, Hand)
    assert isinstance(speaker, Speaker)
    assert (bool(hand.sealed), bool(speaker.sealed)) == (True, True)
    for path in docket.docket.folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert b"Secretname" not in content
            assert b"Hiddenname" not in content


def test_what_is_held_isnt_brought_again(docket: Taped):
    """The same file twice changes nothing; what it says anew is added."""
    told(docket, WHOLE)
    size = docket.docket.signed().size
    again = told(docket, WHOLE)
    assert (sum(again.brought.values()), docket.docket.signed().size) == (0, size)
    assert again.held["statement"] == 3
    more = told(
        docket,
        WHOLE + "  - {id: s3, recording: m1, at: ['0:00', '0:01'], speaker: sp-1,"
        " quote: So}\n",
    )
    assert dict(more.brought) == {"statement": 1}


def test_names_that_match_are_known_already(docket: Taped):
    """With the key of names, a hand of another file is the same one source."""
    told(docket, WHOLE, identities=docket.names)
    docket.file("m2.wav", wav(noise(16_000, 2)))
    text = (
        HEAD
        + """\
hands:
  - {id: other, sealed: "jane  secretname, by post"}
speakers:
  - {id: who, sealed: "bob hiddenname"}
recordings:
  - {id: m2, file: m2.wav, hand: other, grade: third-hand, by: Ada}
statements:
  - {id: s9, recording: m2, at: ["0:00", "0:01"], speaker: who, quote: So}
"""
    )
    told(docket, text, identities=docket.names)
    with Index(docket.docket) as index:
        counts = index.counts()
    assert (counts["hand"], counts["speaker"], counts["recording"]) == (1, 1, 3)


def test_what_the_docket_holds_may_be_referred_to(docket: Taped):
    """Recordings by number, reviewers by name, sentences by the id of their claim."""
    told(docket, WHOLE)
    text = (
        HEAD
        + """\
statements:
  - id: more
    recording: R2
    quote: That was
    denies: S1
    speaker: P1
    heard: {by: V1, text: that was}
    bears: {sentence: no-one, stance: context, by: ada}
"""
    )
    assert dict(told(docket, text).brought) == {
        "statement": 1,
        "hearing": 1,
        "assessment": 1,
    }


def test_every_problem_of_the_form_is_told_with_its_line(docket: Taped):
    """A file is read to its end before anything is said of it."""
    text = """\
docket: ringfence-docket-import/2
reviewers:
  - {nam: R. Okafor}
recordings:
  - {id: m1, file: m1.wav, grade: pristine, by: Ada}
statements:
  - id: s1
    recording: m1
    at: ["0:00:04"]
    met: May 2021
    first_hand: true
    bears: [{sentence: c, stance: disproves, by: Ada}]
    lead: {asks: "who?"}
  - id: s2
    recording: m1
    at: ["0:00:04", "never"]
    scope: no
"""
    assert problems(docket, text) == [
        "1: unknown `docket` `ringfence-docket-import/2`",
        "3: a reviewer needs `name`",
        "3: a reviewer has no `nam`",
        "5: unknown `grade` `pristine`",
        "9: `at` says from when to when",
        "10: `May 2021` is no date",
        "11: `first_hand` must be text, not true or false",
        "12: unknown `stance` `disproves`",
        "13: a lead asks the systems by a command",
        "16: `never` is no time",
        "17: a statement has no `scope`",
    ]
    assert docket.held(Recording) == []


def test_every_reference_is_looked_at_before_anything_is_received(docket: Taped):
    """Ids that are missing or there twice, and files that aren't, with their lines."""
    text = (
        HEAD
        + """\
reviewers: [{name: R. Okafor}, {name: r okafor}]
recordings:
  - {id: m1, file: gone.wav, hand: nobody, grade: third-hand, by: Dora}
transcripts:
  - {recording: m9, file: m1.vtt}
statements:
  - {id: s1, recording: R7, quote: So, speaker: P9, denies: s2,
     heard: {by: Dora, text: so}, bears: {sentence: c, stance: context, by: Ada}}
"""
    )
    assert problems(docket, text) == [
        "2: there are two reviewers `r okafor`",
        "4: there is no file `gone.wav`",
        "4: there is no hand `nobody`",
        "4: there is no reviewer `Dora`",
        "6: there is no recording `m9`",
        "8: there is no recording `R7`",
        "8: there is no speaker `P9`",
        "8: there is no statement `s2`",
        "9: there is no reviewer `Dora`",
        "9: there is no sentence `c`",
    ]


def test_what_breaks_a_rule_is_told_where_the_file_says_it(docket: Taped):
    """And nothing but the recordings is brought."""
    text = WHOLE.replace('["0:00:01", "0:00:02"]', '["0:00:01", "0:00:09"]')
    text = text.replace("rationale: laughter", "rationale: '...'")
    text = text.replace("[0:00:01, 0:00:02.5]", "[0:00:01, 0:00:01]")
    found = problems(docket, text)
    assert found == ["20: it ends at 0:00:01, before it begins"]
    text = text.replace("[0:00:01, 0:00:01]", "[0:00:01, 0:00:02.5]")
    assert problems(docket, text) == [
        "25: samples 16000 to 144000 are no stretch of it",
        "48: a dismissal needs its reason",
    ]
    assert docket.held(Statement) == []
    assert len(docket.held(Recording)) == 2


def test_statements_that_deny_one_another_are_told(docket: Taped):
    """Whoever denies comes after what is denied: in a circle nobody does."""
    text = (
        WHOLE
        + "  - {id: x, recording: memo, quote: So, denies: y}\n"
        + "  - {id: y, recording: memo, quote: No, corrects: x}\n"
    )
    found = problems(docket, text)
    assert any("in a circle" in one for one in found)


def test_a_reviewer_with_a_conflict_is_brought_and_kept_from_hearing(docket: Taped):
    """What they say counts for nothing, and the file is told so."""
    text = WHOLE.replace("{name: T. Lindqvist}", "{name: T. Lindqvist, conflict: true}")
    assert "who has a conflict can neither hear nor assess" in problems(docket, text)[0]


def test_what_is_no_collection_is_told(docket: Taped):
    """Nothing, a list, another file's form, or what is no YAML."""
    for text in ("", "[]", "a: b", "docket: [", HEAD + "statements: {}", "\x00"):
        assert problems(docket, text)
