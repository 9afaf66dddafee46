"""Holdings and entities from tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from ringfence.errors import SourceError
from tests.unit.sources.reading import notes, read, told


def holdings(base: Path, text: str, options: str = "") -> list[str]:
    """Return the stakes of a table."""
    harvest = read("ownership-csv", base, {"h.csv": text}, options)
    return [fact for fact in told(harvest) if " owns " in fact]


def test_what_a_row_leaves_out_is_as_usual(tmp_path: Path):
    """A holding is a direct shareholding of a legal entity, of any size."""
    assert holdings(tmp_path, "owner,entity\na,b\n") == [
        (
            "legal_entity:a owns legal_entity:b "
            "directness=direct interest=shareholding max=100 min=0"
        )
    ]


def test_bounds_may_be_open_at_one_end(tmp_path: Path):
    """At least 25 percent is 25 to 100."""
    assert holdings(tmp_path, "owner,entity,min,max\na,b,25,\nc,b,,5\n") == [
        (
            "legal_entity:a owns legal_entity:b "
            "directness=direct interest=shareholding max=100 min=25"
        ),
        (
            "legal_entity:c owns legal_entity:b "
            "directness=direct interest=shareholding max=5 min=0"
        ),
    ]


def test_people_and_interests_are_told_apart(tmp_path: Path):
    """A person may own, and votes are another interest than shares."""
    text = "owner,owner_kind,entity,percent,interest\nWei,Person,b,50 %,votingRights\n"
    assert holdings(tmp_path, text) == [
        (
            "person:wei owns legal_entity:b "
            "directness=direct interest=votingRights max=50 min=50"
        )
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("owner,entity\na,\n", "h.csv:2: names no entity"),
        ("owner,entity,min,max\na,b,60,40\n", "h.csv:2: `min` is more than `max`"),
        ("owner,entity,max\na,b,x\n", "h.csv:2: max `x` is no percentage"),
        ("owner,entity,directness\na,b,half\n", "unknown directness `half`"),
    ],
)
def test_a_holding_that_can_not_be_is_refused(text: str, message: str, tmp_path: Path):
    """Both ends have to be named, and bounds have to be in order."""
    with pytest.raises(SourceError) as caught:
        read("ownership-csv", tmp_path, {"h.csv": text})
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (",NO,", "e.csv:2: has no id"),
        ("x,XX,", "organised_in `XX` is no country code"),
        ("x,NO,some", "unknown shares `some`"),
    ],
)
def test_an_entity_that_can_not_be_is_refused(row: str, message: str, tmp_path: Path):
    """Entities need an id, and their codes have to exist."""
    text = f"id,organised_in,shares\n{row}\n"
    with pytest.raises(SourceError) as caught:
        read("ownership-csv", tmp_path, {"e.csv": text}, "entities: e.csv")
    assert message in str(caught.value)


def test_more_than_all_is_noted(tmp_path: Path):
    """Direct shares above 100 percent are kept, and pointed out."""
    text = "owner,entity,percent\na,x,60\nb,x,40.0000000000000001\nc,y,100\n"
    harvest = read("ownership-csv", tmp_path, {"h.csv": text})
    assert notes(harvest) == [
        "h.csv:2: direct shareholding in `legal_entity:x` adds up to more than 100 %"
    ]


def test_past_and_indirect_shares_are_not_added_up(tmp_path: Path):
    """Only direct shares that somebody still has make up the whole."""
    text = (
        "owner,entity,percent,directness,until\n"
        "a,x,60,direct,2020-01-01\nb,x,60,direct,\nc,x,60,indirect,\n"
    )
    assert notes(read("ownership-csv", tmp_path, {"h.csv": text})) == []


def test_circles_are_kept(tmp_path: Path):
    """Two companies may hold each other, and one itself."""
    assert len(holdings(tmp_path, "owner,entity\na,b\nb,a\na,a\n")) == 3


def test_entities_have_their_attributes(tmp_path: Path):
    """A list of entities states where they are organised, and since when."""
    text = "id,organised_in,designated,shares,since\nx,NO,yes,complete,2020-01-01\n"
    harvest = read("ownership-csv", tmp_path, {"e.csv": text}, "entities: [e.csv]")
    assert told(harvest) == [
        "legal_entity:x",
        "legal_entity:x organised_in=NO since=2020-01-01",
        "legal_entity:x designated=yes since=2020-01-01",
        "legal_entity:x shares=complete since=2020-01-01",
    ]
