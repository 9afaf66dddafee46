"""Statements beside a claim, in words: the same in text, on the page and in JSON."""

from __future__ import annotations

import json as standard
from dataclasses import replace

import msgspec
import pytest

from ringfence.claims.outcome import Outcome, Reason, Verdict
from ringfence.claims.testimony import Beside, DocketSeen
from ringfence.report import beside, html, json, text
from ringfence.report.document import build
from ringfence.report.fitting import measure
from tests.unit.report import outcomes
from tests.unit.report.besides import FULL, HOSTILE, SEEN, said


def outcome(told: Beside = FULL, seen: DocketSeen | None = SEEN) -> Outcome:
    """Return an outcome whose first claim is contested."""
    made = outcomes.realistic()
    contested = replace(
        made.findings[0],
        verdict=Verdict.UNPROVEN,
        reasons=(Reason("contested", "contested: S1 says otherwise"),),
        contested=True,
        beside=told,
    )
    return replace(made, findings=(contested, *made.findings[1:]), docket=seen)


def test_a_statement_is_told_with_all_that_is_known():
    """Place, speaker, date, how it is known and how far the quote has come."""
    told = said()
    assert beside.heading(told) == "S1 contradicts"
    assert beside.quoted(told) == "“They see all.”"
    assert beside.about(told) == (
        "R1 0:20:04, speaker-4f2a (engineer), met 2021-09, first-hand, "
        "confirmed by a second one, blind, assessed by V1 (A1)"
    )
    assert [*beside.remarks(told)] == []


@pytest.mark.parametrize(
    ("number", "remarks"),
    [
        (
            0,
            [
                "set beside other words than the boundary's: “other words”",
                "corrects S7 and S8",
                "denied in S9 (R2 0:00:01, nobody knows who speaks): “Not so.”",
            ],
        ),
        (
            1,
            [
                "dismissed as joke or hypothetical: they laugh",
                "in translation: “sie sehen alles”",
            ],
        ),
        (
            2,
            [
                "why: of another country",
                "out of the scope of the claim, so it doesn't count",
            ],
        ),
        (3, []),
        (4, []),
    ],
)
def test_what_limits_a_statement_stands_beside_it(number, remarks):
    """A dismissal has its reason, a denial its words, another wording is told."""
    assert [*beside.remarks(FULL.statements[number])] == remarks


def test_of_what_was_erased_nothing_is_said_but_that():
    """An erased statement isn't one that nobody has heard: nobody can tell any more."""
    told = replace(FULL.statements[3], at="erased")
    assert beside.quoted(told) == beside.ERASED
    assert beside.about(told) == "assessed by somebody erased (A1)"


def test_what_nobody_has_heard_is_not_quoted():
    """Of a statement found by a machine there are a place and a reviewer's view."""
    told = FULL.statements[3]
    assert beside.quoted(told) == beside.UNHEARD
    assert "nobody knows who speaks, date of the meeting unknown" in beside.about(told)
    assert beside.about(told).endswith(
        "assessed by somebody erased (A1), confidence: sure"
    )


def test_what_is_behind_statements_is_counted():
    """Recordings, speakers, hands: counts, and how many statements don't count."""
    assert [*beside.counts(FULL)] == [
        "1 statement contradicts: 1 recording, 1 speaker, 1 hand, "
        "1 first-hand, 0 hedged",
        "2 statements are context: 1 recording, 0 speakers, "
        "2 by nobody knows whom, 1 hand, 0 first-hand, 2 hedged",
        "3 statements beside them don't count",
    ]
    one = Beside((said(counts=False),))
    assert [*beside.counts(one)] == ["1 statement beside them doesn't count"]
    assert [*beside.counts(Beside())] == []


def test_the_docket_stands_at_the_top():
    """A report says which docket was read, and how much of it is beside the claims."""
    assert (
        beside.seen(outcome()) == "docket/case, 11 entries: 5 statements beside 1 claim"
    )
    unread = DocketSeen("case", fault="it was changed")
    assert beside.seen(outcome(seen=unread)) == "case could not be read: it was changed"
    assert beside.seen(outcome(seen=None)) == ""
    digests = dict(build(outcome()).digests)
    assert digests["docket's root"] == "ab" * 32
    assert "docket's root" not in dict(build(outcome(seen=unread)).digests)


def test_text_and_page_say_the_same():
    """Everything that a statement says stands in full text and on the page."""
    document = build(outcome())
    lines = " ".join(text.render(document, everything=True, width=400).split())
    page = html.render(document)
    for one in FULL.statements:
        for told in (beside.quoted(one), beside.heading(one), *beside.remarks(one)):
            assert told in lines
            assert told in page
    assert beside.CAVEAT in page
    assert " ".join(beside.CAVEAT.split()) in lines


def test_no_line_is_wider_than_the_screen_with_statements():
    """Statements fit a narrow terminal, too."""
    shown = text.render(build(outcome()), everything=True, width=70)
    assert [line for line in shown.splitlines() if measure(line) > 70] == []


def test_json_says_who_contests():
    """In JSON a claim says whether it is contested, and holds its statements."""
    told = standard.loads(json.render(build(outcome())))
    first, second = told["claims"][:2]
    assert (first["verdict"], first["contested"]) == ("unproven", True)
    assert second["contested"] is False
    assert [one["number"] for one in first["beside"]["statements"]][:2] == ["S1", "S2"]
    assert first["beside"]["behind"]["contradicts"]["hands"] == 1
    assert told["docket"]["entries"] == 11


def test_json_is_read_back_as_it_was():
    """What a report says of statements comes back from its JSON as the same values."""
    told = json.render(build(outcome()))
    found = msgspec.json.decode(told, type=json.Report)
    assert found.claims[0].beside == FULL
    assert found.docket == SEEN


def test_hostile_statements_are_shown_harmlessly():
    """Nothing that somebody said becomes markup, or steers a terminal."""
    document = build(outcome(HOSTILE))
    page = html.render(document)
    assert "<script" not in page
    assert "<img" not in page
    assert "<b onload" not in page
    shown = text.render(document, everything=True)
    assert shown.replace("\n", "").isprintable()
    assert json.render(document).replace("\n", "").isprintable()


def test_claims_without_a_docket_show_nothing_of_it():
    """A check without a docket has neither statements nor a caveat on them."""
    document = build(outcomes.realistic())
    assert beside.CAVEAT not in html.render(document)
    assert "docket" not in dict(document.header)
