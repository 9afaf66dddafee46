"""A cut plan as a file: one change a line, for a person to strike out, add and keep.

A change names its edge as the facts do (tail, kind, head, and a grant's verb), and
takes every fact that says so. What a plan costs and does isn't read from the file but
worked out anew; the figures stand there for whoever reads it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ringfence.boundary.vocabulary import EDGE_KINDS, Flow, kind_of
from ringfence.documents.located import Located, Reader, nearest
from ringfence.documents.yaml import read_yaml
from ringfence.errors import ConfigError, Locus, Problem, SourceError, printable
from ringfence.estate.store import Row
from ringfence.reach.costs import KINDS, Prices, changes
from ringfence.reach.graph import Graph
from ringfence.reach.masks import VERB_BIT, Ints
from ringfence.reach.plan import Plan, Regrant

_VERBS = {bit: verb for verb, bit in VERB_BIT.items()}
_FIGURES = ("plan", "aim", "cost", "changes", "undecided", "remaining", "loses")
_ABOUT = ("claim", "as_of", "estate", "boundary")
_GRANTS = tuple(kind for kind, one in EDGE_KINDS.items() if one.flow is Flow.GRANT)
# Looking for what may have been meant takes a while: not for more lines than these.
_HINTS = 5
_TOP = """\
# A cut plan. Strike out lines under `remove`, or add some (tail, kind, head, and the
# verb of a grant); the rest of a line is for the reader. The figures above the lists
# are worked out anew whenever the plan is priced.
"""


@dataclass(frozen=True, slots=True)
class About:
    """What a plan is about.

    Attributes:
        claim: Id of the claim.
        as_of: The instant judged.
        estate: Digest of the estate.
        boundary: Digest of the boundary.
    """

    claim: str
    as_of: str
    estate: str
    boundary: str


@dataclass(frozen=True, slots=True)
class Change:
    """An edge to take away, as a file names it.

    Attributes:
        tail: Id of the node that it starts from.
        kind: Kind of edge.
        head: Id of the node that it leads to.
        verb: Verb of a grant, else empty.
        at: Where the file says so.
    """

    tail: str
    kind: str
    head: str
    verb: str
    at: Locus


@dataclass(frozen=True, slots=True)
class Granted:
    """A pair to grant anew, as a file names it."""

    origin: str
    target: str
    verbs: tuple[str, ...]
    at: Locus


@dataclass(frozen=True, slots=True)
class PlanFile:
    """What a plan file says.

    Attributes:
        about: What it is about.
        remove: The changes.
        regrant: What is granted anew.
    """

    about: About
    remove: tuple[Change, ...]
    regrant: tuple[Granted, ...]

    def differs(self, about: About) -> tuple[str, ...]:
        """Return what of the estate at hand isn't what the plan was made for."""
        return tuple(
            name for name in _ABOUT if getattr(self.about, name) != getattr(about, name)
        )


# --- writing ------------------------------------------------------------------------


def written(
    plan: Plan,
    about: About,
    graph: Graph,
    prices: Prices,
    *,
    cited: Mapping[int, Row] | None = None,
    regrants: Sequence[Regrant] = (),
) -> str:
    """Return a plan as YAML, the same text for the same plan.

    Args:
        plan: The plan.
        about: What it is about.
        graph: The graph before it.
        prices: What taking an edge away costs.
        cited: The facts behind its edges, by row (`Estate.rows`).
        regrants: What is granted anew.
    """
    figures = {
        "plan": _quoted(plan.name),
        "aim": _quoted(plan.aim),
        **{name: _quoted(getattr(about, name)) for name in _ABOUT},
        "cost": _cost(plan.cost),
        "changes": str(plan.changes),
        "undecided": str(plan.undecided),
        "remaining": str(len(plan.remaining)),
        "loses": f"{{people: {len(plan.blast.people)}, pairs: {plan.blast.pairs}}}",
    }
    top = [f"{name}: {value}" for name, value in figures.items()]
    return "\n".join(
        [
            _TOP + "\n".join(top),
            *_listed("remove", _lines(plan, graph, prices, cited or {})),
            *_listed("regrant", [_regrant(graph, one) for one in regrants]),
            "",
        ]
    )


def _listed(name: str, lines: Sequence[str]) -> list[str]:
    if not lines:
        return [f"{name}: []"]
    return [f"{name}:", *(f"  - {{{line}}}" for line in lines)]


def _lines(
    plan: Plan, graph: Graph, prices: Prices, cited: Mapping[int, Row]
) -> list[str]:
    number, count = changes(graph, prices.kind, plan.edges)
    taken: list[list[int]] = [[] for _ in range(count)]
    for edge, change in zip(plan.edges.tolist(), number.tolist(), strict=True):
        taken[change].append(edge)
    return [_line(graph, prices, edges, cited) for edges in taken]


def _line(
    graph: Graph, prices: Prices, edges: list[int], cited: Mapping[int, Row]
) -> str:
    tail, kind, head, verb = named(graph, prices.kind, edges[0])
    facts = [cited[row] for edge in edges if (row := int(graph.row[edge])) in cited]
    places = sorted({f"{fact.source}: {fact.at}" for fact in facts})
    fields = {
        "tail": _quoted(tail),
        "kind": kind,
        "head": _quoted(head),
        "verb": verb,
        "cost": _cost(float(prices.cost[edges].max())),
        "undecided": "true" if graph.is_open[edges].all() else "",
        "at": f"[{', '.join(map(_quoted, places))}]" if places else "",
    }
    return ", ".join(f"{name}: {value}" for name, value in fields.items() if value)


def named(graph: Graph, kind: Ints, edge: int) -> tuple[str, str, str, str]:
    """Return how the facts call an edge: its tail, its kind, its head, its verb."""
    name = KINDS[kind[edge]]
    verb = _VERBS[int(graph.give[edge])] if name in _GRANTS else ""
    return graph.ids[graph.tail[edge]], name, graph.ids[graph.head[edge]], verb


def _regrant(graph: Graph, one: Regrant) -> str:
    verbs = ", ".join(verb for verb, bit in VERB_BIT.items() if one.give & bit)
    origin, target = (_quoted(graph.ids[n]) for n in (one.origin, one.target))
    return f"origin: {origin}, target: {target}, verbs: [{verbs}]"


def _cost(cost: float) -> str:
    return f"{cost:.0f}" if np.isfinite(cost) else _quoted("can't be made")


def _quoted(text: str) -> str:
    """Return a text as YAML between double quotes, safe to show."""
    return '"' + printable(text.replace("\\", "\\\\").replace('"', '\\"')) + '"'


# --- reading ------------------------------------------------------------------------


def read_plan(text: str, name: str) -> PlanFile:
    """Return what a plan file says; `name` is what messages call it.

    Raises:
        ConfigError: It is no YAML, or no plan; the error carries every problem.
    """
    try:
        root = read_yaml(text, name)
    except SourceError as error:
        raise ConfigError.of(error.problems) from None
    reader = Reader()
    optional = (*_FIGURES, "regrant")
    fields = reader.fields(
        root, required=(*_ABOUT, "remove"), optional=optional, what="a plan"
    )
    told = {key: reader.text(fields.get(key), f"`{key}`") or "" for key in _ABOUT}

    def change(value: Located) -> Change | None:
        return _change(reader, value)

    def granted(value: Located) -> Granted | None:
        return _granted(reader, value)

    remove = reader.each(fields.get("remove"), change, "`remove`")
    regrant = reader.each(fields.get("regrant"), granted, "`regrant`")
    if reader.problems:
        raise ConfigError.of(reader.problems)
    return PlanFile(About(**told), tuple(remove), tuple(regrant))


def _change(reader: Reader, value: Located) -> Change | None:
    fields = reader.fields(
        value,
        required=("tail", "kind", "head"),
        optional=("verb", "cost", "undecided", "at", "why"),
        what="a change",
    )
    tail = reader.text(fields.get("tail"), "`tail`")
    kind = reader.choice(fields.get("kind"), EDGE_KINDS, "kind of edge")
    head = reader.text(fields.get("head"), "`head`")
    verb = reader.choice(fields.get("verb"), VERB_BIT, "verb")
    if tail is None or kind is None or head is None:
        return None
    if (kind in _GRANTS) != ("verb" in fields):
        told = "needs a verb" if kind in _GRANTS else "has no verb"
        hint = "add `verb: read`" if kind in _GRANTS else "leave `verb` out"
        reader.note(f"`{kind}` {told}", value.at, hint)
        return None
    return Change(tail, kind, head, verb or "", value.at)


def _granted(reader: Reader, value: Located) -> Granted | None:
    fields = reader.fields(
        value,
        required=("origin", "target", "verbs"),
        optional=("why",),
        what="a re-grant",
    )
    origin = reader.text(fields.get("origin"), "`origin`")
    target = reader.text(fields.get("target"), "`target`")
    verbs = reader.each(
        fields.get("verbs"), lambda v: reader.choice(v, VERB_BIT, "verb"), "`verbs`"
    )
    if origin is None or target is None or not verbs:
        return None
    return Granted(origin, target, tuple(verbs), value.at)


# --- finding again ------------------------------------------------------------------


def edges_of(file: PlanFile, graph: Graph, kind: Ints) -> Ints:
    """Return every edge of a graph that a plan's changes name, sorted.

    Raises:
        ConfigError: A change names an edge that isn't there (any more), or one that
            stands in the file already; the error carries each of them with its line.
    """
    wanted: dict[tuple[str, str, str, str], Change] = {}
    problems: list[Problem] = []
    for one in file.remove:
        key = (one.tail, one.kind, one.head, one.verb)
        if key in wanted:
            hint = f"it stands in line {wanted[key].at.line} already"
            problems.append(Problem("this change is there twice", one.at, hint))
        wanted.setdefault(key, one)
    found: dict[tuple[str, str, str, str], list[int]] = {key: [] for key in wanted}
    number = graph.number
    tails = np.zeros(len(graph.ids), bool)
    tails[[number[one.tail] for one in wanted.values() if one.tail in number]] = True
    for edge in np.flatnonzero(tails[graph.tail]).tolist():
        found.get(named(graph, kind, edge), []).append(edge)
    lost = [wanted[key] for key, edges in found.items() if not edges]
    problems += [_lost(one, graph, hints=len(lost) <= _HINTS) for one in lost]
    if problems:
        raise ConfigError.of(problems)
    return np.array(sorted(e for edges in found.values() for e in edges), np.int64)


def _lost(one: Change, graph: Graph, *, hints: bool) -> Problem:
    """Return that a change names no edge, and what may have been meant."""
    what = " ".join(filter(None, (one.tail, one.kind, one.verb, one.head)))
    strike = "strike the line out, or correct it"
    for end in (one.tail, one.head):
        if end not in graph.number:
            kind = kind_of(end)
            kin = [node for node in graph.ids if kind_of(node) == kind] if hints else []
            hint = nearest(end, kin) if kin else None
            return Problem(f"there is no `{end}`", one.at, hint or strike)
    return Problem(f"there is no edge `{what}`", one.at, strike)


def regrants_of(file: PlanFile, graph: Graph) -> tuple[Regrant, ...]:
    """Return what a plan grants anew.

    Raises:
        ConfigError: It names a node that the estate doesn't know, or grants to data.
    """
    problems: list[Problem] = []
    granted: list[Regrant] = []
    for one in file.regrant:
        missing = [n for n in (one.origin, one.target) if n not in graph.number]
        problems += [Problem(f"there is no `{node}`", one.at) for node in missing]
        if missing:
            continue
        origin, target = graph.number[one.origin], graph.number[one.target]
        if graph.is_data[origin] or not graph.is_data[target]:
            message = "a grant joins a principal to data"
            problems.append(Problem(message, one.at))
        verbs = sum({VERB_BIT[verb] for verb in one.verbs})
        granted.append(Regrant(origin, target, verbs))
    if problems:
        raise ConfigError.of(problems)
    return tuple(granted)
