"""A boundary read back: what no boundary file could say is told."""

from __future__ import annotations

import msgspec
import pytest

from ringfence.boundary.channels import Channel, Declared, Egress
from ringfence.boundary.model import (
    AllOf,
    Attribute,
    Boundary,
    Employer,
    Gate,
    Masking,
    Not,
    Owned,
    Rows,
    Selector,
)
from ringfence.boundary.resolved import flaw
from tests.estates import CONTACT, IN_CHINA, boundary, claim

HONEST = AllOf((Not(Attribute("residence", ("US",))), Employer()))
DISHONEST = AllOf((Not(Attribute("ethnicity", ("x",))),))

ROWS = Rows(("*",), "region", ("US",))
MASKING = Masking(("*",), "hash")


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


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        ({"excluded": ("x",)}, "the gate names `x`, which isn't there"),
        ({"protected": ("x",)}, "the gate names `x`, which isn't there"),
        ({"exceptions": ("x",)}, "the gate names `x`, which isn't there"),
        ({"verbs": ("fly",)}, "the gate has no `verbs` called `fly`"),
        ({"verbs": ()}, "the gate's `verbs` is empty, or has an empty part"),
        ({"excluded": ()}, "the gate's `excluded` is empty, or has an empty part"),
        (
            {"rows": (Rows(("*",), "region", ()),)},
            "the gate's `rows` is empty, or has an empty part",
        ),
        (
            {"masks": (Masking((), "hash"),)},
            "the gate's `masks` is empty, or has an empty part",
        ),
    ],
)
def test_a_gate_that_no_file_could_order_is_told(
    made: dict[str, object], expected: str
):
    """What a gate names is there, its verbs are verbs, and no part is empty."""
    sound = Gate(("in-china",), protected=("contact",), rows=(ROWS,), masks=(MASKING,))
    assert flaw(changed(gate=sound)) == ""
    assert flaw(changed(gate=msgspec.structs.replace(sound, **made))) == expected


def test_a_mask_is_one_of_the_masks():
    """A mask, or a mode, that there isn't is no gate at all."""
    for text in (b'{"columns":["a"],"mask":"blur"}', b'{"columns":["a"]}'):
        with pytest.raises(msgspec.ValidationError):
            msgspec.json.decode(text, type=Masking)
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"excluded":["a"],"mode":"open"}', type=Gate)


CHANNEL = Channel(
    "a",
    recipients=("tool:x",),
    purpose="p",
    owner="o",
    approver="person:b",
    until="2022-12-31T00:00:00Z",
    text=True,
)


def exit_of(*channels: Channel) -> Boundary:
    """Return a sound boundary with these channels."""
    return changed(egress=Egress(("in-china",), channels=channels))


def test_a_sound_exit_has_no_flaw():
    """A channel that a file could declare may be read back."""
    assert flaw(exit_of(CHANNEL)) == ""


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"name": "A b"}, "has no name"),
        ({"recipients": ()}, "has no recipient"),
        ({"owner": ""}, "has no owner or approver"),
        ({"approver": ""}, "has no owner or approver"),
        ({"until": ""}, "has no end, or ends before it starts"),
        ({"since": "2023-01-01T00:00:00Z"}, "has no end, or ends before it starts"),
        ({"columns": (Declared("x", "text"),) * 2}, "has a column twice"),
        ({"text": False}, "carries nothing"),
        (
            {"columns": (Declared("x", "integer", holds="count"),)},
            "has a count and no smallest cell",
        ),
        ({"cap": -1}, "has a cap below 0"),
    ],
)
def test_what_no_channel_can_be(more: dict[str, object], expected: str):
    """Each thing that the parser refuses is a flaw of a boundary that is read back."""
    made = msgspec.structs.replace(CHANNEL, **more)
    assert flaw(exit_of(made)) == f"channel `{made.name}` {expected}"


def test_what_no_exit_can_be():
    """An exit excludes somebody that there is, and has no two channels of a name."""
    assert flaw(exit_of(CHANNEL, CHANNEL)) == "`channels` has a name twice"
    assert flaw(changed(egress=Egress(()))) == "the exit's `excluded` is empty"
    unnamed = changed(egress=Egress(("nobody",)))
    assert flaw(unnamed) == "the exit names `nobody`, which isn't there"
    dangling = msgspec.structs.replace(CHANNEL, exception="weekly")
    expected = "channel `a` names `weekly`, which isn't there"
    assert flaw(exit_of(dangling)) == expected
