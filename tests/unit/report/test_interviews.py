"""An interview file as Markdown and as JSON."""

from __future__ import annotations

import json as standard

from ringfence.claims.interviews import interviews
from ringfence.docket.objects import Reviewer
from ringfence.docket.words import Form
from ringfence.report.beside import CAVEAT
from ringfence.report.interviews import json, markdown
from tests.contesting import NOW, Book, contested


def heard(text: str) -> Book:
    """Return a docket with a statement of such words, beside no sentence."""
    book = contested()
    book.log(Reviewer("Cy", conflict=True))
    paper = book.recording(form=Form.DOCUMENT)
    book.hear(book.statement(paper, span=None, passage="page 3"), text)
    return book


def test_it_has_the_sections_of_the_report():
    """Methodology, documents, recordings, personnel, claims, and what is missing."""
    shown = markdown(interviews(heard("It is so.").read, NOW))
    sections = [line[3:] for line in shown.splitlines() if line.startswith("## ")]
    assert sections == [
        "Methodology",
        "Documents reviewed",
        "Recordings heard",
        "Personnel interviewed",
        "On nobody",
        "Statements beside no sentence",
        "What this file doesn't say",
    ]
    for text in (
        "28 CFR 202.1002",
        CAVEAT,
        "- 1 statement heard by one reviewer",
        "- 1 statement confirmed by a second reviewer, who listened blind",
        "- Reviewer V3: role not logged, has a conflict and neither heard nor assessed",
        "R1: audio/wav, 1 bytes, 1:00:00 long, first-hand-copy",
        "- speaker-4f2a (P1): engineer; met 2021-09; 1 statement",
        "- 1 statement by nobody knows whom",
        "S2 “It is so.” (R2 page 3, nobody knows who speaks, heard)",
        "- who the auditor is",
    ):
        assert text in shown


def test_an_empty_docket_says_that_nothing_is_logged():
    """Sections stay, and say that there is nothing."""
    book = Book()
    shown = markdown(interviews(book.without(book.hand), NOW))
    assert shown.count("None is logged.") == 3
    assert "1 logged objects were erased" in shown


def test_what_was_said_is_no_markup():
    """Nothing that somebody said or typed becomes a heading, a link or an element."""
    said = "# one\n- [two](x) <b> `c` *d*\n3. e | f\u202e"
    shown = markdown(interviews(heard(said).read, NOW))
    (line,) = [line for line in shown.splitlines() if "two" in line]
    assert line.startswith(
        "- S2 “\\# one - \\[two\\](x) \\<b\\> \\`c\\` \\*d\\* 3. e \\| f"
    )
    assert "\u202e" not in shown


def test_a_remark_that_begins_like_a_list_is_none():
    """A rationale can't begin a list of its own."""
    book = contested()
    book.assess(
        book.read.numbered("S1"),
        book.read.numbered("C1"),
        by=book.second,
        rationale="fine",
        confidence="1. sure",
    )
    assert "why: fine" in markdown(interviews(book.read, NOW))


def test_json_holds_the_same():
    """The JSON has a version, the caveat, and no name but pseudonyms."""
    told = standard.loads(json(interviews(heard("It is so.").read, NOW)))
    assert told["ringfence"] == "interviews/1"
    assert told["caveat"] == CAVEAT
    assert told["claims"][0]["beside"]["statements"][0]["quote"] == "They see all."
    assert told["rungs"] == {"machine": 0, "heard": 1, "confirmed": 1}
    assert "secret-name" not in standard.dumps(told)
