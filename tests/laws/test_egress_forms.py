"""Canonical forms: the column's answer is the definition's, and spelling is nothing."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ringfence.egress.forms import columns
from ringfence.egress.forms.canonical import canonical
from ringfence.egress.forms.kinds import KINDS, Kind

SIGNS = "0123456789abcdefABCDEFxyz+-.@ ()/:%_'[]{}#éａ１٣\u200b\u2011ßİſ\n\t\""
TEXTS = st.one_of(
    st.text(st.sampled_from(SIGNS), max_size=40),
    st.text(max_size=20),
    st.from_regex(
        r"[a-zA-Z0-9.+']{1,8}@[a-zA-Z0-9.-]{1,8}\.[a-z]{1,4}", fullmatch=True
    ),
    st.from_regex(r"\(?\+?[0-9 ().-]{7,18}", fullmatch=True),
    st.from_regex(r"[0-9]{1,3}(\.[0-9]{1,3}){3}", fullmatch=True),
    st.from_regex(r"[0-9a-fA-F:]{2,20}", fullmatch=True),
    st.from_regex(r"[0-9A-F]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", fullmatch=True),
    st.from_regex(r"[0-9]{1,22}(\.0|\.5|e\+?1[0-9])?", fullmatch=True),
    st.from_regex(r"[0-9a-fA-F]{30,66}", fullmatch=True),
    st.ip_addresses().map(str),
)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=20)  # twelve kinds
@given(texts=st.lists(st.none() | TEXTS, max_size=8))
@example(texts=["490154203237518", "49-015420-323751-8", "0", "00", "0x1"])
@example(texts=["a@b.co\n", "a@b.co", "+@b.co", ".@gmail.com", "a+b+c@x.de", "a@b.c1"])
@example(texts=["127.0.0.1", "1.2.3.4.", "1.2.3.4\n", "::1", "01.2.3.4"])
@example(texts=["(415)5550100", "415)5550100", "+(415", "1", "2125550100)", "(2)"])
def test_a_column_is_the_definition(kind: Kind, texts: list[str | None]) -> None:
    """The column's canonical forms are the definition's, value by value."""
    expected = [None if text is None else canonical(kind, text) for text in texts]
    found = columns.canonical(kind, pl.Series("x", texts, dtype=pl.String))
    assert found.to_list() == expected
    assert found.name == "x"


@given(TEXTS, st.sampled_from([kind for kind in KINDS if kind is not Kind.PHONE]))
@example("00000000-0000-0000-0000-000000000000", Kind.ACCOUNT_ID)
def test_a_form_is_its_own_form(text: str, kind: Kind) -> None:
    """The canonical form of a canonical form is itself.

    Phones are no exception by accident: ten digits after a plus sign read as the home
    plan's once the plus is gone.
    """
    form = canonical(kind, text)
    if form is not None and not form.startswith("@"):
        assert canonical(kind, form) == form
