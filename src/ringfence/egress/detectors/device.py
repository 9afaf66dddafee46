"""Devices, advertising ids, networks and cookies: 28 CFR 202.234(c), (e), (g)."""

from __future__ import annotations

import ipaddress
import re

from ringfence.egress.detectors.checks import digits_of, each, luhn
from ringfence.egress.detectors.rules import (
    EDGE,
    LEAD,
    OVER,
    SAYS,
    Room,
    Rule,
    said,
    words,
)

DEVICE = "DEVICE_ID"
ADVERTISING = "ADVERTISING_ID"
IP = "IP"
COOKIE = "COOKIE"
_LOW = 20
_VERSIONED = re.compile(
    r"(?:\bv|\bver|version|versions|release|build|firmware|rev|revision|driver|"
    r"update|upgrade|section|chapter|clause|oid|§)[\s:=#.]*(?:(?:to|from|is)\s)?\W?$",
    re.IGNORECASE,
)
_NETWORKED = re.compile(
    r"(?:ip|ipv4|addr|address|host|server|client|remote|from|peer|src|dst|gateway|dns|"
    r"ping|subnet|network)[\"'\s_:=\-(\[]*$",
    re.IGNORECASE,
)
_BEFORE = r"(?:[A-Za-z§][A-Za-z.]{0,12}[\"'\s:=#_\-(\[]{0,4}){0,2}"
_V4 = r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}"
_V4_FOUND = (
    rf"{_BEFORE}(?:^|[^0-9A-Za-z.+/]|//|[vV]){_V4}(?:/[0-9]{{1,2}}"
    r"|:[0-9]{1,5})?(?:[.\-_]?[0-9A-Za-z])*"
)
_V4_PARTS = re.compile(
    rf"(|.*[^0-9A-Za-z.+]|.*[vV])({_V4})(?:/(?:[0-9]|[12][0-9]|3[0-2])|:[0-9]{{1,5}})?",
    re.DOTALL,
)
_V6 = r"[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?:(?:\.[0-9]{1,3}){3})?"
_MAC = r"[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5}|[0-9A-Fa-f]{2}(?:-[0-9A-Fa-f]{2}){5}"
_DOTTED = r"[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}"
_UUID = r"[0-9A-Fa-f]{8}-?(?:[0-9A-Fa-f]{4}-?){3}[0-9A-Fa-f]{12}"
_GROUPED = r"[0-9]{2}[ \-][0-9]{6}[ \-][0-9]{6}[ \-][0-9]"
_SIM = r"89[0-9]{2}(?:[ \-]?[0-9]{4}){3}[ \-]?[0-9]{2,4}[Ff]?"
_ADVERTISED = (
    "idfa|gaid|aaid|adid|ad id|advertising id|advertiser id|advertising identifier"
    "|rdid|maid|ifa|google advertising id|apple advertising id|oaid|advertisingid"
)
_DEVICES = (
    "device id|deviceid|android id|androidid|udid|hardware id|idfv|install id"
    "|installation id|serial number|serial no|meid|device serial|machine id"
)
_COOKIES = (
    r"_ga|_gid|_fbp|_fbc|jsessionid|phpsessid|asp.net_sessionid|connect.sid|session_id"
    "|sessionid|sessid|session_token|sid|cookie_id|tracking_id|visitor_id|client_id"
)


def is_v4(found: str) -> bool:
    """Return whether what was found is an address, and no version number.

    Args:
        found: The address, with up to two words before it.
    """
    parts = _V4_PARTS.fullmatch(found)
    if parts is None:
        return False
    before, text = parts.groups()
    if _VERSIONED.search(before) or not _is_address(text):
        return False
    low = all(int(one) <= _LOW for one in text.split(".")) and text[:3] != "10."
    return not low or _NETWORKED.search(before) is not None


def _is_address(text: str) -> bool:
    """Return whether an address may be somebody's: not none, self, all or a mask."""
    try:
        one = ipaddress.ip_address(text)
    except ValueError:
        return False
    if isinstance(one, ipaddress.IPv4Address):
        return not (one.packed[0] in {0, 255} or text == "127.0.0.1")
    return not (one.is_loopback or one.is_unspecified)


def is_v6(text: str) -> bool:
    """Return whether a text is an address of version 6, and no time and no code.

    `::` inside of a word of code (`std::a`) doesn't come here; `1::2` needs a group of
    three signs, as every address that is given to somebody has.
    """
    return re.search("[0-9A-Fa-f]{3}", text) is not None and _is_address(text)


def is_mac(text: str) -> bool:
    """Return whether an address of hardware may be a device's."""
    bare = re.sub(r"[:.\-]", "", text).lower()
    return (
        len(set(bare)) > 2  # noqa: PLR2004 - a filler
        and bare not in {"001122334455", "123456789012"}
        and not int(bare[1], 16) & 1  # to a group, and no device
        and (not bare.isdecimal() or ":" in text)
    )


def is_imei(text: str) -> bool:
    """Return whether 15 digits are an IMEI, or 16 an IMEISV, or 14 one unchecked."""
    bare = digits_of(text)
    if len(set(bare)) <= 2:  # noqa: PLR2004 - a filler
        return False
    return len(bare) != 15 or luhn(bare)  # noqa: PLR2004 - the length of one


def is_sim(text: str) -> bool:
    """Return whether a number is of a SIM card (ITU-T E.118)."""
    bare = digits_of(text)
    return luhn(bare) or (len(bare) == 20 and luhn(bare[:19]))  # noqa: PLR2004 - 19 and a check


def _is_uuid(text: str) -> bool:
    return len(set(text) - {"-"}) > 2  # noqa: PLR2004 - the zeros of who opted out


ROOM = Room(
    r"[0-9]\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]|:[0-9A-Fa-f]{0,4}:"
    r"|[0-9]{6}[ \-][0-9]{6}[ \-][0-9]"
    r"|(?:[0-9A-Fa-f]{2}-){5}|[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}"
    r"|GA1\.|fb\.[0-9]\.",
    (
        Rule(IP, _V4_FOUND, r"(?s)^(.*)$", each(is_v4)),
        Rule(
            IP,
            rf"(?:^|[^0-9A-Za-z:._\-]){_V6}(?:[.:]*[0-9A-Za-z_])*",
            rf"^[^0-9A-Fa-f:]?({_V6})$",
            each(is_v6),
        ),
        Rule(
            DEVICE,
            rf"(?:^|[^0-9A-Za-z:.\-])(?:{_MAC}|{_DOTTED})(?:[:.\-]?[0-9A-Za-z])*",
            rf"^[^0-9A-Fa-f]?({_MAC}|{_DOTTED})$",
            each(is_mac),
        ),
        Rule(
            DEVICE, rf"{LEAD}{_GROUPED}{OVER}", rf"^[^0-9]?({_GROUPED})$", each(is_imei)
        ),
        Rule(
            COOKIE,
            r"GA1\.[0-9]\.[0-9]{5,}\.[0-9]{9,}|fb\.[0-9]\.[0-9]{10,13}\.[0-9]{5,}",
        ),
    ),
)
WORDED = (
    Rule(
        DEVICE,
        said("imei|imeisv|imei1|imei2", rf"[0-9](?:[ \-/]?[0-9]){{13,15}}{EDGE}"),
        r"([0-9][0-9 \-/]+)$",
        each(is_imei),
    ),
    Rule(
        DEVICE,
        said("iccid|sim|sim card|sim number|sim serial", f"{_SIM}{EDGE}"),
        f"({_SIM})$",
        each(is_sim),
    ),
    Rule(DEVICE, said("imsi", rf"[2-79][0-9]{{13,14}}{EDGE}")),
    Rule(
        ADVERTISING, said(_ADVERTISED, f"{_UUID}{EDGE}"), f"({_UUID})$", each(_is_uuid)
    ),
    Rule(DEVICE, said(_DEVICES, rf"(?:{_UUID}|[0-9A-Fa-f]{{16,40}}){EDGE}")),
    Rule(
        DEVICE,
        said(
            "serial number|serial no|device serial",
            rf"[A-Z0-9]*[0-9][A-Z0-9]{{6,}}{EDGE}",
        ),
    ),
    Rule(
        COOKIE,
        r"(?i:set-cookie|cookie)[\"']?\s?:\s?[\"']?[A-Za-z0-9_.\-]+=[^\s;,\"']{4,}",
    ),
    Rule(COOKIE, rf"(?:^|[^A-Za-z0-9]){words(_COOKIES)}{SAYS}[A-Za-z0-9_.%\-]{{12,}}"),
)
GATES = f"imei|iccid|sim|imsi|{_ADVERTISED}|{_DEVICES}|cookie|{_COOKIES}"
