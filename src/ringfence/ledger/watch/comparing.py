"""Comparing: whether two checkpoints are of one log, by the files that it shows.

Nothing that the log shows is believed: proofs out of its tiles are verified against the
roots that were signed, and entries are hashed again. Where it fails, the error carries
both checkpoints, and the proof or the files that don't fit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, NoReturn

from ringfence.errors import Locus, ProofError
from ringfence.ledger.faults import Exhibit, ForkError
from ringfence.ledger.signed.checkpoints import Checkpoint, SignedCheckpoint
from ringfence.ledger.signed.spelling import base64
from ringfence.ledger.tree.growing import Fetch, Frontier, leaf_hashes
from ringfence.ledger.tree.merkle import EMPTY, HASH, verify_consistency
from ringfence.ledger.tree.reading import Tree
from ringfence.ledger.tree.tiles import (
    HEIGHT,
    WIDTH,
    Bundle,
    Tile,
    pack,
    parse_path,
    unpack,
)

Take = Callable[[int, Sequence[bytes]], None]
"""Is given entries that were found to be in the log, and the place of the first."""


class Head(NamedTuple):
    """A checkpoint, and what exhibits call it."""

    name: str
    signed: SignedCheckpoint

    @property
    def checkpoint(self) -> Checkpoint:
        """Return what it says."""
        return self.signed.checkpoint

    @property
    def exhibit(self) -> Exhibit:
        """Return it as a piece of what an error rests on."""
        return Exhibit(f"checkpoint-{self.name}", self.signed.content)


class Traced:
    """Reads a log's files, and knows which one was read last.

    Attributes:
        path: The file.
        content: What it held; None if it isn't there.
    """

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self.path = ""
        self.content: bytes | None = None

    def __call__(self, path: str) -> bytes:
        """Return the content of a file."""
        self.path, self.content = path, None
        self.content = self._fetch(path)
        return self.content

    @property
    def exhibits(self) -> list[Exhibit]:
        """Return that file as a piece of what an error rests on."""
        return [] if self.content is None else [shown(self.path, self.content)]


def shown(path: str, content: bytes) -> Exhibit:
    """Return a file of a log as a piece of what an error rests on."""
    return Exhibit(path.replace("/", "-"), content)


def check_tree(head: Head, fetch: Fetch, seen: Sequence[Head] = ()) -> None:
    """Check that the tiles of a log give the root that it signed.

    Args:
        head: What it signed.
        fetch: Reads its files.
        seen: What it signed before, for the exhibits.

    Raises:
        ForkError: They don't; or one is missing, or not as long as its hashes.
    """
    traced, heads = Traced(fetch), [*seen, head]
    try:
        root = Tree(head.checkpoint.size, traced).root()
    except (FileNotFoundError, ProofError) as error:
        tell_torn(error, heads, traced)
    if root != head.checkpoint.root:
        message = (
            f"the tiles of {head.checkpoint.size} entries give another root "
            "than was signed"
        )
        exhibits = [*(one.exhibit for one in heads), *traced.exhibits]
        raise ForkError(message, [*exhibits, _root(root)], Locus("checkpoint"))


def check_continues(older: Head, newer: Head, fetch: Fetch) -> None:
    """Check that a log went on from one checkpoint to the other.

    Args:
        older: The smaller one, or one of the same size.
        newer: The other.
        fetch: Reads the files of the log.

    Raises:
        ForkError: It didn't, or its files don't show that it did.
    """
    old, new, traced = older.checkpoint, newer.checkpoint, Traced(fetch)
    heads = [older, newer]
    if old.size == new.size:
        if old.root != new.root:
            message = f"split view: two checkpoints of {old.size} entries differ"
            raise ForkError(message, [one.exhibit for one in heads], Locus(old.origin))
        return
    if old.size == 0:
        return
    try:
        proof = Tree(new.size, traced).consistency(old.size)
    except (FileNotFoundError, ProofError) as error:
        tell_torn(error, heads, traced)
    try:
        verify_consistency(old.size, new.size, old.root, new.root, proof)
    except ProofError as error:
        exhibits = [one.exhibit for one in heads]
        message = error.problems[0].message
        raise ForkError(
            message, [*exhibits, _proof(proof)], Locus(old.origin)
        ) from None


def check_entries(older: Head | None, newer: Head, fetch: Fetch, take: Take) -> None:
    """Check that the entries since a checkpoint give the tiles and root of the next.

    Args:
        older: The checkpoint up to which the entries were checked before; None to
            check all.
        newer: The checkpoint up to which they are checked.
        fetch: Reads the files of the log.
        take: Is given the entries that were checked.

    Raises:
        ForkError: They don't; or a file is missing, or torn.
    """
    heads = [newer] if older is None else [older, newer]
    traced = Traced(fetch)
    start = 0 if older is None else older.checkpoint.size
    try:
        _rehash(start, newer, heads, traced, take)
    except (FileNotFoundError, ProofError) as error:
        if isinstance(error, ForkError):
            raise
        tell_torn(error, heads, traced)


def as_of(size: int, fetch: Fetch) -> Fetch:
    """Return what reads files of smaller trees out of those of a tree.

    A log need not keep what was partial once, and a tile begins as it always began.
    """

    def get(path: str) -> bytes:
        one = parse_path(path)
        wide = _width(one, size)
        try:
            content = fetch(one._replace(width=wide).path)
        except FileNotFoundError:
            if wide == WIDTH:
                raise
            wide = WIDTH
            content = fetch(one._replace(width=WIDTH).path)
        return _begun(one, content, wide)

    return get


def _width(one: Tile | Bundle, size: int) -> int:
    """Return how many hashes or entries a tree has at a place."""
    level = 0 if isinstance(one, Bundle) else one.level
    return min(WIDTH, (size >> HEIGHT * level) - one.number * WIDTH)


def _begun(one: Tile | Bundle, content: bytes, wide: int) -> bytes:
    if isinstance(one, Bundle):
        return pack(unpack(content, wide)[: one.width])
    if len(content) != wide * HASH:
        message = f"has {len(content)} bytes, not {wide * HASH}"
        raise ProofError(message, Locus(one.path))
    return content[: one.width * HASH]


def _rehash(
    start: int, newer: Head, heads: Sequence[Head], traced: Traced, take: Take
) -> None:
    size = newer.checkpoint.size
    get = as_of(size, traced)
    frontier = Frontier.at(start, get)
    _same_root(frontier, heads[0], heads, start)
    for number in range(start // WIDTH, -(-size // WIDTH)):
        wide = min(WIDTH, size - number * WIDTH)
        bundle = Bundle(number, wide)
        entries = unpack(get(bundle.path), wide)
        _same_hashes(bundle, entries, get, heads)
        fresh = entries[max(start - number * WIDTH, 0) :]
        frontier.extend(fresh)
        for path, content in frontier.written():
            one = parse_path(path)
            if one.width == _width(one, size):  # what is partial in between is nobody's
                _same_file(path, content, get, heads)
        take(number * WIDTH + len(entries) - len(fresh), fresh)
    _same_root(frontier, newer, heads, size)


def _same_hashes(
    bundle: Bundle, entries: Sequence[bytes], get: Fetch, heads: Sequence[Head]
) -> None:
    """Hold entries against the tile of their hashes."""
    tile = Tile(0, bundle.number, bundle.width)
    found, told = leaf_hashes(entries), get(tile.path)
    if found == told:
        return
    place = next(
        at
        for at in range(bundle.width)
        if found[at * HASH : (at + 1) * HASH] != told[at * HASH : (at + 1) * HASH]
    )
    message = f"entry {bundle.number * WIDTH + place} was rewritten: its hash differs"
    exhibits = [*(one.exhibit for one in heads), shown(bundle.path, pack(entries))]
    raise ForkError(message, [*exhibits, shown(tile.path, told)], Locus(bundle.path))


def _same_file(path: str, content: bytes, get: Fetch, heads: Sequence[Head]) -> None:
    told = get(path)
    if told != content:
        message = "is not what the entries give"
        exhibits = [*(one.exhibit for one in heads), shown(path, told)]
        raise ForkError(
            message, [*exhibits, shown(f"{path}-wanted", content)], Locus(path)
        )


def _same_root(
    frontier: Frontier, head: Head, heads: Sequence[Head], size: int
) -> None:
    """Hold what was hashed so far against the checkpoint of that size."""
    wanted = head.checkpoint.root if head.checkpoint.size == size else EMPTY
    root = frontier.root()
    if root != wanted:
        message = f"the {size} entries give another root than was signed"
        exhibits = [*(one.exhibit for one in heads), _root(root)]
        raise ForkError(message, exhibits, Locus("checkpoint"))


def tell_torn(
    error: FileNotFoundError | ProofError, heads: Sequence[Head], traced: Traced
) -> NoReturn:
    """Raise that a file isn't as the checkpoints say it is.

    Raises:
        ForkError: That.
    """
    message = "is missing, and the log has signed it"
    if isinstance(error, ProofError):
        message = error.problems[0].message
    exhibits = [*(one.exhibit for one in heads), *traced.exhibits]
    if len(exhibits) == 1:
        exhibits.append(Exhibit("missing", f"{traced.path}\n".encode()))
    raise ForkError(message, exhibits, Locus(traced.path)) from None


def _proof(proof: Sequence[bytes]) -> Exhibit:
    lines = "".join(f"{base64(one)}\n" for one in proof)
    return Exhibit("consistency-proof", lines.encode())


def _root(root: bytes) -> Exhibit:
    return Exhibit("root-found", f"{base64(root)}\n".encode())
