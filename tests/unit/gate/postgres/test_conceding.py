"""Functions that show what exceptions concede: their names, and what they ask."""

from __future__ import annotations

import hashlib

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from ringfence.gate.postgres.catalogue import Column, Function, Relation
from ringfence.gate.postgres.conceding import SCHEMA, Shown, bare
from ringfence.gate.postgres.roles import LEAVE
from ringfence.gate.postgres.statements import ends_transaction
from ringfence.gate.postgres.wanted import Conceded
from tests.unit.gate.postgres.test_bad_input import EMPTY

MAIL = Column("mail", "mail", "text", ())
USERS = Relation("a.users", "a.users", "a", "r", "own", (), (MAIL,))
ONE = Conceded("q1", ("ann",), "a.users", ("mail",), "2999-01-01T00:00:00Z", 5)
SHOWN = Shown(ONE, ("ann",), USERS, {"mail": "text"}, ("mail",), "")
MOST = 63


def made(one: Shown) -> Function:
    """Return the function as a catalogue has it."""
    return Function(
        one.name,
        SCHEMA,
        LEAVE,
        definer=True,
        leakproof=False,
        language="sql",
        acl=tuple((who, LEAVE, "EXECUTE", False) for who in (LEAVE, *one.logins)),
        config=("search_path=pg_catalog, pg_temp", "row_security=on", "TimeZone=utc"),
        body=hashlib.sha256(one.body.encode()).hexdigest(),
        extension="",
    )


def named(name: str, table: str) -> str:
    one = msgspec.structs.replace(ONE, name=name)
    relation = msgspec.structs.replace(USERS, name=table)
    return Shown(one, ("ann",), relation, {}, (), "").name


@given(st.text(min_size=1), st.text(min_size=1), st.text(min_size=1))
def test_names_fit_and_differ(name: str, table: str, other: str):
    """No name is longer than the server keeps, and a long one isn't cut to another."""
    found = named(name, table)
    inner = found.removeprefix(f'{SCHEMA}."').removesuffix('"()').replace('""', '"')
    assert len(inner.encode()) <= MOST
    if other != table:
        assert named("q" * MOST, other) != named("q" * MOST, table)


def test_a_function_is_known_by_all_that_makes_it_safe():
    """Whose it is, who calls it, what it asks and how it is set: each counts."""
    found = made(SHOWN)
    assert SHOWN.is_(found)
    replace = msgspec.structs.replace
    more = (*found.acl, ("bob", LEAVE, "EXECUTE", False))
    on = ((LEAVE, LEAVE, "EXECUTE", False), ("ann", LEAVE, "EXECUTE", True))
    for other in (
        replace(found, owner="postgres"),
        replace(found, definer=False),
        replace(found, leakproof=True),
        replace(found, config=()),
        replace(found, body="0"),
        replace(found, language="plpgsql"),
        replace(found, acl=more),
        replace(found, acl=on),
    ):
        assert not SHOWN.is_(other)


def test_a_change_of_anything_is_another_function():
    """Another end, cap, login, type or condition has another body."""
    replace = msgspec.structs.replace
    bodies = {
        one.body
        for one in (
            SHOWN,
            Shown(replace(ONE, until="x"), ("ann",), USERS, {"mail": "text"}, (), ""),
            Shown(replace(ONE, most=4), ("ann",), USERS, {"mail": "text"}, (), ""),
            Shown(ONE, ("ann", "bob"), USERS, {"mail": "text"}, (), ""),
            Shown(ONE, ("ann",), USERS, {"mail": "bytea"}, (), ""),
            Shown(ONE, ("ann",), USERS, {"mail": "text"}, (), "(region <> 'US')"),
        )
    }
    assert len(bodies) == 6


@given(
    st.text(alphabet="'\\;*/ab\"", max_size=8), st.text(alphabet="'\\;ab", max_size=8)
)
def test_no_name_ends_the_text_that_it_stands_in(login: str, until: str):
    """Quotes, semicolons and comments in names stay what they are."""
    one = msgspec.structs.replace(ONE, until=until)
    types = {'"a */; COMMIT; /*"': "text"}
    found = Shown(one, (login,), USERS, types, (), "").body
    assert not ends_transaction(found)


def test_a_catalogue_without_exceptions_is_as_it_was():
    """What an exception in force adds is taken out; what it doesn't, stays."""
    replace = msgspec.structs.replace
    read = (LEAVE, "own", "SELECT", False)
    granted = replace(USERS, columns=(replace(MAIL, acl=(read,)),))
    found = replace(EMPTY, relations=(granted,), functions=(made(SHOWN),))
    clean = replace(EMPTY, relations=(USERS,))
    assert bare(found) == bare(found, [SHOWN]) == clean
    assert bare(found, ()) == found
    strange = replace(made(SHOWN), body="0")
    other = replace(found, functions=(strange,))
    assert bare(other, [SHOWN]).functions == (strange,)
    lent = replace(made(SHOWN), schema="a")
    assert bare(replace(found, functions=(lent,))).functions == (lent,)
