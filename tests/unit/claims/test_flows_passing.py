"""Bytes that a network saw, held against the gateway and what is inside."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.boundary.channels import Channel
from ringfence.boundary.model import Network
from ringfence.boundary.status import Status
from ringfence.claims.case import Case
from ringfence.claims.flow import Door, Finding, Flow, Flows, Passing
from ringfence.claims.flows import flows
from ringfence.claims.flows_addressed import Owners
from ringfence.claims.released import Releases
from ringfence.errors import ConfigError, ExitCode
from ringfence.estate.facts import Fact
from ringfence.report import flows_text
from ringfence.report.answering import Screen
from tests.estates import attribute, edge
from tests.unit.claims.test_flows import SG, TABLE, channel, made, told_of

HEADER = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets"
    " bytes start end action log-status"
)
STORE, GATEWAY, ABROAD = "10.0.1.4", "10.0.9.10", "203.0.113.20"
WORLD = "1.1.1.1"
ADDRESSES = """
logs: ["*.log"]
addresses:
  store:w: [10.0.1.0/24]
  store:sg: 203.0.113.16/28
gateway: [10.0.9.10]
inside: [10.0.0.0/8]
"""


def line(sender: str, receiver: str, size: int = 100) -> str:
    """Return a line of a log."""
    rest = f"443 5 6 3 {size} 1600000000 1600000060 ACCEPT OK"
    return f"2 1234 eni-1 {sender} {receiver} {rest}"


def passed(
    folder: Path,
    *lines: str,
    addresses: str = ADDRESSES,
    facts: Iterable[Fact] = (),
    channels: Iterable[Channel] = (),
    told: Releases | None = None,
    **more: Any,
) -> Flows:
    """Return the flows of a case with a log."""
    (folder / "a.log").write_text("\n".join((HEADER, *lines)))
    (folder / "traffic.yaml").write_text(addresses)
    case: Case = made(folder, facts, *channels, **more)
    given = told or Releases()
    return flows(case, given, addresses=folder / "traffic.yaml")


def sent(found: Flows) -> list[Flow]:
    """Return what a network saw."""
    return [one for one in found.found if one.door is Door.SENT]


def counts(found: Flows) -> Passing:
    """Return what became of the lines, which add up."""
    one = found.passing
    assert one is not None
    parts = (one.refused, one.empty, one.skipped, one.malformed, one.others)
    assert one.read == sum(parts) + one.gateway + one.inside + one.out
    return one


def test_bytes_to_outside_are_a_finding(tmp_path: Path):
    """A store of protected data that sends to outside is told, with all of it summed."""
    found = passed(tmp_path, line(STORE, WORLD), line("10.0.1.5", WORLD, 50))
    (one,) = sent(found)
    assert (one.by, one.end, one.data) == ("store:w", f"address:{WORLD}", (TABLE,))
    assert (one.bytes, one.lines, one.finding) == (150, 2, Finding.UNDECLARED)
    assert one.status is Status.YES
    assert one.registered.startswith("AU (registration country, iptocc ")
    assert (one.first, one.last) == ("2020-09-13T12:26:40Z", "2020-09-13T12:27:40Z")
    assert counts(found) == Passing(files=1, read=2, out=2)
    assert flows_text.exit_code(found) is ExitCode.REFUTED


@pytest.mark.parametrize(
    ("sender", "receiver", "what"),
    [
        (STORE, GATEWAY, "gateway"),
        (GATEWAY, WORLD, "gateway"),
        (STORE, "10.7.7.7", "inside"),
        (STORE, "10.0.1.9", "inside"),
        ("10.7.7.7", WORLD, "others"),
        (WORLD, STORE, "others"),
        (ABROAD, WORLD, "others"),  # nothing protected is known to lie there
    ],
)
def test_what_goes_by_the_gateway_or_stays_is_counted(
    tmp_path: Path, sender: str, receiver: str, what: str
):
    """The gateway's flows, those inside, and those of others are no finding."""
    found = passed(tmp_path, line(sender, receiver))
    assert sent(found) == []
    assert counts(found) == Passing(files=1, read=1, **{what: 1})
    assert flows_text.exit_code(found) is ExitCode.ALL_UPHELD


@pytest.mark.parametrize(
    ("receiver", "network", "finding"),
    [
        ("192.168.1.1", None, Finding.UNTOLD),  # private, and nobody says whose
        ("224.0.0.5", None, Finding.UNTOLD),
        (WORLD, Network("lab", (f"{WORLD}/32",), "SG"), Finding.UNDECLARED),
        (WORLD, Network("vpn", (f"{WORLD}/32",), "US", hides=True), Finding.UNTOLD),
        (WORLD, Network("some", (f"{WORLD}/32",)), Finding.UNTOLD),
        (WORLD, Network("home", ("1.1.0.0/16",), "US"), None),
        (ABROAD, None, Finding.UNDECLARED),  # of a store that is abroad
    ],
)
def test_where_an_address_is_says_what_its_bytes_are(
    tmp_path: Path, receiver: str, network: Network | None, finding: Finding | None
):
    """Networks of the boundary and nodes have places; what nobody knows isn't told."""
    networks = () if network is None else (network,)
    found = passed(tmp_path, line(STORE, receiver), networks=networks)
    assert [one.finding for one in sent(found)] == ([finding] if finding else [])
    assert counts(found).read == 1


def test_a_declared_end_is_no_excuse(tmp_path: Path):
    """What a channel declares goes round the exit if it doesn't go by the gateway."""
    found = passed(
        tmp_path, line(STORE, ABROAD), channels=[channel()], told=told_of("out")
    )
    (one,) = sent(found)
    assert (one.channel, one.finding) == ("out", Finding.ROUND)
    assert flows_text.exit_code(found) is ExitCode.REFUTED


def test_whoever_reads_protected_data_sends_it_too(tmp_path: Path):
    """A host that may read protected data is asked as its store is."""
    facts = (
        attribute("host:app", "place", "US"),
        edge("host:app", "has_privilege", TABLE, verb="read"),
        edge("host:mist", "has_privilege", TABLE, verb="read", unknown="not read"),
    )
    hosts = "  host:app: 10.0.2.2\n  host:mist: 10.0.2.3\n  store:sg"
    more = ADDRESSES.replace("  store:sg", hosts)
    lines = line("10.0.2.2", WORLD), line("10.0.2.3", WORLD)
    found = passed(tmp_path, *lines, addresses=more, facts=facts)
    assert {one.by: (one.data, one.finding) for one in sent(found)} == {
        "host:app": ((TABLE,), Finding.UNDECLARED),
        "host:mist": ((TABLE,), Finding.UNTOLD),
    }
    assert counts(found).out == 2


def test_what_isnt_known_is_told(tmp_path: Path):
    """Flows that weren't logged, lines that can't be read, stores without addresses."""
    lost = "2 1234 eni-1 - - - - - - - 1600000000 1600000060 - SKIPDATA"
    more = ADDRESSES.replace("store:w: [10.0.1.0/24]", "store:sg: [10.3.0.0/24]")
    more = more.replace("  store:sg: 203.0.113.16/28\n", "")
    found = passed(tmp_path, lost, lost, "?", addresses=more)
    text = "\n".join(found.gaps)
    assert "2 lines of the network's logs: flows weren't logged (SKIPDATA)" in text
    assert "1 line of the network's logs can't be read" in text
    assert "no address is listed of 1 store with protected data: store:w" in text
    assert counts(found) == Passing(files=1, read=3, skipped=2, malformed=1)
    assert flows_text.exit_code(found) is ExitCode.UNPROVEN
    none = passed(tmp_path)
    assert "the network's logs tell of nothing" in none.gaps


def test_logs_that_cant_be_read_are_named(tmp_path: Path):
    """A few of them by name, the others by their number."""
    for number in range(7):
        (tmp_path / f"{number}.log").write_text("?")
    found = passed(tmp_path, line(STORE, GATEWAY))
    told = [one for one in found.gaps if "can't be read on" in one]
    assert len(told) == 6
    assert told[-1] == "2 more logs can't be read on"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("store:w:", "store:unheard:", "no fact tells of `store:unheard`"),
        ("10.0.9.10", "10.0.9.0/8", "is no network of addresses"),
        ("10.0.0.0/8", "10.0.1.0/24", "is listed twice: of `store:w`, too"),
        ("*.log", "*.gone", "no file is called `*.gone`"),
        ("*.log", "**.log", "no file is called `**.log`"),
        ("gateway: [10.0.9.10]", "", "needs `gateway`"),
        ("inside", "within", "has no `within`"),
    ],
)
def test_what_is_wrong_with_the_file_is_told(
    tmp_path: Path, old: str, new: str, said: str
):
    """Each mistake is told with its place."""
    with pytest.raises(ConfigError) as caught:
        passed(tmp_path, addresses=ADDRESSES.replace(old, new))
    assert said in str(caught.value)
    assert "traffic.yaml:" in str(caught.value)


def test_a_log_that_is_named_twice_is_read_once(tmp_path: Path):
    """By its name, and by a pattern that fits it."""
    twice = ADDRESSES.replace('["*.log"]', '["*.log", "a.log"]')
    found = passed(tmp_path, line(STORE, GATEWAY), addresses=twice)
    assert counts(found).read == 1


def test_a_store_that_nothing_is_said_of_sends_nothing_protected(tmp_path: Path):
    """It stands in no edge: what it sends is nobody's."""
    addresses = ADDRESSES.replace("store:sg:", "store:lonely: 10.0.7.0/24\n  store:sg:")
    facts = [attribute("store:lonely", "label", "nobody's")]
    lines = [line("10.0.7.3", WORLD)]
    found = passed(tmp_path, *lines, addresses=addresses, facts=facts)
    assert sent(found) == []
    assert counts(found).others == 1


def test_the_narrowest_network_holds(tmp_path: Path):
    """A gateway within a store's network is the gateway."""
    more = ADDRESSES.replace("10.0.9.10", "10.0.1.77")
    found = passed(tmp_path, line(STORE, "10.0.1.77"), line("10.0.1.77", WORLD))
    assert counts(found).gateway == 0
    found = passed(
        tmp_path,
        line(STORE, "10.0.1.77"),
        line("10.0.1.77", WORLD),
        addresses=more,
    )
    assert counts(found).gateway == 2


def test_the_text_tells_the_lines_and_how_much_went(tmp_path: Path):
    """The counts stand in one line; an example has bytes, times and registration."""
    found = passed(tmp_path, line(STORE, WORLD), line(STORE, GATEWAY))
    lines = flows_text.flows(found, Screen(200, 9, found.labels)).splitlines()
    assert lines[2] == (
        "2 lines of a network's logs in 1 file: 1 out, 0 inside, 1 by the gateway, "
        "0 of others, 0 refused, 0 empty, 0 not logged, 0 malformed"
    )
    text = "\n".join(lines)
    assert "bytes went: w" in text
    assert "  how much  100 bytes in 1 line, from 2020-09-13T12:26:40Z to " in text
    assert "; registered in AU (registration country, iptocc " in text
    assert "  remedy    lead it by the gateway; if the address is yours" in text
    assert SG not in text


@given(
    st.lists(st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 32)), max_size=12),
    st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=8),
)
def test_owners_are_found_as_by_trying_each(
    parts: list[tuple[int, int]], asked: list[int]
):
    """Whose an address is, is what the longest of all networks that hold it says."""
    owners, known = Owners(), dict[ipaddress.IPv4Network, str]()
    for number, length in parts:
        one = ipaddress.IPv4Network((number, length), strict=False)
        before = owners.add(one, str(len(known)))
        assert before == known.setdefault(one, str(len(known)))
    for address in map(ipaddress.IPv4Address, (*asked, *(n for n, _ in parts))):
        fit = [one for one in known if address in one]
        narrowest = max(fit, key=lambda one: one.prefixlen, default=None)
        assert owners.of(address) == (known[narrowest] if narrowest else "")
    assert owners.of(ipaddress.IPv6Address("2001:db8::1")) == ""
