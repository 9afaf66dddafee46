"""Tiles and bundles: their names, their sizes, and what is refused."""

from __future__ import annotations

import pytest

from ringfence.errors import ProofError
from ringfence.ledger.tree.tiles import (
    Bundle,
    Tile,
    bundles_of,
    check_tile,
    pack,
    parse_path,
    tiles_of,
    unpack,
)


@pytest.mark.parametrize(
    ("one", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(0, 273, 112), "tile/0/273.p/112"),
        (Tile(1, 1, 17), "tile/1/001.p/17"),
        (Tile(0, 1_234_067), "tile/0/x001/x234/067"),
        (Tile(63, 1_000, 1), "tile/63/x001/000.p/1"),
        (Bundle(5), "tile/entries/005"),
        (Bundle(1_234_067, 255), "tile/entries/x001/x234/067.p/255"),
    ],
)
def test_a_name_says_what_a_file_holds(one: Tile | Bundle, path: str):
    """Names are those of C2SP tlog-tiles, and read back as what they name."""
    assert one.path == path
    assert parse_path(path) == one


@pytest.mark.parametrize(
    "path",
    [
        "",
        "checkpoint",
        "tile/0/0",
        "tile/0/0000",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/0/x000/000",
        "tile/0/001/000",
        "tile/0/x001",
        "tile/0/000.p/0",
        "tile/0/000.p/01",
        "tile/0/000.p/256",
        "tile/0/000.p/999",
        "tile/0/000.p/",
        "tile/0/000/",
        "tile/0/٠٠٠",
        "tile/0/000\n",
        "/tile/0/000",
        "tile/entries/../../private/keys",
        "tile/data/000",
        f"tile/0/{'x001/' * 7}000",
        f"tile/0/{'x001/' * 2000}000",
    ],
)
def test_a_file_has_one_name(path: str):
    """Whatever isn't spelt as the one name of a tile or bundle is refused."""
    with pytest.raises(ProofError, match="no tile of a log is called that"):
        parse_path(path)


def test_70000_entries_have_the_tiles_of_the_specification():
    """273 full tiles and a partial one, one full and a partial above, one on top."""
    tiles = list(tiles_of(70_000))
    assert tiles[:273] == [Tile(0, number) for number in range(273)]
    assert tiles[273:] == [Tile(0, 273, 112), Tile(1, 0), Tile(1, 1, 17), Tile(2, 0, 1)]
    bundles = list(bundles_of(70_000))
    assert bundles == [*(Bundle(number) for number in range(273)), Bundle(273, 112)]


def test_no_tile_is_empty():
    """A log whose size is a multiple of 256 has full tiles alone on the ground."""
    assert list(tiles_of(0)) == []
    assert list(bundles_of(0)) == []
    assert list(tiles_of(256)) == [Tile(0, 0), Tile(1, 0, 1)]
    assert list(bundles_of(512)) == [Bundle(0), Bundle(1)]


def test_a_bundle_gives_its_entries_back():
    """Empty and longest entries survive."""
    entries = [b"", b"a", b"\xff" * 65_535, b"b"]
    assert unpack(pack(entries), 4) == entries
    assert pack([]) == b""


def test_an_entry_longer_than_two_bytes_can_say_is_refused():
    """65,536 bytes don't fit a bundle."""
    with pytest.raises(ValueError, match="65,535"):
        pack([b"\x00" * 65_536])


@pytest.mark.parametrize("wide", [0, 1, 3, 256])
def test_a_bundle_holds_as_many_entries_as_it_must(wide: int):
    """Neither more entries nor fewer than its width."""
    with pytest.raises(ProofError, match=f"{wide} entries and nothing else"):
        unpack(pack([b"a", b"bc"]), wide)


def test_every_torn_bundle_is_refused():
    """Cut or lengthened anywhere, a bundle isn't read."""
    whole = pack([b"abc", b"", b"defg"])
    for torn in (*(whole[:at] for at in range(len(whole))), whole + b"\x00"):
        with pytest.raises(ProofError):
            unpack(torn, 3)


def test_a_tile_is_as_long_as_its_hashes():
    """A truncated tile is named by its file."""
    check_tile(b"\x00" * 96, Tile(0, 7, 3))
    with pytest.raises(ProofError, match=r"^tile/0/007\.p/3: .* 95 bytes"):
        check_tile(b"\x00" * 95, Tile(0, 7, 3))
