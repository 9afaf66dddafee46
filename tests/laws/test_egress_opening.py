"""Nothing that is opened is lost: what isn't seen is a doubt, and nothing ever raises."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringfence.egress.inspection.report import Coverage, Inspection
from ringfence.egress.inspector import Inspector
from ringfence.egress.opening.caps import Caps
from ringfence.egress.payload import Payload
from tests.egress_packed import CONTAINERS, EMAIL, JANE, KNOWN, PLANTED, json_lines

INSPECTOR = Inspector(KNOWN)
PLANTS = sorted(PLANTED)
FEW = ("json_lines", "table", "parquet", "mail")
ALONE = re.compile(
    rb"(?:^|[\s\",;>])" + re.escape(EMAIL.encode()) + rb"(?:$|[\s\",;<])"
)


def inspected(content: bytes, name: str = "a") -> Inspection:
    return INSPECTOR.inspect(Payload(name, content))


def is_told(found: Inspection) -> bool:
    """Somebody was seen, or the payload is held."""
    whole = found.coverage == Coverage.COMPLETE and not found.undecided
    return JANE in found.subjects.tolist() or not whole


@pytest.mark.parametrize("name", PLANTS)
def test_what_is_planted_is_seen(name: str):
    """An identifier is seen wherever a format can hold it."""
    assert JANE in inspected(PLANTED[name](EMAIL)).subjects.tolist()


@pytest.mark.parametrize("name", PLANTS)
def test_nobody_is_seen_where_nobody_is(name: str):
    """Without the identifier the same file shows nobody."""
    assert inspected(PLANTED[name]("somebody else")).subjects.tolist() == []


@settings(max_examples=40)
@given(st.sampled_from(PLANTS), st.lists(st.sampled_from(CONTAINERS), max_size=4))
def test_what_is_packed_is_seen(name: str, around):
    """Containers within one another hide nobody; one too many is a doubt."""
    content = PLANTED[name](EMAIL)
    for one in around:
        content = one(content)
    found = inspected(content)
    assert is_told(found)
    if len(around) < 4 and name != "mail":
        assert JANE in found.subjects.tolist()


@pytest.mark.parametrize(
    ("name", "around"),
    [(name, None) for name in PLANTS]
    + [(name, one) for name in FEW for one in CONTAINERS],
)
def test_what_is_cut_off_never_passes_as_whole(name: str, around):
    """A file that is cut anywhere is told from a whole one, unless it is text."""
    whole = PLANTED[name](EMAIL)
    content = around(whole) if around else whole
    step = max((len(content) - 8) // 4, 1)
    for end in range(8 + len(name) % step, len(content), step):
        found = inspected(content[:end])
        textual = around is None and EMAIL.encode() not in content[:end]
        assert textual or is_told(found)


@settings(max_examples=60)
@given(st.sampled_from(PLANTS), st.sampled_from([None, *CONTAINERS]), st.data())
def test_what_is_damaged_never_passes_as_whole(name: str, around, data):
    """Whatever bytes change, nothing raises, and who is still readable is seen."""
    content = bytearray(PLANTED[name](EMAIL))
    spared = content.find(EMAIL.encode())
    if around:
        content = bytearray(around(bytes(content)))
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(content) - 1))
        if around is None and spared <= at < spared + len(EMAIL):
            continue
        content[at] = data.draw(st.integers(0, 255))
    found = inspected(bytes(content))
    if around is None and ALONE.search(content):
        assert is_told(found)


@pytest.mark.parametrize(
    "block", [1, 2, 3, 5, 7, 11, 13, 20, 28, 29, 30, 31, 45, 59, 60, 61]
)
def test_a_border_of_chunks_changes_nothing(block: int):
    """Wherever the borders of chunks lie, the same is seen at the same places."""
    content = json_lines(EMAIL) * 2
    cut = Inspector(KNOWN, caps=Caps(block=block)).inspect(Payload("a", content))
    whole = inspected(content)
    assert _places(cut) == _places(whole)


def _places(found: Inspection):
    return [
        (one.place, one.tag, one.written, one.count, one.subjects.tolist())
        for one in found.sightings
    ], [(one.name, one.types) for one in found.columns]


BOMBS = """
import io, json, resource, sys, zipfile
resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))
import pyarrow as pa
import pyarrow.parquet as pq
import zstandard
from ringfence.egress.inspector import Inspector
from ringfence.egress.opening.caps import Caps
from ringfence.egress.payload import Payload
from tests.egress_packed import KNOWN, bomb, in_zip

def zips(content, times):
    told = io.BytesIO()
    with zipfile.ZipFile(told, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(times):
            archive.writestr(f"{number}", content)
    return told.getvalue()

def parquet(rows):
    told = io.BytesIO()
    with pq.ParquetWriter(told, pa.schema([("a", pa.string())])) as writer:
        batch = pa.record_batch([pa.nulls(rows, pa.string())], names=["a"])
        for _ in range(20):
            writer.write_batch(batch)
    return told.getvalue()

inner = zips(bytes(1 << 21), 16)
bombs = {
    "gzip": bomb(48),
    "zip": zips(inner, 16),
    "zstd": zstandard.compress(bytes(48 << 20)),
    "json": b"[" * 300_000 + b"]" * 300_000,
    "lines": b'{"a":' * 200_000 + b"1" + b"}" * 200_000 + b"\\n{}\\n",
    "keys": json.dumps({f"k{n}": n for n in range(20_000)}).encode(),
    "quotes": b"a,b\\n" * 200 + b'"' + b"x,\\n" * 2_000_000,
    "parquet": parquet(1 << 20),
}
inspector = Inspector(KNOWN, caps=Caps(floor=4 << 20))
for name, content in bombs.items():
    found = inspector.inspect(Payload("a", content))
    whole = found.coverage == "COMPLETE" and not found.undecided
    print(name, "whole" if whole else "held")
"""


def test_bombs_are_held_in_bounded_memory():
    """What unpacks without end is held, by a process that has 3 GiB to live in."""
    found = subprocess.run(
        [sys.executable, "-c", BOMBS], capture_output=True, text=True, check=False
    )
    assert found.stderr == ""
    told = dict(line.split() for line in found.stdout.splitlines())
    assert told == dict.fromkeys(told, "held")
    assert len(told) == 8
