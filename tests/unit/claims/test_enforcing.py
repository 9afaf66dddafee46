"""What a database has to do: who is inside after the cuts, what is protected, what ends."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringfence.boundary.decision.scene import Marker
from ringfence.boundary.model import BoundaryException, Gate, Rows
from ringfence.claims.case import Case
from ringfence.claims.enforcing import Enforcing, store_of, wanted
from ringfence.claims.snapshot import Ask, opened
from ringfence.errors import ConfigError
from ringfence.estate.facts import Fact
from ringfence.gate.postgres.wanted import Cut
from ringfence.reach.frontier import Uncuttable
from ringfence.reach.graph import Graph
from ringfence.reach.matrix import pairs
from ringfence.reach.plan import after
from tests.estates import attribute, case, edge, source

GATE = Gate(("in-china",), rows=(Rows(("w/a.*",), "region", ("US",)),))
TABLE, MAIL = "dataset:w/a.users", "column:w/a.users.mail"
FACTS = (
    source(),
    attribute("person:ann", "residence", "CN"),
    attribute("person:bo", "residence", "US"),
    attribute("person:cy", "residence", "US"),
    attribute(MAIL, "tag", "EMAIL"),
    attribute("column:w/a.users.note", "tag", "none"),
    attribute("column:w/a.total.count", "tag", "none"),
    edge("store:w", "contains", TABLE),
    edge("store:w", "contains", "dataset:w/a.total"),
    edge(TABLE, "contains", MAIL),
    edge(TABLE, "contains", "column:w/a.users.note"),
    edge("dataset:w/a.total", "contains", "column:w/a.total.count"),
    *(attribute(f"role:w/{one}", "login", "yes") for one in ("app", "ann_db", "job")),
    attribute("role:w/reader", "login", "no"),
    edge("person:ann", "member_of", "group:dev"),
    edge("person:bo", "member_of", "group:dev"),
    edge("group:dev", "can_use", "tool:pulse"),
    edge("tool:pulse", "runs_as", "role:w/app"),
    edge("role:w/app", "member_of", "role:w/reader"),
    edge("role:w/reader", "has_privilege", TABLE, verb="read"),
)
OWN = (
    edge("person:ann", "runs_as", "role:w/ann_db"),
    edge("role:w/ann_db", "member_of", "role:w/reader"),
)


def ready(folder: Path, facts: Iterable[Fact] = FACTS, **more: object) -> Enforcing:
    return Enforcing(case(folder, facts, gate=GATE, **more), "w")


def test_a_shared_login_is_inside_once_the_excluded_has_left(tmp_path: Path):
    """Ann leaves the group, which is no grant of the database; Bo keeps its login."""
    found = ready(tmp_path).wanted
    assert (found.inside, found.outside) == (("app",), ("ann_db", "job"))
    assert found.cuts == ()
    assert [one.change for one in found.findings if one.kind == "organisational"] == [
        "remove ann from dev",
        "say in the register of tools who runs them",
    ]


def test_a_membership_of_the_database_is_a_cut(tmp_path: Path):
    """Ann's own login loses the reader role; it isn't inside, for she holds it."""
    found = ready(tmp_path, [*FACTS, *OWN]).wanted
    assert (
        Cut("member_of", "ann_db", "reader", "", "by it ann got across") in found.cuts
    )
    assert "ann_db" in found.outside


def test_a_privilege_of_the_database_is_a_cut(tmp_path: Path):
    """A grant on a table names the table and the verb."""
    grant = edge("role:w/ann_db", "has_privilege", TABLE, verb="read")
    found = ready(tmp_path, [*FACTS, OWN[0], grant]).wanted
    assert [(one.kind, one.role, one.what, one.verb) for one in found.cuts] == [
        ("has_privilege", "ann_db", "a.users", "read")
    ]


def test_tables_are_those_with_protected_columns(tmp_path: Path):
    """A table names its protected columns and its marker; a total is released."""
    found = ready(tmp_path)
    (table,) = found.tables
    assert (table.name, table.columns) == ("a.users", ("mail",))
    assert table.rows == Marker("region", ("US",))
    assert found.released == {"a.total"}


def test_whom_nothing_is_known_of_keeps_a_login_outside(tmp_path: Path):
    """Dee's residence isn't stated: she leaves too, and what is hers is outside."""
    facts = [
        *FACTS,
        edge("person:dee", "member_of", "group:dev"),
        edge("person:dee", "runs_as", "role:w/job"),
    ]
    found = ready(tmp_path, facts)
    assert "person:dee" in found.kept_out
    assert "job" in found.wanted.outside
    assert "remove dee from dev" in {one.change for one in found.wanted.findings}


def test_an_exception_is_not_the_databases_to_concede(tmp_path: Path):
    """A database doesn't count what is seen: the gate is asked instead."""
    leave = BoundaryException(
        "leave", ("person:ann",), ("w/a.users.mail",), "x", "bo", 9, "2099-01-01"
    )
    gate = msgspec.structs.replace(GATE, exceptions=("leave",))
    found = Enforcing(case(tmp_path, FACTS, gate=gate, exceptions=(leave,)), "w")
    assert "the exception leave isn't conceded by the database" in {
        one.what for one in found.wanted.findings
    }


def test_what_cannot_be_cut_is_a_finding(tmp_path: Path):
    """A copy can't be taken away: whoever holds it is named."""
    facts = [
        *FACTS,
        edge("person:ann", "has_privilege", "column:w/b.copy.mail", verb="read"),
        edge("column:w/b.copy.mail", "derived_from", MAIL),
    ]
    found = ready(tmp_path, facts)
    told = " ".join(one.what for one in found.wanted.findings)
    assert found.wanted.findings
    assert "ann" in told


def test_where_nobody_crosses_nothing_ends(tmp_path: Path):
    """Without a way across there is no plan, and the estate stays what it is."""
    facts = [f for f in FACTS if (f.id, f.name) != ("person:ann", "member_of")]
    found = ready(tmp_path, facts)
    assert (found.plan, found.changes, found.wanted.cuts) == (None, (), ())
    assert found.inside == ("app",)


def test_who_loses_by_the_cuts_is_named(tmp_path: Path):
    """Cy gets at the data through Ann alone: what Ann loses, Cy loses."""
    found = ready(tmp_path, [*FACTS, edge("person:cy", "can_assume", "person:ann")])
    told = [one.what for one in found.wanted.findings]
    assert "the cuts take 1 pairs from cy" in told


def test_what_nobody_can_take_away_is_named(tmp_path: Path):
    """If no plan closes a pair, both its ends are told, and nothing is cut."""
    found = ready(tmp_path)
    number = found.graph.number
    found.__dict__["plan"] = Uncuttable(number["person:ann"], number[MAIL])
    told = [one.what for one in found.wanted.findings]
    assert "ann reaches w/a.users.mail by what can't be taken away" in told
    assert found.changes == ()


@pytest.mark.parametrize(
    ("store", "facts", "message"),
    [
        ("v", FACTS, "the estate knows no login of the store `v`"),
        ("w", [f for f in FACTS if f.name != "login"], "knows no login of the store"),
    ],
)
def test_a_store_without_logins_is_an_error(
    tmp_path: Path, store: str, facts: list[Fact], message: str
):
    """What isn't a collected database can't be closed."""
    with pytest.raises(ConfigError, match=message):
        wanted(case(tmp_path, facts, gate=GATE), store)


def test_a_boundary_without_a_gate_is_an_error(tmp_path: Path):
    """What is enforced has to be said."""
    with pytest.raises(ConfigError, match="says nothing of a gate"):
        wanted(case(tmp_path, FACTS), "w")


def test_the_only_store_need_not_be_named(tmp_path: Path):
    """With several, one has to be."""
    for name in "123":
        (tmp_path / name).mkdir()
    assert store_of(case(tmp_path / "1", FACTS)) == "w"
    more = [*FACTS, attribute("role:v/x", "login", "yes")]
    with pytest.raises(ConfigError, match="2 stores with logins"):
        store_of(case(tmp_path / "2", more))
    with pytest.raises(ConfigError, match="no store with logins"):
        store_of(case(tmp_path / "3", [f for f in FACTS if f.name != "login"]))


# --- nobody legitimate loses ------------------------------------------------------------


def legitimate_pairs(found: Enforcing, graph: Graph) -> set[tuple[int, int]]:
    """Return who, of those who may, reaches what of what is protected."""
    aim = found.aim
    who, what = pairs(graph, aim.legitimate, aim.targets, aim.verbs).each()
    return set(zip(who.tolist(), what.tolist(), strict=True))


def enforced(found: Enforcing) -> Graph:
    """Return the graph after the cuts, with logins outside reading nothing."""
    graph = found.after
    shut = {graph.number[f"role:w/{one}"] for one in found.wanted.outside}
    return after(graph, np.flatnonzero(np.isin(graph.tail, sorted(shut))))


_PEOPLE = ("ann", "bo", "cy", "dee")
_NODES = (
    *(f"person:{one}" for one in _PEOPLE),
    "group:dev",
    "tool:pulse",
    *(f"role:w/{one}" for one in ("app", "ann_db", "job", "reader")),
)
_EDGE = st.tuples(st.sampled_from(_NODES), st.sampled_from(_NODES[4:])).filter(
    lambda ends: ends[0] != ends[1]
)


@settings(max_examples=12, deadline=None)
@given(ends=st.lists(_EDGE, max_size=10))
def test_in_any_estate_the_excluded_lose_and_no_one_else(
    tmp_path_factory: pytest.TempPathFactory, ends: list[tuple[str, str]]
):
    """After the cuts, with logins outside shut, those who may reach all they did."""
    extra = [edge(tail, "can_assume", head) for tail, head in ends]
    found = ready(tmp_path_factory.mktemp("estate"), [*FACTS, *extra])
    left = enforced(found)
    aim = found.aim
    assert not len(pairs(left, aim.excluded, aim.targets, aim.verbs).each()[0])
    if found.plan is None or not found.plan.blast.pairs:  # type: ignore[union-attr]
        before = legitimate_pairs(found, found.graph)
        assert legitimate_pairs(found, left) == before


def test_the_example_keeps_every_legitimate_pair():
    """The company's warehouse is closed, and nobody who may loses a single column."""
    case_ = opened(Ask(Path("examples/shortvideo"), "2022-01-31T00:00:00Z"))
    boundary = msgspec.structs.replace(case_.boundary, gate=Gate(("in-china",)))
    found = Enforcing(Case(case_.estate, boundary, boundary.as_of), "warehouse")
    graph = found.after
    shut = [graph.number[f"role:warehouse/{one}"] for one in found.wanted.outside]
    left = after(graph, np.flatnonzero(np.isin(graph.tail, shut)))
    aim = found.aim
    assert not len(pairs(left, aim.excluded, aim.targets, aim.verbs).each()[0])
    before = legitimate_pairs(found, found.graph)
    assert len(before) > 1000
    assert legitimate_pairs(found, left) == before
