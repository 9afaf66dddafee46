"""The `egress` part of a boundary file becomes the channels that the exit judges by."""

from __future__ import annotations

import pytest

from ringfence.boundary.channels import Channel, Declared, Egress
from ringfence.boundary.model import Boundary
from ringfence.boundary.resolved import flaw
from tests.unit.boundary.sample import WHOLE, changed, problems, read

ALONE = WHOLE[: WHOLE.index("egress:\n")]
LEAST = (
    "{name: a, recipients: 'tool:x', purpose: p, owner: o, approver: 'person:b', "
    "expires: 2022-12-31, text: true}"
)


def boundary(text: str) -> Boundary:
    """Return the boundary in a file."""
    return read(text).boundary


def declared(text: str) -> Egress:
    """Return what may leave by a file."""
    found = boundary(text).egress
    assert found is not None
    return found


def test_a_whole_channel():
    """Each field is read."""
    assert declared(WHOLE) == Egress(
        excluded=("in-china", "covered-persons"),
        protected=("contact",),
        channels=(
            Channel(
                "ad-measurement",
                recipients=("legal_entity:adloom", "person:ann@example"),
                purpose="to measure campaigns",
                owner="head of ads",
                approver="person:a.reyes@example",
                until="2022-12-31T00:00:00Z",
                since="2022-01-02T00:00:00Z",
                columns=(
                    Declared("campaign", "text", holds="group"),
                    Declared("viewers", "integer", holds="count"),
                    Declared("mail", "text", "EMAIL", "token"),
                    Declared("creative", "text", opaque=True),
                ),
                text=True,
                cap=500,
                cell=20,
                takes=("warehouse/ads.*",),
                ends=("store:adloom-inbox",),
                exception="weekly-metrics",
            ),
        ),
    )
    assert flaw(boundary(WHOLE)) == ""


def test_nothing_is_declared():
    """Where nothing is said of it, there is no exit."""
    assert boundary(ALONE).egress is None
    assert declared(f"{ALONE}egress: {{excluded: in-china}}\n").channels == ()


def test_the_least_channel():
    """A channel for texts needs no column; nobody's data may leave by it."""
    (channel,) = declared(
        f"{ALONE}egress: {{excluded: in-china, channels: [{LEAST}]}}\n"
    ).channels
    assert (channel.cap, channel.cell, channel.text) == (0, 0, True)
    assert channel.columns == ()


@pytest.mark.parametrize("mask", ["null", "'null'", "full", "first4", "last4", "year"])
def test_masks(mask: str):
    """Each mask is read, and `null` in YAML's own spelling too."""
    (channel,) = declared(changed(("mask: token", f"mask: {mask}"))).channels
    assert channel.columns[2].mask == mask.strip("'")


def test_a_channel_that_carries_nothing():
    """One with neither columns nor text is a mistake."""
    bare = LEAST.replace(", text: true", "")
    text = f"{ALONE}egress: {{excluded: in-china, channels: [{bare}]}}\n"
    (problem,) = problems(text)
    assert problem.message == "channel `a` carries nothing"


def test_two_channels_of_one_name():
    """Names of channels are unique."""
    text = f"{ALONE}egress: {{excluded: in-china, channels: [{LEAST}, {LEAST}]}}\n"
    (problem,) = problems(text)
    assert problem.message == "duplicate channel `a`"


def test_nobody_approved():
    """An empty list of approvers is a mistake, like none at all."""
    empty = LEAST.replace("'person:b'", "[]")
    text = f"{ALONE}egress: {{excluded: in-china, channels: [{empty}]}}\n"
    (problem,) = problems(text)
    assert problem.message == "`approver` is empty"


@pytest.mark.parametrize("kind", ["[]", "text", "1", "null"])
def test_no_egress_at_all(kind: str):
    """What is no mapping declares nothing."""
    (problem,) = problems(f"{ALONE}egress: {kind}\n")
    assert problem.message.startswith("`egress` must be a mapping, not ")
