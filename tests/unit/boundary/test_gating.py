"""The `gate` part of a boundary file becomes the value that is enforced."""

from __future__ import annotations

import pytest

from ringfence.boundary.model import Boundary, Gate, Masking, Rows
from ringfence.boundary.resolved import flaw
from tests.unit.boundary.sample import WHOLE, changed, problems, read

ALONE = WHOLE[: WHOLE.index("gate:\n")]  # what comes behind it goes as well


def boundary(text: str) -> Boundary:
    """Return the boundary in a file."""
    return read(text).boundary


def gated(gate: str) -> str:
    """Return the sample with another gate."""
    return f"{ALONE}gate: {gate}\n"


def test_a_whole_gate():
    """Each field is read."""
    assert boundary(WHOLE).gate == Gate(
        excluded=("covered-persons", "in-china"),
        protected=("contact",),
        verbs=("read", "edit"),
        exceptions=("weekly-metrics",),
        mode="grants",
        publish=True,
        rows=(Rows(("warehouse/public.*",), "region", ("US", "USA")),),
        masks=(Masking(("warehouse/public.users.email",), "hash"),),
    )
    assert flaw(boundary(WHOLE)) == ""


def test_no_gate():
    """Where nothing is said of it, nothing is enforced."""
    assert boundary(ALONE).gate is None


def test_the_least_gate():
    """Every verb on everything protected counts, and there is no exception."""
    assert boundary(gated("{excluded: in-china}")).gate == Gate(excluded=("in-china",))


@pytest.mark.parametrize("mask", ["null", "'null'", "full", "first4", "last4", "year"])
def test_masks(mask: str):
    """Each mask is read, and `null` in YAML's own spelling too."""
    gate = boundary(changed(("mask: hash", f"mask: {mask}"))).gate
    assert gate is not None
    assert gate.masks[0].mask == mask.strip("'")


def test_rows_may_be_said_twice_of_a_dataset():
    """Two parts of `rows` may have the same patterns; both are kept, in order."""
    part = '{datasets: ["warehouse/public.*"], column: region, values: [US, USA]}'
    gate = boundary(changed((part, f"{part}, {part}"))).gate
    assert gate is not None
    assert gate.rows == (gate.rows[0], gate.rows[0])


def test_a_name_that_stands_twice_counts_once():
    """Lists of names are sets, in the order of the file."""
    gate = boundary(gated("{excluded: [in-china, listed, in-china]}")).gate
    assert gate is not None
    assert gate.excluded == ("in-china", "listed")


def test_every_mistake_is_told_at_once():
    """One reading tells all that is wrong, each with its place and a remedy."""
    found = problems(
        gated("""
  excluded: [in-chine]
  verbs: fly
  mode: open
  rows: [{datasets: [], column: "r?", values: US}]
  masks: [{columns: a, mask: blur}, {mask: null}]
""")
    )
    assert sorted((one.at.line, one.message) for one in found if one.at) == [
        (87, "unknown selector `in-chine`"),
        (88, "unknown verb `fly`"),
        (89, "unknown mode `open`"),
        (90, "`datasets` is empty"),
        (90, "`r?` is a pattern, no column"),
        (91, "a part of `masks` needs `columns`"),
        (91, "unknown mask `blur`"),
    ]
    assert all(one.hint for one in found)


@pytest.mark.parametrize("kind", ["[]", "text", "1", "null"])
def test_no_gate_at_all(kind: str):
    """What is no mapping is no gate."""
    (problem,) = problems(ALONE + f"gate: {kind}\n")
    assert problem.message.startswith("a gate must be a mapping, not ")


def test_a_gate_names_what_the_boundary_has():
    """Where a boundary has no exceptions, the hint says so."""
    text = gated("{excluded: in-china, exceptions: weekly}")
    begin, end = text.index("\nexceptions:"), text.index("\nsources:")
    text = text[:begin] + text[end:]
    text = text.replace("    exceptions: [weekly-metrics]\n", "")
    (problem,) = problems(text)
    assert problem.message == "unknown exception `weekly`"
    assert problem.hint == "there is none"
