"""BODS 0.4: which statement holds when, shares and their bounds, what is dropped."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ringfence.errors import SourceError
from ringfence.sources.source import Harvest
from tests.unit.sources.reading import SOURCES, estate_takes, notes, order, read, told


def statement(kind: str, record: str, **more: object) -> dict[str, object]:
    """Return a statement; what isn't given is as usual."""
    found: dict[str, object] = {
        "recordType": kind,
        "recordId": record,
        "recordStatus": more.pop("status", "new"),
        "recordDetails": more.pop("details", {}),
    }
    if "date" in more:
        found["statementDate"] = more["date"]
    return found


def link(*interests: object, record: str = "r", **more: object) -> dict[str, object]:
    """Return a relationship between `b` and what it owns, `a`."""
    details = {"subject": "a", "interestedParty": "b", "interests": list(interests)}
    return statement("relationship", record, details=details, **more)


def bods(base: Path, *statements: object, options: str = "") -> Harvest:
    """Return what statements give."""
    return read("bods", base, {"o.json": json.dumps(statements)}, options)


def owned(harvest: Harvest) -> list[str]:
    """Return the stakes, without what all of them have in common."""
    return [
        text.partition(" owns legal_entity:a ")[2]
        for text in told(harvest)
        if " owns " in text
    ]


HALF = {"type": "shareholding", "directOrIndirect": "direct", "share": {"exact": 50}}


@pytest.mark.parametrize(
    ("share", "least", "most"),
    [
        ({"exact": 76.5}, "76.5", "76.5"),
        ({"exact": 0}, "0", "0"),
        ({"minimum": 25, "exclusiveMaximum": 50}, "25", "50"),
        ({"exclusiveMinimum": 25}, "25", "100"),
        ({"maximum": 10}, "0", "10"),
        ({"minimum": 1, "exclusiveMinimum": False}, "1", "100"),
        ({"exact": 30, "minimum": 25, "maximum": 50}, "30", "30"),
        ({}, "0", "100"),
        (None, "0", "100"),
    ],
)
def test_a_share_has_bounds(share: object, least: str, most: str, tmp_path: Path):
    """What a share leaves open is anything from nothing to all of it."""
    harvest = bods(tmp_path, link(HALF | {"share": share}))
    assert owned(harvest) == [
        f"directness=direct interest=shareholding max={most} min={least}"
    ]


def test_digits_beyond_a_float_are_kept(tmp_path: Path):
    """A share a hair below half isn't half, in one document and in lines."""
    text = "49.99999999999999999999"
    line = json.dumps(link(HALF)).replace('"exact": 50', f'"exact": {text}')
    other = json.dumps(link(HALF, record="s"))
    expected = f"directness=direct interest=shareholding max={text} min={text}"
    for name, content in (("o.json", line), ("o.jsonl", f"\n{line}\n{other}\n")):
        assert owned(read("bods", tmp_path, {name: content}))[0] == expected


def test_a_later_statement_replaces_an_earlier_one(tmp_path: Path):
    """Statements on one record follow each other, in whatever order they stand."""
    harvest = bods(
        tmp_path,
        link(HALF | {"share": {"exact": 60}}, status="updated", date="2021-01-01"),
        link(HALF, date="2020-01-01"),
        link(status="closed", date="2022-01-01"),
    )
    common = "directness=direct interest=shareholding"
    assert owned(harvest) == [
        f"until=2021-01-01 {common} max=50 min=50",
        f"since=2021-01-01 until=2022-01-01 {common} max=60 min=60",
    ]


def test_of_two_statements_of_a_day_the_later_in_the_file_counts(tmp_path: Path):
    """A statement that is corrected on the same day never held."""
    harvest = bods(
        tmp_path,
        link(HALF, date="2020-01-01"),
        link(HALF | {"share": {"exact": 60}}, status="updated", date="2020-01-01"),
    )
    assert owned(harvest) == ["directness=direct interest=shareholding max=60 min=60"]


def test_an_interest_has_its_own_dates(tmp_path: Path):
    """Dates of an interest hold within those of its statement."""
    dated = HALF | {"startDate": "2019-05", "endDate": "2020"}
    harvest = bods(tmp_path, link(dated))
    assert owned(harvest)[0].startswith("since=2019-05-01 until=2021-01-01 ")


def test_an_interest_that_ends_before_it_begins_is_left_out(tmp_path: Path):
    """Such an interest held at no time, which a note says."""
    dated = HALF | {"startDate": "2020-05-01", "endDate": "2020-05-01"}
    harvest = bods(tmp_path, link(dated))
    assert owned(harvest) == []
    assert "ends before it begins" in notes(harvest)[-1]


@pytest.mark.parametrize("interests", [[], [{}], [{"type": "unknownInterest"}]])
def test_an_interest_of_an_unstated_kind_may_be_any(
    interests: list[object], tmp_path: Path
):
    """It counts as each kind that a regime may count, undecided."""
    harvest = bods(tmp_path, link(*interests))
    assert owned(harvest) == [
        f"directness=unknown interest={kind} max=100 min=0 "
        "? kind of interest not stated"
        for kind in ("shareholding", "votingRights")
    ]


def test_an_undisclosed_owner_is_an_unknown_one(tmp_path: Path):
    """Who isn't disclosed is a node of its own, and the reason is kept."""
    party = {"reason": "informationUnknownToPublisher", "description": "none"}
    details = {"subject": "a", "interestedParty": party, "interests": [HALF]}
    harvest = bods(tmp_path, statement("relationship", "r", details=details))
    [stake] = [fact for fact in harvest.facts if fact.name == "owns"]
    assert stake.id == "legal_entity:undisclosed/r"
    assert stake.detail["undisclosed"] == "informationUnknownToPublisher"
    assert stake.unknown == "owner not disclosed: informationUnknownToPublisher"


def test_an_indirect_summary_stays_beside_its_chain(tmp_path: Path):
    """A summary is marked as indirect: the greater of the two sums counts."""
    details = {
        "subject": "a",
        "interestedParty": "b",
        "interests": [HALF | {"directOrIndirect": "indirect"}],
        "componentRecords": ["r"],
    }
    summary = statement("relationship", "s", details=details)
    assert [text.split()[0] for text in owned(bods(tmp_path, link(HALF), summary))] == [
        "directness=direct",
        "directness=indirect",
    ]


@pytest.mark.parametrize("kind", ["state", "stateBody"])
def test_a_state_is_of_its_jurisdiction(kind: str, tmp_path: Path):
    """States and their organs count as the state."""
    details = {"entityType": {"type": kind}, "jurisdiction": {"code": "FI"}}
    assert told(bods(tmp_path, statement("entity", "a", details=details))) == [
        "legal_entity:a",
        "legal_entity:a organised_in=FI",
        "legal_entity:a state_of=FI",
    ]


def test_a_state_without_a_jurisdiction_is_noted(tmp_path: Path):
    """Which state it is stays unknown, and visible."""
    details = {"entityType": {"type": "state"}}
    harvest = bods(tmp_path, statement("entity", "a", details=details))
    assert told(harvest) == ["legal_entity:a"]
    assert "doesn't say which" in notes(harvest)[0]


@pytest.mark.parametrize(
    ("jurisdiction", "fact"),
    [
        ({"code": "US-DE", "name": "Delaware"}, "organised_in=US"),
        ({"name": "Mexico"}, "organised_in=MX"),
        ({"code": "gb"}, "organised_in=GB"),
        ({"code": "EU"}, "organised_in=EU ? not a code of ISO 3166-1"),
    ],
)
def test_a_jurisdiction_is_a_country(
    jurisdiction: dict[str, str], fact: str, tmp_path: Path
):
    """The country is taken; one that can't be told is stated as unknown."""
    details = {"jurisdiction": jurisdiction}
    harvest = bods(tmp_path, statement("entity", "a", details=details))
    assert told(harvest) == ["legal_entity:a", f"legal_entity:a {fact}"]


@pytest.mark.parametrize("kind", ["unknownPerson", "anonymousPerson"])
def test_a_person_who_is_not_named_has_no_attributes(kind: str, tmp_path: Path):
    """Only that there is somebody is known."""
    details = {
        "personType": kind,
        "addresses": [{"type": "residence", "country": {"code": "CN"}}],
    }
    harvest = bods(tmp_path, statement("person", "P", details=details))
    assert told(harvest) == ["person:p"]


def test_only_a_residence_is_a_residence(tmp_path: Path):
    """Service and registered addresses say nothing of where somebody lives."""
    kinds = ("service", "registered", "business", "residence")
    addresses = [{"type": kind, "country": {"code": "IE"}} for kind in kinds]
    details = {"personType": "knownPerson", "addresses": addresses}
    harvest = bods(tmp_path, statement("person", "p", details=details))
    assert told(harvest) == ["person:p", "person:p residence=IE"]


def test_what_nobody_may_use_is_dropped_with_a_count(tmp_path: Path):
    """Nationality and birth never become facts."""
    details = {"nationalities": [{"code": "CN"}], "birthDate": "1980"}
    people = [statement("person", name, details=details) for name in ("p", "q")]
    harvest = bods(tmp_path, *people)
    assert told(harvest) == ["person:p", "person:q"]
    assert notes(harvest) == [
        "o.json: dropped `nationalities`, stated 2 times",
        "o.json: dropped `birthDate`, stated 2 times",
    ]


ENTITY = {"name": "Acme", "identifiers": [{"scheme": "GB-COH", "id": "01"}]}


@pytest.mark.parametrize(
    ("options", "details", "id_"),
    [
        ("", ENTITY, "legal_entity:a"),
        ("key: name", ENTITY, "legal_entity:Acme"),
        ("key: identifier", ENTITY, "legal_entity:GB-COH-01"),
        ("key: identifier", {"identifiers": [{"id": "7"}]}, "legal_entity:7"),
        ("key: identifier", {}, "legal_entity:a"),
    ],
)
def test_the_key_names_entities(
    options: str, details: dict[str, object], id_: str, tmp_path: Path
):
    """The option `key` chooses the id that other sources know entities by."""
    harvest = bods(
        tmp_path, statement("entity", "a", details=details), link(HALF), options=options
    )
    assert harvest.facts[0].id == id_
    assert harvest.facts[-1].value == id_


def test_an_undisclosed_company_may_be_owned(tmp_path: Path):
    """What is owned may be undisclosed too: a node of its own."""
    details = {"subject": {"reason": "x"}, "interestedParty": "b"}
    harvest = bods(tmp_path, statement("relationship", "r", details=details))
    assert {fact.value for fact in harvest.facts if fact.name == "owns"} == {
        "legal_entity:undisclosed/r"
    }


@pytest.mark.parametrize(
    ("details", "message"),
    [
        ({"subject": "a"}, "a relationship needs `interestedParty`"),
        ({"subject": 7, "interestedParty": "b"}, "`subject` must be text"),
        (
            {"subject": "a", "interestedParty": "b", "interests": [7]},
            "an interest must be an object",
        ),
    ],
)
def test_a_relationship_that_is_not_whole_is_refused(
    details: dict[str, object], message: str, tmp_path: Path
):
    """Both ends and each interest have to be there."""
    with pytest.raises(SourceError) as caught:
        bods(tmp_path, statement("relationship", "r", details=details))
    assert message in str(caught.value)


def test_a_party_that_nobody_describes_still_owns(tmp_path: Path):
    """A relationship with a record of another file is kept, with a note."""
    harvest = bods(tmp_path, link(HALF))
    assert len(owned(harvest)) == 1
    assert len(notes(harvest)) == 2


@pytest.mark.peer
def test_every_peer_file_loads(peer_data: Path, tmp_path: Path):
    """Each published example is read whole, and the estate takes it."""
    folder = peer_data / "ownership" / "bods"
    files = sorted(file.name for file in folder.glob("*.json"))
    stakes = {}
    for file in files:
        harvest = SOURCES["bods"].read(order(folder, (file,)))
        assert estate_takes(harvest, tmp_path) <= len(harvest.facts)
        stakes[file] = sum(fact.name == "owns" for fact in harvest.facts)
    assert len(files) == 19
    # One company's plain statement names no owner; every other example does.
    assert [file for file, count in stakes.items() if count == 0] == [
        "plc-entity-statement.json"
    ]


@pytest.mark.peer
def test_other_ownership_data_is_refused_by_name(peer_data: Path):
    """FollowTheMoney isn't BODS, and is told apart at its first line."""
    folder = peer_data / "ownership"
    with pytest.raises(SourceError) as caught:
        SOURCES["bods"].read(order(folder, ("ftm_donations.ijson",)))
    assert "needs `recordType`" in str(caught.value)
