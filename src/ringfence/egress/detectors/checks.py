"""Checksums of written numbers. Each takes one text and never fails on any."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
from numpy.typing import NDArray

Check = Callable[[pl.Series], NDArray[np.bool_]]
"""Says of each text of a series whether it holds; no text is null."""


def each(holds: Callable[[str], bool]) -> Check:
    """Return a check that asks once for every distinct text."""

    def check(texts: pl.Series) -> NDArray[np.bool_]:
        values = texts.to_list()
        known = {text: holds(text) for text in set(values)}
        return np.fromiter((known[text] for text in values), np.bool_, len(values))

    return check


def of_form(pattern: str, check: Check) -> Check:
    """Return a check that asks another only for texts of a form: it is quicker."""

    def narrowed(texts: pl.Series) -> NDArray[np.bool_]:
        held = texts.str.contains(pattern).to_numpy().copy()
        held[held] = check(texts.filter(pl.Series(held)))
        return held

    return narrowed


def digits_of(text: str) -> str:
    """Return the ASCII digits of a text."""
    return "".join(one for one in text if "0" <= one <= "9")


def luhns(texts: pl.Series) -> NDArray[np.bool_]:
    """Return whether the digits of each text satisfy Luhn's formula (ISO 7812)."""
    bare = texts.str.replace_all("[^0-9]", "")
    sizes = bare.str.len_bytes().to_numpy()
    held = np.zeros(len(bare), np.bool_)
    for size in np.unique(sizes[sizes > 1]).tolist():
        at = np.flatnonzero(sizes == size)
        joined = "".join(bare.gather(at).to_list()).encode()
        digits = np.frombuffer(joined, np.uint8).reshape(-1, size).astype(np.int64) - 48
        doubled = digits[:, -2::-2] * 2
        total = digits[:, -1::-2].sum(1) + (doubled - 9 * (doubled > 9)).sum(1)  # noqa: PLR2004 - of the formula
        held[at] = (total % 10 == 0) & digits.any(1)
    return held


def luhn(text: str) -> bool:
    """Return whether the digits of a text satisfy Luhn's formula."""
    return bool(luhns(pl.Series([text]))[0])


def weighted(text: str, weights: str, modulus: int) -> int:
    """Return the sum of digits by their weights, modulo a number."""
    pairs = zip(digits_of(text), weights, strict=False)
    return sum(int(one) * int(weight, 36) for one, weight in pairs) % modulus


def mod_97(text: str) -> bool:
    """Return whether a text satisfies ISO 7064 MOD 97-10 as an IBAN does."""
    turned = text[4:] + text[:4]
    try:
        return int("".join(str(int(one, 36)) for one in turned)) % 97 == 1
    except ValueError:
        return False


def routing(text: str) -> bool:
    """Return whether nine digits are an ABA routing number."""
    bare = digits_of(text)
    prefix = int(bare[:2] or "99")
    is_given = prefix <= 12 or 21 <= prefix <= 32 or 61 <= prefix <= 72 or prefix == 80  # noqa: PLR2004 - as the ABA gives them
    return (
        len(bare) == len("371371371")
        and is_given
        and bare != "000000000"
        and weighted(bare, "371371371", 10) == 0
    )


_MULTIPLY = [
    "0123456789",
    "1234067895",
    "2340178956",
    "3401289567",
    "4012395678",
    "5987604321",
    "6598710432",
    "7659821043",
    "8765932104",
    "9876543210",
]
_PERMUTE = [
    "0123456789",
    "1576283094",
    "5803796142",
    "8916043527",
    "9453126870",
    "4286573901",
    "2793806415",
    "7046913258",
]


def verhoeff(text: str) -> bool:
    """Return whether the digits of a text satisfy Verhoeff's formula."""
    found = 0
    for place, digit in enumerate(reversed(digits_of(text))):
        permuted = int(_PERMUTE[place % 8][int(digit)])
        found = int(_MULTIPLY[found][permuted])
    return found == 0


_IBAN_SIZES = {
    country: int(size)
    for size, countries in (
        pair.split(":")
        for pair in [
            "15:NO",
            "16:BE",
            "18:DK,FI,FO,GL,NL,SD,FK",
            "19:MK,SI",
            "20:AT,BA,EE,KZ,LT,LU,XK,MN",
            "21:CH,HR,LI,LV",
            "22:BG,BH,CR,DE,GB,GE,IE,ME,RS,VA",
            "23:AE,GI,IL,IQ,OM,SO,TL",
            "24:AD,CZ,ES,MD,PK,RO,SA,SE,SK,TN,VG",
            "25:LY,PT,ST",
            "26:IS,TR",
            "27:BI,DJ,FR,GR,IT,MC,MR,SM",
            "28:AL,AZ,BY,CY,DO,GT,HU,LB,NI,PL,SV",
            "29:BR,EG,PS,QA,UA",
            "30:JO,KW,MU,YE",
            "31:MT,SC",
            "32:LC",
            "33:RU",
        ]
    )
    for country in countries.split(",")
}


def iban(text: str) -> bool:
    """Return whether a text is an IBAN: a country's length, and MOD 97-10."""
    bare = "".join(text.split()).replace("-", "").upper()
    return len(bare) == _IBAN_SIZES.get(bare[:2]) and mod_97(bare)


def card(text: str) -> bool:
    """Return whether digits are of a card: issuer, length and Luhn's formula."""
    bare = digits_of(text)
    return _is_issued(bare) and len(set(bare)) > 1 and luhn(bare)


def _is_issued(bare: str) -> bool:
    head = int(bare[:4].ljust(4, "0"))
    return any(
        len(bare) in sizes and any(low <= head <= high for low, high in ranges)
        for sizes, ranges in _ISSUERS
    )


_ISSUERS = (
    ((13, 16, 19), ((4000, 4999),)),  # Visa
    ((16,), ((5100, 5599), (2221, 2720))),  # Mastercard
    ((15,), ((3400, 3499), (3700, 3799))),  # American Express
    ((14, 16), ((3000, 3059), (3095, 3095), (3600, 3699), (3800, 3999))),  # Diners
    ((16, 19), ((6011, 6011), (6440, 6599))),  # Discover
    ((16,), ((3528, 3589), (8171, 8171))),  # JCB
    ((16, 17, 18, 19), ((6200, 6299),)),  # UnionPay
    ((15,), ((1800, 1800), (2131, 2131))),  # JCB of old
    ((16,), ((2200, 2204), (6500, 6529), (9792, 9792))),  # Mir, RuPay, Troy
    ((12, 13, 14, 15, 16, 17, 18, 19), ((5018, 5018), (5020, 5020), (5038, 5038))),
    ((12, 13, 14, 15, 16, 17, 18, 19), ((5893, 5893), (6304, 6304), (6759, 6763))),
)
