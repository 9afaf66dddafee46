"""`no_event` and `some_event`: one crossing decides, and whatever is missing leaves it open."""

from __future__ import annotations

from typing import Any

import pytest

from ringfence.boundary.model import BoundaryException, Network
from ringfence.claims.crossings import Crossings
from ringfence.claims.judgement import Judgement
from ringfence.claims.outcome import Verdict
from tests.estates import attribute, claim, edge, source
from tests.logged import (
    DATA,
    EMAIL,
    PEOPLE,
    at,
    codes,
    day,
    event,
    judged,
    logged,
    order,
    past_of,
    write_log,
)

FACTS = (*DATA, *PEOPLE)
NOBODY = claim("no_event", excluded="in-china")
SOMEBODY = claim("some_event", excluded="in-china")
QUIET = [event(1, "person:bo"), event(2, "person:ann", columns="city")]
CROSSED = [*QUIET, event(3, "person:ann")]


def crossings_of(found: Judgement) -> Crossings:
    """Return how the events were judged, which a verdict on logs has to tell."""
    assert found.crossings is not None
    return found.crossings


def exception(**more: Any) -> BoundaryException:
    """Return an exception for Ann's view of e-mail addresses."""
    told: dict[str, Any] = {
        "name": "spared",
        "who": ("person:ann",),
        "columns": ("db/s.users.email",),
        "purpose": "x",
        "owner": "y",
        "cap": 1,
        "until": day(60),
    }
    return BoundaryException(**{**told, **more})


def test_a_crossing_refutes(tmp_path):
    """One event by somebody excluded refutes, and says by whom, how often and when."""
    found = judged(tmp_path, FACTS, CROSSED, NOBODY)
    assert found.verdict is Verdict.REFUTED
    assert found.summary == "1 crossing by 1 person, 2022-01-04 to 2022-01-04"
    assert found.counts == {"events": 3, "crossings": 1, "unknown": 0}
    (exhibit,) = crossings_of(found).exhibits
    assert (exhibit.who, exhibit.touched, exhibit.log) == ("person:ann", (EMAIL,), "db")


def test_nothing_missing_upholds(tmp_path):
    """Every event known, the log whole, the history told: nobody did."""
    found = judged(tmp_path, FACTS, QUIET, NOBODY)
    assert (found.verdict, codes(found)) == (Verdict.UPHELD, [])
    assert found.summary == "2 events judged, no crossing"


def test_somebody_did(tmp_path):
    """One crossing upholds that somebody did; none refutes it where nothing is missing."""
    assert judged(tmp_path, FACTS, CROSSED, SOMEBODY).verdict is Verdict.UPHELD
    assert judged(tmp_path, FACTS, QUIET, SOMEBODY).verdict is Verdict.REFUTED
    more = [*QUIET, event(4, "person:zed")]
    assert judged(tmp_path, FACTS, more, SOMEBODY).verdict is Verdict.UNPROVEN


@pytest.mark.parametrize(
    "given",
    [
        (FACTS, QUIET, {"logs": ("db", "vault")}, {}, "needs-logs"),
        (FACTS, QUIET, {}, {"cadence": 86_400}, "log-gap"),
        (FACTS, QUIET, {}, {"cadence": 0}, "log-cadence-unsaid"),
        (FACTS, QUIET, {}, {"since": None}, "log-period-unsaid"),
        (FACTS, QUIET, {}, {"store": "vault"}, "unlogged-store"),
        (FACTS, QUIET, {}, {"tool": "tool:pulse"}, "unlogged-store"),
        (FACTS, QUIET, {}, {"files": ("db.jsonl", "more")}, "log-unread"),
        (FACTS, [*QUIET, "{"], {}, {}, "log-malformed"),
        (FACTS, [*QUIET, "{"], {}, {}, "malformed"),
        (FACTS, [*QUIET, event(4, "svc-pulse")], {}, {}, "unknown-nobody"),
        (FACTS, [*QUIET, event(4, "person:zed")], {}, {}, "unknown-person"),
        (
            (*FACTS, edge("tool:pulse", "runs_as", "service_account:pulse")),
            [*QUIET, event(4, "svc-pulse")],
            {},
            {},
            "unknown-nobody",
        ),
        (
            FACTS,
            [*QUIET, event(4, "person:ann", columns="")],
            {},
            {},
            "unknown-data",
        ),
        (
            FACTS,
            [*QUIET, event(4, "person:bo", ip="36.110.1.1")],
            {},
            {},
            "unknown-abroad",
        ),
        (FACTS, [*QUIET, event(4, "person:bo", ip="x")], {}, {}, "unknown-address"),
        ((*DATA, PEOPLE[1]), [QUIET[0]], {}, {}, "no-origin"),
        ((*DATA[:4], *PEOPLE), QUIET, {}, {}, "no-target"),
        ((*FACTS, source("hr")), QUIET, {}, {}, "no-history"),
        ((*FACTS, source("hr", unknown="?")), QUIET, {}, {}, "unread-source"),
        (FACTS, QUIET, {"during": (day(-9), day(30))}, {}, "log-period"),
        (FACTS, QUIET, {"during": (day(1), day(40))}, {}, "beyond-date"),
        (
            FACTS,
            QUIET,
            {"during": (day(1), day(9))},
            {"since": None},
            "log-period-unsaid",
        ),
        (FACTS, [], {}, {}, "log-silent"),
    ],
)
def test_what_is_missing_leaves_it_open(tmp_path, given):
    """Whatever nobody can have seen is named, and keeps "nobody did" from standing."""
    facts, events, asked, ordered, code = given
    orders = [order(tmp_path, **ordered)]
    asked = claim("no_event", excluded="in-china", **asked)
    found = judged(tmp_path, facts, events, asked, orders=orders)
    assert found.verdict is Verdict.UNPROVEN
    assert code in codes(found)
    assert found.summary == found.reasons[0].text


def test_an_exception_holds_until_its_end(tmp_path):
    """It is conceded from its first instant up to, and without, its last."""
    asked = replace_exceptions(NOBODY, "spared")
    events = [event(number, "person:ann") for number in (1, 1.99999, 2, 2.5, 3)]
    spared = exception(since=day(2), until=day(3))
    with logged(tmp_path, FACTS, events, asked, exceptions=(spared,)) as whole:
        past = past_of(whole)
        assert past.crossings(asked).reasons["exception"] == 2
        assert past.crossings(asked).crossing == 3
        # A claim that doesn't concede it counts them all, and is answered once.
        assert past.crossings(NOBODY).crossing == 5
        assert past.crossings(NOBODY) is past.crossings(NOBODY)


def replace_exceptions(asked, *names):
    """Return a claim that concedes some exceptions."""
    return claim(asked.kind, excluded=asked.excluded, exceptions=names)


def test_an_exception_for_a_group_holds_for_its_members(tmp_path):
    """Who belongs to the group is spared while they do, and nobody else."""
    asked = replace_exceptions(NOBODY, "spared")
    facts = (
        *FACTS,
        attribute("person:cy", "residence", "CN"),
        edge("person:ann", "member_of", "group:desk", until=day(5)),
        edge("person:cy", "member_of", "group:desk", unknown="?"),
    )
    events = [event(4, "person:ann"), event(5, "person:ann"), event(4, "person:cy")]
    spared = exception(who=("group:desk",))
    with logged(tmp_path, facts, events, asked, exceptions=(spared,)) as whole:
        people = past_of(whole).crossings(asked).people
    assert [(one.id, one.events) for one in people] == [
        ("person:ann", 1),
        ("person:cy", 1),
    ]


def test_somebody_who_moves_is_judged_as_of_each_event(tmp_path):
    """At the instant of the move Ann has moved: before it she isn't excluded."""
    facts = (
        *DATA,
        PEOPLE[1],
        attribute("person:ann", "residence", "US", until=day(5)),
        attribute("person:ann", "residence", "CN", since=day(5), until=day(9)),
        attribute("person:ann", "residence", "US", since=day(9)),
    )
    times = (4, 5 - 1e-9, 5, 9 - 1e-9, 9)
    found = judged(tmp_path, facts, [event(n, "person:ann") for n in times], NOBODY)
    assert found.counts == {"events": 5, "crossings": 2, "unknown": 0}
    assert {one.first for one in crossings_of(found).people} == {at(5)}


def test_a_period_takes_its_own_events_and_silences(tmp_path):
    """What lies outside the claim's period neither refutes nor leaves it open."""
    asked = claim("no_event", excluded="in-china", during=(day(10), day(20)))
    events = [event(5, "person:ann")]
    events += [event(number, "person:bo") for number in (10, 15, 20)]
    orders = [order(tmp_path, cadence=6 * 86_400)]
    found = judged(tmp_path, FACTS, events, asked, orders=orders)
    assert (found.verdict, codes(found)) == (Verdict.UPHELD, [])
    last = [event(20, "person:ann"), event(20.5, "person:ann")]
    found = judged(tmp_path, FACTS, [*events, *last], asked, orders=orders)
    assert found.verdict is Verdict.REFUTED
    assert crossings_of(found).crossing == 1


def test_a_store_that_held_the_data_once_needs_a_log_too(tmp_path):
    """Data that left a store within the period was there all the same."""
    facts = (
        *FACTS,
        edge("store:old", "contains", "dataset:old/t", until=day(9)),
        edge("dataset:old/t", "contains", "column:old/t.mail", until=day(9)),
        attribute("column:old/t.mail", "tag", "EMAIL", until=day(9)),
    )
    found = judged(tmp_path, facts, QUIET, NOBODY)
    assert (found.verdict, codes(found)) == (Verdict.UNPROVEN, ["unlogged-store"])


def test_one_persons_login_is_theirs_while_they_hold_it(tmp_path):
    """Two grants of one login are one holding; after its end nobody knows who it is."""
    facts = (
        *FACTS,
        edge("person:ann", "can_assume", "role:db/a", until=day(5)),
        edge("person:ann", "holds_key", "role:db/a", until=day(4)),
    )
    events = [event(number, "role:db/a") for number in (3, 4, 5)]
    found = crossings_of(judged(tmp_path, facts, events, NOBODY))
    assert (found.crossing, found.reasons["person"]) == (2, 1)
    assert found.people[0].id == "person:ann"
    assert found.unknown_by == (("person:ann", "person", 1),)


def test_networks_of_ones_own_say_where_an_address_is(tmp_path):
    """An office at home is fine, one abroad leaves it open, a VPN hides."""
    networks = tuple(
        Network(name, (f"10.{number}.0.0/16",), place=place, hides=place == "")
        for number, (name, place) in enumerate(
            [("home", "US"), ("there", "CN"), ("vpn", "")]
        )
    )
    events = [event(n + 1, "person:bo", ip=f"10.{n}.0.9") for n in range(3)]
    judgement = judged(tmp_path, FACTS, events, NOBODY, networks=networks)
    found = crossings_of(judgement)
    assert found.reasons["abroad"] == 1
    assert found.reasons["not-excluded"] == 2


def test_a_claim_that_names_no_log_that_is_ordered(tmp_path):
    """It has no event, speaks of no time, and is open."""
    asked = claim("no_event", excluded="in-china", logs=("pgaudit of db",))
    found = judged(tmp_path, FACTS, CROSSED, asked, as_of=day(30))
    assert (found.verdict, found.counts["events"]) == (Verdict.UNPROVEN, 0)
    assert "needs-logs" in codes(found)


def test_logs_are_told_apart(tmp_path):
    """A claim that names a log is judged by it alone, and by the stores it tells of."""
    write_log(tmp_path, "vault", [event(3, "person:ann")])
    orders = [order(tmp_path), order(tmp_path, "vault")]
    asked = claim("no_event", excluded="in-china", logs=("db",))
    with logged(tmp_path, FACTS, QUIET, asked, NOBODY, orders=orders) as whole:
        past = past_of(whole)
        assert past.names(asked) == ("db",)
        assert past.stores(("db", "vault")) == {"store:db", "store:vault"}
        assert (past.crossings(asked).crossing, past.crossings(NOBODY).crossing) == (
            0,
            1,
        )
        assert [log.name for log in past.seen(("vault",))] == ["vault"]


def test_many_unknowns_are_not_named_one_by_one(tmp_path, monkeypatch):
    """Beyond a bound, unknown events are counted without whom the logs name."""
    monkeypatch.setattr("ringfence.claims.events.past.MOST_NAMED", 1)
    events = [event(1, "person:zed"), event(2, "person:zed")]
    found = crossings_of(judged(tmp_path, FACTS, events, NOBODY))
    assert (found.unknown, found.unknown_by) == (2, ())


def test_exhibits_show_the_first_of_each_person_and_tool(tmp_path, monkeypatch):
    """Then further ones by time, up to a bound; all of them can be asked for."""
    monkeypatch.setattr("ringfence.claims.events.tallies.SHOWN", 3)
    facts = (*FACTS, attribute("person:cy", "residence", "CN"))
    events = [event(number, "person:ann") for number in range(1, 6)]
    events += [event(9, "person:cy", rows=3)]
    with logged(tmp_path, facts, events, NOBODY) as whole:
        past = past_of(whole)
        found = past.crossings(NOBODY)
        every = list(past.exhibits(past.asked(NOBODY)))
    shown = [(one.who, one.time) for one in found.exhibits]
    assert shown == [("person:ann", at(1)), ("person:cy", at(9)), ("person:ann", at(2))]
    assert [one.time for one in every] == [at(n) for n in (1, 2, 3, 4, 5, 9)]
    assert [one.rows for one in every][-2:] == [None, 3]
