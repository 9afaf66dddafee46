"""The report for a terminal."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from ringfence.claims.outcome import Outcome, Reason, Verdict
from ringfence.report import html, text
from ringfence.report.document import Document, build
from ringfence.report.fitting import measure
from tests.unit.report import outcomes

PAINT = re.compile("\x1b\\[(?:0|32|33|1;31)m")


def _many(number: int) -> Outcome:
    outcome = outcomes.realistic()
    findings = tuple(
        replace(outcome.findings[index % 8], number=index + 1)
        for index in range(number)
    )
    return replace(outcome, findings=findings)


@pytest.fixture(params=["realistic", "logged", "empty", "hostile"])
def document(request: pytest.FixtureRequest) -> Document:
    return build(getattr(outcomes, request.param)(), folder="out")


@pytest.mark.parametrize("width", [60, 80, 100, 160])
@pytest.mark.parametrize("everything", [False, True])
def test_no_line_is_wider_than_the_screen(
    document: Document, width: int, *, everything: bool
):
    """Every line fits, on the screen and in full."""
    lines = text.render(document, width=width, everything=everything).splitlines()
    assert [line for line in lines if measure(line) > width] == []


@pytest.mark.parametrize("everything", [False, True])
def test_no_name_steers_the_terminal(document: Document, *, everything: bool):
    """Every character is printable, apart from the line ends and our own colours."""
    shown = text.render(document, everything=everything, colour=True)
    assert PAINT.sub("", shown).replace("\n", "").isprintable()


def test_colour_only_when_asked(document: Document):
    """Without colour there is no escape; with it the words are the same."""
    plain = text.render(document)
    assert "\x1b" not in plain
    assert PAINT.sub("", text.render(document, colour=True)) == plain


@pytest.mark.parametrize("claims", [1, 8, 40])
@pytest.mark.parametrize("height", [26, 30, 50])
def test_it_is_one_screen(claims: int, height: int):
    """However many claims there are, the summary fits the screen."""
    shown = text.render(build(_many(claims), folder="out"), height=height)
    assert len(shown.splitlines()) <= height


def test_who_said_it_has_a_column_where_anybody_did():
    """A column of dashes is left out, and the sentences have its room."""
    outcome = outcomes.realistic()
    heading = r"(?m)^  claim .* said .* verdict$"
    assert re.search(heading, text.render(build(outcome)))
    assert not re.search(heading, text.render(build(outcomes.unsaid(outcome))))


def test_a_header_that_wraps_keeps_its_parts_apart():
    """In full, the first lines break between parts and never within the gaps."""
    shown = text.render(build(outcomes.realistic()), width=60, everything=True)
    lines = shown.partition("\nestate")[0].splitlines()
    assert lines == [
        "ringfence 0.1.0   boundary us-user-data   as of 2022-01-31",
        "regime us-dsp-2025 + in-china",
    ]


def test_rows_that_go_are_counted():
    """Refuted claims stay, and what goes is counted by verdict."""
    shown = text.render(build(_many(40), folder="out"), height=30)
    kept = sum(f" {verdict.upper()} " in shown for verdict in Verdict)
    found = re.search(r"and (\d+) more \((.*)\), --all shows them", shown)
    assert found is not None
    numbers = [int(part.split()[0]) for part in found[2].split(", ")]
    assert int(found[1]) == sum(numbers)
    rows = re.findall(r"(?m)^ {2} ?\d+ .*(?:REFUTED|UNPROVEN|UPHELD)", shown)
    assert len(rows) + int(found[1]) == 40
    assert kept == 1


def test_second_lines_go_to_refuted_claims_first():
    """Where there is room for one second line, it is a refuted claim's."""
    shown = text.render(build(outcomes.realistic(), folder="out"), height=30)
    assert "have no access" in shown
    assert "our data centres ar…" in shown


def test_everything_holds_every_sentence_and_place():
    """In full nothing is cut: each claim's words, each reason, each digest."""
    found = build(outcomes.realistic(), folder="out")
    shown = " ".join(text.render(found, everything=True).split())
    assert "…" not in shown
    for section in found.sections:
        assert section.finding.claim.says in shown
        assert all(reason.text in shown for reason in section.finding.reasons)
    assert all(gap.text in shown for gap in found.unseen)
    assert all(item.text in shown for item in found.assumptions)
    assert all(digest in shown for _, digest in found.digests)
    assert "disputed: the company says" in shown
    assert "not certain: row filter" in shown


def test_a_long_witness_says_how_much_it_leaves_out():
    """The screen shows both ends of a witness and counts what is between."""
    outcome = outcomes.realistic()
    path = replace(outcomes.WITNESS, hops=outcomes.WITNESS.hops * 4)
    finding = replace(outcome.findings[3], paths=(path,))
    shown = text.render(build(replace(outcome, findings=(finding,))))
    # Sixteen steps, and three places from which the way goes on anew.
    assert "... 13 steps more, --all shows them" in shown


def test_a_witness_says_what_it_rests_on_and_the_request():
    """A way that goes on from before says so, and the request that it takes is told."""
    outcome = outcomes.realistic()
    hops = (outcomes.WITNESS.hops[1], *outcomes.WITNESS.hops)
    request = {"request.mfa": (), "request.network": ("10.0.0.7", "10.0.0.8")}
    path = replace(outcomes.WITNESS, hops=hops, request=request)
    finding = replace(outcome.findings[3], paths=(path,))
    document = build(replace(outcome, findings=(finding,)))
    told = "no request.mfa, request.network 10.0.0.7 and 10.0.0.8"
    shown = text.render(document)
    assert "\n and with it" in shown.replace("   and", " and")
    assert re.search(r" by a request with +no request.mfa", shown)
    assert f"by a request with {told}" in text.render(document, everything=True)
    assert f"a request with {told}." in html.render(document)


def test_an_unproven_lead_gives_its_reasons():
    """Where nothing is refuted, the first reasons of an open claim are shown."""
    outcome = outcomes.realistic()
    reasons = tuple(Reason("x", f"reason {number}") for number in range(5))
    finding = replace(outcome.findings[7], reasons=reasons)
    shown = text.render(build(replace(outcome, findings=(finding,))))
    assert "8 nobody-did is unproven:" in shown
    assert "  reason 2\n  and 2 reasons more, --all shows them" in shown


def test_an_origin_without_facts_is_named_all_the_same():
    """A path whose origin needs no reason still begins with it."""
    outcome = outcomes.realistic()
    shown = text.render(build(replace(outcome, findings=(outcome.findings[5],))))
    assert "\n  warehouse/master_admin\n   is a member of" in shown


def test_many_selectors_leave_room_for_the_verdicts():
    """Of a long header the screen shows its beginning, with an ellipsis."""
    outcome = outcomes.realistic()
    excluded = {f"selector-{number}": {"yes": 1} for number in range(9)}
    shown = text.render(build(replace(outcome, excluded=excluded)))
    assert re.search(r"(?m)^excluded .*selector-0.*\n.*selector-\d.*…$", shown)
    assert len(shown.splitlines()) <= 30


def _with(*numbers: int) -> Document:
    outcome = outcomes.logged()
    findings = tuple(outcome.findings[number] for number in numbers)
    return build(replace(outcome, findings=findings), folder="out")


def test_crossings_show_one_exhibit_and_the_sum():
    """A refuted claim about events says when, who, what, through what, and where."""
    shown = text.render(_with(7))
    assert re.search(
        r"""8 nobody-did is refuted, for example by \(1 of 317\):
  2021-09-03 10:22:05 +Li N\. +logs/warehouse/2021-09\.csv\.gz:18
   read +warehouse/public\.users\.email, 120 rows
   through +Pulse dashboard, as warehouse/svc_pulse
   behind it +same request in the tool's log
   from +203\.0\.113\.7 \(registration country: CN\)
  events 9,383 = crossing 317 \+ permitted 8,144 \+ unknown 870 \+ malformed 52
""",
        shown,
    )


def test_unproven_events_show_why_and_the_sum():
    """Where nobody is seen to cross, the reasons stand before the sum."""
    shown = text.render(_with(8))
    assert re.search(
        r"""9 nobody-took is unproven:
  backstage has nothing from 2021-11-14 00:00 to 2021-11-16 00:00 UTC
  nobody is known
  events 9,066 = crossing 0 \+ permitted 8,144 \+ unknown 870 \+ malformed 52
""",
        shown,
    )


def test_open_events_are_shown_where_there_is_room():
    """After the examples of refuted claims come the reasons of open ones."""
    shown = text.render(_with(7, 8), height=40)
    assert shown.index("8 nobody-did is") < shown.index("9 nobody-took is unproven:")
    assert "nobody-took is unproven" not in text.render(_with(7, 8), height=24)


@pytest.mark.parametrize("height", [26, 30, 50])
def test_with_logs_it_is_one_screen_too(height: int):
    """Events take no more than the room that is left."""
    shown = text.render(build(outcomes.logged(), folder="out"), height=height)
    assert len(shown.splitlines()) <= height
    assert "\nlogs       3 logs, 9,331 events, 2021-09-01 to 2022-01-31\n" in shown
