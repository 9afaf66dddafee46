"""dbt manifests: tags from `meta`, and lineage that is never shorter than it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ringfence.errors import SourceError
from ringfence.guard.tree import NEVER
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
        fact.value.removeprefix("column:").removeprefix("dataset:").split(".")[1]
        for fact in harvest.facts
        if fact.name == "derived_from" and "/public.customers" in fact.id
    }
    assert made == {"stg_customers", "stg_orders", "stg_payments"}
    amounts = {
        fact.id.rpartition(".")[2].lower()
        for fact in harvest.facts
        if fact.name == "derived_from"
        and not fact.unknown
        and fact.value.lower().endswith("stg_payments.amount")
        and "/public.orders." in fact.id
    }
    methods = ("credit_card", "coupon", "bank_transfer", "gift_card")
    assert amounts == {"amount", *(f"{method}_amount" for method in methods)}


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


# --- compiled code --------------------------------------------------------------------


def columns(harvest: Harvest) -> list[str]:
    """Return the certain derivations between columns."""
    return [
        f"{fact.id.partition('/')[2]} <- {fact.value.partition('/')[2]}"
        for fact in harvest.facts
        if fact.name == "derived_from" and not fact.unknown
    ]


@pytest.mark.parametrize("key", ["compiled_code", "compiled_sql"])
def test_compiled_code_gives_the_columns(key: str, tmp_path: Path):
    """Code that is resolved whole replaces what the manifest knows of datasets."""
    made = model("a", "b", **{key: "select k, m as n from d.s.b where z"})
    harvest = dbt(tmp_path, made, model("b"))
    assert columns(harvest) == ["s.a.k <- s.b.k", "s.a.n <- s.b.m"]
    assert "s.a.k <- s.b.z" in lineage(harvest)
    assert "s.a <- s.b" not in lineage(harvest)


def test_a_star_is_resolved_through_the_models_below(tmp_path: Path):
    """Columns that code lists are known to the models that read it, in any order."""
    top = model("a", "b", compiled_code="select * from d.s.b")
    middle = model("b", "c", compiled_code="select k, m from d.s.c")
    harvest = dbt(tmp_path, top, middle, model("c"))
    assert "s.a.m <- s.b.m" in columns(harvest)


def test_documented_columns_are_not_all_columns(tmp_path: Path):
    """A star over a model that only documents a column stays undecided."""
    top = model("a", "b", compiled_code="select * from d.s.b")
    harvest = dbt(tmp_path, top, model("b", columns={"k": {}}))
    assert columns(harvest) == []
    assert {fact.unknown for fact in harvest.facts if fact.name == "derived_from"} == {
        "the columns of `d.s.b` aren't known",
        "column lineage not read",
    }


def test_a_parent_that_the_code_does_not_read_stays_undecided(tmp_path: Path):
    """What dbt says besides the code is kept."""
    made = model("a", "b", "c", compiled_code="select k from d.s.b")
    harvest = dbt(tmp_path, made, model("b"), model("c"))
    assert lineage(harvest) == ["s.a.k <- s.b.k", "s.a <- s.c"]


@pytest.mark.parametrize("code", ["selec", "select nothing from d.s.b, d.s.c"])
def test_code_that_is_not_resolved_leaves_the_datasets(code: str, tmp_path: Path):
    """Every parent may be exposed, and the note counts what was lost."""
    harvest = dbt(
        tmp_path, model("a", "b", "c", compiled_code=code), model("b"), model("c")
    )
    assert {"s.a <- s.b", "s.a <- s.c"} <= set(lineage(harvest))
    assert any("not resolved, 1 times" in note for note in notes(harvest))


def test_code_in_another_language_is_not_read(tmp_path: Path):
    """A Python model's lineage is between datasets."""
    made = model("a", "b", compiled_code="def model(): ...", language="python")
    assert lineage(dbt(tmp_path, made, model("b"))) == ["s.a <- s.b"]


def test_columns_are_spelled_as_the_manifest_spells_them(tmp_path: Path):
    """Tags and lineage are of one column, whatever case the dialect stores."""
    made = model("a", "b", compiled_code="select Mail from d.s.b", columns={"mail": {}})
    harvest = dbt(
        tmp_path,
        made,
        model("b", columns={"mail": {}}),
        options="store: w\ndialect: snowflake",
    )
    assert columns(harvest) == ["s.a.mail <- s.b.mail"]


def test_a_catalogue_lists_every_column(tmp_path: Path):
    """With `catalog.json` among the files a star is resolved, in its order."""
    nodes = {
        "model.a": model("a", "b", compiled_code="select * from d.s.b"),
        "model.b": model("b"),
    }
    listed = {"y": {"name": "y", "index": 2}, "x": {"name": "x", "index": 1}}
    catalogue = {
        "metadata": {"dbt_schema_version": "https://schemas/dbt/catalog/v1.json"},
        "nodes": {"model.b": {"columns": listed}},
        "sources": {},
    }
    files = {"m.json": json.dumps({"nodes": nodes}), "c.json": json.dumps(catalogue)}
    harvest = read("dbt", tmp_path, files, "store: w")
    assert columns(harvest) == ["s.a.x <- s.b.x", "s.a.y <- s.b.y"]
    assert estate_takes(harvest, tmp_path) == len(harvest.facts)


def test_a_declassifier_is_checked_in_compiled_code(tmp_path: Path):
    """A verified aggregate is held back in residual reach."""
    code = "select avg(pay) as p from d.s.b having count(*) >= 10"
    options = (
        "store: w\ndeclassifiers: [{columns: ['*.a.p'], kind: aggregate, minimum: 10}]"
    )
    harvest = dbt(
        tmp_path, model("a", "b", compiled_code=code), model("b"), options=options
    )
    (edge,) = [fact for fact in harvest.facts if fact.name == "derived_from"]
    assert edge.guard == NEVER
    assert edge.control.startswith("declassified, as checked")
