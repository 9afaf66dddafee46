"""Payloads: kept under their digest, checked when read, erased for good."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.errors import ConfigError, ProofError
from ringfence.ledger.entries import Entry, digest_of, parse_entry
from ringfence.ledger.faults import LedgerError
from ringfence.ledger.keeping.payloads import FOLDER, LARGEST, Payloads, erase
from ringfence.ledger.writer.disk import RealDisk

NOW = "2026-11-22T10:00:00Z"


@pytest.fixture
def payloads(tmp_path: Path) -> Payloads:
    (tmp_path / "private").mkdir(mode=0o700)
    return Payloads(RealDisk(tmp_path))


def lying(folder: Path) -> dict[str, int]:
    """Return every file below a folder of payloads, with its mode."""
    return {
        str(one.relative_to(folder / FOLDER)): stat.S_IMODE(one.stat().st_mode)
        for one in (folder / FOLDER).rglob("*")
        if one.is_file()
    }


def test_a_payload_is_read_back_by_its_digest(payloads: Payloads, tmp_path: Path):
    """It lies under its SHA-256, for nobody else to read, and once."""
    digest = payloads.keep(b"Ann Li")
    assert (digest, payloads.keep(b"Ann Li")) == (digest_of(b"Ann Li"), digest)
    assert payloads.read(digest) == b"Ann Li"
    assert list(payloads.digests()) == [digest]
    assert lying(tmp_path) == {f"{digest[:2]}/{digest[2:]}": 0o600}
    assert stat.S_IMODE((tmp_path / FOLDER).stat().st_mode) == 0o700


@given(st.lists(st.binary(max_size=40), max_size=8))
def test_what_was_kept_is_there(tmp_path_factory, contents: list[bytes]):
    """Whatever was kept comes back, and nothing else is there."""
    folder = tmp_path_factory.mktemp("ledger")
    (folder / "private").mkdir()
    payloads = Payloads(RealDisk(folder))
    kept = {payloads.keep(content): content for content in contents}
    assert {one: payloads.read(one) for one in payloads.digests()} == kept


@pytest.mark.parametrize("change", [b"", b"Ann Lo", b"Ann Li\n"])
def test_a_payload_that_was_changed_is_refused(
    payloads: Payloads, tmp_path: Path, change: bytes
):
    """What somebody wrote over a payload isn't shown as if it were the payload."""
    digest = payloads.keep(b"Ann Li")
    (tmp_path / FOLDER / digest[:2] / digest[2:]).write_bytes(change)
    with pytest.raises(ProofError, match="is not the payload that its name says"):
        payloads.read(digest)


def test_what_was_erased_is_gone_and_says_so(payloads: Payloads, tmp_path: Path):
    """Its bytes lie nowhere, its mark stays, and it can't be put back."""
    digest = payloads.keep(b"Ann Li")
    payloads.erase(digest)
    payloads.erase(digest)  # a run that was cut short is taken up again
    assert lying(tmp_path) == {f"{digest[:2]}/{digest[2:]}.erased": 0o600}
    assert (payloads.is_erased(digest), list(payloads.digests())) == (True, [])
    with pytest.raises(LedgerError, match="was erased; the log says when"):
        payloads.read(digest)
    with pytest.raises(LedgerError, match="was erased, and stays erased"):
        payloads.keep(b"Ann Li")


def test_an_erasure_is_logged_before_it_is_done(payloads: Payloads):
    """The entry names the digest and the reason; the payload is there until it is."""
    digest = payloads.keep(b"Ann Li")
    logged: list[Entry] = []

    def append(entries: list[bytes]) -> None:
        assert payloads.holds(digest)
        logged.extend(map(parse_entry, entries))

    erase(payloads, digest, append, time=NOW, reason="request")
    assert not payloads.holds(digest)
    (entry,) = logged
    assert (entry.kind, entry.time, entry.digests, entry.values) == (
        "erased",
        NOW,
        {"payload": f"sha256:{digest}"},
        {"reason": "request"},
    )
    erase(payloads, digest, append, time=NOW, reason="request")
    assert len(logged) == 1


def test_nothing_is_erased_that_could_not_be_logged(payloads: Payloads):
    """A log that can't go on keeps its payloads."""
    digest = payloads.keep(b"Ann Li")

    def append(_entries: list[bytes]) -> None:
        raise LedgerError("the disk is full")

    with pytest.raises(LedgerError, match="the disk is full"):
        erase(payloads, digest, append, time=NOW, reason="request")
    assert payloads.read(digest) == b"Ann Li"


def test_an_erasure_that_was_cut_short_is_finished(payloads: Payloads, monkeypatch):
    """Between mark and removal the payload is there; erasing again removes it."""
    digest = payloads.keep(b"Ann Li")

    def fail(_disk: RealDisk, _path: str) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as broken:
        broken.setattr(RealDisk, "remove", fail)
        with pytest.raises(OSError, match="Input/output error"):
            payloads.erase(digest)
    assert payloads.holds(digest)
    payloads.erase(digest)
    assert (payloads.holds(digest), payloads.is_erased(digest)) == (False, True)


def test_what_is_not_there_is_told(payloads: Payloads):
    """A digest that nothing has, for reading and for erasing."""
    nothing = digest_of(b"")
    logged: list[list[bytes]] = []
    with pytest.raises(LedgerError, match="there is no such payload"):
        payloads.read(nothing)
    with pytest.raises(LedgerError, match="there is no such payload"):
        payloads.erase(nothing)
    with pytest.raises(LedgerError, match="there is no such payload"):
        erase(payloads, nothing, logged.append, time=NOW, reason="request")
    assert (logged, list(payloads.digests())) == ([], [])


@pytest.mark.parametrize(
    "digest", ["", "../ledger.json", "A" * 64, "a" * 63, "a" * 65, "sha256:" + "a" * 64]
)
def test_no_path_passes_for_a_digest(payloads: Payloads, digest: str):
    """A payload is asked for by 64 hexadecimal digits alone."""
    with pytest.raises(ConfigError, match="is no digest"):
        payloads.read(digest)


def test_a_payload_has_its_limit(payloads: Payloads):
    """What is larger than 64 MiB is logged by its digest, and kept elsewhere."""
    with pytest.raises(LedgerError, match="larger than 67,108,864 bytes"):
        payloads.keep(bytes(LARGEST + 1))


def test_what_lies_about_is_no_payload(payloads: Payloads, tmp_path: Path):
    """Files that aren't named as payloads are are passed over."""
    digest = payloads.keep(b"x")
    for name in (f"{digest[:2]}/notes.txt", "odd/thing"):
        (tmp_path / FOLDER / name).parent.mkdir(exist_ok=True)
        (tmp_path / FOLDER / name).write_text("x")
    assert list(payloads.digests()) == [digest]


def test_a_payload_is_laid_anew_over_one_that_a_crash_tore(
    payloads: Payloads, tmp_path: Path
):
    """A killed run may have left it in memory alone: what is acknowledged is whole."""
    digest = payloads.keep(b"Ann Li")
    (tmp_path / FOLDER / digest[:2] / digest[2:]).write_bytes(bytes(6))
    assert payloads.keep(b"Ann Li") == digest
    assert payloads.read(digest) == b"Ann Li"
