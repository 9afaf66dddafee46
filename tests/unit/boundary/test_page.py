"""The reference page of the boundary file: complete, and its examples work."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ringfence.boundary import fields
from ringfence.boundary.regime import shipped
from ringfence.boundary.vocabulary import COPY_ROLES, Grade
from tests.unit.boundary.sample import changed, problems

PAGE = (Path(__file__).parents[3] / "docs" / "boundary.md").read_text("utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


def test_first_example_is_a_whole_boundary():
    """The example at the top is a boundary as it stands."""
    assert problems(BLOCKS[0]) == ()


@pytest.mark.parametrize("block", BLOCKS[1:])
def test_examples_of_parts(block):
    """The example of a part fits into a boundary, in that part's place."""
    part, _, content = block.partition(":")
    text = changed(("population: U", f"{part}: {content}population: U"))
    found = {problem.message for problem in problems(text)}
    assert found == {f"duplicate key `{part}`"}
    alone = BLOCKS[0]
    if part == "excluded":
        claims = "excluded: covered-persons"
        assert claims in alone
        name = block.split("\n")[1].strip().partition(":")[0]
        alone = re.sub(r"excluded:\n.*\n", "", alone, count=1)
        alone = alone.replace(claims, f"excluded: {name}")
    assert problems(alone + block) == ()


@pytest.mark.parametrize(
    "word",
    sorted(
        {
            *fields.BOUNDARY.all,
            *fields.PROTECTION.all,
            *fields.BY_REGIME.all,
            *fields.EXCEPTION.all,
            *fields.SOURCE.all,
            *fields.NETWORK.all,
            *fields.LOG.all,
            *fields.NAMING.all,
            *fields.GATE.all,
            *fields.ROWS.all,
            *fields.MASKING.all,
            *fields.EGRESS.all,
            *fields.CHANNEL.all,
            *fields.DECLARED.all,
            *fields.CLAIM_FIELDS,
            *fields.CLAIM_KINDS,
            *fields.TESTS["person"],
            *fields.TESTS["legal_entity"],
            *fields.ASIDES,
            *fields.INTERESTS,
            *COPY_ROLES,
            *map(str, Grade),
            *shipped(),
        }
    ),
)
def test_every_word_is_documented(word):
    """Every field, kind, test, role, grade and regime stands on the page."""
    assert f"`{word}`" in PAGE
