"""A log's public folder (C2SP tlog-tiles), worked out anew from its entries alone."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from ringfence_verify.log import HASH, hashed
from ringfence_verify.reading import RefusedError, content_of, need

WIDTH = 256


def derived(folder: Path, size: int, at: int = 0) -> tuple[bytes, bytes]:
    """Return the roots of so many entries, and of the first ones of these.

    Raises:
        RefusedError: Tile and entries disagree; the exhibits are what each gives.
    """
    levels: list[list[bytes]] = [[] for _ in range(9)]
    earlier = b""
    for number in range(-(-size // WIDTH)):
        pieces = _pieces(folder, number, min(WIDTH, size - number * WIDTH))
        levels[0] = [hashed(piece[2:]) for piece in pieces]
        if number == at // WIDTH:
            earlier = _root([levels[0][: at % WIDTH], *levels[1:]])
        level = 0
        while len(levels[level]) == WIDTH:
            _same(folder, level, number >> 8 * level, levels[level])
            levels[level + 1].append(_top(levels[level]))
            levels[level], level = [], level + 1
    for level, hashes in enumerate(levels):
        if hashes:
            _same(folder, level, size >> 8 * level + 8, hashes)
    return _root(levels), earlier or _root(levels)


def _root(levels: list[list[bytes]]) -> bytes:
    """Return the root of a tree whose last tiles, not whole, hold these hashes."""
    rest: list[bytes] = []
    for hashes in levels:
        rest = [_top([*hashes, *rest])] if hashes or rest else []
    return rest[0] if rest else hashlib.sha256().digest()


def _top(hashes: list[bytes]) -> bytes:
    half = 1 << (len(hashes) - 1).bit_length() >> 1
    return hashed(_top(hashes[:half]), _top(hashes[half:])) if half else hashes[0]


def _pieces(folder: Path, number: int, width: int) -> list[bytes]:
    """Return the entries of a bundle, each after its length."""
    name = _name("entries", number, width)
    content, found, at = content_of(folder / name, 1 << 25), list[bytes](), 0
    while at < len(content):
        end = at + 2 + int.from_bytes(content[at : at + 2], "big")
        found.append(content[at:end])
        at = end
    fits = at == len(content) and len(found) == width
    need(fits, f"{name} hasn't {width} whole entries")
    _same(folder, "entries", number, found)
    return found


def _name(level: object, number: int, width: int) -> str:
    digits = str(number).zfill(-(-len(str(number)) // 3) * 3)
    place = re.sub("(...)(?=.)", r"x\1/", digits)
    return f"tile/{level}/{place}" + f".p/{width}" * (width < WIDTH)


def _same(folder: Path, level: object, number: int, pieces: list[bytes]) -> None:
    """Refuse a tile that the entries don't give, or an older one with fewer hashes."""
    beside = folder.glob(_name(level, number, WIDTH) + ".p/*")
    widths = {int(path.name) for path in beside if path.name.isdecimal()}
    for width in sorted({w for w in widths if w < len(pieces)} | {len(pieces)}):
        name = _name(level, number, width)
        told, given = content_of(folder / name, 1 << 25), b"".join(pieces[:width])
        if told == given:
            continue
        parts = range(0, max(len(told), len(given)), HASH)
        at = next(n for n in parts if told[n : n + HASH] != given[n : n + HASH])
        there, here = (one[at : at + HASH].hex() for one in (told, given))
        leaf = f"entry {number * WIDTH + at // HASH}" * (level == 0)
        shown = {f"{name}, {leaf or f'byte {at}'}": there, "its entries give": here}
        raise RefusedError(f"{name} isn't what its entries give", **shown)
