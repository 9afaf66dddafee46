"""Forms change how an identifier is written, and the inspection sees through all."""

from __future__ import annotations

import polars as pl
import pytest

from ringfence.egress.forms.kinds import Kind
from ringfence.egress.inspection.scanner import Scanner
from ringfence.egress.proving.canaries import KINDS, drawn
from ringfence.egress.proving.forms import PLAIN, forms
from tests.egress_known import Remembered

ROWS = drawn(20)
KNOWN = Remembered(
    {
        at: [(kind, row[column]) for column, kind in KINDS.items()]
        for at, row in enumerate(ROWS)
    }
)
STRANGERS = drawn(5, "stranger.example")


def texts(rows: list[dict[str, str]]) -> dict[tuple[int, str, Kind], str]:
    """Return every form of every identifier of some people."""
    return {
        (at, form.name, kind): form.write(row[column])
        for at, row in enumerate(rows)
        for column, kind in KINDS.items()
        for form in forms()
        if kind in form.kinds
    }


def test_names_are_told_apart():
    """No two forms are called alike, and the plain one changes nothing."""
    names = [form.name for form in forms()]
    assert len(names) == len(set(names))
    assert names[0] == PLAIN
    assert forms()[0].write("x") == "x"


@pytest.mark.parametrize("kind", KINDS.values())
def test_forms_of_a_kind_differ(kind: Kind):
    """No form of a kind writes an identifier as another one does."""
    column = next(name for name, one in KINDS.items() if one is kind)
    written = [form.write(ROWS[0][column]) for form in forms() if kind in form.kinds]
    assert len(written) > 20
    assert len(written) == len(set(written))


def test_every_form_is_seen_through():
    """No form hides any canary, whatever its random parts are."""
    wanted = texts(ROWS)
    seen, _ = Scanner(KNOWN).scan(pl.Series([*wanted.values()]))
    found = {(row, int(who)) for row, who in zip(seen.row, seen.subject, strict=True)}
    missed = [key for row, key in enumerate(wanted) if (row, key[0]) not in found]
    assert missed == []


def test_no_form_makes_a_canary_of_a_stranger():
    """Somebody else in the same forms is nobody."""
    seen, _ = Scanner(KNOWN).scan(pl.Series([*texts(STRANGERS).values()]))
    assert seen.row.tolist() == []
