"""Kernels are portable, and everything else is refused."""

from __future__ import annotations

import pytest
from sqlglot import exp

from ringfence.audit.event import DONE
from ringfence.audit.judge import SLOTS
from ringfence.audit.kernels import portable
from ringfence.audit.kernels.portable import KernelError, kernel, parsed, translated

FUNCTIONS = {"Count", "Min", "Max", "Sum", "RowNumber", "Case", "Cast", "If"}


@pytest.mark.parametrize("name", portable.names())
def test_every_kernel_is_portable(name):
    """No function but those that every engine reads alike, and no division."""
    tree = parsed(portable.source(name))
    used = {type(node).__name__ for node in tree.find_all(exp.Func)}
    assert used <= FUNCTIONS | {"And", "Or"}
    assert not [*tree.find_all(exp.Div, exp.IntDiv)]


@pytest.mark.parametrize("dialect", ["duckdb", "spark", "sqlite"])
@pytest.mark.parametrize("name", portable.names())
def test_every_kernel_has_a_text_in_every_dialect(name, dialect):
    """Translation keeps every placeholder and every column."""
    numbers = {one.name: 1 for one in _placeholders(name)}
    text = translated(kernel(name, **numbers), dialect)
    assert text.upper().startswith("SELECT")
    assert ":" not in text


def _placeholders(name):
    tree = portable._whole(name, {})
    return tree.find_all(exp.Placeholder)


@pytest.mark.parametrize(
    "text",
    [
        "select abs(a) from t",
        "select a / b from t",
        "select a from t join u using (a)",
        "select a from t asof join u on t.a = u.a and t.b >= u.b",
        "select a from t full join u on t.a = u.a",
        "select a from t natural join u",
        "select distinct on (a) a from t",
        "select cast(a as double) from t",
        "select cast(a as timestamp) from t",
        "select a from t union select a from u",
        "select a from t except select a from u",
        "select avg(a) from t",
        "select date_trunc('day', a) from t",
        "select my_function(a) from t",
        "select a from t order by rand()",
        "select a from (delete from t)",
        "drop table t",
        "select a from read_parquet('x')",
        "select a from t tablesample (10 percent)",
        "select (",
        "",
    ],
)
def test_what_engines_read_differently_is_refused(text):
    """Functions, divisions, odd joins, types and statements have no place in a kernel."""
    with pytest.raises(KernelError):
        parsed(text)


@pytest.mark.parametrize("number", [1.5, "1", None, True, 1 << 63, -(1 << 63)])
def test_a_kernel_takes_whole_numbers_alone(number):
    """Nothing that could be text, or more than 64 bits, gets into a kernel."""
    with pytest.raises(KernelError):
        kernel("counted_within", first=number, after=1)


@pytest.mark.parametrize(
    "numbers", [{}, {"first": 1}, {"first": 1, "after": 2, "x": 3}]
)
def test_a_kernel_takes_the_numbers_that_it_asks_for(numbers):
    """A number too few or too many is a fault, not a null."""
    with pytest.raises(KernelError):
        kernel("counted_within", **numbers)


def test_a_negative_number_stays_one():
    """A window may begin before 1970."""
    text = translated(kernel("counted_within", first=-5, after=7), "duckdb")
    assert "e.time >= (-5)" in text
    assert "e.time < 7" in text


def test_there_is_a_slot_for_everything_that_can_be_done():
    """The kernel can be asked for all of `DONE` at once."""
    assert len(DONE) - 1 <= SLOTS


def test_a_kernel_reads_another_one_in_place_of_its_own():
    """What is kept takes the place of what would be read anew, with all its numbers."""
    text = translated(kernel("groups", {"asked": "held"}), "duckdb")
    assert "kept AS k" in text
    assert "events AS e" not in text
