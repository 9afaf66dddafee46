"""An exit for tests: real meter, real ledger, and a look that knows a few words."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ringfence.boundary.channels import Channel, ChannelMask, Declared
from ringfence.boundary.status import Status
from ringfence.egress.channels.contract import (
    Contract,
    Contracts,
    Recipient,
    written,
)
from ringfence.egress.channels.judge import Given
from ringfence.egress.exit.book import Book
from ringfence.egress.exit.logged import LoggedExit
from ringfence.egress.exit.naming import name_contracts
from ringfence.egress.inspection.report import (
    Column,
    Coverage,
    Inspection,
    Sighting,
    Undecided,
)
from ringfence.egress.inspection.sightings import Doubt, Place, Written
from ringfence.egress.meter.meter import Desk, Meter
from ringfence.egress.payload import Payload
from ringfence.ledger.keeping.opening import begin

NOW = "2022-03-01T00:00:00Z"
AT = 1_646_092_800.0
DAY = 86_400.0
MASKED = b"rf_"
CONTACT = "covered-personal-identifiers"


def content_of(payload: Payload) -> bytes:
    """Return the bytes of a payload."""
    held = payload.content
    return held if isinstance(held, bytes) else held.read_bytes()


@dataclass
class Words:
    """Looks through payloads of words: `name=value`, where `p7` is person 7.

    `?` is what nobody can decide, `%` what can't be looked through, `!` a fault.
    """

    looked: int = 0

    def inspect(self, payload: Payload) -> Inspection:
        """Return what a payload holds."""
        self.looked += 1
        content = content_of(payload)
        if b"!" in content:
            raise ValueError("quotes p7, which nobody may read")
        pairs = [one.partition("=") for one in content.decode().split()]
        sightings = tuple(
            Sighting(
                Place(column=name, row=1),
                "EMAIL",
                Written.PLAIN,
                1,
                np.array([int(value[1:])], np.uint64),
            )
            for name, _, value in pairs
            if value.startswith("p")
        )
        undecided = tuple(
            Undecided(Place(column=name), Doubt.OPAQUE)
            for name, _, value in pairs
            if value == "?"
        )
        return Inspection(
            content=hashlib.sha256(content).hexdigest(),
            size=len(content),
            format="words",
            coverage=Coverage.PARTIAL if b"%" in content else Coverage.COMPLETE,
            rows=1,
            columns=tuple(
                Column((), name, frozenset({"text"}), 1) for name, _, _ in pairs
            ),
            sightings=sightings,
            undecided=undecided,
            epoch="0" * 64,
        )

    glance = inspect


class Rewriting:
    """Masks words."""

    def masked(
        self, contract: Contract, payload: Payload, masks: Mapping[str, ChannelMask]
    ) -> Payload:
        """Return a payload with columns replaced."""
        del contract
        words = content_of(payload).split()
        found = [
            one.partition(b"=")[0] + b"=" + MASKED
            if one.partition(b"=")[0].decode() in masks
            else one
            for one in words
        ]
        content = b" ".join(found)
        if isinstance(payload.content, bytes):
            return Payload(payload.name, content)
        output = payload.content.with_name(f"{payload.content.name}.masked")
        output.write_bytes(content)
        return Payload(payload.name, output)


@dataclass
class Telling:
    """Tells nothing of aggregates, and keeps what it was asked."""

    wrong: Sequence[Given] = ()
    kept: list[str] = field(default_factory=list)

    def refused(
        self, desk: Desk, contract: Contract, payload: Payload, now: str
    ) -> Sequence[Given]:
        """Return what is wrong with the aggregates of a payload."""
        del desk, contract, payload, now
        return self.wrong

    def told(self, desk: Desk, contract: Contract, payload: Payload, now: str) -> None:
        """Keep what a payload tells that leaves."""
        del desk, contract, now
        self.kept.append(payload.name)


def channel(name: str = "partner", **more: object) -> Channel:
    """Return a channel that carries `city`, and `mail` masked by a token."""
    said: dict[str, object] = {
        "name": name,
        "recipients": ("legal_entity:partner",),
        "purpose": "p",
        "owner": "o",
        "approver": "person:x",
        "until": "2023-01-01T00:00:00Z",
        "cap": 2,
        "columns": (
            Declared("city", "text"),
            Declared("mail", "text", "EMAIL", "token"),
            Declared("clear", "text", "EMAIL"),
        ),
    }
    return Channel(**{**said, **more})  # type: ignore[arg-type]


def contracts(*channels: Channel, status: Status = Status.NO) -> Contracts:
    """Return contracts of channels to one partner."""
    partner = Recipient("legal_entity:partner", status, "legal_entity:holding")
    made = (
        Contract(one, (partner,), {"EMAIL": (CONTACT,)}, {CONTACT: 100_000})
        for one in channels or (channel(),)
    )
    return Contracts(
        "a" * 64, "b" * 64, "2022-01-01T00:00:00Z", "2022-12-01T00:00:00Z", tuple(made)
    )


def named(folder: Path, given: Contracts | None = None) -> Path:
    """Write contracts into a folder, and have the ledger there name them."""
    found = given or contracts()
    ledger, new = folder / "ledger", folder / "contracts.new"
    if not ledger.exists():
        begin(ledger, f"test.example/{folder.name}", time=NOW)
    name_contracts(ledger, found, NOW)
    new.write_bytes(written(found))
    return new.replace(folder / "contracts.json")


@dataclass
class Made:
    """An exit and what it is made of."""

    exit: LoggedExit
    meter: Meter
    book: Book
    ledger: Path
    words: Words
    telling: Telling
    contracts: Contracts
    now: float = AT


def made(folder: Path, given: Contracts | None = None) -> Made:
    """Return an exit over a new ledger and a new meter in a folder."""
    ledger = folder / "ledger"
    if not ledger.exists():
        begin(ledger, "test.example/exit", time=NOW)
    found = Made.__new__(Made)
    found.words, found.telling = Words(), Telling()
    found.meter, found.book = Meter(folder / "meter"), Book(ledger)
    found.ledger, found.now = ledger, AT
    found.contracts = given or contracts()
    found.exit = LoggedExit(
        lambda: found.contracts,
        looks=found.words,
        rewrites=Rewriting(),
        tells=found.telling,
        meter=found.meter,
        book=found.book,
        clock=lambda: found.now,
    )
    return found
