"""What goes wrong between the relay and its databases; nothing quotes a value."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from ringfence.errors import Locus, RingfenceError

_HINTS = {
    "55006": "another relay uses the slot: end it first",
    "42704": "check the names of slot and publications",
    "42501": "grant the login what the manual lists",
    "42P01": "make the table, or grant the login its schema",
    "3F000": "make the schema, and have the login own it",
    "22023": "publications that differ in a table's columns can't be relayed together",
    "0A000": "publications that differ in a table's columns can't be relayed together",
}
_HINT = "check host, port, database, login and password"


class RelayError(RingfenceError):
    """The relay can't go on. Nothing went by it that the ledger doesn't hold."""


@contextmanager
def told(side: str) -> Iterator[None]:
    """Make one error of whatever a database says: its text may quote values.

    Args:
        side: `inside` or `outside`.

    Raises:
        RelayError: It failed.
    """
    try:
        yield
    except psycopg.Error as error:
        code = error.sqlstate
        why = f"SQLSTATE {code}" if code else type(error).__name__
        hint = _HINTS.get(code or "", "" if code else _HINT) or None
        message = f"the database doesn't do what it is asked: {why}"
        raise RelayError(message, Locus(side), hint) from None
    except UnicodeError:
        raise RelayError("a text isn't in its encoding", Locus(side)) from None
