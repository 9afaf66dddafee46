"""What an address of a log is, once the ways of writing it are taken away.

One machine is written in many ways: with a port, in brackets, with a zone, as IPv4 in
IPv6 (RFC 4291, 2.5.5.2). Two logs are compared by the plain form alone.
"""

from __future__ import annotations

import ipaddress
import re

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_BRACKETS = re.compile(r"\[([^\]]*)\](?::\d{1,5})?\Z", re.ASCII)
_PORT = re.compile(r"([0-9.]+):\d{1,5}\Z", re.ASCII)
_SERVICE = re.compile(
    r"(aws internal|[a-z0-9.-]+\.amazonaws\.com(\.cn)?)\Z", re.IGNORECASE
)
_HERE = frozenset({"[local]", "localhost", "local"})


def address_of(word: str) -> Address | None:
    """Return the IP address that a log's word writes, None if it writes none."""
    text = word.strip()
    for form in (_BRACKETS, _PORT):
        if found := form.match(text):
            text = found[1]
            break
    text = text.removesuffix("/32") if "." in text else text.removesuffix("/128")
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address


def is_cloud_service(word: str) -> bool:
    """Return whether a word is the cloud's name for a service of its own."""
    return _SERVICE.match(word.strip()) is not None


def seat(word: str) -> str:
    """Return what an address calls one machine by; empty if it is no such thing.

    A machine's own loopback is everywhere, a socket of the database's host nowhere, and
    a service of the cloud has no seat: none of them can tell who sat there.
    """
    text = word.strip()
    address = address_of(text)
    if address is not None:
        nowhere = address.is_loopback or address.is_unspecified
        return "" if nowhere else str(address)
    return "" if text.lower() in _HERE or is_cloud_service(text) else text.lower()
