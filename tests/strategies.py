"""Hypothesis strategies: small estates whose edges are of every kind and certainty."""

from __future__ import annotations

from hypothesis import strategies as st

from ringfence.boundary.vocabulary import EDGE_KINDS, VERBS, Flow
from ringfence.estate.facts import Fact, line
from tests.estates import edge

PRINCIPALS = [f"person:p{n}" for n in range(3)] + [
    *(f"group:g{n}" for n in range(3)),
    *(f"role:db/r{n}" for n in range(3)),
    "tool:t",
]
DATA = [
    "store:a",
    "store:b",
    "dataset:a/s.t",
    "dataset:a/s.u",
    *(f"column:a/s.t.c{n}" for n in range(3)),
]
_ENDS = {
    Flow.CONTROL: (PRINCIPALS, PRINCIPALS),
    Flow.GRANT: (PRINCIPALS, DATA),
    Flow.CHANGE: (PRINCIPALS, PRINCIPALS + DATA),
    Flow.CONTAIN: (DATA, DATA),
    Flow.COPY: (DATA, DATA),
}
_WALKED = [name for name, kind in EDGE_KINDS.items() if kind.flow in _ENDS]


@st.composite
def edges(draw: st.DrawFn, *, most_needs: int = 0) -> Fact:
    """Draw an edge of any kind that reach walks, perhaps with further premises."""
    name = draw(st.sampled_from(_WALKED))
    flow = EDGE_KINDS[name].flow
    tails, heads = _ENDS[flow]
    doubt = draw(st.sampled_from(["", "", "", "control", "unknown"]))
    return edge(
        draw(st.sampled_from(tails)),
        name,
        draw(st.sampled_from(heads)),
        verb=draw(st.sampled_from(VERBS[:3])) if flow is Flow.GRANT else "",
        control="a row filter" if doubt == "control" else "",
        unknown="not decided" if doubt == "unknown" else "",
        needs=draw(st.sets(st.sampled_from(PRINCIPALS + DATA), max_size=most_needs)),
    )


estates = st.lists(edges(), min_size=1, max_size=24, unique_by=line)
ruled_estates = st.lists(
    edges() | edges(most_needs=2), min_size=1, max_size=24, unique_by=line
)
