"""From snapshots written by hand to facts: minimal, closed, and nothing silent."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.sources.postgres import harvest_of
from ringfence.sources.postgres.model import Model
from ringfence.sources.postgres.snapshot import (
    Column,
    Database,
    Function,
    Membership,
    Output,
    Policy,
    Query,
    Snapshot,
    Subscription,
    Use,
)
from tests.postgres_oracle import closure
from tests.unit.sources.postgres.databases import (
    ANN,
    APP,
    BEN,
    BOSS,
    CAT,
    TABLE,
    database,
    grants,
    roles,
    table,
)

COLUMN = "column:w/app.t.a"


def edges(snapshot: Snapshot, *kinds: str) -> set[tuple[str, str, str]]:
    """Return the edges of some kinds, without those of the superuser and PUBLIC."""
    harvest = harvest_of(snapshot, store="w", source="pg")
    return {
        (fact.id, fact.verb or fact.name, fact.value)
        for fact in harvest.facts
        if fact.name in kinds
        and fact.id != "role:w/boss"
        and fact.value != "role:w/PUBLIC"
    }


def reads(snapshot: Snapshot, role: str, *, certain: bool = True) -> bool:
    """Tell whether a role reads the first column."""
    facts = harvest_of(snapshot, store="w", source="pg").facts
    return ("read", COLUMN) in closure(facts, f"role:w/{role}", certain=certain)


def member(who: int, of: int, *, admin=False, inherit=True, set_=True) -> Membership:
    """Return a membership, by default an ordinary one."""
    return Membership(
        oid=who * 1000 + of, role=of, member=who, admin=admin, inherit=inherit, set=set_
    )


def test_a_privilege_stands_at_the_role_that_was_granted_it():
    """Members have no edge of their own: the path names the grant to revoke."""
    snapshot = database(
        member(ANN, BEN),
        relations=(table(acl=grants(SELECT=BEN)),),
        acl=grants(USAGE=0),
    )
    assert edges(snapshot, "has_privilege") == {
        ("role:w/ben", "read", "dataset:w/app.t")
    }
    assert reads(snapshot, "ann")


def test_a_grant_to_public_is_one_edge():
    """What PUBLIC holds is stated once."""
    snapshot = database(relations=(table(acl=grants(SELECT=0)),), acl=grants(USAGE=0))
    assert edges(snapshot, "has_privilege") == {
        ("role:w/PUBLIC", "read", "dataset:w/app.t")
    }


def test_select_without_usage_is_nothing():
    """SELECT on a table is worth nothing without USAGE on its schema."""
    snapshot = database(relations=(table(acl=grants(SELECT=ANN)),))
    assert not reads(snapshot, "ann", certain=False)


def test_usage_and_select_meet_in_who_has_both():
    """The edge stands at the lowest role that has USAGE and SELECT together."""
    snapshot = database(
        member(ANN, BEN, inherit=False),
        member(ANN, CAT, inherit=False),
        relations=(table(acl=grants(SELECT=BEN)),),
        acl=grants(USAGE=CAT),
    )
    assert edges(snapshot, "has_privilege") == {
        ("role:w/ann", "read", "dataset:w/app.t")
    }


def test_what_can_not_be_prepared_needs_both_at_once():
    """TRUNCATE with USAGE and privilege in two roles is undecided, reading isn't."""
    snapshot = database(
        member(ANN, BEN, inherit=False),
        member(ANN, CAT, inherit=False),
        relations=(table(acl=grants(SELECT=BEN, TRUNCATE=BEN)),),
        acl=grants(USAGE=CAT),
    )
    facts = harvest_of(snapshot, store="w", source="pg").facts
    unknown = {f.verb: bool(f.unknown) for f in facts if f.name == "has_privilege"}
    assert unknown == {"read": False, "truncate": True}


def test_inherited_without_set_stands_at_the_member():
    """A role whose attributes aren't inherited isn't stated as a membership."""
    snapshot = database(
        member(ANN, BEN, set_=False),
        roles=roles(ben={"bypass_rls": True}),
        relations=(table(acl=grants(SELECT=BEN)),),
        acl=grants(USAGE=0),
    )
    harvest = harvest_of(snapshot, store="w", source="pg")
    assert edges(snapshot, "member_of") == set()
    assert ("role:w/ann", "read", "dataset:w/app.t") in edges(snapshot, "has_privilege")
    assert any("can't become it" in note.message for note in harvest.notes)


def test_row_security_is_a_control_for_those_it_binds():
    """Row security is in the way of a reader, not of an owner or BYPASSRLS."""
    snapshot = database(
        roles=roles(cat={"bypass_rls": True}),
        relations=(table(acl=grants(SELECT=(ANN, CAT)), owner=BEN, row_security=True),),
        acl=grants(USAGE=0),
        policies=(Policy(oid=1, name="mine", relation=TABLE, command="*"),),
    )
    found = {name: reads(snapshot, name) for name in ("ann", "ben", "cat")}
    assert found == {"ann": False, "ben": True, "cat": True}
    assert reads(snapshot, "ann", certain=False)


def test_row_security_without_a_policy_says_so():
    """Row security without a policy for a verb lets no row through."""
    relation = table(acl=grants(SELECT=ANN), row_security=True)
    snapshot = database(relations=(relation,), acl=grants(USAGE=0))
    harvest = harvest_of(snapshot, store="w", source="pg")
    (edge,) = [f for f in harvest.facts if f.name == "has_privilege"]
    assert edge.control == "row security of t: no policy lets a row through"


def test_column_grants_are_edges_to_columns():
    """A grant on a column reaches that column and no other."""
    columns = (
        Column(number=1, name="a", acl=grants(SELECT=ANN)),
        Column(number=2, name="b"),
    )
    snapshot = database(relations=(table(columns=columns),), acl=grants(USAGE=0))
    assert edges(snapshot, "has_privilege") == {("role:w/ann", "read", COLUMN)}


def test_a_login_without_connect_is_undecided():
    """What a login holds in a database that it can't enter is undecided."""
    snapshot = database(
        relations=(table(acl=grants(SELECT=ANN)),),
        acl=grants(USAGE=0),
        database=Database(oid=1, name="d", owner=BOSS, acl=grants(CONNECT=BEN)),
    )
    assert not reads(snapshot, "ann")
    assert reads(snapshot, "ann", certain=False)


def view(**changes: object) -> Query:
    """Return the query of a view that shows column `a` and tests `b`."""
    return Query(
        uses=(Use(relation=TABLE, verbs=("SELECT",), columns=(1, 2)),),
        outputs=(Output(number=1, sources=((TABLE, 1, True),)),),
        **changes,  # type: ignore[arg-type]
    )


def with_view(owner: int, *, base: int, **changes: object) -> Snapshot:
    """Return a database with a view that ann may read."""
    seen = table(
        oid=TABLE + 1,
        name="v",
        kind="v",
        owner=owner,
        acl=grants(SELECT=ANN),
        columns=(Column(number=1, name="a"),),
        **({"query": view()} | changes),
    )
    relations = (table(acl=grants(SELECT=base)), seen)
    return database(relations=relations, acl=grants(USAGE=0))


def test_a_view_opens_the_table_as_its_owner():
    """A view's reader reads what the view's owner may."""
    assert reads(with_view(BEN, base=BEN), "ann")


def test_a_view_whose_owner_may_not_read_opens_nothing():
    """A view fails for everybody when its owner lacks the privilege."""
    assert not reads(with_view(BEN, base=CAT), "ann", certain=False)


def test_a_column_that_is_only_tested_is_undecided():
    """What a view tests but doesn't show may leak; it isn't read."""
    facts = harvest_of(with_view(BEN, base=BEN), store="w", source="pg").facts
    tested = [f for f in facts if f.value == "column:w/app.t.b" and f.unknown]
    assert [f.id for f in tested] == ["dataset:w/app.v"]


def test_a_view_that_checks_its_reader_opens_nothing_more():
    """A security_invoker view gives its reader nothing new."""
    snapshot = with_view(BEN, base=BEN, security_invoker=True)
    assert not reads(snapshot, "ann", certain=True)


def test_a_view_that_is_not_understood_may_open_everything():
    """A view whose query can't be read may show anything in the store."""
    snapshot = with_view(BEN, base=BEN, query=None)
    assert not reads(snapshot, "ann")
    assert reads(snapshot, "ann", certain=False)


def test_rows_that_a_view_keeps_back_are_a_control():
    """A view with a condition shows some rows: certain, but with a control."""
    snapshot = with_view(BEN, base=BEN, query=view(filtered=True))
    facts = harvest_of(snapshot, store="w", source="pg").facts
    (edge,) = [f for f in facts if f.name == "derived_from" and f.value == COLUMN]
    assert (edge.control, edge.unknown) == ("view v shows only some rows", "")


@pytest.mark.parametrize(
    ("settings", "body", "decided"),
    [
        ((), "SELECT a FROM app.t", True),
        ((), "SELECT a FROM t", False),
        ((), "SELECT a FROM app.t WHERE b = '1'", False),
        (("search_path=app, pg_temp",), "SELECT a FROM t WHERE b = '1'", True),
        (("search_path=app",), "SELECT a FROM t", False),
        ((), "SELECT f(a) FROM app.t", False),
        ((), "DELETE FROM app.t", False),
        ((), "not sql at all", False),
        ((), "SELECT a FROM app.t; SELECT b FROM app.t", False),
        ((), "SELECT (SELECT a FROM app.t)", False),
        ((), "SELECT x.a FROM app.t AS x", True),
        ((), "SELECT * FROM app.t", True),
        ((), "SELECT nothing.a FROM app.t", False),
    ],
)
def test_a_body_is_decided_only_when_nobody_can_change_it(settings, body, decided):
    """A function is decided when no caller can plant a name that it looks up."""
    function = Function(
        oid=30_000,
        name="f",
        schema=APP,
        arguments="",
        owner=BEN,
        acl=grants(EXECUTE=ANN),
        language="sql",
        settings=settings,
        body=body,
    )
    snapshot = database(
        relations=(table(acl=grants(SELECT=BEN)),),
        acl=grants(USAGE=0),
        functions=(function,),
    )
    runs_as = edges(snapshot, "runs_as")
    assert (runs_as == set()) is decided
    if decided:
        assert (
            reads(snapshot, "ann") or "WHERE" in body  # the condition is a control
        )
    assert reads(snapshot, "ann", certain=False)


def test_what_could_not_be_read_is_listed():
    """An unread part is noted, and widens reach when it may hide a way."""
    snapshot = database(
        relations=(table(),), unread={"functions": "denied", "slots": "denied"}
    )
    harvest = harvest_of(snapshot, store="w", source="pg")
    assert {note.message for note in harvest.notes} >= {
        "functions can't be read as `ann`: denied",
        "slots can't be read as `ann`: denied",
    }
    assert reads(snapshot, "cat", certain=False)
    assert not reads(snapshot, "cat")


def test_a_subscription_is_a_copy_of_something_unread():
    """A subscription whose address can't be read is stated and noted."""
    copy = Subscription(oid=9, name="feed", owner=BOSS, relations=(TABLE,))
    snapshot = database(relations=(table(),), subscriptions=(copy,))
    assert edges(snapshot, "derived_from") == {
        ("dataset:w/app.t", "derived_from", "dataset:(unread)/app.t")
    }


def test_what_the_database_holds_is_covered():
    """The collector lists every principal of each dataset that it saw, no other's."""
    assert harvest_of(database(), store="w", source="pg").covers == []
    found = harvest_of(with_view(BEN, base=BEN), store="w", source="pg")
    seen = {fact.id for fact in found.facts if fact.id.startswith("dataset:")}
    assert set(found.covers) == seen
    assert len(found.covers) > 1


def test_a_snapshot_survives_a_file(tmp_path):
    """A snapshot that is saved and loaded gives the same facts."""
    from ringfence.sources.postgres.snapshot import load, save  # noqa: PLC0415

    snapshot = with_view(BEN, base=BEN)
    save(snapshot, tmp_path / "d.json")
    assert load(tmp_path / "d.json", "d.json") == snapshot
    assert (tmp_path / "d.json").stat().st_mode & 0o077 == 0


some_role = st.sampled_from((ANN, BEN, CAT))
some_grant = st.sampled_from(("SELECT", "INSERT", "TRUNCATE"))


@given(
    st.lists(
        st.builds(
            member,
            some_role,
            some_role,
            admin=st.booleans(),
            inherit=st.booleans(),
            set_=st.booleans(),
        ),
        max_size=5,
    ),
    st.lists(st.tuples(some_grant, some_role), max_size=5),
    st.lists(some_role, max_size=3),
    st.sampled_from((150000, 180000)),
)
def test_fewest_edges_lose_nothing(memberships, held, finders, version):
    """The closure over what is stated is exactly what each role comes to."""
    acl = tuple(g for verb, who in held for g in grants(**{verb: who}))
    usage = tuple(g for who in finders for g in grants(USAGE=who))
    snapshot = database(
        *memberships, relations=(table(acl=acl),), acl=usage, version=version
    )
    facts = harvest_of(snapshot, store="w", source="pg").facts
    model = Model(snapshot)
    (relation,), (schema,) = snapshot.relations, snapshot.schemas
    for name, oid in (("ann", ANN), ("ben", BEN), ("cat", CAT)):
        usable = model.powers.powers[model.powers.bit[oid]].usable
        for verb, stated in (("SELECT", "read"), ("INSERT", "insert")):
            expected = bool(
                usable & model.holders(relation, verb)
                and usable & model.finders(schema)
            )
            certain = closure(facts, f"role:w/{name}", certain=True)
            assert ((stated, COLUMN) in certain) is expected


@given(st.sampled_from(("SELECT", "UPDATE", "TRIGGER")), some_role)
def test_a_new_grant_never_removes_reach(verb, who):
    """One more grant leaves every state that was reached."""
    before = database(member(ANN, BEN), relations=(table(),), acl=grants(USAGE=0))
    relations = (table(acl=grants(**{verb: who})),)
    after = msgspec.structs.replace(before, relations=relations)
    for role in ("ann", "ben", "cat", "PUBLIC"):
        old, new = (
            closure(
                harvest_of(each, store="w", source="pg").facts,
                f"role:w/{role}",
                certain=False,
            )
            for each in (before, after)
        )
        assert old <= new
