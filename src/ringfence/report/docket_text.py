"""What commands of the docket say: what was brought, and the objects of a kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from ringfence.docket.collection import Imported
from ringfence.docket.finding.kept import Kept
from ringfence.docket.ladder import Ladder
from ringfence.docket.objects import Object, Recording, Ref
from ringfence.docket.words import Rung
from ringfence.errors import printable
from ringfence.report.statements_text import brief, dumped, many, numbered

Form = Literal["text", "json"]


def brought(index: Kept, refs: Sequence[Ref], form: Form) -> str:
    """Return what was brought, by number."""
    if form == "json":
        return dumped(
            {"brought": [{"number": index.number(ref), "ref": ref} for ref in refs]}
        )
    lines = [f"{index.number(ref)}  {brief(index, index.get(ref))}" for ref in refs]
    return "\n".join(lines or ["nothing is new"]) + "\n"


def heard(index: Kept, ref: Ref, ladder: Ladder, form: Form) -> str:
    """Return what became of a quote, without a word of what anybody typed."""
    number = index.number(ref)
    said = "heard: these words are the quote from now on"
    if ref in ladder.confirmed:
        said = "confirmed: the same words"
    elif ref in ladder.differing:
        said = "the words differ from what was heard first; both are kept"
    elif ref != ladder.heard:
        said = "the same words; but to confirm them takes somebody else, blind"
    if form == "json":
        told = {"number": number, "ref": ref, "rung": str(ladder.rung), "said": said}
        return dumped(told)
    rung = "" if ladder.rung is Rung.MACHINE else f", the quote is {ladder.rung}"
    return f"{number}  {said}{rung}\n"


def kinds(index: Kept, kind: str, form: Form) -> str:
    """Return every object of a kind, a line each."""
    rows = list(index.all(kind))
    if form == "json":
        told = [_told(index, one.ref, one.object, one.time) for one in rows]
        return dumped({kind: told})
    lines = [f"{index.number(one.ref)}  {brief(index, one.object)}" for one in rows]
    return "\n".join(lines or [f"there is no {kind}"]) + "\n"


def other(index: Kept, ref: Ref, form: Form) -> str:
    """Return an object that is no statement, field by field, and what refers to it."""
    held = index.held(ref)
    about = [index.number(one.ref) for one in index.about(ref)]
    told = _told(index, ref, held.object if held else None, held.time if held else "")
    told["referred_to_by"] = about
    if form == "json":
        return dumped(told)
    lines = [f"{told['number']}  {brief(index, held.object if held else None)}"]
    for key, value in told.items():
        if key != "number" and value not in ("", None, [], {}):
            label = key.replace("_", " ")
            lines.append(f"  {label:<15}{printable(_spelt(key, value))}")
    return "\n".join(lines) + "\n"


def hand(index: Kept, ref: Ref, form: Form) -> str:
    """Return what came from a hand: one source, whatever it holds; never who it is."""
    rows = index.about(ref, "recording", "hand")
    one = index.get(ref)
    sealed = bool(getattr(one, "sealed", ""))
    found = [index.number(each.ref) for each in rows]
    if form == "json":
        return dumped(
            {"number": index.number(ref), "sealed": sealed, "recordings": found}
        )
    told = "who it is lies sealed" if sealed else "nobody wrote down who it is"
    lines = [f"{index.number(ref)}  {told}; {many(len(rows), 'recording')}, one source"]
    lines += [
        f"  {index.number(each.ref)}  {brief(index, each.object)}"
        for each in rows
        if isinstance(each.object, Recording)
    ]
    return "\n".join(lines) + "\n"


def collection(one: Imported, form: Form) -> str:
    """Return what an import has brought."""
    if form == "json":
        return dumped({"brought": one.brought, "held": one.held, "notes": one.notes})
    new = ", ".join(many(count, what) for what, count in one.brought.items() if count)
    old = ", ".join(many(count, what) for what, count in one.held.items() if count)
    lines = [f"brought: {new or 'nothing'}"]
    lines += [f"held already: {old}"] if old else []
    return "\n".join([*lines, *map(printable, one.notes)]) + "\n"


def _told(index: Kept, ref: Ref, one: Object | None, time: str) -> dict[str, object]:
    fields = {"erased": True} if one is None else numbered(index, one)
    return {"number": index.number(ref), "ref": ref, "time": time, **fields}


def _spelt(key: str, value: object) -> str:
    if key == "words" and isinstance(value, list | tuple):
        return f"{len(value):,}: `ringfence docket transcript show` shows them"
    if isinstance(value, dict):
        told = (f"{name} {_spelt(name, one)}" for name, one in value.items() if one)
        return ", ".join(told)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
