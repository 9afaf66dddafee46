"""A difference of two snapshots as text: new reach first."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from ringfence.claims.answers import Crossing, How
from ringfence.claims.difference import Difference, Moved, Raised
from ringfence.report import section, wording
from ringfence.report.answering import Screen, computed, more, table
from ringfence.report.fitting import cut
from ringfence.report.witness_text import hung

_WITNESSES = 3
_EXITS = {
    Crossing.NONE: "exit 0: no new reach of somebody excluded to something protected",
    Crossing.POSSIBLE: "exit 10: there is possibly new reach over the boundary",
    Crossing.CERTAIN: "exit 11: there is new reach over the boundary",
}


def render(found: Difference, how: Mapping[str, How], screen: Screen) -> str:
    """Return what is different, new reach first."""
    lines = _lines(found, how, screen)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _lines(found: Difference, how: Mapping[str, How], screen: Screen) -> Iterator[str]:
    yield from hung("new reach   ", _counted(found.risen, "now"), screen.width)
    yield from _by_principal(found.risen, screen)
    yield from _witnesses(found, screen)
    yield from hung("ended       ", _counted(found.fallen, "was"), screen.width)
    yield from _by_principal(found.fallen, screen)
    yield from _raised("newly excluded", "person or entity", found.excluded, screen)
    yield from _raised("newly protected", "resource", found.protected, screen)
    yield from _facts(found, screen)
    for word, rests in how.items():
        yield ""
        yield word
        yield from computed(rests, screen)
    yield _EXITS[found.crossing]


def _counted(moved: Sequence[Moved], side: str) -> str:
    if not moved:
        return "none"
    levels = Counter(str(getattr(one, side)) for one in moved)
    people = len({one.principal for one in moved})
    things = len({one.resource for one in moved})
    pairs = wording.counted(len(moved), "pair", "pairs")
    return (
        f"{pairs} of {wording.counted(people, 'principal', 'principals')} and "
        f"{wording.counted(things, 'resource', 'resources')}: "
        f"{levels['certain']:,} certain, {levels['possible']:,} possible"
    )


def _by_principal(moved: Sequence[Moved], screen: Screen) -> Iterator[str]:
    together: dict[str, list[Moved]] = defaultdict(list)
    for one in moved:
        together[one.principal].append(one)
    if not together:
        return
    rows = [
        [
            screen.name(principal),
            f"{len(pairs):,}",
            str(max(max(one.was, one.now) for one in pairs)),
            screen.name(pairs[0].resource),
            ", ".join(dict.fromkeys(r for one in pairs for r in one.reasons)),
        ]
        for principal, pairs in list(together.items())[: screen.rows]
    ]
    head = ["who", "what", "reach", "for example", ""]
    if any(row[-1] for row in rows):
        head[-1] = "because"
    yield from table(head, rows, screen.width)
    yield from more(len(together) - len(rows), len(together))


def _witnesses(found: Difference, screen: Screen) -> Iterator[str]:
    """Yield the first witnesses, those of other reasons first come first served."""
    new = {one.principal: {*one.new} for one in reversed(found.risen)}
    for principal in list(found.witnesses)[:_WITNESSES]:
        path = found.witnesses[principal]
        first, *others = section.witness(path, screen.labels).stations
        yield ""
        because = "; ".join(ground.words for ground in first.because)
        yield cut(f"  {'':<5}{first.name} {because}", screen.width)
        for hop, station in zip(path.hops, others, strict=True):
            mark = "new" if hop.line in new[principal] else ""
            told = f"{station.words} {station.name}   {station.at}"
            yield cut(f"  {mark:<5} {told}", screen.width)
    if found.witnesses:
        left = len(found.witnesses) - _WITNESSES
        if left > 0:
            yield f"  witnesses of {left:,} more: --format json"
        yield ""


def _raised(
    word: str, noun: str, raised: Sequence[Raised], screen: Screen
) -> Iterator[str]:
    if not raised:
        return
    plural = {"person or entity": "people and entities", "resource": "resources"}[noun]
    yield from hung(
        f"{word:<16}", wording.counted(len(raised), noun, plural), screen.width
    )
    shown = raised[: screen.rows]
    rows = [[screen.name(one.id), one.was, one.now] for one in shown]
    yield from table(["", "was", "now"], rows, screen.width)
    yield from more(len(raised) - len(shown), len(raised))


def _facts(found: Difference, screen: Screen) -> Iterator[str]:
    added = sum(one.added for one in found.facts)
    removed = sum(one.removed for one in found.facts)
    told = f"{added:,} in force that were not, {removed:,} no longer"
    yield from hung("facts       ", told, screen.width)
    rows = [[one.kind, f"{one.added:,}", f"{one.removed:,}"] for one in found.facts]
    if rows:
        yield from table(["kind", "new", "gone"], rows, screen.width)
