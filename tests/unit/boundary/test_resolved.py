"""A boundary read back: what no boundary file could say is told."""

from __future__ import annotations

import msgspec
import pytest

from ringfence.boundary.model import (
    AllOf,
    Attribute,
    Boundary,
    Employer,
    Not,
    Owned,
    Selector,
)
from ringfence.boundary.resolved import flaw
from tests.estates import CONTACT, IN_CHINA, boundary, claim

HONEST = AllOf((Not(Attribute("residence", ("US",))), Employer()))
DISHONEST = AllOf((Not(Attribute("ethnicity", ("x",))),))


def changed(**more: object) -> Boundary:
    """Return a sound boundary with something replaced."""
    return msgspec.structs.replace(boundary(claim("no_reach")), **more)


def test_a_sound_boundary_has_no_flaw():
    """Every kind of test may stand in a selector."""
    selector = Selector("in-china", people=HONEST, entities=Owned())
    assert flaw(changed(excluded=(selector,))) == ""


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        ({"excluded": (IN_CHINA, IN_CHINA)}, "`excluded` has a name twice"),
        ({"protected": (CONTACT, CONTACT)}, "`protected` has a name twice"),
        (
            {"excluded": (Selector("in-china", people=DISHONEST, entities=Owned()),)},
            "a selector turns on `ethnicity`, which no fact may state",
        ),
        ({"max_age_days": -1}, "`max_age_days` can't be -1"),
        (
            {"claims": (claim("no_reach", verbs=("fly",)),)},
            "claim `no-reach` has no `verbs` called `fly`",
        ),
        (
            {"claims": (claim("no_reach", exceptions=("x",)),)},
            "claim `no-reach` names `x`, which isn't there",
        ),
    ],
    ids=["excluded", "protected", "ethnicity", "age", "verb", "exception"],
)
def test_what_no_file_could_say_is_told(made: dict[str, object], expected: str):
    """The first flaw is named."""
    assert flaw(changed(**made)) == expected
