"""Random estates and boundaries: small, and thick with everything that can go wrong."""

from __future__ import annotations

from random import Random
from typing import Any

import msgspec

from ringfence.boundary.model import Boundary, Claim
from ringfence.boundary.vocabulary import EDGE_KINDS, VERBS, Flow
from ringfence.estate.facts import Fact, node
from ringfence.guard.tree import NEVER, Absent, Compare, Not, Undecided
from tests.reference.window import BOUNDARY, NOW, source

NOON = "2022-01-31T12:00:00Z"
TIMES = ("", "", "", "2021-03-01T00:00:00Z", "2021-09-01T00:00:00Z", NOW, NOON)
UNSURE = ("", "", "", "", "", "", "not resolved")
PEOPLE = [f"person:{name}" for name in ("ann", "bob", "cho", "dan", "eve")]
ENTITIES = [f"legal_entity:{name}" for name in ("acme", "pearl", "state")]
OTHERS = [
    "group:eng",
    "group:weekly",
    "tool:pulse",
    "service_account:svc",
    "role:main/reader",
]
STORES = ["store:main", "store:copy"]
DATASETS = ["dataset:main/s.users", "dataset:copy/s.old"]
COLUMNS = [f"column:{d.partition(':')[2]}.{c}" for d in DATASETS for c in ("a", "b")]
PRINCIPALS = [*PEOPLE, *ENTITIES, *OTHERS]
FACILITIES = ["facility:one", "facility:two"]
VALUES = {
    "residence": (PEOPLE, ["CN", "US", "US", "SG"]),
    "employer": (PEOPLE, ["acme", "legal_entity:pearl", "nobody"]),
    "us_person": (PEOPLE, ["yes", "no"]),
    "organised_in": (ENTITIES, ["CN", "US", "US"]),
    "shares": (ENTITIES, ["complete"]),
    "place": ([*STORES, *FACILITIES], ["US", "US-VA", "SG", "CN-BJ"]),
    "copy": (STORES, ["primary", "backup", "backup"]),
    "purpose": (FACILITIES, ["data_centre", "office"]),
    "tag": ([*COLUMNS, *DATASETS], ["EMAIL", "VAULT", "none", "none"]),
}
GUARDS = [
    Compare("request.network", "equals", ("office",)),
    Not(Compare("Request.Network", "equals", ("office",))),
    Absent("request.network"),
    Compare("principal.residence", "equals", ("US",)),
    Not(Compare("principal.residence", "equals", ("US",))),
    Compare("request.time", "before", (NOW,)),
    Undecided("not understood"),
    NEVER,
]
CLAIMED: list[dict[str, object]] = [
    {"kind": "no_reach", "excluded": "abroad", "protected": ("mail",)},
    {"kind": "no_reach", "excluded": "abroad", "exceptions": ("weekly",)},
    {
        "kind": "no_reach",
        "excluded": "abroad",
        "verbs": ("edit",),
        "reach": "bare",
    },
    {"kind": "residency"},
    {"kind": "residency", "places": ("US",), "protected": ("vault",)},
    {"kind": "residency", "places": ("US",), "during": (TIMES[3], NOW)},
    {"kind": "presence", "copy": "backup", "places": ("US",)},
    {"kind": "presence", "places": ("SG",)},
    {"kind": "facility", "excluded": "abroad"},
    {"kind": "facility", "excluded": "abroad", "purpose": "office"},
    {"kind": "jurisdiction", "excluded": "abroad"},
    {"kind": "no_single_principal"},
    {"kind": "no_single_principal", "share": 50, "protected": ("mail",)},
    {"kind": "control_operates", "team": ("person:bob", "group:eng")},
    {
        "kind": "control_operates",
        "form": "grant",
        "team": ("group:eng",),
        "excluded": "abroad",
        "verbs": ("read",),
    },
]
CLAIMS = tuple(
    msgspec.convert({"id": f"c{number}", "says": "", **claim}, Claim)
    for number, claim in enumerate(CLAIMED)
)


def edge(draw: Random) -> Fact:
    """Return one edge, of a kind and between nodes that mostly fit."""
    kind = draw.choice(sorted(EDGE_KINDS))
    flow = EDGE_KINDS[kind].flow
    data = draw.choice([STORES, DATASETS, COLUMNS])
    tails, heads = {
        Flow.CONTROL: (PRINCIPALS, [*OTHERS, *OTHERS, draw.choice(data)]),
        Flow.GRANT: (PRINCIPALS, data),
        Flow.CHANGE: (PRINCIPALS, [*data, *OTHERS]),
        Flow.CONTAIN: ([*STORES, *DATASETS, *PEOPLE], [*DATASETS, *COLUMNS, *OTHERS]),
        Flow.COPY: ([*STORES, *DATASETS, *COLUMNS], [*data, draw.choice(OTHERS)]),
        Flow.STAKE: ([*PEOPLE, *ENTITIES], ENTITIES),
    }[flow]
    detail = {}
    if flow is Flow.STAKE:
        low = draw.choice([0, 10, 25, 50])
        detail = {
            "interest": draw.choice(["shareholding", "shareholding", "votingRights"]),
            "min": str(low),
            "max": draw.choice([str(low), f"{low}.5", "100"]),
            "directness": draw.choice(["direct", "indirect", "unknown"]),
        }
        if draw.random() < 0.15:
            del detail["interest"]
    elif draw.random() < 0.5:
        detail = {"approved_by": draw.choice([*PEOPLE, "group:eng"])}
    more: dict[str, Any] = {}
    if flow is not Flow.STAKE and draw.random() < 0.2:
        more["guard"] = draw.choice(GUARDS)
    if flow is not Flow.STAKE and draw.random() < 0.2:
        needed = draw.sample(
            [*PEOPLE, *OTHERS, *STORES, *DATASETS], draw.choice([1, 2])
        )
        more["needs"] = tuple(sorted(needed))
    return Fact(
        **more,
        fact="edge",
        id=draw.choice(tails),
        name=kind,
        value=draw.choice(heads),
        verb=draw.choice(VERBS[:3]) if flow is Flow.GRANT else "",
        control=draw.choice(["", "", "", "row filter"]),
        unknown=draw.choice(UNSURE),
        since=draw.choice(TIMES),
        until=draw.choice(TIMES),
        at="x:1",
        source="it",
        detail=detail,
    )


def value(draw: Random) -> Fact:
    """Return one attribute."""
    name = draw.choice(sorted(VALUES))
    nodes, values = VALUES[name]
    return Fact(
        fact="attribute",
        id=draw.choice(nodes),
        name=name,
        value=draw.choice(values),
        unknown=draw.choice(UNSURE),
        since=draw.choice(TIMES),
        until=draw.choice(TIMES),
        at="x:1",
        source="it",
    )


def chain() -> list[Fact]:
    """Return edges that most estates have: stores, their datasets and columns."""
    steps = [
        *(("store:main", DATASETS[0]), ("store:copy", DATASETS[1])),
        *((DATASETS[n // 2], column) for n, column in enumerate(COLUMNS)),
    ]
    return [
        Fact(fact="edge", id=u, name="contains", value=v, at="x", source="it")
        for u, v in steps
    ]


def estate(draw: Random) -> tuple[Fact, ...]:
    """Return the facts of a random estate."""
    covers = "\n".join(STORES) if draw.random() < 0.9 else STORES[0]
    unread = draw.choice(["", "", "", "", "", "", "", "", "no such file"])
    when = draw.choice(["2022-01-30T00:00:00Z"] * 8 + ["2020-01-01T00:00:00Z", ""])
    edges = [edge(draw) for _ in range(draw.randrange(16))]
    values = [value(draw) for _ in range(draw.randrange(30))]
    known = chain() if draw.random() < 0.8 else []
    known += [node(one, at="x", source="it") for one in OTHERS if draw.random() < 0.95]
    tidy = [*values, *edges]
    if draw.random() < 0.5:  # many an estate in which all is known, and lasts
        tidy = [
            msgspec.structs.replace(f, unknown="", since="", until="") for f in tidy
        ]
    return (*tidy, *known, source("it", when, covers, unread))


def boundary(draw: Random) -> Boundary:
    """Return a boundary with claims of every kind."""
    return msgspec.structs.replace(
        BOUNDARY, claims=CLAIMS, unclassified=draw.choice(["no", "no", "unknown"])
    )
