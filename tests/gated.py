"""A file gateway for tests: four folders, and an exit with a real ledger and meter."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

from ringfence.egress.channels.contract import Contracts
from ringfence.egress.files.claims import Work
from ringfence.egress.files.gateway import Gateway, Outcome, Places
from ringfence.egress.files.local import LocalStore
from ringfence.egress.files.running import Order, once
from ringfence.ledger.keeping.showing import Shelf
from tests.exiting import Made, made


@dataclass
class Gated:
    """A gateway, and what lies round it."""

    folder: Path
    exit: Made
    places: Places
    work: Work
    gateway: Gateway

    @property
    def outbox(self) -> Path:
        """Where files come from."""
        return self.folder / "outbox"

    def put(self, path: str, content: str) -> Path:
        """Put a file into the outbox, as one that has lain there for long."""
        target = self.outbox / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content)
        return target

    def run(self, settle: float = 0.0) -> list[Outcome]:
        """Take all that lies there, once."""
        told: list[Outcome] = []
        order = Order(settle, poll=0.01)
        once(self.gateway, self.places.outbox, order, told.append)
        return told

    def close(self) -> None:
        """Let go of ledger and meter."""
        self.exit.book.close()
        self.exit.meter.close()

    def there(self, root: str) -> dict[str, str]:
        """Return the files below a folder that others see, and what they hold."""
        return seen(self.folder / root)

    def entries(self) -> list[dict[str, str]]:
        """Return what the ledger says of every verdict."""
        self.exit.book.close()
        return verdicts(self.exit.ledger)


def gated(folder: Path, given: Contracts | None = None) -> Gated:
    """Return a gateway over folders below a folder, with whatever is there."""
    folder.mkdir(exist_ok=True)
    (folder / "outbox").mkdir(exist_ok=True)
    places = Places(
        LocalStore(folder / "outbox"),
        LocalStore(folder / "released"),
        LocalStore(folder / "quarantine", is_private=True),
        LocalStore(folder / "receipts", is_private=True),
    )
    found, work = made(folder, given), Work(folder / "work")
    return Gated(folder, found, places, work, Gateway(found.exit, places, work))


def seen(root: Path) -> dict[str, str]:
    """Return the files below a folder that others see, and what they hold."""
    found = {}
    for at, folders, names in os.walk(root):
        folders[:] = [one for one in folders if not one.startswith(".")]
        for name in names:
            path = Path(at, name)
            if path.is_file() and not path.is_symlink():
                found[str(path.relative_to(root))] = path.read_text()
    return found


def verdicts(ledger: Path) -> list[dict[str, str]]:
    """Return values and digests of every verdict in a ledger."""
    shelf = Shelf(ledger)
    shown = (shelf.shown(index).entry for index in range(shelf.size))
    return [
        {**one.values, **one.digests}
        for one in shown
        if one is not None and one.kind == "release"
    ]


def sha256(text: str) -> str:
    """Return a digest as entries have it."""
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def receipts(root: Path) -> dict[str, dict[str, object]]:
    """Return receipts by path."""
    return {path: json.loads(text) for path, text in seen(root).items()}
