"""What the commands of the index of fingerprints say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from ringfence.egress.index.building import Built
from ringfence.egress.index.manifest import Manifest
from ringfence.errors import printable

_WIDE = 12


def state(manifest: Manifest) -> dict[str, object]:
    """Return what is told of an index."""
    epoch, change = manifest.state(), manifest.change
    return {
        "number": epoch.number,
        "epoch": epoch.digest,
        "root": manifest.root,
        "built": manifest.built,
        "made": epoch.made,
        "key": manifest.key,
        "subject_key": manifest.subject_key,
        "keys": epoch.keys,
        "pairs": manifest.pairs,
        "subjects": epoch.subjects,
        "shared": manifest.shared,
        "kinds": {str(kind): held.keys for kind, held in manifest.kinds.items()},
        "added": 0 if change is None else change.added,
        "removed": 0 if change is None else change.removed,
    }


def built(found: Built, entry: int | None) -> dict[str, object]:
    """Return what is told of a build or a delta.

    Args:
        found: What came of it.
        entry: Its place in the ledger, if one was named.
    """
    lost = {
        str(kind): tally.unread for kind, tally in found.tallies.items() if tally.unread
    }
    said = {**state(found.manifest), "rows": found.rows, "unread": lost}
    return said if entry is None else {**said, "entry": entry}


def render(kind: str, told: Mapping[str, object], form: str) -> str:
    """Return what a command says.

    Args:
        kind: Which command, for the schema.
        told: What it says, by name.
        form: `text` or `json`.
    """
    if form == "json":
        whole = {"schema": f"ringfence-index-{kind}/1", **told}
        return msgspec.json.format(msgspec.json.encode(whole), indent=2).decode() + "\n"
    return "".join(f"{printable(line)}\n" for line in _lines(told))


def _lines(told: Mapping[str, object]) -> Iterator[str]:
    for name, value in told.items():
        label = name.replace("_", " ")
        if isinstance(value, Mapping):
            for key, one in value.items():
                yield f"{label:<{_WIDE}} {key} {one:,}"
                label = ""
        else:
            yield f"{label:<{_WIDE}} {_text(value)}"


def _text(value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case _:
            return str(value)
