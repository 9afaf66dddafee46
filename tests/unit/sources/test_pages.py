"""The pages on sources: what they show, read as they show it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ringfence.sources.people_csv import FIELDS
from tests.unit.sources.reading import SOURCES, notes, read, told

PAGES = Path(__file__).parents[3] / "docs" / "sources"


def blocks(page: str, language: str) -> list[str]:
    """Return the blocks of a page in a language."""
    text = (PAGES / f"{page}.md").read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def test_the_table_of_people_is_read_as_shown(tmp_path: Path):
    """The page's people come out, and its one forbidden column doesn't."""
    options = re.search(r"columns: .*", blocks("people", "yaml")[0])
    assert options is not None
    [table] = blocks("people", "text")
    harvest = read("people-csv", tmp_path, {"p.csv": table}, options[0])
    assert "person:bo@pulse.example residence=SG since=2022-01-01" in told(harvest)
    assert len(notes(harvest)) == 1


def test_the_directory_is_read_as_shown(tmp_path: Path):
    """The page's person is active, resident in the stated country, and a member."""
    [resources] = blocks("people", "json")
    harvest = read(
        "scim", tmp_path, {"s.json": resources}, "residence: addresses.home.country"
    )
    assert told(harvest) == [
        "person:ann@pulse.example",
        "person:ann@pulse.example active=yes",
        "person:ann@pulse.example residence=US",
        "group:Growth",
        "person:ann@pulse.example member_of group:Growth",
    ]


def test_the_ownership_examples_are_read_as_shown(tmp_path: Path):
    """Statements and table state the same stake."""
    [statements] = blocks("ownership", "json")
    harvest = read("bods", tmp_path, {"o.json": statements})
    assert "legal_entity:fund state_of=SG" in told(harvest)
    [table] = blocks("ownership", "text")
    options = "columns: {owner: holder, entity: company, percent: pct}"
    held = read("ownership-csv", tmp_path, {"h.csv": table}, options)
    shares = [
        fact.detail["max"]
        for fact in (*harvest.facts, *held.facts)
        if fact.name == "owns"
    ]
    assert shares == ["19.9", "19.9", "100"]


@pytest.mark.parametrize(("kind", "covers"), [("tools", 0), ("storage", 2)])
def test_the_documents_are_read_as_shown(kind: str, covers: int, tmp_path: Path):
    """The page's document gives facts, and nothing to remark."""
    [document] = blocks(kind, "yaml")
    harvest = read(kind, tmp_path, {"d.yaml": document})
    assert len(harvest.facts) > 10
    assert notes(harvest) == []
    assert len(harvest.covers) == covers


def test_the_classifications_are_read_as_shown(tmp_path: Path):
    """Contract and manifest give the tags that the page tells of."""
    contract = blocks("classification", "yaml")[1]
    options = "store: warehouse\nclassifications: {restricted: pii}"
    harvest = read("odcs", tmp_path, {"c.yaml": contract}, options)
    assert [fact.value for fact in harvest.facts if fact.name == "tag"] == [
        "contact",
        "pii",
        "none",
    ]
    [manifest] = blocks("classification", "json")
    options = "store: {prod: warehouse, raw: lake}\nmeta_key: pii"
    harvest = read("dbt", tmp_path, {"m.json": manifest}, options)
    assert "column:warehouse/public.users.email tag=pii" in told(harvest)
    assert any(fact.name == "derived_from" for fact in harvest.facts)


@pytest.mark.parametrize("kind", SOURCES)
def test_every_option_is_documented(kind: str):
    """Each option of each kind is named on the pages."""
    pages = "\n".join(
        page.read_text(encoding="utf-8") for page in sorted(PAGES.glob("*.md"))
    )
    missing = [
        option
        for option in SOURCES[kind].options
        if f"`{option}`" not in pages and f"{option}:" not in pages
    ]
    assert missing == []


@pytest.mark.parametrize("field", FIELDS)
def test_every_field_of_people_is_documented(field: str):
    """The page on people names each field."""
    assert f"`{field}`" in (PAGES / "people.md").read_text(encoding="utf-8")
