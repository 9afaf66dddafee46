"""What is relayed: tables, the channels that they leave by, and how much at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ringfence.egress.relay.transactions import Caps


@dataclass(frozen=True, slots=True)
class Plan:
    """What is relayed.

    Attributes:
        slot: Name of the slot inside; the relay makes it.
        publications: What is subscribed to.
        tables: The channel that each table leaves by, by `schema.name`.
        quarantine: Folder for what it stops at.
        caps: How much one transaction may be.
        batch: Rows that are read, and judged together where they may leave.
        rows: Rows of a table that are copied at once.
        idle: Bytes of log about other tables, behind which the slot is moved.
    """

    slot: str
    publications: tuple[str, ...]
    tables: Mapping[str, str]
    quarantine: Path
    caps: Caps = field(default_factory=Caps)
    batch: int = 10_000
    rows: int = 5_000
    idle: int = 16 << 20
