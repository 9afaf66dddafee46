"""Laws of the index: exact whatever it holds, up to date whatever came, whole or old."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringfence.egress.forms.kinds import Kind
from ringfence.egress.index import fingerprint as fingerprinting
from ringfence.egress.index import store
from ringfence.egress.index.building import build
from ringfence.egress.index.delta import bring
from ringfence.egress.index.fingerprint import subject_number
from ringfence.egress.index.gathering import Gathering
from ringfence.egress.index.opened import Index, open_index
from ringfence.egress.index.population import Frames, Layout
from tests.indexed import KEYS, NOW

SCHEMA = {"id": pl.String, "email": pl.String, "phone": pl.String}
LAYOUT = Layout({"email": Kind.EMAIL, "phone": Kind.PHONE}, "id")
# Few values, so that people share them and go and come again.
PEOPLE = st.lists(
    st.tuples(
        st.sampled_from("123456"),
        st.sampled_from([None, *"abcdefgh"]),
        st.sampled_from([None, *"01234"]),
    ),
    max_size=12,
)
Person = tuple[str, str | None, str | None]
Held = dict[tuple[Kind, str], set[int]]


def as_they_stand(_: Kind, texts: pl.Series) -> pl.Series:
    """Return identifiers as they are."""
    return texts


def gathering() -> Gathering:
    """Return what makes pairs of rows, whatever the texts are."""
    return Gathering(LAYOUT, KEYS, has_digests=False, canonical=as_they_stand)


def frames(people: Sequence[Person], rows: int) -> Frames:
    """Return people as rows, in pieces of a few."""
    parts = [people[low : low + rows] for low in range(0, len(people), rows)]
    return Frames([pl.DataFrame(one, SCHEMA, orient="row") for one in parts])


def held(people: Sequence[Person]) -> Held:
    """Return who has what: the reference, a dictionary of sets."""
    found: Held = defaultdict(set)
    for primary, email, phone in people:
        who = subject_number(KEYS.subject, primary)
        for kind, text in ((Kind.EMAIL, email), (Kind.PHONE, phone)):
            if text is not None:
                found[kind, text].add(who)
    return found


def check(index: Index, wanted: Held) -> None:
    """Hold every answer against the dictionary's: members and everybody else."""
    for kind, texts in ((Kind.EMAIL, "abcdefghxyz"), (Kind.PHONE, "0123456789")):
        asked = pl.Series([*texts, None, *reversed(texts)])
        found = index.holders(kind, asked)
        by_row: dict[int, list[int]] = defaultdict(list)
        for row, who in zip(found.row.tolist(), found.subject.tolist(), strict=True):
            by_row[row].append(who)
        assert found.row.tolist() == sorted(found.row.tolist())
        for row, text in enumerate(asked.to_list()):
            right = sorted(wanted.get((kind, text), ()))
            assert sorted(by_row[row]) == right
            if text is not None:
                assert sorted(index.holders_of(kind, text)) == right
    assert index.epoch.subjects == len(set().union(*wanted.values()))
    assert index.epoch.keys == len({one for one in wanted if wanted[one]})


@settings(max_examples=20)
@given(
    people=PEOPLE.filter(lambda p: any(e or t for _, e, t in p)), rows=st.integers(1, 9)
)
def test_an_index_answers_as_a_dictionary_does(people: list[Person], rows: int):
    """Every member is found with everybody behind it, and nobody else is."""
    with tempfile.TemporaryDirectory() as folder:
        build(frames(people, rows), gathering(), Path(folder), time=NOW)
        check(open_index(Path(folder), KEYS.index, deep=True), held(people))


@settings(max_examples=15)
@given(
    first=PEOPLE,
    days=st.lists(st.tuples(PEOPLE, st.sets(st.sampled_from("1234567"))), max_size=3),
)
def test_deltas_say_what_an_index_built_anew_says(first, days):
    """Day by day: who went is gone with everything, and who came is there."""
    people = [("0", "z", "9"), *first]  # who never goes: nobody is left else
    with tempfile.TemporaryDirectory() as folder:
        build(frames(people, 5), gathering(), Path(folder), time=NOW)
        for came, went in days:
            people = [one for one in people if one[0] not in went] + came
            gone = pl.DataFrame({"id": sorted(went)}, schema={"id": pl.String})
            bring(
                Path(folder),
                gathering(),
                came=frames(came, 4) if came else None,
                went=Frames([gone]),
                time=NOW,
            )
            check(open_index(Path(folder), KEYS.index, deep=True), held(people))


def test_identifiers_with_one_fingerprint_are_both_found(tmp_path: Path, monkeypatch):
    """Hashes that meet make both people known: it over-blocks, and leaves nobody out."""
    made = lambda _, text: 5 + len(text) % 2  # noqa: E731
    monkeypatch.setattr(fingerprinting, "_number", made)
    monkeypatch.setattr(fingerprinting.Mac, "of", lambda _, *given: made(*given))
    people: list[Person] = [("1", "a", None), ("22", "bbb", None), ("44", "cc", None)]
    build(frames(people, 9), gathering(), tmp_path, time=NOW)
    index = open_index(tmp_path, KEYS.index, deep=True)
    assert index.holders_of(Kind.EMAIL, "a") == (5, 6)
    found = index.holders(Kind.EMAIL, pl.Series(["cc", "bbb", "of a stranger"]))
    assert found.row.tolist() == [0, 1, 1, 2, 2]
    assert found.subject.tolist() == [5, 5, 6, 5, 6]
    assert (index.manifest.keys, index.manifest.pairs) == (2, 3)


@pytest.mark.parametrize("size", [1, 2, 1024])
def test_blocks_of_any_size_give_one_answer(size: int, tmp_path: Path, monkeypatch):
    """A placeholder that hundreds share spans many blocks."""
    monkeypatch.setattr(store, "BLOCK", size)
    monkeypatch.setattr("ringfence.egress.index.opened.BLOCK", size)
    people: list[Person] = [(str(n), f"p{n}", "0") for n in range(300)]
    built = build(frames(people, 70), gathering(), tmp_path, time=NOW)
    assert built.manifest.shared == 300
    index = open_index(tmp_path, KEYS.index, deep=True)
    assert len(index.holders_of(Kind.PHONE, "0")) == 300
    found = index.holders(Kind.PHONE, pl.Series(["1", "0", "0"]))
    assert found.row.tolist() == [1] * 300 + [2] * 300
    emails = pl.Series([f"p{n}" for n in range(-300, 300)])
    assert index.holders(Kind.EMAIL, emails).row.tolist() == [*range(300, 600)]


# It forks before any engine runs, so that each child dies at one step of the disk.
CRASHING = """
import os, sys
from pathlib import Path
import polars as pl
import duckdb, numpy, pyarrow.parquet
from ringfence.egress.index.delta import bring
from ringfence.egress.index.opened import open_index
from ringfence.egress.index.population import Frames
from ringfence.egress.forms.kinds import Kind
from tests.indexed import ANN, BO, CY, KEYS, built, frame, gathering

STEPS = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.truncate",
         "fcntl.flock", "shutil.rmtree", "tempfile.mkdtemp"}
folder, what = Path(sys.argv[1]), sys.argv[2]

def child(work):
    number = os.fork()
    if not number:
        try:
            os._exit(work() or 0)
        except BaseException as error:
            print(repr(error), file=sys.stderr)
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])

def begin():
    built(folder, [ANN, BO])

def change():
    if what == "build":
        built(folder, [BO, CY])
    else:
        gone = Frames([pl.DataFrame({"id": ["1"]})])
        bring(folder, gathering(), came=Frames([frame([CY])]), went=gone,
              time="2026-11-24T10:00:00Z")

def crash(at):
    seen = 0
    def hook(name, args):
        nonlocal seen
        if name in STEPS and str(folder) in str(args) or name == "os.rename":
            seen += 1
            if seen == at:
                os._exit(9)
    sys.addaudithook(hook)
    change()

def check():
    index = open_index(folder, KEYS.index, deep=True)
    ann = len(index.holders_of(Kind.EMAIL, "ann@example.com"))
    cy = len(index.holders_of(Kind.PHONE, "14155550102"))
    assert (ann, cy) in ((1, 0), (0, 1)), (ann, cy)
    return 20 + cy

assert child(begin) == 0
at, states = int(sys.argv[3]), []
while True:
    ended = child(lambda: crash(at))
    states.append(child(check))
    assert states[-1] in (20, 21), states
    if ended == 0:
        break
    assert ended == 9, ended
    if states[-1] == 21:  # after the change: begin again, and die a step later
        assert child(begin) == 0
    at += int(sys.argv[4])
assert states[-1] == 21, states
assert child(change) == 0 and child(check) == 21
print(at, states.count(20), states.count(21),
      sorted(p.name.split("-")[0] for p in folder.iterdir()))
"""


@pytest.mark.parametrize(("what", "first", "step"), [("build", 1, 3), ("delta", 1, 1)])
def test_a_crash_at_any_step_leaves_the_old_index_or_the_new(
    what: str, first: int, step: int, tmp_path: Path
):
    """Killed at each step that it takes on the disk; and the next run goes through."""
    words = [str(tmp_path / "ix"), what, str(first), str(step)]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", CRASHING, *words],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.rstrip().endswith("['epoch', 'lock', 'manifest.json']")
