"""What a report says of events: words, exhibits, meters, the table of logs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ringfence.claims.crossings import Exhibit, Gap
from ringfence.report import event_words, events_text
from ringfence.report.events import Events, exhibit, told
from ringfence.report.logs import list_silent, log_rows
from tests.unit.report import crossed
from tests.unit.report.crossed import DAY, FIRST


def _events() -> Events:
    events = told(crossed.many(), {})
    assert events is not None
    return events


def test_claims_about_reach_have_no_events():
    """Where no event was judged there is nothing to tell."""
    assert told(None, {}) is None


def test_every_event_is_in_the_sum():
    """The sum names each kind, with thousands set apart."""
    assert _events().total == (
        "events 9,383 = crossing 317 + permitted 8,144 + unknown 870 + malformed 52"
    )


def test_twenty_exhibits_are_shown_and_the_rest_is_counted():
    """Whoever reads twenty exhibits learns how many crossings there are besides."""
    events = _events()
    assert (len(events.exhibits), events.left) == (20, 317 - 20)


def test_an_exhibit_says_who_what_through_what_and_where():
    """One event as it is shown, by the names that people use."""
    row = exhibit(crossed.exhibit(4), crossed.LABELS)
    assert row.time == "2021-09-07 10:22:05"
    assert (row.who, row.person) == ("Li N.", crossed.LI)
    assert row.what == (
        "read warehouse/public.users.email, warehouse/public.users.email1, "
        "warehouse/public.users.email2 and 2 more, 124 rows"
    )
    assert row.way == "Pulse dashboard, as warehouse/svc_pulse"
    assert row.behind == "same request in the tool's log"
    assert row.origin == "203.0.113.7 (registration country: CN)"
    assert (row.place, row.extent) == (
        "logs/warehouse/2021-09.csv.gz:22",
        "bytes 2403 to 2693",
    )


@pytest.mark.parametrize(
    ("change", "name", "expected"),
    [
        ({"rows": None, "touched": ()}, "what", "read"),
        ({"rows": 1, "touched": ()}, "touched", "1 row"),
        ({"tool": ""}, "through", "nothing named"),
        ({"actor": ""}, "way", "Pulse dashboard"),
        ({"address": ""}, "origin", ""),
        ({"basis": ""}, "origin", "203.0.113.7"),
        ({"who": ""}, "who", "warehouse/svc_pulse"),
        ({"who": "", "actor": ""}, "who", "nobody named"),
        ({"grade": "new-grade"}, "behind", "new-grade"),
    ],
)
def test_what_a_log_does_not_say_is_left_out(
    change: dict[str, object], name: str, expected: str
):
    """An event without rows, tool or address has no empty words for them."""
    event: Exhibit = replace(crossed.exhibit(0), **change)  # type: ignore[arg-type]
    assert getattr(exhibit(event, crossed.LABELS), name) == expected


def test_meters_say_when_a_threshold_was_passed():
    """Meters that count anybody are rows; crossings that name nobody are told."""
    events = _events()
    assert [(row.who, row.subjects, row.passed) for row in events.meters] == [
        ("shortvideo-holding", "120,400", "2021-11-10"),
        ("Li N.", "402", "never"),
        ("p02@example", "7", "-"),
    ]
    assert events.meters[0].threshold == (
        "more than 100,000 is bulk (28 CFR 202.205(f))"
    )
    assert events.meters[0].remark == "3 crossings (61 rows) name no subject"
    assert events.meters[2].threshold == "none"
    assert events.meters[2].remark == "1 crossing (1 row) names no subject"
    assert events.unmetered == (
        "No log says whose data it was in up to 9 crossings of one counterparty.",
    )


def test_meters_that_are_not_shown_are_counted():
    """Of very many meters the fullest are shown, and the others counted."""
    found = crossed.many()
    events = told(replace(found, meters=found.meters[:1] * 25), {})
    assert events is not None
    assert len(events.meters) == 20
    assert events.unmetered[0] == "5 meters more with fewer subjects: in report.json."


def test_a_meter_in_one_sentence():
    """A meter says who, of what, how many, and when that was bulk."""
    meter = crossed.many().meters[0]
    assert event_words.metered(meter, {}) == (
        "shortvideo-holding got covered-personal of 120,400 subjects in twelve months; "
        "3 crossings (61 rows) name no subject; more than 100,000 is bulk "
        "(28 CFR 202.205(f)), passed on 2021-11-10"
    )


def test_what_is_unknown_says_why_and_by_whom():
    """The unknown are told by reason, with whom the logs name."""
    found = crossed.many()
    by = tuple((f"person:p{number}", "nobody", 9 - number) for number in range(5))
    assert list(event_words.unknown(replace(found, unknown_by=by), {})) == [
        "870 with no log to say who was behind it: 9 by p0, 8 by p1, 7 by p2 and 2 more"
    ]


def test_all_logs_in_a_line():
    """How many logs and events there are, and over what time."""
    assert event_words.logs(crossed.logs()) == (
        "3 logs, 9,331 events, 2021-09-01 to 2022-01-31"
    )
    assert event_words.logs(crossed.logs()[2:]) == "1 log, 0 events"


def test_the_table_of_logs_says_what_is_missing_of_each():
    """Three gaps are said one by one, others counted, with all else that is missing."""
    rows = log_rows(crossed.logs())
    assert [(row.first, row.last) for row in rows] == [
        ("2021-09-01 00:10", "2022-01-31 23:00"),
        ("2021-09-01 00:10", "2022-01-31 23:00"),
        ("-", "-"),
    ]
    assert rows[0].remarks == ("52 lines of the log can't be read",)
    assert rows[1].remarks == (
        "has nothing from 2021-11-14 00:00 to 2021-11-16 00:00 UTC (normal: 5 minutes)",
        "has nothing from 2021-12-11 00:00 to 2021-12-13 00:00 UTC (normal: 5 minutes)",
        "has nothing from 2021-12-30 00:00 to 2022-01-01 00:00 UTC (normal: 5 minutes)",
        "has 1 gap more",
        "its manifest lists its files, and they are all there",
    )
    assert rows[2].remarks == ("there is no sign of life in the period",)


def test_what_logs_do_not_tell_was_not_looked_at():
    """Gaps, what can't be read, and duplicates are told with the log they are in."""
    texts = [one.text for one in list_silent(crossed.logs())]
    assert texts == [
        "log warehouse: 52 lines of the log can't be read",
        "log warehouse: 925 duplicates left out",
        "log backstage has nothing from 2021-11-14 00:00 to 2021-11-16 00:00 UTC "
        "(normal: 5 minutes)",
        "log backstage has nothing from 2021-12-11 00:00 to 2021-12-13 00:00 UTC "
        "(normal: 5 minutes)",
        "log backstage has nothing from 2021-12-30 00:00 to 2022-01-01 00:00 UTC "
        "(normal: 5 minutes)",
        "log backstage has 1 gap more",
        "log vault: there is no sign of life in the period",
    ]


@pytest.mark.parametrize(
    ("cadence", "expected"),
    [
        (0, ""),
        (45, " (normal: 45 seconds)"),
        (60, " (normal: 1 minute)"),
        (7_200, " (normal: 2 hours)"),
        (86_400, " (normal: 1 day)"),
    ],
)
def test_what_is_normal_is_said_in_the_largest_unit(cadence: int, expected: str):
    """A gap says how long a silence is normal, if anybody says so."""
    gap = Gap("backstage", FIRST, FIRST + DAY, cadence)
    log = replace(crossed.logs()[1], gaps=(gap,))
    told_ = "backstage has nothing from 2021-09-01 00:00 to 2021-09-02 00:00 UTC"
    assert list(event_words.gaps(log)) == [told_ + expected]
    told_ = told_.removeprefix("backstage ")
    notes = list(event_words.notes(log))
    assert notes == [f"{told_}{expected}: nobody can say what was done then"]


def test_in_full_every_exhibit_has_its_digest():
    """The whole text gives what it takes to find each event again."""
    lines = " ".join(events_text.full(_events(), 100))
    assert lines.count("sha256") == 20
    assert "297 crossings more: `ringfence audit` writes them all" in lines


def test_notes_on_a_log_say_all_that_is_missing():
    """Whatever is missing of a log, and what was left out, is said without its name."""
    assert list(event_words.notes(crossed.logs()[0])) == [
        "52 lines of the log can't be read",
        "925 duplicates left out",
    ]


def test_an_instant_after_the_calendar_still_has_a_day():
    """A period may end with the last day that a log can name."""
    after = 253_402_300_800_000_000
    assert event_words.day(after) == "10000-01-01"
    assert event_words.minute(after - 1) == "9999-12-31 23:59"
    found = told(replace(crossed.many(), after=after, cells=()), {})
    assert found is not None
    assert found.period == "2021-09-01 to 9999-12-31"
