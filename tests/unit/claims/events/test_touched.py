"""What a touch was: protected at some time, unprotected, or unknown, and conceded."""

from __future__ import annotations

import pytest

from ringfence.audit.event import SOMEWHERE, Touch
from ringfence.boundary.model import Protection as Protected
from ringfence.boundary.protection import patterns
from ringfence.boundary.status import Status
from ringfence.claims.events.holders import merged
from ringfence.claims.events.touched import Protection
from ringfence.claims.standing import Standing
from tests.estates import attribute, case, edge
from tests.logged import CITY, DATA, EMAIL, MICRO, USERS, at, day

NO, UNKNOWN, YES = Status.NO, Status.UNKNOWN, Status.YES
PERIOD = (at(0) // MICRO, at(31) // MICRO)
HEALTH, LOGS, RAW = "dataset:db/s.health", "dataset:db/s.logs", "dataset:db/s.raw"
FREE = "column:free/t.x"
FACTS = (
    *DATA,
    # Protected by its name, with no column that anybody knows.
    edge("store:db", "contains", HEALTH),
    # All columns tagged; one that came later.
    edge("store:db", "contains", LOGS),
    edge(LOGS, "contains", "column:db/s.logs.a"),
    attribute("column:db/s.logs.a", "tag", "EMAIL", since=day(10), until=day(20)),
    attribute("column:db/s.logs.a", "tag", "none", until=day(10)),
    attribute("column:db/s.logs.a", "tag", "none", since=day(20)),
    # Nobody knows what is in it.
    edge("store:db", "contains", RAW),
    edge("store:free", "contains", "dataset:free/t"),
    edge("dataset:free/t", "contains", "column:free/t.x"),
    attribute("column:free/t.x", "tag", "none"),
)
PROTECTED = (
    Protected("contact", tags=("EMAIL",)),
    Protected("health", datasets=("db/s.health",)),
)


@pytest.fixture(scope="module")
def protection(tmp_path_factory):
    """Return what is protected over January."""
    folder = tmp_path_factory.mktemp("estate")
    whole = case(folder, FACTS, protected=PROTECTED, unclassified="unknown")
    over = whole.over(day(0), day(31))
    return Protection(over, Standing(over, *PERIOD).protected(()), PERIOD)


@pytest.mark.parametrize(
    ("touch", "status"),
    [
        (Touch(), NO),
        (Touch(unclear=True), UNKNOWN),
        (Touch((EMAIL,), unclear=True), YES),
        (Touch((EMAIL,)), YES),
        (Touch((CITY,)), NO),
        (Touch((CITY, EMAIL)), YES),
        # A column that a dataset of known columns lacks: the catalogue may be old.
        (Touch(("column:db/s.users.imagined",)), UNKNOWN),
        (Touch(("column:db/s.users.EMAIL",)), UNKNOWN),
        # Named without its table: the first that exists.
        (Touch(either=((FREE, EMAIL),)), NO),
        (Touch(either=((EMAIL, FREE),)), YES),
        (Touch(either=(("column:free/t.email", EMAIL),)), YES),
        (Touch(either=(("column:db/s.users.x", FREE),)), NO),
        (Touch(either=(("column:db/s.users.y", "column:free/t.y"),)), UNKNOWN),
        (Touch(either=(("column:elsewhere/t.email", EMAIL),)), UNKNOWN),
        (Touch(either=(("column:elsewhere/t.x", FREE),)), UNKNOWN),
        (Touch(either=((SOMEWHERE, FREE),)), UNKNOWN),
        (Touch(either=((FREE, SOMEWHERE),)), NO),
        (Touch(either=((FREE,), (EMAIL,))), YES),
        # What turns out to be another dataset's counts nothing for a line of one.
        (Touch(either=((EMAIL, FREE),), only="dataset:free/t"), NO),
        (Touch(either=((FREE, EMAIL),), only=USERS), NO),
        (Touch(either=((EMAIL, FREE),), only=USERS), YES),
        (Touch(either=((SOMEWHERE, EMAIL),), only=USERS), UNKNOWN),
        (Touch(either=((SOMEWHERE, CITY),), only=USERS), NO),
        # One of a dataset without known columns is what the dataset is.
        (Touch(("column:db/s.health.pulse",)), YES),
        (Touch(("column:db/s.raw.x",)), UNKNOWN),
        (Touch(("column:elsewhere/t.x",)), UNKNOWN),
        (Touch(("arn:aws:s3:::bucket",)), UNKNOWN),
        (Touch(whole=(USERS,)), YES),
        (Touch(part=(USERS,)), UNKNOWN),
        (Touch(whole=(HEALTH,)), YES),
        (Touch(part=(HEALTH,)), YES),
        (Touch(whole=(RAW,)), UNKNOWN),
        (Touch(part=(RAW,)), UNKNOWN),
        (Touch(whole=("store:db",)), YES),
        (Touch(part=("store:db",)), UNKNOWN),
        (Touch(whole=("store:free",)), NO),
        (Touch(part=("store:free",)), NO),
        (Touch(whole=("dataset:elsewhere/t",)), UNKNOWN),
        (Touch(part=("store:nowhere",)), UNKNOWN),
    ],
)
def test_a_touch_is_the_gravest_of_what_it_is_of(protection, touch, status):
    """All the time the same: whole is what is inside, part is not sure of it."""
    assert protection.spans(touch) == [(*PERIOD, status)]


def test_a_status_changes_within_the_period(protection):
    """From the instant of a tag up to, and without, its end."""
    ends = (PERIOD[0], at(10) // MICRO, at(20) // MICRO, PERIOD[1])
    spans = [
        (ends[0], ends[1], NO),
        (ends[1], ends[2], YES),
        (ends[2], ends[3], NO),
    ]
    for touch in (
        Touch(("column:db/s.logs.a",)),
        Touch(whole=(LOGS,)),
        Touch(part=(LOGS,)),
    ):
        assert protection.spans(touch) == spans
        assert protection.changes(touch) == [*ends[:3]]


@pytest.mark.parametrize(
    ("touch", "time", "sure"),
    [
        (Touch((EMAIL, CITY)), 1, [EMAIL]),
        (Touch(either=((FREE, EMAIL),)), 1, []),
        (Touch(either=((EMAIL, FREE),)), 1, [EMAIL]),
        (Touch(either=((EMAIL, FREE),), only="dataset:free/t"), 1, []),
        (Touch(either=((SOMEWHERE, EMAIL),)), 1, []),
        (Touch(whole=(USERS,)), 1, [EMAIL]),
        (Touch(part=(USERS,)), 1, []),
        (Touch(part=(HEALTH,)), 1, [HEALTH]),
        (Touch(("column:db/s.health.pulse",)), 1, ["column:db/s.health.pulse"]),
        (Touch(part=(LOGS,)), 9, []),
        (Touch(part=(LOGS,)), 10, ["column:db/s.logs.a"]),
        (Touch(part=(LOGS,)), 20, []),
        (Touch(whole=("store:db",)), 1, [EMAIL, HEALTH]),
    ],
)
def test_what_is_surely_touched_is_named(protection, touch, time, sure):
    """The protected nodes of a crossing, as of its second."""
    assert protection.columns(touch, at(time) // MICRO) == sure


@pytest.mark.parametrize(
    ("touch", "columns", "spans"),
    [
        (Touch((EMAIL,)), "db/s.users.email", [PERIOD]),
        (Touch((EMAIL, CITY)), "db/s.users.email", [PERIOD]),
        (Touch((EMAIL,)), "db/s.users.city", []),
        (Touch(whole=(USERS,)), "db/s.users.email", [PERIOD]),
        (Touch(whole=(USERS,)), "db/s.users.city", []),
        (Touch(whole=(USERS,)), "db/s.users.*", [PERIOD]),
        (Touch(part=(USERS,)), "db/s.users.*", [PERIOD]),
        (Touch((EMAIL,), unclear=True), "*", []),
        (Touch(whole=(HEALTH,)), "*", []),
        # What nobody knows is never conceded.
        (Touch(("column:db/s.health.pulse",)), "db/s.health.*", []),
        (Touch(("column:db/s.users.EMAIL",)), "*", []),
        (Touch(either=((FREE, EMAIL),)), "free/t.x", []),
        (Touch(either=((EMAIL, FREE),)), "db/s.users.email", [PERIOD]),
        (Touch(either=((EMAIL, FREE),)), "free/t.x", []),
        (Touch(either=((SOMEWHERE, EMAIL),)), "*", []),
        (Touch(("column:elsewhere/t.x",)), "db/*", []),
        (Touch(("column:db/s.users.imagined",)), "*", []),
        (Touch(whole=("store:db",)), "*", []),
        (
            Touch(("column:db/s.logs.a",)),
            "*",
            [(at(10) // MICRO, at(20) // MICRO)],
        ),
        (
            Touch(("column:db/s.logs.a", EMAIL)),
            "db/s.users.*",
            [(PERIOD[0], at(10) // MICRO), (at(20) // MICRO, PERIOD[1])],
        ),
    ],
)
def test_an_exception_concedes_what_it_covers_whole(protection, touch, columns, spans):
    """Only while its columns cover all of a touch that is protected, or may be."""
    assert merged(protection.conceded(touch, patterns((columns,)))) == spans
