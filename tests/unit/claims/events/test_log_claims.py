"""`log_retention` and `log_continuity`: how far back, and without a gap."""

from __future__ import annotations

import hashlib
from typing import cast

import pytest

from ringfence.claims.case import Case
from ringfence.claims.crossings import Past
from ringfence.claims.events.completeness import minute
from ringfence.claims.kinds import judge
from ringfence.claims.kinds.log_retention import _months_before
from ringfence.claims.outcome import Verdict
from tests.estates import case, claim
from tests.logged import DATA, PEOPLE, at, codes, day, event, judged, order

FACTS = (*DATA, *PEOPLE)
KEPT = claim("log_retention", months=1)  # from 2021-12-31 on
WHOLE = claim("log_continuity")
UNTIL = at(31)


@pytest.mark.parametrize(
    ("instant", "months", "begin"),
    [
        ("2022-01-31T00:00:00Z", 1, "2021-12-31 00:00"),
        ("2022-03-31T10:30:00Z", 1, "2022-02-28 10:30"),
        ("2024-03-30T00:00:00Z", 1, "2024-02-29 00:00"),
        ("2024-02-29T00:00:00Z", 12, "2023-02-28 00:00"),
        ("2022-01-01T00:00:00Z", 25, "2019-12-01 00:00"),
        ("0050-01-01T00:00:00Z", 1200, "-050-01-01 00:00"),
    ],
)
def test_months_are_counted_on_the_calendar(instant, months, begin):
    """The same day and time, or the last day that a shorter month has."""
    assert minute(_months_before(instant, months)) == begin


def kept(tmp_path, events, *, listed=True, **more):
    """Return the judgement on a log that a manifest lists, or doesn't."""
    told = {"since": at(-60), "cadence": 30 * 86_400, **more}
    judged(tmp_path, FACTS, events, KEPT)  # writes the log
    if listed:
        digest = hashlib.sha256((tmp_path / "db.jsonl").read_bytes()).hexdigest()
        (tmp_path / "SUMS").write_text(f"{digest}  db.jsonl\n")
        told["manifest"] = "SUMS"
    orders = [order(tmp_path, **told)]
    return judged(tmp_path, FACTS, events, KEPT, orders=orders)


EVENTS = [event(number, "person:bo") for number in (-50, -25, 2, 28)]


def test_logs_that_reach_back_uphold(tmp_path):
    """The first sign of life is early enough, and nothing is missing since."""
    found = kept(tmp_path, EVENTS)
    assert (found.verdict, found.summary) == (Verdict.UPHELD, "1 log reach back")


def test_a_listed_log_that_begins_later_refutes(tmp_path):
    """The manifest says that there is nothing older."""
    found = kept(tmp_path, EVENTS[2:], cadence=86_400)
    assert found.verdict is Verdict.REFUTED
    assert found.summary == "db begins on 2022-01-03, not on 2021-12-31"


def test_a_normal_silence_is_no_late_beginning(tmp_path):
    """A log that may be silent for a month says nothing in its first days."""
    assert kept(tmp_path, EVENTS[2:], since=at(-1)).verdict is Verdict.UPHELD


@pytest.mark.parametrize(
    ("events", "told"),
    [
        (EVENTS[2:], {"listed": False, "cadence": 86_400}),
        (EVENTS[2:], {"cadence": 0}),
        (EVENTS, {"since": at(1), "cadence": 86_400}),
        ([*EVENTS[2:], "{"], {"cadence": 86_400}),
        (EVENTS[2:], {"files": ("db.jsonl", "more"), "cadence": 86_400}),
        ([], {}),
    ],
    ids=["unlisted", "no cadence", "not asked for", "malformed", "unread", "silent"],
)
def test_a_log_that_may_have_been_older_leaves_it_open(tmp_path, events, told):
    """Older lines may lie elsewhere, unasked for, or unread."""
    found = kept(tmp_path, events, **told)
    assert found.verdict is Verdict.UNPROVEN
    assert "log-too-short" in codes(found)


def test_a_silence_beyond_the_cadence_refutes(tmp_path):
    """From a sign of life to the next, and at both ends of the period."""
    events = [event(number, "person:bo") for number in (0.5, 9, 18, 30.5)]
    orders = [order(tmp_path, cadence=9 * 86_400)]
    found = judged(tmp_path, FACTS, events, WHOLE, orders=orders)
    assert (found.verdict, codes(found)) == (Verdict.REFUTED, ["log-gap"])
    assert (
        found.summary == "db has nothing from 2022-01-19 00:00 to 2022-01-31 12:00 UTC"
    )
    assert found.counts == {"logs": 1, "gaps": 1}


def test_a_log_without_gap_upholds(tmp_path):
    """A silence as long as the cadence is normal."""
    events = [event(number, "person:bo") for number in (9, 18, 27)]
    orders = [order(tmp_path, cadence=9 * 86_400)]
    found = judged(tmp_path, FACTS, events, WHOLE, orders=orders)
    assert (found.verdict, found.summary) == (Verdict.UPHELD, "1 log, no gap")


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"cadence": 0}, "log-cadence-unsaid"),
        ({"since": None}, "log-period-unsaid"),
        ({"files": ("db.jsonl", "x")}, "log-unread"),
    ],
)
def test_a_log_that_does_not_say_what_is_normal_leaves_it_open(tmp_path, told, code):
    """No cadence, no period, or a file that is not there."""
    orders = [order(tmp_path, **told)]
    found = judged(tmp_path, FACTS, [event(9, "person:bo")], WHOLE, orders=orders)
    assert found.verdict is Verdict.UNPROVEN
    assert code in codes(found)
    assert found.summary == found.reasons[0].text


def test_a_period_shows_its_own_silences_alone(tmp_path):
    """A gap counts if the period sees some of it, and the log has to tell of that."""
    events = [event(number, "person:bo") for number in (1, 11, 20)]
    orders = [order(tmp_path, cadence=9 * 86_400)]

    def during(first, last):
        asked = claim("log_continuity", during=(day(first), day(last)))
        return judged(tmp_path, FACTS, events, asked, orders=orders)

    assert during(11, 20).verdict is Verdict.UPHELD
    assert during(4, 5).verdict is Verdict.REFUTED  # a day of the ten
    assert during(1, 25).verdict is Verdict.REFUTED
    assert codes(during(12, 19)) == []
    assert codes(during(20, 31.5)) == ["log-gap", "log-period"]
    outside = during(-2, 0.5)
    assert (outside.verdict, codes(outside)) == (Verdict.UNPROVEN, ["log-period"])


class Nothing:
    """A past without any log."""

    def names(self, _claim):
        return ()

    def seen(self, _names):
        return ()

    def missing(self, _claim):
        return ()


@pytest.mark.parametrize("asked", [KEPT, WHOLE])
def test_no_log_at_all_upholds_nothing(tmp_path, asked):
    """Where there is no log, none is silent, and none is kept: open."""
    whole: Case = case(tmp_path, FACTS, asked)
    assert codes(judge(asked, whole)) == ["needs-logs"]
    whole.past = cast("Past", Nothing())
    assert codes(judge(asked, whole)) == ["no-log"]
