"""What is streamed is what its channel declares, as much of it as was asked for."""

from __future__ import annotations

import gzip
import json

from bench.egress_stream import COLUMNS, lines, packed


def test_lines_are_rows_of_the_channel():
    """Every line is a document with the declared places, and they are numbered."""
    content = b"".join(lines(20_000_000))
    rows = [json.loads(one) for one in content.splitlines()]
    assert len(content) >= 20_000_000
    assert [one["row"] for one in rows] == [*range(len(rows))]
    places = {one.name.split("/")[1] for one in COLUMNS}
    assert {frozenset(one) for one in rows} == {frozenset(places)}


def test_the_gzip_file_holds_the_lines():
    """Packed, they are the same."""
    assert gzip.decompress(b"".join(packed(lines(1)))) == b"".join(lines(1))
