"""Laws of numbered estates: the engine's answer, and certificates that bear the truth."""

from __future__ import annotations

import hashlib
import struct
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ringfence.boundary.status import Status
from ringfence.estate.facts import Fact
from ringfence.estate.parquet import Numbered, read
from ringfence.reach.bulk.certificate import certify
from ringfence.reach.bulk.question import Outcome, closed, outcome
from ringfence.reach.bulk.question import Path as Way
from ringfence.reach.isolation import Isolation, Part
from ringfence.reach.masks import ALL_VERBS, CONTROL, READ, STATES
from ringfence_verify.bulk import FILES, verify
from ringfence_verify.reading import RefusedError, canonical
from tests import numbered
from tests.estates import edge, graph
from tests.strategies import DATA, PRINCIPALS, estates

STATUS = st.sampled_from(["yes", "yes", "unknown"])
ORIGINS = st.dictionaries(st.sampled_from(PRINCIPALS + DATA), STATUS, max_size=3)
TARGETS = st.dictionaries(st.sampled_from(DATA), STATUS, max_size=3)
VERBS = st.sampled_from([ALL_VERBS, READ])
# What most estates lack: somebody who reaches something, apart from all others.
LOOSE = edge("person:z", "has_privilege", "column:z/z.z.z", verb="read")


@contextmanager
def written(
    facts: list[Fact], excluded: Mapping[str, str], protected: Mapping[str, str]
) -> Iterator[tuple[Numbered, list[str]]]:
    with tempfile.TemporaryDirectory() as folder:
        ids = numbered.write(Path(folder), [*facts, LOOSE], excluded, protected)
        yield read(Path(folder)), ids


def statuses(told: Mapping[str, str]) -> dict[str, Status]:
    return {node: Status[status.upper()] for node, status in told.items()}


def descended(facts: list[Fact], protected: Mapping[str, str]) -> dict[str, str]:
    """Return what is protected, and what it contains, level by level."""
    found = dict(protected)
    while True:
        new: dict[str, str] = {}
        for fact in facts:
            if fact.name == "contains" and fact.id in found:
                sure = found[fact.id] == "yes" and not fact.unknown
                told = "yes" if sure else "unknown"
                if found.get(fact.value) not in ("yes", told):
                    new[fact.value] = told
        if not new:
            return found
        found |= new


def follows(estate: Numbered, ids: list[str], facts: list[Fact], way: Way) -> bool:
    """Return whether the hops of a way are facts that follow one another."""
    node = way.origin
    for place in way.edges:
        fact = [*facts, LOOSE][place]
        assert (fact.id, fact.value) == (ids[node], ids[estate.head[place]])
        assert estate.place(place).line == place + 1
        node = int(estate.head[place])
    return node == way.target


@given(estates, ORIGINS, TARGETS, VERBS)
def test_bulk_answers_as_the_engine_does(facts, excluded, protected, verbs):
    """Closed set, answer and length of the path are those of the same facts' graph."""
    same = graph([*facts, LOOSE], bare=True)
    known = {*same.ids}
    excluded = {node: told for node, told in excluded.items() if node in known}
    protected = {node: told for node, told in protected.items() if node in known}
    stated, protected = protected, descended(facts, protected)
    asked = Isolation(same, Part(statuses(excluded), statuses(protected)), verbs)
    with written(facts, excluded, stated) as (estate, ids):
        found = closed(estate, verbs)
        by_id = dict(zip(ids, found.held.tolist(), strict=True))
        assert by_id == dict(zip(same.ids, asked.closed.tolist(), strict=True))
        answer, way = outcome(estate, verbs, found)
    if answer is Outcome.VACUOUS:
        assert "yes" not in protected.values() or not excluded
    else:
        assert str(answer) == str(asked.result)
    assert (way is None) == (answer in (Outcome.ISOLATED, Outcome.VACUOUS))
    if way is not None:
        assert follows(estate, ids, facts, way)
        assert len(way.edges) == len(asked.shortest()[2].edges)
        assert STATES[way.state] & verbs
        assert excluded[ids[way.origin]]
        assert protected[ids[way.target]]


@given(estates, ORIGINS, TARGETS)
def test_every_certificate_verifies(facts, excluded, protected):
    """Whatever comes out as isolated, the checker accepts; the files are the same."""
    with (
        written(facts, excluded, protected) as (estate, _),
        tempfile.TemporaryDirectory() as name,
    ):
        found = closed(estate, ALL_VERBS)
        if outcome(estate, ALL_VERBS, found)[0] is not Outcome.ISOLATED:
            return
        digest = certify(Path(name), estate, ALL_VERBS, found)
        assert verify(Path(name)).startswith("isolated; ")
        assert certify(Path(name), estate, ALL_VERBS, found) == digest


Files = dict[str, bytes]


def certificate(folder: Path) -> Files:
    """Return the files of a certificate over principals, data and a copy."""
    facts = [
        edge("person:a", "member_of", "group:g"),
        edge("group:g", "has_privilege", "dataset:d/s.t", verb="read"),
        edge("dataset:d/s.t", "contains", "column:d/s.t.c"),
        edge("person:b", "has_privilege", "dataset:d/s.u", verb="read"),
        edge("dataset:d/s.u", "derived_from", "dataset:d/s.v"),
        edge("person:b", "can_change", "dataset:d/s.u", unknown="not decided"),
    ]
    excluded = {"person:a": "yes", "dataset:d/s.t": "unknown"}
    protected = {"dataset:d/s.u": "yes", "dataset:d/s.v": "unknown"}
    numbered.write(folder, facts, excluded, protected)
    estate = read(folder)
    found = closed(estate, ALL_VERBS)
    certify(folder / "closure", estate, ALL_VERBS, found)
    return {one.name: one.read_bytes() for one in (folder / "closure").iterdir()}


def put(folder: Path, files: Files) -> None:
    for name, content in files.items():
        (folder / name).write_bytes(content)


def sealed(files: Files) -> Files:
    """Return the files with digests that fit them, as a forger would write them."""
    told = msgspec.json.decode(files["closure.json"])
    told["digests"] = {name: hashlib.sha256(files[name]).hexdigest() for name in FILES}
    del told["digest"]
    told["digest"] = hashlib.sha256(canonical(told)).hexdigest()
    return files | {"closure.json": canonical(told) + b"\n"}


def flipped(files: Files, name: str, bit: int) -> Files:
    content = bytearray(files[name])
    content[bit >> 3] ^= 1 << (bit & 7)
    return files | {name: bytes(content)}


def accepted(folder: Path, files: Files) -> bool:
    put(folder, files)
    try:
        verify(folder)
    except RefusedError:
        return False
    return True


def holds(files: Files) -> bool:
    """Return whether a certificate is true: the definition, one edge at a time."""
    told: dict[str, Any] = msgspec.json.decode(files["closure.json"])
    count = told["nodes"]
    held = struct.unpack(f"<{count}H", files["closed.bin"])
    data = int.from_bytes(files["data.bin"], "little")
    ends = [
        [number for (number,) in struct.iter_unpack("<I", files[name])]
        for name in ("origins.bin", "targets.bin")
    ]
    if any(sorted({*end}) != end or max(end) >= count for end in ends):
        return False
    for node in ends[0]:
        if not held[node] & (READ if data >> node & 1 else CONTROL):
            return False
    for tail, head, give, carry in struct.iter_unpack("<IIHH", files["edges.bin"]):
        if max(tail, head) >= count:
            return False
        handed = held[tail] & carry | (give if held[tail] & CONTROL else 0)
        if handed & ~held[head]:
            return False
    known = not data >> count and max(held) < 1 << len(STATES)
    return known and not any(held[node] & told["verbs"] for node in ends[1])


def test_every_single_bit_counts(tmp_path: Path):
    """Whichever bit of a certificate is flipped, the checker refuses it."""
    files = certificate(tmp_path)
    folder = tmp_path / "other"
    folder.mkdir()
    assert accepted(folder, files)
    wrong = [
        (name, bit)
        for name, content in files.items()
        for bit in range(8 * len(content))
        if accepted(folder, flipped(files, name, bit))
    ]
    assert wrong == []


def test_a_forged_certificate_is_accepted_only_if_it_is_true(tmp_path: Path):
    """With digests made to fit, a flipped bit passes only if the set is still closed."""
    files = certificate(tmp_path)
    folder = tmp_path / "other"
    folder.mkdir()
    verdicts = []
    for name in FILES:
        for bit in range(8 * len(files[name])):
            forged = sealed(flipped(files, name, bit))
            verdicts.append((name, bit, accepted(folder, forged), holds(forged)))
    assert [one for one in verdicts if one[2] != one[3]] == []
    assert {one[2] for one in verdicts} == {True, False}


@st.composite
def bits(draw: st.DrawFn) -> tuple[list[int], list[tuple[int, int, int, int]]]:
    """Draw masks of nodes, and edges between them."""
    masks = draw(st.lists(st.integers(0, 0xFFF), min_size=2, max_size=6))
    node = st.integers(0, len(masks) - 1)
    mask = st.one_of(st.integers(0, 0xFFFF), st.sampled_from([0, 1, READ, ALL_VERBS]))
    return masks, draw(st.lists(st.tuples(node, node, mask, mask), max_size=4))


@given(bits(), st.sampled_from([0, 600]))
def test_the_checker_is_the_definition(drawn, padding):
    """Whole blocks at once come to what the edges one by one do, of many masks too."""
    masks, edges = drawn
    # The first node is the origin, the second the target; the rest of more than 256
    # different masks belongs to nobody.
    held = [masks[0] | CONTROL, masks[1] & CONTROL, *masks[2:], *range(padding)]
    files = {
        "closed.bin": np.array(held, "<u2").tobytes(),
        "data.bin": bytes(-(-len(held) // 8)),
        "edges.bin": b"".join(struct.pack("<IIHH", *one) for one in edges),
        "origins.bin": bytes(4),
        "targets.bin": struct.pack("<I", 1),
    }
    ends = {"origins": 1, "origins_unknown": 0, "targets": 1, "targets_unknown": 0}
    told = {
        "ringfence": "closure/1",
        "nodes": len(held),
        "edges": len(edges),
        "verbs": ALL_VERBS,
        "counts": {**ends, "edges_unknown": 0},
        "input": {},
        "digest": "",
    }
    files = sealed(files | {"closure.json": canonical(told)})
    with tempfile.TemporaryDirectory() as folder:
        assert accepted(Path(folder), files) == holds(files)
