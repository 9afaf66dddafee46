"""Canonical forms of numbers: the column's are the definition's."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ringfence.egress.forms import columns, figures
from ringfence.egress.forms.canonical import canonical, luhn
from ringfence.egress.forms.kinds import KINDS, Kind

NUMBERS = st.one_of(
    st.text(st.sampled_from("0123456789"), min_size=1, max_size=70),
    st.text(st.sampled_from("01"), min_size=1, max_size=18),
    st.text(st.sampled_from("0123456789"), min_size=15, max_size=15),
    st.sampled_from(("0", "00", "011", "0011", "1")).flatmap(
        lambda zeros: st.text(
            st.sampled_from("0123456789"), min_size=7, max_size=16
        ).map(lambda rest: zeros + rest)
    ),
)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=40)  # twelve kinds
@given(texts=st.lists(NUMBERS, max_size=8))
@example(texts=["490154203237518", "490154203237519", "000000000000000"])
@example(texts=["0" * 8, "0" * 64, "0" * 7, "0" * 65])
@example(texts=["4155550100", "04155550100", "0114930123456", "004930123456"])
@example(texts=["1" * 320])
def test_a_column_of_numbers_is_the_definition(kind: Kind, texts: list[str]):
    """By their digits, and by the way of any column."""
    series = pl.Series("x", texts, dtype=pl.String)
    wanted = [canonical(kind, text) for text in texts]
    assert figures.canonical(kind, series).to_list() == wanted
    assert columns.canonical(kind, series).to_list() == wanted


def test_many_device_numbers_are_checked_together():
    """An IMEI loses its check digit, where that is right."""
    texts = [str(490154203237510 + n) for n in range(1000)]
    found = figures.canonical(Kind.DEVICE_ID, pl.Series(texts)).to_list()
    assert found == [text[:14] if luhn(text) else text for text in texts]
    assert sum(len(form or "") == 14 for form in found) == 100
