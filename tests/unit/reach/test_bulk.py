"""Numbered estates: what is read, what is refused, what the command says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ringfence.boundary.vocabulary import DATA_KINDS, EDGE_KINDS, NODE_KINDS, Flow
from ringfence.cli import main
from ringfence.cli.bulk import bulk
from ringfence.errors import ConfigError, SourceError
from ringfence.estate.parquet import SORTS, _need_distinct, read, spelt
from ringfence.reach.bulk.question import masks
from ringfence.reach.masks import ALL_VERBS, CONTROL, DECRYPT, READ
from ringfence_verify.bulk import verify
from tests.numbered import TEXT, Columns, Edge, edges, nodes, parquet

IDS = ["person:a", "group:g", "dataset:d/s.t", "dataset:d/s.u"]
JOINS, MAY = (0, 1, "member_of", "", ""), (1, 2, "has_privilege", "read", "")
DERIVED = (2, 3, "derived_from", "", "")


def estate(folder: Path, *told: Edge, protected: str = IDS[2]) -> Path:
    """Write an estate in which the first node is excluded."""
    columns = nodes(IDS, {IDS[0]: "yes"}, {protected: "yes"})
    parquet(folder / "nodes.parquet", columns)
    parquet(folder / "edges.parquet", edges(told))
    return folder


def refusal(folder: Path) -> str:
    with pytest.raises(SourceError) as refused:
        read(folder)
    assert len(refused.value.problems) == 1
    return str(refused.value)


# --- reading --------------------------------------------------------------------------


def test_edges_and_nodes_keep_their_places(tmp_path: Path):
    """A node's number is its row, an edge's place its row in files in order of name."""
    estate(tmp_path, JOINS, MAY)
    parquet(tmp_path / "edges-2.parquet", edges([DERIVED]))
    found = read(tmp_path)
    assert found.tail.tolist() == [2, 0, 1]
    assert found.head.tolist() == [3, 1, 2]
    assert [str(found.place(edge)) for edge in range(3)] == [
        "edges-2.parquet:1",
        "edges.parquet:1",
        "edges.parquet:2",
    ]
    assert found.ids([3, 0]) == {3: IDS[3], 0: IDS[0]}
    assert found.ids([]) == {}
    assert found.tail.dtype == found.head.dtype == np.int32
    assert [*found.digests] == ["nodes.parquet", "edges-2.parquet", "edges.parquet"]


def test_many_row_groups_keep_their_order(tmp_path: Path):
    """However the file is cut into row groups, and read by whom, rows stay in order."""
    count = 20_000
    ids = [f"group:g{number}" for number in range(count)]
    parquet(tmp_path / "nodes.parquet", nodes(ids), more=", row_group_size 2048")
    told = [
        (number, count - 1 - number, "member_of", "", "") for number in range(count)
    ]
    parquet(tmp_path / "edges.parquet", edges(told), more=", row_group_size 2048")
    found = read(tmp_path)
    assert np.array_equal(found.tail, np.arange(count))
    assert np.array_equal(found.head, np.arange(count)[::-1])
    assert found.ids([12_345]) == {12_345: ids[12_345]}


def test_unknown_may_be_a_flag(tmp_path: Path):
    """`unknown` is a reason, or a flag."""
    estate(tmp_path)
    flags = [False, True]
    columns = dict(edges([JOINS, MAY])) | {"unknown": ("BOOLEAN", flags)}
    parquet(tmp_path / "edges.parquet", columns)
    assert read(tmp_path).unknown.tolist() == flags
    reasons = ["", "false"]  # text is a reason, whatever it says
    columns["unknown"] = (TEXT, reasons)
    parquet(tmp_path / "edges.parquet", columns)
    assert read(tmp_path).unknown.tolist() == flags


@pytest.mark.parametrize("of", ["BIGINT", "UBIGINT", "UINTEGER", "SMALLINT"])
def test_ends_may_be_any_integers(of: str, tmp_path: Path):
    """The numbers of nodes may be integers of any size."""
    estate(tmp_path)
    columns = dict(edges([JOINS])) | {"tail": (of, [0]), "head": (of, [1])}
    parquet(tmp_path / "edges.parquet", columns)
    found = read(tmp_path)
    assert (found.tail.tolist(), found.head.tolist()) == ([0], [1])
    assert found.tail.dtype == np.int32


@pytest.mark.parametrize("name", ["a[b]", "a*", "what?", "id=3"])
def test_a_folder_may_be_called_anything(name: str, tmp_path: Path):
    """What stands for a pattern or a partition elsewhere is a name here."""
    estate(tmp_path, JOINS)
    estate(tmp_path / name, JOINS, MAY)
    assert len(read(tmp_path / name).tail) == 2


NUMBERS = ("INTEGER", [0])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tail": None}, "edges.parquet: has no column `tail`"),
        ({"verb": None}, "edges.parquet: has no column `verb`"),
        ({"tail": ("DOUBLE", [0.0])}, "edges.parquet: column `tail` is DOUBLE"),
        ({"name": NUMBERS}, "edges.parquet: column `name` is INTEGER"),
        ({"unknown": NUMBERS}, "edges.parquet: column `unknown` is INTEGER"),
        ({"guard": (TEXT, ["x"])}, "edges.parquet: column `guard` isn't read"),
        ({"head": ("INTEGER", [4])}, "edges.parquet:1: `head` 4 is no node"),
        ({"head": ("INTEGER", [-1])}, "edges.parquet:1: `head` -1 is no node"),
        ({"head": ("INTEGER", [None])}, "edges.parquet:1: `head` None is no node"),
        ({"tail": ("BIGINT", [1 << 32])}, "1: `tail` 4294967296 is no node"),
        ({"tail": ("UBIGINT", [1 << 63])}, "`tail` 9223372036854775808 is no node"),
        ({"name": (TEXT, ["joins"])}, "1: has no edge kind `joins`"),
        ({"name": (TEXT, [None])}, "edges.parquet:1: has no edge kind `None`"),
        ({"verb": (TEXT, ["peek"])}, "edges.parquet:1: has no verb `peek`"),
        ({"verb": (TEXT, [None])}, "edges.parquet:1: has no verb `None`"),
        ({"verb": (TEXT, ["read"])}, "1: needs a verb, and only a grant"),
        ({"unknown": (TEXT, [None])}, "edges.parquet:1: `unknown` is NULL"),
        ({"head": ("INTEGER", [2])}, "1: `member_of` leads to a principal"),
        ({"tail": ("INTEGER", [2])}, "1: `member_of` starts from a principal"),
        ({"name": (TEXT, ["contains"])}, "1: `contains` joins data to data"),
        ({"name": (TEXT, ["owns"])}, "1: an owner holds a legal entity"),
    ],
)
def test_a_wrong_edge_is_refused(change: dict[str, Any], message: str, tmp_path: Path):
    """A column or a row that isn't right gives one error, with its file and row."""
    estate(tmp_path)
    columns = {**edges([JOINS]), **change}
    kept: Columns = {name: one for name, one in columns.items() if one}
    parquet(tmp_path / "edges.parquet", kept)
    assert message in refusal(tmp_path)


def test_the_first_wrong_row_is_named(tmp_path: Path):
    """Of many rows the first that is wrong is named, by its row in its file."""
    estate(tmp_path, JOINS, MAY)
    wrong = (2, 1, "member_of", "", "")
    parquet(tmp_path / "edges-x.parquet", edges([DERIVED, DERIVED, wrong, wrong]))
    assert refusal(tmp_path).startswith("edges-x.parquet:3: ")


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        ("id", ["person"], "nodes.parquet:1: has no kind of node `person`"),
        ("id", ["person:"], "nodes.parquet:1: names no person"),
        ("id", ["robot:x"], "nodes.parquet:1: has no kind of node `robot`"),
        ("id", [":x"], "nodes.parquet:1: has no kind of node ``"),
        ("id", [""], "nodes.parquet:1: "),
        ("id", [None], "nodes.parquet:1: "),
        ("excluded", ["no"], "nodes.parquet:1: `excluded` isn't one of three"),
        ("protected", [None], "nodes.parquet:1: `protected` isn't one of three"),
        ("protected", ["yes"], "nodes.parquet:1: protected, but no data"),
        ("protected", [], "nodes.parquet: holds no node"),
    ],
)
def test_a_wrong_node_is_refused(
    column: str, values: list[str | None], message: str, tmp_path: Path
):
    """A node that is none, or of no status, gives one error with its row."""
    estate(tmp_path, JOINS)
    parts: Columns = {**nodes(["person:a"][: len(values)]), column: (TEXT, values)}
    parquet(tmp_path / "nodes.parquet", parts)
    assert refusal(tmp_path).startswith(message)


def test_a_node_that_is_there_twice_is_refused(tmp_path: Path):
    """Two rows of one id are refused: what reaches one of them would miss the other."""
    estate(tmp_path, JOINS)
    parquet(tmp_path / "nodes.parquet", nodes([*IDS, "person:b", IDS[1]]))
    assert refusal(tmp_path).startswith("nodes.parquet:6: `group:g` is there twice")


def test_what_is_no_parquet_is_refused(tmp_path: Path):
    """A file that is missing, empty, cut off or something else gives one error."""
    assert "has no edges" in refusal(tmp_path)
    estate(tmp_path)
    assert refusal(tmp_path).startswith("edges.parquet: holds no edge")
    estate(tmp_path, JOINS)
    path = tmp_path / "edges.parquet"
    whole = path.read_bytes()
    for content in (b"", b"tail,head\n0,1\n", whole[:-9], whole[:40] + whole[44:]):
        path.write_bytes(content)
        assert refusal(tmp_path).startswith("edges.parquet: can't be read: ")
    path.write_bytes(whole)
    (tmp_path / "nodes.parquet").unlink()
    assert refusal(tmp_path).startswith("nodes.parquet: no such file or directory")


# --- sorts and masks ------------------------------------------------------------------


def test_every_sort_is_spelt_once():
    """A sort is an edge kind, a verb and two kinds of node, and no two are alike."""
    ids, told = spelt(np.arange(SORTS))
    assert [node.partition(":")[0] for node in ids] == [*NODE_KINDS]
    parts = zip(told.name, told.verb, told.tail, told.head, strict=True)
    assert len({*parts}) == SORTS


def test_masks_are_those_of_flows():
    """Control gives control, a copy carries reading, containment every verb."""
    table = masks(np.arange(SORTS))
    ids, told = spelt(np.arange(SORTS))
    is_data = np.array([node.partition(":")[0] in DATA_KINDS for node in ids])
    flows = np.array([EDGE_KINDS[name].flow for name in told.name])
    joins = flows == Flow.CONTROL
    between = joins & ~is_data[told.tail] & ~is_data[told.head]
    assert {*table.give[between].tolist()} == {CONTROL}
    of_data = is_data[told.tail] & is_data[told.head]
    assert {*table.carry[(flows == Flow.COPY) & of_data].tolist()} == {READ | DECRYPT}
    assert {*table.carry[(flows == Flow.CONTAIN) & of_data].tolist()} == {ALL_VERBS}
    stakes = flows == Flow.STAKE
    assert not table.give[stakes].any()
    assert not table.carry[stakes].any()


# --- the command ----------------------------------------------------------------------


def test_a_crossing_is_told_with_its_path(tmp_path: Path, capsys):
    """A certain path ends with 11, and each hop with the file and row that states it."""
    code = bulk(estate(tmp_path, JOINS, MAY), output=tmp_path / "closure")
    assert code == 11
    assert capsys.readouterr().out == (
        "reached: person:a -> read dataset:d/s.t\n"
        "  is a member of group:g   edges.parquet:1\n"
        "  may dataset:d/s.t   edges.parquet:2\n"
        "1 excluded (0 of them unknown), 1 protected (0 of them unknown)\n"
        "  4 nodes, 2 edges (0 of them unknown); controls ignored\n"
    )
    assert not (tmp_path / "closure").exists()


@pytest.mark.parametrize("doubt", ["edge", "origin", "target"])
def test_a_doubtful_path_is_possible(doubt: str, tmp_path: Path, capsys):
    """Where an edge, an end or its status is unknown, the path is a possible one."""
    joins = (*JOINS[:4], "not decided" if doubt == "edge" else "")
    estate(tmp_path, joins, MAY)
    origin, target = (
        "unknown" if doubt == end else "yes" for end in ("origin", "target")
    )
    parquet(tmp_path / "nodes.parquet", nodes(IDS, {IDS[0]: origin}, {IDS[2]: target}))
    if doubt == "target":  # another one is certain, and not reached
        more = {IDS[2]: target, IDS[3]: "yes"}
        parquet(tmp_path / "nodes.parquet", nodes(IDS, {IDS[0]: origin}, more))
    assert bulk(tmp_path, output=tmp_path / "closure", format="json") == 10
    told = json.loads(capsys.readouterr().out)
    assert (told["result"], len(told["path"]["hops"])) == ("possible", 2)
    assert told["path"]["hops"][0]["unknown"] == (doubt == "edge")


def test_who_is_excluded_and_protected_is_a_path_of_its_own(tmp_path: Path, capsys):
    """A copy that is excluded and protected is reached without a hop."""
    ends = {IDS[2]: "yes"}
    estate(tmp_path, DERIVED)
    parquet(tmp_path / "nodes.parquet", nodes(IDS, ends, ends))
    assert bulk(tmp_path, output=tmp_path / "closure") == 11
    assert "reached: dataset:d/s.t -> read dataset:d/s.t\n1" in capsys.readouterr().out


def test_isolation_comes_with_a_certificate(tmp_path: Path, capsys):
    """Isolation ends with 0; what it leaves verifies, and a crossing withdraws it."""
    output = tmp_path / "closure"
    assert bulk(estate(tmp_path, JOINS, DERIVED), output=output) == 0
    told = capsys.readouterr()
    assert told.out.startswith("isolated: of 1 excluded (0 of them unknown) nobody ")
    assert "closed set of 2 nodes" in told.out
    assert "edges a second" in told.err
    assert verify(output).startswith("isolated; 1 origins, certain or not")
    assert bulk(estate(tmp_path, JOINS, MAY), output=output) == 11
    assert not (output / "closure.json").exists()


def test_a_verb_may_be_all_that_counts(tmp_path: Path):
    """Whoever may read only doesn't edit; what is no verb is refused."""
    folder, output = estate(tmp_path, JOINS, MAY), tmp_path / "closure"
    assert bulk(folder, output=output, verb="edit") == 0
    assert bulk(folder, output=output, verb="read") == 11
    assert bulk(folder, output=output, verb="edit,read") == 11
    with pytest.raises(ConfigError, match="`peek` is no verb"):
        bulk(folder, output=output, verb="read,peek")


def test_the_command_is_part_of_the_program(tmp_path: Path, capsys):
    """`ringfence reach bulk` ends with the code of its answer, or of its error."""
    words = ["reach", "bulk", str(tmp_path), "-o", str(tmp_path / "closure")]
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert "has no edges" in capsys.readouterr().err
    estate(tmp_path, JOINS, MAY)
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 11


@pytest.mark.parametrize("missing", ["excluded", "protected"])
def test_a_question_about_nobody_shows_nothing(missing: str, tmp_path: Path, capsys):
    """Without anybody excluded, or anything surely protected, there is no answer."""
    estate(tmp_path, JOINS)
    excluded = {} if missing == "excluded" else {IDS[0]: "yes"}
    protected = {IDS[2]: "yes" if missing == "excluded" else "unknown"}
    parquet(tmp_path / "nodes.parquet", nodes(IDS, excluded, protected))
    assert bulk(tmp_path, output=tmp_path / "closure") == 10
    assert capsys.readouterr().out.startswith("vacuous: ")
    assert not (tmp_path / "closure").exists()


def test_blocks_change_nothing(tmp_path: Path, monkeypatch):
    """However small the blocks in which edges are written, the bytes are the same."""
    told = [(n % 2, (n * 7) % 2, "member_of", "", "") for n in range(9)]
    folder = estate(tmp_path, *told, DERIVED)
    bulk(folder, output=tmp_path / "one")
    monkeypatch.setattr("ringfence.reach.bulk.certificate._BLOCK", 3)
    monkeypatch.setattr("ringfence.estate.parquet._BLOCK", 2)
    bulk(folder, output=tmp_path / "two")
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


def test_nodes_that_share_a_hash_are_still_two(tmp_path: Path):
    """Ids of one hash are compared as text: two nodes by chance alike are no error."""
    estate(tmp_path, JOINS)
    alike = np.zeros(len(IDS), np.uint64)
    _need_distinct(tmp_path / "nodes.parquet", alike)


# --- protection goes down -------------------------------------------------------------

NEST = ["store:w", "dataset:w/a.t", "column:w/a.t.c", "column:w/a.t.d", "person:x"]
INSIDE = [
    (0, 1, "contains", "", ""),
    (1, 2, "contains", "", ""),
    (1, 3, "contains", "", "no list"),
]


@pytest.mark.parametrize(
    ("stated", "all_", "unknown", "descended"),
    [
        ({NEST[0]: "yes"}, [1, 1, 1, 2, 0], 1, 3),
        ({NEST[1]: "unknown"}, [0, 2, 2, 2, 0], 3, 2),
        ({NEST[1]: "unknown", NEST[0]: "yes"}, [1, 1, 1, 2, 0], 1, 2),
        ({NEST[2]: "yes"}, [0, 0, 1, 0, 0], 0, 0),
    ],
)
def test_what_protected_data_contains_is_protected(
    stated: dict[str, str],
    all_: list[int],
    unknown: int,
    descended: int,
    tmp_path: Path,
):
    """Certainly over certain edges, else perhaps; and never upwards."""
    parquet(tmp_path / "nodes.parquet", nodes(NEST, {NEST[4]: "yes"}, stated))
    parquet(tmp_path / "edges.parquet", edges(INSIDE))
    found = read(tmp_path)
    assert found.protected.tolist() == all_
    assert (found.protected == 2).sum() == unknown
    assert found.descended == descended


def test_a_column_of_a_protected_dataset_is_reached(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """A grant of the column alone crosses, and the count says what came down."""
    parquet(tmp_path / "nodes.parquet", nodes(NEST, {NEST[4]: "yes"}, {NEST[1]: "yes"}))
    grant = (4, 2, "has_privilege", "read", "")
    parquet(tmp_path / "edges.parquet", edges([*INSIDE, grant]))
    assert bulk(tmp_path, output=tmp_path / "out") == 11
    told = "3 protected (1 of them unknown, 2 for what contains them)"
    assert told in capsys.readouterr().out
    bulk(tmp_path, output=tmp_path / "out", format="json")
    known = json.loads(capsys.readouterr().out)["protected"]
    assert known == {"all": 3, "unknown": 1, "descended": 2}
