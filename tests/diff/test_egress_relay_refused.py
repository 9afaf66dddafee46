"""What a relay between two real databases refuses, holds and never lets go."""

from __future__ import annotations

from contextlib import closing

import msgspec
import psycopg
import pytest

from ringfence.boundary.channels import Declared
from ringfence.claims.released import releases
from ringfence.egress.channels.judge import Verdict
from ringfence.egress.relay.faults import RelayError
from ringfence.egress.relay.transactions import Caps
from ringfence.errors import ConfigError, RingfenceError
from tests.replicating import SLOT, Two, both, drop_slot, orders, profiles, there

__all__ = ["both", "there"]

ALL = "TABLE app.profile ORDER BY id"
ORDERS = "SELECT number, what FROM app.orders ORDER BY number"
BLOCKED = "INSERT INTO app.orders VALUES (90, 'for bo@example.com')"


def test_a_column_that_is_added_later_is_held(there: Two) -> None:
    """A column that the channel doesn't declare is held as soon as a row has it."""
    with closing(there.relay()) as relay:
        relay.begin()
        there.inside.execute("ALTER TABLE app.orders ADD COLUMN note text")
        there.inside.execute("INSERT INTO app.orders VALUES (1, 'x', true, 'y')")
        stop = relay.step().stop
    assert stop is not None
    assert stop.verdict is Verdict.HOLD
    assert "note" in stop.reasons[0]
    with pytest.raises(ConfigError, match="no column `note`"):
        there.run()


def test_a_column_that_publications_add_is_held(there: Two) -> None:
    """Column lists protect nothing here: what really arrives is judged."""
    there.inside.execute("ALTER TABLE app.orders ADD COLUMN note text")
    there.inside.execute(
        "ALTER PUBLICATION partner SET TABLE app.profile,"
        " app.orders (number, what, paid)"
    )
    with closing(there.relay()) as relay:
        relay.begin()
        there.inside.execute("ALTER PUBLICATION partner SET TABLE app.orders")
        there.inside.execute(
            "INSERT INTO app.orders VALUES (1, 'x', true, 'ann@example.com')"
        )
        stop = relay.step().stop
    assert stop is not None
    assert stop.verdict is Verdict.BLOCK
    assert there.rows(ORDERS) == []


def test_publications_that_differ_about_a_table_are_refused(there: Two) -> None:
    """Two publications with different columns of a table OR together: not here."""
    there.inside.execute("CREATE PUBLICATION wide FOR TABLE app.orders (number)")
    with pytest.raises(RelayError, match="differ in the columns"):
        there.run(publications=("partner", "wide"))
    there.inside.execute("DROP PUBLICATION wide")
    there.inside.execute("CREATE PUBLICATION wide FOR TABLE app.orders")
    with closing(there.relay(publications=("partner", "wide"))) as relay:
        relay.begin()
        there.inside.execute(
            "ALTER PUBLICATION wide SET TABLE app.orders (number, what)"
        )
        there.inside.execute("INSERT INTO app.orders VALUES (1, 'x')")
        with pytest.raises(RelayError, match="SQLSTATE"):
            relay.step()
    assert there.rows(ORDERS) == []


def test_a_table_that_is_published_later_is_blocked(there: Two) -> None:
    """Rows of a table that leaves by no channel are blocked, and an entry says so."""
    there.inside.execute("CREATE TABLE app.secret (id int PRIMARY KEY, mail text)")
    with closing(there.relay()) as relay:
        relay.begin()
        there.inside.execute("ALTER PUBLICATION partner ADD TABLE app.secret")
        there.inside.execute("INSERT INTO app.secret VALUES (1, 'x')")
        stop = relay.step().stop
        assert stop is not None
        assert stop.verdict is Verdict.BLOCK
    with pytest.raises(ConfigError, match="leaves by no channel"):
        there.run(stop.lsn)


def test_a_table_that_nobody_declared_is_not_emptied(there: Two) -> None:
    """That such a table is emptied is blocked as its rows are, and an entry says so."""
    there.inside.execute("CREATE TABLE app.secret (id int PRIMARY KEY)")
    with closing(there.relay()) as relay:
        relay.begin()
        there.inside.execute("ALTER PUBLICATION partner ADD TABLE app.secret")
        there.inside.execute("TRUNCATE app.secret")
        stop = relay.step().stop
    assert stop is not None
    assert stop.verdict is Verdict.BLOCK
    assert [verdict for _, verdict in verdicts(there)] == ["block"]


def test_a_mask_that_takes_the_key_later_lets_nothing_go(there: Two) -> None:
    """Where a key is masked while the relay runs, it fails before anything is there."""
    with closing(there.relay()) as relay:
        relay.begin()
        number = Declared("/number", "text", "", "full")
        there.judge_by(
            profiles(), orders(columns=(number, *orders().columns[1:]), cap=9)
        )
        there.inside.execute("INSERT INTO app.orders VALUES (1, 'x')")
        with pytest.raises(RelayError, match="can't be told apart"):
            relay.step()
    assert there.rows(ORDERS) == []


def test_too_large_a_transaction_is_held_in_bounded_memory(there: Two) -> None:
    """A transaction over its caps is held without its rows, and can be left out."""
    there.run()
    there.inside.execute(
        "INSERT INTO app.orders SELECT n, 'x' FROM generate_series(1, 50) AS n"
    )
    there.inside.execute("INSERT INTO app.profile VALUES (1)")
    contents = set()
    for caps in (Caps(changes=49), Caps(bytes=500)):
        stop = there.run(caps=caps).stop
        assert stop is not None
        assert stop.verdict is Verdict.HOLD
        assert any("more than" in one for one in stop.reasons)
        kept = sorted(one.name for one in stop.kept.iterdir())
        assert kept == ["1.receipt.json", "stopped.json"]
        receipt = msgspec.json.decode((stop.kept / kept[0]).read_bytes())
        assert (receipt["coverage"], receipt["subjects"]) == ("SKIPPED", 0)
        contents.add((receipt["content"], receipt["size"] > 500))
    assert stop is not None
    assert len(contents) == 1
    assert verdicts(there) == [("orders", "hold")] * 2
    assert there.run(stop.lsn, caps=caps).applied == 1
    assert there.rows("SELECT id FROM app.profile") == [(1,)]
    left = [("orders", "hold"), ("profiles", "mask")]
    assert verdicts(there)[2:] == left


def test_a_type_that_is_not_relayed_is_held_with_an_entry(there: Two) -> None:
    """A column of such a type that comes later holds its transaction, and is logged."""
    with closing(there.relay()) as relay:
        relay.begin()
        there.inside.execute("ALTER TABLE app.orders ADD COLUMN note bytea")
        with there.inside.transaction():
            there.inside.execute("INSERT INTO app.profile VALUES (1)")
            there.inside.execute("INSERT INTO app.orders VALUES (1, 'x', true, 'y')")
        stop = relay.step().stop
    assert stop is not None
    assert stop.verdict is Verdict.HOLD
    assert any("a type that isn't relayed" in one for one in stop.reasons)
    assert verdicts(there) == [("orders", "hold"), ("profiles", "hold")]
    assert there.rows(ORDERS) == there.rows(ALL) == []


def verdicts(there: Two) -> list[tuple[str, str]]:
    """Return the channels and verdicts that the ledger holds."""
    there.book.close()
    told = releases(there.folder / "ledger").told
    return [(one.channel, one.verdict) for one in told]


def test_a_slot_that_was_moved_or_is_gone_is_refused(there: Two) -> None:
    """What changed and can't be told any more is said, and nothing goes on."""
    there.run()
    there.inside.execute("INSERT INTO app.orders VALUES (1, 'x')")
    there.inside.execute(
        f"SELECT pg_replication_slot_advance('{SLOT}', pg_current_wal_lsn())"
    )
    with pytest.raises(RelayError, match="moved past"):
        there.run()
    drop_slot(there.inside)
    with pytest.raises(RelayError, match="the slot is gone"):
        there.run()
    there.outside.execute("UPDATE ringfence_relay.applied SET inside = 'x'")
    with pytest.raises(RelayError, match="another database"):
        there.run()


def test_a_slot_of_somebody_else_is_not_touched(there: Two) -> None:
    """A slot of that name that isn't for a relay is refused, and stays as it is."""
    make = "SELECT pg_create_logical_replication_slot(%s, 'pgoutput', twophase => true)"
    there.inside.execute(make, [SLOT])
    with pytest.raises(RelayError, match="is another's"):
        there.run()


def test_two_relays_at_once_do_nothing_twice(there: Two) -> None:
    """Of two relays on one slot, the second to write fails, and undoes what it did."""
    there.run()
    there.inside.execute("INSERT INTO app.orders VALUES (1, 'x')")
    with closing(there.relay()) as late:
        late.begin()
        assert there.run().applied == 1
        there.inside.execute("INSERT INTO app.orders VALUES (2, 'y')")
        with pytest.raises(RelayError, match="another relay"):
            late.step()
    assert there.rows(ORDERS) == [(1, "x")]
    assert there.run().applied == 1


REFUSED = {
    "has no table `app.orders`": ("outside", "DROP TABLE app.orders"),
    "`app.orders` has no primary key": (
        "outside",
        "ALTER TABLE app.orders DROP CONSTRAINT orders_pkey",
    ),
    "`app.orders` has no column `paid`": (
        "outside",
        "ALTER TABLE app.orders DROP COLUMN paid",
    ),
    "column `note` of `app.orders` isn't declared": (
        "outside",
        "ALTER TABLE app.orders ADD COLUMN note text",
    ),
    "column `mail` of `app.profile` takes no `token`": (
        "outside",
        "ALTER TABLE app.profile ALTER mail TYPE bytea USING NULL",
    ),
    "`app.orders` makes `number` itself": (
        "outside",
        "ALTER TABLE app.orders ALTER number ADD GENERATED ALWAYS AS IDENTITY",
    ),
    "`app.orders` has rows already": (
        "outside",
        "INSERT INTO app.orders VALUES (1)",
    ),
    "replica identity of `app.orders` has no `number`": (
        "inside",
        "ALTER TABLE app.orders REPLICA IDENTITY NOTHING",
    ),
    "`app.orders` isn't published": (
        "inside",
        "ALTER PUBLICATION partner SET TABLE app.profile",
    ),
    "a publication isn't there": ("inside", "DROP PUBLICATION partner"),
    "of a type that isn't relayed": (
        "inside",
        "ALTER TABLE app.orders ALTER what TYPE bytea USING NULL",
    ),
    "SQLSTATE 3F000": ("outside", "DROP SCHEMA ringfence_relay"),
}


@pytest.mark.parametrize("problem", REFUSED)
def test_what_is_not_right_is_said_before_anything_goes(there: Two, problem) -> None:
    """Whatever isn't as it has to be is refused at the start, with a reason."""
    side, words = REFUSED[problem]
    {"inside": there.inside, "outside": there.outside}[side].execute(words)
    with pytest.raises(RingfenceError, match=problem):
        there.run()
    assert there.asked.left == []


def test_a_login_needs_no_more_than_the_manual_says(there: Two) -> None:
    """Inside, a login that replicates and reads; outside, one that owns its tables."""
    secret = "only-for-this-test"  # noqa: S105
    there.inside.execute(f"CREATE ROLE relay_in LOGIN REPLICATION PASSWORD '{secret}'")
    there.inside.execute("GRANT USAGE ON SCHEMA app TO relay_in")
    there.inside.execute("GRANT SELECT ON app.profile, app.orders TO relay_in")
    there.outside.execute(f"CREATE ROLE relay_out LOGIN PASSWORD '{secret}'")
    there.outside.execute("GRANT USAGE ON SCHEMA app TO relay_out")
    there.outside.execute("ALTER TABLE app.profile OWNER TO relay_out")
    there.outside.execute("ALTER TABLE app.orders OWNER TO relay_out")
    there.outside.execute("ALTER SCHEMA ringfence_relay OWNER TO relay_out")
    names = ("relay_in", "relay_out")
    inside, outside = (
        psycopg.conninfo.make_conninfo(dsn, user=name, password=secret)
        for dsn, name in zip(there.dsns, names, strict=True)
    )
    there.dsns = (inside, outside)
    there.inside.execute("INSERT INTO app.orders VALUES (1, 'x')")
    assert there.run().rows == 1
    there.inside.execute("UPDATE app.orders SET what = 'y'")
    there.inside.execute("TRUNCATE app.profile")
    assert there.run().applied == 2
    there.inside.execute("DROP OWNED BY relay_in; DROP ROLE relay_in")
    there.outside.execute("DROP OWNED BY relay_out CASCADE; DROP ROLE relay_out")
