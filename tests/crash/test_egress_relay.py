"""The relay killed after each step of its work: each transaction once, none unjudged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

import pytest

from ringfence.egress.channels.judge import Verdict
from tests.replicating import Pair, Two, both, renew, there

__all__ = ["both", "there"]
_FEWEST = 8  # steps that there are at least: else nothing was killed
# What only reads leaves nothing behind: to be killed there is to be killed before.
READS = (
    *("open", "columns", "confirmed", "identity", "is_empty", "kinds", "now"),
    *("published", "state", "changes", "left_out"),
)

COUNTED = """
CREATE TABLE app.counted (number bigint, what text);
CREATE FUNCTION app.count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO app.counted VALUES (coalesce(new.number, old.number), tg_op);
    RETURN NULL;
END $$;
CREATE TRIGGER counted AFTER INSERT OR UPDATE OR DELETE ON app.orders
    FOR EACH ROW EXECUTE FUNCTION app.count();
"""


class Killed(BaseException):
    """The relay ends here, and does nothing more."""


class Kill:
    """Ends a relay after a number of steps: of calls, and of what they yield."""

    def __init__(self, after: int) -> None:
        self.left = after

    def step(self) -> None:
        """Count a step; all that come after the last one fail, too."""
        self.left -= 1
        if self.left <= 0:
            raise Killed

    def __call__(self, _name: str, one: Any) -> Any:
        """Return something whose every call is a step."""
        return _Stepping(one, self)


class _Stepping:
    def __init__(self, one: Any, kill: Kill) -> None:
        self._one, self._kill = one, kill

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._one, name)
        # What lets go of a connection is what the system does to whoever is killed.
        if not callable(found) or name in ("close", "undo", *READS):
            return found
        return _stepping(found, self._kill)


def _stepping(call: Callable[..., Any], kill: Kill) -> Callable[..., Any]:
    @wraps(call)
    def called(*given: Any, **named: Any) -> Any:
        found = call(*given, **named)
        if isinstance(found, Iterator):
            return _yielding(found, kill)
        kill.step()
        return found

    return called


def _yielding(found: Iterator[Any], kill: Kill) -> Iterator[Any]:
    for one in found:
        yield one
        kill.step()


def killed(there: Two, after: int, *leave_out: int, **more: Any) -> bool:
    """Run a relay that is killed after so many steps; return whether it was."""
    there.wrap = Kill(after)
    try:
        there.run(*leave_out, **more)
    except Killed:
        return True
    finally:
        there.wrap = lambda _name, one: one
    return False


def judged(there: Two) -> None:
    """Check that every row that is outside was let go before, as it is."""
    left = b"".join(there.asked.left)
    for number, what, _ in there.rows("TABLE app.orders"):
        assert b'"number":%d,"what":"%s"' % (number, what.encode()) in left
    for key, city, mail, *_ in there.rows("TABLE app.profile"):
        line = b'"id":%d,"city":"%s","mail":"%s"' % (key, city.encode(), mail.encode())
        assert line in left


def test_the_copy_is_there_whole_or_not_at_all(both: Pair, there: Two) -> None:
    """Killed at any step of the beginning, the next relay copies what there is, once."""
    for after in range(1, 1_000):
        renew(both)
        there.outside.execute(COUNTED)
        mail = "ann@example.com"
        there.inside.execute("INSERT INTO app.profile VALUES (1, 'Reno', %s)", [mail])
        there.inside.execute("INSERT INTO app.orders VALUES (1, 'a'), (2, 'b')")
        is_killed = killed(there, after, rows=1)
        judged(there)
        assert len(there.rows("TABLE app.orders")) in (0, 2)
        there.inside.execute("INSERT INTO app.orders VALUES (3, 'c')")
        there.run(rows=1)
        judged(there)
        assert len(there.rows("TABLE app.profile")) == 1
        counted = there.rows("TABLE app.counted")
        assert sorted(counted) == [(n, "INSERT") for n in (1, 2, 3)]
        if not is_killed:
            assert after > _FEWEST
            return
    pytest.fail("the relay never came to its end")


def test_each_transaction_is_there_once(there: Two) -> None:
    """Killed at any step, what is outside is a whole prefix; then all of it, once."""
    there.outside.execute(COUNTED)
    there.run()
    for after in range(1, 1_000):
        first = after * 10
        change(there, first)
        is_killed = killed(there, after, batch=1)
        judged(there)
        assert state(there, first) in PREFIXES
        there.run()
        judged(there)
        assert state(there, first) == PREFIXES[-1]
        query = "SELECT what FROM app.counted WHERE number >= %s"
        counted = there.outside.execute(query, [first]).fetchall()
        assert counted == [("INSERT",), ("UPDATE",), ("INSERT",), ("UPDATE",)]
        if not is_killed:
            assert after > _FEWEST
            return
    pytest.fail("the relay never came to its end")


PREFIXES = [
    ([], []),
    ([(0, "a")], []),
    ([(1, "a"), (2, "c")], ["Reno"]),
]


def change(there: Two, first: int) -> None:
    """Commit two transactions inside."""
    base = there.inside
    base.execute("INSERT INTO app.orders VALUES (%s, 'a')", [first])
    with base.transaction():
        values = [first, "bo@example.com"]
        base.execute(
            "UPDATE app.orders SET number = %s + 1 WHERE number = %s", [first] * 2
        )
        base.execute("INSERT INTO app.profile VALUES (%s, 'Reno', %s)", values)
        base.execute("INSERT INTO app.orders VALUES (%s, 'b')", [first + 2])
        base.execute("UPDATE app.orders SET what = 'c' WHERE number = %s", [first + 2])


def state(there: Two, first: int) -> tuple[list[Any], list[Any]]:
    """Return what is outside of two transactions."""
    query = "SELECT number - %s, what FROM app.orders WHERE number >= %s ORDER BY 1"
    rows = there.outside.execute(query, [first, first]).fetchall()
    query = "SELECT city FROM app.profile WHERE id >= %s"
    cities = there.outside.execute(query, [first]).fetchall()
    return rows, [city for (city,) in cities]


def test_what_is_stopped_at_stays_inside_however_it_ends(there: Two) -> None:
    """Killed at any step, a blocked transaction and all behind it stay inside."""
    there.run()
    there.inside.execute("INSERT INTO app.orders VALUES (1, 'bo@example.com')")
    there.inside.execute("INSERT INTO app.orders VALUES (2, 'b')")
    for after in range(1, 1_000):
        is_killed = killed(there, after)
        assert there.rows("TABLE app.orders") == []
        if not is_killed:
            break
    stop = there.run().stop
    assert stop is not None
    assert stop.verdict is Verdict.BLOCK
    for after in range(1, 1_000):
        if not killed(there, after, stop.lsn):
            break
        assert len(there.rows("TABLE ringfence_relay.left_out")) <= 1
    assert there.rows("SELECT number FROM app.orders") == [(2,)]
    assert len(there.rows("TABLE ringfence_relay.left_out")) == 1
