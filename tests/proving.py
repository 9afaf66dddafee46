"""An exit over an index with canaries in it, for tests of what proves the exit."""

from __future__ import annotations

from pathlib import Path

import polars as pl
from msgspec.structs import replace

from ringfence.boundary.channels import Channel, Declared
from ringfence.egress.exit.made import Settings
from ringfence.egress.index.building import build
from ringfence.egress.index.gathering import Gathering
from ringfence.egress.index.population import Frames, Layout
from ringfence.egress.proving import canaries
from tests.exiting import NOW, channel, contracts, named
from tests.indexed import KEYS

LAST = "9999-01-01T00:00:00Z"
TABLES = channel(
    "partner",
    columns=(
        Declared("city", "text"),
        Declared("mail", "text", "EMAIL", "token"),
        Declared("people", "integer"),
    ),
    until=LAST,
)
TEXTS = channel("chat", columns=(), text=True, until=LAST)
NESTED = channel(
    "answers",
    columns=(
        Declared("/people/*/note", "text"),
        Declared("/people/*/email", "text", "EMAIL"),
        Declared("/places/*", "text", "ADDRESS"),
        Declared("/a/b", "number"),
    ),
    until=LAST,
)
LAYOUT = Layout(canaries.KINDS, "id")


def listed(folder: Path, count: int = 2) -> tuple[canaries.Canary, ...]:
    """Write a list of new canaries into a folder, and read it back."""
    path = folder / "canaries.csv"
    path.write_bytes(canaries.written(canaries.drawn(count)))
    return canaries.read(path)


def settings(folder: Path, *channels: Channel) -> Settings:
    """Return what an exit is made of; the canaries of a list are in its index."""
    rows = pl.read_csv(folder / "canaries.csv", infer_schema=False)
    gathering = Gathering(LAYOUT, KEYS, has_digests=True)
    build(Frames([rows]), gathering, folder / "index", time=NOW)
    (folder / "index.key").write_text(KEYS.index.secret.hex())
    (folder / "index.key").chmod(0o600)
    given = replace(contracts(*(channels or (TABLES, TEXTS, NESTED))), until=LAST)
    return Settings(
        contracts=named(folder, given),
        index=folder / "index",
        key=f"file:{folder / 'index.key'}",
        ledger=folder / "ledger",
        meter=folder / "meter",
        token_key=f"file:{folder / 'index.key'}",
    )
