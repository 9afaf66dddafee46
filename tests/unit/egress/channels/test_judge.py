"""The exit's verdict: figures at their edges, places, recipients, and what is told."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from ringfence.boundary.channels import ChannelMask, Declared
from ringfence.boundary.status import Status
from ringfence.egress.channels.contract import Contracts, Recipient, read, written
from ringfence.egress.channels.judge import (
    NO_CHANNEL,
    Given,
    Reading,
    Reason,
    Verdict,
    by_category,
    counted,
    judge,
)
from ringfence.egress.inspection.report import Column
from ringfence.egress.inspection.sightings import Doubt, Place
from tests.judged import (
    AFTER,
    BEFORE,
    LEAVE,
    NOW,
    WHO,
    contract,
    inspection,
    sighting,
    there,
    undecided,
)

NO, UNKNOWN, YES = Status
MAIL = Declared("mail", "text", "EMAIL")
PLACE = Declared("place", "text", "LOCATION")
SEEN = inspection(there("mail"), seen=[sighting("EMAIL", [1, 2])])
BOTH = inspection(
    there("mail"),
    there("place"),
    seen=[sighting("EMAIL", [1, 2]), sighting("LOCATION", [2, 3], column="place")],
)
MASKS: tuple[ChannelMask, ...] = ("token", "full", "first4", "last4", "year")


def reasons(*found: Given) -> list[Reason]:
    """Return why."""
    return [one.reason for one in found]


def test_without_a_channel_nothing_leaves() -> None:
    """What no channel declares is blocked."""
    assert judge(None, SEEN, Reading(), NOW) == NO_CHANNEL
    assert NO_CHANNEL.verdict is Verdict.BLOCK


@pytest.mark.parametrize(
    ("since", "until", "is_good"),
    [("", AFTER, True), (NOW, AFTER, True), (AFTER, AFTER, False), ("", NOW, False)],
)
def test_a_channel_holds_from_its_first_instant_to_before_its_end(
    since: str, until: str, *, is_good: bool
) -> None:
    """The first instant is in, and the end is out."""
    found = judge(contract(MAIL, since=since, until=until), SEEN, Reading(), NOW)
    assert (found.verdict is Verdict.RELEASE) is is_good
    assert is_good or reasons(*found.reasons) == [Reason.NOT_IN_FORCE]


@pytest.mark.parametrize(("subjects", "is_good"), [(1000, True), (1001, False)])
def test_a_cap_is_how_many_may_leave(subjects: int, *, is_good: bool) -> None:
    """Exactly the cap leaves, and one more is blocked with both figures."""
    found = judge(contract(MAIL), SEEN, Reading(channel=subjects), NOW)
    assert (found.verdict is Verdict.RELEASE) is is_good
    over = Given(Reason.OVER_CAP, count=1001, most=1000)
    assert is_good or found.reasons == (over,)


@pytest.mark.parametrize(("subjects", "is_good"), [(50, True), (51, False)])
def test_an_exception_concedes_up_to_its_own_cap(
    subjects: int, *, is_good: bool
) -> None:
    """To somebody excluded an exception's cap is how many may leave."""
    chosen = contract(MAIL, status=YES, leave=LEAVE)
    found = judge(chosen, SEEN, Reading(conceded=subjects), NOW)
    assert (found.verdict is Verdict.RELEASE) is is_good
    over = Given(Reason.OVER_CAP, None, "totals", 51, 50)
    assert is_good or found.reasons == (over,)


@pytest.mark.parametrize(("subjects", "is_bulk"), [(100, False), (101, True)])
def test_bulk_is_more_than_the_threshold(subjects: int, *, is_bulk: bool) -> None:
    """28 CFR 202.205 says "more than": exactly the figure isn't bulk."""
    chosen = contract(MAIL, status=YES, leave=LEAVE)
    reading = Reading(group=subjects, categories={"identifiers": subjects})
    found = judge(chosen, SEEN, reading, NOW)
    assert (found.verdict is Verdict.BLOCK) is is_bulk
    bulk = Given(Reason.BULK, None, "identifiers", 101, 100)
    assert not is_bulk or found.reasons == (bulk,)


@pytest.mark.parametrize(("subjects", "is_bulk"), [(10, False), (11, True)])
def test_several_categories_together_have_the_lowest_threshold(
    subjects: int, *, is_bulk: bool
) -> None:
    """28 CFR 202.205(g): everybody in any of them counts against the lowest."""
    chosen = contract(MAIL, PLACE, status=YES, leave=LEAVE)
    reading = Reading(group=subjects, categories={"identifiers": 9, "whereabouts": 2})
    found = judge(chosen, BOTH, reading, NOW)
    assert (found.verdict is Verdict.BLOCK) is is_bulk
    bulk = Given(Reason.BULK, None, "combined", 11, 10)
    assert not is_bulk or found.reasons == (bulk,)


def test_one_category_alone_has_its_own_threshold() -> None:
    """A category that nobody is in, or that has no threshold, lowers nothing."""
    chosen = contract(MAIL, status=YES, leave=LEAVE)
    categories = {"identifiers": 50, "whereabouts": 0, "other": 70}
    found = judge(chosen, SEEN, Reading(group=70, categories=categories), NOW)
    assert found.verdict is Verdict.RELEASE


def test_thresholds_are_about_those_who_are_or_may_be_excluded() -> None:
    """To whom nothing excludes, only the channel's cap is asked about."""
    reading = Reading(group=101, categories={"identifiers": 101})
    assert judge(contract(MAIL), SEEN, reading, NOW).verdict is Verdict.RELEASE
    maybe = contract(MAIL, status=UNKNOWN, leave=LEAVE)
    assert judge(maybe, SEEN, reading, NOW).verdict is Verdict.BLOCK


@pytest.mark.parametrize("mask", MASKS)
def test_masked_people_still_count(mask: ChannelMask) -> None:
    """Every mask but `null` leaves something that counts (28 CFR 202.206)."""
    chosen = contract(Declared("mail", "text", "EMAIL", mask), status=YES)
    assert counted(chosen, SEEN).tolist() == [1, 2]
    found = judge(chosen, SEEN, Reading(), NOW)
    assert found.reasons == (Given(Reason.EXCLUDED_RECIPIENT, None, WHO, 2),)
    assert found.masks == {}


def test_a_column_without_its_values_counts_nobody() -> None:
    """What is masked by `null` may go to somebody excluded."""
    chosen = contract(Declared("mail", "text", "EMAIL", "null"), status=YES)
    assert counted(chosen, SEEN).tolist() == []
    assert by_category(chosen, SEEN) == {}
    found = judge(chosen, SEEN, Reading(channel=9999), NOW)
    assert (found.verdict, found.masks) == (Verdict.MASK, {"mail": "null"})


def test_people_count_once_and_by_category() -> None:
    """Somebody in two columns is one person, and is in both categories."""
    chosen = contract(MAIL, PLACE)
    assert counted(chosen, BOTH).tolist() == [1, 2, 3]
    found = {name: one.tolist() for name, one in by_category(chosen, BOTH).items()}
    assert found == {"identifiers": [1, 2], "whereabouts": [2, 3]}


@pytest.mark.parametrize("part", [("metadata",), ("a.csv",), ("statistics", "a.csv")])
def test_what_is_called_like_a_column_is_no_column(part: tuple[str, ...]) -> None:
    """A header of a column's name is not declared, and no mask takes it away."""
    chosen = contract(Declared("mail", "text", "EMAIL", "null"))
    seen = inspection(there("mail"), seen=[sighting("EMAIL", [1], part=part)])
    assert counted(chosen, seen).tolist() == [1]
    found = judge(chosen, seen, Reading(channel=1), NOW)
    assert reasons(*found.reasons) == [Reason.UNDECLARED_SUBJECTS]
    opaque = Declared("mail", "text", opaque=True)
    doubt = undecided(Doubt.OPAQUE, part=part)
    found = judge(
        contract(opaque), inspection(there("mail"), doubts=[doubt]), Reading(), NOW
    )
    assert found.reasons == (Given(Reason.UNDECIDED, doubt.place, doubt.why, 1),)


def test_statistics_of_a_column_belong_to_it() -> None:
    """The least and greatest value go with the column: declared, masked with it."""
    chosen = contract(Declared("mail", "text", "EMAIL", "null"), status=YES)
    part = ("a.zip",)
    seen = inspection(
        there("mail", part=part),
        seen=[sighting("EMAIL", [1], part=(*part, "statistics"))],
    )
    assert judge(chosen, seen, Reading(), NOW).verdict is Verdict.MASK


def test_each_recipient_is_told_once() -> None:
    """One that several stand behind is one recipient; each who is excluded is told."""
    those = [
        Recipient("tool:a", YES, "legal_entity:x"),
        Recipient("tool:a", YES, "legal_entity:y"),
        Recipient("person:b", UNKNOWN, "person:b"),
        Recipient("person:c", YES, "person:c"),
    ]
    chosen = contract(MAIL, recipients=those)
    found = judge(chosen, SEEN, Reading(), NOW)
    assert [one.what for one in found.reasons] == ["tool:a", "person:c"]
    groups = ("legal_entity:x", "legal_entity:y", "person:b", "person:c")
    assert chosen.groups == groups


@pytest.mark.parametrize("order", [(YES, NO), (NO, YES)])
def test_of_one_recipient_the_strictest_standing_counts(
    order: tuple[Status, Status],
) -> None:
    """Who is there twice, excluded once, is excluded, whatever comes last."""
    those = [
        Recipient("tool:a", status, f"group:{at}") for at, status in enumerate(order)
    ]
    found = judge(contract(MAIL, recipients=those), SEEN, Reading(), NOW)
    assert reasons(*found.reasons) == [Reason.EXCLUDED_RECIPIENT]


def test_nobody_known_to_receive_is_held() -> None:
    """A contract without recipients lets nobody protected leave."""
    found = judge(contract(MAIL, recipients=[]), SEEN, Reading(), NOW)
    assert found.reasons == (Given(Reason.UNKNOWN_RECIPIENT, count=2),)
    assert found.verdict is Verdict.HOLD


@pytest.mark.parametrize("text", [False, True])
def test_a_text_may_leave_where_it_is_declared_and_nobody_is_in_it(
    *, text: bool
) -> None:
    """Texts need `text`, and with somebody protected they are blocked all the same."""
    chosen = contract(MAIL, text=text)
    clean = judge(chosen, inspection(), Reading(), NOW)
    assert (clean.verdict is Verdict.RELEASE) is text
    about = inspection(seen=[sighting("EMAIL", [1], column="")])
    assert judge(chosen, about, Reading(), NOW).verdict is Verdict.BLOCK
    nobody = inspection(seen=[sighting("EMAIL", column="")])
    assert (judge(chosen, nobody, Reading(), NOW).verdict is Verdict.RELEASE) is text


def test_nothing_at_all_is_no_text() -> None:
    """An empty body, and an empty object, tell nothing that had to be declared."""
    chosen = contract(MAIL)
    empty = replace(inspection(), size=0)
    assert judge(chosen, empty, Reading(), NOW).verdict is Verdict.RELEASE
    braces = inspection(Column((), "", frozenset({"empty"}), 0))
    assert judge(chosen, braces, Reading(), NOW).verdict is Verdict.RELEASE
    header = replace(empty, sightings=(sighting("EMAIL", [1], part=("metadata",)),))
    assert judge(chosen, header, Reading(), NOW).verdict is Verdict.BLOCK


@pytest.mark.parametrize("text", [False, True])
def test_a_text_beside_a_table_is_a_text(*, text: bool) -> None:
    """What has no name in a payload with columns needs `text` as well."""
    beside = inspection(there("mail"), there("", part=("note.txt",)))
    found = judge(contract(MAIL, text=text), beside, Reading(), NOW)
    assert (found.verdict is Verdict.RELEASE) is text
    place = Place(("note.txt",))
    assert text or found.reasons == (Given(Reason.UNDECLARED_TEXT, place, count=3),)


@pytest.mark.parametrize(
    ("declared", "stands", "is_good"),
    [
        ("text", "integer", True),
        ("number", "integer", True),
        ("number", "empty", True),
        ("integer", "number", False),
        ("text", "nested", False),
        ("nested", "nested", True),
    ],
)
def test_a_column_holds_what_was_declared(
    declared: str, stands: str, *, is_good: bool
) -> None:
    """Another type is held; numbers in a file of texts, and gaps, are none."""
    column = Declared("n", declared)  # type: ignore[arg-type]
    found = judge(contract(column), inspection(there("n", stands)), Reading(), NOW)
    assert (found.verdict is Verdict.RELEASE) is is_good
    wrong = Given(Reason.WRONG_TYPE, Place((), "n"), stands, 3)
    assert is_good or found.reasons == (wrong,)


def test_aggregates_that_tell_too_much_are_blocked() -> None:
    """What the release ledger finds wrong with cells is a reason like another."""
    cell = Given(Reason.SMALL_CELL, Place((), "n"), count=2, most=10)
    found = judge(contract(Declared("n", "integer")), inspection(), Reading(), NOW)
    assert found.verdict is Verdict.HOLD
    found = judge(contract(MAIL), SEEN, Reading(), NOW, [cell])
    assert (found.verdict, found.reasons) == (Verdict.BLOCK, (cell,))


def test_contracts_come_back_as_they_were_written() -> None:
    """Contracts are plain JSON, good from their instant to before their end."""
    one = contract(MAIL, leave=LEAVE)
    whole = Contracts("b", "e", BEFORE, AFTER, (one,))
    assert read(written(whole)) == whole
    assert whole.of("measurement") == one
    assert whole.of("other") is None
    assert [whole.is_good(at) for at in (BEFORE, NOW, AFTER)] == [True, True, False]
    assert one.digest != contract(MAIL).digest


def test_two_contracts_of_one_channel_are_refused() -> None:
    """Nobody can tell by which of two contracts a channel is to be judged."""
    twice = Contracts("b", "e", BEFORE, AFTER, (contract(MAIL), contract(PLACE)))
    with pytest.raises(msgspec.DecodeError, match="two contracts"):
        read(written(twice))
