"""Whether what an event touched was protected, at each time of a period."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from ringfence.audit.event import Touch, dataset_of
from ringfence.boundary.protection import Patterns
from ringfence.boundary.status import Status
from ringfence.boundary.vocabulary import kind_of
from ringfence.claims.case import Case
from ringfence.claims.instants import Stretch, Times

Span = tuple[int, int, Status]


class Protection:
    """What is protected over a period, asked touch by touch.

    Args:
        case: The case of the whole period.
        times: When each resource was protected (`Standing.protected`).
        period: First second, and the first one after it.
    """

    def __init__(self, case: Case, times: Times, period: Stretch) -> None:
        self._times, self._period = times, period
        self._known = {*case.view.ids}
        self._columns: dict[str, list[str]] = defaultdict(list)
        self._inside: dict[str, list[str]] = defaultdict(list)
        for node in case.view.ids:
            kind, _, name = node.partition(":")
            if kind == "column":
                self._columns[f"dataset:{name.rpartition('.')[0]}"].append(node)
            if kind == "dataset":
                self._inside[f"store:{name.partition('/')[0]}"].append(node)

    def spans(self, touch: Touch) -> list[Span]:
        """Return when a touch was of protected data: yes, unknown or no, in order."""
        found: list[Span] = []
        for begin, end in pairwise((*self.changes(touch), self._period[1])):
            status = self._at(touch, begin)
            if found and found[-1][2] is status:
                found[-1] = (found[-1][0], end, status)
            else:
                found.append((begin, end, status))
        return found

    def changes(self, touch: Touch) -> list[int]:
        """Return the first seconds of the stretches in which a touch stays the same."""
        first, after = self._period
        changes = {first}
        for node in self._nodes(touch):
            for begin, end, _ in self._times.get(self._home(node), ()):
                changes.update(t for t in (begin, end) if first < t < after)
        return sorted(changes)

    def columns(self, touch: Touch, at: int) -> list[str]:
        """Return the protected nodes that a touch surely is of, at a second."""
        named = [*touch.columns]
        for group in self._groups(touch):
            named += group if len(group) == 1 else ()
        sure = {one for one in named if self._column(one, at) is Status.YES}
        for node in (*touch.whole, *(d for d in touch.part if self._is_all(d, at))):
            inner = (node, *self._content(node))
            sure |= {one for one in inner if self._node(one, at) is Status.YES}
        return sorted(sure)

    def conceded(self, touch: Touch, covers: Patterns) -> list[Stretch]:
        """Return when patterns cover all of a touch that is protected, or may be."""
        if touch.unclear:
            return []
        held: list[Stretch] = []
        uncovered: list[Stretch] = []
        for node in self._nodes(touch):
            spans = self._open(node)
            held += spans
            if not self._is_covered(node, covers):
                uncovered += spans
        return _without(held, uncovered)

    def _open(self, node: str) -> list[Stretch]:
        if node not in self._known:
            return [self._period]
        times = self._times.get(node, ())
        return [(a, b) for a, b, status in times if status is not Status.NO]

    def _is_covered(self, node: str, covers: Patterns) -> bool:
        """Return whether patterns cover all of a node: never what nobody knows."""
        if kind_of(node) == "column":
            return node in self._known and covers.match(node.partition(":")[2])
        inner = [n for n in self._content(node) if kind_of(n) == "column"]
        return bool(inner) and all(self._is_covered(n, covers) for n in inner)

    def _is_lacking(self, node: str) -> bool:
        """Return whether a column is one that a dataset of known columns lacks."""
        return node not in self._known and _dataset(node) in self._columns

    def _groups(self, touch: Touch) -> Iterator[list[str]]:
        """Yield for each column that is named without its table what it may be.

        It is the first that exists: what datasets of known columns lack is passed
        over. If none exists, the catalogue is behind, and it is one that is lacking.
        What isn't of the one dataset that counts is empty.
        """
        for group in touch.either:
            found: list[str] = []
            for node in group:
                if not self._is_lacking(node):
                    found.append(node)
                if node in self._known:
                    break
            else:
                found += [node for node in group if self._is_lacking(node)]
            only = touch.only
            yield [one if only in ("", _dataset(one)) else "" for one in found]

    def _nodes(self, touch: Touch) -> Iterable[str]:
        yield from touch.columns
        for group in self._groups(touch):
            yield from filter(None, group)
        for node in (*touch.whole, *touch.part):
            yield node
            yield from self._content(node)

    def _content(self, node: str) -> Sequence[str]:
        if kind_of(node) != "store":
            return self._columns.get(node, ())
        inside = self._inside.get(node, ())
        return [n for one in inside for n in (one, *self._columns.get(one, ()))]

    def _at(self, touch: Touch, at: int) -> Status:
        found = [Status.UNKNOWN] if touch.unclear else [Status.NO]
        found += [self._column(node, at) for node in touch.columns]
        found += [self._whole(node, at) for node in touch.whole]
        found += [self._part(node, at) for node in touch.part]
        found += [self._either(group, at) for group in self._groups(touch)]
        return max(found)

    def _node(self, node: str, at: int) -> Status:
        for begin, end, status in self._times.get(node, ()):
            if begin <= at < end:
                return status
        return Status.NO if node in self._known else Status.UNKNOWN

    def _column(self, node: str, at: int) -> Status:
        if self._is_lacking(node):
            return Status.UNKNOWN  # another letter case, or a catalogue that is old
        return self._node(self._home(node), at)

    def _either(self, group: Sequence[str], at: int) -> Status:
        """Return what a column is that may be one of several; empty is none at all."""
        found = {self._column(one, at) if one else Status.NO for one in group}
        sure = len(group) == 1 or found == {Status.NO}
        return max(found) if sure else Status.UNKNOWN

    def _home(self, node: str) -> str:
        """Return what says of a node: of a column that nobody knows, its dataset."""
        if node in self._known or kind_of(node) != "column":
            return node
        return _dataset(node)

    def _whole(self, node: str, at: int) -> Status:
        inner = (self._node(one, at) for one in self._content(node))
        return max([self._node(node, at), *inner])

    def _part(self, node: str, at: int) -> Status:
        most = self._whole(node, at)
        if most is Status.YES and not self._is_all(node, at):
            return Status.UNKNOWN
        return most

    def _is_all(self, node: str, at: int) -> bool:
        if self._node(node, at) is Status.YES:
            return True
        inner = self._columns.get(node, ())
        return bool(inner) and all(self._node(n, at) is Status.YES for n in inner)


def _dataset(column: str) -> str:
    """Return the dataset of a column; empty for what is none."""
    return dataset_of(column) if kind_of(column) == "column" else ""


def _without(held: Sequence[Stretch], taken: Sequence[Stretch]) -> list[Stretch]:
    """Return the stretches of some that none of others overlaps."""
    ends = sorted({end for span in (*held, *taken) for end in span})
    return [
        (begin, end)
        for begin, end in pairwise(ends)
        if _covers(held, begin) and not _covers(taken, begin)
    ]


def _covers(spans: Sequence[Stretch], second: int) -> bool:
    return any(begin <= second < end for begin, end in spans)
