"""Codes that sources state: countries and their parts (ISO 3166), yes and no.

A code that doesn't exist is a problem, never a country that nobody is excluded by. The
hint names the code that was probably meant; it is worked out from the published list,
so that no country is singled out here.
"""

from __future__ import annotations

import re

from iso3166 import Country, countries_by_alpha2, countries_by_alpha3

from ringfence.documents.located import Reader
from ringfence.errors import Locus

_PLACE = re.compile(r"([A-Za-z]{2})(-[A-Za-z0-9]{1,3})?")
_YES_NO = {
    "yes": "yes",
    "true": "yes",
    "1": "yes",
    "no": "no",
    "false": "no",
    "0": "no",
}


def country_code(text: str) -> str | None:
    """Return the ISO 3166-1 alpha-2 code that `text` is, in capitals, or None."""
    code = text.strip()
    known = code.isascii() and code.upper() in countries_by_alpha2
    return code.upper() if known else None


def country(reader: Reader, text: str, at: Locus, what: str) -> str | None:
    """Return a country code; note a problem where there is none."""
    code = country_code(text)
    if code is None:
        reader.note(f"{what} `{text}` is no country code", at, country_hint(text))
    return code


def place(reader: Reader, text: str, at: Locus, what: str = "place") -> str | None:
    """Return a country code, alone or with a subdivision (ISO 3166-2), in capitals."""
    code = text.strip().upper()
    found = _PLACE.fullmatch(code)
    if found and found[1] in countries_by_alpha2:
        return code
    hint = country_hint(found[1] if found else text)
    reader.note(f"{what} `{text}` is no country or subdivision code", at, hint)
    return None


def country_hint(text: str) -> str:
    """Return a hint that names the code which `text` probably stands for."""
    word = " ".join(text.split()).upper()
    meant = _meant(word) if word else None
    if meant is None:
        return "write the two-letter code of ISO 3166-1"
    return f"did you mean `{meant.alpha2}` ({meant.apolitical_name})?"


def _meant(word: str) -> Country | None:
    if word in countries_by_alpha3:
        return countries_by_alpha3[word]
    listed = sorted(countries_by_alpha2.values(), key=lambda found: len(found.name))
    tests = (
        lambda names, _: word in names,
        lambda names, _: any(name.startswith(word) for name in names),
        lambda _, initials: initials.startswith(word),
    )
    # Two letters begin too many names; as initials they say more.
    for test in tests if len(word) > 2 else tests[2:]:  # noqa: PLR2004
        for listing in listed:
            names = (listing.name.upper(), listing.apolitical_name.upper())
            if test(names, _initials(listing.apolitical_name)):
                return listing
    return None


def _initials(name: str) -> str:
    return "".join(word[0] for word in name.split() if word[0].isupper())


def yes_no(reader: Reader, text: str, at: Locus, what: str) -> str | None:
    """Return `yes` or `no` for the usual ways to write them."""
    answer = _YES_NO.get(text.strip().lower())
    if answer is None:
        reader.note(f"{what} `{text}` is neither yes nor no", at, "write `yes` or `no`")
    return answer
