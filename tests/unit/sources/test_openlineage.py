"""OpenLineage: the shapes that events come in, and what their facets say."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.errors import SourceError
from ringfence.guard.tree import NEVER
from ringfence.sources.openlineage import SOURCE
from ringfence.sources.source import Harvest
from tests.unit.sources.reading import estate_takes, notes, order, told

RUN = "11111111-2222-3333-4444-555555555555"
Json = dict[str, Any]


def dataset(name: str, *columns: str, namespace: str = "pg", **facets: object) -> Json:
    """Return a dataset with a schema facet and others."""
    if columns:
        facets["schema"] = {"fields": [{"name": column} for column in columns]}
    found: Json = {"name": name, "facets": facets}
    return found | ({"namespace": namespace} if namespace else {})


def fields(**columns: object) -> Json:
    """Return a column facet: inputs for each column."""
    return {"fields": {name: {"inputFields": found} for name, found in columns.items()}}


def column(
    name: str, field: str = "a", namespace: str = "pg", **transformation: Any
) -> Json:
    """Return an input column, with one transformation."""
    found: Json = {"name": name, "field": field}
    if namespace:
        found["namespace"] = namespace
    if transformation:
        found["transformations"] = [transformation]
    return found


def event(inputs: list[Json], outputs: list[Json], **more: object) -> Json:
    """Return an event at the start of 2022."""
    return {
        "eventType": "COMPLETE",
        "eventTime": "2022-01-01T00:00:00Z",
        "job": {"namespace": "n", "name": "j"},
        "inputs": inputs,
        "outputs": outputs,
        **more,
    }


def read(
    base: Path, content: object, options: str = "", name: str = "e.json"
) -> Harvest:
    """Return what a file gives."""
    text = content if isinstance(content, str) else json.dumps(content)
    (base / name).write_text(text, encoding="utf-8")
    return SOURCE.read(order(base, (name,), options))


def derived(harvest: Harvest) -> list[str]:
    """Return what is derived from what, without kinds and store."""
    return [
        text.replace("column:pg/", "")
        .replace("dataset:pg/", "")
        .replace(" derived_from", " <-")
        for text in told(harvest)
        if " derived_from " in text
    ]


ONE = event(
    [dataset("s.i", "a")],
    [dataset("s.o", "x", columnLineage=fields(x=[column("s.i")]))],
)
LINK = "s.o.x <- s.i.a since=2022-01-01 transformation=direct"


@pytest.mark.parametrize(
    "content",
    [
        ONE,
        [ONE, ONE],
        {"events": [ONE], "totalCount": 1},
        {"specversion": "1.0", "data": ONE},
        {"level": "INFO", "message": f"emitted {json.dumps(ONE)}"},
        f"{json.dumps(ONE)}\n{json.dumps(ONE)}\n",
        f"[12:00:01] INFO emitted {json.dumps(ONE)}\n[12:00:02] INFO done {{}}\n",
        f"2022-01-01 ConsoleTransport {json.dumps(ONE)}\n",
    ],
)
def test_events_are_found_in_whatever_carries_them(content: object, tmp_path: Path):
    """One event, a list, lines, envelopes and logs give the same."""
    assert derived(read(tmp_path, content)) == [LINK]


@pytest.mark.parametrize(
    ("transformation", "expected"),
    [
        ({}, "direct"),
        ({"type": "DIRECT", "subtype": "IDENTITY"}, "direct"),
        ({"type": "direct", "masking": False}, "direct"),
        (
            {"type": "DIRECT", "masking": True},
            "direct unless masked on the way, its producer says",
        ),
        (
            {"type": "INDIRECT"},
            "indirect ? the column only decides which rows show (indirect)",
        ),
        ({"type": "MAGIC"}, "direct ? a transformation of type `MAGIC` isn't known"),
        ({"subtype": "X"}, "direct ? a transformation has no type"),
    ],
)
def test_a_transformation_says_how_a_column_counts(
    transformation: Json, expected: str, tmp_path: Path
):
    """Direct exposes, indirect possibly; masking is a control, and no proof."""
    lineage = fields(x=[column("s.i", **transformation)])
    harvest = read(
        tmp_path,
        event([dataset("s.i", "a")], [dataset("s.o", "x", columnLineage=lineage)]),
    )
    assert derived(harvest) == [
        f"s.o.x <- s.i.a since=2022-01-01 transformation={expected}"
    ]


def test_an_older_facet_says_masked_for_the_whole_column(tmp_path: Path):
    """`transformationType: MASKED` is the same control."""
    lineage = {
        "fields": {
            "x": {"inputFields": [column("s.i")], "transformationType": "MASKED"}
        }
    }
    (text,) = derived(
        read(tmp_path, event([], [dataset("s.o", columnLineage=lineage)]))
    )
    assert "unless masked" in text


def test_one_way_of_several_is_enough_to_expose(tmp_path: Path):
    """Direct and indirect transformations of one input both stay."""
    both = {
        **column("s.i"),
        "transformations": [{"type": "INDIRECT"}, {"type": "DIRECT"}],
    }
    found = derived(
        read(tmp_path, event([], [dataset("s.o", columnLineage=fields(x=[both]))]))
    )
    assert [("=direct" in text) for text in found] == [False, True]


@pytest.mark.parametrize(
    "lineage",
    [{}, {"fields": {}}, None, {"fields": None}, {"_deleted": True, "fields": {}}],
)
def test_an_output_without_a_column_facet_may_expose_every_input(
    lineage: object, tmp_path: Path
):
    """Its dataset, and each of its columns, may come from any column of the inputs."""
    out = dataset("s.o", "x", columnLineage=lineage)
    harvest = read(tmp_path, event([dataset("s.i", "a")], [out]))
    tail = (
        "since=2022-01-01 transformation=direct ? its producer says nothing of columns"
    )
    assert derived(harvest) == [f"s.o.x <- s.i {tail}", f"s.o <- s.i {tail}"]


def test_a_column_that_the_facet_leaves_out_may_come_from_every_input(tmp_path: Path):
    """Truncated lineage is undecided, never shorter."""
    out = dataset("s.o", "x", "y", columnLineage=fields(x=[column("s.i")]))
    found = derived(read(tmp_path, event([dataset("s.i", "a"), dataset("s.k")], [out])))
    assert [text.partition(" since")[0] for text in found] == [
        "s.o.x <- s.i.a",
        "s.o.x <- s.k",
        "s.o.y <- s.i",
        "s.o.y <- s.k",
    ]


def test_whole_rows_may_depend_on_a_column(tmp_path: Path):
    """`columnLineage.dataset` counts for every column of the output."""
    lineage = {
        **fields(x=[column("s.i")]),
        "dataset": [column("s.i", "k", type="INDIRECT")],
    }
    out = dataset("s.o", "x", columnLineage=lineage)
    found = derived(read(tmp_path, event([dataset("s.i", "a")], [out])))
    assert found[1].startswith(
        "s.o.x <- s.i.k since=2022-01-01 transformation=indirect ?"
    )


def test_a_missing_namespace_falls_to_the_only_input_of_that_name(tmp_path: Path):
    """With two inputs of one name nobody knows which: both, undecided."""
    out = dataset("s.o", columnLineage=fields(x=[column("s.i", namespace="")]))
    assert derived(read(tmp_path, event([dataset("s.i")], [out]))) == [LINK]
    two = [dataset("s.i"), dataset("s.i", namespace="other")]
    found = derived(read(tmp_path, event(two, [out])))
    assert len(found) >= 2
    assert all("?" in text for text in found)


@pytest.mark.parametrize("missing", ["field", "name"])
def test_an_input_that_is_not_whole_widens(missing: str, tmp_path: Path):
    """Without a field it may be any column; without a dataset, any input."""
    lineage = fields(x=[{k: v for k, v in column("s.i").items() if k != missing}])
    found = derived(
        read(
            tmp_path,
            event([dataset("s.i", "a")], [dataset("s.o", columnLineage=lineage)]),
        )
    )
    assert found[0].startswith("s.o.x <- s.i since")
    assert "? the producer doesn't say" in found[0]


def test_names_of_one_dataset_are_one_node(tmp_path: Path):
    """A table and the folder that holds it are one dataset; the table's name is kept."""
    links = {"identifiers": [{"namespace": "hive", "name": "db.t", "type": "TABLE"}]}
    folder = dataset("/data/t", "a", namespace="file", symlinks=links)
    out = dataset("s.o", columnLineage=fields(x=[column("/data/t", namespace="file")]))
    harvest = read(tmp_path, event([folder], [out]))
    assert derived(harvest)[0].startswith("s.o.x <- column:hive/db.t.a")
    assert "boundary.yaml:9:5: `db.t` is also called `/data/t`" in notes(harvest)
    mapped = read(tmp_path, event([folder], [out]), "stores: {file: lake}")
    assert "column:lake//data/t.a" in derived(mapped)[0]


@pytest.mark.parametrize(
    ("namespace", "name", "options", "expected"),
    [
        ("postgres://h:5432", "db.public.t", "", "dataset:postgres:h:5432/public.t"),
        (
            "postgres://h:5432",
            "db.public.t",
            "stores: {'postgres://*': w}",
            "dataset:w/public.t",
        ),
        (
            "pg",
            "db.public.t",
            "stores: {'pg/db.*': w, '*': rest}",
            "dataset:w/public.t",
        ),
        ("s3://bucket", "a/b.c.d", "", "dataset:s3:bucket/a/b.c.d"),
        ("n", "public.t", "", "dataset:n/public.t"),
        ("", "t", "", "dataset:unnamed/t"),
    ],
)
def test_a_namespace_is_a_store(
    namespace: str, name: str, options: str, expected: str, tmp_path: Path
):
    """The first pattern of `stores` counts; without one the namespace names the store."""
    harvest = read(tmp_path, event([], [dataset(name, namespace=namespace)]), options)
    assert [fact.id for fact in harvest.facts if fact.fact == "node"] == [expected]


def test_a_link_holds_from_the_first_event_that_shows_it(tmp_path: Path):
    """The earliest time counts; an event without one leaves the beginning open."""
    later = {**ONE, "eventTime": "2023-05-05T00:00:00+02:00"}
    assert derived(read(tmp_path, [later, ONE])) == [LINK]
    assert "since=2023-05-04" in derived(read(tmp_path, [later]))[0]
    undated = {**ONE, "eventTime": "{{ any }}"}
    harvest = read(tmp_path, [ONE, undated])
    assert derived(harvest) == [LINK.replace("since=2022-01-01 ", "")]
    assert any("1 without a time" in note for note in notes(harvest))


@pytest.mark.parametrize(
    "kind", ["START", "RUNNING", "COMPLETE", "FAIL", "ABORT", "OTHER", None]
)
def test_a_run_of_any_end_may_have_written(kind: object, tmp_path: Path):
    """A failed run's lineage counts too, and so does a job that never ran."""
    assert derived(read(tmp_path, {**ONE, "eventType": kind})) == [LINK]


def test_events_of_one_run_are_put_together(tmp_path: Path):
    """One event names the inputs, another the outputs."""
    run = {"run": {"runId": RUN}}
    start = event([dataset("s.i")], [], **run)
    end = event([], [dataset("s.o", "x")], job={"name": "another"}, **run)
    assert len(derived(read(tmp_path, [start, end]))) == 2
    apart = {**end, "run": {"runId": "{{ any(result) }}"}}
    assert derived(read(tmp_path, [start, apart])) == []


def test_dataset_events_are_read(tmp_path: Path):
    """An event about a dataset alone may carry a column facet."""
    out = dataset("s.o", columnLineage=fields(x=[column("s.i")]))
    assert derived(
        read(tmp_path, {"eventTime": "2022-01-01T00:00:00Z", "dataset": out})
    ) == [LINK]


# --- SQL ------------------------------------------------------------------------------


def job(query: str) -> Json:
    """Return a job with its SQL."""
    return {"namespace": "n", "name": "j", "facets": {"sql": {"query": query}}}


STATS = "INSERT INTO s.o SELECT avg(a) AS x FROM s.i HAVING count(*) >= 10"


def test_a_jobs_sql_is_resolved_when_its_run_lists_the_columns(tmp_path: Path):
    """With the option, columns come from the SQL; without, or in part, from anything."""
    ran = event(
        [dataset("d.s.i", "a", "b")],
        [dataset("d.s.o", "x")],
        job=job("SELECT a AS x FROM s.i WHERE b > 1"),
    )
    found = derived(read(tmp_path, ran, "resolve_sql: true"))
    assert found[0] == LINK
    assert found[1].startswith(
        "s.o.x <- s.i.b since=2022-01-01 transformation=indirect"
    )
    assert "says nothing of columns" in derived(read(tmp_path, ran))[0]
    lost = {**ran, "job": job("SELECT nothing AS x FROM s.i")}
    harvest = read(tmp_path, lost, "resolve_sql: true")
    assert "says nothing of columns" in derived(harvest)[0]
    assert any("a job's SQL isn't resolved" in note for note in notes(harvest))


@pytest.mark.parametrize(
    ("options", "is_held"), [("resolve_sql: true", True), ("resolve_sql: false", False)]
)
def test_a_declassifier_is_checked_in_the_sql(
    options: str, *, is_held: bool, tmp_path: Path
):
    """Where the SQL isn't read nothing is verified, and a note says so."""
    ran = event([dataset("s.i", "a")], [dataset("s.o", "x")], job=job(STATS))
    options += "\ndeclassifiers: [{columns: ['*.o.x'], kind: aggregate, minimum: 10}]"
    harvest = read(tmp_path, ran, options)
    assert any(fact.guard == NEVER for fact in harvest.facts) is is_held
    assert any("its SQL isn't read" in note for note in notes(harvest)) is not is_held


def test_the_page_is_read_as_shown(tmp_path: Path):
    """The page's event gives the link that the page tells of."""
    page = (Path(__file__).parents[3] / "docs" / "sources" / "lineage.md").read_text(
        "utf-8"
    )
    [text] = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    options = re.findall(r"stores: .*", page)[0]
    assert derived(read(tmp_path, text, options)) == [
        "column:lake//exports/mail.mail <- column:warehouse/public.users.email "
        "since=2022-01-01 transformation=direct"
    ]


# --- what can't be --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is not JSON"),
        ("[]", "holds no OpenLineage event"),
        ({"hello": 1}, "holds no OpenLineage event"),
        ({"inputs": 7, "outputs": []}, "`inputs` must be a list"),
        ({"outputs": [7]}, "a dataset must be an object"),
        ({"outputs": [{}]}, "a dataset needs `name`"),
        (
            event([], [dataset("o", columnLineage={"fields": 7})]),
            "`fields` must be a mapping",
        ),
        (
            event([], [dataset("o", columnLineage={"fields": {"x": 7}})]),
            "a column's lineage must be an object",
        ),
        (
            event([], [dataset("o", columnLineage=fields(x=[7]))]),
            "an input column must be an object",
        ),
        (
            event([], [dataset("o", symlinks={"identifiers": [{}]})]),
            "a symlink needs `name`",
        ),
        (
            '12:01 {"inputs": [], "outputs": []}\n12:02 {"inputs": [',
            "an event is not JSON",
        ),
    ],
)
def test_an_event_that_makes_no_sense_is_refused(
    content: object, message: str, tmp_path: Path
):
    """Lineage that is cut off makes the source unread; the place is named."""
    with pytest.raises(SourceError) as caught:
        read(tmp_path, content)
    assert message in str(caught.value)


def places(value: object) -> list[Callable[[object], None]]:
    """Return a function for each place of a document that puts something else there."""
    found: list[Callable[[object], None]] = []
    if isinstance(value, dict | list):
        for key in list(value) if isinstance(value, dict) else range(len(value)):

            def put(new: object, at=value, key=key) -> None:
                at[key] = new

            found += [put, *places(value[key])]
    return found


@given(data=st.data())
def test_whatever_value_is_replaced_there_are_facts_or_a_clear_error(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
):
    """No value of a wrong type makes anything else than an error with its place."""
    links = {"identifiers": [{"namespace": "hive", "name": "db.t", "type": "TABLE"}]}
    lineage = {**fields(x=[column("s.i", type="DIRECT")]), "dataset": [column("s.i")]}
    tree = [
        event(
            [dataset("s.i", "a", symlinks=links)],
            [dataset("s.o", "x", columnLineage=lineage)],
            job=job(STATS),
        )
    ]
    tree = json.loads(json.dumps(tree))
    odd: st.SearchStrategy[object] = (
        st.none()
        | st.booleans()
        | st.integers()
        | st.sampled_from(["", "a.b", "\x00"])
        | st.just([])
        | st.just({})
    )
    data.draw(st.sampled_from(places(tree)))(data.draw(odd))
    base = tmp_path_factory.mktemp("odd")
    try:
        harvest = read(base, tree, "resolve_sql: true")
    except SourceError:
        return
    assert estate_takes(harvest, base) <= len(harvest.facts)


# --- peer data ------------------------------------------------------------------------

PEER = {
    "marquez/event_large.json": (1, 1),
    "marquez/metadata.template.json": (26, 51),
    "openlineage/large_result.json": (10, 44),
    "openlineage/postgres_result.json": (10, 50),
    "openlineage/structured_logs_postgres_build_command_results_build_ol_events.json": (
        186,
        46,
    ),
    "openlineage/structured_logs_postgres_run_results_successful_run_ol_events.json": (
        72,
        52,
    ),
}


@pytest.mark.peer
@pytest.mark.parametrize("file", PEER)
@pytest.mark.parametrize("options", ["", "resolve_sql: true"])
def test_peer_events_load_whole(
    file: str, options: str, peer_data: Path, tmp_path: Path
):
    """Every event is read, the estate takes every fact, and the rest is counted."""
    harvest = SOURCE.read(order(peer_data / "lineage", (file,), options))
    events, links = PEER[file]
    assert any(f"events read: {events}, of " in note for note in notes(harvest))
    assert len(derived(harvest)) == links
    assert estate_takes(harvest, tmp_path) == len(harvest.facts)


@pytest.mark.peer
def test_every_spark_event_of_the_peer_loads(peer_data: Path, tmp_path: Path):
    """All of them together: those of one job are put together."""
    folder = peer_data / "lineage" / "openlineage" / "spark"
    files = tuple(sorted(path.name for path in folder.glob("*.json")))
    harvest = SOURCE.read(order(folder, files))
    assert any(f"events read: {len(files)}, of " in note for note in notes(harvest))
    assert estate_takes(harvest, tmp_path) == len(harvest.facts)
    pairs = {
        (fact.id.partition("/")[2], fact.value.partition("/")[2])
        for fact in harvest.facts
        if fact.name == "derived_from" and not fact.unknown
    }
    assert ("default.events.last_updated_at", "default.updates.updated_at") in pairs
