"""Country and place codes, yes and no, shares: what is taken and what is hinted at."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from iso3166 import countries

from ringfence.documents.located import Reader
from ringfence.errors import Locus
from ringfence.sources.codes import country, country_hint, place
from ringfence.sources.shares import WrittenNumber, number, percent, written

AT = Locus("f", 1)


@given(st.sampled_from(list(countries)))
def test_every_published_code_is_a_country(listed):
    """Each code of ISO 3166-1 is taken, in capitals or not."""
    reader = Reader()
    assert country(reader, listed.alpha2.lower(), AT, "x") == listed.alpha2
    assert reader.problems == []


@given(st.sampled_from(list(countries)))
def test_a_countrys_name_or_long_code_is_answered_with_its_code(listed):
    """Whoever writes a name, or three letters, is told the two letters."""
    for text in (listed.name, listed.apolitical_name, listed.alpha3):
        assert f"`{listed.alpha2}`" in country_hint(text)


@pytest.mark.parametrize(
    ("text", "code"), [("UK", "GB"), ("england", None), ("United States", "US")]
)
def test_hints_for_what_people_write(text: str, code: str | None):
    """Common mistakes have a hint; what isn't recognised gets the rule."""
    hint = country_hint(text)
    assert hint == "write the two-letter code of ISO 3166-1" or code
    assert code is None or f"`{code}`" in hint


@pytest.mark.parametrize("text", ["", " ", "ZZ", "U S", "\u0130T", "\u0131t", "U\x00"])
def test_what_is_no_code_is_no_country(text: str):
    """Blanks, unassigned codes and lookalikes are refused."""
    reader = Reader()
    assert country(reader, text, AT, "x") is None
    assert len(reader.problems) == 1


@pytest.mark.parametrize(
    ("text", "code"), [("US", "US"), ("us-va", "US-VA"), (" GB-ENG ", "GB-ENG")]
)
def test_a_place_is_a_country_or_a_part_of_one(text: str, code: str):
    """Places are codes of ISO 3166-1 or 3166-2, kept in capitals."""
    assert place(Reader(), text, AT) == code


@pytest.mark.parametrize("text", ["us-east-1", "XX-AA", "Virginia", "US-", "US-ABCD"])
def test_a_region_of_a_cloud_is_no_place(text: str):
    """What isn't a code of ISO 3166 says nothing about where data lies."""
    reader = Reader()
    assert place(reader, text, AT) is None
    assert len(reader.problems) == 1


@given(st.decimals(0, 100, places=7))
def test_a_percentage_keeps_its_value(share: Decimal):
    """A share is read back exactly, in its shortest form."""
    found = percent(Reader(), f"{share:f} %", AT, "x")
    assert found == share
    assert Decimal(written(share)) == share
    assert "." not in written(share) or written(share)[-1] not in "0."


@pytest.mark.parametrize(
    ("text", "shown"),
    [("25.50", "25.5"), ("100", "100"), ("0", "0"), ("0.0", "0"), ("1e2", "100")],
)
def test_a_decimal_is_written_plainly(text: str, shown: str):
    """No trailing zeros, no exponents."""
    assert written(Decimal(text)) == shown


@pytest.mark.parametrize("text", ["", "x", "-1", "1e1", "NaN", "٢٥", "5%%", "1" * 10])
def test_what_is_no_percentage_is_refused(text: str):
    """Only plain decimal digits are a share."""
    reader = Reader()
    assert percent(reader, text, AT, "x") is None
    assert len(reader.problems) == 1


def test_a_number_keeps_the_digits_that_it_was_written_with():
    """A hair below a threshold stays below it."""
    text = "49.99999999999999999999"
    assert number(Reader(), WrittenNumber(text), AT, "x") == Decimal(text)
    assert float(text) == 50


@pytest.mark.parametrize("value", [float("inf"), float("nan"), 1e-300, -1, 100.5])
def test_a_number_out_of_bounds_is_refused(value: float):
    """Numbers that are no share are problems, whatever a parser makes of them."""
    reader = Reader()
    assert number(reader, value, AT, "x") is None
    assert len(reader.problems) == 1
