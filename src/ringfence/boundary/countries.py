"""Countries and places: ISO 3166-1 alpha-2 codes, and subdivisions like `US-VA`.

Which countries matter is never said in code: boundaries and regimes name them.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cache
from importlib.resources import files

import iso3166

from ringfence.documents.located import Reader
from ringfence.documents.yaml import read_yaml
from ringfence.errors import Locus

_PLACE = re.compile(r"([A-Z]{2})(-[A-Z0-9]{1,3})?", re.ASCII)
_GROUPS = "groups of countries are listed by `ringfence boundary countries`"


def is_country(code: str) -> bool:
    """Return whether ISO 3166-1 lists the code, as it is written."""
    return code in iso3166.countries_by_alpha2


def name_of(code: str) -> str:
    """Return the short name of a country; of an unknown code, the code."""
    known = iso3166.countries_by_alpha2.get(code)
    return known.apolitical_name if known else code


def is_place(text: str) -> bool:
    """Return whether this is a country, or a subdivision written `US-VA`."""
    found = _PLACE.fullmatch(text)
    return found is not None and is_country(found[1])


def country_of(place: str) -> str:
    """Return the country that a place is in."""
    return place.partition("-")[0]


def is_permitted(place: str, permitted: Collection[str]) -> bool:
    """Return whether a place, or the whole country that it is in, is permitted."""
    return place in permitted or country_of(place) in permitted


def remedy(written: str) -> str:
    """Return the hint for a country that isn't written as ISO 3166-1 has it."""
    code = _meant(written)
    return f"ISO 3166 says `{code}`; {_GROUPS}" if code else _GROUPS


def read_place(reader: Reader, text: str, at: Locus) -> str | None:
    """Return a place, or note what is wrong with it."""
    if is_place(text):
        return text
    country, dash, rest = text.partition("-")
    if dash and is_country(country):
        hint = f"write the subdivision as ISO 3166-2 does, `{country}-{rest.upper()}`"
        reader.note(f"unknown place `{text}`", at, hint)
        return None
    reader.note(f"unknown country `{text}`", at, remedy(text))
    return None


def _meant(written: str) -> str | None:
    """Return the code of a country by its name, another code, or its own in lower case.

    Nothing is guessed from likeness: a hint must not move data into another country.
    """
    text = written.strip().upper()
    known = (
        iso3166.countries_by_alpha2.get(text)
        or iso3166.countries_by_alpha3.get(text)
        or iso3166.countries_by_apolitical_name.get(text)
        or iso3166.countries_by_name.get(text)
    )
    return known.alpha2 if known else _written().get(text)


@cache
def _written() -> dict[str, str]:
    content = (files("ringfence.boundary") / "codes.yaml").read_text("utf-8")
    table = read_yaml(content, "codes.yaml").get("written")
    reader = Reader()
    return {
        key: value.text() for key, value in reader.entries(table, "written").items()
    }
