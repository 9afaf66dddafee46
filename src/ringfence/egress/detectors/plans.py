"""Numbering plans of all countries, as `phonenumbers` holds them: data of its wheel.

A plan says how a country groups the digits of its numbers, and which numbers it gives.
Asked here is the other way round: which countries group so, and does any give this one?
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import phonenumbers

Shape = tuple[int, ...]
_KINDS = [
    "fixed_line",
    "mobile",
    "toll_free",
    "premium_rate",
    "shared_cost",
    "personal_number",
    "voip",
    "uan",
    "pager",
]


class Way(NamedTuple):
    """A way in which a country groups numbers."""

    trunk: int  # digits of the trunk prefix before the number
    leading: re.Pattern[str] | None
    given: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Plans:
    """Every country's plan.

    Attributes:
        shapes: By the sizes of groups, the trunk prefix with the first.
        sizes: How many digits a number has, by calling code.
        given: The numbers of a country, by the name of its region.
    """

    shapes: dict[Shape, list[Way]]
    sizes: dict[str, frozenset[int]]
    given: dict[str, tuple[str, re.Pattern[str]]]

    def are_grouped(self, groups: list[str]) -> bool:
        """Return whether a country groups a number so, and gives it."""
        digits = "".join(groups)
        for way in self.shapes.get(tuple(map(len, groups)), ()):
            own = digits[way.trunk :]
            if (way.leading is None or way.leading.match(own)) and way.given.fullmatch(
                own
            ):
                return True
        return False

    def is_given(self, digits: str) -> bool:
        """Return whether any country gives a number, with its trunk prefix or not."""
        return any(
            given.fullmatch(digits)
            or (
                trunk
                and digits.startswith(trunk)
                and given.fullmatch(digits[len(trunk) :])
            )
            for trunk, given in self.given.values()
        )

    def is_possible(self, digits: str) -> bool:
        """Return whether digits are a calling code and as many as its numbers have."""
        return any(
            len(digits) - end in self.sizes.get(digits[:end], ()) for end in (1, 2, 3)
        )


@cache
def plans() -> Plans:
    """Return the plans; read once, from files of the installed package."""
    shapes: dict[Shape, list[Way]] = {}
    given: dict[str, tuple[str, re.Pattern[str]]] = {}
    sizes = {
        str(code): _sizes(regions)
        for code, regions in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items()
    }
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        plan = phonenumbers.PhoneMetadata.metadata_for_region(region)
        if plan is None or plan.general_desc is None:
            continue
        pattern = _given(plan)
        trunk = plan.national_prefix or ""
        given[region] = trunk, pattern
        main = phonenumbers.PhoneMetadata.metadata_for_region(
            phonenumbers.region_code_for_country_code(plan.country_code or 0)
        )
        for form in (main or plan).number_format:
            for way, shape in _ways(form, trunk, pattern):
                shapes.setdefault(shape, []).append(way)
    return Plans(shapes, sizes, given)


def _sizes(regions: tuple[str, ...]) -> frozenset[int]:
    found: set[int] = set()
    for region in regions:
        plan = phonenumbers.PhoneMetadata.metadata_for_region(region)
        if plan is not None and plan.general_desc is not None:
            found.update(plan.general_desc.possible_length)
    return frozenset(size for size in found if size > 0)


def _given(plan: phonenumbers.PhoneMetadata) -> re.Pattern[str]:
    kinds = [getattr(plan, kind) for kind in _KINDS]
    parts = [
        kind.national_number_pattern
        for kind in kinds
        if kind is not None and kind.national_number_pattern
    ]
    return re.compile("|".join(dict.fromkeys(parts)) or "(?!)")


def _ways(
    form: phonenumbers.NumberFormat, trunk: str, given: re.Pattern[str]
) -> list[tuple[Way, Shape]]:
    """Return the ways of one format: with the trunk prefix, apart from it, without."""
    leading = form.leading_digits_pattern
    first = re.compile(leading[-1]) if leading else None
    widths = [
        range(int(low or 1), int(high or low or 1) + 1)
        for low, high in re.findall(
            r"\(\\d(?:\{([0-9]+)(?:,([0-9]+))?\})?\)", form.pattern or ""
        )
    ]
    found = []
    for shape in itertools.product(*widths):
        found.append((Way(0, first, given), shape))
        if trunk and shape:
            way = Way(len(trunk), first, given)
            found.append((way, (shape[0] + len(trunk), *shape[1:])))
            found.append((way, (len(trunk), *shape)))
    return found
