"""Fsck: rebuilds a whole log from its entries, and tells whatever differs.

Every bundle is read, every entry hashed, every tile derived and compared, up to the
root that the checkpoint signs. A difference is told where it is: what lies above is
held against the tile that is there, so that one changed byte is one problem.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, TypeVar

from ringfence.errors import Locus, Problem, ProofError, RingfenceError
from ringfence.ledger.signed.checkpoints import (
    Checkpoint,
    SignedCheckpoint,
    parse_checkpoint,
    read_checkpoint,
)
from ringfence.ledger.signed.keys import VerifierKey
from ringfence.ledger.signed.notes import parse_note
from ringfence.ledger.tree.growing import Fetch, folded, joined, leaf_hashes, subtrees
from ringfence.ledger.tree.merkle import HASH
from ringfence.ledger.tree.tiles import (
    HEIGHT,
    LEVELS,
    WIDTH,
    Bundle,
    Tile,
    check_tile,
    pack,
    parse_path,
    unpack,
)

CHECKPOINT = "checkpoint"
P = TypeVar("P", Tile, Bundle)
Progress = Callable[[int, int], None]
"""Is told how many entries were checked, and of how many."""


class Found(NamedTuple):
    """What a check of a log found.

    Attributes:
        size: How many entries its checkpoint has.
        checkpoint: The checkpoint, if its signatures verify.
        problems: Whatever is not as it must be; nothing if the log is sound.
        older: Partial files of earlier checkpoints that still lie there, all checked.
        ahead: Files beyond the checkpoint, which is what a writer leaves that is at
            work or was cut short. They were not checked.
        signed: How many entries the last checkpoint has that was signed, published or
            not; None if that isn't known.
        sequenced: Entries that the log has, with those of a journal; None if that isn't
            known.
        torn: Bytes at the end of the journal that are no whole entries yet, or that a
            crash has left.
    """

    size: int
    checkpoint: SignedCheckpoint | None
    problems: tuple[Problem, ...]
    older: int = 0
    ahead: int = 0
    signed: int | None = None
    sequenced: int | None = None
    torn: int = 0

    @property
    def is_sound(self) -> bool:
        """Return whether the whole log is what its checkpoint signs."""
        return not self.problems


def fsck(
    fetch: Fetch,
    keys: Sequence[VerifierKey],
    *,
    names: Iterable[str] | None = None,
    progress: Progress | None = None,
) -> Found:
    """Check a whole log.

    Args:
        fetch: What reads its files.
        keys: The keys of the log.
        names: The names of all files that lie there, so that one too many is told.
        progress: Is told how far the check is.

    Raises:
        RingfenceError: What `fetch` raises where a log can't be reached at all.
    """
    check = _Check(fetch)
    signed = check.signed(keys)
    head = signed.checkpoint if signed else check.unsigned()
    if head is None:
        return Found(0, None, tuple(check.problems))
    check.sort(names or (), head.size)
    rebuilt = check.rebuild(head.size, progress)
    if rebuilt != head.root:
        message = (
            f"is of another tree: its root is {head.root.hex()}, "
            f"that of its {head.size} entries {rebuilt.hex()}"
        )
        check.tell(CHECKPOINT, message)
    return Found(head.size, signed, tuple(check.problems), check.older, check.ahead)


class _Check:
    """A check that is under way."""

    def __init__(self, fetch: Fetch) -> None:
        self.problems: list[Problem] = []
        self.older = self.ahead = 0
        self._fetch = fetch
        self._partial: dict[tuple[str, int], list[int]] = defaultdict(list)

    def tell(self, place: str, message: str) -> None:
        self.problems.append(Problem(message, Locus(place)))

    def signed(self, keys: Sequence[VerifierKey]) -> SignedCheckpoint | None:
        """Return the checkpoint, if it verifies."""
        try:
            return read_checkpoint(self._fetch(CHECKPOINT), keys, place=CHECKPOINT)
        except OSError as error:
            self.tell(CHECKPOINT, _reason(error))
        except ProofError as error:
            self.problems += error.problems
        return None

    def unsigned(self) -> Checkpoint | None:
        """Return what a checkpoint says that doesn't verify: the files may be sound."""
        try:
            return parse_checkpoint(parse_note(self._fetch(CHECKPOINT)).text)
        except (OSError, ProofError):  # which was told
            return None

    def sort(self, names: Iterable[str], size: int) -> None:
        """Tell the files of a log by their names."""
        for name in names:
            if name == CHECKPOINT:
                continue
            try:
                one = parse_path(name)
            except ProofError:
                self.tell(name, "is no file of a log")
                continue
            level = one.level if isinstance(one, Tile) else 0
            wide = (size >> HEIGHT * level) - one.number * WIDTH
            if one.width > wide:
                self.ahead += 1
            elif one.width < min(wide, WIDTH):
                self._partial[_folder(one), one.number].append(one.width)

    def rebuild(self, size: int, progress: Progress | None) -> bytes:
        """Return the root of the tree over the entries; tell what differs."""
        rows = [bytearray() for _ in range(LEVELS)]
        for start in range(0, size, WIDTH):
            number, wide = start // WIDTH, min(WIDTH, size - start)
            stored = self._tile(Tile(0, number, wide))
            entries = self._bundle(Bundle(number, wide))
            if entries is not None:
                rows[0] += self._leaves(number, leaf_hashes(entries), stored)
            else:  # which was told: go on by what the tile says of it
                rows[0] += stored or bytes(wide * HASH)
            self._climb(rows, number)
            if progress:
                progress(start + wide, size)
        for level in range(1, LEVELS):
            number, wide = divmod(size >> HEIGHT * level, WIDTH)
            if wide:
                rows[level][:] = self._nodes(Tile(level, number, wide), rows[level])
        above_first = (subtrees(bytes(row)) for row in reversed(rows))
        return joined([one for found in above_first for one in found])

    def _climb(self, rows: list[bytearray], number: int) -> None:
        """Put full rows away, and their hashes into the level above.

        Args:
            rows: What each level has beyond its full tiles.
            number: The number of the tile of the lowest level that came last.
        """
        level = 0
        while len(row := rows[level]) == WIDTH * HASH:
            tile = Tile(level, number >> HEIGHT * level)
            nodes = self._nodes(tile, row) if level else bytes(row)
            rows[level + 1].extend(folded(nodes))
            row.clear()
            level += 1

    def _leaves(self, number: int, derived: bytes, stored: bytes | None) -> bytes:
        """Hold the hashes of entries against their tile; return what to go by."""
        if stored is None or stored == derived:
            return derived
        tile = Tile(0, number, len(derived) // HASH)
        first, more = _difference(derived, stored)
        message = f"entry {number * WIDTH + first} is not the one that {tile.path} has"
        self.tell(Bundle(tile.number, tile.width).path, message + more)
        return stored

    def _nodes(self, tile: Tile, derived: bytearray) -> bytes:
        """Hold the hashes of tiles against the tile above; return what to go by."""
        stored = self._tile(tile)
        if stored is None or stored == derived:
            return bytes(derived)
        first, more = _difference(derived, stored)
        below = Tile(tile.level - 1, tile.number * WIDTH + first).path
        self.tell(tile.path, f"hash {first} is not that of {below}{more}")
        return stored

    def _tile(self, tile: Tile) -> bytes | None:
        """Return a tile, if it is there and long enough."""
        read, content = self._read(tile, Tile(tile.level, tile.number))
        if content is None:
            return None
        try:
            check_tile(content, read)
        except ProofError as error:
            self.problems += error.problems
            return None
        found = content[: tile.width * HASH]
        for older, there in self._earlier(tile):
            if there != found[: older.width * HASH]:
                self.tell(older.path, f"differs from {tile.path}")
        return found

    def _bundle(self, bundle: Bundle) -> list[bytes] | None:
        """Return the entries of a bundle, if it is there and whole."""
        read, content = self._read(bundle, Bundle(bundle.number))
        if content is None:
            return None
        try:
            entries = unpack(content, read.width)[: bundle.width]
        except ProofError as error:
            self.tell(read.path, error.problems[0].message)
            return None
        for older, there in self._earlier(bundle):
            if there != pack(entries[: older.width]):
                self.tell(older.path, f"differs from {bundle.path}")
        return entries

    def _read(self, one: P, full: P) -> tuple[P, bytes | None]:
        """Return a file; where a log has grown, the full one in a partial one's place.

        Args:
            one: What is wanted.
            full: What it has become, or will.
        """
        for piece in (one, full):
            try:
                return piece, self._fetch(piece.path)
            except FileNotFoundError:
                continue
            except (OSError, ProofError) as error:
                self.tell(piece.path, _reason(error))
                return piece, None
        self.tell(one.path, "is missing")
        return one, None

    def _earlier(self, one: P) -> Iterator[tuple[P, bytes]]:
        """Yield what an earlier checkpoint had of a file, as far as it is there."""
        if not self._partial:
            return
        for width in self._partial.pop((_folder(one), one.number), ()):
            older = one._replace(width=width)
            try:
                content = self._fetch(older.path)
            except FileNotFoundError:  # the writer has tidied up since
                continue
            except (OSError, ProofError) as error:
                self.tell(older.path, _reason(error))
                continue
            self.older += 1
            yield older, content


def _folder(one: Tile | Bundle) -> str:
    return f"tile/{one.level}" if isinstance(one, Tile) else "tile/entries"


def _difference(derived: bytes | bytearray, stored: bytes) -> tuple[int, str]:
    """Return the place of the first hash that differs, and words for the others."""
    differ = [
        at // HASH
        for at in range(0, len(stored), HASH)
        if stored[at : at + HASH] != derived[at : at + HASH]
    ]
    more = len(differ) - 1
    return differ[0], f", and {more} more like it" if more else ""


def _reason(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "is missing"
    if isinstance(error, RingfenceError):
        return error.problems[0].message
    if isinstance(error, OSError) and error.strerror:
        return f"can't be read: {error.strerror.lower()}"
    return "can't be read"
