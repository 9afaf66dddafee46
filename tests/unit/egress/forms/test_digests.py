"""Digests of e-mail addresses and phones."""

from __future__ import annotations

from hashlib import md5, sha256

import polars as pl

from ringfence.egress.forms import digests
from ringfence.egress.forms.kinds import Kind


def test_an_address_is_digested_as_others_write_it() -> None:
    """The canonical form, the written one and the one without its tag are digested."""
    assert digests.spellings(Kind.EMAIL, "J.Doe+x@gmail.com") == (
        "jdoe@gmail.com",
        "j.doe+x@gmail.com",
        "j.doe@gmail.com",
    )


def test_a_phone_is_digested_with_and_without_its_code() -> None:
    """A home number is digested in three spellings, another in two, a text in none."""
    assert digests.spellings(Kind.PHONE, "(415) 555-0100") == (
        "14155550100",
        "+14155550100",
        "4155550100",
    )
    assert digests.spellings(Kind.PHONE, "+6591234567") == ("6591234567", "+6591234567")
    assert digests.spellings(Kind.PHONE, "none") == ()


def test_a_column_has_the_digests_of_its_values() -> None:
    """Digests of a column stand beside the row of their value; null has none."""
    frame = digests.columns(Kind.EMAIL, pl.Series([None, "a@example.com", "no"]))
    assert frame["row"].to_list() == [1] * 3
    assert frame["digest"].to_list() == list(digests.of(Kind.EMAIL, "a@example.com"))
    assert frame["digest"][0] == md5(b"a@example.com").hexdigest()  # noqa: S324 - theirs
    assert frame["digest"][2] == sha256(b"a@example.com").hexdigest()
