"""Hypothesis strategies: conditions and requests, and a universe rich enough for them.

Each key is compared in one way, so that the words of its universe are all there is to
tell the comparisons apart: a request exists if and only if the universe has one.
"""

from __future__ import annotations

import itertools

from hypothesis import strategies as st

from ringfence.guard.concrete import Request
from ringfence.guard.operators import Operator
from ringfence.guard.tree import (
    Absent,
    All,
    AnyOf,
    Compare,
    Condition,
    Each,
    Not,
    Undecided,
)


def _words(alphabet: str, longest: int) -> list[str]:
    return [
        "".join(word)
        for length in range(longest + 1)
        for word in itertools.product(alphabet, repeat=length)
    ]


_INSTANTS = [f"2024-01-01T00:00:0{second}Z" for second in range(4)]
_ONE = {
    "text": _words("abx", 5),
    "letters": _words("aAbBx", 3),
    "arn": [":".join(p) for p in itertools.product("ab", repeat=6)]
    + ["a:b:a:b:a:a:b", "a:b", "x:x:x:x:x:x", "x:x:x:x:x:a:x", "x:x:x:x:x:b:x"]
    + [
        f"{first}:a:a:a:a:{last}"
        for first in "abx"
        for last in ("a", "b", "x", "a:a", "b:b", "x:x")
    ],
    "number": ["0", "0.5", "1", "1.5", "2", "2.5", "3", "3.5", "4", "x"],
    "instant": ["2023-12-31T23:59:59Z", "x"]
    + [
        f"2024-01-01T00:00:0{second}{part}Z"
        for second in range(4)
        for part in ("", ".5")
    ],
    "address": [
        "10.0.0.0",
        "10.64.0.0",
        "10.128.0.0",
        "11.0.0.0",
        "::",
        "a00::",
        "b00::",
        "x",
    ],
}
UNIVERSE: dict[str, list[tuple[str, ...]]] = {
    key: [(), *((word,) for word in words), ("x", words[-2])]
    for key, words in _ONE.items()
}
UNIVERSE["list"] = [
    values
    for count in range(4)
    for values in itertools.combinations(_words("ax", 3), count)
]
_OF_NUMBERS: tuple[Operator, ...] = (
    "same_number",
    "less",
    "at_most",
    "more",
    "at_least",
)
_OF_INSTANTS: tuple[Operator, ...] = (
    "same_instant",
    "before",
    "until",
    "after",
    "from",
)
_PARTS = ["a", "b", "*", "?"]


def _texts(parts: list[str], longest: int) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(parts), max_size=longest).map("".join)


_OPERANDS: dict[str, dict[Operator, st.SearchStrategy[str]]] = {
    "text": {"like": _texts(_PARTS, 2), "equals": _texts(["a", "b"], 2)},
    "letters": {
        "equals": _texts(["a", "A"], 1),
        "equals_ignoring_case": _texts(["a", "B"], 1),
        "like": st.sampled_from(["*", "?", "a*", "*A"]),
    },
    "arn": {
        "arn_like": st.sampled_from(
            [
                "a:a:a:a:a:a",
                "*:a:a:a:a:*",
                "a:a:a:a:a:*",
                "*:*:*:*:*:*",
                "?:a:a:a:a:a",
                "b:a:a:a:a:?",
            ]
        )
    },
    "number": dict.fromkeys(_OF_NUMBERS, st.sampled_from(["1", "2.0", "3e0"])),
    "instant": dict.fromkeys(_OF_INSTANTS, st.sampled_from([*_INSTANTS, "1704067201"])),
    "address": {
        "in_network": st.sampled_from(
            [
                "10.0.0.0/8",
                "10.64.0.0/10",
                "10.128.0.0/9",
                "10.0.0.0/32",
                "a00::/8",
                "::/0",
                "0.0.0.0/0",
            ]
        )
    },
    "list": {"like": _texts(["a", "*", "?"], 2)},
}


@st.composite
def comparisons(draw: st.DrawFn, keys: tuple[str, ...]) -> Compare:
    """Draw a comparison of one of some keys with one value or two."""
    key = draw(st.sampled_from(keys))
    op = draw(st.sampled_from(sorted(_OPERANDS[key])))
    values = draw(st.lists(_OPERANDS[key][op], min_size=1, max_size=2, unique=True))
    of_lists: tuple[Each, ...] = ("any", "all")
    each: Each = draw(st.sampled_from(of_lists)) if key == "list" else "one"
    return Compare(draw(st.sampled_from([key, key.upper()])), op, tuple(values), each)


def conditions(
    *keys: str, undecided: bool = False, leaves: int = 4
) -> st.SearchStrategy[Condition]:
    """Return the strategy of conditions about some keys, of all if none is named."""
    of = keys or tuple(_OPERANDS)
    leaf: st.SearchStrategy[Condition] = comparisons(of) | st.sampled_from(of).map(
        Absent
    )
    if undecided:
        leaf |= st.just(Undecided("not understood"))
    return st.recursive(
        leaf,
        lambda parts: (
            parts.map(Not)
            | st.lists(parts, max_size=3).map(lambda of: All(tuple(of)))
            | st.lists(parts, max_size=3).map(lambda of: AnyOf(tuple(of)))
        ),
        max_leaves=leaves,
    )


@st.composite
def guards(draw: st.DrawFn, *, undecided: bool = False) -> list[Condition]:
    """Draw conditions to be met together, about two keys at most."""
    keys = draw(st.lists(st.sampled_from(sorted(UNIVERSE)), min_size=1, max_size=2))
    one = conditions(*keys, undecided=undecided)
    return draw(st.lists(one, min_size=1, max_size=4))


requests: st.SearchStrategy[Request] = st.fixed_dictionaries(
    {}, optional={key: st.sampled_from(values) for key, values in UNIVERSE.items()}
)
