"""`revocation`: whoever is seen so many days after leaving refutes, from that instant on."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from ringfence.claims.kinds import judge
from ringfence.claims.outcome import Verdict
from tests.estates import attribute, case, claim, edge, source
from tests.logged import DATA, at, codes, day, event, judged, order

OUT = claim("revocation", days=3)
LEFT = 5


def state(value, since="", until="", unknown=""):
    """Return whether Ann is active, and when."""
    fact = attribute("person:ann", "active", value, since=since, until=until)
    return replace(fact, unknown=unknown)


def works(until="", since="", name="employer", value="acme", unknown=""):
    """Return a row of the staff list about Ann."""
    fact = attribute("person:ann", name, value, since=since, until=until)
    return replace(fact, unknown=unknown)


GONE = (*DATA, attribute("person:bo", "residence", "US"), state("no", since=day(LEFT)))
BEFORE = event(LEFT + 3 - 1e-9, "person:ann")
THEN = event(LEFT + 3, "person:ann")
OTHERS = event(20, "person:bo")


def test_an_event_at_the_end_of_the_days_refutes(tmp_path):
    """Half-open: the day given is the first on which nobody may be seen."""
    found = judged(tmp_path, GONE, [BEFORE, THEN, OTHERS], OUT)
    assert (found.verdict, found.counts) == (Verdict.REFUTED, {"left": 1, "late": 1})
    assert found.summary == "1 person seen after leaving"
    assert found.reasons[0].code == "late-event"
    assert found.reasons[0].text.startswith(
        "person:ann left on 2022-01-06 and was seen on 2022-01-09 ("
    )


def test_an_event_before_it_does_not(tmp_path):
    """Seen until then, and refused later: shut out in time."""
    refused = event(LEFT + 4, "person:ann", end="denied")
    found = judged(tmp_path, GONE, [BEFORE, refused, OTHERS], OUT)
    assert (found.verdict, codes(found)) == (Verdict.UPHELD, [])
    assert found.summary == "1 person left, none seen later"
    at_once = judged(tmp_path, GONE, [BEFORE], claim("revocation", days=0))
    assert at_once.verdict is Verdict.REFUTED


def test_the_first_late_event_of_each_is_shown(tmp_path):
    """Whichever of their logins it came by."""
    facts = (
        *GONE,
        edge("person:ann", "can_assume", "role:db/a"),
        attribute("person:cy", "active", "no", since=day(1)),
    )
    events = [event(11, "person:ann"), event(10, "role:db/a"), event(12, "role:db/a")]
    found = judged(tmp_path, facts, [*events, event(9, "person:cy")], OUT)
    assert found.counts == {"left": 2, "late": 2}
    texts = [one.text for one in found.reasons if one.code == "late-event"]
    assert ["2022-01-10" in texts[0], "2022-01-11" in texts[1]] == [True, True]


def test_a_login_given_up_accuses_nobody(tmp_path):
    """What is done by it after its holder lost it may be anybody's: open."""
    facts = (*GONE, edge("person:ann", "can_assume", "role:db/a", until=day(7)))
    found = judged(tmp_path, facts, [event(10, "role:db/a")], OUT)
    assert (found.verdict, codes(found)) == (Verdict.UNPROVEN, ["unknown-nobody"])


@pytest.mark.parametrize(
    ("facts", "events", "refuted"),
    [
        ((works(until=day(LEFT)),), [THEN], True),
        ((works(until=day(LEFT)),), [BEFORE], False),
        ((works(until=day(2)), works(until=day(LEFT), name="residence", value="US")),
         [event(7, "person:ann")], False),
        ((state("no", since=day(1)), state("no", since=day(LEFT))), [THEN], True),
    ],
    ids=["end of work", "before", "the last end counts", "two days"],
)  # fmt: skip
def test_somebody_leaves_with_the_last_row_of_the_staff_list(
    tmp_path, facts, events, refuted
):
    """The day is the latest that a source gives."""
    people = (*DATA, attribute("person:bo", "residence", "US"), *facts)
    found = judged(tmp_path, people, events, OUT)
    assert (found.verdict is Verdict.REFUTED) == refuted


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ((state("no"),), "undated-leaver"),
        ((state("no", since=day(5)), state("yes")), "undated-leaver"),
        ((state("no", since=day(5), unknown="?"),), "undated-leaver"),
        ((state("yes", unknown="?"),), "undated-leaver"),
        ((state("no", since=day(1)), state("no", since=day(2))), "undated-leaver"),
        ((works(until=day(5), unknown="?"),), "undated-leaver"),
        # Gone for a while, at work again, gone in the future, or hardly gone.
        ((state("no", since=day(1), until=day(3)),), "undated-leaver"),
        ((state("no", since=day(1), until=day(3)), works()), "undated-leaver"),
        ((works(until=day(3)), works(since=day(5))), "undated-leaver"),
        ((works(until=day(3)), works(since=day(5), until=day(9))), "undated-leaver"),
        ((works(until=day(40)),), "no-leaver"),
        ((state("no", since=day(29)),), "no-leaver"),
        ((state("no", since=day(5)), source("hr", unknown="?")), "unread-source"),
    ],
)
def test_who_left_at_a_time_that_nobody_states_leaves_it_open(tmp_path, facts, code):
    """So does a list of which nobody left, or not long ago enough."""
    people = (*DATA, attribute("person:ann", "us_person", "no"), *facts)
    found = judged(tmp_path, people, [event(2.5, "person:ann")], OUT)
    assert found.verdict is Verdict.UNPROVEN
    assert code in codes(found)
    assert found.summary == found.reasons[0].text


def test_who_came_back_leaves_it_open(tmp_path):
    """An event after the return accuses nobody, and the absence isn't judged."""
    facts = (*DATA, state("no", since=day(1), until=day(9)), state("yes", since=day(9)))
    found = judged(tmp_path, facts, [event(20, "person:ann")], OUT)
    assert (found.verdict, codes(found)) == (Verdict.UNPROVEN, ["undated-leaver"])


def test_the_logs_have_to_tell_of_the_time_since(tmp_path):
    """From the first leaver's last day up to the date judged."""
    orders = [order(tmp_path, until=at(30) - 1)]
    found = judged(tmp_path, GONE, [OTHERS], OUT, orders=orders)
    assert codes(found) == ["log-period"]
    old = (*DATA, state("no", since=day(-50)), works(name="residence", value="US"))
    assert "log-period" in codes(judged(tmp_path, old, [BEFORE], OUT))


def test_a_period_asks_for_who_left_within_it(tmp_path):
    """Whoever left at another time is another claim's."""
    facts = (*GONE, attribute("person:cy", "active", "no", since=day(1)))
    events = [event(9, "person:cy"), OTHERS]
    asked = claim("revocation", days=3, during=(day(5), day(29)))
    assert judged(tmp_path, facts, events, asked).verdict is Verdict.UPHELD
    asked = claim("revocation", days=3, during=(day(1), day(29)))
    assert judged(tmp_path, facts, events, asked).verdict is Verdict.REFUTED


def test_an_event_that_may_be_anybodys_leaves_it_open(tmp_path):
    """A stranger, or an account behind which nobody is known."""
    for who in ("person:stranger", "svc-x"):
        found = judged(tmp_path, GONE, [event(10, who)], OUT)
        assert (found.verdict, codes(found)) == (Verdict.UNPROVEN, ["unknown-nobody"])
        before = judged(tmp_path, GONE, [event(1, who)], OUT)
        assert before.verdict is Verdict.UPHELD


def test_it_needs_logs(tmp_path):
    """Without any it is open, and says so."""

    found = judge(OUT, case(tmp_path, GONE, OUT))
    assert (found.verdict, codes(found)) == (Verdict.UNPROVEN, ["needs-logs"])


def test_a_log_without_any_event_shows_nothing(tmp_path):
    """No event, no late event, and no sign that the log was alive."""
    found = judged(tmp_path, GONE, [], OUT)
    assert (found.verdict, "log-silent" in codes(found)) == (Verdict.UNPROVEN, True)
