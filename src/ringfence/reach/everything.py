"""Does one principal reach everything? Answered without asking each principal.

Take any principal left; sweep forward from it. If it misses targets, choose one missed
target: everybody who can't reach that one (a backward sweep) is settled with it, by one
closed set. If it misses nothing, it has everything, and so has whoever controls it.
Each round settles at least one principal, and mostly nearly all of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ringfence.reach.arcs import Arcs
from ringfence.reach.closure import backward, forward
from ringfence.reach.graph import Graph
from ringfence.reach.masks import CONTROL, Flags, Ints, Mask


@dataclass(frozen=True, slots=True)
class Short:
    """Principals who fall short, and the targets that none of them reaches."""

    principals: Ints
    missed: Ints


@dataclass(slots=True)
class Everything:
    """Who has everything, and why nobody else does."""

    masters: list[int] = field(default_factory=list)
    short: list[Short] = field(default_factory=list)


def who_has_everything(
    graph: Graph,
    principals: Ints,
    targets: Ints,
    *,
    certain: Flags,
    verbs: int,
    share: int,
    sure: bool,
) -> Everything:
    """Return the principals that reach at least `share` percent of the targets.

    Asked for what is sure, a principal has that much however the uncertain targets
    turn out; asked for what is possible, it falls short however they turn out.

    Args:
        graph: The graph.
        principals: Numbers of the principals in question.
        targets: Numbers of the targets; at least one.
        certain: For each target, whether it certainly is one.
        verbs: Mask of the states of a target that count.
        share: Percent of the targets that counts as everything.
        sure: Whether to walk certain edges only.
    """
    arcs = graph.definite if sure else graph.possible
    back = graph.definite_reversed if sure else graph.possible_reversed
    found = Everything()
    left = np.zeros(len(graph.ids), bool)
    left[principals] = True
    while len(remaining := np.flatnonzero(left)):
        first = remaining[0]
        held = forward(arcs, graph.at(first[None], CONTROL))
        missed = (held[targets] & verbs) == 0
        if _falls_short(missed, certain, share, sure=sure):
            chosen = targets[_against(missed, certain, share, sure=sure)]
            reaching = backward(back, graph.at(chosen, verbs)) & CONTROL
            settled = remaining[reaching[remaining] == 0]
            if reaching[first]:
                # Only together with others, by a rule with several premises.
                found.short.append(Short(first[None], chosen))
                left[first] = False
            if len(settled):
                found.short.append(Short(settled, chosen))
        else:
            above = backward(back, graph.at(first[None], CONTROL), alone=True)
            settled = remaining[(above[remaining] & CONTROL) != 0]
            found.masters.extend(settled.tolist())
        left[settled] = False
    return found


def _against(missed: Flags, certain: Flags, share: int, *, sure: bool) -> Ints:
    """Return the places of missed targets that show that a principal falls short."""
    if share < 100:  # noqa: PLR2004
        return np.flatnonzero(missed)
    # One is enough; in doubt, one of the targets that certainly are.
    return np.flatnonzero(missed if sure else missed & certain)[:1]


def _falls_short(missed: Flags, certain: Flags, share: int, *, sure: bool) -> bool:
    if sure:
        return bool((~missed & certain).sum() * 100 < share * len(missed))
    left = (~missed).sum()
    return bool((missed & certain).sum() * share > left * (100 - share))


def closed_set(arcs: Arcs, graph: Graph, nodes: Ints) -> Mask:
    """Return everything that controlling the nodes leads to."""
    return forward(arcs, graph.at(nodes, CONTROL))
