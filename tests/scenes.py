"""Scenes and requests for tests: by Hypothesis, or plainly from a seed.

Everything that decides is compared with `decide` on these. They hold what goes wrong:
ids with quotes, stars and letters of other scripts, attributes that nobody states or
that nobody has heard of, several employers, leaves and grants that are over or that
haven't begun, kinds and resources that aren't there, rows whose value is NULL or isn't
told, verbs that aren't any.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from random import Random

from hypothesis import strategies as st

from ringfence.boundary.decision.request import Request
from ringfence.boundary.decision.scene import (
    Dataset,
    Grant,
    Known,
    Leave,
    Marker,
    Scene,
)
from ringfence.boundary.model import (
    AllOf,
    AnyOf,
    Attribute,
    Employer,
    Gate,
    Mask,
    Not,
    Owned,
    Selector,
    Test,
)
from ringfence.boundary.status import Status
from ringfence.boundary.vocabulary import VERBS
from ringfence.guard.operators import Operator
from ringfence.guard.tree import (
    Absent,
    All,
    Compare,
    Condition,
    Undecided,
)
from ringfence.guard.tree import AnyOf as SomeOf
from ringfence.guard.tree import Not as NotSo

Case = tuple[Scene, Request, str, dict[str, int]]
"""A scene, a request, the instant, and how much each exception has been used."""

PEOPLE = (
    "person:anna@x.example",
    "person:bo",
    "person:wáng 伟",
    "person:o'neil\"\\",
    "person:${li}\n*",
    "person:🦊",
)
STRANGERS = ("person:nobody", "legal_entity:unheard", "role:db/r", "robot:r2", "", ":")
ENTITIES = (
    "legal_entity:acme",
    'legal_entity:k"ín\\',
    "legal_entity:国有",
    "legal_entity:x",
)
EMPLOYERS = (*ENTITIES, "acme", "unheard", "国有")
COLUMNS = ("id", "email", 'a"b\\', "região", "d.t", "o'c")
DATASETS = (
    "dataset:wh/s.users",
    "dataset:wh/s.users.d",
    'dataset:wh/ünï."q"',
    "dataset:lake/o'r\\",
)
STORES = ("store:wh", "store:lake", "store:empty", "store:国")
COUNTRIES = ("CN", "HK", "US", "RU", "cn", "")
REGIONS = ("US", "us", "EU", "São", "O'R", "")
PURPOSES = ("repair", "weekly “metrics”", "")
SINCE, UNTIL = "2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z"
MOMENTS = (
    SINCE,
    "2024-02-29T12:00:00Z",
    "2024-06-30T23:59:59Z",
    "2024-07-01T00:00:00Z",
    "2024-12-31T23:59:59Z",
)
OUTSIDE = ("2023-12-31T23:59:59Z", UNTIL, "2031-01-01T00:00:00Z")
MASKS: tuple[Mask, ...] = ("null", "full", "hash", "first4", "last4", "year")
_VALUES: dict[str, tuple[str, ...]] = {
    "residence": COUNTRIES,
    "location": COUNTRIES,
    "us_person": ("yes", "no"),
    "designated": ("yes", "no"),
    "employment": ("employee", "contractor"),
    "team": ("core", 'b"\\', "командa"),
    "active": ("yes", "no"),
}
# What each operator is asked to compare with, and what requests bring.
_BOUNDS: dict[Operator, tuple[str, ...]] = {
    "equals": ("CN", "US", "vpn", 'o"\\', "été"),
    "equals_ignoring_case": ("cn", "VPN", "ÉTÉ", "ß"),
    "like": ("*", "C?", "v*n", "*é*", "", "a.b*"),
    "arn_like": ("arn:*:iam::1:role/*", "a:b:c:d:e:f*"),
    "in_network": ("10.0.0.0/8", "2001:db8::/32", "10.1.2.3"),
    "same_number": ("1", "2.50"),
    "less": ("1", "2.50"),
    "at_most": ("1", "2.50"),
    "more": ("1", "-3e2"),
    "at_least": ("1", "2.50"),
    "same_instant": ("2024-06-01", "1704067200"),
    "before": ("2024-06-01T00:00:00+02:00", "1704067200"),
    "until": ("2024-06-01", "1704067200"),
    "after": ("2024-06-01", "1704067200"),
    "from": ("2024-06-01", "1704067200"),
}
_TOLD = (
    *("CN", "US", "vpn", "VPN", 'o"\\', "été", "ÉTÉ", "SS", "van", "a.bc", "acb", ""),
    *("arn:aws:iam::1:role/x", "a:b:c:d:e:f:g", "10.1.2.3", "2001:db8::1", "11.0.0.1"),
    *("1", "1.0", "2.5", "-300", "0", "2024-05-31T22:00:00Z", "2024-06-01", "1e1"),
)
_KEYS = ("request.network", "request.mfa", "request.time", "k:é", "principal.residence")
_SPELT = (*_KEYS, "REQUEST.MFA", "Principal.residence", "principal.team")
OPERATORS: tuple[Operator, ...] = tuple(_BOUNDS)


def scene_of(chance: Random, operators: Sequence[Operator] = OPERATORS) -> Scene:
    """Return a scene made by chance.

    Args:
        chance: What chooses.
        operators: What the guards of grants compare by; none: no grant has a guard.
    """
    names = ("covered-persons", "abroad", "third")[: chance.randint(1, 3)]
    datasets = {one: _dataset(chance) for one in DATASETS if chance.random() < 0.9}
    return Scene(
        boundary="b" * 64,
        estate="e" * 64,
        since=SINCE,
        until=UNTIL,
        gate=Gate(
            excluded=names,
            verbs=chance.choice(
                [("any",), ("any",), ("read",), ("edit", "read"), ("edit",)]
            ),
            exceptions=("leave-0",),
            mode=chance.choice(["fence", "grants"]),
        ),
        selectors=tuple(
            Selector(name, _test(chance, 3), Owned("50")) for name in names
        ),
        people={one: _known(chance) for one in PEOPLE if chance.random() < 0.9},
        entities={name: _entities(chance) for name in names},
        stores={
            "store:wh": tuple(datasets),
            "store:lake": (chance.choice(DATASETS), *_some(chance, DATASETS)),
            "store:empty": (),
            "store:国": (*_some(chance, DATASETS), "dataset:unheard"),
        },
        datasets=datasets,
        leaves=tuple(_leave(chance, f"leave-{n}") for n in range(chance.randint(0, 4))),
        grants=tuple(_grant(chance, operators) for _ in range(chance.randint(0, 9))),
    )


def request_of(chance: Random, scene: Scene) -> Request:
    """Return a request made by chance, of which most parts are in the scene."""
    principal = chance.choice((*PEOPLE, *PEOPLE, *ENTITIES, *STRANGERS))
    resource, columns = _target(chance)
    if scene.leaves and chance.random() < 0.3:  # one that an exception may concede
        leave = chance.choice(scene.leaves)
        principal = chance.choice(leave.who) if leave.who else principal
        resource = f"column:{chance.choice(leave.columns)}" if leave.columns else ""
    return Request(
        principal=principal,
        verb=_verb(chance),
        resource=resource,
        columns=columns,
        row=_row(chance),
        stated=_stated(chance) if chance.random() < 0.3 else {},
        trusted=chance.random() < 0.3,
        circumstances=_circumstances(chance),
        purpose=chance.choice((*PURPOSES, PURPOSES[0])),
        subjects=chance.choice((None, 0, 1, 1, 2, 5, 50, -1)),
        obeys=frozenset(_some(chance, ("mask", "mask", "rows", "dance"))),
    )


def counted_of(chance: Random, scene: Scene) -> dict[str, int]:
    """Return how many people each exception has been used for."""
    names = [*(one.name for one in scene.leaves), "unheard"]
    return {name: chance.choice((0, 1, 3, 9)) for name in _some(chance, names)}


def moment_of(chance: Random) -> str:
    """Return an instant, now and then one that the scene doesn't speak of."""
    return chance.choice(OUTSIDE if chance.random() < 0.03 else MOMENTS)


def generated(
    seed: int,
    count: int,
    *,
    each: int = 200,
    operators: Sequence[Operator] = OPERATORS,
) -> Iterator[Case]:
    """Yield cases from a seed: the same for the same arguments.

    Args:
        seed: Where chance begins.
        count: How many cases.
        each: How many requests one scene is asked, one after the other; the scene of
            two neighbours is the same object.
        operators: What the guards of grants compare by; none: no grant has a guard.
    """
    chance = Random(seed)  # noqa: S311 - the same cases for the same seed
    for number in range(count):
        if number % each == 0:
            scene = scene_of(chance, operators)
        request = request_of(chance, scene)
        yield scene, request, moment_of(chance), counted_of(chance, scene)


# A seed doesn't shrink to a small scene, and is drawn a hundred times as fast as one.
_chances = st.integers(0, 2**32).map(Random)


def scenes() -> st.SearchStrategy[Scene]:
    """Return the strategy of scenes."""
    return _chances.map(scene_of)


def requests(scene: Scene) -> st.SearchStrategy[Request]:
    """Return the strategy of requests that may be asked of a scene."""
    return _chances.map(lambda chance: request_of(chance, scene))


def moments() -> st.SearchStrategy[str]:
    """Return the strategy of instants."""
    return _chances.map(moment_of)


def counts(scene: Scene) -> st.SearchStrategy[dict[str, int]]:
    """Return the strategy of how much each exception of a scene has been used."""
    return _chances.map(lambda chance: counted_of(chance, scene))


# --- parts ----------------------------------------------------------------------------


def _some(chance: Random, options: Sequence[str]) -> tuple[str, ...]:
    """Return some of the options, in their order; perhaps none."""
    return tuple(one for one in options if chance.random() < 0.4)


def _status(chance: Random) -> Status:
    return chance.choice((Status.NO, Status.NO, Status.UNKNOWN, Status.YES))


def _test(chance: Random, depth: int, *, plain: bool = False) -> Test:
    """Return a test for people; a plain one asks for nothing but attributes."""
    shapes = ["attribute", "attribute"] + ([] if plain else ["employer"])
    match chance.choice(shapes + (["any", "all", "not"] if depth else [])):
        case "any":
            return AnyOf(_tests(chance, depth, plain=plain))
        case "all":
            return AllOf(_tests(chance, depth, plain=plain))
        case "not":
            return Not(_test(chance, depth - 1, plain=True))
        case "employer":
            return Employer(
                tuple(chance.sample(ENTITIES, chance.randint(0, 2))),
                chance.choice(["unknown", "no"]),
            )
        case _:
            name = chance.choice(tuple(_VALUES))
            values = _some(chance, _VALUES[name]) or _VALUES[name][:1]
            return Attribute(name, values, chance.choice(["unknown", "no"]))


def _tests(chance: Random, depth: int, *, plain: bool) -> tuple[Test, ...]:
    count = chance.randint(1, 3)
    return tuple(_test(chance, depth - 1, plain=plain) for _ in range(count))


def _attributes(chance: Random) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {
        name: (chance.choice(values),)
        for name, values in _VALUES.items()
        if chance.random() < 0.7
    }
    if chance.random() < 0.1:  # two sources disagree
        found["residence"] = ("CN", "US")
    if chance.random() < 0.8:
        found["employer"] = tuple(chance.sample(EMPLOYERS, chance.randint(1, 3)))
    return found


def _known(chance: Random) -> Known:
    doubted = _some(chance, ("residence", "employer", "team", "us_person"))
    return Known(_attributes(chance), doubted if chance.random() < 0.3 else ())


def _entities(chance: Random) -> dict[str, Status]:
    return {one: _status(chance) for one in ENTITIES if chance.random() < 0.9}


def _dataset(chance: Random) -> Dataset:
    columns = {name: _status(chance) for name in _some(chance, COLUMNS)}
    is_marked = chance.random() < 0.5
    return Dataset(
        columns=columns,
        status=chance.choice((Status.NO, Status.NO, Status.NO, _status(chance))),
        rows=Marker(
            chance.choice(("região", "region", "r'g\"")),
            _some(chance, REGIONS) or ("US",),
        )
        if is_marked
        else None,
        masks={name: chance.choice(MASKS) for name in columns if chance.random() < 0.8},
    )


def _columns(chance: Random) -> tuple[str, ...]:
    ids = [f"{one.partition(':')[2]}.{name}" for one in DATASETS for name in COLUMNS]
    if chance.random() < 0.5:
        whole = chance.choice(DATASETS).partition(":")[2]
        ids = [one for one in ids if one.startswith(f"{whole}.")]
        return tuple(ids)
    return tuple(chance.sample(ids, chance.randint(1, 6)))


def _leave(chance: Random, name: str) -> Leave:
    return Leave(
        name,
        who=_some(chance, PEOPLE),
        columns=_columns(chance),
        purpose=chance.choice(PURPOSES),
        cap=chance.choice((1, 2, 5, 10)),
        until=chance.choice((*MOMENTS, UNTIL, UNTIL, UNTIL)),
        since=chance.choice(("", "", "", *MOMENTS)),
    )


def _grant(chance: Random, operators: Sequence[Operator]) -> Grant:
    columns = [f"column:{one}" for one in _columns(chance)]
    guard = _guard(chance, operators, 2) if operators else None
    return Grant(
        who=_some(chance, (*PEOPLE, *PEOPLE[:2])),
        verbs=chance.choice((("read",), ("read", "insert"), VERBS)),
        what=(*_some(chance, DATASETS), *_some(chance, DATASETS), *columns),
        guard=guard if chance.random() < 0.4 else None,
        since=chance.choice(("", "", *MOMENTS)),
        until=chance.choice(("", "", "", UNTIL, *MOMENTS)),
    )


def _guard(chance: Random, operators: Sequence[Operator], depth: int) -> Condition:
    shapes = ["compare"] * 4 + ["absent", "undecided"]
    match chance.choice(shapes + (["all", "any", "not", "not"] if depth else [])):
        case "all":
            return All(_guards(chance, operators, depth))
        case "any":
            return SomeOf(_guards(chance, operators, depth))
        case "not":
            return NotSo(_guard(chance, operators, depth - 1))
        case "absent":
            return Absent(chance.choice(_SPELT))
        case "undecided":
            return Undecided("not read")
        case _:
            op = chance.choice(operators)
            return Compare(
                chance.choice(_SPELT),
                op,
                _some(chance, _BOUNDS[op]) or _BOUNDS[op][:1],
                chance.choice(["one", "one", "any", "all"]),
            )


def _guards(
    chance: Random, operators: Sequence[Operator], depth: int
) -> tuple[Condition, ...]:
    count = chance.randint(0, 3)
    return tuple(_guard(chance, operators, depth - 1) for _ in range(count))


def _verb(chance: Random) -> str:
    if chance.random() < 0.7:
        return "read"
    return chance.choice((*VERBS, "READ" if chance.random() < 0.3 else "insert"))


def _target(chance: Random) -> tuple[str, tuple[str, ...]]:
    """Return a resource, and the columns of it that are touched."""
    bare = chance.choice(DATASETS).partition(":")[2]
    resource = chance.choice(
        (
            f"dataset:{bare}",
            f"dataset:{bare}",
            f"column:{bare}.{chance.choice(COLUMNS)}",
            f"column:{bare}.{chance.choice(COLUMNS)}",
            chance.choice(STORES),
            chance.choice(("dataset:unheard", "column:unheard", "column:", "store:no")),
            chance.choice(("", ":", "planet:x", bare, PEOPLE[0])),
        )
    )
    columns = _some(chance, (*COLUMNS, "unheard", "", "email"))
    return resource, columns if chance.random() < 0.6 else ()


def _row(chance: Random) -> Mapping[str, str | None] | None:
    if chance.random() < 0.5:
        return None
    names = _some(chance, ("região", "region", "r'g\"", "r'g\"", "other"))
    return {name: chance.choice((*REGIONS, None)) for name in names}


def _stated(chance: Random) -> dict[str, tuple[str, ...]]:
    found = {
        name: tuple(chance.sample(values, chance.randint(0, 2)))
        for name, values in _VALUES.items()
        if chance.random() < 0.3
    }
    if chance.random() < 0.3:
        found["employer"] = (chance.choice(EMPLOYERS),)
    if chance.random() < 0.3:
        found[chance.choice(("shoe", "Residence", "é"))] = (chance.choice(COUNTRIES),)
    return found


def _circumstances(chance: Random) -> dict[str, tuple[str, ...]]:
    return {
        key: tuple(chance.choice(_TOLD) for _ in range(chance.choice((0, 1, 1, 2))))
        for key in _some(chance, _SPELT)
    }
