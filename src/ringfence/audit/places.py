"""Where an address is: one's own networks first, then the country of its registration.

An address says where a network is registered, never where somebody sits; whoever reads
a finding is told so. What can't be resolved stays unresolved, and is told as that.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from importlib.metadata import version
from pathlib import Path
from typing import Protocol

import iptocc

from ringfence.audit.addresses import Address, address_of, is_cloud_service
from ringfence.boundary.model import Network
from ringfence.errors import SourceError

AT_ONCE = 100_000  # addresses that a registry is asked for in one call
_COUNTRY = 2  # letters of a country's code
_REGIONS = frozenset(
    {"EU", "AP", "ZZ"}
)  # what registries say when they know no country
_V4 = 4
_MAPPED = 96  # bits before the IPv4 address in an IPv6 one (RFC 4291, 2.5.5.2)


class Abroad(IntEnum):
    """What an address says against somebody who isn't excluded as a person."""

    FINE = 0  # nothing: at home, unsaid, or hidden behind a network of one's own
    UNRESOLVED = 1  # nobody can say where it is
    ABROAD = 2  # in a country that the selector turns on


@dataclass(frozen=True, slots=True)
class Place:
    """Where an address is.

    Attributes:
        country: ISO 3166 code of the country; empty when it isn't known.
        basis: What says so, in words that stand in a finding.
        is_resolved: Whether the question is settled, be it without a country.
        hides: Whoever comes from there sits somewhere else: the country is doubtful.
    """

    country: str
    basis: str
    is_resolved: bool = True
    hides: bool = False


class Registry(Protocol):
    """Something that knows in which country an address is registered.

    Attributes:
        name: What findings call it.
        version: Which state of it was asked.
    """

    name: str
    version: str

    def countries(self, addresses: Sequence[str]) -> list[str | None]:
        """Return for each address its country's ISO code, None where it knows none."""
        ...


class Iptocc:
    """The internet registries' own lists of what they gave to whom, offline."""

    name = "iptocc"

    def __init__(self) -> None:
        self.version = version("iptocc")

    def countries(self, addresses: Sequence[str]) -> list[str | None]:
        """Return the country of registration of each address."""
        return iptocc.country_code(addresses)


class Mmdb:
    """A country database of one's own, in MaxMind's format.

    Raises:
        SourceError: It can't be read, or what reads it isn't installed.
    """

    def __init__(self, path: Path) -> None:
        try:
            import maxminddb  # noqa: PLC0415 - an extra; most never need it
        except ImportError as error:
            hint = "install `ringfence[mmdb]`"
            raise SourceError(
                "a country database needs `maxminddb`", hint=hint
            ) from error
        self._broken = (ValueError, maxminddb.InvalidDatabaseError)
        try:
            self._database = maxminddb.open_database(path)
        except (OSError, *self._broken) as error:
            message = f"`{path.name}` can't be read as a country database"
            raise SourceError(message) from error
        stated = self._database.metadata()
        self.name = f"{stated.database_type} ({path.name})"
        self.version = str(stated.build_epoch)
        self._is_narrow = stated.ip_version == _V4

    def countries(self, addresses: Sequence[str]) -> list[str | None]:
        """Return the country of registration, else the country, of each address."""
        try:
            return [self._country(address) for address in addresses]
        except self._broken as error:
            raise SourceError(f"{self.name} is broken inside") from error

    def _country(self, address: str) -> str | None:
        if self._is_narrow and ":" in address:
            return None  # the database knows IPv4 alone
        found = self._database.get(address)
        for key in ("registered_country", "country"):
            part = found.get(key) if isinstance(found, dict) else None
            code = part.get("iso_code") if isinstance(part, dict) else None
            if isinstance(code, str):
                return code
        return None


UNSAID = Place("", "unsaid")
SERVICE = Place("", "service of the cloud")
UNRESOLVED = Place("", "unresolved", is_resolved=False)


class Places:
    """Finds where addresses are.

    Attributes:
        registry: What is asked for addresses outside one's own networks.
    """

    def __init__(
        self, networks: Iterable[Network] = (), registry: Registry | None = None
    ) -> None:
        self.registry = registry or Iptocc()
        self._own = _Own(networks)

    def find(self, words: Collection[str]) -> dict[str, Place]:
        """Return the place of each address as a log writes it."""
        found: dict[str, Place] = {}
        asked: dict[str, Address] = {}
        for word in words:
            place = self._without_registry(word)
            if isinstance(place, Place):
                found[word] = place
            else:
                asked[word] = place
        waiting = list(asked.items())
        for start in range(0, len(waiting), AT_ONCE):
            found.update(self._ask(waiting[start : start + AT_ONCE]))
        return found

    def _without_registry(self, word: str) -> Place | Address:
        if not word.strip():
            return UNSAID
        address = address_of(word)
        if address is None:
            return SERVICE if is_cloud_service(word) else UNRESOLVED
        network = self._own.network(address)
        if network is None:
            return address if address.is_global else UNRESOLVED
        basis = f"own network {network.name}"
        country = network.place.partition("-")[0]
        if network.hides:
            return Place("", f"hidden, {basis}", hides=True)
        # An own network of which nobody says where it is settles nothing.
        return Place(country, basis, is_resolved=country != "")

    def _ask(self, asked: list[tuple[str, Address]]) -> Iterable[tuple[str, Place]]:
        registry = self.registry
        basis = f"registration country, {registry.name} {registry.version}"
        codes = registry.countries([str(address) for _, address in asked])
        for (word, _), code in zip(asked, codes, strict=True):
            country = (code or "").upper()
            is_known = len(country) == _COUNTRY and country not in _REGIONS
            yield word, Place(country, basis) if is_known else UNRESOLVED


class _Own:
    """One's own networks, by length of their prefix: the longest that fits holds."""

    def __init__(self, networks: Iterable[Network]) -> None:
        self._by_length: dict[tuple[int, int], dict[int, Network]] = {}
        for network in networks:
            for text in network.addresses:
                self._add(network, text)

    def _add(self, network: Network, text: str) -> None:
        mask = ipaddress.ip_network(text, strict=False)
        inside = address_of(str(mask.network_address))
        length = mask.prefixlen
        base = mask.network_address
        if inside is not None and inside.version != mask.version and length >= _MAPPED:
            base, length = inside, length - _MAPPED
        at = self._by_length.setdefault((base.version, length), {})
        at.setdefault(int(base) >> (base.max_prefixlen - length), network)

    def network(self, address: Address) -> Network | None:
        """Return the narrowest network that has an address."""
        for version_, length in sorted(self._by_length, reverse=True):
            if version_ != address.version:
                continue
            key = int(address) >> (address.max_prefixlen - length)
            found = self._by_length[version_, length].get(key)
            if found is not None:
                return found
        return None


def abroad(
    places: Mapping[str, Place], countries: Collection[str]
) -> dict[str, Abroad]:
    """Return what each address says, for a selector that turns on some countries."""
    return {word: _status(place, countries) for word, place in places.items()}


def _status(place: Place, countries: Collection[str]) -> Abroad:
    if place.country in countries and place.country:
        return Abroad.ABROAD
    return Abroad.FINE if place.is_resolved else Abroad.UNRESOLVED
