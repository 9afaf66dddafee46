"""The meter counts people: each once, for twelve months, whatever happens."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from threading import Thread

import numpy as np
import pytest

from ringfence.boundary.channels import Channel
from ringfence.boundary.status import Status
from ringfence.egress.channels.contract import Conceded, Contract, Recipient
from ringfence.egress.channels.judge import Reading
from ringfence.egress.meter.marks import Mark, MeterError
from ringfence.egress.meter.meter import Meter
from ringfence.egress.meter.scopes import Scope, twelve_months_before
from ringfence.errors import ConfigError

NOW = "2022-03-01T00:00:00Z"
CONTACT = "covered-personal-identifiers"


def contract(
    name: str = "a",
    groups: tuple[str, ...] = ("g",),
    conceded: Conceded | None = None,
) -> Contract:
    """Return a contract of a channel to some groups."""
    channel = Channel(name, groups, "p", "o", "person:x", "2030-01-01T00:00:00Z")
    recipients = tuple(Recipient(one, Status.NO, one) for one in groups)
    return Contract(channel, recipients, {}, {}, conceded)


def people(*numbers: int) -> np.ndarray:
    """Return subject numbers, as the index gives them."""
    return np.array(sorted(numbers), np.uint64)


def leave(meter: Meter, by: Contract, who: np.ndarray, now: str = NOW) -> Reading:
    """Let people's contact data leave, and return what the meter showed before."""
    with meter.counting() as desk:
        reading = desk.reading(by, who, {CONTACT: who}, now)
        desk.count(by, who, {CONTACT: who}, now)
    return reading


@pytest.fixture
def meter(tmp_path: Path):
    """Return a meter that nobody has used."""
    made = Meter(tmp_path / "meter")
    yield made
    made.close()


def test_the_first_and_the_next(meter: Meter):
    """A reading is what there would be with these people, each counted once."""
    assert leave(meter, contract(), people(1, 2)) == Reading(2, 0, 2, {CONTACT: 2})
    assert leave(meter, contract(), people(2, 3)) == Reading(3, 0, 3, {CONTACT: 3})


def test_numbers_of_64_bits(meter: Meter):
    """Subject numbers use all 64 bits, and the signs of SQLite mix none of them up."""
    ends = people(1, 2**63 - 1, 2**63, 2**63 + 1, 2**64 - 1)
    assert leave(meter, contract(), ends).channel == 5
    assert leave(meter, contract(), ends).channel == 5


def test_the_window_rolls(meter: Meter):
    """Whoever left a year ago, to the second, doesn't count any more."""
    leave(meter, contract(), people(1), "2021-03-01T00:00:00Z")
    leave(meter, contract(), people(2), "2021-03-01T00:00:01Z")
    assert leave(meter, contract(), people(3)).channel == 2


def test_who_leaves_again_stays(meter: Meter):
    """The last time counts, also when a clock was set back in between."""
    leave(meter, contract(), people(1), "2021-12-01T00:00:00Z")
    leave(meter, contract(), people(1), "2021-01-01T00:00:00Z")
    assert leave(meter, contract(), people(2)).channel == 2


def test_channels_to_one_group_add_up(meter: Meter):
    """Two channels to one ultimate owner are counted together, by category too."""
    leave(meter, contract("a", ("g",)), people(1, 2))
    reading = leave(meter, contract("b", ("g",)), people(2, 3))
    assert reading == Reading(2, 0, 3, {CONTACT: 3})


def test_the_group_that_had_most(meter: Meter):
    """A channel to several groups is read by the one that has had most people."""
    leave(meter, contract("a", ("g",)), people(1, 2, 3))
    reading = leave(meter, contract("b", ("g", "h")), people(4))
    assert (reading.channel, reading.group) == (1, 4)


def test_a_category_of_before(meter: Meter):
    """What a group had of another category is read too: combined data counts."""
    by = contract()
    with meter.counting() as desk:
        desk.count(by, people(1), {"biometric-identifiers": people(1)}, NOW)
    reading = leave(meter, by, people(2))
    assert reading.categories == {"biometric-identifiers": 1, CONTACT: 1}
    assert reading.group == 2


def test_channels_under_one_exception(meter: Meter):
    """What leaves under one exception is counted together, by whatever channel."""
    leaning = Conceded("weekly", 10, "", "2030-01-01T00:00:00Z")
    leave(meter, contract("a", ("g",), conceded=leaning), people(1))
    reading = leave(meter, contract("b", ("h",), conceded=leaning), people(2))
    assert reading.conceded == 2


def test_nobody_leaves(meter: Meter):
    """Nobody is nobody, and makes no scope."""
    assert leave(meter, contract(), people()).channel == 0
    with meter.counting() as desk:
        assert desk.shown(NOW) == {}


def test_no_recipient(meter: Meter):
    """Where nobody is known to receive, what goes is what is read."""
    assert leave(meter, contract("a", ()), people(1)).group == 1


def test_what_is_shown(meter: Meter):
    """Every scope that counted somebody is shown, with how many."""
    leave(meter, contract(), people(1, 2))
    with meter.counting() as desk:
        assert desk.shown(NOW) == {
            Scope("channel", "a"): 2,
            Scope("group", "g"): 2,
            Scope("group", "g", CONTACT): 2,
        }


def test_a_block_that_fails_counts_nobody(meter: Meter):
    """What was counted in a block that ends with an error is as if it never was."""

    def fail() -> None:
        with meter.counting() as desk:
            desk.count(contract(), people(1), {}, NOW)
            desk.reading(contract(), people(1), {}, "2022-13-01T00:00:00Z")

    with pytest.raises(ValueError, match="month"):
        fail()
    assert leave(meter, contract(), people(2)).channel == 1


def test_it_stays(tmp_path: Path):
    """Another process, later, reads what was counted."""
    first = Meter(tmp_path / "meter")
    leave(first, contract(), people(1))
    first.close()
    second = Meter(tmp_path / "meter")
    assert leave(second, contract(), people(2)).channel == 2
    second.close()


def test_many_at_once(tmp_path: Path):
    """Threads and meters of one file count one after the other: none is lost."""
    meters = [Meter(tmp_path / "meter") for _ in range(2)]

    def work(number: int) -> None:
        for one in range(10):
            leave(meters[number % 2], contract(), people(100 * number + one + 1))

    threads = [Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert leave(meters[0], contract(), people()).channel == 40
    for one in meters:
        one.close()


def test_what_is_no_meter(tmp_path: Path):
    """Another file is told, and left as it is."""
    other = tmp_path / "meter"
    other.write_bytes(b"something else, and longer than a header of SQLite's " * 40)
    with pytest.raises(ConfigError, match="is no meter"):
        Meter(other)
    assert other.read_bytes().startswith(b"something else")


def test_a_later_format(tmp_path: Path):
    """A meter of a format that this version doesn't know isn't used."""
    base = sqlite3.connect(tmp_path / "meter")
    base.execute("PRAGMA user_version = 9")
    base.close()
    with pytest.raises(ConfigError, match="is a meter of format 9, and this reads 2"):
        Meter(tmp_path / "meter")


def test_no_folder(tmp_path: Path):
    """A meter that can't be opened is an error with a place."""
    with pytest.raises(MeterError, match="unable to open") as caught:
        Meter(tmp_path / "no" / "meter")
    (problem,) = caught.value.problems
    assert problem.at is not None
    assert problem.hint


def test_a_disk_that_fails(meter: Meter):
    """Where the file can't be written, the block ends with an error."""
    meter._base.execute("PRAGMA query_only = ON")
    with pytest.raises(MeterError, match="readonly"), meter.counting() as desk:
        desk.count(contract(), people(1), {}, NOW)


@pytest.mark.parametrize(
    ("now", "before"),
    [
        (NOW, "2021-03-01T00:00:00Z"),
        ("2024-02-29T12:00:00Z", "2023-02-28T12:00:00Z"),
        ("2025-02-28T12:00:00Z", "2024-02-28T12:00:00Z"),
    ],
)
def test_twelve_months(now: str, before: str):
    """A year is one of the calendar's."""
    assert twelve_months_before(now) == before


def test_counts_that_were_told(meter: Meter):
    """Every count that a group was told is kept, by its conditions, and each once."""
    here, all_of_them = frozenset({"a" * 32}), frozenset[str]()
    with meter.counting() as desk:
        desk.tell(("g", "h"), [(here, 10), (all_of_them, 50)])
        desk.tell(("g",), [(here, 20), (here, 10)])
        assert desk.told(("g",)) == {here: {10, 20}, all_of_them: {50}}
        assert desk.told(("h",)) == {here: {10}, all_of_them: {50}}
        assert desk.told(("h", "g", "i")) == {here: {10, 20}, all_of_them: {50}}
        assert desk.told(("i",)) == {}


def test_a_base_of_something_else_is_no_meter(tmp_path: Path):
    """A file of SQLite that holds other tables is refused, and nothing is added."""
    path = tmp_path / "other"
    with closing(sqlite3.connect(path)) as base:
        base.execute("CREATE TABLE note (text TEXT)")
    before = path.read_bytes()
    with pytest.raises(ConfigError, match="is no meter"):
        Meter(path)
    assert path.read_bytes() == before
    with closing(sqlite3.connect(path)) as base:
        tables = base.execute("SELECT name FROM sqlite_schema").fetchall()
    assert tables == [("note",)]


# --- marks ----------------------------------------------------------------------------


def test_each_meter_has_a_name_and_numbers_of_its_own(tmp_path: Path):
    """Numbers go up for each ledger by itself; two meters are never one."""
    first, second = (Meter(tmp_path / one) for one in ("a", "b"))
    with first.counting() as desk:
        found = [desk.begin(one, None)[0] for one in ("x", "x", "y")]
        assert [one.number for one in found] == [1, 2, 1]
        assert len({one.meter for one in found}) == 1
    with second.counting() as desk:
        assert desk.begin("x", None)[0].meter != found[0].meter
    first.close()
    second.close()


def test_a_number_outlives_what_was_counted_with_it(meter: Meter):
    """A number is on the disk before anything else: it is never given twice."""

    def fail() -> None:
        with meter.counting() as desk:
            desk.begin("x", None)
            desk.count(contract(), people(1), {}, NOW)
            raise OSError

    with pytest.raises(OSError, match=r"^$"):
        fail()
    with meter.counting() as desk:
        assert desk.shown(NOW) == {}
        assert desk.begin("x", None)[0].number == 2


def test_it_says_whether_somebody_else_counted_meanwhile(tmp_path: Path):
    """While a number is kept another meter of the file may count: that is told."""
    first, second = (Meter(tmp_path / "meter") for _ in range(2))

    class Between:
        """A base behind which another one counts, once a transaction has ended."""

        def __init__(self, base: sqlite3.Connection) -> None:
            self.base = base

        def execute(self, *words: str) -> sqlite3.Cursor:
            done = self.base.execute(*words)
            if words[0] == "COMMIT":
                leave(second, contract(), people(7))
            return done

        def __getattr__(self, name: str) -> object:
            return getattr(self.base, name)

    with first.counting() as desk:
        assert desk.begin("x", None)[1]
        desk._base = Between(desk._base)  # type: ignore[assignment]
        mark, is_same = desk.begin("x", None)
        assert (mark.number, is_same) == (2, False)
        assert desk.reading(contract(), people(8), {}, NOW).channel == 2
    first.close()
    second.close()


@pytest.mark.parametrize(
    ("number", "is_own", "says"),
    [
        (2, True, ""),
        (1, True, ""),
        (3, True, "older copy: it has counted to 2, and the ledger says 3"),
        (1, False, "isn't the meter that the ledger names"),
    ],
)
def test_it_knows_of_all_that_the_ledger_names(
    meter: Meter, number: int, is_own, says: str
):
    """A meter that is as far as the ledger, or farther, is the one; no other is."""
    with meter.counting() as desk:
        desk.begin("x", None)
        own = desk.begin("x", None)[0].meter
        before = Mark(own if is_own else "0" * 64, number)
        if not says:
            desk.check("x", before)
            assert desk.begin("x", before)[0].number == 3
            return
        for ask in (desk.check, desk.begin):
            with pytest.raises(MeterError, match=says) as caught:
                ask("x", before)
            assert "egress accept-loss" in (caught.value.problems[0].hint or "")
        assert desk.accept("x", before).number == max(number, 2) + 1
