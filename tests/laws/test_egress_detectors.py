"""Laws of the detectors: what is made by the rule is found, and what breaks it isn't."""

from __future__ import annotations

import hashlib

import polars as pl
from hypothesis import example, given
from hypothesis import strategies as st

from ringfence.egress.detectors import checks
from ringfence.egress.detectors.hints import HINTS
from ringfence.egress.detectors.ours import DETECTOR

TALK = st.sampled_from(["", "see ", "und zwar: ", "请看 ", "(", "x = "])
TEXTS = st.text(max_size=60) | st.text("0123456789 .-:/@+()aéx\t", max_size=60)
DIGIT = st.integers(0, 9)


def tags(text: str) -> set[str]:
    """Return the tags of one text; a glance is enough where it finds nothing."""
    if not DETECTOR.glance(text):
        return set()
    return found_in(text)


def found_in(text: str) -> set[str]:
    """Return the tags of one text, without a glance."""
    return set(DETECTOR.detect(pl.Series([text])).by_tag(DETECTOR.tags))


def closed(body: str) -> str:
    """Return digits with the last one that Luhn's formula asks for."""
    return next(f"{body}{one}" for one in range(10) if checks.luhn(f"{body}{one}"))


@given(st.lists(st.none() | TEXTS, max_size=8), st.sampled_from(["", "x", *HINTS]))
@example(["٣٧.٧٧", "１２３-45-6789", "²²²-22-2222", "IMEI ٤٩٠١٥٤٢٠٣٢٣٧٥١٨"], "lat")
@example(["passport: ²²²²²²²²²", "0000-00-00", "born 0/0/0", "::", "lat: -.00"], "")
def test_any_texts_are_answered(texts: list[str | None], name: object):
    """No text makes a detector fail; what it says is of texts and tags that are there."""
    called = name if isinstance(name, str) else name.names.partition("|")[0]  # type: ignore[attr-defined]
    found = DETECTOR.detect(pl.Series(called, texts, dtype=pl.String))
    pairs = list(zip(found.row.tolist(), found.tag.tolist(), strict=True))
    assert len(set(pairs)) == len(pairs)
    assert all(texts[row] for row, _ in pairs)
    assert all(tag < len(DETECTOR.tags) for _, tag in pairs)


@given(TEXTS)
def test_what_is_found_is_never_glanced_over(text: str):
    """RE2 and Rust's regex agree on what may hold something."""
    assert DETECTOR.glance(text) or not found_in(text)


@given(st.lists(TEXTS.map("a{}".format), min_size=1, max_size=8))
def test_texts_are_answered_one_by_one(texts: list[str]):
    """What stands in one line doesn't depend on the lines around it."""
    found = DETECTOR.detect(pl.Series(texts)).by_tag(DETECTOR.tags)
    for row, text in enumerate(texts):
        assert {tag for tag, rows in found.items() if row in rows} == tags(text)


@given(
    st.sampled_from(["4", "51", "55", "2221", "6011", "3530"]),
    st.lists(DIGIT, min_size=15, max_size=15),
    st.sampled_from(["", " ", "-"]),
    TALK,
)
def test_a_card_is_found_and_its_mistyped_twin_is_not(
    head: str, rest: list[int], gap: str, talk: str
):
    """Issuer, length and check digit make a card; every other check digit unmakes it."""
    bare = closed((head + "".join(map(str, rest)))[:15])
    wrong = f"{bare[:-1]}{(int(bare[-1]) + 1) % 10}"
    for number, is_one in ((bare, len(set(bare)) > 1), (wrong, False)):
        groups = [number[at : at + 4] for at in range(0, 16, 4)]
        assert ("BANK_ACCOUNT" in tags(f"{talk}{gap.join(groups)} ok")) == is_one


@given(st.integers(1, 999), st.integers(0, 99), st.integers(0, 9999), TALK)
@example(78, 5, 1120, "")
def test_a_social_security_number_is_found_if_it_is_one(
    area: int, group: int, serial: int, talk: str
):
    """Areas 000, 666 and 9xx, group 00 and serial 0000 are given to nobody."""
    text = f"{area:03}-{group:02}-{serial:04}"
    is_one = area != 666 and area < 900 and group and serial
    is_taxpayer = area >= 900 and group >= 50 and group not in {*range(66, 70), 89, 93}
    is_sample = text in {"078-05-1120", "219-09-9999", "457-55-5462", "123-45-6789"}
    expected = bool(is_one or is_taxpayer) and not is_sample
    assert ("GOV_ID" in tags(f"{talk}{text}")) == expected


@given(st.lists(DIGIT, min_size=18, max_size=18), st.booleans(), TALK)
def test_an_iban_is_found_and_its_mistyped_twin_is_not(
    digits: list[int],
    is_spaced: object,
    talk: str,
):
    """A German account number with the right check digits, however it is spaced."""
    body = "".join(map(str, digits))
    check = 98 - int(f"{body}131400") % 97
    for number, is_one in ((check, True), ((check % 97) + 2, False)):
        text = f"DE{number:02}{body}"
        shown = " ".join(text[at : at + 4] for at in range(0, 22, 4))
        is_iban = is_one or checks.iban(text)
        # In groups of four, the digits of one that is none may be those of a card.
        found = tags(f"{talk}{shown if is_spaced and is_one else text} ok")
        assert ("BANK_ACCOUNT" in found) == is_iban


@given(st.ip_addresses(v=4), TALK)
def test_an_address_of_a_network_is_found(address: object, talk: str):
    """Every address but those that are nobody's, and those that a version may be."""
    first, *rest = str(address).split(".")
    if first in {"0", "255"} or str(address) == "127.0.0.1":
        assert "IP" not in tags(f"{talk}{address}")
    elif any(int(one) > 20 for one in [first, *rest]):
        assert "IP" in tags(f"{talk}{address}")
        assert "IP" not in tags(f"version {address}")
    assert "IP" not in tags(f"{address}.77")


@given(
    st.from_regex(r"[a-z0-9]+([._%+\-][a-z0-9]+){0,2}", fullmatch=True),
    st.from_regex(
        r"([a-z0-9]([a-z0-9\-]{0,8}[a-z0-9])?\.){1,3}[a-z]{2,6}", fullmatch=True
    ),
    TALK,
)
def test_an_address_of_mail_is_found(local: str, host: str, talk: str):
    """Local parts as they are used, any host with a dot, a full stop behind it."""
    assert len(local) > 64 or "EMAIL" in tags(f"{talk}{local}@{host}.")


@given(st.floats(-89.9, 89.9), st.floats(-179.9, 179.9), st.integers(4, 8))
def test_a_pair_of_coordinates_is_found(lat: float, lon: float, places: int):
    """Four decimals and more are a place without a word; two with one; one never is."""
    pair = f"{lat:.{places}f}, {lon:.{places}f}"
    if max(abs(lat), abs(lon)) > 1.1:
        assert "LOCATION" in tags(f"at {pair}")
    assert "LOCATION" in tags(f"gps: {lat:.2f},{lon:.2f}")
    assert "LOCATION" not in tags(f"gps: {lat:.1f},{lon:.1f}")
    assert "LOCATION" not in tags(f"[{pair}, 3.25159]")


@given(st.uuids(version=4), st.binary(max_size=8))
def test_random_tokens_are_nobodys(token: object, seed: bytes):
    """A UUID or a digest without a word beside it is nothing."""
    assert tags(str(token)) == set()
    assert tags(hashlib.sha256(seed).hexdigest()) == set()
    assert tags(hashlib.md5(seed, usedforsecurity=False).hexdigest()) == set()


@given(st.datetimes(), st.integers(0, 10**6), st.integers(0, 99))
def test_times_prices_and_scores_are_nobodys(moment: object, whole: int, part: int):
    """Moments as they are written, amounts and percentages are nothing."""
    assert tags(f"{moment}") == set()
    assert tags(f"at {moment:%d.%m.%Y %H:%M:%S}, {moment:%m/%d/%Y %H:%M}") == set()
    assert tags(f"${whole:,}.{part:02} or {whole}.{part:02} EUR, {part}%") == set()
