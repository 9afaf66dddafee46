"""Residuals and masks as text: what is written, and what is refused."""

from __future__ import annotations

import pytest

from ringfence.boundary.decision.request import Request
from ringfence.boundary.decision.scene import Dataset, Known, Marker, Scene
from ringfence.boundary.model import Attribute, Gate, Owned, Selector
from ringfence.boundary.status import Status
from ringfence.errors import RingfenceError
from ringfence.gate.compile.closure import Closure
from ringfence.gate.compile.masks import mask
from ringfence.gate.compile.sql import projection, residual
from tests.scenes import MASKS

NOW = "2026-06-01T00:00:00Z"
DIALECTS = ("postgres", "trino", "duckdb")
READ = Request("person:li", "read", "dataset:t")


def scene(marker: Marker | None = None, **masks) -> Scene:
    """Return a scene of one excluded person and one table."""
    return Scene(
        boundary="b",
        estate="e",
        since="2026-01-01T00:00:00Z",
        until="2027-01-01T00:00:00Z",
        gate=Gate(excluded=("abroad",)),
        selectors=(Selector("abroad", Attribute("residence", ("CN",)), Owned()),),
        people={
            "person:li": Known({"residence": ("CN",)}),
            "person:ann": Known({"residence": ("US",)}),
        },
        entities={"abroad": {}},
        datasets={
            "dataset:t": Dataset({"email": Status.YES}, rows=marker, masks=masks)
        },
    )


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_residual_names_the_mark_and_never_is_null(dialect):
    """The condition asks for a value, and that it is another's, with all quoted."""
    marker = Marker('re"gion', ("US", "O'R"))
    assert residual(scene(marker), READ, NOW, dialect=dialect) == (
        """NOT "re""gion" IS NULL AND NOT "re""gion" IN ('US', 'O''R')"""
    )


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_residual_folds_where_no_row_matters(dialect):
    """Whoever may see all gets TRUE, and whoever may see nothing FALSE."""
    there = scene(Marker("region", ("US",)))
    inside = Request("person:ann", "read", "dataset:t")
    assert residual(there, inside, NOW, dialect=dialect) == "TRUE"
    assert residual(scene(), READ, NOW, dialect=dialect) == "FALSE"
    stale = "2031-01-01T00:00:00Z"
    assert residual(there, inside, stale, dialect=dialect) == "FALSE"


def test_a_mark_without_values_is_nobodys_in_any_row_that_has_one():
    """Where no value is the population's, a row with any value is another's."""
    there = scene(Marker("region", ()))
    assert residual(there, READ, NOW, dialect="duckdb") == 'NOT "region" IS NULL'


def test_a_row_that_a_request_names_does_not_count():
    """A residual is for every row, whichever the request speaks of."""
    there = scene(Marker("region", ("US",)))
    asked = Request("person:li", "read", "dataset:t", row={"region": "EU"})
    assert residual(there, asked, NOW, dialect="trino") == residual(
        there, READ, NOW, dialect="trino"
    )


def test_a_residual_can_be_decided_by_a_closure():
    """What decides may be handed in, and gives the same text."""
    there = scene(Marker("region", ("US",)))
    closure = Closure(there)
    assert residual(
        there, READ, NOW, dialect="trino", decider=closure.decide
    ) == residual(there, READ, NOW, dialect="trino")


@pytest.mark.parametrize(
    "marker",
    [
        Marker("a\0b", ("US",)),
        Marker("", ("US",)),
        Marker("region", ("\ud800",)),
        Marker("region", ("a\0",)),
    ],
)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_no_statement_can_hold_is_refused(marker, dialect):
    """A name or value that SQL can't hold gives an error, and no condition."""
    with pytest.raises(RingfenceError, match="can't be written in SQL"):
        residual(scene(marker), READ, NOW, dialect=dialect)


def test_a_projection_is_the_column_its_mask_or_both():
    """What is selected follows the decision, and the row where it depends on it."""
    obeying = Request("person:li", "read", "dataset:t", obeys=frozenset({"mask"}))
    inside = Request("person:ann", "read", "dataset:t")
    marked = scene(Marker("region", ("US",)), email="full")

    def shown(there: Scene, asked: Request) -> str:
        return projection(there, asked, "email", NOW, type="text", dialect="postgres")

    assert shown(marked, inside) == '"email" AS "email"'
    assert shown(scene(), READ) == 'CAST(NULL AS TEXT) AS "email"'
    assert shown(scene(email="full"), obeying) == (
        """CAST('****' AS TEXT) AS "email\""""
    )
    assert shown(marked, obeying) == (
        """CASE WHEN NOT "region" IS NULL AND NOT "region" IN ('US') """
        """THEN "email" ELSE CAST('****' AS TEXT) END AS "email\""""
    )


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("kind", MASKS)
@pytest.mark.parametrize(
    "unheard", ["", "mood", "text); DROP TABLE t", "'", "select", "(", "a.b"]
)
def test_a_type_that_is_not_known_is_masked_by_null(kind, unheard, dialect):
    """Nothing of a type's name is pasted: what isn't known shows nothing."""
    assert mask(kind, "c", unheard, dialect) == "NULL"


@pytest.mark.parametrize("kind", ["full", "hash", "first4", "last4", "year"])
def test_a_mask_that_has_no_meaning_for_a_type_is_null(kind):
    """The first four characters of a number are nothing."""
    assert mask(kind, "c", "integer", "postgres") == "CAST(NULL AS INT)"


def test_a_key_makes_another_digest():
    """With a key, the digest is keyed; the column's name stays quoted."""
    bare = mask("hash", 'c"', "text", "trino")
    assert bare == (
        'CAST(LOWER(TO_HEX(SHA256(TO_UTF8(CAST("c""" AS VARCHAR))))) AS VARCHAR)'
    )
    assert mask("hash", 'c"', "text", "trino", key="k") != bare
    with pytest.raises(RingfenceError):
        mask("hash", "c", "text", "trino", key="\ud800")


@pytest.mark.parametrize("name", ["", "a\0", "\udfff"])
def test_a_mask_of_a_column_that_cannot_be_named_is_refused(name):
    """A mask is never written for another column than the one that was asked."""
    with pytest.raises(RingfenceError):
        mask("full", name, "text", "duckdb")
