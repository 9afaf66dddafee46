"""Where addresses are: own networks first, then a registry, and what that says."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.audit.addresses import address_of, seat
from ringfence.audit.places import (
    AT_ONCE,
    SERVICE,
    UNRESOLVED,
    UNSAID,
    Abroad,
    Iptocc,
    Mmdb,
    Place,
    Places,
    abroad,
)
from ringfence.boundary.model import Network
from ringfence.errors import SourceError


class Toy:
    """A registry that knows what it was given, and counts its calls."""

    name = "toy"
    version = "7"

    def __init__(self, known: dict[str, str]) -> None:
        self.known = known
        self.calls = 0

    def countries(self, addresses: Sequence[str]) -> list[str | None]:
        self.calls += 1
        return [self.known.get(address) for address in addresses]


TOY = Toy({"1.0.0.1": "CN", "8.8.8.8": "us", "2a00:1450::1": "IE", "9.9.9.9": "EU"})
BASIS = "registration country, toy 7"
NETWORKS = (
    Network("all", ("10.0.0.0/8",), "US"),
    Network("beijing", ("10.9.0.0/16", "2001:db8::/32"), "CN"),
    Network("lab", ("10.9.9.9",), "SG-01"),
    Network("vpn", ("198.51.100.0/24",), "CN", hides=True),
    Network("somewhere", ("192.168.0.0/16",)),
    Network("mapped", ("::ffff:172.16.0.0/108",), "JP"),
)
PLACES = Places(NETWORKS, TOY)


def place(word: str) -> Place:
    return PLACES.find([word])[word]


@pytest.mark.parametrize(
    ("word", "country", "name"),
    [
        ("10.1.1.1", "US", "all"),
        ("10.9.1.1", "CN", "beijing"),
        ("10.9.9.9", "SG", "lab"),
        ("10.9.9.9/32", "SG", "lab"),
        ("::ffff:10.9.1.1", "CN", "beijing"),
        ("2001:db8::7%eth0", "CN", "beijing"),
        ("172.31.0.1", "JP", "mapped"),
    ],
)
def test_the_narrowest_own_network_holds(word: str, country: str, name: str):
    """An own network is asked before any registry, the longest prefix first."""
    assert place(word) == Place(country, f"own network {name}")


@pytest.mark.parametrize(
    "word", ["1.0.0.1", "1.0.0.1:5432", "::ffff:1.0.0.1", "[::ffff:1.0.0.1]:5432"]
)
def test_a_registry_names_the_country(word: str):
    """However an address is written, the registry's country and name stand with it."""
    assert place(word) == Place("CN", BASIS)


def test_a_code_in_small_letters_is_the_same_country():
    """Registries write country codes in either case."""
    assert place("8.8.8.8").country == "US"


def test_who_comes_from_a_vpn_sits_nobody_knows_where():
    """An address of a network that hides says nothing of a country, and says so."""
    found = place("198.51.100.20")
    assert found == Place("", "hidden, own network vpn", hides=True)
    assert abroad({"x": found}, {"CN"}) == {"x": Abroad.FINE}


@pytest.mark.parametrize("word", ["", "  "])
def test_no_address_is_unsaid(word: str):
    """A log that names no address raises no question."""
    assert place(word) == UNSAID
    assert abroad({word: UNSAID}, {"CN"})[word] is Abroad.FINE


@pytest.mark.parametrize("word", ["AWS Internal", "s3.amazonaws.com"])
def test_the_clouds_own_service_is_fine(word: str):
    """The cloud acting for itself is told as that."""
    assert place(word) == SERVICE
    assert abroad({word: SERVICE}, {"CN"})[word] is Abroad.FINE


@pytest.mark.parametrize(
    "word",
    [
        "172.15.0.1",
        "127.0.0.1",
        "100.64.0.1",
        "fe80::1%en0",
        "240.0.0.1",
        "9.9.9.9",
        "3.3.3.3",
        "host.example",
        "evil.amazonaws.com.example",
        "AWS Internal 2",
        "1.2.3",
        "[::1",
        "1.0.0.1:99999999",
    ],
)
def test_what_no_one_can_place_is_unresolved(word: str):
    """Private, unallocated, regional and unreadable addresses stay unresolved."""
    assert place(word) == UNRESOLVED
    assert abroad({word: UNRESOLVED}, {"CN"})[word] is Abroad.UNRESOLVED


def test_an_own_network_of_unknown_place_is_unresolved():
    """Owning a network doesn't say where it is."""
    found = place("192.168.1.1")
    assert found == Place("", "own network somewhere", is_resolved=False)


def test_only_the_selectors_countries_are_abroad():
    """A country counts as abroad if the selector turns on it."""
    found = PLACES.find(["1.0.0.1", "8.8.8.8"])
    assert abroad(found, {"CN"}) == {"1.0.0.1": Abroad.ABROAD, "8.8.8.8": Abroad.FINE}
    assert set(abroad(found, ()).values()) == {Abroad.FINE}


def test_the_registry_is_asked_in_large_calls():
    """However many addresses there are, the registry is asked for many at once."""
    toy = Toy({})
    words = [str(IPv4Address(0x08000000 + n)) for n in range(AT_ONCE + 1)]
    assert len(Places((), toy).find(words)) == len(words)
    assert toy.calls == 2


@given(word=st.text() | st.ip_addresses().map(str))
def test_any_word_has_a_place(word: str):
    """Whatever a log writes has a place with a basis, and nothing is raised."""
    found = place(word)
    assert found.basis
    assert found.is_resolved or not found.hides


@given(address=st.ip_addresses(), port=st.integers(0, 65535))
def test_a_port_changes_nothing(address: IPv4Address | IPv6Address, port: int):
    """An address with a port is the address, in the notation of either version."""
    text = f"[{address}]" if address.version == 6 else str(address)
    assert address_of(f"{text}:{port}") == address_of(str(address))
    assert seat(f"{text}:{port}") == seat(str(address))


def test_the_default_registry_knows_registrations():
    """The registries' own lists name themselves and their version."""
    found = Places().find(["8.8.8.8", "2a00:1450::1", "203.0.113.7"])
    basis = f"registration country, iptocc {Iptocc().version}"
    assert found["8.8.8.8"] == Place("US", basis)
    assert found["2a00:1450::1"] == Place("IE", basis)
    assert found["203.0.113.7"] == UNRESOLVED


@pytest.mark.peer
@pytest.mark.parametrize(
    "name", ["GeoLite2-Country-Test.mmdb", "GeoIP2-Country-Test.mmdb"]
)
def test_a_country_database_of_ones_own_is_asked(name: str, peer_data: Path):
    """A database in MaxMind's format gives the country of registration."""
    registry = Mmdb(peer_data / "logs" / "mmdb" / name)
    # Addresses that its authors put there: in GB, registered in FR; and in Bhutan.
    found = Places((), registry).find(["2.125.160.216", "67.43.156.1", "4.4.4.4"])
    assert found["2.125.160.216"].country == "FR"
    assert found["67.43.156.1"].country == "RO"
    assert found["4.4.4.4"] == UNRESOLVED
    assert found["2.125.160.216"].basis.startswith(
        f"registration country, {name.removesuffix('-Test.mmdb')} ({name}) "
    )


@pytest.mark.parametrize("content", [b"", b"no database", None])
def test_a_broken_country_database_is_told(tmp_path: Path, content: bytes | None):
    """A file that is no country database, or isn't there, is an error that names it."""
    path = tmp_path / "own.mmdb"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SourceError, match=r"`own\.mmdb` can't be read"):
        Mmdb(path)
