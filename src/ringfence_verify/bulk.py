"""Closed sets of estates with too many edges for memory, checked as a stream.

Nobody excluded reaches anything protected if `closed.bin` holds every origin, nothing
that counts of any target, and whatever an edge hands on of it. Formats: docs/bulk.md.
"""

from __future__ import annotations

import hashlib
import sys
from array import array
from collections.abc import Iterable, Iterator
from operator import itemgetter
from pathlib import Path
from typing import Any

from ringfence_verify.reading import RefusedError, canonical, conform, need, parse

MANIFEST = "closure.json"
CONTROL, READ, VERBS = 1, 2, 0xFFE
BLOCK = 12 << 14  # bytes of so many edges
FILES = ("closed.bin", "data.bin", "edges.bin", "origins.bin", "targets.bin")
COUNTS = ("edges_unknown", "origins", "origins_unknown", "targets", "targets_unknown")
KEYS = {"counts", "digest", "digests", "edges", "input", "nodes", "ringfence", "verbs"}
NOT_CHECKED = (
    "not re-checked: that edges, origins, targets and data are what the Parquet files "
    "say (compare with `ringfence reach bulk`), and that these tell the truth"
)


def verify(folder: Path) -> str:
    """Return in words what the closed set in a folder shows.

    Raises:
        RefusedError: It shows nothing; the message names the first offence.
    """
    told = _manifest(folder)
    counts, nodes = told["counts"], told["nodes"]
    sizes = (2 * nodes, -(-nodes // 8), 12 * told["edges"])
    ends = (4 * counts["origins"], 4 * counts["targets"])
    for name, size in zip(FILES, sizes + ends, strict=True):
        need((folder / name).stat().st_size == size, f"{name} hasn't {size} bytes")
    held = _words("H", b"".join(_blocks(folder, told, "closed.bin")))
    data = b"".join(_blocks(folder, told, "data.bin"))
    need(max(held) <= CONTROL | VERBS, "closed.bin holds what is no state")
    need(not int.from_bytes(data, "little") >> nodes, "data.bin is too long")
    for node in _numbers(folder, told, "origins.bin"):
        entry = READ if data[node >> 3] >> (node & 7) & 1 else CONTROL
        need(held[node] & entry, f"closed.bin lacks its origin {node}")
    for node in _numbers(folder, told, "targets.bin"):
        need(not held[node] & told["verbs"], f"closed.bin holds target {node}")
    inside = len(held) - held.count(0)
    _shut(folder, told, held)
    return (
        f"isolated; {counts['origins']} origins, certain or not, of which none reaches "
        f"any of {counts['targets']} targets: {told['edges']} edges, of which none "
        f"leaves a closed set of {inside} of {nodes} nodes"
    )


def _manifest(folder: Path) -> dict[str, Any]:
    """Return what `closure.json` tells, once its form is right."""
    content = (folder / MANIFEST).read_bytes()
    need(content.endswith(b"\n"), "closure.json breaks off")
    told: dict[str, Any] = parse(content[:-1], MANIFEST)
    need(type(told) is dict and told.keys() == KEYS, "closure.json has other keys")
    need(told["ringfence"] == "closure/1", "closure.json isn't `closure/1`")
    rest = {key: told[key] for key in KEYS - {"digest"}}
    digest = hashlib.sha256(canonical(rest)).hexdigest()
    need(told["digest"] == digest, "`digest` isn't that of closure.json")
    for key, shape in (("digests", "digest"), ("input", "digest"), ("counts", "whole")):
        conform(told[key], f"{{{shape}]", f"`{key}`")
    counts = told["counts"]
    need(told["digests"].keys() == {*FILES}, "`digests` has other files")
    need(counts.keys() == {*COUNTS}, "`counts` has other keys")
    for name in ("nodes", "edges", "verbs"):
        conform(told[name], "whole", f"`{name}`")
    need(min(told["edges"], *counts.values()) >= 0, "a count is below 0")
    need(told["nodes"] > 0, "there is no node")
    need(told["verbs"] and not told["verbs"] & ~VERBS, "`verbs` aren't verbs")
    for name, whole in (("edges", told["edges"]), *counts.items()):
        need(counts.get(f"{name}_unknown", 0) <= whole, f"too many {name} unknown")
    need(counts["origins"], "the question is vacuous: there is no origin")
    surely = counts["targets"] > counts["targets_unknown"]
    need(surely, "the question is vacuous: no target is certain")
    return told


def _blocks(folder: Path, told: dict[str, Any], name: str) -> Iterator[bytes]:
    """Yield a file in blocks; refuse it at its end if its digest isn't the one told."""
    summed = hashlib.sha256()
    with (folder / name).open("rb") as stream:
        while block := stream.read(BLOCK):
            summed.update(block)
            yield block
    fits = summed.hexdigest() == told["digests"][name]
    need(fits, f"{name} isn't the one proved: another digest")


def _words(code: str, block: bytes) -> array[int]:
    """Return numbers of two bytes (`H`) or four (`I`), little end first."""
    words = array(code, block)
    if sys.byteorder == "big":
        words.byteswap()
    return words


def _numbers(folder: Path, told: dict[str, Any], name: str) -> Iterator[int]:
    """Yield the node numbers of a file, which are to ascend."""
    last = -1
    for block in _blocks(folder, told, name):
        for node in _words("I", block):
            fits = last < node < told["nodes"]
            need(fits, f"{name} doesn't ascend, or ends too high")
            yield (last := node)


class Plane:
    """What is held of each node, in one byte: the place of its mask among those there.

    So a block of edges is looked up twice, once by tail and once by head; all else is
    done to whole blocks at once, as numbers of as many bytes as there are edges.
    """

    def __init__(self, held: array[int], states: int) -> None:
        masks = sorted({mask & states for mask in {*held}})
        place = {mask: masks.index(mask & states) for mask in {*held}}
        self.places = bytes(map(place.__getitem__, held))
        self.bytes = [_table(mask >> by & 255 for mask in masks) for by in (0, 8)]
        lacks = [~mask & states for mask in masks]
        self.lacks = [_table(mask >> by & 255 for mask in lacks) for by in (0, 8)]
        self.control = _table(255 * (mask & CONTROL) for mask in masks)

    def of(self, nodes: array[int]) -> bytes:
        """Return the bytes of some nodes."""
        # With 0 before them they are never one alone, whose byte would come bare.
        return bytes(itemgetter(0, *nodes)(self.places)[1:])

    def leaving(self, block: bytes) -> int:
        """Return a number that isn't 0 in the byte of each edge that leads out."""
        words, found = _words("I", block), 0
        tails, heads = self.of(words[0::3]), self.of(words[1::3])
        control = _whole(tails.translate(self.control))
        for half in (0, 1):
            give, carry = _whole(block[8 + half :: 12]), _whole(block[10 + half :: 12])
            carried = _whole(tails.translate(self.bytes[half])) & carry
            lacked = _whole(heads.translate(self.lacks[half]))
            found |= (control & give | carried) & lacked
        return found


def _table(values: Iterable[int]) -> bytes:
    return bytes(values).ljust(256, b"\0")


def _whole(block: bytes) -> int:
    return int.from_bytes(block, "little")


def _shut(folder: Path, told: dict[str, Any], held: array[int]) -> None:
    """Refuse a closed set that an edge leaves."""
    # More masks than a byte can tell apart are told apart in two halves.
    halves = (0xFFFF,) if len({*held}) <= 256 else (0x00FF, 0xFF00 | CONTROL)  # noqa: PLR2004
    planes = [Plane(held, states) for states in halves]
    for number, block in enumerate(_blocks(folder, told, "edges.bin")):
        try:
            found = [plane.leaving(block) for plane in planes]
        except IndexError:
            raise RefusedError("edges.bin names a node that isn't there") from None
        for out in filter(None, found):
            edge = number * BLOCK // 12 + ((out & -out).bit_length() - 1) // 8
            need(0, f"edge {edge} leaves closed.bin")
