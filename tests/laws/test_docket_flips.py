"""Flip one bit of any file of a docket: it is found, or can't do harm, and why."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringfence.docket.checking import check_docket
from ringfence.docket.folder import Docket
from ringfence.docket.objects import RATE, Recording, Span
from ringfence.errors import RingfenceError
from tests.taped import NAME, noise, taped, wav

# What can be flipped unseen, and why nothing is lost or believed that is false.
HARMLESS = {
    "index.sqlite": "drawn from the ledger, and drawn anew",
    "intake.lock": "empty, or nothing is read of it",
    "sealed.lock": "empty, or nothing is read of it",
    "ledger/private/lock": "empty, or nothing is read of it",
    "ledger/private/journal": "all that it holds is published; nobody was told of more",
    "ledger/private/keys/": "signs what comes; what was signed is checked without it",
}


@pytest.fixture(scope="module")
def tapes(tmp_path_factory):
    there = taped(tmp_path_factory.mktemp("tapes"))
    more = {"sealed_name": NAME, "identities": there.names}
    hand = there.add("a.wav", wav(noise(RATE * 2)), **more).held.object.hand
    there.add("b.pdf", b"a document", hand=hand)
    there.state(there.held(Recording)[0].ref, "nobody can", Span(0, RATE))
    there.index().catch_up()
    return there


def found(folder: Path) -> bool:
    """Return whether a check of a docket finds something."""
    try:
        return bool(check_docket(Docket(folder)).problems)
    except RingfenceError:
        return True


def files(folder: Path) -> list[str]:
    """Return every file of a docket that holds anything."""
    there = (path for path in folder.rglob("*") if path.is_file())
    return sorted(str(p.relative_to(folder)) for p in there if p.stat().st_size)


def flipped(tapes, name: str, place: int) -> bool:
    """Flip a bit of a file; return whether that was found; and flip it back."""
    path = tapes.docket.folder / name
    content = bytearray(path.read_bytes())
    at, bit = divmod(place % (len(content) * 8), 8)
    before = bytes(content)
    content[at] ^= 1 << bit
    path.write_bytes(content)
    try:
        return found(tapes.docket.folder)
    finally:
        path.write_bytes(before)


def is_harmless(name: str) -> bool:
    return any(name == one or name.startswith(one) for one in HARMLESS)


def test_each_file_is_checked_or_harmless(tapes):
    """In every file a bit in the middle is found, if it isn't one of the harmless."""
    names = files(tapes.docket.folder)
    size = {name: (tapes.docket.folder / name).stat().st_size for name in names}
    unseen = {name for name in names if not flipped(tapes, name, size[name] * 4)}
    assert {name for name in unseen if not is_harmless(name)} == set()
    assert {one for one in HARMLESS if one.endswith(("sqlite", "keys/"))} <= {
        one for one in HARMLESS for name in unseen if name.startswith(one)
    }


@settings(max_examples=40)
@given(st.data())
def test_any_bit_is_found(tapes, data):
    """Of audio, salts, time codes, quotes, entries and names: any bit of any file."""
    names = [one for one in files(tapes.docket.folder) if not is_harmless(one)]
    name = data.draw(st.sampled_from(names))
    assert flipped(tapes, name, data.draw(st.integers(0, 1 << 20)))


def test_a_file_that_is_gone_is_found(tapes, tmp_path):
    """Every file that is not harmless is missed."""
    for name in files(tapes.docket.folder):
        # Of leaf hashes a note says it; partial tiles are those of earlier checkpoints.
        if is_harmless(name) or name.endswith(".blocks") or ".p/" in name:
            continue
        folder = tmp_path / "docket"
        shutil.copytree(tapes.docket.folder, folder)
        (folder / name).unlink()
        assert found(folder), name
        shutil.rmtree(folder)
