"""A scan: every dataset of a store, one after another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

from ringfence.egress.scan.found import Dataset, Scan
from ringfence.egress.scan.looking import Watch


class Store(Protocol):
    """What can be looked through."""

    @property
    def place(self) -> str:
        """Where it is, without any secret."""
        ...

    @property
    def unread(self) -> Mapping[str, int]:
        """What can't be looked through, known once the datasets have been yielded."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """What isn't asked about."""
        ...

    def datasets(self, watch: Watch) -> Iterator[Dataset]:
        """Yield every dataset, also one that can't be read."""
        ...


def scan(store: Store, watch: Watch) -> Scan:
    """Return what a store holds of the people of an index.

    Raises:
        RingfenceError: It can't be listed, or the index isn't what was written.
    """
    found = sorted(store.datasets(watch), key=lambda one: one.name)
    return Scan(
        place=store.place,
        datasets=tuple(found),
        sample=str(watch.take),
        epoch=watch.epoch,
        unread=dict(sorted(store.unread.items())),
        notes=store.notes,
    )
