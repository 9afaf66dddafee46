"""A ledger's entries from the last one back, published or not: for who writes them."""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.ledger.tree.reading import Tree
from ringfence.ledger.tree.tiles import WIDTH
from ringfence.ledger.writer.disk import Disk, public_fetch
from ringfence.ledger.writer.journal import JOURNAL, read_journal


def backwards(disk: Disk) -> Iterator[tuple[int, bytes]]:
    """Yield the place and the content of each entry, the last one first.

    Whoever asks holds the ledger's lock. What the journal has comes first; all that was
    before is in files. They are read as they lie there: what they hold is proved by
    `ringfence ledger fsck` and by whoever monitors the log.

    Raises:
        RingfenceError: The files aren't what any crash leaves.
        OSError: A file can't be read.
    """
    journal = read_journal(disk.read(JOURNAL))
    for batch in reversed(journal.batches):
        places = range(batch.first, batch.after)
        yield from zip(reversed(places), reversed(batch.entries), strict=True)
    tree = Tree(journal.base, public_fetch(disk))
    for number in reversed(range(-(-journal.base // WIDTH))):
        entries = tree.bundle(number)
        places = range(number * WIDTH, number * WIDTH + len(entries))
        yield from zip(reversed(places), reversed(entries), strict=True)
