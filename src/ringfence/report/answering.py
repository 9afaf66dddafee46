"""What every answer about reach ends with, and how its tables are set.

An answer says how it was computed and how to verify it. It names what is missing, and
says of every table how much of it is not shown.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ringfence.claims.answers import Crossing, How
from ringfence.claims.together import Together
from ringfence.errors import printable
from ringfence.report import wording
from ringfence.report.fitting import cut, measure, pad
from ringfence.report.witness_text import hung

_SHORT = 12  # of a digest, for a line that people read
_EXITS = {
    Crossing.NONE: (0, "nobody excluded reaches anything protected, of what was asked"),
    Crossing.POSSIBLE: (10, "somebody excluded may reach something protected"),
    Crossing.CERTAIN: (11, "somebody excluded reaches something protected"),
}


@dataclass(frozen=True, slots=True)
class Screen:
    """How much room there is, and what nodes are called.

    Attributes:
        width: Cells in a line.
        rows: How many rows of a table are shown.
        labels: Names that people use, by node id.
        folder: The folder that the case was written to; empty if it wasn't.
        case: What `--case` said; empty if it wasn't there.
        options: What else was asked for: the same options for a further question.
    """

    width: int
    rows: int
    labels: Mapping[str, str]
    folder: str = ""
    case: str = ""
    options: tuple[str, ...] = ()

    def name(self, node: str) -> str:
        """Return what a node is called."""
        return wording.name(node, self.labels)

    def path(self, principal: str, resource: str) -> str:
        """Return the command that shows a way, as a person would type it."""
        words = ["ringfence", "reach", "path", principal, resource]
        words += ["--case", self.case] if self.case else []
        words += self.options
        return printable(shlex.join(words))


def exit_code(crossing: Crossing) -> int:
    """Return the exit code that an answer has."""
    return _EXITS[crossing][0]


def table(
    head: Sequence[str], rows: Iterable[Sequence[str]], width: int
) -> Iterator[str]:
    """Yield a table: columns as wide as they need, the first and last cut to fit."""
    lines = [list(head), *map(list, rows)]
    sizes = [max(measure(line[n]) for line in lines) for n in range(len(head))]
    spare = width - 2 - sum(sizes[1:-1]) - 2 * (len(head) - 1)
    last = max(min(sizes[-1], max(spare - sizes[0], spare // 2)), len(head[-1]))
    sizes[-1] = last
    sizes[0] = max(min(sizes[0], spare - last), len(head[0]))
    for line in lines:
        cells = (
            pad(cut(cell, size), size) for cell, size in zip(line, sizes, strict=True)
        )
        yield ("  " + "  ".join(cells)).rstrip()


def more(left: int, total: int) -> Iterator[str]:
    """Yield the line that says how many rows are not shown."""
    if left > 0:
        yield f"  {left:,} more: --limit {total}, or --format json"


def when(held: Sequence[tuple[str, str]]) -> str:
    """Return when reach held: the first interval, and how many more there are."""
    since, until = map(wording.day, held[0])
    rest = f" and {len(held) - 1} more" if len(held) > 1 else ""
    return f"{since} to {until}{rest}"


def jointly(found: Together, screen: Screen) -> Iterator[str]:
    """Yield what the excluded reach only with each other's help, if that can be."""
    if not found.rules:
        return
    edges = wording.counted(found.rules, "edge", "edges")
    needs = "needs" if found.rules == 1 else "need"
    things = wording.counted(
        found.resources, "protected resource", "protected resources"
    )
    told = (
        f"{edges} on the way {needs} more than one premise; all but this line is of "
        f"each principal alone; with each other's help the excluded may reach {things}"
    )
    yield ""
    yield from hung("together    ", told, screen.width)


def foot(how: How, crossing: Crossing, screen: Screen) -> Iterator[str]:
    """Yield what an answer ends with: what it rests on, and how to verify that."""
    yield ""
    yield from computed(how, screen)
    code, why = _EXITS[crossing]
    yield f"exit {code}: {why}"


def computed(how: How, screen: Screen) -> Iterator[str]:
    """Yield how an answer was computed, and how to verify it."""
    if how.unread:
        names = wording.joined(how.unread)
        yield from hung(
            "not read    ", f"{names}: what it knows is missing", screen.width
        )
    grades = wording.joined(how.grades)
    controls = "ignored" if how.reach == "bare" else "honoured"
    verbs = ", ".join(how.verbs)
    yield from hung(
        "computed    ",
        f"from {how.edges:,} {grades} edges ({how.undecided:,} undecided) between "
        f"{how.nodes:,} nodes, controls {controls}, verbs {verbs}, {_moment(how)}",
        screen.width,
    )
    digests = f"estate {how.estate[:_SHORT]}, boundary {how.boundary[:_SHORT]}"
    yield from hung("digests     ", f"{digests} (SHA-256, in short)", screen.width)
    yield from hung("to verify   ", _verify(how, screen.folder), screen.width)


def _moment(how: How) -> str:
    if not how.during:
        return f"as of {wording.day(how.as_of)}"
    first, after = map(wording.day, how.during)
    return f"at any time from {first} to before {after}"


def _verify(how: How, folder: str) -> str:
    if folder:
        return f"sha256sum {folder}/facts.jsonl {folder}/boundary.json"
    if how.facts:
        return f"sha256sum {how.facts}"
    return "add `--output DIR`, then `sha256sum DIR/facts.jsonl DIR/boundary.json`"
