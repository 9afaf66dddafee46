"""An index that is open: it answers exactly, or it is closed."""

from __future__ import annotations

import shutil
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from ringfence.egress.forms.kinds import Kind
from ringfence.egress.index import manifest as manifests
from ringfence.egress.index import opened as module
from ringfence.egress.index.filter import Filter
from ringfence.egress.index.fingerprint import subject_number
from ringfence.egress.index.gathering import Keys
from ringfence.egress.index.known import Known
from ringfence.egress.index.opened import Index, open_index
from ringfence.errors import ConfigError, ProofError
from tests.indexed import ANN, BO, KEYS, OTHER, Person, built

PHONE = "14155550100"
FILES = ("keys", "subjects", "filters", "heads", "hashes", "manifest.json")


@pytest.fixture(scope="module")
def sound(tmp_path_factory) -> Path:
    """Return an index that nobody changes."""
    folder: Path = tmp_path_factory.mktemp("sound") / "ix"
    built(folder, has_digests=True)
    return folder


@pytest.fixture
def folder(sound: Path, tmp_path: Path) -> Path:
    """Return an index of one's own."""
    return shutil.copytree(sound, tmp_path / "ix")


def numbers(*people: Person) -> list[int]:
    """Return the subject numbers of people, in order."""
    return sorted(subject_number(KEYS.subject, str(one["id"])) for one in people)


def test_two_who_share_a_phone_are_both_told(sound: Path):
    """By a column and one by one; the place is there twice."""
    index = open_index(sound, KEYS.index)
    found = index.holders(
        Kind.PHONE, pl.Series(["1", PHONE, None, PHONE, "14155550102"])
    )
    assert found.row.dtype == np.uint32
    assert found.subject.dtype == np.uint64
    assert found.row.tolist() == [1, 1, 3, 3, 4]
    assert sorted(found.subject[:2].tolist()) == numbers(ANN, BO)
    assert [*index.holders_of(Kind.PHONE, PHONE)] == numbers(ANN, BO)


def test_a_kind_separates(sound: Path):
    """A phone number that stands in a column of accounts is nobody's account."""
    index = open_index(sound, KEYS.index)
    assert index.holders_of(Kind.ACCOUNT_ID, PHONE) == ()
    assert index.holders_of(Kind.GOV_ID, "1") == ()
    for kind in (Kind.ACCOUNT_ID, Kind.GOV_ID):
        assert not len(index.holders(kind, pl.Series([PHONE])).row)


def test_an_empty_series_has_nobody(sound: Path):
    """Nor has one of gaps alone."""
    index = open_index(sound, KEYS.index)
    for texts in ([], [None, None]):
        found = index.holders(Kind.EMAIL, pl.Series(texts, dtype=pl.String))
        assert (len(found.row), len(found.subject)) == (0, 0)


def test_an_epoch_says_which_state_it_is(sound: Path):
    """Number, time, counts, and the digest of the manifest."""
    index = open_index(sound, KEYS.index)
    epoch = index.epoch
    assert (epoch.number, epoch.made, epoch.subjects) == (1, "2026-11-23T10:00:00Z", 3)
    assert len(epoch.digest) == 64
    assert epoch == open_index(sound, KEYS.index, deep=True).epoch
    assert Kind.EMAIL_DIGEST in index.shapes


def test_another_key_is_refused(sound: Path):
    """That of another epoch, or the one for subject numbers."""
    for key in (OTHER, KEYS.subject):
        with pytest.raises(ConfigError, match="was built with another key"):
            open_index(sound, key)


@pytest.mark.parametrize(
    ("hours", "told"),
    [(23.99, ""), (24.01, "which is too old"), (-0.1, ""), (-1, "yet to come")],
)
def test_a_stale_index_is_refused(sound: Path, hours: float, told: str):
    """Older than it may be; and one of tomorrow, whose age nobody knows."""
    now = datetime(2026, 11, 23, 10, tzinfo=UTC) + timedelta(hours=hours)
    day = timedelta(days=1)
    if not told:
        open_index(sound, KEYS.index, max_age=day, now=now)
        return
    with pytest.raises(ConfigError, match=told):
        open_index(sound, KEYS.index, max_age=day, now=now)
    open_index(sound, KEYS.index, now=now)  # nobody asked for its age


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("where", [0.0, 0.37, 0.999])
def test_a_turned_bit_never_opens_a_hole(folder: Path, name: str, where: float):
    """Deep, it is found; else the index closes, or every member is found all the same."""
    path = next(folder.rglob(name))
    content = bytearray(path.read_bytes())
    content[int(len(content) * where)] ^= 4
    path.write_bytes(content)
    with pytest.raises((ProofError, ConfigError)):
        open_index(folder, KEYS.index, deep=True)
    try:
        index = open_index(folder, KEYS.index)
        found = index.holders(Kind.PHONE, pl.Series([PHONE, "14155550102"]))
    except (ProofError, ConfigError):
        return
    assert found.row.tolist() == [0, 0, 1]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("change", ["missing", "short", "long", "empty"])
def test_a_file_that_is_not_whole_closes_the_index(folder: Path, name, change):
    """With one clear error that names it."""
    path = next(folder.rglob(name))
    content = path.read_bytes()
    match change:
        case "missing":
            path.unlink()
        case "short":
            path.write_bytes(content[:-1])
        case "long":
            path.write_bytes(content + b"\0")
        case "empty":
            path.write_bytes(b"")
    with pytest.raises((ProofError, ConfigError)) as caught:
        open_index(folder, KEYS.index)
    assert name in str(caught.value)


def test_a_map_is_compared_as_it_is_read(folder: Path, monkeypatch):
    """What turns after the opening is found when it is used."""
    monkeypatch.setattr(module, "SAMPLE", 0)
    index = open_index(folder, KEYS.index)
    path = next(folder.rglob("subjects"))
    content = bytearray(path.read_bytes())
    with path.open("r+b") as stream:
        stream.write(bytes(byte ^ 1 for byte in content))
    with pytest.raises(ProofError, match="isn't the one that was written"):
        index.holders_of(Kind.PHONE, PHONE)
    with pytest.raises(ProofError, match="isn't the one that was written"):
        index.holders(Kind.PHONE, pl.Series([PHONE]))


def test_filters_in_memory_outlive_their_file(folder: Path):
    """What becomes of the file doesn't matter any more."""
    index = open_index(folder, KEYS.index)
    path = next(folder.rglob("filters"))
    path.write_bytes(bytes(path.stat().st_size))
    assert [*index.holders_of(Kind.PHONE, PHONE)] == numbers(ANN, BO)


def test_a_machine_that_reckons_otherwise_asks_the_store(folder: Path, monkeypatch):
    """Filters that don't hold known members are left aside."""
    monkeypatch.setattr(
        Filter, "may_hold", lambda _, keys: np.zeros(len(keys), np.bool_)
    )
    index = open_index(folder, KEYS.index)
    assert index.filter is None
    assert [*index.holders_of(Kind.PHONE, PHONE)] == numbers(ANN, BO)
    assert len(index.holders(Kind.PHONE, pl.Series([PHONE])).row) == 2


def test_a_build_that_ends_meanwhile_is_no_fault(folder: Path, monkeypatch):
    """Whoever has read the old manifest opens the new one."""
    read = manifests.read
    reads: list[manifests.Manifest] = []

    def overtaken(where, key):
        found = read(where, key)
        if not reads:
            reads.append(found)
            built(folder, [ANN])
        return found

    monkeypatch.setattr(manifests, "read", overtaken)
    index = open_index(folder, KEYS.index)
    assert index.epoch.number == 2
    assert [*index.holders_of(Kind.PHONE, PHONE)] == numbers(ANN)


def test_many_threads_ask_one_index(sound: Path):
    """And all get the same answer."""
    index = open_index(sound, KEYS.index)
    texts = pl.Series([PHONE, "1"] * 3000)
    found: list[list[int]] = []

    def ask() -> None:
        found.append(index.holders(Kind.PHONE, texts).row.tolist())

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(found) == 4
    assert len(found[0]) == 6000
    assert all(one == found[0] for one in found)


def test_an_index_without_a_key_shows_itself_and_is_not_believed(folder: Path):
    """Whoever changes the manifest needs the key to seal it."""
    path = folder / "manifest.json"
    changed = path.read_bytes().replace(b'"made":"2026', b'"made":"2036')
    path.write_bytes(changed)
    assert manifests.read(folder, None).made.startswith("2036")
    with pytest.raises(ProofError, match="isn't the one that was written"):
        manifests.read(folder, KEYS.index)


def test_the_same_files_under_another_seal_are_another_index(folder: Path):
    """Swapping the manifest of another index in is found."""
    other = folder.parent / "other"
    built(other, [ANN], keys=Keys(OTHER, KEYS.subject))
    shutil.copy(other / "manifest.json", folder / "manifest.json")
    with pytest.raises(ConfigError):
        open_index(folder, KEYS.index)
    with pytest.raises(ConfigError, match="no such file"):
        open_index(folder, OTHER)


def test_an_index_is_what_the_inspection_asks_for(sound: Path):
    """It is a `Known`, as the type checker sees it too."""
    index: Known = open_index(sound, KEYS.index)
    assert isinstance(index, Index)
