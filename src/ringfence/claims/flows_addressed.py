"""Whose addresses are whose: what logs of a network are read with.

The estate's facts know stores and hosts by name, and a network's logs by address. A
small file says which are which, where the gateway is, and what else is inside.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ringfence.audit.addresses import Address, address_of
from ringfence.boundary.model import Network
from ringfence.documents.files import decode, read_bytes
from ringfence.documents.located import Located, Reader
from ringfence.documents.yaml import read_yaml
from ringfence.errors import ConfigError

GATEWAY, INSIDE, NETWORK = "gateway", "inside", "network:"
"""Whose an address is, where it is no node's: `network:` and a name of the boundary."""
_HINT = "write `10.0.1.0/24`, `2001:db8::/32` or a single address"
Part = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(slots=True)
class Owners:
    """Networks and whose they are; the narrowest that fits holds."""

    _by_length: dict[tuple[int, int], dict[int, str]] = field(default_factory=dict)

    def add(self, part: Part, whose: str) -> str:
        """Add a network; return whose it was before, empty if nobody's."""
        at = self._by_length.setdefault((part.version, part.prefixlen), {})
        return at.setdefault(int(part.network_address), whose)

    def of(self, address: Address) -> str:
        """Return whose an address is; empty: nobody's."""
        bits, number = address.max_prefixlen, int(address)
        for version, length in sorted(self._by_length, reverse=True):
            if version == address.version:
                start = number >> (bits - length) << (bits - length)
                whose = self._by_length[version, length].get(start)
                if whose is not None:
                    return whose
        return ""


@dataclass(frozen=True, slots=True)
class Addressed:
    """What a file says.

    Attributes:
        files: The logs, each with what messages call it.
        owners: Networks and whose they are.
        nodes: The nodes that networks are listed of.
    """

    files: tuple[tuple[Path, str], ...]
    owners: Owners
    nodes: frozenset[str]

    def whose(self, word: str) -> str:
        """Return whose an address is, as a log writes it; empty: nobody's."""
        address = address_of(word)
        return "" if address is None else self.owners.of(address)


def read_addressed(
    file: Path, networks: Iterable[Network], known: Iterable[str]
) -> Addressed:
    """Return what a file says.

    Args:
        file: The file.
        networks: One's own, as the boundary has them.
        known: Ids of every node of the estate.

    Raises:
        ConfigError: It can't be used; the error carries every problem.
        SourceError: It can't be read, or is not YAML.
    """
    name = str(file)
    root = read_yaml(decode(read_bytes(file, name), name), name)
    reading = _Reading(Reader(), file.parent, frozenset(known))
    found = reading.all(root, networks)
    if reading.take.problems:
        raise ConfigError.of(reading.take.problems)
    return found


@dataclass(slots=True)
class _Reading:
    take: Reader
    base: Path
    known: frozenset[str]
    owners: Owners = field(default_factory=Owners)

    def all(self, root: Located, networks: Iterable[Network]) -> Addressed:
        get = self.take.fields(
            root,
            required=("logs", "addresses", "gateway"),
            optional=("inside",),
            what="the file",
        ).get
        nodes = self.take.entries(get("addresses"), "`addresses`")
        for node, value in nodes.items():
            if node not in self.known:
                at = value.key_at or value.at
                hint = "write it as facts do: `store:warehouse`"
                self.take.note(f"no fact tells of `{node}`", at, hint)
            self._networks(value, "addresses", node)
        self._networks(get("gateway"), "`gateway`", GATEWAY)
        self._networks(get("inside"), "`inside`", INSIDE)
        for one in networks:  # what this file says of the same network goes before
            for text in one.addresses:
                self.owners.add(ipaddress.ip_network(text), f"{NETWORK}{one.name}")
        return Addressed((*self._files(get("logs")),), self.owners, frozenset(nodes))

    def _networks(self, value: Located | None, what: str, whose: str) -> None:
        for text, at in self.take.located_texts(value, what):
            try:
                part = ipaddress.ip_network(text)
            except ValueError:
                self.take.note(f"`{text}` is no network of addresses", at, _HINT)
                continue
            before = self.owners.add(part, whose)
            if before != whose:
                self.take.note(f"`{text}` is listed twice: of `{before}`, too", at)

    def _files(self, value: Located | None) -> Iterator[tuple[Path, str]]:
        seen = set()
        for pattern, at in self.take.located_texts(value, "`logs`"):
            try:
                found = sorted(one for one in self._matches(pattern) if one.is_file())
            except (ValueError, NotImplementedError, OSError):
                found = []
            if not found:
                self.take.note(f"no file is called `{pattern}`", at, "check the path")
            for path in found:
                if path not in seen:
                    seen.add(path)
                    yield path, str(path)

    def _matches(self, pattern: str) -> Iterator[Path]:
        wanted = Path(pattern)
        root = Path(wanted.anchor) if wanted.is_absolute() else self.base
        return root.glob(str(wanted.relative_to(wanted.anchor)))
