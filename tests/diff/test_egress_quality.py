"""Detectors on texts that others have labelled: none worse than who labelled them."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from functools import cache
from pathlib import Path

import polars as pl
import pytest

from bench.egress_quality import CITED, STRUCTURED, Quality, measured, sample
from ringfence.egress.detectors.ours import DETECTOR

# What an address of these kinds is, a text has to be searched for: what is used, what
# DNS knows nothing of, and what SMTP takes though nobody writes it.
WANTED = {"ISEMAIL_VALID_CATEGORY", "ISEMAIL_DNSWARN", "ISEMAIL_RFC5321"}
# Of those, these aren't found: hosts without a dot, an empty quoted part, a quoted part
# with a space or an escape in it, and an address literal that isn't numbers.
HOST = re.compile(r"@.*\.[^.]{2,}$")  # there is no top-level domain of one letter
UNUSUAL = {
    "ISEMAIL_RFC5321_TLD",
    "ISEMAIL_RFC5321_TLDNUMERIC",
    "ISEMAIL_RFC5321_QUOTEDSTRING",
    "ISEMAIL_RFC5321_ADDRESSLITERAL",
    "ISEMAIL_RFC5321_IPV6DEPRECATED",
}


@cache
def qualities(folder: Path) -> dict[str, Quality]:
    """Return how well each kind is found in the sample; measured once."""
    return measured(DETECTOR, sample(folder))


@pytest.mark.peer
@pytest.mark.parametrize("kind", STRUCTURED)
def test_structured_identifiers_are_found_as_well_as_presidio_does(
    kind: str, peer_data: Path
):
    """Recall and precision on Presidio's own sample are no lower than its own."""
    recall, precision = CITED[kind]
    ours = qualities(peer_data)[kind]
    assert ours.recall >= recall
    assert ours.precision >= precision


@pytest.mark.peer
def test_names_in_the_open_are_left_to_the_index(peer_data: Path):
    """Without a language model few names and addresses are found, and none wrongly."""
    for kind in ("PERSON", "STREET_ADDRESS"):
        assert qualities(peer_data)[kind].alarms == 0


@pytest.mark.peer
def test_addresses_of_mail_that_are_used_are_found(peer_data: Path):
    """Every valid address of isemail's tests with a host that has a dot is found."""
    tree = ET.parse(peer_data / "pii" / "isemail_tests.xml")  # noqa: S314 - our own file
    wanted = [
        address
        for test in tree.iter("test")
        if test.findtext("category") in WANTED
        and test.findtext("diagnosis") not in UNUSUAL
        and HOST.search(address := test.findtext("address") or "")
    ]
    found = DETECTOR.detect(pl.Series(wanted)).by_tag(DETECTOR.tags)
    missed = set(range(len(wanted))) - set(found["EMAIL"].tolist())
    assert len(wanted) > 10
    assert [wanted[row] for row in missed] == []
