"""Masks: tokens that join within a group only, and nothing of the original."""

from __future__ import annotations

import hmac
from base64 import b32encode
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any, get_args

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.boundary.channels import ChannelMask
from ringfence.egress.channels.masking import STARS, TOKEN, Masks
from ringfence.egress.index.keys import Key
from ringfence.errors import ConfigError

KEY = Key(bytes(range(32)))
MASKS = Masks.of(KEY, ["legal_entity:adloom"])
ALL: tuple[ChannelMask, ...] = get_args(ChannelMask)
TAGS = ("", "EMAIL", "PHONE", "ACCOUNT_ID", "NAME")
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=24)


def masked(
    mask: ChannelMask, values: list[Any], tag: str = "", **more: Any
) -> list[Any]:
    """Return masked values of a column."""
    column = MASKS.column(mask, tag)(pl.Series("c", values, **more))
    assert column.name == "c"
    return column.to_list()


def test_a_token_is_what_the_page_says() -> None:
    """A token can be made again with the key and the standard library."""
    group = hmac.new(
        KEY.secret, b'ringfence token\0["legal_entity:adloom"]', sha256
    ).digest()
    digest = sha256(group + b"EMAIL\0=ann@example.com").digest()[:16]
    token = "rf_" + b32encode(digest).decode().rstrip("=").lower()
    assert masked("token", ["ann@example.com"], "EMAIL") == [token]
    assert TOKEN.fullmatch(token)


def test_two_spellings_give_one_token() -> None:
    """A token is made over the canonical form, by the kind of identifier."""
    mails = ["Ann+ads@Example.com", "ann@example.com", "bo@example.com"]
    one, same, other = masked("token", mails, "EMAIL")
    assert one == same != other
    phones = masked("token", ["(415) 555-0100", "+1 415 555 0100"], "PHONE")
    assert len({*phones}) == 1
    names = masked("token", ["Ann  Lee", "ann lee"], "NAME")
    assert len({*names}) == 1
    numbers = masked("token", [17, 17.0], "ACCOUNT_ID", dtype=pl.Float64)
    assert numbers == masked("token", ["17", "17"], "ACCOUNT_ID")


def test_tokens_of_other_groups_tags_and_keys_differ() -> None:
    """Only channels to the same groups can be joined, column for column."""
    said = ["ann@example.com"]
    others = [
        Masks.of(KEY, ["legal_entity:adloom"]),
        Masks.of(KEY, ["legal_entity:other"]),
        Masks.of(KEY, ["legal_entity:adloom", "legal_entity:other"]),
        Masks.of(Key(bytes(32)), ["legal_entity:adloom"]),
    ]
    found = [one.column("token", "EMAIL")(pl.Series(said)).item() for one in others]
    found.append(MASKS.column("token", "NAME")(pl.Series(said)).item())
    assert len({*found}) == len(found)
    both = Masks.of(KEY, ["legal_entity:other", "legal_entity:adloom"])
    assert both == others[2]


def test_what_is_no_identifier_never_has_the_token_of_one() -> None:
    """A text that reads like a canonical form is told apart from the form."""
    assert masked("token", ["=ann@example.com"], "EMAIL") != masked(
        "token", ["ann@example.com"], "EMAIL"
    )


def test_a_token_needs_a_key() -> None:
    """Without one nothing is masked by token, and other masks do."""
    bare = Masks.of(None, ["g"])
    with pytest.raises(ConfigError, match="tokens need a key"):
        bare.column("token")
    with pytest.raises(ConfigError, match="tokens need a key"):
        bare.value("token")
    assert bare.value("full")("x") == STARS
    assert "secret" not in repr(MASKS)


@pytest.mark.parametrize(
    ("mask", "value", "shown"),
    [
        ("full", "ann@example.com", STARS),
        ("full", "", STARS),
        ("first4", "ann@example.com", "ann@****"),
        ("first4", "abcd", STARS),
        ("first4", "ünïcö", "ünïc****"),
        ("last4", "ann@example.com", "****.com"),
        ("last4", "abcd", STARS),
        ("year", "1990-05-01", "1990"),
        ("year", "1990-05", "1990"),
        ("year", "1990-05-01T10:00:00Z", "1990"),
        ("year", "1990/5/1", "1990"),
        ("year", "5/1/1990", "1990"),
        ("year", "1.5.1990", "1990"),
        ("year", "1990", STARS),
        ("year", "1990-05-01\nann@example.com", STARS),
        ("year", "born 1990-05-01", STARS),
        ("null", "x", None),
    ],
)
def test_masks_show_so_much(mask: ChannelMask, value: str, shown: str | None) -> None:
    """Each mask shows what its name says, and stars where that is all there is."""
    assert MASKS.value(mask)(value) == shown
    assert masked(mask, [value]) == [shown]


@pytest.mark.parametrize(
    "values",
    [
        [1, -7, 2**40],
        [1.5, 1e16, 0.1],
        [True, False],
        [date(1990, 5, 1)],
        [datetime(1990, 5, 1, 10, 30, tzinfo=UTC)],
        [Decimal("1.50")],
        [["ann@example.com"], []],
        [{"mail": "ann@example.com"}],
        [b"ann@example.com"],
        [None, None],
    ],
)
@pytest.mark.parametrize("mask", ALL)
def test_one_value_is_masked_as_in_a_column(mask: ChannelMask, values: Any) -> None:
    """Numbers, times, lists and bytes come out alike one by one and together."""
    column = masked(mask, [*values, None])
    assert column == [MASKS.value(mask)(one) for one in [*values, None]]
    assert column[-1] is None


def test_a_list_shows_nothing() -> None:
    """What has no plain text is stars under any mask, and so is no token."""
    for mask in ("token", "first4", "last4", "year"):
        assert masked(mask, [["ann@example.com"]]) == [STARS]


def test_an_empty_column_stays_empty() -> None:
    """No value makes no value, of text where something may be shown."""
    for mask in ALL:
        assert masked(mask, [], dtype=pl.String) == []
    assert masked("null", [1, 2], dtype=pl.Int64) == [None, None]
    assert MASKS.column("null")(pl.Series([1])).dtype == pl.Int64


@given(st.lists(st.none() | TEXTS, max_size=6), st.sampled_from(TAGS))
def test_columns_and_values_agree(values: list[str | None], tag: str) -> None:
    """Any texts are masked alike in a column and one by one; null stays null."""
    for mask in ALL:
        column = masked(mask, values, tag, dtype=pl.String)
        assert column == [MASKS.value(mask, tag)(one) for one in values]
        nulls = [one is None for one in values]
        assert mask == "null" or [one is None for one in column] == nulls


@given(TEXTS.filter(lambda text: len(text) > 5), st.sampled_from(TAGS))
def test_nothing_masked_holds_the_original(text: str, tag: str) -> None:
    """A masked value never has the original in it."""
    for mask in ALL:
        shown = MASKS.value(mask, tag)(text)
        assert shown is None or text not in shown


def test_many_tokens_come_in_chunks() -> None:
    """More values than a chunk have the tokens that they have alone."""
    values = [f"{number}@example.com" for number in range(70_000)]
    column = masked("token", values, "EMAIL")
    assert len({*column}) == len(values)
    alone = MASKS.value("token", "EMAIL")
    assert [alone(values[n]) for n in (0, 65_535, 65_536, -1)] == [
        column[n] for n in (0, 65_535, 65_536, -1)
    ]
