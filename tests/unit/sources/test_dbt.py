"""dbt manifests: tags from `meta`, and lineage that is never shorter than it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ringfence.errors import SourceError
from ringfence.sources.source import Harvest
from tests.unit.sources.reading import SOURCES, estate_takes, notes, order, read, told


def model(name: str, *parents: str, **more: object) -> dict[str, object]:
    """Return a model of that name, made from models of those names."""
    return {
        "resource_type": "model",
        "database": "d",
        "schema": "s",
        "name": name,
        "depends_on": {"nodes": [f"model.{parent}" for parent in parents]},
        **more,
    }


def dbt(base: Path, *models: dict[str, object], options: str = "store: w") -> Harvest:
    """Return what a manifest of models gives."""
    nodes = {f"model.{found['name']}": found for found in models}
    return read("dbt", base, {"m.json": json.dumps({"nodes": nodes})}, options)


def lineage(harvest: Harvest) -> list[str]:
    """Return which dataset comes from which."""
    return [
        f"{fact.id.partition('/')[2]} <- {fact.value.partition('/')[2]}"
        for fact in harvest.facts
        if fact.name == "derived_from"
    ]


def tags(base: Path, column: object, options: str = "store: w") -> list[str]:
    """Return the tags of a column."""
    harvest = dbt(base, model("t", columns={"c": column}), options=options)
    return [fact.value for fact in harvest.facts if fact.name == "tag"]


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ({"meta": {"pii": True}}, ["pii"]),
        ({"meta": {"pii": False}}, ["none"]),
        ({"meta": {"pii": "email"}}, ["email"]),
        ({"meta": {"classification": ["a", "b"]}}, ["a", "b"]),
        ({"meta": {"classification": "public"}}, ["none"]),
        ({"config": {"meta": {"pii": True}, "tags": ["x"]}}, ["x", "pii"]),
        ({"tags": ["pii"], "meta": {"pii": True}}, ["pii"]),
        ({"meta": {"owner": "ann"}}, []),
        ({"meta": {"pii": None}}, []),
        ({}, []),
    ],
)
def test_tags_come_from_tags_and_meta(
    column: object, expected: list[str], tmp_path: Path
):
    """Tags, and the two usual keys of `meta`, say what a column holds."""
    assert tags(tmp_path, column) == expected


def test_the_key_of_meta_can_be_chosen(tmp_path: Path):
    """A company's own key replaces the usual ones."""
    column = {"meta": {"pii": True, "gdpr": "contact"}}
    assert tags(tmp_path, column, "store: w\nmeta_key: gdpr") == ["contact"]


def test_lineage_is_stated_as_undecided(tmp_path: Path):
    """Which columns are derived from which isn't known."""
    harvest = dbt(tmp_path, model("a", "b"), model("b"))
    assert lineage(harvest) == ["s.a <- s.b"]
    assert {fact.unknown for fact in harvest.facts if fact.name == "derived_from"} == {
        "column lineage not read"
    }


def test_lineage_passes_through_models_that_make_no_table(tmp_path: Path):
    """An ephemeral model is no dataset, but what it reads is read."""
    harvest = dbt(
        tmp_path,
        model("a", "e", "b"),
        model("e", "f", config={"materialized": "ephemeral"}),
        model("f", "e", "b", "c", config={"materialized": "ephemeral"}),
        model("b"),
        model("c"),
    )
    assert sorted(lineage(harvest)) == ["s.a <- s.b", "s.a <- s.c"]


def test_lineage_may_go_in_circles(tmp_path: Path):
    """A circle that dbt itself would refuse is no endless loop."""
    harvest = dbt(tmp_path, model("a", "b"), model("b", "a"))
    assert lineage(harvest) == ["s.a <- s.b", "s.b <- s.a"]


def test_tests_and_operations_make_no_data(tmp_path: Path):
    """Only models, seeds, snapshots and sources are datasets."""
    harvest = dbt(tmp_path, model("a", resource_type="test"))
    assert told(harvest) == []


def test_databases_belong_to_stores(tmp_path: Path):
    """Each database may be another store."""
    models = [model("a"), model("b", database="e")]
    harvest = dbt(tmp_path, *models, options="store: {d: w, e: lake}")
    assert [fact.id for fact in harvest.facts if fact.fact == "node"] == [
        "dataset:w/s.a",
        "dataset:lake/s.b",
    ]


def test_exposures_are_counted_not_read(tmp_path: Path):
    """Dashboards are no datasets; the note says where they belong."""
    text = json.dumps({"nodes": {}, "exposures": {"exposure.x": {}}})
    harvest = read("dbt", tmp_path, {"m.json": text}, "store: w")
    assert notes(harvest) == ["m.json#: exposures not read: 1 (list them as exports)"]


@pytest.mark.peer
@pytest.mark.parametrize(
    ("file", "store"),
    [
        ("large_target_manifest.json", "{DEMO_DB: warehouse}"),
        ("postgres_target_manifest.json", "{postgres: warehouse}"),
    ],
)
def test_a_peer_manifest_loads(file: str, store: str, peer_data: Path, tmp_path: Path):
    """dbt's own example project: five models, three seeds, and what comes from what."""
    folder = peer_data / "lineage" / "openlineage"
    harvest = SOURCES["dbt"].read(order(folder, (file,), f"store: {store}"))
    assert estate_takes(harvest, tmp_path) == len(harvest.facts)
    datasets = [fact.id for fact in harvest.facts if fact.name == "form"]
    assert len(datasets) == 8
    assert "dataset:warehouse/public.customers" in datasets
    made = {
        fact.value
        for fact in harvest.facts
        if fact.name == "derived_from" and fact.id.endswith(".customers")
    }
    assert made == {
        f"dataset:warehouse/public.stg_{name}"
        for name in ("customers", "orders", "payments")
    }


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        ({"model.a": 7}, "a node must be an object, not a whole number"),
        ({"model.a": {"resource_type": "model"}}, "a node needs `schema` and `name`"),
        (
            {"model.a": model("a", columns={" ": {}})},
            "can't be the name of a column",
        ),
        (
            {"model.a": model("a", columns={"\ud800": {}})},
            "a column's name holds half a surrogate pair",
        ),
    ],
)
def test_a_node_that_can_not_be_is_refused(
    nodes: dict[str, object], message: str, tmp_path: Path
):
    """Nodes need their names, and columns names that an id can hold."""
    text = json.dumps({"nodes": nodes})
    with pytest.raises(SourceError) as caught:
        read("dbt", tmp_path, {"m.json": text}, "store: w")
    assert "surrogate pair" in str(caught.value) or message in str(caught.value)


def test_a_source_needs_its_store(tmp_path: Path):
    """Without a store the columns would join with nothing."""
    with pytest.raises(SourceError, match="needs `store`"):
        dbt(tmp_path, model("a"), options="")
