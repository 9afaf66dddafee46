"""Epochs: what the ledger is told of an index, so that nobody can change it unseen."""

from __future__ import annotations

from ringfence.egress.index.manifest import Manifest
from ringfence.ledger.entries import made


def entry(manifest: Manifest, time: str) -> bytes:
    """Return the entry that commits to an index as it stands."""
    state = manifest.state()
    counts = {
        "keys": str(state.keys),
        "number": str(state.number),
        "subjects": str(state.subjects),
    }
    digests = {"epoch": state.digest, "root": manifest.root}
    return made("epoch", time, digests=digests, values=counts)
