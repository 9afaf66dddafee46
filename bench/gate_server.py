"""The gate as the benchmarks start it: a scene of some size, with a ledger or without.

`python -m bench.gate_server FOLDER [--no-ledger]` prints its port, then answers.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from ringfence.boundary.decision.scene import Dataset, Known, Marker, Scene
from ringfence.boundary.model import Attribute, Gate, Owned, Selector
from ringfence.boundary.status import Status
from ringfence.gate.point.asked import Caller
from ringfence.gate.point.book import Window
from ringfence.gate.point.live import Held
from ringfence.gate.service import running
from ringfence.gate.service.callers import Known as Asking
from ringfence.gate.service.callers import digest_of
from ringfence.gate.service.config import Config
from ringfence.gate.service.limits import Limits

TOKEN = "bench"  # noqa: S105 - a token of a benchmark
PEOPLE, DATASETS = 2_000, 500
UNTIL = "2999-01-01T00:00:00Z"


def scene() -> Scene:
    """Return a scene: one in five is excluded, one column in four is protected."""
    columns = {f"c{n}": Status.YES if n % 4 == 0 else Status.NO for n in range(8)}
    return Scene(
        boundary="b" * 64,
        estate="e" * 64,
        since="2000-01-01T00:00:00Z",
        until=UNTIL,
        gate=Gate(("abroad",)),
        selectors=(Selector("abroad", Attribute("residence", ("CN",)), Owned("50")),),
        people={
            f"person:p{n}": Known({"residence": ("CN" if n % 5 == 0 else "US",)})
            for n in range(PEOPLE)
        },
        entities={"abroad": {}},
        datasets={
            f"dataset:wh/s.t{n}": Dataset(columns, rows=Marker("region", ("US",)))
            for n in range(DATASETS)
        },
    )


class Still:
    """A source of one scene."""

    def changed(self) -> bool:
        """Tell that nothing changes."""
        return False

    def read(self, now: str) -> Held:  # noqa: ARG002 - a source is told
        """Return the scene."""
        return Held(scene(), UNTIL)


class Nowhere:
    """A ledger that takes everything and keeps nothing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def open(self) -> dict[str, int]:
        """Open nothing."""
        return {}

    def commit(
        self, windows: Sequence[Window], counted: Mapping[str, int] | None
    ) -> list[int]:
        """Keep nothing."""
        del counted
        return [0] * len(windows)

    def publish(self) -> None:
        """Publish nothing."""

    def close(self) -> None:
        """Close nothing."""


def main() -> None:
    """Answer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ledger", type=Path)
    parser.add_argument("--no-ledger", action="store_true")
    told = parser.parse_args()
    if told.no_ledger:
        running.Book = Nowhere  # type: ignore[misc, assignment]
    rate = 10**9
    config = Config(
        port=0,
        callers=(Asking(Caller("bench"), (digest_of(TOKEN),)),),
        limits=Limits(rate=rate, burst=rate),
    )

    def ready(address: str, _: str) -> None:
        print(urlsplit(address).port, flush=True)

    running.serve(running.Order(config, told.ledger, Still(), ready=ready, tell=print))


if __name__ == "__main__":
    main()
