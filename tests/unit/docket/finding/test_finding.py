"""Lists, searches, suggestions: what is found, and what no search can break."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.docket.finding.index import Index
from ringfence.docket.finding.listing import Filters, said, standing, statements
from ringfence.docket.finding.phrases import any_of, question
from ringfence.docket.finding.searching import search
from ringfence.docket.finding.shown import machine_text, shown, spelt
from ringfence.docket.finding.suggesting import Candidate, suggested, suggestions
from ringfence.docket.objects import Answer, Handling, Lead, Sentence, Span, Statement
from ringfence.docket.words import Custody, Dismissal, Known, Rung, Stance
from ringfence.errors import ConfigError
from tests.stating import NOW, Made, of_kind, transcript


class Told:
    """A docket of six statements in an index, opened once."""

    def __init__(self, folder: Path) -> None:
        made = self.made = Made()
        self.words = made.add(
            transcript(made.tape, made.ann, "everything is scene in china by them")
        )
        self.seen = made.said(
            transcript=self.words,
            speaker=made.speaker,
            span=Span(0, 5 * 16_000),
            met_month="2021-09",
            met_year="2021",
            first_hand=Known.YES,
        )
        made.heard(self.seen, made.ann, "Everything is seen in China.")
        made.heard(self.seen, made.bob, "everything is seen in china", blind=True)
        self.contradicts = made.assessed(self.seen, made.ann)
        self.joke = made.said(
            "that was a joke",
            met_day="2021-10-02",
            met_month="2021-10",
            met_year="2021",
            denies=self.seen,
        )
        made.heard(self.joke, made.ann, "that was a joke")
        made.assessed(
            self.joke, made.ann, dismissal=Dismissal.JOKE, rationale="laughter"
        )
        self.old = made.said("the badge opens the query tool", hedged=Known.YES)
        made.heard(self.old, made.ann, "the badge opens the query tool")
        before = made.assessed(self.old, made.ann, stance=Stance.SUPPORTS)
        self.better = made.said("the badge opens every tool", corrects=self.old)
        made.heard(self.better, made.bob, "the badge opens every tool")
        made.assessed(self.better, made.bob, stance=Stance.CONTEXT, supersedes=before)
        self.read = made.said(
            "Sécurité first",
            recording=made.page,
            span=None,
            passage="page 3",
            translation="security first",
            met_year="2019",
        )
        lead = made.add(Lead(self.seen, "who reaches it?", ("reach",), made.ann))
        made.add(Answer(lead, 11, "three people"))
        made.add(Handling(Custody.PLAYED, made.tape, made.bob))
        self.sale = made.add(Sentence("sale", "We never sell data.", hints="broker"))
        self.index: Index = made.indexed(folder)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory):
    found = Told(tmp_path_factory.mktemp("told") / "d")
    yield found
    found.index.database.close()


def numbers(told: Told, **chosen: Any) -> list[str]:
    page = statements(told.index, Filters(**chosen))
    assert page.total == len(page.rows)
    return [row.number for row in page.rows]


def test_a_list_leaves_out_what_a_correction_has_replaced(told: Told):
    """Unless it is asked for: nothing is ever gone."""
    assert numbers(told) == ["S1", "S2", "S4", "S5"]
    page = statements(told.index, Filters(corrected=True))
    assert [(row.number, row.stands) for row in page.rows][2:4] == [
        ("S3", False),
        ("S4", True),
    ]


def test_each_filter_lets_through_what_it_says(told: Told):
    """By recording, speaker, rung, stance, sentence, time, first hand, hedge, words."""
    made = told.made
    found = [
        numbers(told, recording=made.page),
        numbers(told, speaker=made.speaker),
        numbers(told, rung=Rung.CONFIRMED),
        numbers(told, rung=Rung.MACHINE),
        numbers(told, stance=Stance.CONTRADICTS),
        numbers(told, stance=Stance.CONTEXT, sentence=made.sentence),
        numbers(told, stance=Stance.SUPPORTS),
        numbers(told, sentence=made.sentence),
        numbers(told, sentence=told.sale),
        numbers(told, first_hand=Known.YES),
        numbers(told, hedged=Known.YES, corrected=True),
        numbers(told, text=question("security")),
        numbers(told, text=question("seen"), rung=Rung.CONFIRMED),
    ]
    assert found == [
        *(["S5"], ["S1"], ["S1"], ["S5"]),
        *(["S1"], ["S4"], [], ["S1", "S2", "S4"], []),
        *(["S1"], ["S3"], ["S5"], ["S1"]),
    ]


@pytest.mark.parametrize(
    ("since", "until", "found"),
    [
        ("2021-09-30", "", ["S1", "S2"]),
        ("", "2021-09-01", ["S1", "S5"]),
        ("2021-10-01", "2021-10-02", ["S2"]),
        ("2019-06-01", "2019-06-02", ["S5"]),
        ("2022-01-01", "", []),
    ],
)
def test_a_meeting_that_may_have_been_in_a_period_is_in_it(
    told: Told, since: str, until: str, found: list[str]
):
    """A month or a year that is known no better overlaps each of its days."""
    assert numbers(told, since=since, until=until) == found


def test_pages_cover_a_list_once(told: Told):
    """Each page begins behind the one before, and the last one says so."""
    seen, after = [], 0
    for _ in range(9):
        page = statements(told.index, Filters(), after=after, limit=1)
        seen += [row.number for row in page.rows]
        after = page.after
        if not after:
            break
    assert (seen, page.total) == (["S1", "S2", "S4", "S5"], 4)


def test_what_stands_of_a_statement_is_found_from_both_sides(told: Told):
    """A correction takes over what was made of the statement that it corrects."""
    made, index = told.made, told.index
    beside = standing(index, sentence=made.sentence)
    assert [one.statement for one in beside] == [told.seen, told.joke, told.better]
    assert [one.contests for one in beside] == [True, False, False]
    assert standing(index, statement=told.old) == (beside[2],)
    assert [one.stance for _, one in beside[2].assessments] == [Stance.CONTEXT]


def test_a_statement_comes_with_what_it_refers_to(told: Told):
    """Recording, hand and speaker, as far as there are any."""
    found = said(told.index, told.seen)
    assert found.recording is not None
    assert found.speaker is not None
    assert (found.recording.name, found.speaker.name) == ("aa.flac", "speaker-00aa")
    with pytest.raises(ConfigError):
        said(told.index, told.made.tape)


# --- searching ------------------------------------------------------------------------


def found(told: Told, text: str, **more: Any) -> list[tuple[str, str]]:
    rows = search(told.index, text, **more)
    return sorted((one.number, one.field) for one in rows)


def test_a_search_finds_every_kind_of_text(told: Told):
    """Quotes, hearings, translations, transcripts, passages, sentences, reasons, leads."""
    cases = {
        "scene": [("T1", "words")],
        "security": [("S5", "translation")],
        "securite": [("S5", "quote")],
        "page": [("S5", "passage")],
        "laughter": [("A2", "rationale")],
        "reaches": [("L1", "asks")],
        "broker": [("C2", "hints")],
        "sell": [("C2", "says")],
        "joke": [("E3", "text"), ("S2", "quote")],
    }
    assert {text: found(told, text) for text in cases} == cases


def test_a_search_knows_phrases_beginnings_and_nearness(told: Told):
    """A phrase is wanted word for word, a beginning by its letters, words in reach."""
    assert found(told, '"seen everything"') == []
    assert ("E1", "text") in found(told, '"everything is seen"')
    assert ("S3", "quote") in found(told, "quer*")
    near = found(told, "badge NEAR/1 query", kinds=("statement",))
    assert near == []
    assert found(told, "badge NEAR query", kinds=("statement",)) == [("S3", "quote")]
    assert found(told, '"badge opens" NEAR/3 qu*', kinds=("statement",)) == [
        ("S3", "quote")
    ]


def test_what_is_found_says_where_it_is_heard(told: Told):
    """A stretch of a transcript has its time, a hearing its statement."""
    (one,) = search(told.index, "scene")
    assert (one.start, one.end, one.statement) == (0, 7 * 16_000, "")
    assert one.snippet == "everything is [scene] in china by them"
    (one,) = search(told.index, "joke", kinds=("hearing",))
    assert (one.number, one.statement, one.start) == ("E3", "S2", None)


def test_stretches_of_a_transcript_are_thirty_seconds(tmp_path: Path):
    """What is found in an hour is told to the half minute."""
    made = Made()
    made.add(transcript(made.tape, made.ann, " ".join(f"w{at}" for at in range(59))))
    with made.indexed(tmp_path / "d") as index:
        (first,), (last,) = search(index, "w29"), search(index, "w30")
    assert (first.start, first.end) == (0, 30 * 16_000)
    assert (last.start, last.end) == (30 * 16_000, 59 * 16_000)


def test_more_than_can_be_ranked_is_still_found(told: Told, monkeypatch):
    """Of a word that stands everywhere, what was logged last is ranked."""
    monkeypatch.setattr("ringfence.docket.finding.searching.RANKED", 1)
    assert found(told, "joke") == [("E3", "text")]


@pytest.mark.parametrize(
    "text", ["", "  ", '"', "...", "-", "NEAR", "NEAR/3", "*", '""']
)
def test_a_search_for_no_word_is_told(told: Told, text: str):
    """Signs alone are nothing to search for."""
    with pytest.raises(ConfigError, match="no word to search for"):
        search(told.index, text)


def read(text: str) -> None:
    """Let FTS5 read what somebody searches for, if there is a word in it."""
    try:
        asked = question(text)
    except ConfigError:
        return
    plain().execute("SELECT rowid FROM t WHERE t MATCH ?", (asked,)).fetchall()


@given(st.text(max_size=60))
def test_nothing_that_is_typed_is_syntax(text: str):
    """Whatever somebody searches for: FTS5 reads it, or there is no word in it."""
    read(text)


@given(
    st.lists(
        st.sampled_from(
            [
                *('"', "a", "NEAR", "NEAR/5", "*", "(", ")", "AND", "OR", "NOT", "b*"),
                *("^c", "body:", "-d", "{e}", "+", "\x00", "\ud800", "'", ";--"),
            ]
        ),
        max_size=12,
    )
)
def test_no_heap_of_operators_is_syntax(parts: list[str]):
    """FTS5's own words and signs are words like others, or none."""
    for text in (" ".join(parts), "".join(parts)):
        read(text)


def plain() -> sqlite3.Connection:
    if not _PLAIN:
        _PLAIN.append(sqlite3.connect(":memory:"))
        _PLAIN[0].execute("CREATE VIRTUAL TABLE t USING fts5 (body)")
    return _PLAIN[0]


_PLAIN: list[sqlite3.Connection] = []


def test_operators_are_words_and_all_words_are_wanted():
    """`OR` in a search is the word, unless the search is raw."""
    assert question('a OR "b c" d*') == '"a" AND "OR" AND "b c" AND "d"*'
    assert question("a NEAR b NEAR/3 c d") == 'NEAR("a" "b" "c", 10) AND "d"'
    assert any_of("Who, who said it?") == '"who" OR "said" OR "it"'
    with pytest.raises(ConfigError, match="too many words"):
        question("w " * 65)


def test_a_raw_search_is_in_the_syntax_of_fts5(told: Told):
    """Whoever asks for it gets it, with a clean error for what it doesn't read."""
    assert found(told, "joke OR broker", raw=True)[0] == ("C2", "hints")
    for bad in ("a AND (", '"', "nope: a", "\x00", "NEAR(", "a" * 9 + "("):
        with pytest.raises(ConfigError, match="is no search"):
            search(told.index, bad, raw=True)
    with pytest.raises(ConfigError, match="is no search"):
        statements(told.index, Filters(text="a AND ("))


# --- suggesting -----------------------------------------------------------------------


def test_a_sentence_is_suggested_by_words_hints_and_neighbours():
    """Each tells why; a word in another form counts, a word of all sentences little."""
    candidates = [
        Candidate("c1", "Nobody in China sees the data", "admin master"),
        Candidate("c2", "We never sell the data", "", ("a broker buys the lists",)),
        Candidate("c3", "Backups are in Singapore", ""),
    ]
    (first, *_) = suggested("a master admin, he is seeing everything", candidates)
    assert (first.ref, first.shared["hints"]) == ("c1", ("admin", "master"))
    (only,) = suggested("brokers", candidates)
    assert (only.ref, only.shared) == ("c2", {"neighbours": ("broker",)})
    assert suggested("...", candidates) == suggested("zebra", candidates) == []
    assert len(suggested("data backups", candidates, top=1)) == 1


def test_a_statement_never_suggests_itself(told: Told):
    """A sentence that a statement is linked to already isn't known by its own words."""
    found = suggestions(told.index, told.seen)
    assert found[0].ref == told.made.sentence
    assert "everything" not in found[0].shared.get("neighbours", ())
    with pytest.raises(ConfigError):
        suggestions(told.index, told.made.tape)


# --- showing --------------------------------------------------------------------------


def test_everything_of_a_statement_is_shown(told: Told):
    """History, machine text, denials, leads with answers, custody."""
    one = shown(told.index, told.seen)
    assert one.machine == "everything is scene in china"
    assert (one.number, one.head, one.denied_by) == ("S1", "S1", ("S2",))
    assert [heard.by for _, heard in one.hearings] == [told.made.ann, told.made.bob]
    assert [answer.says for _, _, answers in one.leads for _, answer in answers] == [
        "three people"
    ]
    assert [step.step for _, step in one.custody] == [Custody.PLAYED]


def test_a_chain_of_corrections_is_shown_from_each_link(told: Told):
    """The assessments of the whole chain are there, replaced or not."""
    old, new = shown(told.index, told.old), shown(told.index, told.better)
    assert old.chain == new.chain == ("S3", "S4")
    assert (old.head, new.head) == ("S4", "S4")
    assert [one.stance for _, one in old.assessments] == [
        Stance.SUPPORTS,
        Stance.CONTEXT,
    ]


def test_what_no_machine_wrote_has_no_machine_text(told: Told):
    """A document without a transcript shows none, and nor does a person's transcript."""
    assert shown(told.index, told.read).machine == ""
    made = Made()
    made.add(transcript(made.tape, made.ann, "one two", machine=False))
    ref = made.said()
    told.index.get(ref)
    joke = of_kind(told.index.get(told.joke), Statement)
    assert machine_text(told.index, joke) == "everything"


def test_a_span_is_told_by_its_ends():
    """From when to when; a document has none."""
    assert (spelt(None), spelt(Span(0, 16))) == ("", "0:00:00.000 to 0:00:00.001")


def test_the_time_of_an_object_is_the_ledgers(told: Told):
    """What is held says when it was logged."""
    held = told.index.held(told.seen)
    assert held is not None
    assert held.time == NOW
