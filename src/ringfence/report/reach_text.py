"""Answers about reach as text: who reaches it, what is reached, by which way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from ringfence.boundary.vocabulary import kind_of
from ringfence.claims.answers import How
from ringfence.claims.between import Between
from ringfence.claims.extents import What
from ringfence.claims.reachers import Who
from ringfence.errors import printable
from ringfence.report import section, witness_text, wording
from ringfence.report.answering import Screen, foot, jointly, more, table, when
from ringfence.report.witness_text import hung


def who(answer: Who, how: How, screen: Screen) -> str:
    """Return who reaches some resources."""
    return _text(_who(answer, how, screen))


def _who(answer: Who, how: How, screen: Screen) -> Iterator[str]:
    yield from hung("", _who_counted(answer, how), screen.width)
    many, period = len(answer.resources) > 1, bool(how.during)
    shown = answer.rows[: screen.rows]
    if shown:
        head = ["who", "excluded", "reach", "hops"]
        head += ["of them"] * many + ["when"] * period + ["through"]
        rows = [
            [
                screen.name(row.id),
                row.excluded or "-",
                "certain" if row.certain else "possible",
                str(row.hops),
                *[f"{row.possible:,}"] * many,
                *([when(row.held)] if period else []),
                screen.name(row.through) if row.through else "-",
            ]
            for row in shown
        ]
        yield from table(head, rows, screen.width)
    look = screen.path(shown[0].id, shown[0].resource) if shown else ""
    yield from _rest(answer, how, screen, look)


def _rest(answer: Who | What, how: How, screen: Screen, look: str) -> Iterator[str]:
    """Yield what stands under the rows of a table: what to look at, and the foot."""
    yield from more(max(len(answer.rows) - screen.rows, 0), len(answer.rows))
    if look:
        yield ""
        yield f"to look     {look}"
    yield from jointly(answer.together, screen)
    yield from foot(how, answer.crossing, screen)


def _who_counted(answer: Who, how: How) -> str:
    certain = sum(row.certain > 0 for row in answer.rows)
    nouns = (
        (wording.singular(answer.kinds[0]), wording.plural(answer.kinds[0]))
        if len(answer.kinds) == 1
        else ("principal", "principals")
    )
    named = _named(answer.asked, answer.resources)
    if not answer.rows:
        return f"none of {wording.counted(answer.among, *nouns)} reaches {named}"
    out = Counter(row.excluded for row in answer.rows)
    yes = wording.counted(out["yes"], "is", "are")
    excluded = f"{yes} excluded ({how.excluded}), {out['unknown']:,} may be"
    among = wording.counted(answer.among, *nouns)
    return (
        f"{len(answer.rows):,} of {among} reach {named}: "
        f"{certain:,} certainly, {len(answer.rows) - certain:,} perhaps"
        + (f"; {excluded}" if how.excluded else "")
    )


def _named(asked: str, nodes: Sequence[str]) -> str:
    """Return what was asked for, and how much that is."""
    if len(nodes) == 1:
        return asked
    kinds = Counter(map(kind_of, nodes))
    told = wording.joined(wording.counted_kind(n, kind) for kind, n in kinds.items())
    return f"{asked} ({told or 'nothing'})"


# --- what -----------------------------------------------------------------------------


def what(answer: What, how: How, screen: Screen) -> str:
    """Return what some principals reach."""
    return _text(_what(answer, how, screen))


def _what(answer: What, how: How, screen: Screen) -> Iterator[str]:
    yield from hung("", _what_counted(answer, how), screen.width)
    many, period = len(answer.principals) > 1, bool(how.during)
    shown = answer.rows[: screen.rows]
    if shown:
        head = ["dataset", "columns", "certain", "protected", "hops"]
        head += ["who"] * many + ["when"] * period + ["through"]
        rows = [
            [
                screen.name(row.id),
                f"{len(row.columns):,} of {row.of:,}",
                f"{row.certain:,}",
                f"{row.protected:,}",
                str(row.hops),
                *[screen.name(row.principal)] * many,
                *([when(row.held)] if period else []),
                screen.name(row.through) if row.through else "-",
            ]
            for row in shown
        ]
        yield from table(head, rows, screen.width)
    look = screen.path(shown[0].principal, shown[0].resource) if shown else ""
    yield from _rest(answer, how, screen, look)


def _what_counted(answer: What, how: How) -> str:
    columns = [column for row in answer.rows for column in row.columns]
    certain = sum(column.certain for column in columns)
    guarded = Counter(column.protected for column in columns)
    named = _named(answer.asked, answer.principals)
    out = answer.excluded
    if not how.excluded:
        status = ""
    elif len(answer.principals) == 1:
        status = f" (excluded under {how.excluded}: {next(iter(out)) or 'not asked'})"
    else:
        yes, unknown = out.get("yes", 0), out.get("unknown", 0)
        status = f" ({yes:,} excluded under {how.excluded}, {unknown:,} may be)"
    if not columns:
        return f"{named}{status}: reaches none of {answer.among:,} columns"
    return (
        f"{named}{status}: reaches {len(columns):,} of {answer.among:,} columns, "
        f"{certain:,} certainly, in "
        f"{wording.counted_kind(len(answer.rows), 'dataset')}; "
        f"{guarded['yes']:,} are protected, {guarded['unknown']:,} may be"
    )


# --- path -----------------------------------------------------------------------------


def path(answer: Between, how: How, screen: Screen) -> str:
    """Return the ways from some principals to some resources."""
    return _text(_path(answer, how, screen))


def _path(answer: Between, how: How, screen: Screen) -> Iterator[str]:
    yield from hung("", _path_counted(answer), screen.width)
    for number, found in enumerate(answer.paths, start=1):
        yield ""
        certain = "every step certain" if found.is_certain else "not every step certain"
        hops = wording.counted(len(found.hops), "step", "steps")
        ends = [
            f"{word} {answer.statuses[node]}"
            for word, node in (("excluded", found.origin), ("protected", found.target))
            if node in answer.statuses
        ]
        at = f"as of {wording.day(answer.at)}"
        told = ", ".join([hops, found.verb, certain, *ends, at])
        yield from hung(f"{number} of {len(answer.paths)}  ", told, screen.width)
        witness = section.witness(found, screen.labels)
        yield from witness_text.full(witness, screen.width)
    lines = dict.fromkeys(
        hop.line for one in answer.paths for hop in (*one.origin_facts, *one.hops)
    )
    if lines:
        yield ""
        yield "the facts, as they stand in facts.jsonl (find one with `grep -nxF`):"
        # Never folded: whoever looks for one needs all of it.
        yield from (f"  {printable(line)}" for line in lines)
    if answer.pairs:
        yield ""
        rows = [
            [
                screen.name(pair.principal),
                screen.name(pair.resource),
                when(pair.certain) if pair.certain else "-",
                when(pair.possible),
            ]
            for pair in answer.pairs[: screen.rows]
        ]
        head = ["who", "what", "certainly", "perhaps"]
        yield from table(head, rows, screen.width)
        total = len(answer.pairs)
        yield from more(total - len(rows), total)
    yield from jointly(answer.together, screen)
    yield from foot(how, answer.crossing, screen)


def _path_counted(answer: Between) -> str:
    first = _named(answer.asked[0], answer.origins)
    last = _named(answer.asked[1], answer.targets)
    if not answer.possible:
        return f"no way leads from {first} to {last}, not even perhaps"
    pairs = wording.counted(answer.possible, "pair is", "pairs are")
    rest = answer.possible - answer.certain
    return (
        f"from {first} to {last}: {pairs} in reach, "
        f"{answer.certain:,} certainly and {rest:,} perhaps"
    )


def _text(lines: Iterator[str]) -> str:
    return "\n".join(line.rstrip() for line in lines) + "\n"
