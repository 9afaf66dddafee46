"""Building: beside the old index, out of core, and atomic."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from ringfence.documents.durable import locked
from ringfence.egress.forms.kinds import Kind
from ringfence.egress.index import building, manifest
from ringfence.egress.index import filter as filters
from ringfence.egress.index.gathering import Keys
from ringfence.egress.index.opened import open_index
from ringfence.egress.index.population import Frames
from ringfence.egress.index.runs import Runs, Taking
from ringfence.errors import ConfigError, RingfenceError, SourceError
from tests.indexed import ANN, BO, CY, KEYS, LAYOUT, OTHER, built, frame, gathering


def test_an_index_counts_what_it_holds(tmp_path: Path):
    """Fingerprints, pairs, people, and how many share one at most."""
    found = built(tmp_path / "ix")
    told = found.manifest
    assert (told.keys, told.pairs, told.subjects, told.shared) == (7, 8, 3, 2)
    assert (told.epoch, told.people, found.rows) == (1, 3, 3)
    assert told.shapes[Kind.PHONE].keys == 3
    assert sum(part.pairs for part in told.parts) == 8


def test_the_same_population_has_the_same_root(tmp_path: Path):
    """In any order, in any pieces, with rows that come twice."""
    first = built(tmp_path / "a").manifest
    second = built(tmp_path / "b", [CY, BO, ANN, BO]).manifest
    made = gathering()
    pieces = [frame([one]) for one in (BO, CY, ANN)]
    third = building.build(Frames(pieces), made, tmp_path / "c", time="x").manifest
    assert first.root == second.root == third.root
    assert first.root != built(tmp_path / "d", [ANN, BO]).manifest.root


def test_nothing_in_the_clear_lies_in_the_folder(tmp_path: Path):
    """Neither identifiers nor their digests nor keys, in whatever spelling."""
    built(tmp_path / "ix", has_digests=True)
    content = b"".join(
        p.read_bytes() for p in (tmp_path / "ix").rglob("*") if p.is_file()
    )
    for text in (
        b"ann",
        b"example",
        b"4155550100",
        KEYS.index.secret,
        KEYS.subject.secret,
    ):
        assert text not in content.lower()
    assert KEYS.index.secret.hex().encode() not in content


def test_only_the_owner_reads_the_files(tmp_path: Path):
    """Fingerprints and numbers of people are worth keeping."""
    found = built(tmp_path / "ix").manifest
    assert (tmp_path / "ix" / found.folder).stat().st_mode & 0o077 == 0


def test_a_second_build_is_the_next_epoch_and_takes_the_old_ones_place(tmp_path: Path):
    """With another key, too; subject numbers stay."""
    folder = tmp_path / "ix"
    built(folder)
    old = open_index(folder, KEYS.index)
    new = built(folder, keys=Keys(OTHER, KEYS.subject)).manifest
    assert new.epoch == 2
    names = {path.name for path in folder.iterdir()}
    assert names == {"lock", "manifest.json", new.folder}
    opened = open_index(folder, OTHER)
    for index in (old, opened):  # who had opened the old one goes on with it
        assert len(index.holders_of(Kind.PHONE, "14155550100")) == 2
    text = "ann@example.com"
    assert old.holders_of(Kind.EMAIL, text) == opened.holders_of(Kind.EMAIL, text)
    with pytest.raises(ConfigError, match="was built with another key"):
        open_index(folder, KEYS.index)


def test_over_a_damaged_index_a_new_one_is_built(tmp_path: Path):
    """Its number goes on from the folder that is left."""
    folder = tmp_path / "ix"
    built(folder)
    (folder / "manifest.json").write_text("{}")
    assert built(folder).manifest.epoch == 2


def test_a_population_without_identifiers_is_refused(tmp_path: Path):
    """An index that knows nobody would let everything pass; the old one stays."""
    folder = tmp_path / "ix"
    before = built(folder).manifest
    for people in ([], [{"id": " ", "email": None, "phone": ""}]):
        with pytest.raises(SourceError, match=r"holds no identifier|none of 1 values"):
            built(folder, people)
    assert manifest.read(folder, KEYS.index) == before
    assert not [*folder.glob("building-*")]


def test_a_column_of_which_nothing_is_understood_is_refused(tmp_path: Path):
    """The wrong column would be named for ever."""
    people = [{**ANN, "phone": "ann@example.com"}, {**BO, "phone": "bo"}]
    with pytest.raises(SourceError, match="none of 2 values is of the kind `PHONE`"):
        built(tmp_path / "ix", people)


def test_two_builds_at_once_are_refused(tmp_path: Path):
    """The second one says so."""
    folder = tmp_path / "ix"
    busy = pytest.raises(RingfenceError, match="is being changed by another run")
    with locked(folder / "lock", RingfenceError("held")), busy:
        built(folder)


def test_a_population_that_breaks_off_leaves_the_old_index(tmp_path: Path):
    """Whatever breaks it off, and nothing half made is left."""
    folder = tmp_path / "ix"
    before = built(folder).manifest

    class Breaking:
        def pieces(self, columns):
            yield frame([ANN]).select(columns)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        building.build(Breaking(), gathering(), folder, time="x")
    assert manifest.read(folder, KEYS.index) == before
    assert {p.name for p in folder.iterdir()} == {
        "lock",
        "manifest.json",
        before.folder,
    }


def test_without_the_filters_package_the_store_is_asked_alone(
    tmp_path: Path, installed
):
    """Slower, and with the same answers."""
    with_filters = built(tmp_path / "a").manifest
    installed("pyfusefilter", "9")
    without = built(tmp_path / "b").manifest
    assert (with_filters.has_filter, without.has_filter) == (True, False)
    assert with_filters.root == without.root
    index = open_index(tmp_path / "b", KEYS.index, deep=True)
    assert index.filter is None
    assert len(index.holders_of(Kind.PHONE, "14155550100")) == 2
    assert len(index.holders(Kind.PHONE, pl.Series(["14155550100", "1"])).row) == 2


def test_filters_that_fail_half_way_are_all_left_out(tmp_path: Path, monkeypatch):
    """Some alone would leave people out."""
    build_one, calls = filters.build, []

    def failing(keys):
        calls.append(len(keys))
        return build_one(keys) if len(calls) < 100 else None

    monkeypatch.setattr(filters, "build", failing)
    found = built(tmp_path / "ix").manifest
    assert not found.has_filter
    assert found.files["filters"].size == 0
    assert {part.filter for part in found.parts} == {filters.EMPTY}
    open_index(tmp_path / "ix", KEYS.index, deep=True)


def test_progress_is_told(tmp_path: Path):
    """Rows first, then shards."""
    said: list[str] = []
    building.build(
        Frames([frame([ANN, BO])]),
        gathering(),
        tmp_path,
        time="x",
        progress=said.append,
    )
    assert said[0] == "read 2 rows"
    assert said[-1] == "sorting shard 256 of 256"


def test_runs_put_rows_apart_and_give_them_back_once(tmp_path: Path):
    """Every row in the file of its first byte, however often rows are added."""
    drawn = np.random.default_rng(3)
    keys = drawn.integers(0, 1 << 64, 5000, np.uint64)
    others = drawn.integers(0, 1 << 64, 5000, np.uint64)
    with Runs(tmp_path / "r", 2) as runs:
        for low in range(0, 5000, 700):
            runs.add(keys[low : low + 700], others[low : low + 700])
        runs.add(keys[:0], others[:0])
    taking = Taking(tmp_path / "r", 2)
    found: list[tuple[int, ...]] = []
    for number in range(256):
        rows = taking.take(number)
        assert (rows[:, 0] >> np.uint64(56) == number).all()
        found += map(tuple, rows.tolist())
    taking.done()
    assert sorted(found) == sorted(zip(keys.tolist(), others.tolist(), strict=True))
    assert not (tmp_path / "r").exists()


def test_memory_is_bounded_by_a_piece_and_a_shard(tmp_path: Path):
    """Ten times the people take no more memory at once, but for the shard's part."""

    def peak(people: int) -> int:
        def pieces():
            for low in range(0, people, 500):
                ids = [str(low + n) for n in range(500)]
                yield pl.DataFrame(
                    {"id": ids, "email": [f"{n}@a.example" for n in ids], "phone": ids}
                ).with_columns(phone=pl.lit("1415555") + pl.col("id").str.zfill(6))

        class Many:
            def pieces(self, columns):
                return (piece.select(columns) for piece in pieces())

        tracemalloc.start()
        building.build(Many(), gathering(), tmp_path / str(people), time="x")
        try:
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    small, large = peak(1_000), peak(10_000)
    # Held at once, the larger one's pairs alone would be half a megabyte.
    assert large < small + 250_000
    assert LAYOUT.columns == ("id", "email", "phone")
