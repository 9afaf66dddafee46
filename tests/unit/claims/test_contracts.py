"""Contracts say of who receives what the case says, and are good as long as it is."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from ringfence.boundary.channels import Channel, Egress
from ringfence.boundary.model import (
    AnyOf,
    Attribute,
    BoundaryException,
    Employer,
    Protection,
    RegimeUsed,
    Selector,
    digest,
)
from ringfence.boundary.status import Status
from ringfence.claims.case import Case
from ringfence.claims.contracts import contracts_of
from ringfence.claims.snapshot import Ask, opened
from ringfence.egress.channels.contract import Conceded, Contract
from ringfence.errors import ConfigError
from ringfence.estate.facts import Fact
from tests.estates import AS_OF, CONTACT, attribute, boundary, edge, estate, node

NO, UNKNOWN, YES = Status
CASE = Path(__file__).parents[3] / "examples" / "shortvideo"
NOW = "2022-02-01T00:00:00Z"
CHINA = "legal_entity:china"
FIRM, TOP, OTHER = "legal_entity:firm", "legal_entity:top", "legal_entity:other"
ANN, BO, CY, DI = "person:ann", "person:bo", "person:cy", "person:di"
MAIL, TABLE = "column:w/a.people.mail", "dataset:w/a.people"
PEOPLE = (
    attribute(ANN, "residence", "CN"),
    attribute(BO, "residence", "US"),
    node(CY),
    attribute(DI, "residence", "US"),
    attribute(DI, "employer", "china"),
    attribute(FIRM, "organised_in", "US"),
    attribute(TOP, "organised_in", "US"),
    attribute(OTHER, "organised_in", "US"),
    attribute(CHINA, "organised_in", "CN"),
)
DATA = (
    attribute(MAIL, "tag", "EMAIL"),
    edge("store:w", "contains", TABLE),
    edge(TABLE, "contains", MAIL),
)
ABROAD = Selector(
    "abroad",
    people=Attribute("location", ("SG",), "no"),
    entities=Attribute("organised_in", ("SG",), "no"),
)
CHINESE = Selector(
    "in-china",
    people=AnyOf((Attribute("residence", ("CN",)), Employer(absent="no"))),
    entities=Attribute("organised_in", ("CN",)),
)
USED = RegimeUsed("us-dsp-2025", "", "", "", "2025-04-08T00:00:00Z")


def owns(owner: str, owned: str, percent: str, interest: str = "shareholding") -> Fact:
    """Return that somebody holds a share."""
    detail = {
        "interest": interest,
        "min": percent,
        "max": percent,
        "directness": "direct",
    }
    return edge(owner, "owns", owned, detail=detail)


def channel(*recipients: str, **more: Any) -> Channel:
    """Return a channel to some."""
    fields: dict[str, Any] = {
        "name": "out",
        "purpose": "to measure",
        "owner": "head of ads",
        "approver": BO,
        "until": "2023-01-01T00:00:00Z",
        "text": True,
    }
    return Channel(recipients=recipients, **(fields | more))


def cased(
    folder: Path,
    facts: Iterable[Fact],
    *channels: Channel,
    egress: Egress | None = None,
    **more: Any,
) -> Case:
    """Return the case of some facts under a boundary with channels."""
    declared = egress or Egress(("in-china",), (), channels)
    fields = {"excluded": (CHINESE, ABROAD), "egress": declared} | more
    chosen = estate(folder, (*PEOPLE, *facts))
    return Case(chosen, boundary(**fields), AS_OF)


def told(folder: Path, facts: Iterable[Fact], *nodes: str) -> list[tuple[Status, str]]:
    """Return whether each recipient is excluded, and why."""
    found = contracts_of(cased(folder, facts, channel(*nodes))).contracts[0]
    said = {one.id: (one.status, one.why) for one in found.recipients}
    return [said[node] for node in nodes]


# --- who is excluded ------------------------------------------------------------------


def test_people_and_companies_are_what_the_selectors_say(tmp_path: Path) -> None:
    """A person or company is judged as claims judge it, strangers as unknown."""
    open_ = (UNKNOWN, "too little is known of it")
    strangers = ["person:stranger", "legal_entity:stranger"]
    found = told(tmp_path, (), BO, FIRM, CY, *strangers, ANN, DI, CHINA)
    assert found[:5] == [(NO, ""), (NO, ""), open_, open_, open_]
    assert [status for status, _ in found[5:]] == [YES, YES, YES]
    assert all("CN" in why for _, why in found[5:])


def test_any_selector_keeps_somebody_out(tmp_path: Path) -> None:
    """The strongest status over the selectors counts."""
    facts = [attribute(BO, "location", "SG")]
    egress = Egress(("in-china", "abroad"), (), (channel(BO, ANN),))
    case = cased(tmp_path, facts, egress=egress)
    found = contracts_of(case).contracts[0].recipients
    assert [(one.id, one.status) for one in found] == [(BO, YES), (ANN, YES)]
    assert all(one.why for one in found)


SILENT = (UNKNOWN, "it isn't known who gets at it")
GROUPS: dict[str, tuple[Status, str]] = {
    "group:one": (NO, ""),
    "group:two": (YES, "1 of 2 who get at it are excluded"),
    "group:nested": (YES, "1 of 2 who get at it are excluded"),
    "group:owned": (YES, "1 of 1 who get at it are excluded"),
    "group:doubted": (UNKNOWN, "1 of 1 who get at it may be excluded"),
    "group:disputed": (UNKNOWN, "1 of 1 who get at it may be excluded"),
    "group:stranger": SILENT,
    "group:empty": SILENT,
    "group:partly": SILENT,
    # Who approves doesn't receive.
    "group:approved": (NO, ""),
}
MEMBERS_OF = (
    edge(BO, "member_of", "group:one"),
    edge(BO, "member_of", "group:two"),
    edge(ANN, "member_of", "group:two"),
    edge("group:two", "member_of", "group:nested"),
    edge(ANN, "owns_group", "group:owned"),
    edge(CY, "member_of", "group:doubted"),
    edge(ANN, "member_of", "group:disputed", unknown="two rows disagree"),
    node("group:empty"),
    edge(BO, "member_of", "group:partly"),
    edge("group:empty", "member_of", "group:partly"),
    edge(BO, "member_of", "group:approved"),
    edge(ANN, "approves", "group:approved"),
)


def test_a_group_is_as_good_as_its_members(tmp_path: Path) -> None:
    """One excluded member is enough, and members that aren't known leave it open."""
    found = told(tmp_path, MEMBERS_OF, *GROUPS)
    assert dict(zip(GROUPS, found, strict=True)) == GROUPS


def test_a_tool_is_as_good_as_who_uses_or_changes_it(tmp_path: Path) -> None:
    """Whoever gets at a tool, or at the account that it runs as, receives."""
    facts = [
        edge(BO, "can_use", "tool:used"),
        edge("tool:used", "runs_as", "service_account:used"),
        edge(BO, "can_use", "tool:changed"),
        edge(ANN, "can_change", "tool:changed"),
        edge("tool:changed", "runs_as", "service_account:changed"),
    ]
    every = [
        f"{kind}:{how}"
        for how in ("used", "changed")
        for kind in ("tool", "service_account")
    ]
    found = [status for status, _ in told(tmp_path, facts, *every)]
    assert found == [NO, NO, YES, YES]


STORES: dict[str, tuple[Status, str]] = {
    "store:run": (NO, ""),
    "store:held": (YES, "1 of 2 who get at it are excluded"),
    "store:opened": (YES, "1 of 2 who get at it are excluded"),
    "store:silent": SILENT,
    "store:nowhere": (UNKNOWN, "it isn't known to lie where a copy may"),
    "store:abroad": (YES, "it lies where no such copy may"),
    "store:backup": (NO, ""),
}
STORED = (
    *(
        attribute(
            store, "place", "SG" if store in ("store:abroad", "store:backup") else "US"
        )
        for store in STORES
        if store != "store:nowhere"
    ),
    *(edge(FIRM, "controls", store) for store in STORES if store != "store:silent"),
    edge(CHINA, "controls", "store:held"),
    edge(ANN, "has_privilege", "store:opened", verb="read"),
    edge(BO, "has_privilege", "store:silent", verb="read"),
    attribute("store:backup", "copy", "backup"),
)


def test_a_store_is_as_good_as_its_operator_and_its_place(tmp_path: Path) -> None:
    """Who runs, holds or opens a store receives, and it lies where a copy may."""
    found = told(tmp_path, STORED, *STORES)
    assert dict(zip(STORES, found, strict=True)) == STORES


def test_where_no_places_are_named_any_will_do(tmp_path: Path) -> None:
    """A boundary without places says nothing of where a store may lie."""
    facts = (attribute("store:s", "place", "CN"), edge(FIRM, "controls", "store:s"))
    case = cased(tmp_path, facts, channel("store:s"), places={})
    assert contracts_of(case).contracts[0].status is NO


# --- whose they are -------------------------------------------------------------------


def test_people_count_under_their_employers_owner(tmp_path: Path) -> None:
    """A person, and a group of them, is counted with the company behind them."""
    doubtful = attribute(CY, "employer", "firm")
    facts = [
        owns(TOP, FIRM, "100"),
        attribute(BO, "employer", "firm"),
        replace(doubtful, unknown="two rows disagree"),
        edge(BO, "member_of", "group:g"),
        edge(ANN, "member_of", "group:g"),
    ]
    every = (BO, ANN, CY, FIRM, "group:g", "group:empty")
    found = contracts_of(cased(tmp_path, facts, channel(*every))).contracts[0]
    behind = {one: [r.group for r in found.recipients if r.id == one] for one in every}
    assert behind == {
        BO: [TOP],
        ANN: [ANN],
        # An employer who can't be relied on takes nobody out of the own count.
        CY: behind[CY],
        FIRM: [TOP],
        # Who has no employer is counted under what they are members of.
        "group:g": ["group:g", TOP],
        "group:empty": ["group:empty"],
    }
    assert CY in behind[CY]


# --- what is protected, and how much --------------------------------------------------


def test_tags_have_the_categories_of_their_protections(tmp_path: Path) -> None:
    """A protected tag has an entry, also where its protection has no category."""
    protected = (
        Protection("contact", "identifiers", ("EMAIL", "PHONE")),
        Protection("device", "network", ("EMAIL",)),
        Protection("words", "", ("CONTENT",)),
    )
    case = cased(tmp_path, (), channel(BO), protected=protected)
    assert contracts_of(case).contracts[0].categories == {
        "CONTENT": (),
        "EMAIL": ("identifiers", "network"),
        "PHONE": ("identifiers",),
    }
    some = Egress(("in-china",), ("device",), (channel(BO),))
    case = cased(tmp_path, (), egress=some, protected=protected)
    assert contracts_of(case).contracts[0].categories == {"EMAIL": ("network",)}


def test_limits_are_those_of_the_regimes_drawn_on(tmp_path: Path) -> None:
    """Each category has its threshold of 28 CFR 202.205; without a regime, none."""
    assert contracts_of(cased(tmp_path, (), channel(BO))).contracts[0].limits == {}
    case = cased(tmp_path, (), channel(BO), regimes=(USED,))
    limits = contracts_of(case).contracts[0].limits
    assert limits["precise-geolocation"] == 1000
    assert limits["covered-personal-identifiers"] == 100_000


def test_a_regime_that_isnt_known_is_an_error(tmp_path: Path) -> None:
    """Thresholds that nobody knows aren't left out."""
    case = cased(tmp_path, (), channel(BO), regimes=(replace(USED, id="other"),))
    with pytest.raises(ConfigError, match="regime `other` isn't known"):
        contracts_of(case)


# --- what is conceded -----------------------------------------------------------------

LEAVE = BoundaryException(
    "totals",
    ("group:g", CHINA),
    ("w/a.people.*",),
    "to measure",
    "head of payouts",
    500,
    "2022-06-30T00:00:00Z",
    "2021-07-01T00:00:00Z",
)
MEMBERS = (edge(ANN, "member_of", "group:in"), edge("group:in", "member_of", "group:g"))


def conceded(folder: Path, *facts: Fact, to: str = ANN, **more: Any) -> Contract:
    """Return the contract of a channel that leans on an exception."""
    fields = {"exception": "totals", "takes": ("w/a.*",)} | more
    leave = fields.pop("leave", LEAVE)
    case = cased(folder, (*DATA, *facts), channel(to, **fields), exceptions=(leave,))
    return contracts_of(case).contracts[0]


@pytest.mark.parametrize("to", [ANN, "group:g", CHINA, BO])
def test_an_exception_concedes_what_goes_to_whom_it_names(
    tmp_path: Path, to: str
) -> None:
    """It covers those named and their sure members; whom nothing excludes needs none."""
    found = conceded(tmp_path, *MEMBERS, to=to)
    assert found.conceded == Conceded("totals", 500, LEAVE.since, LEAVE.until)
    assert found.unconceded == ""


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"to": CY}, "it doesn't name person:cy"),
        ({"purpose": "to look"}, "it is for another purpose: to measure"),
        ({"takes": ()}, "no dataset is known that the channel `takes`"),
        ({"takes": ("w/b.*",)}, "no dataset is known that the channel `takes`"),
        (
            {"leave": replace(LEAVE, columns=("w/a.people.name",))},
            "it doesn't concede w/a.people.mail",
        ),
    ],
)
def test_an_exception_that_doesnt_cover_a_channel_concedes_nothing(
    tmp_path: Path, more: dict[str, Any], why: str
) -> None:
    """Another recipient, purpose or column is not conceded, and it says why."""
    found = conceded(tmp_path, *MEMBERS, **more)
    assert (found.conceded, found.unconceded) == (None, why)


def test_a_dataset_that_is_protected_whole_is_conceded_whole(tmp_path: Path) -> None:
    """Of a dataset that is protected by its name every column has to be conceded."""
    whole = (Protection("people", datasets=("w/a.people",)),)
    facts = (*DATA, *MEMBERS)
    out = channel(ANN, exception="totals", takes=("w/a.*",))
    for columns, is_covered in (("w/a.people.*", True), ("w/a.people.mail", False)):
        leave = replace(LEAVE, columns=(columns,))
        case = cased(tmp_path, facts, out, exceptions=(leave,), protected=whole)
        found = contracts_of(case).contracts[0]
        assert (found.conceded is not None) is is_covered


def test_other_datasets_neednt_be_conceded(tmp_path: Path) -> None:
    """What a channel doesn't draw on is no matter of its exception."""
    more = attribute("column:w/b.people.mail", "tag", "EMAIL")
    assert conceded(tmp_path, *MEMBERS, more).conceded is not None


# --- how long, and of what ------------------------------------------------------------


def test_contracts_name_what_they_rest_on_and_when_they_end(tmp_path: Path) -> None:
    """Digests of boundary and estate, and the first instant that may be otherwise."""
    case = cased(tmp_path, (), channel(BO))
    found = contracts_of(case)
    assert (found.boundary, found.estate) == (
        digest(case.boundary),
        case.estate.digest(),
    )
    assert (found.since, found.until) == (AS_OF, "2022-03-03T00:00:00Z")
    assert [one.channel for one in found.contracts] == [channel(BO)]


def test_contracts_end_with_a_fact_or_a_regime(tmp_path: Path) -> None:
    """A fact that ends, or a regime, ends the contracts too."""
    leaves = attribute(CY, "residence", "US", until="2022-02-10T00:00:00Z")
    case = cased(tmp_path, (leaves,), channel(BO))
    assert contracts_of(case).until == "2022-02-10T00:00:00Z"
    ends = replace(USED, until="2022-02-05T00:00:00Z")
    past = replace(USED, until="2022-01-05T00:00:00Z")
    case = cased(tmp_path, (leaves,), channel(BO), regimes=(ends, past))
    assert contracts_of(case).until == "2022-02-05T00:00:00Z"


def test_a_boundary_without_egress_is_an_error(tmp_path: Path) -> None:
    """Nothing can be judged where nothing is said of what may leave."""
    case = Case(estate(tmp_path, PEOPLE), boundary(protected=(CONTACT,)), AS_OF)
    with pytest.raises(ConfigError, match="says nothing of what may leave"):
        contracts_of(case)


def test_the_example_has_one_channel_of_each_standing() -> None:
    """The spreadsheet goes to people in China, the export to a US company."""
    found = opened(Ask(CASE, NOW))
    case = Case(found.estate, found.boundary, found.boundary.as_of)
    contracts = contracts_of(case)
    told = {
        one.channel.name: [(r.id, r.status, r.group) for r in one.recipients]
        for one in contracts.contracts
    }
    host, straits = "legal_entity:granite-hosting", "legal_entity:straits-hosting"
    assert told == {
        "audience-figures": [("group:weekly-growth-list", YES, "person:founder")],
        "dashboard-export": [(host, NO, host)],
        "partner-api": [(straits, UNKNOWN, straits)],
    }
