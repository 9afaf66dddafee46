"""Logs of JSON in every layout: the same objects, each at its own bytes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ringfence.audit.event import CODED, Malformed, Words
from ringfence.audit.readers.drafts import Event
from ringfence.audit.readers.fields import UnreadableError, text
from ringfence.audit.readers.json_lines import pieces, sheets
from ringfence.audit.readers.json_scan import BREAKS_OFF, Piece
from ringfence.audit.unpacked import LONGEST_LINE, Unpacked

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=4,
)
OBJECTS = st.lists(
    st.dictionaries(
        st.sampled_from(["a", "b", 'q"', "{", "Records"]),
        VALUES,
        min_size=1,
        max_size=3,
    ),
    max_size=4,
)


def layouts(values):
    """Return the same objects in every layout."""
    return {
        "lines": "".join(json.dumps(value) + "\n" for value in values),
        "crlf": "".join(json.dumps(value) + "\r\n\r\n" for value in values),
        "torn end": "\n".join(json.dumps(value) for value in values),
        "list": json.dumps(values),
        "long list": json.dumps(values, indent=1),
        "list of lines": "[" + ",\n".join(json.dumps(v) for v in values) + "]",
        "mark": "\ufeff" + json.dumps(values),
        "wrapper": json.dumps({"next": {"a": []}, "entries": values, "b": [1]}),
        "long wrapper": json.dumps({"entries": values, "next": 1}, indent=2),
        "long objects": "\n".join(json.dumps(value, indent=2) for value in values),
    }


def walk(content: bytes, path: Path, wrappers=("entries",)):
    path.write_bytes(content)
    file = Unpacked(path, path.name)
    return list(pieces(file, wrappers)), file


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(OBJECTS)
def test_every_layout_holds_the_same_objects_at_exact_bytes(tmp_path, values):
    """Lines, lists and wrappers give the same objects, and their bytes say them."""
    for layout, said in layouts(values).items():
        content = said.encode()
        found, file = walk(content, tmp_path / "log.json")
        assert [one.value for one in found if isinstance(one, Piece)] == values, layout
        assert len(found) == len(values)
        assert file.problems == []
        for one in found:
            assert isinstance(one, Piece)
            here = content[one.span.offset : one.span.offset + one.span.length]
            assert json.loads(here) == one.value
            assert one.span.line == content.count(b"\n", 0, one.span.offset) + 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(OBJECTS, st.data())
def test_a_torn_file_keeps_what_came_before(tmp_path, values, data):
    """Of a file that is cut off each whole object is read, and the cut is told."""
    name = data.draw(st.sampled_from(sorted(layouts(values))))
    content = layouts(values)[name].encode()
    cut = data.draw(st.integers(0, len(content)))
    found, file = walk(content[:cut], tmp_path / "log.json")
    whole, _ = walk(content, tmp_path / "log.json")
    kept = [one for one in found if isinstance(one, Piece)]
    ended = [
        one
        for one in whole
        if isinstance(one, Piece) and one.span.offset + one.span.length <= cut
    ]
    if "wrapper" not in name or cut > content.find(b'"entries":') + 12:
        assert [one.value for one in kept] == [one.value for one in ended]
    in_list = name in {
        "list",
        "long list",
        "list of lines",
        "mark",
        "wrapper",
        "long wrapper",
    }
    if in_list and 4 < cut < len(content.rstrip()):
        assert file.problems == [BREAKS_OFF] or any(
            isinstance(one, Malformed) for one in found
        )


BROKEN = b'{"a": "x}'


@pytest.mark.parametrize(
    ("content", "good", "bad"),
    [
        (b'{"a":1}\n' + BROKEN + b'\n{"a":2}\n', 2, [(8, 9, 2)]),
        (BROKEN + b'\n{"a":1}\n{"a":2}\n', 2, [(0, 9, 1)]),
        (b'{"a":1}\n\xff\n{"a":2}', 2, [(8, 1, 2)]),
        (b'{"a":1}\n7\n"x"\n', 1, [(8, 1, 2), (10, 3, 3)]),
        (b"{\n" + b' "a": 1\n}\n{\n "a": \n}\n{\n "a": 2\n}\n', 2, [(12, 10, 4)]),
        (b'[{"a":1},\n' + BROKEN + b',\n{"a":2}]', 2, [(10, 9, 2)]),
        (b'[\n {"a":1},\n {"a":},\n {"a":2}\n]', 2, [(13, 6, 3)]),
        (b'[{"a":1},7,{"a":2}]', 2, [(9, 1, 1)]),
        (b'{"entries":[{"a":1},{"a"},{"a":2}]}', 2, [(20, 5, 1)]),
        (b'{"entries":[{"a":1}]}\n{"entries":[{"a":2}]}\n', 2, []),
        (b'[{"a":1}]\n[{"a":2}]\n', 2, []),
        (b'{"entries":[{"a":1}],"x":1,"entries":[{"a":2}]}', 2, []),
        (b'{"a":"\\ud800"}\n{"a":1}', 1, [(0, 14, 1)]),
        (b"\n \n", 0, []),
        (b"hello\nworld\n", 0, [(0, 5, 1), (6, 5, 2)]),
    ],
)
def test_what_is_no_object_costs_itself_alone(tmp_path, content, good, bad):
    """A broken object is malformed with its place, and the next one is read."""
    found, _ = walk(content, tmp_path / "log.json")
    assert sum(isinstance(one, Piece) for one in found) == good
    broken = [one for one in found if isinstance(one, Malformed)]
    assert [(one.offset, one.length, one.line) for one in broken] == bad
    assert all(one.reason for one in broken)


def test_deep_nesting_is_malformed(tmp_path):
    """An object that no decoder holds costs its line alone."""
    deep = b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    found, _ = walk(b'{"a":1}\n' + deep + b'\n{"a":2}', tmp_path / "log.json")
    assert [isinstance(one, Piece) for one in found] == [True, False, True]
    assert "nested too deeply" in found[1].reason


def test_brackets_without_end_are_looked_for_once(tmp_path):
    """A document of nothing but opened brackets is read in one walk."""
    content = b'[\n{"a":\n' + b"{\n" * 200_000
    found, file = walk(content, tmp_path / "log.json")
    assert not any(isinstance(one, Piece) for one in found)
    assert file.problems == [BREAKS_OFF]


def test_a_document_on_one_long_line_is_read(tmp_path):
    """A list that stands on one line longer than any line of a log is no line."""
    filler = "x" * (LONGEST_LINE // 4)
    values = [{"a": filler, "n": n} for n in range(5)]
    found, file = walk(json.dumps(values).encode(), tmp_path / "log.json")
    assert [one.value["n"] for one in found if isinstance(one, Piece)] == [
        0,
        1,
        2,
        3,
        4,
    ]
    assert (file.problems, file.malformed) == ([], [])


def test_a_file_is_measured_once(tmp_path):
    """Looking at a file's first bytes leaves no trace in what is said of it."""
    content = b'[\n {"a": 1}\n]'
    _, file = walk(content, tmp_path / "log.json")
    assert file.size == len(content)
    assert len(file.digest) == 64


def test_sheets_are_bounded_and_whole(tmp_path, monkeypatch):
    """Many events come in several sheets, none lost, the broken ones between."""
    monkeypatch.setattr("ringfence.audit.readers.json_lines.FULL", 4)

    def tell(value):
        if text(value, "n") == "3":
            raise UnreadableError("is three")
        return Event(1, text(value, "n"))

    path = tmp_path / "log.json"
    path.write_bytes(b"".join(b'{"n":%d}\n' % n for n in range(10)))
    words = {column: Words() for column in CODED}
    made = list(sheets(Unpacked(path, "log"), words, tell))
    assert [len(one) for one in made] == [3, 4, 2]
    assert [one.reason for sheet in made for one in sheet.malformed] == ["is three"]
    assert words["actor"].all() == ["0", "1", "2", "4", "5", "6", "7", "8", "9"]
