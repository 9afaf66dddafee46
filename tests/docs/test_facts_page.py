"""The page on facts files agrees with the vocabulary, table by table."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from ringfence.boundary.vocabulary import (
    ATTRIBUTES,
    EDGE_KINDS,
    LABEL,
    MANY_VALUED,
    NODE_KINDS,
    VERBS,
    kind_of,
)
from ringfence.estate.load import KEYS, FactsFile
from ringfence.estate.rules import CLOSED, COUNTRIES
from ringfence.estate.store import Estate
from tests.house.tree import DOCS

PAGE = (DOCS / "facts.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    found = re.search(rf"^## {title}$(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


def rows(title: str) -> list[list[str]]:
    """Return the cells of every row of a section's tables, heads left out."""
    lines = [line for line in section(title).splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def words(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def test_every_key_has_its_row():
    """The table of keys lists the keys of a fact, in canonical order."""
    assert [words(row[0]) for row in rows("Keys")] == [[key] for key in KEYS]


def test_every_kind_of_node_has_its_row():
    """Each kind has an example of its kind, and all of its attributes."""
    nodes = [row for row in rows("Kinds of node") if len(row) == 3]
    told = {words(kind)[0]: (words(id_)[0], words(names)) for kind, id_, names in nodes}
    assert tuple(told) == NODE_KINDS
    assert [kind_of(id_) for id_, _ in told.values()] == list(NODE_KINDS)
    assert {kind: names for kind, (_, names) in told.items()} == {
        kind: sorted(ATTRIBUTES.get(kind, ())) for kind in NODE_KINDS
    }
    assert f"`{LABEL}`" in section("Kinds of node")


def test_every_closed_attribute_has_its_values():
    """What a value may be is told as the loader checks it."""
    told = {
        name: words(values)
        for names, values in (r for r in rows("Kinds of node") if len(r) == 2)
        for name in words(names)
    }
    assert {name: tuple(told[name]) for name in CLOSED} == CLOSED
    assert set(told) == {*CLOSED, *COUNTRIES, "place", "subjects"}


def test_every_kind_of_edge_has_its_row():
    """Each kind has its grade, its flow and its phrase, in the order of the list."""
    edges = [row for row in rows("Kinds of edge") if len(row) == 4]
    assert [(words(kind)[0], *rest) for kind, *rest in edges] == [
        (name, str(kind.grade), str(kind.flow), kind.phrase)
        for name, kind in EDGE_KINDS.items()
    ]


def test_every_verb_is_listed():
    """The verbs stand in their order."""
    assert tuple(words(section("Verbs"))) == VERBS


def test_what_has_several_values_is_listed():
    """The attributes that may have several values at once are named."""
    last = section("Time").rpartition(":")[2]
    assert words(last) == sorted(MANY_VALUED)


@pytest.mark.parametrize(
    "line",
    re.findall(r"^```json\n(.*)\n```$", PAGE, re.MULTILINE),
    ids=["edge", "source", "premises", "guard"],
)
def test_a_line_that_is_shown_loads(line: str, tmp_path: Path):
    """The lines on the page are canonical facts."""
    path = tmp_path / "f"
    path.write_text(f"{line}\n", encoding="utf-8")
    assert Estate([FactsFile("f", path)]).size == 1
    assert json.loads(line)["source"] in ("directory", "vault", "gateway")
