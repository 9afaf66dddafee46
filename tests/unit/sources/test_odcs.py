"""Data contracts: names, tags, and what stays unclassified."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.sources.reading import read, told

HEAD = "apiVersion: v3.0.1\nkind: DataContract\nschema:\n  - name: t\n    properties:\n"
STORE = "store: w"


def tags(base: Path, columns: str, options: str = STORE) -> list[str]:
    """Return the tags that the columns of one table get."""
    harvest = read("odcs", base, {"c.yaml": HEAD + columns}, options)
    prefix = "column:w/public.t."
    return [
        text.removeprefix(prefix)
        for text, fact in zip(told(harvest), harvest.facts, strict=True)
        if fact.name == "tag"
    ]


@pytest.mark.parametrize(
    ("marks", "expected"),
    [
        ("tags: [pii]", ["a tag=pii"]),
        ("tags: [pii, pii]", ["a tag=pii"]),
        ("classification: restricted", ["a tag=restricted"]),
        ("classification: Public", ["a tag=none"]),
        ("tags: [none]", ["a tag=none"]),
        ("tags: [none], classification: secret", ["a tag=secret"]),
        ("tags: []", []),
        ("logicalType: string", []),
        ("classification: ''", []),
    ],
)
def test_tags_come_from_tags_and_classification(
    marks: str, expected: list[str], tmp_path: Path
):
    """Both say what a column holds; `public` and `none` say that it's harmless."""
    assert tags(tmp_path, f"      - {{name: a, {marks}}}\n") == expected


def test_a_classification_may_be_translated(tmp_path: Path):
    """The company's word for a class becomes the boundary's tag."""
    columns = (
        "      - {name: a, classification: C3}\n      - {name: b, classification: C1}"
    )
    options = f"{STORE}\nclassifications: {{C3: pii, C1: none}}"
    assert tags(tmp_path, columns, options) == ["a tag=pii", "b tag=none"]


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ("[{name: b, tags: [pii]}, {name: c}]", ["a tag=pii"]),
        ("[{name: b, tags: [none]}, {name: c}]", []),
        ("[{name: b, tags: [none]}, {name: c, tags: [none]}]", ["a tag=none"]),
        ("[{name: b, properties: [{name: c, tags: [pii]}]}]", ["a tag=pii"]),
    ],
)
def test_a_structure_is_as_harmless_as_its_worst_part(
    parts: str, expected: list[str], tmp_path: Path
):
    """A part that nobody classified leaves the whole column open."""
    assert tags(tmp_path, f"      - {{name: a, properties: {parts}}}") == expected


def test_items_of_a_list_count_as_parts(tmp_path: Path):
    """A list of structures holds what its structures hold."""
    columns = "      - {name: a, items: {properties: [{name: b, tags: [pii]}]}}"
    assert tags(tmp_path, columns) == ["a tag=pii"]


def test_a_custom_property_may_be_the_tag(tmp_path: Path):
    """Yes stands for the property's name, no for `none`, a word for itself."""
    columns = "".join(
        f"      - {{name: {name}, customProperties: "
        f"[{{property: pii, value: {value}}}, {{property: other, value: 1}}]}}\n"
        for name, value in (("a", "true"), ("b", "false"), ("c", "contact"))
    )
    assert tags(tmp_path, columns, f"{STORE}\nproperty: pii") == [
        "a tag=pii",
        "b tag=none",
        "c tag=contact",
    ]
    assert tags(tmp_path, columns) == []


@pytest.mark.parametrize(
    ("table", "options", "dataset"),
    [
        ("name: t", STORE, "dataset:w/public.t"),
        ("name: t, physicalName: u", STORE, "dataset:w/public.u"),
        ("name: t, physicalName: s.u", STORE, "dataset:w/s.u"),
        ("name: t", f"{STORE}\nschema: s", "dataset:w/s.t"),
    ],
)
def test_a_table_is_named_as_its_database_does(
    table: str, options: str, dataset: str, tmp_path: Path
):
    """The physical name counts, with its schema or the option's."""
    text = f"apiVersion: v3.0.0\nschema: [{{{table}}}]\n"
    harvest = read("odcs", tmp_path, {"c.yaml": text}, options)
    assert told(harvest) == [dataset, f"store:w contains {dataset}"]


def test_version_2_2_has_other_words(tmp_path: Path):
    """In 2.2 tables stand under `dataset`, and columns under `columns`."""
    text = """
        apiVersion: v2.2.2
        kind: DataContract
        dataset:
          - table: t
            columns: [{column: a, logicalType: string, classification: pii}]
    """
    assert told(read("odcs", tmp_path, {"c.yaml": text}, STORE)) == [
        "dataset:w/public.t",
        "store:w contains dataset:w/public.t",
        "column:w/public.t.a",
        "dataset:w/public.t contains column:w/public.t.a",
        "column:w/public.t.a tag=pii",
        "column:w/public.t.a type=string",
    ]
