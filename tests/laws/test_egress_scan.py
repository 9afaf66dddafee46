"""A scan tells the truth: of a whole exactly, of a sample within its bounds."""

from __future__ import annotations

import io
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringfence.egress.scan.files import Folder
from ringfence.egress.scan.found import Dataset
from ringfence.egress.scan.sampling import sampled
from ringfence.egress.scan.scanning import scan
from ringfence.egress.scan.taking import Take, bounds
from tests.scanned import FORMS, rows, watch

SUBJECTS = st.lists(st.integers(0, 60), max_size=40)
FILES = st.dictionaries(
    st.tuples(st.sampled_from(["a", "b/c", "ü x"]), st.sampled_from(sorted(FORMS))),
    st.lists(st.integers(0, 60), min_size=1, max_size=40),
    max_size=4,
)
SEEDS = 400


@settings(max_examples=12)
@given(FILES)
def test_a_whole_scan_is_the_truth(tmp_path_factory: pytest.TempPathFactory, files):
    """Of every dataset, exactly the people whose rows stand in it are seen."""
    folder = tmp_path_factory.mktemp("store")
    truth = {}
    for (stem, ending), subjects in files.items():
        path = folder / f"{stem}.{ending}"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(FORMS[ending](rows(subjects)))
        truth[f"{stem}.{ending}"] = sorted({*subjects} - {0})
    found = scan(Folder(folder), watch())
    assert {one.name: one.subjects.tolist() for one in found.datasets} == truth
    everybody = {subject for subjects in truth.values() for subject in subjects}
    assert found.subjects.tolist() == sorted(everybody)
    assert found.is_whole


@settings(max_examples=12)
@given(SUBJECTS.filter(lambda some: len(some) > 1), st.sampled_from(sorted(FORMS)))
def test_a_sample_of_every_row_is_the_whole(subjects, ending):
    """As many rows as there are: the people, and the rows that hold somebody."""
    content = FORMS[ending](rows(subjects))
    found = sampled(watch(Take(rows=1000)), f"x.{ending}", io.BytesIO(content))
    assert found is not None
    assert found.subjects.tolist() == sorted({*subjects} - {0})
    assert found.hits == sum(subject > 0 for subject in subjects)
    assert (found.looked, found.rows, found.by) == (len(subjects),) * 2 + ("whole",)


@settings(max_examples=25)
@given(
    st.lists(st.integers(0, 60), min_size=20, max_size=60),
    st.sampled_from(sorted(FORMS)),
    st.integers(1, 30),
    st.booleans(),
    st.integers(0, 9),
)
def test_a_sample_sees_nobody_who_isnt_there(subjects, ending, count, blocks, seed):
    """Who is seen in some rows is in the dataset, and no bound from below is too high."""
    content = FORMS[ending](rows(subjects))
    take = Take(rows=count, blocks=blocks, seed=seed)
    found = sampled(watch(take), f"x.{ending}", io.BytesIO(content))
    assert found is not None
    assert set(found.subjects.tolist()) <= {*subjects} - {0}
    told = bounds(found)
    assert told is not None
    assert found.hits is not None
    assert found.hits <= found.looked <= found.rows == len(subjects)
    assert found.hits <= told.least
    if found.by == "blocks":
        assert told.most is None


@pytest.mark.parametrize("held", [0, 2, 30, 150, 299, 300])
def test_the_interval_holds_the_truth(held: int):
    """Of 400 samples at least 95 in 100 have bounds that hold the true number of rows.

    The rows are drawn as for a file; whether one holds somebody is known beforehand.
    """
    draw = random.Random(held)  # noqa: S311 (the same each time)
    order = draw.sample(range(300), 300)
    holding = set(order[:held])
    right = 0
    for seed in range(SEEDS):
        take = Take(share=0.1, seed=seed)
        places = take.places(300, "x.csv").tolist()
        hits = sum(place in holding for place in places)
        told = bounds(_sample(hits, len(places)))
        assert told is not None
        assert told.most is not None
        right += told.least <= held <= told.most
    assert right >= SEEDS * 0.95


def _sample(hits: int, looked: int) -> Dataset:
    return Dataset("x.csv", "file", by="rows", rows=300, looked=looked, hits=hits)


@pytest.mark.parametrize("ending", sorted(FORMS))
def test_the_interval_of_a_file_holds_the_truth(ending: str):
    """The same of real files, whose rows are drawn, read and looked through."""
    subjects = [number % 61 if number % 4 == 0 else 0 for number in range(160)]
    truth = sum(subject > 0 for subject in subjects)
    content = FORMS[ending](rows(subjects))
    right = 0
    for seed in range(20):
        take = Take(rows=30, seed=seed)
        found = sampled(watch(take), f"x.{ending}", io.BytesIO(content))
        assert found is not None
        assert (found.by, found.looked) == ("rows", 30)
        told = bounds(found)
        assert told is not None
        assert told.most is not None
        right += told.least <= truth <= told.most
    assert right >= 19


def test_what_cant_be_read_is_counted(tmp_path: Path):
    """Whatever lies in a folder is in the report: read, read in part, or unread."""
    (tmp_path / "clear.csv").write_bytes(FORMS["csv"](rows([1, 0])))
    (tmp_path / "link.csv").symlink_to("clear.csv")
    (tmp_path / "folder").symlink_to("/")
    (tmp_path / "torn.parquet").write_bytes(b"PAR1" + bytes(range(256)))
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(64))
    for take in (Take(), Take(rows=1)):
        found = {one.name: one for one in scan(Folder(tmp_path), watch(take)).datasets}
        assert sorted(found) == sorted(path.name for path in tmp_path.iterdir())
        assert found["link.csv"].unread == "is a link, which isn't followed"
        assert found["folder"].unread == "is a link, which isn't followed"
        assert found["torn.parquet"].gaps == ("malformed",)
        assert found["picture.png"].gaps == ("image",)
        assert not any(
            one.is_whole for name, one in found.items() if "clear" not in name
        )
