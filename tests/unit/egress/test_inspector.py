"""An inspection tells places and numbers of a whole payload, and never a value."""

from __future__ import annotations

import hashlib
import io
import json
import re
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringfence.egress.detectors.detector import Detected
from ringfence.egress.inspection.report import Column, Coverage, Inspection
from ringfence.egress.inspection.sightings import Doubt, Place, Written
from ringfence.egress.inspector import Inspector
from ringfence.egress.payload import Payload
from ringfence.errors import RingfenceError
from tests.egress_packed import EMAIL, JANE, KNOWN, PLANTED

INSPECTOR = Inspector(KNOWN)
OTHER = "john@example.org"


def told(found: Inspection):
    """Return an inspection as values that compare."""
    sightings = [
        (s.place, s.tag, s.written, s.count, s.subjects.tolist())
        for s in found.sightings
    ]
    rest = found.format, found.coverage, found.rows, found.columns, found.undecided
    return found.content, found.size, found.epoch, sightings, rest


def seen(found: Inspection):
    return [
        (s.place, s.tag, s.written, s.count, s.subjects.tolist())
        for s in found.sightings
    ]


def inspected(
    content: bytes, name: str = "a", media: str = "", **stated: str
) -> Inspection:
    return INSPECTOR.inspect(Payload(name, content, media, stated))


def test_what_is_seen_is_told_by_column():
    """Kind, writing, how often, where first, and whose."""
    rows = [{"a": "x"}, {"u": {"m": EMAIL}}, {"u": {"m": OTHER}, "l": [1, EMAIL]}]
    content = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
    assert seen(inspected(content)) == [
        (Place((), "/l/*", 3), "EMAIL", Written.PLAIN, 1, [JANE]),
        (Place((), "/u/m", 2), "EMAIL", Written.PLAIN, 2, [JANE, 8]),
    ]


def test_columns_are_told_in_order():
    """Types and numbers of values, for every column."""
    assert inspected(b'{"b":[1,null,"x"],"a":{}}').columns == (
        Column((), "/b/*", frozenset({"integer", "empty", "text"}), 2),
        Column((), "/a", frozenset({"nested"}), 1),
    )


def test_content_and_size_are_of_the_payload():
    """The digest is of the bytes as they came."""
    content = PLANTED["table"](EMAIL)
    found = inspected(content)
    assert found.content == hashlib.sha256(content).hexdigest()
    assert (found.size, found.epoch) == (len(content), KNOWN.epoch.digest)


def test_nothing_is_complete_too():
    """An empty payload holds nobody."""
    found = inspected(b"")
    assert (found.format, found.coverage, found.rows) == ("empty", Coverage.COMPLETE, 0)


@pytest.mark.parametrize("name", sorted(PLANTED))
def test_a_file_is_what_its_bytes_are(name: str, tmp_path: Path):
    """On disk or in memory: the same inspection."""
    path = tmp_path / "a"
    path.write_bytes(PLANTED[name](EMAIL))
    assert told(INSPECTOR.inspect(Payload("a", path))) == told(
        inspected(path.read_bytes())
    )


def test_a_file_that_isn_t_there_is_an_error(tmp_path: Path):
    """No verdict is reached, and no path is said."""
    with pytest.raises(RingfenceError, match="can't read the payload"):
        INSPECTOR.inspect(Payload("a", tmp_path / "a"))


@pytest.mark.parametrize(
    "found",
    [
        inspected(b"x\n", f"reports/{EMAIL}.txt"),
        inspected(b"x\n", "a", **{"x-request": f"for {EMAIL}"}),
        inspected(json.dumps({EMAIL: 1}).encode()),
        inspected(json.dumps({"a": {EMAIL: 1}}).encode() + b"\n{}\n"),
        inspected(f"id,{EMAIL}\n1,2\n3,4\n".encode()),
        inspected(PLANTED["parquet_name"](EMAIL)),
    ],
)
def test_a_name_is_looked_through_and_not_said(found: Inspection):
    """Names of files, columns and keys, and headers, hold people too."""
    assert found.subjects.tolist() == [JANE]
    assert EMAIL not in repr(found)


def test_a_name_of_the_index_is_not_said():
    """A column may be called by what only the index knows to be somebody's."""
    found = inspected(b'{"6900000000000000007":1}')
    assert found.subjects.tolist() == [JANE]
    assert "6900000000000000007" not in repr(found)


def test_a_key_that_stands_twice_is_seen():
    """Parsers keep the last value, and some readers the first."""
    found = inspected(f'{{"a":"{EMAIL}","a":"x"}}\n{{"a":1}}\n'.encode())
    assert seen(found) == [(Place((), "", 1), "EMAIL", Written.PLAIN, 1, [JANE])]


def test_an_address_in_two_columns_is_seen():
    """A name and a domain beside it are one address."""
    for content in (
        b"user,domain\njane.doe,example.com\nx,y.example\n",
        b'[{"user":"jane.doe","domain":"example.com"}]',
    ):
        found = inspected(content)
        assert [(s.written, s.subjects.tolist()) for s in found.sightings] == [
            (Written.SPLIT, [JANE])
        ]


def test_repeated_cells_are_counted():
    """A text that is looked through once counts as often as it is there."""
    cells = ["x", EMAIL, "y"] * 2000
    csv = "n,mail\n" + "".join(f"{n},{cell}\n" for n, cell in enumerate(cells))
    parquet = io.BytesIO()
    pq.write_table(pa.table({"mail": cells}), parquet)
    for content, row in ((csv.encode(), 3), (parquet.getvalue(), 2)):
        found = inspected(content)
        assert [(s.place.row, s.count) for s in found.sightings] == [(row, 2000)]


def test_a_large_document_is_told_by_rows():
    """Each place of the outermost list is a row."""
    value = [{"m": OTHER if n % 2 else "x", "pad": "x" * 50} for n in range(2000)]
    found = inspected(json.dumps(value).encode())
    assert (found.format, found.rows) == ("json", 2000)
    assert seen(found) == [(Place((), "/*/m", 2), "EMAIL", Written.PLAIN, 1000, [8])]


@pytest.mark.parametrize("name", sorted(PLANTED))
@pytest.mark.parametrize("planted", [EMAIL, "nobody"])
def test_a_glance_tells_what_an_inspection_tells(name: str, planted: str):
    """Whatever comes, the quick way and the long way agree."""
    payload = Payload("body", PLANTED[name](planted), "", {"x-id": "1"})
    assert told(INSPECTOR.glance(payload)) == told(INSPECTOR.inspect(payload))


LEAVES = st.sampled_from(
    [EMAIL, OTHER, "x", 1, None, 2.5, "jane.doe", "example.com", "a@b.c"]
)
BODIES = st.recursive(
    LEAVES,
    lambda v: (
        st.lists(v, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", EMAIL]), v)
    ),
)


@settings(max_examples=40)
@given(BODIES, st.sampled_from(["", "application/json", "text/plain"]))
def test_a_glance_at_a_body_tells_what_an_inspection_tells(value, media: str):
    """Any document, with any media type."""
    payload = Payload("/v1/body", json.dumps(value).encode(), media)
    assert told(INSPECTOR.glance(payload)) == told(INSPECTOR.inspect(payload))


@settings(max_examples=40)
@given(st.text(st.sampled_from(f"ab,\n\r\t{{ {EMAIL}"), max_size=40), st.booleans())
def test_a_glance_at_a_text_tells_what_an_inspection_tells(text: str, planted):
    """Any text, with or without somebody in it."""
    content = (text + f" {EMAIL} " if planted else text).encode()
    payload = Payload("/v1/body", content)
    assert told(INSPECTOR.glance(payload)) == told(INSPECTOR.inspect(payload))


class Capitals:
    """Finds words in capitals, and digits."""

    name, version = "capitals", "1"
    tags = frozenset({"WORD", "DIGIT"})

    def detect(self, texts: pl.Series) -> Detected:
        found = [
            (row, tag)
            for row, text in enumerate(texts.cast(pl.String).to_list())
            for tag in (0, 1)
            if re.search(r"\d" if tag == 0 else r"[A-Z]{3}", text)
        ]
        rows, tags = [row for row, _ in found], [tag for _, tag in found]
        return Detected(np.array(rows, np.uint32), np.array(tags, np.uint8))


class Broken(Capitals):
    """Fails at whatever it is asked."""

    name = "broken"

    def detect(self, texts: pl.Series) -> Detected:
        raise RuntimeError(texts[0])


@pytest.mark.parametrize(
    "content",
    [b"a,b\n1,x\n2,ABC\n", b'{"a":{"b":"x"}}\n', b'{"a":"ABC"}', b"x\nABC 1\n"],
)
def test_a_detector_that_fails(content: bytes):
    """What one fails at isn't looked through, and what the others say stays."""
    for others in ([], [Capitals()]):
        inspector = Inspector(KNOWN, detectors=[Broken(), *others])
        for look in (inspector.inspect, inspector.glance):
            found = look(Payload("n", content))
            assert found.coverage is Coverage.PARTIAL
            assert {one.why for one in found.undecided} == {Doubt.DETECTOR}
            assert len(found.sightings) >= len(others) * (b"ABC" in content)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"a,b\n1,x\n2,ABC\n", [("a", 2, "DIGIT", 2), ("b", 3, "WORD", 1)]),
        (b'{"a":{"b":"x"}}\n{"a":{"b":"ABC"}}\n', [("/a/b", 2, "WORD", 1)]),
        (b'{"a":"ABC"}', [("/a", 1, "WORD", 1)]),
        (b"x\nABC 1\n", [("", 2, "DIGIT", 1), ("", 2, "WORD", 1)]),
    ],
)
def test_detectors_are_asked(content: bytes, expected):
    """They know what something is, and nobody; places are as precise as the index's."""
    inspector = Inspector(KNOWN, detectors=[Capitals()])
    for found in (
        inspector.inspect(Payload("n", content)),
        inspector.glance(Payload("n", content)),
    ):
        places = [
            (s.place.column, s.place.row, s.tag, s.count) for s in found.sightings
        ]
        assert [one for one in places if one[0] != "header"] == expected
        assert found.subjects.tolist() == []
        assert found.detectors == {"capitals": "1"}


@pytest.mark.parametrize(
    ("content", "name", "media", "doubts"),
    [
        (b"[INFO] hello\n[WARN] you\n", "a.log", "", 0),
        (b"{hello}", "", "", 0),
        (b'{"a": 1', "a.json", "", 1),
        (b'{"a": 1', "", "application/json", 1),
        (b'{"a": 1}\n{"a":\n', "", "", 1),
    ],
)
def test_a_text_that_begins_like_json_is_a_text(content, name, media, doubts):
    """Unless it is stated to be JSON, or its first line is."""
    found = inspected(content, name, media)
    assert len(found.undecided) == doubts


@pytest.mark.parametrize("content", [b"city\n", f"{EMAIL} x\n".encode(), b"city", b"7"])
@pytest.mark.parametrize(
    ("name", "media"), [("a.csv", ""), ("a.tsv", ""), ("a", "text/csv"), ("a", "")]
)
def test_a_glance_at_a_table_of_one_row(content: bytes, name: str, media: str):
    """One line that is stated to be a table is one for both."""
    payload = Payload(name, content, media)
    assert told(INSPECTOR.glance(payload)) == told(INSPECTOR.inspect(payload))
