"""Columns of identifiers: asked for at once, they say what the scan of texts says."""

from __future__ import annotations

from unittest.mock import patch

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ringfence.egress.forms.kinds import Kind
from ringfence.egress.inspecting import whole
from ringfence.egress.inspecting.whole import Answer, Whole
from ringfence.egress.inspection.patterns import LEAST_RUN
from ringfence.egress.inspection.scanner import Scanner
from tests.egress_known import Remembered
from tests.laws.test_egress_evasion import KNOWN as MIXED

MANY: list[tuple[Kind, str]] = [
    (Kind.ACCOUNT_ID, "6812345678901234567"),
    (Kind.DEVICE_ID, "490154203237518"),
    (Kind.DEVICE_ID, "7f3c2a109d4e4b6a8c210fe5d6b7a891"),
    (Kind.ADVERTISING_ID, "38400000-8cf0-11bd-b23e-10b96e40000d"),
    (Kind.EMAIL, "jane.doe@example.com"),
    (Kind.EMAIL, "jane77@mail.example.com"),
    (Kind.EMAIL, "janedoe@gmail.com"),
    (Kind.PHONE, "+14155550100"),
    (Kind.PHONE, "+4930123456"),
]
NUMBERS: list[tuple[Kind, str]] = [
    (Kind.ACCOUNT_ID, "6812345678901234567"),
    (Kind.EMAIL, "person9500000@mail7.example"),
    (Kind.PHONE, "14000000123"),
    (Kind.DEVICE_ID, "00000000095000000000005900000000"),
    (Kind.ADVERTISING_ID, "00000059000000000000000009500000"),
    (Kind.GOV_ID, "123456789"),
    (Kind.BANK_ACCOUNT, "00123456789012"),
]
WORDS: list[tuple[Kind, str]] = [
    (Kind.ACCOUNT_ID, "123e4567-e89b-42d3-a456-426614174000"),
    (Kind.ACCOUNT_ID, "abcdef0123456789"),
    (Kind.ACCOUNT_NAME, "20260101"),
    (Kind.COOKIE, "DEADBEEFdeadbeef01"),
    (Kind.GOV_ID, "A1234567890BCDEF"),
    (Kind.EMAIL, "jane.doe@example.com"),
]
SHORT: list[tuple[Kind, str]] = [
    (Kind.ACCOUNT_ID, "4711"),
    (Kind.BANK_ACCOUNT, "DE44500105175407324931"),
    (Kind.DEVICE_ID, "a0:b1:c2:d3:e4:f5"),
    (Kind.EMAIL, "a1234567@x.de"),
]
DENSE: list[tuple[Kind, str]] = [
    (Kind.ACCOUNT_ID, str(n)) for n in range(10**6, 10**6 + 200)
]
PEOPLE = {
    "many": MANY,
    "numbers": NUMBERS,
    "words": WORDS,
    "short": SHORT,
    "dense": DENSE,
}
SCANNERS = {
    name: Scanner(Remembered({7: one, 8: one[::2]})) for name, one in PEOPLE.items()
} | {"mixed": Scanner(MIXED)}
HELD = [
    *sorted({text for one in PEOPLE.values() for _, text in one[:9]}),
    "490154203237518",
    "7F3C2A10-9D4E-4B6A-8C21-0FE5D6B7A891",
    "4901542032375186",
]


def figures(signs: str, most: int = 70) -> st.SearchStrategy[str]:
    """Return numbers made of some digits."""
    return st.text(st.sampled_from(signs), min_size=1, max_size=most)


VALUES = st.one_of(
    st.sampled_from(HELD),
    st.sampled_from(HELD).map(str.upper),
    st.tuples(
        st.sampled_from(("", "0", "00", "011", "1", "+", " ", '"', "a", "=")),
        st.sampled_from(HELD),
    ).map("".join),
    st.tuples(
        st.sampled_from(HELD),
        st.sampled_from(("", "0", "5", ".0", " ", '"', ".de", "\n", "@x.de")),
    ).map("".join),
    figures("0123456789"),
    figures("0"),
    figures("27", 20),
    figures("23456789", 24),
    figures("7720", 24),
    figures("0123456789abcdef"),
    figures("0123456789abcdefABCDEF"),
    st.uuids().map(str),
    st.from_regex(r"[0-9a-f]{32}", fullmatch=True),
    st.from_regex(
        r"(?:[a-zA-Z0-9_.\-]{1,12})@(?:[a-z0-9\-]{1,6}\.){1,3}[a-zA-Z]{2,4}",
        fullmatch=True,
    ),
    st.from_regex(
        r"[a-f0-9]{0,3}[0-9]{5,13}[a-f.]{0,2}@[a-z]{2,9}\.(?:com|de)", fullmatch=True
    ),
    st.sampled_from(
        (
            "",
            "x",
            "1",
            "123456",
            "1234567",
            "ja",
            "7f3c2a10",
            "x@y",
            "77217721772177217721",
        )
    ),
    st.text(max_size=12),
)


Told = tuple[set[tuple[int, ...]], set[tuple[int, int]]]


def told(answer: Answer) -> Told:
    """Return an answer without its order, each sighting once and as plain as it is."""
    seen, doubts = answer
    found: dict[tuple[int, int, int], int] = {}
    for row, kind, written, subject in zip(
        *(one.tolist() for one in seen), strict=True
    ):
        key = row, kind, subject
        found[key] = min(written, found.get(key, written))
    return (
        {(*key, written) for key, written in found.items()},
        {*zip(doubts.row.tolist(), doubts.why.tolist(), strict=True)},
    )


@pytest.mark.parametrize("name", SCANNERS)
@settings(max_examples=40)
@given(texts=st.lists(VALUES, min_size=1, max_size=40))
@example(texts=HELD)
def test_a_column_is_looked_through_as_its_texts_are(name: str, texts: list[str]):
    """Whoever the scan sees is seen, as what and however written; nobody else is."""
    scanner = SCANNERS[name]
    series = pl.Series(texts, dtype=pl.String)
    with patch.object(whole, "FEW", 0), patch.object(whole, "_SAMPLE", 1000):
        found = Whole(scanner).look(series)
    assert told(found) == told(scanner.scan(series))


FIRSTS = (
    "9999999",
    "ffffffffffffffff",
    "ffffffff-ffff-4fff-8fff-ffffffffffff",
    "+19999999999",
    "nobody@nowhere.example",
)


@pytest.mark.parametrize("name", SCANNERS)
@settings(max_examples=10)  # each is a look for every class
@given(texts=st.lists(VALUES, min_size=1, max_size=20))
@example(texts=["6812345678901234567", "490154203237518", "14155550100", "0" * 32])
def test_a_class_takes_nothing_of_another_one(name: str, texts: list[str]) -> None:
    """A sample may show one class alone: whoever hides among them is seen as well."""
    scanner = SCANNERS[name]
    for first in FIRSTS:
        series = pl.Series([first, *texts], dtype=pl.String)
        with patch.object(whole, "FEW", 0), patch.object(whole, "_SAMPLE", 1):
            found = Whole(scanner).look(series)
        assert told(found) == told(scanner.scan(series))


@pytest.mark.parametrize(
    ("name", "text"), [(name, text) for name in PEOPLE for _, text in PEOPLE[name][:9]]
)
def test_a_column_of_one_kind_is_too(name: str, text: str):
    """Every value has the pattern: nothing is left for the scan."""
    scanner = SCANNERS[name]
    texts = [text, *(f"{text[:-1]}{n % 8}" for n in range(200))]
    series = pl.Series(texts, dtype=pl.String)
    assert told(Whole(scanner).look(series)) == told(scanner.scan(series))


NUMERIC = st.one_of(
    st.sampled_from([int(text) for text in HELD if text.isdigit() and len(text) < 19]),
    st.sampled_from((6812345678901234567, 20260101, 4711, 0, 14155550100, 2**53 + 1)),
    st.integers(-(2**63), 2**63 - 1),
    st.integers(-2000, 10**9),
)


def of_numbers(name: str, series: pl.Series) -> tuple[Told, Told]:
    """Return both answers about a column of numbers."""
    scanner = SCANNERS[name]
    return told(Whole(scanner).numbers(series)), told(scanner.scan_numbers(series))


@pytest.mark.parametrize("name", SCANNERS)
@settings(max_examples=20)
@given(
    values=st.lists(st.none() | NUMERIC, max_size=12),
    column=st.sampled_from(("id", "client_ip")),
)
def test_a_column_of_numbers_is_too(name: str, values: list[int | None], column: str):
    """Whole numbers, with a sign and without, and gaps."""
    found, wanted = of_numbers(name, pl.Series(column, values, dtype=pl.Int64))
    assert found == wanted
    positive = [None if one is None else abs(one) for one in values]
    found, wanted = of_numbers(name, pl.Series(column, positive, dtype=pl.UInt64))
    assert found == wanted


@settings(max_examples=60)
@given(
    values=st.lists(st.none() | st.floats() | NUMERIC.map(float), max_size=12),
    name=st.sampled_from(sorted(SCANNERS)),
)
def test_a_column_of_floats_is_too(values: list[float | None], name: str):
    """What isn't a number, what has no end, and what was rounded."""
    found, wanted = of_numbers(name, pl.Series("id", values, dtype=pl.Float64))
    assert found == wanted


@pytest.mark.parametrize("name", SCANNERS)
def test_a_mixed_column_finds_a_number_among_addresses(name: str):
    """Everybody's identifiers in a column of addresses, and an address among numbers."""
    addresses = [f"somebody{n}@mail.example" for n in range(500)]
    numbers = [str(6812345678901230000 + n) for n in range(500)]
    for others in (addresses, numbers):
        texts = pl.Series([*others[:250], *HELD, *others[250:]])
        found = told(Whole(SCANNERS[name]).look(texts))
        assert found == told(SCANNERS[name].scan(texts))


def test_an_exact_set_of_others_leaves_everything_to_the_scan():
    """Then a number that is nobody's is a doubt, which needs to be asked there."""
    known = Remembered({7: NUMBERS})
    scanner = Scanner(
        known, others=Remembered({9: [(Kind.ACCOUNT_ID, "6812345678901234568")]})
    )
    texts = pl.Series([str(6812345678901234500 + n) for n in range(300)])
    found = told(Whole(scanner).look(texts))
    assert found == told(scanner.scan(texts))
    assert found[1]
    numbers = pl.Series(
        "id", [6812345678901234567, 6812345678901234568, 6812345678901234569]
    )
    found = told(Whole(scanner).numbers(numbers))
    assert found == told(scanner.scan_numbers(numbers))
    assert len(found[1]) == 1


def test_short_numbers_are_dropped_only_where_nobody_has_them():
    """Where accounts have few digits, every number is asked for."""
    values = pl.Series("x", [4711, 10 ** (LEAST_RUN - 1), 5])
    found, wanted = of_numbers("short", values)
    assert found == wanted
    assert {row for row, *_ in found[0]} == {0}
