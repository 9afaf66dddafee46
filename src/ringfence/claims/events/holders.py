"""Who stands behind a login or an account, as far as the estate says it at each time.

A login that exactly one person holds, and nothing else, is that person's. One that a
tool or two people hold is shared: whose event it is, only logs can tell.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ringfence.boundary.vocabulary import EDGE_KINDS, Flow, kind_of
from ringfence.claims.case import Case
from ringfence.claims.instants import Stretch

_RUNS = frozenset({"runs_as", "can_assume", "holds_key"})
_ACCOUNTS = frozenset({"role", "service_account", "credential", "key"})


@dataclass(frozen=True, slots=True)
class Held:
    """One node that gives control of another, and when, in seconds since 1970."""

    tail: str
    head: str
    name: str
    span: Stretch
    sure: bool


class Holding:
    """Who holds what, over a period.

    Args:
        case: The case of the whole period.
    """

    def __init__(self, case: Case) -> None:
        self._onto: dict[str, list[Held]] = defaultdict(list)
        self._from: dict[str, list[Held]] = defaultdict(list)
        edges, ids = case.edges, case.view.ids
        since, until = case.view.spans()
        columns = zip(
            edges.tail.tolist(),
            edges.head.tolist(),
            edges.name,
            edges.unknown,
            edges.guard,
            edges.needs,
            since.tolist(),
            until.tolist(),
            strict=True,
        )
        for tail, head, name, unknown, guard, needs, begin, end in columns:
            if EDGE_KINDS[name].flow is not Flow.CONTROL:
                continue
            sure = not (unknown or guard or needs)
            held = Held(ids[tail], ids[head], name, (begin, end), sure)
            self._onto[held.head].append(held)
            self._from[held.tail].append(held)

    def tools(self) -> Mapping[str, frozenset[str]]:
        """Return, for each tool, the principals that its own accounts are."""
        tools = [node for node in self._from if kind_of(node) == "tool"]
        return {tool: self._accounts(tool) for tool in sorted(tools)}

    def _accounts(self, tool: str) -> frozenset[str]:
        found: set[str] = set()
        ahead = [tool]
        while ahead:
            for held in self._from.get(ahead.pop(), ()):
                # What a database role may become is never what the tool logs in as.
                is_login = kind_of(held.tail) != "role"
                if held.name in _RUNS and is_login and held.head not in found:
                    found.add(held.head)
                    ahead.append(held.head)
        return frozenset(node for node in found if kind_of(node) in _ACCOUNTS)

    def person(self, node: str) -> tuple[str, list[Stretch]]:
        """Return whose a login is, and when; nobody's when more than one holds it.

        A person is their own. Who only may hold it is somebody else all the same. A
        service account is nobody's, even if one person alone keeps its key.
        """
        if kind_of(node) == "person":
            return node, [(_EVER[0], _EVER[1])]
        if kind_of(node) == "service_account":
            return "", []
        onto = self._onto.get(node, ())
        tails = {held.tail for held in onto}
        if len(tails) != 1 or kind_of(next(iter(tails))) != "person":
            return "", []
        return next(iter(tails)), merged(held.span for held in onto if held.sure)

    def members(self, names: Iterable[str]) -> Mapping[str, list[Stretch]]:
        """Return the people who surely are, or belong to, what is named, and when."""
        found: dict[str, list[Stretch]] = defaultdict(list)
        ahead = [(name, _EVER) for name in names]
        seen = {*ahead}
        while ahead:
            node, span = ahead.pop()
            if kind_of(node) == "person":
                found[node].append(span)
                continue
            for held in self._onto.get(node, ()):
                both = max(span[0], held.span[0]), min(span[1], held.span[1])
                step = (held.tail, both)
                inside = held.name == "member_of" and held.sure and both[0] < both[1]
                if inside and step not in seen:
                    seen.add(step)
                    ahead.append(step)
        return found


def merged(spans: Iterable[Stretch]) -> list[Stretch]:
    """Return the same times as stretches of which no two overlap, in order."""
    found: list[Stretch] = []
    for begin, end in sorted(spans):
        if found and begin <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((begin, end))
    return found


_EVER: Stretch = (-(1 << 62), 1 << 62)
