"""Lists of grants: who loses what, in which commands, and how a list comes back."""

from __future__ import annotations

from ringfence.gate.postgres.listing import (
    Listed,
    granting,
    literal,
    losing,
    names,
    quoted,
    restoring,
    revoking,
)

OWNER = ("own", "own", "SELECT", False)
LISTED = Listed(
    "TABLE a.t",
    "own",
    (
        OWNER,
        ("mid", "own", "SELECT", True),
        ("mid", "own", "INSERT", False),
        ("far", "mid", "SELECT", False),
        ("", "own", "SELECT", False),
    ),
    {"b": (("far", "own", "UPDATE", False),)},
)


def test_names_are_quoted():
    """A quote is doubled; PUBLIC is no name."""
    assert names(['a"b', "", "C"]) == '"a""b", PUBLIC, "C"'


def test_texts_are_spelled_as_the_server_prints_them():
    """A backslash takes the escaping form, a quote is doubled."""
    assert [literal(one) for one in ("US", "o'x", "a\\b")] == [
        "'US'",
        "'o''x'",
        "E'a\\\\b'",
    ]


def test_whoever_loses_takes_along_what_it_granted_on():
    """`far` has its grant from `mid`, which may not grant it any more."""
    gone = losing(LISTED, frozenset({"mid"}))
    assert [one[:2] for _, one in gone] == [
        ("mid", "own"),
        ("mid", "own"),
        ("far", "mid"),
    ]
    assert revoking(LISTED, gone) == [
        'REVOKE SELECT, INSERT ON TABLE a.t FROM "mid" CASCADE'
    ]


def test_what_another_granted_is_taken_back_as_it():
    """Only who granted can revoke, if that isn't the owner."""
    gone = losing(LISTED, frozenset({"far"}), ["SELECT"])
    assert revoking(LISTED, gone) == [
        'SET LOCAL ROLE "mid"; REVOKE SELECT ON TABLE a.t FROM "far"; RESET ROLE'
    ]


def test_an_owner_loses_nothing():
    """What an owner has it has by being that."""
    assert losing(LISTED, frozenset({"own"})) == []


def test_columns_are_spelled_with_their_privilege():
    """A column's own grant names the column; the whole relation's doesn't."""
    gone = losing(LISTED, frozenset({"far"}), ["UPDATE"])
    assert revoking(LISTED, gone) == ['REVOKE UPDATE (b) ON TABLE a.t FROM "far"']
    new = [("x", "SELECT", "b"), ("x", "SELECT", "a"), ("x", "INSERT", "")]
    assert granting(LISTED, new) == ['GRANT INSERT, SELECT (a, b) ON TABLE a.t TO "x"']


def test_one_columns_own_list_can_be_meant():
    """A cut of a column leaves the relation's grants alone."""
    assert losing(LISTED, frozenset({"far"}), column="b") == [
        ("b", ("far", "own", "UPDATE", False))
    ]


def test_a_list_comes_back_in_its_order():
    """All is taken away and granted anew, each by whoever granted it."""
    after = LISTED.without(LISTED.grants()[1:]).given([("new", "SELECT", "")])
    assert restoring(LISTED, after) == (
        "REVOKE ALL ON TABLE a.t FROM PUBLIC CASCADE",
        'REVOKE ALL ON TABLE a.t FROM "far" CASCADE',
        'REVOKE ALL ON TABLE a.t FROM "mid" CASCADE',
        'REVOKE ALL ON TABLE a.t FROM "new" CASCADE',
        'REVOKE ALL ON TABLE a.t FROM "own" CASCADE',
        'GRANT SELECT ON TABLE a.t TO "own"',
        'GRANT SELECT ON TABLE a.t TO "mid" WITH GRANT OPTION',
        'GRANT INSERT ON TABLE a.t TO "mid"',
        'SET LOCAL ROLE "mid"; GRANT SELECT ON TABLE a.t TO "far"; RESET ROLE',
        "GRANT SELECT ON TABLE a.t TO PUBLIC",
        'GRANT UPDATE (b) ON TABLE a.t TO "far"',
    )


def test_a_new_owner_stands_for_the_old_one():
    """In every entry, as grantee and as grantor."""
    found = LISTED.owned("next")
    assert found.acl[0] == ("next", "next", "SELECT", False)
    assert found.columns["b"] == (("far", "next", "UPDATE", False),)
    assert quoted(found.owner) == '"next"'
