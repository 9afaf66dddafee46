"""What the commands about ledgers say: lines for people, one object for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from ringfence.errors import printable
from ringfence.ledger.keeping.showing import Shown
from ringfence.ledger.signed.checkpoints import SignedCheckpoint
from ringfence.ledger.signed.keys import COSIGNATURE, ED25519, ML_DSA, VerifierKey
from ringfence.ledger.watch.fsck import Found
from ringfence.ledger.watch.monitor import Watched

KINDS = {ED25519: "Ed25519", COSIGNATURE: "cosignature", ML_DSA: "ML-DSA-44"}
_WIDE = 11
_SHORT = 12  # digits of a digest that a line shows
_JUDGED = "as_of"
_BY_KEY = ("key", "closed")  # kinds that name keys, which a line shows by their ids
_BY_DIGEST = ("document", "erased")  # kinds that say what they are about by a digest


def render(kind: str, told: Mapping[str, object], form: str) -> str:
    """Return what a command says.

    Args:
        kind: Which command, for the schema.
        told: What it says, by name; a list takes a line each, None is left out.
        form: `text` or `json`.
    """
    if form == "json":
        whole = {"schema": f"ringfence-ledger-{kind}/1", **told}
        return msgspec.json.format(msgspec.json.encode(whole), indent=2).decode() + "\n"
    return "".join(f"{line}\n" for line in _lines(told))


def head(signed: SignedCheckpoint) -> dict[str, object]:
    """Return what a checkpoint says, and who signed it."""
    names = [f"{one.key.name} ({KINDS[one.key.kind]})" for one in signed.verified]
    point = signed.checkpoint
    return {
        "log": point.origin,
        "size": point.size,
        "root": point.root.hex(),
        "signers": names,
    }


def key(one: VerifierKey) -> dict[str, str]:
    """Return a key with its kind and id."""
    return {"id": one.key_id.hex(), "kind": KINDS[one.kind], "key": str(one)}


def keys(those: Sequence[VerifierKey]) -> list[dict[str, str]]:
    """Return keys, each with its kind and id."""
    return [key(one) for one in those]


def key_lines(keys: Sequence[VerifierKey]) -> list[str]:
    """Return keys in a line each; one that fills a screen is named by its id."""
    return [
        f"{one.key_id.hex()}  {KINDS[one.kind]}"
        + (f"  {one}" if one.kind != ML_DSA else "")
        for one in keys
    ]


def lines(those: Sequence[Shown]) -> list[str]:
    """Return entries in a line each, in columns."""
    places = max((len(str(one.index)) for one in those), default=0)
    kinds = max((len(one.entry.kind) for one in those if one.entry), default=0)
    return [line(one, places, kinds) for one in those]


def earlier(count: int) -> str | None:
    """Return what a list of the last entries leaves out."""
    return f"{count:,}; `--limit N` shows more" if count else None


def places(those: range) -> str:
    """Return the places of entries that follow one another."""
    last = those.stop - 1
    return str(last) if len(those) == 1 else f"{those.start} to {last}"


def line(shown: Shown, places: int = 0, kinds: int = 0) -> str:
    """Return an entry in one line, without the digests that only files explain.

    Args:
        shown: The entry.
        places: How many columns its place takes.
        kinds: How many columns its kind takes.
    """
    entry, at = shown.entry, f"{shown.index:>{places}}"
    if entry is None:
        return f"{at}  no entry of ours: {len(shown.content):,} bytes"
    values = sorted(entry.values.items(), key=lambda one: one[0] == _JUDGED)
    told = [_value(entry.kind, name, value) for name, value in values]
    if entry.kind in _BY_DIGEST or not entry.is_known:
        told += [
            f"{name} {one.removeprefix('sha256:')[:_SHORT]}"
            for name, one in entry.digests.items()
        ]
    known = "" if entry.is_known else " (of a later version)"
    kind = f"{entry.kind + known:<{kinds}}"
    return f"{at}  {entry.time}  {kind}  {', '.join(told)}".rstrip()


def whole(shown: Shown) -> dict[str, Any]:
    """Return all that an entry says, and what its payload tells."""
    entry = shown.entry
    found: dict[str, Any] = {"index": shown.index}
    if entry is None:
        return {**found, "bytes": shown.content.hex()}
    found |= {"kind": entry.kind, "time": entry.time}
    for name in ("values", "digests", "commitments"):
        if part := getattr(entry, name):
            found[name] = part
    return found if shown.payload is None else {**found, "payload": shown.payload}


def checked(found: Found) -> dict[str, object]:
    """Return what a check of a whole log found."""
    told: dict[str, object] = {} if found.checkpoint is None else head(found.checkpoint)
    told["problems"] = [str(one) for one in found.problems]
    told |= {"signed": found.signed, "sequenced": found.sequenced, "torn": found.torn}
    told["sound"] = found.is_sound
    return told


def checked_lines(found: Found) -> dict[str, object]:
    """Return what a check of a whole log found, as a person reads it."""
    torn = pending = None
    if found.torn:
        torn = f"{found.torn:,} bytes of a batch that a crash tore"
    if found.checkpoint is not None and (found.signed or 0) > found.size:
        pending = (
            f"the published checkpoint has {found.size} entries, the last one signed "
            f"{found.signed}: run `ringfence ledger publish`"
        )
    return {**checked(found), "signed": None, "torn": torn, "pending": pending}


def watched(found: Watched) -> dict[str, object]:
    """Return what a monitor found."""
    return {
        **head(found.signed),
        "before": found.before,
        "hashed": found.rehashed,
        "findings": [*found.findings],
        "unheard": [*found.unheard],
    }


def watched_lines(found: Watched) -> dict[str, object]:
    """Return what a monitor found, as a person reads it."""
    before, size = found.before, found.signed.checkpoint.size
    if before is None:
        history = f"seen for the first time, {found.rehashed:,} entries hashed"
    elif before == size:
        history = "as it was seen before"
    else:
        history = f"continues the {before:,} entries seen before, "
        history += f"{found.rehashed:,} new ones hashed"
    told = watched(found)
    return {
        name: one for name, one in told.items() if name not in ("before", "hashed")
    } | {"history": history}


def _value(kind: str, name: str, value: str) -> str:
    text = value if len(value) <= 2 * _SHORT + 20 else value[:_SHORT] + "…"
    if kind in _BY_KEY and name in ("key", "keys"):
        text = " ".join(one.split("+")[1] for one in value.split(" "))
    if name == _JUDGED:
        text = text.removesuffix("T00:00:00Z")
    return text if name == kind else f"{name} {text}"


def _lines(told: Mapping[str, object]) -> Iterator[str]:
    for name, value in told.items():
        label = name
        for part in _parts(value):
            for text in part.split("\n"):
                yield printable(f"{label:<{_WIDE}} {text}".rstrip())
                label = ""


def _parts(value: object) -> list[str]:
    """Return what a value says, a line each."""
    match value:
        case None:
            return []
        case dict():
            return [f"{key} {_joined(one)}" for key, one in value.items()]
        case list() if not all(isinstance(one, int) for one in value):
            return [str(one) for one in value]
        case bool():
            return ["yes" if value else "no"]
        case _:
            return [_joined(value)] if value != [] else []


def _joined(value: object) -> str:
    return ", ".join(map(str, value if isinstance(value, list) else [value]))
