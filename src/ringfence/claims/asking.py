"""Names to nodes: what a person means who asks about somebody or something.

A name is an id with or without its kind, a label, a pattern over ids, or a word of the
boundary: what it protects, whom it excludes. A store or dataset stands for itself and
for all that it contains.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ringfence.boundary.protection import patterns
from ringfence.boundary.status import Status
from ringfence.boundary.vocabulary import DATA_KINDS, VERB_GROUPS, Grade, kind_of
from ringfence.claims.case import ALTER, Case
from ringfence.claims.guarded import passable, window
from ringfence.claims.instants import moment, seconds
from ringfence.claims.opened import Opened, selector_of
from ringfence.claims.standing import JUDGED, Standing, ever
from ringfence.documents.located import nearest, parse_moment
from ringfence.errors import ConfigError, Locus
from ringfence.reach.closure import forward
from ringfence.reach.graph import Graph
from ringfence.reach.masks import CONTROL, Ints, verb_mask
from ringfence.reach.timeline import Period

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Filters:
    """Which edges count, and what it means to reach data.

    Attributes:
        verbs: Verbs or verb groups on data.
        reach: Whether controls are ignored (bare) or honoured (residual).
        grades: Grades of the edges.
        excluded: Name of the selector that says who is excluded; None for the first.
        during: First instant of a period and the first one after it, or nothing.
    """

    verbs: tuple[str, ...] = ("read",)
    reach: str = "residual"
    grades: tuple[str, ...] = ("technical",)
    excluded: str | None = None
    during: tuple[str, str] | None = None


def filters(
    verb: str = "read",
    reach: str = "residual",
    grades: str = "technical",
    excluded: str | None = None,
    during: str | None = None,
) -> Filters:
    """Return the filters that options mean; lists have commas.

    Raises:
        ConfigError: A verb or grade isn't known, or the period is none.
    """
    return Filters(
        verbs=_listed(verb, VERB_GROUPS, "--verb", "verb"),
        reach=reach,
        grades=_listed(grades, [str(grade) for grade in Grade], "--grades", "grade"),
        excluded=excluded,
        during=None if during is None else _period(during),
    )


def _listed(text: str, known: Iterable[str], option: str, what: str) -> tuple[str, ...]:
    names = dict.fromkeys(name.strip() for name in text.split(","))
    for name in names:
        if name not in known:
            message = f"there is no {what} `{name}`"
            raise ConfigError(message, Locus(option), nearest(name, known))
    return tuple(names)


def _period(text: str) -> tuple[str, str]:
    ends = [parse_moment(part.strip()) for part in text.split("..")]
    hint = "write `2021-09-01..2022-02-01`; the second date is the first one after it"
    if len(ends) != len(("first", "last")) or ends[0] is None or ends[1] is None:
        raise ConfigError(f"`{text}` is no period", Locus("--during"), hint)
    if ends[0] >= ends[1]:
        raise ConfigError(f"`{text}` ends before it begins", Locus("--during"), hint)
    return ends[0], ends[1]


def kinds_of(text: str, known: Sequence[str]) -> tuple[str, ...]:
    """Return the kinds of node that an option lists.

    Raises:
        ConfigError: There is no such kind.
    """
    return _listed(text, known, "--kinds", "kind of principal")


_CALLED = "write an id, a label, a pattern such as `*.email`, or a word: `protected`"


class Asking:
    """An opened case, ready for questions.

    Attributes:
        opened: The case.
        filters: Which edges count.
        case: The facts in force, at the instant or in the period.
        graph: The edges that count.
        verbs: Mask of the states that count: verbs on data, control of a principal.
        selector: Name of the selector that says who is excluded, or empty.
    """

    def __init__(self, opened: Opened, filters: Filters) -> None:
        self.opened = opened
        self.filters = filters
        self.selector = selector_of(opened.boundary, filters.excluded)
        self.case = Case(opened.estate, opened.boundary, *_window(opened, filters))
        bare = filters.reach == "bare"
        within = None if filters.during else window(self.case)
        self.graph: Graph = passable(self.case.graph(filters.grades, bare=bare), within)
        self.verbs = verb_mask(filters.verbs) | CONTROL

    # --- who and what ---------------------------------------------------------------

    def principals(self, name: str, place: str) -> list[str]:
        """Return who is meant: principals, if any are called that, else data.

        Raises:
            ConfigError: Nothing is called that, or a pattern fits nothing.
        """
        found = self._called(name, place)
        return [one for one in found if kind_of(one) not in DATA_KINDS] or found

    def resources(self, name: str, place: str) -> list[str]:
        """Return what is meant, and all it contains: data if any is called that.

        Raises:
            ConfigError: Nothing is called that, or a pattern fits nothing.
        """
        found = self._called(name, place)
        data = [one for one in found if kind_of(one) in DATA_KINDS]
        return self._contained(data) if data else found

    def _called(self, name: str, place: str) -> list[str]:
        by_word = self._by_word(name, place)
        if by_word is not None:
            return sorted(node for node in by_word if node in self.graph.number)
        ids = self.graph.ids
        exact = [node for node in ids if name in (node, node.partition(":")[2])]
        # A label is looked up only then: of a whole company there are many.
        exact = exact or [n for n in ids if self.labels.get(n) == name]
        if exact or not ("*" in name or "?" in name):
            return exact or self._stranger(name, place)
        fits = patterns([name])
        found = [n for n in ids if fits.match(n.partition(":")[2]) or fits.match(n)]
        if not found:
            hint = "`*` stands for any run of characters, `?` for one"
            raise ConfigError(f"nothing fits `{name}`", Locus(place), hint)
        return found

    def _stranger(self, name: str, place: str) -> list[str]:
        known = {node.partition(":")[2] for node in self.graph.ids}
        known |= {*self.graph.ids, *self.labels.values()}
        message = f"nothing is called `{name}`"
        raise ConfigError(message, Locus(place), nearest(name, known) or _CALLED)

    def _by_word(self, name: str, place: str) -> Iterable[str] | None:
        """Return what a word of the boundary stands for; None if it is none."""
        word, colon, rest = name.partition(":")
        if name == "everybody":
            return [node for node in self.graph.ids if kind_of(node) == "person"]
        if word == "protected":
            known = [one.name for one in self.opened.boundary.protected]
            self._known(rest, known, "protects nothing as", place, named=bool(colon))
            return self._targets((rest,) if colon else ())
        if word == "excluded":
            known = [one.name for one in self.opened.boundary.excluded]
            self._known(rest, known, "excludes nobody as", place, named=bool(colon))
            selector = rest if colon else self.selector
            return self._out(selector)
        return None

    def _known(
        self, name: str, known: list[str], lacks: str, place: str, *, named: bool
    ) -> None:
        if named and name not in known:
            message = f"the boundary {lacks} `{name}`"
            raise ConfigError(message, Locus(place), nearest(name, known))

    def _contained(self, nodes: Sequence[str]) -> list[str]:
        """Return some data and all that they contain, certainly or perhaps."""
        graph = replace(self.case.graph(("technical",), bare=True), needs={})
        seeds = graph.at([graph.number[node] for node in nodes], ALTER)
        # Containment alone hands on this verb, so that it goes down and nowhere else.
        inside = np.flatnonzero(forward(graph.possible, seeds) & ALTER)
        return [graph.ids[number] for number in inside]

    @cached_property
    def labels(self) -> dict[str, str]:
        """The names that people use, by node id."""
        return self.case.view.labels(self.graph.ids)

    def numbers(self, nodes: Iterable[str]) -> Ints:
        """Return the numbers of some nodes in the graph."""
        number = self.graph.number
        return np.fromiter((number[node] for node in nodes), np.int64)

    # --- status ---------------------------------------------------------------------

    def excluded(self, node: str) -> Status | None:
        """Return whether a person or entity is excluded; None of anything else.

        Of a period: at some instant.
        """
        if not self.selector or kind_of(node) not in JUDGED:
            return None
        return self._statuses.get(node, Status.UNKNOWN)

    def protected(self, node: str) -> Status:
        """Return whether a resource is protected: of a period, at some instant."""
        return self._protected.get(node, Status.NO)

    @cached_property
    def out(self) -> Mapping[str, Status]:
        """The people and entities who are, or may be, excluded."""
        return self._out(self.selector)

    def _out(self, selector: str) -> dict[str, Status]:
        if not selector or self.standing is None:
            return self.case.excluded(selector, JUDGED) if selector else {}
        found = ever(self.standing.excluded(selector))
        return {
            node: status
            for node, status in found.items()
            if status is not Status.NO and kind_of(node) in JUDGED
        }

    def _targets(self, names: tuple[str, ...]) -> Mapping[str, Status]:
        if self.standing is None:
            return self.case.targets(names)
        return ever(self.standing.protected(names))

    @cached_property
    def _statuses(self) -> Mapping[str, Status]:
        if self.standing is None:
            return self.case.statuses(self.selector)
        return ever(self.standing.excluded(self.selector))

    @cached_property
    def _protected(self) -> Mapping[str, Status]:
        return self._targets(())

    @cached_property
    def standing(self) -> Standing | None:
        """When who is excluded and what is protected, if a period is asked about."""
        if self.filters.during is None:
            return None
        return Standing(self.case, *map(seconds, self.filters.during))

    # --- period ---------------------------------------------------------------------

    @cached_property
    def period(self) -> Period | None:
        """When each edge of the graph holds, if a period is asked about."""
        if self.filters.during is None:
            return None
        since, until = self.case.view.spans()
        place = np.searchsorted(self.case.edges.row, self.graph.row)
        first, last = map(seconds, self.filters.during)
        return Period(first, last, since[place], until[place])


def _window(opened: Opened, filters: Filters) -> tuple[str, str | None]:
    """Return the first and the last instant of the view."""
    if filters.during is None:
        return opened.boundary.as_of, None
    first, after = filters.during
    return first, moment(seconds(after) - 1)
