"""Deltas: who came and who went, without building anew."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from ringfence.egress.forms.kinds import Kind
from ringfence.egress.index import delta as module
from ringfence.egress.index.delta import bring
from ringfence.egress.index.fingerprint import subject_number
from ringfence.egress.index.gathering import Keys
from ringfence.egress.index.opened import open_index
from ringfence.egress.index.population import Frames
from ringfence.errors import ConfigError, ProofError, SourceError
from tests.indexed import ANN, BO, CY, KEYS, OTHER, Person, built, frame, gathering

PHONE = "14155550100"
DI: Person = {"id": "4", "email": "di@example.com", "phone": "415 555 0100"}
LATER = "2026-11-24T10:00:00Z"


def changed(
    folder: Path,
    came: Sequence[Person] = (),
    went: Sequence[str] = (),
    *,
    keys: Keys = KEYS,
):
    """Bring an index up to date, and open it."""
    gone = pl.DataFrame({"id": [*went]}, schema={"id": pl.String})
    bring(
        folder,
        gathering(keys),
        came=Frames([frame(came)]) if came else None,
        went=Frames([gone]) if went else None,
        time=LATER,
    )
    return open_index(folder, KEYS.index, deep=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return an index of three people."""
    built(tmp_path / "ix")
    return tmp_path / "ix"


def who(index, kind: Kind, text: str) -> set[str]:
    """Return which of the people an identifier belongs to, asked in both ways."""
    names = {subject_number(KEYS.subject, str(n)): str(n) for n in range(1, 6)}
    one = index.holders_of(kind, text)
    assert len(one) == len(set(one))
    column = index.holders(kind, pl.Series([text])).subject.tolist()
    assert sorted(column) == sorted(one)
    return {names[subject] for subject in one}


def test_who_came_is_there_and_who_went_is_not(folder: Path):
    """With all that they have, and had; the others stay as they were."""
    index = changed(folder, [DI], ["1"])
    assert who(index, Kind.PHONE, PHONE) == {"2", "4"}
    assert who(index, Kind.EMAIL, "ann@example.com") == set()
    assert who(index, Kind.EMAIL, "di@example.com") == {"4"}
    assert who(index, Kind.EMAIL, "bo@example.com") == {"2"}
    assert (index.epoch.subjects, index.manifest.change.number) == (3, 1)


def test_the_number_stays_and_the_digest_changes(folder: Path):
    """It is the same epoch in another state, brought up to a later time."""
    before = open_index(folder, KEYS.index).epoch
    after = changed(folder, [DI]).epoch
    assert (before.number, after.number) == (1, 1)
    assert before.digest != after.digest
    assert (before.made, after.made) == ("2026-11-23T10:00:00Z", LATER)
    now = datetime(2026, 11, 25, tzinfo=UTC)
    open_index(folder, KEYS.index, max_age=timedelta(days=1), now=now)


def test_who_changed_goes_and_comes(folder: Path):
    """The old address is nobody's, the new one is theirs, and so is what stayed."""
    index = changed(folder, [{**ANN, "email": "new@example.com"}], ["1"])
    assert who(index, Kind.EMAIL, "ann@example.com") == set()
    assert who(index, Kind.EMAIL, "new@example.com") == {"1"}
    assert who(index, Kind.PHONE, PHONE) == {"1", "2"}
    assert index.epoch.subjects == 3


def test_deltas_follow_each_other(folder: Path):
    """Each takes up the one before; one file of changes is left."""
    changed(folder, [DI], ["1"])
    index = changed(folder, [ANN], ["4", "2"])
    assert who(index, Kind.PHONE, PHONE) == {"1"}
    assert who(index, Kind.EMAIL, "di@example.com") == set()
    assert who(index, Kind.EMAIL, "ann@example.com") == {"1"}
    assert index.epoch.subjects == 2
    names = [path.name for path in folder.rglob("change-*")]
    assert names == ["change-2"]


def test_who_is_there_already_is_there_once(folder: Path):
    """An identifier that comes again gives one answer."""
    index = changed(folder, [ANN, BO])
    assert who(index, Kind.PHONE, PHONE) == {"1", "2"}
    assert index.manifest.change.added == 0
    assert (index.epoch.keys, index.epoch.subjects) == (7, 3)


def test_new_kinds_and_shapes_are_told(folder: Path):
    """A longer form than any before is asked for, too."""
    longer = {**DI, "email": "d" * 40 + "@example.com"}
    index = changed(folder, [longer])
    assert index.shapes[Kind.EMAIL].longest == 52
    assert index.shapes[Kind.EMAIL].keys == 3
    bring(
        folder,
        gathering(has_digests=True),
        came=Frames([frame([{**DI, "id": "5"}])]),
        went=None,
        time=LATER,
    )
    assert Kind.EMAIL_DIGEST in open_index(folder, KEYS.index).shapes


def test_a_delta_of_nobody_tells_the_time(folder: Path):
    """Nobody came or went that wasn't there or away already."""
    index = changed(folder, went=["77"])
    assert (index.epoch.made, index.epoch.keys) == (LATER, 7)


def test_everybody_can_not_go(folder: Path):
    """An index that knows nobody would let everything pass."""
    with pytest.raises(SourceError, match="takes everybody away"):
        changed(folder, went=["1", "2", "3"])
    assert open_index(folder, KEYS.index).epoch.subjects == 3


def test_other_keys_are_refused(folder: Path):
    """Fingerprints and numbers would be other ones."""
    with pytest.raises(ConfigError, match="was built with another key"):
        changed(folder, [DI], keys=Keys(OTHER, KEYS.subject))
    with pytest.raises(ConfigError, match="was built with another subject key"):
        changed(folder, [DI], keys=Keys(KEYS.index, OTHER))


def test_a_delta_has_its_size(folder: Path, monkeypatch):
    """What doesn't fit into memory is built anew."""
    monkeypatch.setattr(module, "LARGEST", 2)
    for came, went in (([DI], []), ([], ["1", "2", "3"])):
        with pytest.raises(SourceError, match="is larger than 2 pairs"):
            changed(folder, came, went)


def test_a_row_without_its_person_is_refused(folder: Path):
    """Of those who went as of those who came, each by its own place."""
    with pytest.raises(SourceError, match="row 2 has no `id`"):
        changed(folder, [DI], ["1", ""])
    with pytest.raises(SourceError, match="row 1 has no `id`"):
        changed(folder, [{**DI, "id": None}], ["1"])


def test_an_index_that_is_not_there_can_not_be_brought_up_to_date(tmp_path: Path):
    """Nothing is made in its place that could be taken for one."""
    with pytest.raises(ConfigError, match="no such file"):
        changed(tmp_path / "nowhere", [DI])


@pytest.mark.parametrize("change", ["turn", "cut", "grow", "remove"])
def test_changes_that_are_not_what_was_written_close_the_index(folder: Path, change):
    """A bit, a byte less, a byte more, or all of it."""
    changed(folder, [DI], ["1"])
    path = next(folder.rglob("change-1"))
    content = path.read_bytes()
    match change:
        case "turn":
            path.write_bytes(bytes([content[0] ^ 1]) + content[1:])
        case "cut":
            path.write_bytes(content[:-8])
        case "grow":
            path.write_bytes(content + bytes(8))
        case "remove":
            path.unlink()
    with pytest.raises((ProofError, ConfigError), match="change-1"):
        open_index(folder, KEYS.index)


def test_without_the_filters_package_changes_are_found_all_the_same(
    folder: Path, installed
):
    """By bisection alone."""
    installed("pyfusefilter", "9")
    index = changed(folder, [DI], ["1"])
    assert who(index, Kind.PHONE, PHONE) == {"2", "4"}
    assert who(index, Kind.EMAIL, "cy@example.com") == set()
    assert CY["email"] is None
