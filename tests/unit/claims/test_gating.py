"""The scene of a case says of people, companies and data what the case says."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from ringfence.boundary.decision.decide import decide, standing
from ringfence.boundary.decision.request import Reason, Request
from ringfence.boundary.decision.scene import Dataset, Known, Marker, Scene
from ringfence.boundary.model import (
    AnyOf,
    Attribute,
    BoundaryException,
    Employer,
    Gate,
    Masking,
    Owned,
    Protection,
    RegimeUsed,
    Rows,
    Selector,
    digest,
)
from ringfence.boundary.status import Status
from ringfence.claims.case import Case
from ringfence.claims.gating import gate_of, later, scene_of
from ringfence.claims.snapshot import Ask, opened
from ringfence.errors import ConfigError
from ringfence.estate.facts import Fact
from tests.estates import AS_OF, attribute, boundary, edge, estate

NO, UNKNOWN, YES = Status
CASE = Path(__file__).parents[3] / "examples" / "shortvideo"
ANN, BO = "person:ann", "person:bo"
MAIL, NOTE = "column:w/a.users.mail", "column:w/a.users.note"
TABLE = "dataset:w/a.users"
DATA = (
    attribute(MAIL, "tag", "EMAIL"),
    attribute(NOTE, "tag", "none"),
    edge("store:w", "contains", TABLE),
    edge(TABLE, "contains", MAIL),
    edge(TABLE, "contains", NOTE),
)
PEOPLE = (attribute(ANN, "residence", "CN"), attribute(BO, "residence", "US"))
GATE = Gate(("in-china",))
OWNED = Selector(
    "owned",
    people=AnyOf((Attribute("residence", ("CN",), "no"), Employer(absent="no"))),
    entities=AnyOf((Attribute("organised_in", ("CN",), "no"), Owned())),
)


def scene(folder: Path, facts: Iterable[Fact], gate: Gate = GATE, **more: Any) -> Scene:
    """Return the scene of some facts."""
    return scene_of(cased(folder, facts, gate, **more))


def cased(folder: Path, facts: Iterable[Fact], gate: Gate, **more: Any) -> Case:
    """Return the case of some facts under a boundary with a gate."""
    fence = replace(boundary(**more), gate=gate)
    return Case(estate(folder, facts), fence, AS_OF)


# --- the example ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def example() -> Case:
    """Return the example company's case, under a gate of every selector."""
    found = opened(Ask(CASE, "2022-02-01T00:00:00Z"))
    names = tuple(one.name for one in found.boundary.excluded)
    gate = Gate(names, exceptions=("payout-totals",), mode="grants")
    fence = replace(found.boundary, gate=gate)
    return Case(found.estate, fence, fence.as_of)


def test_everybody_stands_in_the_scene_as_in_the_case(example: Case):
    """Each person and company of the example has the case's status, by selector."""
    found = scene_of(example)
    for name in found.gate.excluded:
        wanted = example.statuses(name)
        told = {
            one: standing(found, name, Request(one, "read", MAIL)) for one in wanted
        }
        assert told == dict(wanted)
        sure = {one for one, status in wanted.items() if status is Status.YES}
        people = {one for one in sure if one.startswith("person:")}
        assert people == {one for one, k in found.people.items() if name in k.why}


# They count accounts, of groups that may be small: reach can't tell what they tell.
DERIVED = ("daily_active", "region_day")


def test_every_column_of_the_example_is_protected_as_in_the_case(example: Case):
    """A column's status is that of the case's targets, and of what it derives from."""
    found, targets = scene_of(example), example.targets(())
    told = {
        f"column:{dataset.partition(':')[2]}.{name}": status
        for dataset, known in found.datasets.items()
        for name, status in known.columns.items()
    }
    columns = example.view.holders("column")
    wanted = {one: targets.get(one, NO) for one in columns}
    derived = {f"column:warehouse/metrics.{one}.accounts" for one in DERIVED}
    assert told == {**wanted, **dict.fromkeys(derived, Status.UNKNOWN)}


def test_the_example_concedes_and_grants(example: Case):
    """The exception's group is three people; what is granted is surely held."""
    found = scene_of(example)
    assert [(one.name, len(one.who), len(one.columns)) for one in found.leaves] == [
        ("payout-totals", 3, 5)
    ]
    assert found.grants
    assert not scene_of(example, grants=False).grants


# --- what it is bound to --------------------------------------------------------------


def test_a_boundary_without_a_gate_has_no_scene(tmp_path: Path):
    """The error says what to write."""
    case = Case(estate(tmp_path, DATA), boundary(), AS_OF)
    with pytest.raises(ConfigError, match=r"says nothing of a gate\n  help: add `gate"):
        gate_of(case)


def test_a_scene_names_what_it_was_taken_of(tmp_path: Path):
    """It carries both digests, the instant, the gate and its selectors alone."""
    case = cased(tmp_path, [*DATA, *PEOPLE], GATE, excluded=(OWNED, _in_china()))
    found = scene_of(case)
    assert (found.boundary, found.estate) == (
        digest(case.boundary),
        case.estate.digest(),
    )
    assert found.since == AS_OF
    assert [one.name for one in found.selectors] == ["in-china"]


def _in_china() -> Selector:
    return boundary().selector("in-china")


def test_a_scene_holds_until_something_changes(tmp_path: Path):
    """The next change of a fact ends it; else its age, a regime, or who asks."""
    dated = attribute("person:cy", "residence", "US", since="2022-02-10T00:00:00Z")
    assert scene(tmp_path, DATA).until == "2022-03-03T00:00:00Z"
    case = cased(tmp_path, [*DATA, dated], GATE)
    assert scene_of(case).until == "2022-02-10T00:00:00Z"
    cap = "2022-02-01T06:00:00Z"
    assert scene_of(case, until=cap).until == cap
    regimes = [
        RegimeUsed("r", "R", "s", "1", "2021-01-01T00:00:00Z", until)
        for until in ("", "2022-01-01T00:00:00Z", "2022-02-02T00:00:00Z")
    ]
    found = scene(tmp_path, DATA, regimes=tuple(regimes))
    assert found.until == "2022-02-02T00:00:00Z"


def test_the_end_of_the_calendar_ends_a_scene():
    """An instant whose next one can't be written ends there."""
    assert later("9999-12-30T00:00:00Z", 31) == "9999-12-31T23:59:59Z"
    assert later("0900-01-01T00:00:00Z", 1) == "0900-01-02T00:00:00Z"


# --- who ------------------------------------------------------------------------------


def test_people_carry_what_is_stated_and_why(tmp_path: Path):
    """Values, what can't be relied on, and the reason with the names people use."""
    doubted = replace(attribute(BO, "residence", "CN"), unknown="disputed")
    facts = [
        attribute(ANN, "employer", "acme"),
        attribute(ANN, "team", "b"),
        doubted,
        attribute("legal_entity:acme", "organised_in", "CN"),
        attribute("legal_entity:acme", "label", "Acme Ltd."),
    ]
    found = scene(tmp_path, facts, Gate(("owned",)), excluded=(OWNED,))
    reason = "is employed by Acme Ltd., which is organised in CN"
    assert found.people[ANN] == Known(
        {"employer": ("acme",), "team": ("b",)}, why={"owned": reason}
    )
    assert found.people[BO] == Known({"residence": ()}, ("residence",))


def test_equal_people_have_one_reason(tmp_path: Path):
    """Of two who live in one country, both carry why."""
    facts = [attribute(one, "residence", "CN") for one in (ANN, BO)]
    found = scene(tmp_path, facts)
    assert [one.why for one in found.people.values()] == [
        {"in-china": "resides in CN"}
    ] * 2


def test_employers_that_nothing_describes_come_out_as_the_case_takes_them(
    tmp_path: Path,
):
    """A company that is only named is judged as one of which nothing is known."""
    facts = [attribute(ANN, "employer", "stranger")]
    shut = replace(OWNED, entities=Attribute("organised_in", ("CN",), "no"))
    for selector, status in ((shut, NO), (OWNED, UNKNOWN)):
        case = cased(tmp_path, facts, Gate(("owned",)), excluded=(selector,))
        found = scene_of(case)
        assert found.entities["owned"] == {"legal_entity:stranger": status}
        assert case.statuses("owned")[ANN] is status
        assert standing(found, "owned", Request(ANN, "read", MAIL)) is status


def test_a_person_who_is_known_as_an_owner_alone_is_known(tmp_path: Path):
    """Of them nothing is stated, which is what the selector is asked about."""
    share = {"low": "60", "high": "60", "interest": "shareholding"}
    facts = [edge("person:owner", "owns", "legal_entity:x", detail=share)]
    found = scene(tmp_path, facts, Gate(("owned",)), excluded=(OWNED,))
    assert found.people == {"person:owner": Known()}
    asked = Request("person:owner", "read", MAIL)
    assert standing(found, "owned", asked) is NO


# --- what -----------------------------------------------------------------------------


def test_a_dataset_has_the_status_of_each_column(tmp_path: Path):
    """Protected, and surely not; of the whole nothing is said beyond that."""
    found = scene(tmp_path, DATA)
    assert found.datasets == {TABLE: Dataset({"mail": YES, "note": NO})}
    assert found.stores == {"store:w": (TABLE,)}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ([edge("store:w", "contains", "dataset:w/x")], {"dataset:w/x": UNKNOWN}),
        ([attribute("dataset:w/x", "tag", "EMAIL")], {"dataset:w/x": YES}),
        ([attribute("column:w/x.c", "tag", "EMAIL")], {"dataset:w/x": NO}),
        (
            [attribute(MAIL, "tag", "EMAIL"), edge("dataset:w/x", "contains", MAIL)],
            {TABLE: NO, "dataset:w/x": YES},
        ),
        (
            [
                *DATA,
                attribute("column:w/x.c", "tag", "none"),
                edge("dataset:w/x", "contains", TABLE),
            ],
            {TABLE: NO, "dataset:w/x": YES},
        ),
        (
            [
                attribute(MAIL, "tag", "EMAIL"),
                edge("dataset:w/x", "backed_up_to", MAIL),
            ],
            {TABLE: NO, "dataset:w/x": YES},
        ),
        (
            [
                attribute("dataset:w/x", "tag", "EMAIL"),
                attribute("column:w/x.c", "tag", "none"),
            ],
            {"dataset:w/x": YES},
        ),
        (
            [
                attribute("dataset:w/x", "tag", "EMAIL"),
                edge("dataset:w/x", "contains", "column:w/x.c"),
            ],
            {"dataset:w/x": NO},
        ),
        ([attribute(NOTE, "tag", "none"), edge(TABLE, "contains", NOTE)], {TABLE: NO}),
    ],
    ids=[
        "opaque",
        "whole",
        "by-its-column",
        "holds-another's-column",
        "holds-a-dataset",
        "copy",
        "whole-and-a-column-is-not",
        "whole-with-its-columns",
        "harmless",
    ],
)
def test_a_dataset_is_protected_beyond_its_columns(
    facts: list[Fact], expected: dict[str, Status], tmp_path: Path
):
    """If it has none, or holds what isn't called after it, or is protected whole."""
    found = scene(tmp_path, facts, unclassified="unknown")
    assert {name: one.status for name, one in found.datasets.items()} == expected


def test_a_store_is_all_that_it_holds(tmp_path: Path):
    """Also a column without its dataset, and what it is a copy of."""
    facts = [
        *DATA,
        edge("store:w", "contains", "column:w/b.t.c"),
        edge("store:z", "backed_up_to", "store:w"),
        attribute("store:empty", "place", "US"),
    ]
    both = ("dataset:w/a.users", "dataset:w/b.t")
    assert scene(tmp_path, facts).stores == {"store:w": both, "store:z": both}


def test_the_first_mask_and_marker_that_fit_win(tmp_path: Path):
    """Patterns are resolved in the scene, in the order of the boundary."""
    gate = Gate(
        ("in-china",),
        rows=(
            Rows(("w/b.*",), "never", ("x",)),
            Rows(("w/*",), "country", ("US", "USA")),
            Rows(("w/a.users",), "other", ("y",)),
        ),
        masks=(Masking(("*.mail",), "hash"), Masking(("w/a.users.*",), "null")),
    )
    found = scene(tmp_path, DATA, gate).datasets[TABLE]
    assert found.rows == Marker("country", ("US", "USA"))
    assert found.masks == {"mail": "hash", "note": "null"}


def test_only_the_protections_that_the_gate_names_count(tmp_path: Path):
    """A column of another class isn't protected at this gate."""
    other = Protection("notes", tags=("none",))
    more = {"protected": (*boundary().protected, other)}
    gate = Gate(("in-china",), protected=("notes",))
    found = scene(tmp_path, DATA, gate, **more).datasets[TABLE]
    assert found.columns == {"mail": NO, "note": YES}


# --- what is conceded -----------------------------------------------------------------


def test_a_leave_names_people_and_columns(tmp_path: Path):
    """Members as of the instant, through groups; who only may be one isn't."""
    leave = BoundaryException(
        "totals", ("group:g", BO), ("*.mail",), "books", "o", 5, "2023-01-01T00:00:00Z"
    )
    other = replace(leave, name="other")
    ended = "2022-01-01T00:00:00Z"
    facts = [
        *DATA,
        edge(ANN, "member_of", "group:h"),
        edge("group:h", "member_of", "group:g"),
        edge("person:was", "member_of", "group:g", until=ended),
        edge("person:may", "member_of", "group:g", unknown="not decided"),
    ]
    gate = Gate(("in-china",), exceptions=("totals",))
    (found,) = scene(tmp_path, facts, gate, exceptions=(leave, other)).leaves
    assert (found.name, found.purpose, found.cap) == ("totals", "books", 5)
    assert found.who == (ANN, BO)
    assert found.columns == ("w/a.users.mail",)
    assert (found.since, found.until) == ("", "2023-01-01T00:00:00Z")


def test_a_leave_concedes_in_a_decision(tmp_path: Path):
    """Whoever is excluded may read what the exception concedes, for its purpose."""
    leave = BoundaryException(
        "totals", (ANN,), ("*.mail",), "books", "o", 5, "2023-01-01T00:00:00Z"
    )
    gate = Gate(("in-china",), exceptions=("totals",))
    found = scene(tmp_path, [*DATA, *PEOPLE], gate, exceptions=(leave,))
    asked = Request(ANN, "read", MAIL, purpose="books", subjects=1)
    assert decide(found, asked, AS_OF).reason is Reason.LEAVE
    assert decide(found, Request(ANN, "read", MAIL), AS_OF).reason is Reason.NO_PURPOSE
