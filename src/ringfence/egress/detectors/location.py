"""Where somebody is, within 1,000 metres: 28 CFR 202.242.

Two decimals of a latitude stand for 1.1 km at most, and so are within 1,000 m of the
place; one decimal is not. A geohash of six signs is within 0.61 km, one of five not.
"""

from __future__ import annotations

import re
import struct

from ringfence.egress.detectors.checks import each
from ringfence.egress.detectors.rules import EDGE, SAYS, Room, Rule, said

TAG = "LOCATION"
_LAT = r"[+\-]?[0-9]{1,2}\.[0-9]{2,15}"
_LON = r"[+\-]?[0-9]{1,3}\.[0-9]{1,15}"
_PAIRS = (
    r"[\[(]?(?:[+\-]?[0-9.]+(?:[eE]-?[0-9]+)?\s?[,;]\s?)*[+\-]?"
    r"[0-9]{1,3}\.[0-9]{4,15}\s?[,;]\s?[+\-]?[0-9]{1,3}\."
    r"[0-9]{4,15}(?:\s?[,;]\s?[+\-]?[0-9.]+)*[0-9A-Za-z%]*"
)
_DEGREES = (
    r"[0-9]{1,3}\s?[°º]\s?[0-9]{1,2}(?:\.[0-9]+)?\s?['\u{2032}\u{2019}]\s?"
    r"(?:[0-9]{1,2}(?:\.[0-9]+)?\s?(?:[\"″”]|'')\s?)?[NSEWO]"
    r"|[0-9]{1,3}\.[0-9]{2,}\s?[°º]\s?[NSEWO]"
)
_WORDS = (
    "gps|coords|coordinates|coordinate|location|geo|latlng|lat lng|lat lon|latlon"
    "|geolocation|position|lat long|geopoint|geo point|koordinaten|coordonnées|坐标"
)
_LATITUDE = "lat|latitude|breitengrad|纬度"
_E7 = "lat e7|latitude e7|late7|latitudee7"
_BASE32 = "0-9b-hjkmnp-zB-HJKMNP-Z"
_WKT = (
    r"(?i:POINT|LINESTRING|POLYGON|MULTIPOINT|MULTIPOLYGON"
    r"|MULTILINESTRING)(?i:\s*Z?M?)\s*\(+\s*"
)
_WKB_FOUND = (
    r"(?:01010000(?:00|[2Aa]0[Ee]6100000|[2Aa]0[0-9A-Fa-f]{8})"
    r"|00(?:00000001|20000001[0-9A-Fa-f]{8}))[0-9A-Fa-f]{32}"
)


def is_pair(text: str) -> bool:
    """Return whether a text holds one latitude and one longitude, in either order.

    More than two numbers are a vector of something; two between -1 and 1 are too.
    """
    numbers = re.findall(r"[+\-]?[0-9]+\.?[0-9]*(?:[eE]-?[0-9]+)?", text)
    if len(numbers) != 2 or text[-1].isalpha() or text[-1] == "%":  # noqa: PLR2004 - a pair
        return False
    one, other = (float(number) for number in numbers)
    return max(abs(one), abs(other)) > 1 and is_place(one, other)


def is_place(one: float, other: float) -> bool:
    """Return whether two numbers are a latitude and a longitude, in either order."""
    return min(abs(one), abs(other)) <= 90 and max(abs(one), abs(other)) <= 180  # noqa: PLR2004 - degrees


def is_told(text: str) -> bool:
    """Return whether numbers after a word for places are a place's, and fine."""
    numbers = re.findall(r"[+\-]?[0-9]+\.[0-9]+", text)
    fine = any(len(number.partition(".")[2]) > 1 for number in numbers)
    return len(numbers) > 1 and fine and is_place(float(numbers[0]), float(numbers[1]))


def is_latitude(text: str) -> bool:
    """Return whether a number after `lat` is a latitude."""
    return abs(float(text)) <= 90  # noqa: PLR2004 - degrees


def is_latitude_e7(text: str) -> bool:
    """Return whether a whole number is a latitude in ten-millionths of a degree."""
    return 10**5 <= abs(int(text)) <= 90 * 10**7


def is_point(text: str) -> bool:
    """Return whether hexadecimal signs are a point (WKB, EWKB) that isn't coarse."""
    try:
        order = "<" if text[:2] == "01" else ">"
        place = struct.unpack(f"{order}dd", bytes.fromhex(text[-32:]))
    except (ValueError, struct.error):
        return False
    is_fine = any(round(one, 1) != one for one in place)
    return abs(place[0]) <= 180 and abs(place[1]) <= 90 and is_fine  # noqa: PLR2004 - degrees


def is_geohash(text: str) -> bool:
    """Return whether signs are a geohash: with a digit and a letter among them."""
    return any(one.isdecimal() for one in text) or len(text) > 7  # noqa: PLR2004 - no word


def _is_code(text: str) -> bool:
    return text[0] in "23456789C"


ROOM = Room(
    r"\.[0-9]{4,}\s?[,;]\s?[+\-]?[0-9]{1,3}\.[0-9]{4}|[°º]"
    rf"|(?i:POINT|LINESTRING|POLYGON)(?i:\s*Z?M?)\s*\(|{_WKB_FOUND}"
    r"|geo:|/@|[?&](?:q|ll|center|query|daddr|saddr)="
    r"|[23456789CFGHJMPQRVWX]{8}\+[23456789CFGHJMPQRVWX]{2}|///",
    (
        Rule(TAG, rf"(?:^|[^0-9A-Za-z.+\-]){_PAIRS}", "", each(is_pair)),
        Rule(TAG, _DEGREES),
        Rule(TAG, rf"{_WKT}{_LON}\s+{_LAT}"),
        Rule(TAG, _WKB_FOUND, "", each(is_point)),
        Rule(
            TAG,
            rf"(?:geo:|/@|[?&](?:q|ll|center|query|daddr|saddr)=){_LAT}(?:,|%2C){_LON}",
            "",
            each(is_told),
        ),
        Rule(
            TAG,
            (
                r"(?:^|[^0-9A-Z])([2-9CFGHJMPQRVWX]{8}\+[2-9CFGHJMPQRVWX]{2,3})"
                r"(?:[^0-9A-Za-z]|$)"
            ),
            "([2-9CFGHJMPQRVWX]{8}[+])",
            each(_is_code),
        ),
        Rule(TAG, r"(?:^|[\s\"'(])///\p{Ll}{3,}\.\p{Ll}{3,}\.\p{Ll}{3,}"),
    ),
)
WORDED = (
    Rule(
        TAG,
        said(
            _WORDS,
            (
                r"(?:[\"']?(?:lat|lon|lng|latitude|longitude|x"
                rf"|y)[\"':= ]{{1,4}})?{_LON}[^0-9A-Za-z\n]{{1,6}}(?:(?:lat|lon"
                rf"|lng|latitude|longitude|x|y)[\"':= ]{{1,4}})?{_LON}(?:[0-9])*"
            ),
            r"[^0-9A-Za-z\n+\-]{0,6}(?:(?i:is|are|was|at)[^0-9A-Za-z\n+\-]{1,6}){0,2}",
        ),
        rf"({_LON}[^0-9\n]*{_LON})$",
        each(is_told),
    ),
    Rule(
        TAG,
        said(_LATITUDE, rf"{_LAT}", r"[\\\"'\s:=]{1,6}"),
        f"({_LAT})$",
        each(is_latitude),
    ),
    Rule(
        TAG, said(_E7, r"-?[0-9]{5,9}", SAYS), "(-?[0-9]{5,9})$", each(is_latitude_e7)
    ),
    Rule(
        TAG,
        said("geohash|geo hash", rf"[{_BASE32}]{{6,12}}{EDGE}"),
        f"([{_BASE32}]+)$",
        each(is_geohash),
    ),
)
GATES = f"{_WORDS}|{_LATITUDE}|{_E7}|geohash|geo hash"
