"""Countries and places, and that no code names one."""

from __future__ import annotations

import ast
from pathlib import Path

import iso3166
import pytest

import ringfence.boundary
from ringfence.boundary.countries import (
    country_of,
    is_country,
    is_permitted,
    is_place,
    name_of,
    read_place,
    remedy,
)
from ringfence.documents.located import Reader
from ringfence.errors import Locus

ROOM = Path(ringfence.boundary.__file__).parent
GROUPS = "groups of countries are listed by `ringfence boundary countries`"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("US", True),
        ("NO", True),
        ("us", False),
        ("UK", False),
        ("", False),
        ("USA", False),
    ],
)
def test_is_country(code, expected):
    """Codes count as ISO 3166-1 writes them."""
    assert expected is is_country(code)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("US", True),
        ("US-VA", True),
        ("GB-ENG", True),
        ("FR-75", True),
        ("US-", False),
        ("US-va", False),
        ("UK-LND", False),
        ("US-VIRG", False),
        ("US-VA\n", False),
    ],
)
def test_is_place(text, expected):
    """A place is a country or a subdivision of one."""
    assert expected is is_place(text)


@pytest.mark.parametrize(
    ("place", "permitted", "expected"),
    [
        ("US", ["US"], True),
        ("US-VA", ["US"], True),
        ("US-VA", ["US-VA"], True),
        ("US", ["US-VA"], False),
        ("US-OR", ["US-VA"], False),
        ("SG", [], False),
    ],
)
def test_is_permitted(place, permitted, expected):
    """A country permits its subdivisions, and never the other way round."""
    assert expected is is_permitted(place, permitted)


def test_country_of():
    """A subdivision is in its country."""
    assert [country_of("US"), country_of("US-VA")] == ["US", "US"]


def test_name_of():
    """A country has a name, an unknown code only itself."""
    assert [name_of("NO"), name_of("ZZ")] == ["Norway", "ZZ"]


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("UK", "GB"),
        ("uk", "GB"),
        ("us", "US"),
        ("USA", "US"),
        ("norway", "NO"),
        ("Viet Nam", "VN"),
        ("Iran, Islamic Republic of", "IR"),
    ],
)
def test_remedy(written, code):
    """A country written otherwise is recognised by code or full name."""
    assert f"ISO 3166 says `{code}`; {GROUPS}" == remedy(written)


@pytest.mark.parametrize("written", ["Chn a", "UX", "Atlantis", ""])
def test_no_guess(written):
    """Nothing is guessed from likeness: a wrong hint would move data abroad."""
    assert remedy(written) == GROUPS


def test_read_place():
    """A place that isn't one is noted with its remedy."""
    reader = Reader()
    at = Locus("f", 1, 1)
    found = [read_place(reader, text, at) for text in ("US-VA", "US-va", "UK", "UK-X")]
    assert found == ["US-VA", None, None, None]
    assert [problem.message for problem in reader.problems] == [
        "unknown place `US-va`",
        "unknown country `UK`",
        "unknown country `UK-X`",
    ]


def strings(tree: ast.Module) -> list[str]:
    """Return every string of a module but its docstrings."""
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and isinstance(node.body[0], ast.Expr)
    }
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in docs
    ]


@pytest.mark.parametrize("path", sorted(ROOM.glob("*.py")), ids=lambda path: path.name)
def test_no_country_is_named_in_code(path):
    """Countries stand in boundaries and regimes, which are data."""
    said = strings(ast.parse(path.read_text("utf-8")))
    names = [country.apolitical_name for country in iso3166.countries]
    assert [text for text in said if is_country(text)] == []
    assert [text for text in said if any(name in text for name in names)] == []
