"""The scan: numbers, neighbours, doubts and limits."""

from __future__ import annotations

import base64
import gzip

import polars as pl
import pytest
import zstandard

from ringfence.egress.forms.kinds import KINDS, Kind
from ringfence.egress.inspection.limits import Limits
from ringfence.egress.inspection.scanner import Scanner
from ringfence.egress.inspection.sightings import DOUBTS, Doubt, Doubts, Seen, Written
from tests.egress_known import Remembered

JANE, JOHN = 7001, 7002
ACCOUNT, LARGE = "681234567890123456", "17446744073709551615"
KNOWN = Remembered(
    {
        JANE: [
            (Kind.EMAIL, "jane.doe@example.com"),
            (Kind.ACCOUNT_ID, ACCOUNT),
            (Kind.ACCOUNT_ID, LARGE),
            (Kind.PHONE, "+14155550100"),
            (Kind.IP, "98.17.253.226"),
        ],
        JOHN: [(Kind.PHONE, "+14155550100")],
    }
)
SCANNER = Scanner(KNOWN)


def told(answer: tuple[Seen, Doubts]) -> list[tuple[int, Kind, Written, int]]:
    """Return what was seen, row by row."""
    seen = answer[0]
    return [
        (row, KINDS[kind], Written(written), subject)
        for row, kind, written, subject in zip(
            *(column.tolist() for column in seen), strict=True
        )
    ]


def doubted(answer: tuple[Seen, Doubts]) -> list[tuple[int, Doubt]]:
    """Return what is in doubt."""
    doubts = answer[1]
    return [
        (row, DOUBTS[why])
        for row, why in zip(doubts.row.tolist(), doubts.why.tolist(), strict=True)
    ]


def b64(content: bytes) -> str:
    """Return base64."""
    return base64.b64encode(content).decode()


def test_nothing_is_nothing() -> None:
    """A series without texts has nobody in it."""
    for texts in ([], [None], [""], ["hello"]):
        answer = SCANNER.scan(pl.Series(texts, dtype=pl.String))
        assert (told(answer), doubted(answer)) == ([], [])


def test_all_who_share_an_identifier_are_seen() -> None:
    """A telephone of two people is a sighting of both, where it stands."""
    answer = SCANNER.scan(pl.Series([None, "415-555-0100 or +14155550100"]))
    assert told(answer) == [
        (1, Kind.PHONE, Written.PLAIN, JANE),
        (1, Kind.PHONE, Written.PLAIN, JOHN),
    ]


def test_the_plainest_writing_is_told() -> None:
    """An address that stands plainly and encoded is told as plain."""
    text = "jane.doe@example.com jane.doe%40example.com"
    assert told(SCANNER.glance(text)) == [(0, Kind.EMAIL, Written.PLAIN, JANE)]
    text = "jane.doe%40example.com"
    assert told(SCANNER.glance(text)) == [(0, Kind.EMAIL, Written.URL, JANE)]


@pytest.mark.parametrize(
    ("numbers", "written"),
    [
        (pl.Series([1, int(ACCOUNT)]), Written.PLAIN),
        (pl.Series([None, -int(ACCOUNT)]), Written.PLAIN),
        (pl.Series([1, int(LARGE) - 2**64]), Written.NUMBER),
        (pl.Series([1, int(LARGE)], dtype=pl.UInt64), Written.PLAIN),
        (pl.Series([0.5, 14155550100.0]), Written.PLAIN),
        (pl.Series([ACCOUNT[:1], ACCOUNT]).cast(pl.Decimal(38, 2)), Written.PLAIN),
        (pl.Series("client_ip", [1, 1645346274]), Written.NUMBER),
        (pl.Series("ip", [1, 1645346274 - 2**32]), Written.NUMBER),
    ],
)
def test_numbers_are_read(numbers: pl.Series, written: Written) -> None:
    """A number is read as the identifier that it is, whatever its type and sign."""
    rows = {
        (row, written) for row, _, written, _ in told(SCANNER.scan_numbers(numbers))
    }
    assert rows == {(1, written)}


def test_a_number_is_an_address_by_name_alone() -> None:
    """A number under another name is no IP address."""
    assert told(SCANNER.scan_numbers(pl.Series("seen_at", [1645346274]))) == []


def test_a_rounded_number_is_in_doubt() -> None:
    """A float beyond 2^53 may be any of several accounts' numbers."""
    answer = SCANNER.scan_numbers(pl.Series([1.5, 6.812345678901234e17, float("nan")]))
    assert (told(answer), doubted(answer)) == ([], [(1, Doubt.ROUNDED)])
    answer = SCANNER.glance('{"id": 6.812345678901234e+17}')
    assert doubted(answer) == [(0, Doubt.ROUNDED)]


def test_neighbours_make_an_address() -> None:
    """Local part and domain in two columns are an address, either way round."""
    left = pl.Series(["jane.doe", "example.com", "jane.doe", None, "jane.doe@"])
    right = pl.Series(
        ["@example.com", "jane.doe", "example.org", "x.com", "Example.com"]
    )
    assert told(SCANNER.scan_neighbours(left, right)) == [
        (row, Kind.EMAIL, Written.SPLIT, JANE) for row in (0, 1, 4)
    ]


@pytest.mark.parametrize(
    "pack", [gzip.compress, zstandard.compress], ids=["gzip", "zstd"]
)
def test_a_bomb_is_over_the_limit(pack) -> None:
    """A span that unpacks to far more than it is stays packed, and is in doubt."""
    bomb = b64(pack(b"jane.doe@example.com" + b"0" * 10**7))
    assert doubted(SCANNER.glance(bomb)) == [(0, Doubt.LIMIT)]


def test_what_is_cut_is_malformed() -> None:
    """A span that begins as packed and is not can't be looked through."""
    bad = b64(gzip.compress(b"x" * 50)[:10] + b"\xff" * 40)
    assert doubted(SCANNER.glance(bad)) == [(0, Doubt.MALFORMED)]


def test_what_stands_behind_the_end_is_in_doubt() -> None:
    """A second member behind a packed one is not passed over."""
    two = gzip.compress(b"x") + gzip.compress(b"jane.doe@example.com")
    assert doubted(SCANNER.glance(b64(two))) == [(0, Doubt.TRAILING)]


def test_half_a_pair_is_no_sign() -> None:
    """A text with a lone surrogate is read like any other."""
    answer = SCANNER.glance("\ud800 jane.doe\\u0040example.com \\ud800")
    assert told(answer) == [(0, Kind.EMAIL, Written.JSON, JANE)]


def test_depth_has_an_end() -> None:
    """What is encoded deeper than the limit is in doubt."""
    text = "jane.doe@example.com"
    for _ in range(3):
        text = b64(text.encode())
    answer = Scanner(KNOWN, Limits(depth=2)).glance(text)
    assert (told(answer), doubted(answer)) == ([], [(0, Doubt.LIMIT)])
    assert told(SCANNER.glance(text)) == [(0, Kind.EMAIL, Written.BASE64, JANE)]


def test_spans_have_an_end() -> None:
    """A text of more encoded spans than the limit is in doubt."""
    text = " ".join(b64(f"number {number} of many".encode()) for number in range(9))
    assert doubted(Scanner(KNOWN, Limits(spans=8)).glance(text)) == [(0, Doubt.LIMIT)]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 20, Doubt.IMAGE),
        (b"%PDF-1.7 " + b"\xff" * 20, Doubt.UNKNOWN_FORMAT),
        (b"PK\x03\x04" + b"\0" * 20, Doubt.UNKNOWN_FORMAT),
    ],
)
def test_a_file_in_a_text_is_in_doubt(content: bytes, why: Doubt) -> None:
    """An image or a closed file in base64 is held, because nobody looks through it."""
    assert (0, why) in doubted(SCANNER.glance(f"data:;base64,{b64(content)}"))


def test_an_unknown_account_is_in_doubt_beside_a_set_of_others() -> None:
    """With an exact set of others, an account's number in neither set is a doubt."""
    other, unknown = "681234567890123499", "681234567890123000"
    device = "ab" * 16
    others = Remembered({1: [(Kind.ACCOUNT_ID, other), (Kind.ADVERTISING_ID, device)]})
    texts = pl.Series([ACCOUNT, other, unknown, device, "cd" * 16])
    assert doubted(Scanner(KNOWN, others=others).scan(texts)) == [
        (2, Doubt.UNKNOWN_ID),
        (4, Doubt.OPAQUE),
    ]
    assert doubted(SCANNER.scan(texts)) == [(3, Doubt.OPAQUE), (4, Doubt.OPAQUE)]


WORDS = Remembered(
    {
        JANE: [
            (Kind.ACCOUNT_NAME, "jane_doe92"),
            (Kind.COOKIE, "GA1.2.889.1724"),
            (Kind.GOV_ID, "C01234567"),
            (Kind.BANK_ACCOUNT, "DE89370400440532013000"),
            (Kind.ACCOUNT_ID, "u-7788"),
            (Kind.GOV_ID, "123-45-6789"),
        ]
    }
)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("ask @Jane_Doe92!", Kind.ACCOUNT_NAME),
        ("see https://x.example/@jane_doe92/video", Kind.ACCOUNT_NAME),
        ('{"name": "jane_doe92"}', Kind.ACCOUNT_NAME),
        ("_ga=GA1.2.889.1724; x=1", Kind.COOKIE),
        ("passport C01234567.", Kind.GOV_ID),
        ("ssn 123-45-6789", Kind.GOV_ID),
        ("IBAN DE89 3704 0044 0532 0130 00", Kind.BANK_ACCOUNT),
        ("account u-7788,", Kind.ACCOUNT_ID),
    ],
)
def test_words_are_read(text: str, kind: Kind) -> None:
    """Names, cookies and lettered numbers are found among words."""
    kinds = {kind for _, kind, _, _ in told(Scanner(WORDS).glance(text))}
    assert kinds == {kind}
