"""A proof as text: what got through first, then what could not be tried."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ringfence.errors import printable
from ringfence.gate.postgres.probes.proof import Proof, Result, Tried, digest
from ringfence.report.witness_text import hung
from ringfence.report.wording import counted

_HOW = {
    "login": "really logged in",
    "session": "by SET SESSION AUTHORIZATION",
    "catalogue": "from the catalogue",
    "none": "",
}
_ROWS = 12  # lines of a list that a screen shows; the JSON holds all


def proof(found: Proof, width: int, *, everything: bool = False) -> str:
    """Return what an attack came to, as lines of a screen.

    Args:
        found: The proof.
        width: Cells in a line.
        everything: Show every result rather than those that matter first.
    """
    return "\n".join(line.rstrip() for line in _lines(found, width, everything)) + "\n"


def _lines(found: Proof, width: int, everything: bool) -> Iterator[str]:  # noqa: FBT001
    most = 0 if everything else _ROWS
    yield from hung("", f"{printable(found.store)}: {_verdict(found)}", width)
    yield from hung("tried as    ", _posed(found), width)
    yield from hung("real tables ", _numbers(found.survey), width)
    if found.conformance:
        yield from hung("copies      ", _on_copies(found.conformance), width)
    yield from _listed("open        ", found.of("open"), width, most)
    yield from _listed("not tried   ", found.of("untried"), width, most)
    yield from _listed("named       ", _named(found), width, most)
    if everything:
        yield from _listed("closed      ", found.of("closed"), width, 0)
        yield from _listed("not here    ", found.of("not-applicable"), width, 0)
    for note in found.notes:
        yield from hung("note        ", printable(note), width)
    yield f"proof       {digest(found)} (SHA-256)"
    yield f"exit {int(found.exit_code)}"


def _verdict(found: Proof) -> str:
    if opened := len(found.of("open")):
        return f"{counted(opened, 'way is', 'ways are')} open to a login outside"
    if untried := len(found.of("untried")):
        return (
            f"nothing got through, but {untried:,} could not be tried: no certificate"
        )
    if not found.is_certificate:
        return "no certificate: the fence itself could not be tried"
    named = len(found.of("named"))
    return (
        f"certificate: nothing that a database can close is open; {named:,} more"
        " are named, with what closes each"
    )


def _posed(found: Proof) -> str:
    version = f"PostgreSQL {found.server // 10_000}.{found.server % 10_000}"
    hows = sorted({one.after.how for one in found.results if one.after is not None})
    words = ", ".join(filter(None, (_HOW[how] for how in hows)))
    login = printable(found.posed) or "every login outside"
    wrote = "copies were written" if found.conformance else "nothing was written"
    return f"{login} ({words}) on {version}; {wrote}"


def _numbers(results: tuple[Result, ...]) -> str:
    counts: dict[str, int] = {}
    for one in results:
        counts[one.status] = counts.get(one.status, 0) + 1
    return ", ".join(f"{counts[status]:,} {status}" for status in sorted(counts))


def _on_copies(results: tuple[Result, ...]) -> str:
    """Return how many probes crossed a copy, before the fence and after."""
    before = sum(bool(one.before and one.before.crossed) for one in results)
    after = sum(bool(one.after and one.after.crossed) for one in results)
    tried = sum(one.before is not None and one.before.applies for one in results)
    told = f"{tried:,} probes; {before:,} cross without the fence, {after:,} with it"
    return f"{told} ({_numbers(results)})"


def _named(found: Proof) -> tuple[Result, ...]:
    """Return what the database can't close, each pitfall once."""
    last = {one.number: one for one in reversed(found.of("named"))}
    return tuple(
        last[one] for one in dict.fromkeys(r.number for r in found.of("named"))
    )


def _listed(
    head: str, results: Iterable[Result], width: int, most: int
) -> Iterator[str]:
    found = [*results]
    shown = found[:most] if most else found
    for one in shown:
        yield from hung(head, _told(one), width)
    if left := len(found) - len(shown):
        yield f"{' ' * len(head)}{left:,} more: --format json"


def _told(one: Result) -> str:
    """Return one result: what it is, what got through, and what closes it."""
    tried = one.after or one.before
    parts = [f"{one.number} {one.title}"]
    if one.where:
        parts.append(one.where)
    if tried is not None and one.status in {"open", "untried"}:
        parts += _tried(tried)
    elif tried is not None and tried.why:
        parts.append(tried.why)
    told = "; ".join(parts)
    closing = one.change if one.status in {"open", "named"} else ""
    return printable(f"{told} -> {closing}" if closing else told)


def _tried(tried: Tried) -> Iterator[str]:
    if tried.statement:
        yield f"`{tried.statement}`"
    if tried.saw:
        yield f"{tried.saw} ({_HOW[tried.how]})"
    if tried.why:
        yield tried.why
