"""OpenGraph: kinds that the order maps, ends that match, and what isn't understood."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.boundary.vocabulary import VERB_GROUPS
from ringfence.errors import SourceError
from ringfence.sources.directory_rights import EDGES, NODES, PREMISES
from ringfence.sources.opengraph import SOURCE
from ringfence.sources.source import Harvest
from tests.unit.sources.reading import estate_takes, notes, order, read, told

Json = dict[str, object]
PAIR: list[Json] = [{"id": "a", "kinds": ["Group"]}, {"id": "b", "kinds": ["Group"]}]


def graph(
    base: Path, nodes: list[Json], edges: list[Json], options: str = "", **more: object
) -> Harvest:
    """Return what a graph gives."""
    text = json.dumps({"graph": {"nodes": nodes, "edges": edges}} | more)
    return read("opengraph", base, {"g.json": text}, options)


def edge(kind: str, start: str = "a", end: str = "b", **more: object) -> Json:
    """Return an edge between two ids."""
    return {"kind": kind, "start": {"value": start}, "end": {"value": end}} | more


def joined(found: Harvest) -> list[str]:
    """Return the edges, in words."""
    texts = zip(told(found), found.facts, strict=True)
    return [text for text, fact in texts if fact.fact == "edge"]


@pytest.mark.parametrize(
    ("kinds", "options", "id_"),
    [
        (["User"], "", "role:a"),
        (["Base", "Computer"], "", "host:a"),
        (["AZKeyVault", "AZBase"], "", "key:a"),
        (["Repo"], "", "role:a"),
        ([], "", "role:a"),
        (["Repo"], "nodes: {Repo: dataset}", "dataset:a"),
        (["User", "Repo"], "nodes: {Repo: tool}", "tool:a"),
        (["Person"], "", "person:a"),
    ],
)
def test_the_order_says_what_a_node_is(
    kinds: list[str], options: str, id_: str, tmp_path: Path
):
    """The order's own word counts first, then a known kind, then it is a role."""
    found = graph(tmp_path, [{"id": "a", "kinds": kinds}], [], options)
    assert found.facts[0].id == id_
    unknown = any(
        "not understood, each counts as a role" in note for note in notes(found)
    )
    assert unknown is (kinds in (["Repo"], []) and not options)


def test_the_kind_of_the_file_is_a_kind_of_its_nodes(tmp_path: Path):
    """`source_kind` is one more kind of every node."""
    node: Json = {"id": "a", "kinds": []}
    found = graph(
        tmp_path, [node], [], "nodes: {Forge: tool}", metadata={"source_kind": "Forge"}
    )
    assert told(found) == ["tool:a"]


MAPPED = [
    ("", "MemberOf", "group:a member_of group:b"),
    (
        "",
        "CanRDP",
        "group:a can_use group:b ? a remote session is not control of the whole computer",
    ),
    ("edges: {X: can_change}", "X", "group:a can_change group:b"),
    ("edges: {MemberOf: can_use}", "MemberOf", "group:a can_use group:b"),
    ("edges: {X: {kind: can_use, reversed: true}}", "X", "group:b can_use group:a"),
    (
        "edges: {X: {kind: can_use, undecided: why}}",
        "X",
        "group:a can_use group:b ? why",
    ),
    ("", "X", "group:a can_change group:b ? what `X` gives is not known"),
]


@pytest.mark.parametrize(("options", "kind", "expected"), MAPPED)
def test_the_order_says_what_an_edge_is(
    options: str, kind: str, expected: str, tmp_path: Path
):
    """An edge of a custom kind is what the order says, else undecided."""
    assert joined(graph(tmp_path, PAIR, [edge(kind)], options)) == [expected]


@pytest.mark.parametrize("word", VERB_GROUPS)
def test_a_verb_stands_for_a_privilege(word: str, tmp_path: Path):
    """An edge to data may be mapped to what it lets somebody do."""
    nodes: list[Json] = [PAIR[0], {"id": "b", "kinds": ["Repo"]}]
    options = f"nodes: {{Repo: dataset}}\nedges: {{X: {word}}}"
    found = graph(tmp_path, nodes, [edge("X")], options)
    assert joined(found) == [
        f"group:a has_privilege {verb} dataset:b" for verb in VERB_GROUPS[word]
    ]


@pytest.mark.parametrize("options", ["edges: {X: none}", "unmapped: ignored"])
def test_edges_can_be_left_out(options: str, tmp_path: Path):
    """One kind as ordered, or all that isn't understood; that is counted."""
    found = graph(tmp_path, PAIR, [edge("X"), edge("X", "b", "a")], options)
    assert joined(found) == []
    expected = ["edges of kind `X`: not understood, and ignored as ordered (2 times)"]
    told_notes = [note.partition(": ")[2] for note in notes(found)]
    assert told_notes == (expected if "unmapped" in options else [])


def test_replication_needs_both_rights(tmp_path: Path):
    """Each right is a node of its own, and one of them needs the other."""
    nodes: list[Json] = [PAIR[0], {"id": "d", "kinds": ["Domain"]}]
    edges = [edge("GetChanges", end="d"), edge("GetChangesAll", end="d")]
    found = graph(tmp_path, nodes, edges)
    [both] = [fact for fact in found.facts if fact.needs]
    assert (both.id, both.value) == ("role:d/GetChangesAll", "role:d")
    assert both.needs == ("role:d/GetChanges",)
    assert "group:a can_assume role:d/GetChanges" in joined(found)
    assert not any(text.startswith("group:a can_change") for text in joined(found))


NAMED: list[Json] = [
    {"id": "u", "kinds": ["Group"], "properties": {"name": "ANN", "n": 1, "x": True}},
    {"id": "v", "kinds": ["Group"], "properties": {"name": "bo", "n": 2, "x": True}},
    {
        "id": "w",
        "kinds": ["Computer"],
        "properties": {"name": "bo", "n": 1.0, "l": [1]},
    },
]


def equals(**properties: object) -> Json:
    """Return an end that matches by properties."""
    matchers = [
        {"key": key, "operator": "equals", "value": value}
        for key, value in properties.items()
    ]
    return {"match_by": "property", "property_matchers": matchers}


ENDS = [
    ({"value": "u"}, ["group:u"]),
    ({"value": "u", "match_by": "id"}, ["group:u"]),
    ({"value": "u", "match_by": None}, ["group:u"]),
    ({"value": "zzz"}, ["role:zzz"]),
    ({"value": "zzz", "kind": "User"}, ["role:zzz"]),
    ({"value": "zzz", "kind": "Computer"}, ["host:zzz"]),
    ({"value": "ann", "match_by": "name"}, ["group:u"]),
    ({"value": "bo", "match_by": "name"}, ["group:v", "host:w"]),
    ({"value": "bo", "match_by": "name", "kind": "Computer"}, ["host:w"]),
    ({"value": "cy", "match_by": "name"}, ["role:unmatched/name=cy"]),
    (equals(n=1), ["group:u", "host:w"]),
    (equals(n=1, x=True), ["group:u"]),
    (equals(n=1, x=False), ["role:unmatched/n=1,x=False"]),
    (equals(l=1), ["role:unmatched/l=1"]),
    (equals(n=True), ["role:unmatched/n=True"]),
]


@pytest.mark.parametrize(("end", "expected"), ENDS)
def test_an_end_means_every_node_that_matches(
    end: Json, expected: list[str], tmp_path: Path
):
    """By id, name or properties; whatever may be meant is, and what isn't there too."""
    nodes: list[Json] = [*NAMED, {"id": "z", "kinds": ["Group"]}]
    edges: list[Json] = [{"kind": "MemberOf", "start": end, "end": {"value": "z"}}]
    found = graph(tmp_path, nodes, edges)
    assert joined(found) == [f"{tail} member_of group:z" for tail in expected]
    strange = any("ends of edges that no node" in note for note in notes(found))
    assert strange is any("zzz" in tail or "unmatched" in tail for tail in expected)


def test_ids_of_directories_join_in_any_case(tmp_path: Path):
    """A SID or a GUID is one id however it is written; other ids are not."""
    guid = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
    nodes: list[Json] = [
        {"id": guid, "kinds": ["AZGroup"]},
        {"id": "s-1-5-21-1-2-3-512", "kinds": ["Group"]},
        {"id": "x", "kinds": ["Group"]},
    ]
    edges = [
        edge("MemberOf", guid.upper(), "S-1-5-21-1-2-3-512"),
        edge("MemberOf", "X", "x"),
    ]
    assert joined(graph(tmp_path, nodes, edges)) == [
        f"group:{guid.upper()} member_of group:S-1-5-21-1-2-3-512",
        "role:X member_of group:x",
    ]


def test_people_are_who_hr_knows(tmp_path: Path):
    """A node that is a person, and who holds an account, go by the ordered property."""
    nodes: list[Json] = [
        {"id": "p", "kinds": ["Person"], "properties": {"mail": "Ann@X"}},
        {
            "id": "u",
            "kinds": ["AZUser"],
            "properties": {"mail": "ann@x", "enabled": False},
        },
    ]
    found = graph(tmp_path, nodes, [], "people: mail")
    assert "person:ann@x can_assume role:u unless account disabled" in told(found)
    assert [fact.id for fact in found.facts].count("person:p") == 0


def test_two_nodes_of_one_id_are_one(tmp_path: Path):
    """The first counts, and a note says so."""
    nodes: list[Json] = [
        {"id": "a", "kinds": ["Group"]},
        {"id": "a", "kinds": ["Computer"]},
    ]
    found = graph(tmp_path, nodes, [])
    assert told(found) == ["group:a"]
    assert "both are the first (once)" in notes(found)[0]


def test_a_kind_that_no_file_has_is_noted(tmp_path: Path):
    """A misspelt kind would map nothing in silence."""
    found = graph(tmp_path, PAIR, [], "edges: {MembrOf: member_of}")
    assert "no file has a node or an edge of kind `MembrOf`" in notes(found)[0]


def bad(nodes: object = (), edges: object = ()) -> str:
    """Return a file with nodes and edges of any form."""
    return json.dumps({"graph": {"nodes": nodes, "edges": edges}})


def ends(start: object, end: object = None) -> str:
    """Return a file with one edge."""
    return bad([], [{"kind": "X", "start": start, "end": end or {"value": "b"}}])


NODE, EDGE = "g.json#/graph/nodes/0", "g.json#/graph/edges/0"
BAD = {
    "no graph": ("{}", "g.json#: needs `graph`"),
    "no object": ("[]", "g.json#: must be an object, not a list"),
    "nodes no list": (
        bad({}),
        "g.json#/graph/nodes: must be a list or null, not an object",
    ),
    "no id": (bad([{"kinds": []}]), f"{NODE}: needs `id`"),
    "blank id": (bad([{"id": " ", "kinds": []}]), f"{NODE}/id: names no node"),
    "no kinds": (bad([{"id": "a"}]), f"{NODE}: needs `kinds`"),
    "four kinds": (
        bad([{"id": "a", "kinds": ["a"] * 4}]),
        f"{NODE}/kinds: has 4 kinds",
    ),
    "kind no text": (bad([{"id": "a", "kinds": [1]}]), f"{NODE}/kinds/0: must be text"),
    "object property": (
        bad([{"id": "a", "kinds": [], "properties": {"p": {}}}]),
        f"{NODE}/properties",
    ),
    "null property": (
        bad([{"id": "a", "kinds": [], "properties": {"p": None}}]),
        f"{NODE}/properties",
    ),
    "mixed list": (
        bad([{"id": "a", "kinds": [], "properties": {"p": [1, "x"]}}]),
        f"{NODE}/properties/p: a list holds values of one type",
    ),
    "truth among numbers": (
        bad([{"id": "a", "kinds": [], "properties": {"p": [1, True]}}]),
        f"{NODE}/properties/p: a list holds values of one type",
    ),
    "objectid": (
        bad([{"id": "a", "kinds": [], "properties": {"objectid": "x"}}]),
        f"{NODE}/properties/objectid: `objectid` is not allowed",
    ),
    "no start": (
        bad([], [{"kind": "X", "end": {"value": "b"}}]),
        f"{EDGE}: needs `start`",
    ),
    "no kind": (bad([], [{"start": {}, "end": {}}]), f"{EDGE}: needs `kind`"),
    "odd kind": (bad([], [edge("Can-Push")]), f"{EDGE}/kind: `Can-Push` is no kind"),
    "no value": (ends({}), f"{EDGE}/start: an end that is matched by id has `value`"),
    "value and matchers": (
        ends(equals(n=1) | {"value": "x"}),
        f"{EDGE}/start: an end that is matched by property has",
    ),
    "no matchers": (
        ends({"match_by": "property", "property_matchers": []}),
        f"{EDGE}/start: an end that is matched by property has",
    ),
    "matchers by id": (
        ends({"value": "x", "property_matchers": []}),
        f"{EDGE}/start: an end that is matched by id has",
    ),
    "match by guess": (
        ends({"value": "x"}, {"value": "x", "match_by": "guess"}),
        f"{EDGE}/end/match_by: can't match by `guess`",
    ),
    "operator": (
        ends(
            {
                "match_by": "property",
                "property_matchers": [{"key": "k", "operator": "like", "value": "v"}],
            }
        ),
        f"{EDGE}/start/property_matchers/0/operator: unknown operator `like`",
    ),
    "matcher of a list": (
        ends(equals(n=[1])),
        f"{EDGE}/start/property_matchers/0/value",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_what_the_schemas_refuse_is_refused(name: str, tmp_path: Path):
    """Each rule of the format's schemas is kept, with the place of the offence."""
    text, message = BAD[name]
    with pytest.raises(SourceError) as caught:
        read("opengraph", tmp_path, {"g.json": text})
    assert message in str(caught.value)


ORDERS = {
    "no kind of node": ("nodes: {X: repo}", "boundary.yaml:1:12: unknown kind of node"),
    "no kind of edge": ("edges: {X: push}", "boundary.yaml:1:12: unknown kind of edge"),
    "a stake": ("edges: {X: owns}", "boundary.yaml:1:12: unknown kind of edge `owns`"),
    "no verbs": (
        "edges: {X: {kind: has_privilege}}",
        "`has_privilege` and `verbs` don't fit",
    ),
    "verbs too many": (
        "edges: {X: {kind: can_use, verbs: [read]}}",
        "`can_use` and `verbs` don't fit",
    ),
    "no list": (
        "nodes: [X]",
        "boundary.yaml:1:8: `nodes` must be a mapping, not a list",
    ),
    "unmapped": ("unmapped: maybe", "boundary.yaml:1:11: unknown `unmapped` `maybe`"),
    "data as a principal": (
        "nodes: {Group: dataset}\nedges: {X: member_of}",
        "no edge `X` can lead from a dataset to a dataset",
    ),
    "data that controls": (
        "nodes: {Group: dataset, Computer: host}",
        "no edge `X` can lead from a dataset to a host",
    ),
}


@pytest.mark.parametrize("name", ORDERS)
def test_an_order_that_can_not_be_meant_is_refused(name: str, tmp_path: Path):
    """A mapping to what isn't there, or to what can't join those nodes, is a mistake."""
    options, message = ORDERS[name]
    nodes: list[Json] = [*PAIR, {"id": "h", "kinds": ["Computer"]}]
    end = "h" if name == "data that controls" else "b"
    with pytest.raises(SourceError) as caught:
        graph(tmp_path, nodes, [edge("X", end=end)], options)
    assert message in str(caught.value)


def test_every_known_kind_is_stated_as_it_is_known(tmp_path: Path):
    """Between principals each known edge is stated, or gives nothing; none is counted."""
    for kind, meaning in EDGES.items():
        found = graph(tmp_path, PAIR, [edge(kind)])
        tail, head = ("b", "a") if meaning.turned else ("a", "b")
        expected = [f"group:{tail} {meaning.kind} group:{head}"] if meaning.kind else []
        assert [text.partition(" ? ")[0] for text in joined(found)] == expected
        assert notes(found) == []


VALUES = st.one_of(st.text(max_size=3), st.integers(0, 2), st.booleans())
KINDS = st.sampled_from([*NODES, "Repo", "Odd", ""])
IDS = st.sampled_from(["a", "b", "c", "S-1-5-21-1-2-3-4"])
NODES_MADE = st.fixed_dictionaries(
    {"id": IDS, "kinds": st.lists(KINDS, max_size=3)},
    optional={"properties": st.dictionaries(st.sampled_from(["name", "n"]), VALUES)},
)
MADE_ENDS = st.one_of(
    st.fixed_dictionaries({"value": IDS}, optional={"kind": KINDS}),
    st.builds(lambda value: {"match_by": "name", "value": value or "?"}, IDS),
    st.builds(lambda value: equals(n=value), VALUES),
)
EDGES_MADE = st.fixed_dictionaries(
    {
        "kind": st.sampled_from([*EDGES, *PREMISES, "Odd", "Custom"]),
        "start": MADE_ENDS,
        "end": MADE_ENDS,
    }
)


@given(
    nodes=st.lists(NODES_MADE, max_size=5),
    edges=st.lists(EDGES_MADE, max_size=6),
    options=st.sampled_from(
        ["", "people: name", "nodes: {Repo: dataset}", "edges: {Custom: read}"]
    ),
)
def test_any_graph_is_facts_or_a_clear_error(
    nodes: list[Json],
    edges: list[Json],
    options: str,
    tmp_path_factory: pytest.TempPathFactory,
):
    """However nodes and edges are tangled, the estate takes every fact, once each."""
    base = tmp_path_factory.mktemp("any")
    try:
        found = graph(base, nodes, edges, options)
    except SourceError:
        return
    assert estate_takes(found, base) == len(found.facts)


@given(edges=st.lists(EDGES_MADE, min_size=1, max_size=4))
def test_no_edge_is_dropped_in_silence(
    edges: list[Json], tmp_path_factory: pytest.TempPathFactory
):
    """What joins two principals is stated, unless its kind is known to give nothing."""
    base = tmp_path_factory.mktemp("none")
    apart = [
        one | {"start": {"value": f"s{n}"}, "end": {"value": f"e{n}"}}
        for n, one in enumerate(edges)
    ]
    found = graph(base, [], apart)
    ids = {fact.id for fact in found.facts if fact.fact == "edge"}
    silent = {kind for kind, meaning in EDGES.items() if not meaning.kind}
    for number, one in enumerate(apart):
        assert one["kind"] in silent or ids & {f"role:s{number}", f"role:e{number}"}


@pytest.mark.peer
def test_the_peer_graph_loads_whole(peer_data: Path):
    """The minimal example gives its people, and an edge that isn't understood."""
    found = SOURCE.read(order(peer_data / "bloodhound", ("opengraph-minimal.json",)))
    assert joined(found) == [
        "person:123 can_change person:234 ? what `Knows` gives is not known"
    ]
    assert len(notes(found)) == 1


@pytest.mark.peer
def test_the_examples_of_the_schemas_are_read(peer_data: Path, tmp_path: Path):
    """What the published schemas give as examples is valid here too."""
    folder = peer_data / "bloodhound"
    nodes, edges = (
        json.loads((folder / f"opengraph-{name}.json").read_text("utf-8"))["examples"]
        for name in ("node", "edge")
    )
    found = graph(tmp_path, nodes, edges)
    assert sum(fact.fact == "node" for fact in found.facts) == len(nodes)
    assert len(joined(found)) >= len(edges)


PAGE = Path(__file__).parents[3] / "docs" / "sources" / "opengraph.md"


def test_every_known_kind_is_documented():
    """The page names each kind of node and of edge that is known without an order."""
    page = PAGE.read_text(encoding="utf-8")
    local = {"LocalGroup", "ADLocalGroup", "LocalUser", "ADLocalUser"}
    unnamed = local | {"Base", "Configuration"}
    kinds = {*EDGES, *PREMISES, *(set(NODES) - unnamed)}
    assert [kind for kind in sorted(kinds) if f"`{kind}`" not in page] == []
