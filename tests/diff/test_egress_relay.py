"""The relay between two real PostgreSQL databases: what is outside, and in what order."""

from __future__ import annotations

import json
from hashlib import sha256
from random import Random

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringfence.boundary.channels import Channel, Declared
from ringfence.egress.channels.judge import Verdict
from ringfence.egress.relay.faults import RelayError
from ringfence.egress.relay.inside import is_seen
from ringfence.errors import ConfigError
from tests.replicating import SLOT, Two, both, orders, profiles, there

__all__ = ["both", "there"]

ALL = "TABLE app.profile ORDER BY id"
ORDERS = "SELECT number, what FROM app.orders ORDER BY number"
BLOCKED = "INSERT INTO app.orders VALUES (90, 'for bo@example.com')"


def clear() -> list[Channel]:
    """Return channels that mask nothing, so that both sides are the same."""
    columns = list(profiles().columns)
    columns[2] = Declared("/mail", "text", "EMAIL")
    return [profiles(columns=tuple(columns)), orders()]


def test_rows_that_are_there_are_copied_and_changes_follow(there: Two) -> None:
    """What is there is copied, masked; inserts, updates and deletes follow it."""
    there.inside.execute(
        "INSERT INTO app.profile VALUES"
        " (1, 'Reno', 'ann@example.com', 1.5, '2022-01-02'),"
        " (2, 'Oslo', NULL, NULL, NULL)"
    )
    first = there.run()
    assert (first.rows, first.applied) == (2, 0)
    there.inside.execute("INSERT INTO app.profile VALUES (3, 'Bern')")
    there.inside.execute("UPDATE app.profile SET city = 'Rome' WHERE id = 1")
    there.inside.execute("UPDATE app.profile SET id = 7 WHERE id = 2")
    there.inside.execute("DELETE FROM app.profile WHERE id = 3")
    assert there.run().applied == 4
    (ann, oslo) = there.rows(ALL)
    assert (ann[:2], ann[2][:3]) == ((1, "Rome"), "rf_")
    assert oslo == (7, "Oslo", None, None, None)
    assert there.run().applied == 0


def test_a_transaction_is_outside_whole_or_not_at_all(there: Two) -> None:
    """Of a blocked transaction no row is outside, and nothing of what came later."""
    there.run()
    there.inside.execute("INSERT INTO app.profile VALUES (1, 'Reno')")
    with there.inside.transaction():
        there.inside.execute("INSERT INTO app.profile VALUES (2)")
        there.inside.execute(BLOCKED)
    there.inside.execute("INSERT INTO app.profile VALUES (3, 'Bern')")
    done = there.run()
    assert done.stop is not None
    assert done.stop.verdict is Verdict.BLOCK
    assert "protected person's EMAIL" in done.stop.reasons[0]
    assert there.rows("SELECT id FROM app.profile") == [(1,)]
    assert there.rows(ORDERS) == []


def test_what_is_stopped_at_is_kept_for_its_owner(there: Two) -> None:
    """The rows, the receipt and the reason are kept, readable by nobody else."""
    there.run()
    there.inside.execute(BLOCKED)
    stop = there.run().stop
    assert stop is not None
    names = sorted(file.name for file in stop.kept.iterdir())
    assert names == ["1.jsonl", "1.receipt.json", "stopped.json"]
    told = json.loads((stop.kept / "stopped.json").read_text())
    assert told["tables"][0]["verdict"] == "block"
    assert stop.kept.stat().st_mode & 0o077 == 0
    assert (stop.kept / "1.jsonl").stat().st_mode & 0o077 == 0
    assert "bo@" in (stop.kept / "1.jsonl").read_text()
    assert "bo@" not in (stop.kept / "stopped.json").read_text()


def test_an_operator_leaves_a_transaction_out(there: Two) -> None:
    """Left out, it never goes; what is behind it does; and that is remembered."""
    there.run()
    there.inside.execute(BLOCKED)
    there.inside.execute("INSERT INTO app.orders VALUES (91, 'shoes')")
    stop = there.run().stop
    assert stop is not None
    done = there.run(stop.lsn)
    assert (done.left_out, done.applied, done.stop) == ([stop.lsn], 1, None)
    assert there.rows(ORDERS) == [(91, "shoes")]
    assert there.rows("SELECT why FROM ringfence_relay.left_out") == [("block",)]
    # A row that was left out comes when it is such that it may.
    there.inside.execute("UPDATE app.orders SET what = 'hats' WHERE number = 90")
    assert there.run().applied == 1
    assert there.rows(ORDERS) == [(90, "hats"), (91, "shoes")]


def test_another_transaction_is_not_left_out(there: Two) -> None:
    """Leaving one out doesn't let go of another, nor hold one that may leave."""
    there.run()
    there.inside.execute(BLOCKED)
    assert there.run(1).stop is not None
    stop = there.run().stop
    assert stop is not None
    columns = (*orders().columns[:1], Declared("/what", "text", "EMAIL"))
    columns += orders().columns[2:]
    there.judge_by(profiles(), orders(columns=columns))
    done = there.run(stop.lsn)
    assert (done.applied, done.left_out) == (1, [])


def test_what_cannot_be_decided_is_held(there: Two) -> None:
    """An opaque token is held; once the channel expects such, it goes."""
    there.run()
    token = sha256(b"salted").hexdigest()
    there.inside.execute("INSERT INTO app.orders VALUES (1, %s)", [token])
    stop = there.run().stop
    assert stop is not None
    assert stop.verdict is Verdict.HOLD
    columns = (
        Declared("/number", "integer"),
        Declared("/what", "text", opaque=True),
        Declared("/paid", "boolean"),
    )
    there.judge_by(profiles(), orders(columns=columns))
    assert there.run().applied == 1
    assert there.rows(ORDERS) == [(1, token)]


def test_a_copy_that_may_not_leave_leaves_nothing(there: Two) -> None:
    """One row that is blocked keeps the whole copy inside, and it is tried again."""
    there.inside.execute("INSERT INTO app.profile VALUES (1, 'Reno')")
    there.inside.execute(BLOCKED)
    done = there.run(rows=1)
    assert done.stop is not None
    assert (done.stop.lsn, done.stop.verdict) == (0, Verdict.BLOCK)
    assert there.rows("TABLE app.profile") == []
    there.inside.execute("DELETE FROM app.orders")
    assert there.run(rows=1).rows == 1
    assert there.rows("SELECT id FROM app.profile") == [(1,)]


def test_only_changes_are_relayed_without_a_copy(there: Two) -> None:
    """Without a copy, what was there stays inside until it changes."""
    there.inside.execute("INSERT INTO app.profile VALUES (1, 'Reno'), (2, 'Oslo')")
    there.run(copy=False)
    there.inside.execute("UPDATE app.profile SET city = 'Rome' WHERE id = 1")
    there.run()
    assert there.rows("SELECT id, city FROM app.profile") == [(1, "Rome")]


def test_what_the_copy_saw_is_not_done_twice(there: Two) -> None:
    """What was committed before the copy's look is copied, all else is relayed."""
    make = "SELECT pg_create_logical_replication_slot(%s, 'pgoutput')"
    there.inside.execute(make, [SLOT])
    there.inside.execute("INSERT INTO app.orders VALUES (1, 'a'), (2, 'b')")
    there.inside.execute("TRUNCATE app.orders")
    there.inside.execute("INSERT INTO app.orders VALUES (3, 'c')")
    with psycopg.connect(there.dsns[0]) as late:
        late.execute("SET synchronous_commit = on")
        late.execute("INSERT INTO app.orders VALUES (4, 'd')")
        there.inside.execute("INSERT INTO app.orders VALUES (5, 'e')")
        done = there.run(batch=1)
        assert (done.rows, done.applied) == (2, 0)
        assert there.rows(ORDERS) == [(3, "c"), (5, "e")]
        late.commit()
    assert there.run(batch=1).applied == 1
    assert there.rows(ORDERS) == [(3, "c"), (4, "d"), (5, "e")]


def test_tables_are_emptied_in_their_turn(there: Two) -> None:
    """A truncation takes what was there before it, and nothing that came after it."""
    there.run()
    there.inside.execute("INSERT INTO app.orders VALUES (1, 'a')")
    there.inside.execute("TRUNCATE app.orders, app.profile RESTART IDENTITY")
    there.inside.execute("INSERT INTO app.orders VALUES (2, 'b')")
    assert there.run().applied == 3
    assert there.rows(ORDERS) == [(2, "b")]


def test_a_long_value_that_does_not_change_stays(there: Two) -> None:
    """A value that isn't sent, because it didn't change, is what it was outside."""
    there.inside.execute("ALTER TABLE app.orders ALTER what SET STORAGE EXTERNAL")
    long = "a b " * 2_000
    there.inside.execute("INSERT INTO app.orders VALUES (1, %s, false)", [long])
    there.run()
    there.inside.execute("UPDATE app.orders SET paid = true")
    there.inside.execute("UPDATE app.orders SET number = 2")
    there.run()
    (row,) = there.rows("TABLE app.orders")
    assert row == (2, long, True)
    there.outside.execute("DELETE FROM app.orders")
    there.inside.execute("UPDATE app.orders SET paid = false")
    with pytest.raises(RelayError, match="no such row"):
        there.run()


def test_of_what_was_only_the_key_is_judged(there: Two) -> None:
    """With the whole old row sent, its key alone goes: whoever goes away may."""
    there.run()
    there.inside.execute("ALTER TABLE app.orders REPLICA IDENTITY FULL")
    there.inside.execute(BLOCKED)
    stop = there.run().stop
    assert stop is not None
    there.run(stop.lsn)
    there.inside.execute("DELETE FROM app.orders")
    assert there.run().applied == 1


def test_a_key_that_is_masked_finds_its_row(there: Two) -> None:
    """A key that leaves as a token finds the same row when it changes or goes."""
    there.outside.execute("DROP TABLE app.orders")
    there.inside.execute("DROP TABLE app.orders")
    for base in (there.inside, there.outside):
        base.execute("CREATE TABLE app.orders (mail text PRIMARY KEY, paid boolean)")
    there.inside.execute("ALTER PUBLICATION partner ADD TABLE app.orders")
    token = Declared("/mail", "text", "EMAIL", "token")
    paid = Declared("/paid", "boolean")
    there.judge_by(profiles(), orders(columns=(token, paid), cap=100))
    there.inside.execute("INSERT INTO app.orders VALUES ('ann@example.com')")
    there.run()
    there.inside.execute("UPDATE app.orders SET paid = true")
    there.inside.execute("UPDATE app.orders SET mail = 'bo@example.com'")
    there.inside.execute("INSERT INTO app.orders VALUES ('cy@example.com')")
    there.inside.execute("DELETE FROM app.orders WHERE mail LIKE 'cy%'")
    assert there.run().applied == 4
    ((mail, is_paid),) = there.rows("TABLE app.orders")
    assert (mail[:3], is_paid) == ("rf_", True)
    stars = Declared("/mail", "text", "EMAIL", "full")
    there.judge_by(profiles(), orders(columns=(stars, paid), cap=100))
    with pytest.raises(ConfigError, match="is of the key"):
        there.run()


def test_a_message_in_the_log_goes_nowhere(there: Two) -> None:
    """Logical messages aren't asked for: whatever they hold stays inside."""
    there.run()
    there.inside.execute(
        "SELECT pg_logical_emit_message(%s, 'p', 'ann@example.com')", [True]
    )
    there.inside.execute("INSERT INTO app.orders VALUES (1, 'x')")
    assert there.run().applied == 1
    assert not any(b"ann" in one for one in there.asked.left)


def test_the_slot_follows_a_quiet_publication(there: Two) -> None:
    """Log about other tables isn't kept for ever: the slot is moved behind it."""
    there.run(idle=0)
    there.inside.execute("CREATE TABLE app.other AS SELECT 1 AS n")
    query = "SELECT confirmed_flush_lsn FROM pg_replication_slots"
    before = there.inside.execute(query).fetchall()
    there.run()
    assert there.inside.execute(query).fetchall() == before
    there.run(idle=0)
    assert there.inside.execute(query).fetchall() != before
    there.inside.execute("INSERT INTO app.orders VALUES (1, 'x')")
    assert there.run().applied == 1


def test_both_sides_are_the_same_after_any_work(there: Two) -> None:
    """After random transactions, with batches cut anywhere, both sides are equal."""
    there.judge_by(*clear())
    random = Random(7)  # noqa: S311 (a seed makes it the same each time)
    for turn in range(8):
        for _ in range(8):
            with there.inside.transaction():
                for _ in range(random.randint(1, 4)):
                    work(there.inside, random)
        there.run(batch=random.choice([1, 5, 1000]), rows=3)
        for table in ("app.profile", "app.orders"):
            query = f"TABLE {table} ORDER BY 1"
            assert there.rows(query) == there.inside.execute(query).fetchall(), turn


def work(base: psycopg.Connection, random: Random) -> None:
    """Change something."""
    key, other = random.randint(1, 9), random.randint(1, 9)
    city = random.choice(CITIES)
    ways: list[tuple[str, list[object] | None]] = [
        (
            "INSERT INTO app.profile VALUES (%s, %s, %s, %s, '2022-01-02')"
            " ON CONFLICT DO NOTHING",
            [
                key,
                city,
                random.choice(["ann@example.com", None]),
                random.choice(NUMBERS),
            ],
        ),
        ("UPDATE app.profile SET city = %s WHERE id = %s", [city, key]),
        (
            "UPDATE app.profile SET id = %s WHERE id = %s AND NOT EXISTS"
            " (SELECT FROM app.profile WHERE id = %s)",
            [other, key, other],
        ),
        ("DELETE FROM app.profile WHERE id = %s", [key]),
        (
            "INSERT INTO app.orders VALUES (%s, %s, %s) ON CONFLICT (number)"
            " DO UPDATE SET what = EXCLUDED.what",
            [key, city, random.choice([True, False, None])],
        ),
        ("DELETE FROM app.orders WHERE number > %s", [other]),
        ("TRUNCATE app.orders", None),
    ]
    weights = [6, 4, 4, 2, 6, 1, 1]
    ((query, values),) = random.choices(ways, weights)
    base.execute(query, values)


CITIES = ["Reno", "O'slo", '"Bern"', "\\x41", "", "{a,b}", "né\n\t", None]
NUMBERS = ["1.5", "-0.25", "1E+20", "0", "12345", None]


@settings(max_examples=60)
@given(
    st.integers(3, 2**33),
    st.integers(0, 40),
    st.sets(st.integers(0, 39), max_size=8),
    st.integers(-50, 50),
)
def test_what_a_copy_saw(least: int, wide: int, running: set[int], away: int) -> None:
    """A number is seen exactly if the server says so of the whole number."""
    most = least + wide
    there = sorted(least + one for one in running if one < wide)
    xid = max(3, least + away)
    expected = xid < least or (xid < most and xid not in there)
    text = f"{least}:{most}:{','.join(map(str, there))}"
    assert is_seen(text, xid & 0xFFFFFFFF) == expected
