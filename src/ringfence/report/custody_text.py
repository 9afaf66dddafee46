"""What the commands about a docket's custody say: lines, or one object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from ringfence.errors import Problem, printable

if TYPE_CHECKING:
    from ringfence.docket.checking import Checked
    from ringfence.docket.intake import Added

CAVEAT = (
    "proved: nothing changed since it was logged; not proved: that a meeting took "
    "place, or whose voices these are"
)
WRONG = (
    "not proved: what is named as wrong, that a meeting took place, or whose voices "
    "these are"
)
_WIDE = 11


def render(kind: str, told: Mapping[str, object], form: str) -> str:
    """Return what a command says.

    Args:
        kind: Which command, for the schema.
        told: What it says, by name; a list takes a line each, what is empty none.
        form: `text` or `json`.
    """
    if form == "json":
        whole = {"schema": f"ringfence-docket-{kind}/1", **told}
        return msgspec.json.format(msgspec.json.encode(whole), indent=2).decode() + "\n"
    lines = []
    wide = max(_WIDE, *map(len, told)) if told else _WIDE
    for name, value in told.items():
        several = value if isinstance(value, list | tuple) else [value]
        for number, one in enumerate(several):
            label = "" if number else name
            if one not in ("", None):
                lines.append(f"{label:<{wide}} {printable(str(one))}")
    return "".join(f"{line}\n" for line in lines)


def added(number: str, one: Added, path: str, *, form: str) -> dict[str, object]:
    """Return what became of a file."""
    recording = one.held.object
    content = getattr(recording, "content", "")
    told: dict[str, object] = {
        "recording": number,
        "file": path,
        "sha256": content,
        "entry": one.held.index,
        "again": one.again,
        "notes": [*one.notes],
    }
    sound = getattr(recording, "sound", None)
    seconds = None if sound is None else round(sound.samples / 16_000, 3)
    if form == "json":
        return {**told, "seconds": seconds}
    what = f"{number}  {path}"
    if one.again:
        return {"held": f"{what}: the same bytes are held; logged once"}
    told = {"received": what, "sha256": content, "entry": one.held.index}
    told["sound"] = None if seconds is None else f"{seconds:,} seconds"
    return {**told, "note": [*one.notes]}


def checked(found: Checked, *, opened: bool, form: str) -> dict[str, object]:
    """Return what a check of a docket found."""
    if form == "json":
        return {
            "verifies": not found.problems,
            "entries": found.entries,
            "objects": found.objects,
            "originals": found.originals,
            "opened": found.opened if opened else None,
            "blocks": found.seconds if opened else None,
            "problems": [_problem(one) for one in found.problems],
            "notes": found.notes,
            "caveat": WRONG if found.problems else CAVEAT,
        }
    inside = "not opened: --identity would" if not opened else _opened(found)
    return {
        "ledger": f"{found.entries:,} entries, {found.objects:,} objects",
        "originals": f"{found.originals:,}; {inside}",
        "note": [*found.notes],
        "wrong": [f"{one.at}: {one.message}" for one in found.problems],
        "result": [_result(found.problems), WRONG if found.problems else CAVEAT],
    }


def _opened(found: Checked) -> str:
    return f"{found.opened:,} opened, {found.seconds:,} blocks as logged"


def _result(problems: Sequence[Problem]) -> str:
    if not problems:
        return "everything there verifies"
    return f"{len(problems):,} NOT VERIFIED"


def _problem(one: Problem) -> dict[str, str | None]:
    return {
        "at": None if one.at is None else str(one.at),
        "message": one.message,
        "hint": one.hint,
    }
