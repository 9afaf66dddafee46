"""The `networks` part of a boundary file: one's own addresses, and their places."""

from __future__ import annotations

import ipaddress

from ringfence.boundary.fields import NETWORK
from ringfence.boundary.model import Network
from ringfence.boundary.sections import Sections
from ringfence.documents.located import Located, Reader
from ringfence.errors import Locus


def networks(
    reader: Reader, sections: Sections, value: Located | None
) -> tuple[Network, ...]:
    """Return the networks, in the order of the file."""
    if value is not None and value.data == {}:
        reader.note("`networks` is empty", value.at, "fill it or leave it out")
    entries = reader.entries(value, "`networks`")
    return tuple(_network(reader, sections, name, one) for name, one in entries.items())


def _network(reader: Reader, sections: Sections, name: str, value: Located) -> Network:
    sections.check_name(name, value.key_at or value.at, "network")
    fields = reader.fields(
        value,
        required=NETWORK.required,
        optional=NETWORK.optional,
        what=f"network `{name}`",
    )
    stated = fields.get("addresses")
    written = sections.filled(stated, "`addresses`")
    stated_place = fields.get("place")
    places = sections.place_list(stated_place)
    if stated_place is not None and isinstance(stated_place.data, list):
        hint = "give each place a network of its own"
        reader.note("a network has one place, not a list", stated_place.at, hint)
    return Network(
        name,
        tuple(_addresses(reader, text, at) for text, at in written),
        place=places[0].partition("-")[0] if places else "",
        hides=reader.flag(fields.get("hides"), "`hides`") or False,
    )


def _addresses(reader: Reader, text: str, at: Locus) -> str:
    try:
        return str(ipaddress.ip_network(text))
    except ValueError:
        hint = "write `198.51.100.0/24`, `2001:db8::/32` or a single address"
        reader.note(f"`{text}` is no network of addresses", at, hint)
        return text
