"""What a database has to be made to do, taken out of an estate and its boundary.

A plan that costs nobody legitimate anything says which grants end: those of the
database are cuts, all others are findings, for they end elsewhere. A login is inside
the fence if, once all of them have ended, somebody holds it and everybody who does may.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

import msgspec
import numpy as np

from ringfence.boundary.decision.scene import Dataset
from ringfence.boundary.model import digest
from ringfence.boundary.status import Status
from ringfence.boundary.vocabulary import EDGE_KINDS, kind_of
from ringfence.claims.case import Case
from ringfence.claims.gating import gate_of
from ringfence.claims.scenery import Scenery
from ringfence.documents.located import nearest
from ringfence.errors import ConfigError, Locus
from ringfence.gate.postgres.wanted import Cut, Finding, Table, Wanted
from ringfence.reach.closure import backward
from ringfence.reach.costs import Prices, kinds, prices
from ringfence.reach.frontier import Uncuttable, frontier
from ringfence.reach.graph import Graph
from ringfence.reach.masks import CONTROL, Ints, verb_mask
from ringfence.reach.plan import Aim, Plan, after, remaining
from ringfence.reach.plan_file import named

FUTURE = ".(future relations of "
_SHOWN = 3
_ENDED = {
    "member_of": "remove {tail} from {head}",
    "can_use": "take the use of {head} from {tail}",
    "can_assume": "let {tail} no longer become {head}",
    "runs_as": "let {tail} no longer run as {head}",
    "owns_group": "take the ownership of {head} from {tail}",
    "holds_key": "take {head} from {tail}, and change it",
}


def wanted(case: Case, store: str) -> Wanted:
    """Return what has to be closed in a store of a case.

    Args:
        case: The case.
        store: Name of the store, without `store:`.

    Raises:
        ConfigError: The boundary says nothing of a gate, or the estate doesn't know a
            login of such a store.
    """
    return Enforcing(case, store).wanted


def store_of(case: Case) -> str:
    """Return the one store of a case that the estate knows logins of.

    Raises:
        ConfigError: There is none, or there are several.
    """
    found = {
        node.partition(":")[2].rpartition("/")[0]
        for node, holder in case.view.holders("role").items()
        if "yes" in holder.attributes.get("login", ()) and "/" in node
    }
    if len(found) == 1:
        return found.pop()
    if not found:
        message = "the estate knows no store with logins"
        hint = "collect one with `ringfence collect postgres`"
    else:
        message = f"the estate knows {len(found)} stores with logins"
        hint = "name one with `--store`: " + ", ".join(sorted(found))
    raise ConfigError(message, Locus("--store"), hint)


class Enforcing:
    """A store of a case, ready to be closed.

    Args:
        case: The case.
        store: Name of the store, without `store:`.

    Attributes:
        store: Its name.
        graph: Who controls and reads what, whatever controls stand in the way.
    """

    def __init__(self, case: Case, store: str) -> None:
        self._case = case
        self._gate = gate_of(case)
        self.store = store
        self.graph: Graph = case.graph(("technical",), bare=True)
        if not self.logins:
            known = sorted({name.rpartition("/")[0] for name in self._roles})
            message = f"the estate knows no login of the store `{store}`"
            hint = nearest(store, known) or "collect it with `ringfence collect`"
            raise ConfigError(message, Locus("--store"), hint)

    # --- who --------------------------------------------------------------------------

    @cached_property
    def _roles(self) -> dict[str, bool]:
        """Every role of a store, and whether it logs in or may."""
        return {
            node.partition(":")[2]: "yes" in holder.attributes.get("login", ())
            or "login" in holder.unknown
            for node, holder in self._case.view.holders("role").items()
        }

    @cached_property
    def logins(self) -> tuple[str, ...]:
        """The store's logins."""
        lead = f"{self.store}/"
        return tuple(
            name.removeprefix(lead)
            for name, login in sorted(self._roles.items())
            if login and name.startswith(lead)
        )

    @cached_property
    def kept_out(self) -> frozenset[str]:
        """The people and legal entities who are, or may be, excluded."""
        kept = ("person", "legal_entity")
        return frozenset(
            node
            for name in self._gate.excluded
            for node in self._case.excluded(name, kept)
        )

    @cached_property
    def legitimate(self) -> frozenset[str]:
        """The people who surely aren't excluded."""
        judged = [self._case.statuses(name) for name in self._gate.excluded]
        return frozenset(
            node
            for node in self.graph.ids
            if kind_of(node) == "person"
            and all(one.get(node) is Status.NO for one in judged)
        )

    # --- what -------------------------------------------------------------------------

    @cached_property
    def _datasets(self) -> dict[str, Dataset]:
        lead = f"dataset:{self.store}/"
        return {
            node.removeprefix(lead): one
            for node, one in Scenery(self._case, self._gate).datasets.items()
            if node.startswith(lead) and FUTURE not in node
        }

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        """The relations that hold, or may hold, protected data."""
        return tuple(
            Table(
                name,
                tuple(c for c, s in one.columns.items() if s is not Status.NO),
                one.rows,
            )
            for name, one in self._datasets.items()
            if _may_hold(one)
        )

    @cached_property
    def released(self) -> frozenset[str]:
        """The relations that surely hold nothing protected."""
        return frozenset(
            name for name, one in self._datasets.items() if not _may_hold(one)
        )

    @cached_property
    def targets(self) -> Ints:
        """Numbers of what is, or may be, protected in the store."""
        lead = f"{self.store}/"
        return self._numbers(
            node
            for node in self._case.targets(self._gate.protected)
            if node.partition(":")[2].startswith(lead)
        )

    # --- what ends --------------------------------------------------------------------

    @cached_property
    def aim(self) -> Aim:
        """Who may not, what they may not, and who may."""
        return Aim(
            excluded=self._numbers(self.kept_out),
            targets=self.targets,
            legitimate=self._numbers(self.legitimate),
            verbs=verb_mask(self._gate.verbs),
        )

    @cached_property
    def _prices(self) -> Prices:
        return prices(self.graph, kinds(self.graph, self._case.edges))

    @cached_property
    def plan(self) -> Plan | Uncuttable | None:
        """The cut plan that hurts the least; None where nobody crosses."""
        if not len(remaining(self.graph, self.aim)):
            return None
        found = frontier(self.graph, self.aim, self._prices, between=0)
        return found if isinstance(found, Uncuttable) else found[-1]

    @cached_property
    def after(self) -> Graph:
        """The graph once the plan is carried out."""
        if isinstance(self.plan, Plan):
            return after(self.graph, self.plan.edges)
        return self.graph

    @cached_property
    def changes(self) -> tuple[tuple[str, str, str, str], ...]:
        """The edges that end: tail, kind, head, verb."""
        if not isinstance(self.plan, Plan):
            return ()
        kind = self._prices.kind
        edges = self.plan.edges.tolist()
        return tuple(sorted({named(self.graph, kind, edge) for edge in edges}))

    @cached_property
    def inside(self) -> tuple[str, ...]:
        """Logins that somebody holds, and nobody who is, or may be, excluded."""
        return tuple(
            name
            for name in self.logins
            if (held := self.holders(name)) and held <= self.legitimate
        )

    def holders(self, login: str) -> frozenset[str]:
        """Return the people and legal entities who control a login after the plan."""
        return self._holders.get(login, frozenset())

    @cached_property
    def held(self) -> dict[str, frozenset[str]]:
        """The people and legal entities who control each login as things stand."""
        return self._held(self.graph)

    @cached_property
    def _holders(self) -> dict[str, frozenset[str]]:
        return self._held(self.after)

    def _held(self, graph: Graph) -> dict[str, frozenset[str]]:
        held = [
            (number, node)
            for number, node in enumerate(graph.ids)
            if kind_of(node) in ("person", "legal_entity")
        ]
        found = {}
        for login in self.logins:
            (role,) = self._numbers([f"role:{self.store}/{login}"])
            masks = backward(graph.possible_reversed, graph.at([int(role)], CONTROL))
            found[login] = frozenset(n for place, n in held if masks[place] & CONTROL)
        return found

    # --- all of it --------------------------------------------------------------------

    @cached_property
    def wanted(self) -> Wanted:
        """What has to be closed, where nobody concedes anything."""
        findings = (*self.closed.findings, *self._leaves())
        return msgspec.structs.replace(self.closed, findings=findings)

    @cached_property
    def closed(self) -> Wanted:
        """What has to be closed, whatever exceptions there are."""
        inside = set(self.inside)
        cuts, findings = self._split()
        return Wanted(
            store=self.store,
            boundary=digest(self._case.boundary),
            estate=self._case.estate.digest(),
            inside=self.inside,
            outside=tuple(name for name in self.logins if name not in inside),
            tables=self.tables,
            cuts=cuts,
            findings=(*findings, *self._unplanned(), *self._unheld()),
        )

    def _split(self) -> tuple[tuple[Cut, ...], tuple[Finding, ...]]:
        """Return what the database can end, and what ends elsewhere."""
        cuts: list[Cut] = []
        findings: list[Finding] = []
        for change in self.changes:
            cut = self._cut(*change)
            if cut is None:
                findings.append(_elsewhere(*change))
            else:
                cuts.append(cut)
        return tuple(dict.fromkeys(cuts)), tuple(dict.fromkeys(findings))

    def _cut(self, tail: str, kind: str, head: str, verb: str) -> Cut | None:
        role, what = f"role:{self.store}/", f":{self.store}/"
        if not tail.startswith(role) or what not in head:
            return None
        who = sorted(
            _bare(node) for node in self._holding(tail) if node in self.kept_out
        )
        why = f"by it {_some(who)} got across" if who else "it led across"
        return Cut(kind, tail.removeprefix(role), head.partition(what)[2], verb, why)

    def _holding(self, node: str) -> Iterator[str]:
        """Yield who controls a role as things stand."""
        graph = self.graph
        seeds = graph.at([graph.number[node]], CONTROL)
        masks = backward(graph.possible_reversed, seeds)
        return (graph.ids[n] for n in np.flatnonzero(masks & CONTROL).tolist())

    def _unplanned(self) -> Iterator[Finding]:
        """Yield what no plan closes, or closes at somebody's cost."""
        if isinstance(self.plan, Uncuttable):
            who, what = (
                self.graph.ids[n] for n in (self.plan.origin, self.plan.target)
            )
            told = f"{_bare(who)} reaches {_bare(what)} by what can't be taken away"
            yield Finding("organisational", told, f"let somebody else be {_bare(who)}")
        elif self.plan is not None and self.plan.blast.pairs:
            people = self.plan.blast.people.tolist()
            losers = _some(_bare(self.graph.ids[number]) for number in people)
            told = f"the cuts take {self.plan.blast.pairs} pairs from {losers}"
            change = "grant these anew, by a way that nobody excluded passes"
            yield Finding("organisational", told, change)

    def _unheld(self) -> Iterator[Finding]:
        nobodys = [name for name in self.logins if not self.holders(name)]
        if nobodys:
            told = f"nobody is said to hold {_some(nobodys)}: they count as outside"
            change = "say in the register of tools who runs them"
            yield Finding("organisational", told, change, "L8")

    def _leaves(self) -> Iterator[Finding]:
        """Yield the exceptions of the boundary, which hold at the gate alone."""
        columns = Scenery(self._case, self._gate)
        for one in self._case.boundary.exceptions:
            held = columns.columns(one.columns)
            here = any(name.startswith(f"{self.store}/") for name in held)
            if one.name in self._gate.exceptions and here:
                told = f"the exception {one.name} isn't conceded by the database"
                change = "ask the gate, or name a ledger of exceptions (`--exceptions`)"
                yield Finding("organisational", told, change)

    def _numbers(self, nodes: Iterable[str]) -> Ints:
        number = self.graph.number
        found = sorted(number[node] for node in nodes if node in number)
        return np.array(found, np.int64)


def _may_hold(one: Dataset) -> bool:
    return max((one.status, *one.columns.values())) is not Status.NO


def _elsewhere(tail: str, kind: str, head: str, verb: str) -> Finding:
    """Return what ends outside the database."""
    names = {"tail": _bare(tail), "head": _bare(head)}
    phrase = " ".join(filter(None, (EDGE_KINDS[kind].phrase, verb)))
    ended = _ENDED.get(kind, "end it: {tail} no longer has {head}")
    told = f"{names['tail']} {phrase} {names['head']}, and so gets across"
    return Finding("organisational", told, ended.format(**names))


def _bare(node: str) -> str:
    return node.partition(":")[2]


def _some(names: Iterable[str]) -> str:
    listed = list(names)
    more = f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
    return ", ".join(listed[:_SHOWN]) + more
