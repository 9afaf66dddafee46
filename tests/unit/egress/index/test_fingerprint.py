"""Fingerprints: what a column gives is what the library gives for each text."""

from __future__ import annotations

import hashlib
import threading

import numpy as np
import polars as pl
import pytest
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC
from hypothesis import given
from hypothesis import strategies as st

from ringfence.egress.forms.kinds import KINDS, Kind
from ringfence.egress.index import fingerprint as module
from ringfence.egress.index.fingerprint import (
    DIGESTS,
    fingerprint,
    fingerprints,
    subject_number,
    subject_numbers,
)
from ringfence.egress.index.keys import Key

KEY = Key(bytes(range(32)))
ODD = ["", "a", "é", "😀", "\\x41", "a\0b", "'", "x" * 5000, " ", "$1", "\u202e"]


def by_hand(first: int, text: str) -> int:
    """Return what an auditor works out with any library that has AES-CMAC."""
    mac = CMAC(AES(KEY.secret))
    mac.update(bytes([first]) + text.encode())
    return int(mac.finalize().hex()[:16], 16)


@pytest.mark.parametrize("kind", KINDS)
def test_a_fingerprint_is_what_the_page_says(kind: Kind):
    """AES-256-CMAC over number of the kind and text; of that, 8 bytes."""
    wanted = by_hand(kind.number, "ann@example.com")
    assert fingerprint(KEY, kind, "ann@example.com") == wanted


def test_a_subject_number_is_what_the_page_says():
    """SHA-256 over key and text; of that, 8 bytes."""
    digest = hashlib.sha256(KEY.secret + b"4711").hexdigest()
    assert subject_number(KEY, "4711") == int(digest[:16], 16)


def test_one_fingerprint_stands_for_ever():
    """What is built today is found by the program of tomorrow."""
    assert fingerprint(KEY, Kind.EMAIL, "ann@example.com") == 14573786782853148635
    assert subject_number(KEY, "4711") == 6306296052463917329


@pytest.mark.parametrize("few", [0, 10**9])
@given(texts=st.lists(st.text(st.characters(codec="utf-8")), max_size=30))
def test_a_column_is_its_texts(few: int, texts: list[str]):
    """All at once or one by one, of whatever characters."""
    texts += ODD
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "FEW", few)
        patch.setattr(module, "FEWER", few)
        found = fingerprints(KEY, Kind.PHONE, pl.Series(texts, dtype=pl.String))
        people = subject_numbers(KEY, pl.Series(texts, dtype=pl.String))
    assert found.dtype == people.dtype == np.uint64
    assert found.tolist() == [fingerprint(KEY, Kind.PHONE, text) for text in texts]
    assert people.tolist() == [subject_number(KEY, text) for text in texts]


@pytest.mark.parametrize("few", [0, 10**9])
@pytest.mark.parametrize("digest", DIGESTS)
def test_a_digest_is_fingerprinted_as_its_text(few: int, digest, monkeypatch):
    """As if somebody had written the digest in hexadecimal."""
    monkeypatch.setattr(module, "FEW", few)
    monkeypatch.setattr(module, "FEWER", few)
    texts = pl.Series(ODD)
    found = fingerprints(KEY, Kind.EMAIL_DIGEST, texts, digest=digest)
    hashed = [hashlib.new(digest, text.encode()).hexdigest() for text in ODD]
    assert found.tolist() == [fingerprint(KEY, Kind.EMAIL_DIGEST, h) for h in hashed]


def test_order_and_length_are_kept_over_many_rows():
    """Row by row, over more rows than DuckDB takes at once."""
    texts = pl.Series([f"person{n}" for n in range(300_000)])
    found = fingerprints(KEY, Kind.ACCOUNT_NAME, texts)
    assert len(found) == 300_000
    for row in (0, 1, 2047, 2048, 122_879, 122_880, 299_999):
        assert found[row] == fingerprint(KEY, Kind.ACCOUNT_NAME, f"person{row}")


def test_a_slice_and_a_column_in_pieces_are_what_they_show():
    """A view into a longer column, and one of several parts, give their own rows."""
    texts = pl.Series([f"p{n}" for n in range(9000)])
    whole = fingerprints(KEY, Kind.EMAIL, texts)
    parts = pl.concat([texts[:4000], texts[4000:]], rechunk=False)
    assert (fingerprints(KEY, Kind.EMAIL, parts) == whole).all()
    assert (fingerprints(KEY, Kind.EMAIL, texts[3000:8000]) == whole[3000:8000]).all()


def test_keys_and_kinds_separate():
    """The same text has another fingerprint as another kind, or with another key."""
    found = {fingerprint(KEY, kind, "4155550100") for kind in KINDS}
    found.add(fingerprint(Key(bytes(32)), Kind.PHONE, "4155550100"))
    found.add(subject_number(KEY, "4155550100"))
    assert len(found) == len(KINDS) + 2


def test_nobody_has_the_number_0(monkeypatch):
    """It means nobody, so a person whose hash begins with it has 1."""
    monkeypatch.setattr(module, "_number", lambda *_: 0)
    monkeypatch.setattr(module, "_numbers", lambda *_: np.zeros(3, np.uint64))
    assert subject_number(KEY, "x") == 1
    assert subject_numbers(KEY, pl.Series(["a", "b", "c"])).tolist() == [1, 1, 1]


def test_threads_have_a_database_each(monkeypatch):
    """Several ask at once, and each gets its own rows."""
    monkeypatch.setattr(module, "FEW", 0)
    found: dict[int, bool] = {}

    def ask(number: int) -> None:
        texts = [f"{number}-{row}" for row in range(3000)]
        wanted = [fingerprint(KEY, Kind.EMAIL, text) for text in texts]
        series = pl.Series(texts)
        people = [subject_number(KEY, text) for text in texts]
        found[number] = (
            fingerprints(KEY, Kind.EMAIL, series).tolist() == wanted
            and subject_numbers(KEY, series).tolist() == people
        )

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert found == dict.fromkeys(range(4), True)
