"""A tree that grows has the files and hashes of one that was built at once."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.errors import ProofError
from ringfence.ledger.tree.growing import Frontier, joined, leaf_hashes, subtrees
from ringfence.ledger.tree.merkle import (
    leaf_hash,
    verify_consistency,
    verify_inclusion,
)
from ringfence.ledger.tree.reading import Tree
from ringfence.ledger.tree.tiles import (
    Bundle,
    Tile,
    bundles_of,
    pack,
    parse_path,
    tiles_of,
)
from tests.reference import merkle

MOST = 1_100
ENTRIES = [b"entry %d" % number for number in range(MOST)]
ROOTS = {
    7: "98c97f0ba3175cd08b031dd084b9dc4e649b64d1a28e6ea694646503173ab587",
    256: "da6596d95369f5fef322ab8e4e0da3b0b50236aa9c8a3b1d246f7411c9e2e32e",
    300: "ca393d0296bec5e0b8dcab983bd1fb7d1461f512e7267cb89631ad26fd66d848",
}


class Files(dict[str, bytes]):
    """The files of a log, in memory: what isn't there isn't found."""

    def fetch(self, path: str) -> bytes:
        if path not in self:
            raise FileNotFoundError(path)
        return self[path]


def grown(entries: list[bytes], *steps: int) -> tuple[Frontier, Files]:
    frontier, files, at = Frontier(), Files(), 0
    for step in (*steps, len(entries)):
        frontier.extend(entries[at:step])
        files.update(frontier.written())
        at = step
    return frontier, files


def needed(size: int) -> set[str]:
    tiles = {tile.path for tile in tiles_of(size)}
    return tiles | {bundle.path for bundle in bundles_of(size)}


def test_every_size_has_the_root_of_the_definition():
    """From 0 to 1,100 entries, one at a time, the root is that of RFC 6962."""
    frontier = Frontier()
    roots = [frontier.root()]
    for entry in ENTRIES:
        frontier.extend([entry])
        roots.append(frontier.root())
    leaves = [leaf_hash(entry) for entry in ENTRIES]
    wanted = [merkle.tree([])]
    # The definition, on hashes of leaves, so that 1,100 trees take no minute.
    for size in range(1, MOST + 1):
        level = leaves[:size]
        wanted.append(folded(level))
    assert roots == wanted
    assert {size: roots[size].hex() for size in ROOTS} == ROOTS


def folded(level: list[bytes]) -> bytes:
    if len(level) == 1:
        return level[0]
    half = merkle.split(len(level))
    left, right = folded(level[:half]), folded(level[half:])
    return sha256(b"\x01" + left + right).digest()


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 511, 512, 700, MOST])
def test_a_log_has_exactly_its_files(size: int):
    """Built at once, a tree of a size has its tiles and bundles and nothing else."""
    _, files = grown(ENTRIES[:size])
    assert set(files) == needed(size)
    for path, content in files.items():
        one = parse_path(path)
        if isinstance(one, Bundle):
            first = one.number * 256
            assert content == pack(ENTRIES[first : first + one.width])
        elif one.level == 0:
            first = one.number * 256
            assert content == leaf_hashes(ENTRIES[first : first + one.width])
        else:
            assert content == b"".join(
                merkle.tree(ENTRIES[at * 256 : (at + 1) * 256])
                for at in range(one.width)
            )


@given(st.lists(st.integers(0, MOST), max_size=8).map(sorted), st.integers(0, MOST))
def test_steps_make_no_difference(steps: list[int], size: int):
    """However a tree grows, and wherever it is taken up again, it is the same tree."""
    entries = ENTRIES[:size]
    once, at_once = grown(entries)
    frontier, files = Frontier(), Files()
    at = 0
    for step in (*(step for step in steps if step <= size), size):
        frontier = Frontier.at(at, files.fetch)
        frontier.extend(entries[at:step])
        files.update(frontier.written())
        at = step
        assert frontier.root() == grown(entries[:step])[0].root()
    assert frontier.size == once.size == size
    assert frontier.root() == once.root()
    assert {path: files[path] for path in at_once} == at_once


def test_what_lies_there_is_not_written_again():
    """A file that hasn't changed is given once."""
    frontier, _ = grown(ENTRIES[:300])
    assert list(frontier.written()) == []
    frontier.extend(ENTRIES[300:301])
    assert [path for path, _ in frontier.written()] == [
        "tile/0/001.p/45",
        "tile/entries/001.p/45",
    ]
    again = Frontier.at(301, grown(ENTRIES[:301])[1].fetch)
    assert list(again.written()) == []


def test_an_edge_that_contradicts_itself_is_not_taken_up():
    """Entries whose hashes the tile beside doesn't hold are refused."""
    _, files = grown(ENTRIES[:300])
    files["tile/entries/001.p/44"] = pack([b"forged", *ENTRIES[257:300]])
    with pytest.raises(
        ProofError, match=r"^tile/entries/001\.p/44: the entries are not"
    ):
        Frontier.at(300, files.fetch)
    files["tile/0/001.p/44"] = b"\x00" * 31
    with pytest.raises(ProofError, match="has 31 bytes, not 1408"):
        Frontier.at(300, files.fetch)


def test_an_entry_too_long_for_a_bundle_is_refused():
    """65,536 bytes are refused where the bundle is made."""
    frontier = Frontier()
    frontier.extend([b"\x00" * 65_536])
    with pytest.raises(ValueError, match="65,535"):
        list(frontier.written())


@given(st.integers(1, 600))
def test_whole_subtrees_join_to_the_tree(size: int):
    """The subtrees of a row of hashes come to the hash over all of them."""
    hashes = leaf_hashes(ENTRIES[:size])
    assert joined(subtrees(hashes)) == merkle.tree(ENTRIES[:size])
    assert len(subtrees(hashes)) == size.bit_count()


@pytest.mark.parametrize("size", [1, 2, 3, 255, 256, 257, 600, MOST])
def test_proofs_out_of_tiles_are_those_of_the_definition(size: int):
    """Inclusion and consistency proofs are the RFC's, hash by hash, and verify."""
    frontier, files = grown(ENTRIES[:size])
    tree = Tree(size, files.fetch)
    root = tree.root()
    assert root == frontier.root()
    for index in {0, size - 1, *range(0, size, 97)}:
        proof = tree.inclusion(index)
        assert proof == merkle.path(index, ENTRIES[:size])
        assert tree.leaf(index) == leaf_hash(ENTRIES[index])
        assert tree.entry(index) == ENTRIES[index]
        verify_inclusion(index, size, tree.leaf(index), proof, root)
        old = index + 1
        continued = tree.consistency(old)
        assert continued == merkle.proof(old, ENTRIES[:size])
        verify_consistency(old, size, merkle.tree(ENTRIES[:old]), root, continued)


def test_an_older_tree_is_read_out_of_a_newer_log():
    """A log that dropped its partial tiles still gives every older tree."""
    _, files = grown(ENTRIES[:600], 300)
    dropped = {
        path for path in files if path.split(".p/")[0] in files and ".p/" in path
    }
    assert dropped == {"tile/0/001.p/44", "tile/entries/001.p/44"}
    whole = Files({path: files[path] for path in set(files) - dropped})
    old = Tree(300, whole.fetch)
    assert old.root() == merkle.tree(ENTRIES[:300])
    assert old.bundle(1) == ENTRIES[256:300]
    assert old.inclusion(299) == merkle.path(299, ENTRIES[:300])


def test_what_is_not_there_is_not_found():
    """A missing full tile or bundle is a missing file, not another tree."""
    _, files = grown(ENTRIES[:600])
    for path in ("tile/0/000", "tile/entries/000"):
        lacking = Files({name: files[name] for name in files if name != path})
        tree = Tree(600, lacking.fetch)
        with pytest.raises(FileNotFoundError):
            _ = tree.leaf(3), tree.entry(3)


def test_a_truncated_tile_is_named():
    """A tile that is shorter than its hashes is refused by its name."""
    _, files = grown(ENTRIES[:600])
    files["tile/0/001"] = files["tile/0/001"][:-32]
    with pytest.raises(ProofError, match=r"^tile/0/001: has \d+ bytes, not 8192"):
        Tree(600, files.fetch).leaf(300)


@pytest.mark.parametrize("index", [-1, 7, 8])
def test_an_entry_that_is_not_in_the_log_has_no_proof(index: int):
    """Asked for what isn't there, a tree says how many entries it has."""
    tree = Tree(7, grown(ENTRIES[:7])[1].fetch)
    for ask in (tree.inclusion, tree.leaf, tree.entry):
        with pytest.raises(ProofError, match="not in a log of 7 entries"):
            ask(index)


@pytest.mark.parametrize("old", [-1, 0, 8])
def test_no_proof_continues_nothing(old: int):
    """Neither nothing nor more than there is can be continued."""
    tree = Tree(7, grown(ENTRIES[:7])[1].fetch)
    with pytest.raises(ProofError, match=f"7 entries can't continue one of {old}"):
        tree.consistency(old)


def test_a_full_tile_of_the_second_level():
    """65,536 entries fill a tile above tiles, and their root is its fold."""
    entries = [b"%d" % number for number in range(65_537)]
    frontier, files = grown(entries, 1_000, 40_000)
    assert set(needed(65_537)) <= set(files)
    assert Tile(1, 0).path in files
    tree = Tree(65_537, files.fetch)
    assert tree.root() == frontier.root()
    index = 40_001
    proof = tree.inclusion(index)
    verify_inclusion(index, 65_537, leaf_hash(entries[index]), proof, frontier.root())
