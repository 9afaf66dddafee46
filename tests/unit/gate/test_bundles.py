"""Bundles: signed, numbered, and good for a time."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.errors import ConfigError, ProofError, RingfenceError
from ringfence.gate.bundles import Seen, new_keys, opened, seal
from ringfence.ledger.signed.keys import SigningKey, open_note
from ringfence.ledger.signed.notes import Note, parse_note, render_note
from tests.serving import scene

ISSUED, NOW, EXPIRES = (
    "2026-11-22T10:00:00Z",
    "2026-11-22T11:00:00Z",
    "2026-11-23T10:00:00Z",
)
KEYS = new_keys("example.com/gate")
PUBLIC = tuple(one.verifier for one in KEYS)
BUNDLE = seal(scene(), KEYS, 7, ISSUED, EXPIRES)


def test_what_is_sealed_is_opened():
    """A bundle gives back its scene, number and times."""
    sealed = opened(BUNDLE, PUBLIC, NOW)
    assert sealed.scene == scene()
    assert (sealed.version, sealed.issued, sealed.expires) == (7, ISSUED, EXPIRES)


@given(st.integers(0, len(BUNDLE) - 1), st.integers(1, 255))
def test_no_changed_byte_goes_unseen(place: int, change: int):
    """Whatever byte is changed, a bundle is refused."""
    content = bytearray(BUNDLE)
    content[place] ^= change
    with pytest.raises(ProofError):
        opened(bytes(content), PUBLIC, NOW)


@given(st.integers(0, len(BUNDLE) - 1))
def test_no_part_of_a_bundle_is_one(size: int):
    """A bundle that is cut off is refused."""
    with pytest.raises(ProofError):
        opened(BUNDLE[:size], PUBLIC, NOW)


@given(st.binary(min_size=1, max_size=99))
def test_nothing_follows_a_bundle(more: bytes):
    """Bytes after the scene are refused."""
    with pytest.raises(ProofError):
        opened(BUNDLE + more, PUBLIC, NOW)


@given(st.binary(max_size=300))
def test_what_is_no_bundle_is_refused(content: bytes):
    """Any other file is an error of its own, and no traceback."""
    with pytest.raises(ProofError):
        opened(content, PUBLIC, NOW)


@pytest.mark.parametrize(
    "now", ["2026-11-22T09:59:59Z", EXPIRES, "2031-01-01T00:00:00Z"]
)
def test_a_bundle_is_good_for_its_time(now: str):
    """Before it is issued and after it expires it is refused."""
    with pytest.raises(ProofError, match="not now"):
        opened(BUNDLE, PUBLIC, now)


def test_every_key_has_to_have_signed():
    """A bundle that lacks one signature of those that are asked for is refused."""
    with pytest.raises(ProofError, match="hasn't signed"):
        opened(seal(scene(), KEYS[:1], 7, ISSUED, EXPIRES), PUBLIC, NOW)
    with pytest.raises(ProofError, match="no key that is known"):
        opened(BUNDLE, [one.verifier for one in new_keys("other.example/x")], NOW)
    assert opened(BUNDLE, PUBLIC[:1], NOW).version == 7


def test_either_kind_of_key_signs_all_of_it():
    """With the times of another bundle no signature is good, whatever its kind."""
    other = seal(scene(), KEYS, 7, ISSUED, "2099-01-01T00:00:00Z")
    end = BUNDLE.index(b"{")
    note = parse_note(BUNDLE[:end])
    later = parse_note(other[: other.index(b"{")])
    for key in PUBLIC:
        mixed = render_note(Note(later.text, note.signatures))
        with pytest.raises(ProofError):
            open_note(parse_note(mixed), [key])


def test_a_checkpoint_of_a_log_is_no_bundle():
    """What a log's key signed about a log can't pass for a bundle."""
    text = "example.com/gate\n7\n" + "A" * 43 + "=\n"
    signed = Note(text, tuple(key.sign(text, 1) for key in KEYS))
    with pytest.raises(ProofError, match="first line"):
        opened(render_note(signed) + b"{}", PUBLIC, NOW)


@pytest.mark.parametrize(
    ("version", "issued", "expires"),
    [
        (0, ISSUED, EXPIRES),
        (1, EXPIRES, ISSUED),
        (1, ISSUED, ISSUED),
        (1, "2026-11-22", EXPIRES),
        (1, ISSUED, "2026-13-22T10:00:00Z"),
    ],
)
def test_what_no_bundle_can_say(version: int, issued: str, expires: str):
    """A number below 1 and times that are none are refused when sealing."""
    with pytest.raises(ConfigError):
        seal(scene(), KEYS, version, issued, expires)


def test_a_bundle_needs_a_key():
    """Nothing is sealed that nobody signs."""
    no_keys: list[SigningKey] = []
    with pytest.raises(ConfigError, match="needs a key"):
        seal(scene(), no_keys, 1, ISSUED, EXPIRES)


def test_no_bundle_goes_back(tmp_path: Path):
    """An older number is refused, in this process and in the next one."""
    file = tmp_path / "seen"
    old, same, other, new = (
        opened(seal(one, KEYS, version, ISSUED, EXPIRES), PUBLIC, NOW)
        for one, version in (
            (scene(), 6),
            (scene(), 7),
            (scene(cap=9), 7),
            (scene(), 8),
        )
    )
    Seen(file).take(same)
    Seen(file).take(same)
    with pytest.raises(ProofError, match="older than 7"):
        Seen(file).take(old)
    with pytest.raises(ProofError, match="two bundles with the number 7"):
        Seen(file).take(other)
    Seen(file).take(new)
    with pytest.raises(ProofError, match="older than 8"):
        Seen(file).take(same)


def test_a_damaged_memory_lets_nothing_through(tmp_path: Path):
    """Where it isn't known which bundle was in force, none is taken."""
    file = tmp_path / "seen"
    file.write_bytes(b"{")
    with pytest.raises(RingfenceError, match="which bundle"):
        Seen(file).take(opened(BUNDLE, PUBLIC, NOW))
