"""The same events come of every layout, and every byte of a torn one is accounted."""

from __future__ import annotations

import gzip
import json
import random
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.audit import unpacked
from ringfence.audit.readers.cloudtrail import layout as layouts
from tests import cloudtrail

MADE = list(cloudtrail.events(12, seed=4))
UIDS = [one["eventID"] for one in MADE]


def says(data: bytes) -> list[tuple[object, ...]]:
    with TemporaryDirectory() as folder:
        reading = cloudtrail.read_bytes(Path(folder), data)
    assert reading.malformed == []
    return [told.says() for told in reading.events]


@given(st.integers(0, 30), st.integers(0, 1000))
def test_every_layout_gives_the_same_events(count: int, seed: int):
    """The layout of a file is no part of what its events say."""
    made = list(cloudtrail.events(count, seed))
    expected = says(cloudtrail.as_lines(made))
    assert [one[0] for one in expected] == [one["eventID"] for one in made]
    for layout in cloudtrail.LAYOUTS:
        assert says(layout(made)) == expected
        assert says(gzip.compress(layout(made))) == expected
        assert says(b"\xef\xbb\xbf" + layout(made)) == expected


@pytest.mark.parametrize("layout", cloudtrail.LAYOUTS)
def test_the_bytes_at_a_place_are_the_event(layout, tmp_path: Path):
    """Whoever cuts out offset to offset + length holds the event, and at its line."""
    data = layout(MADE)
    for told in cloudtrail.read_bytes(tmp_path, data).events:
        item = json.loads(data[told.offset : told.offset + told.length])
        assert item.get("detail", item)["eventID"] == told.uid
        assert told.line == data[: told.offset].count(b"\n") + 1


@given(st.sampled_from(cloudtrail.LAYOUTS), st.data())
def test_a_torn_file_is_accounted_for(layout, data):
    """Events before the tear stay events; what the tear left of one is malformed."""
    whole = layout(MADE)
    cut = data.draw(st.integers(0, len(whole)))
    with TemporaryDirectory() as folder:
        before = cloudtrail.read_bytes(Path(folder), whole).events
        torn = cloudtrail.read_bytes(Path(folder), whole[:cut])
    entire = [told for told in before if told.offset + told.length <= cut]
    assert [told.says() for told in torn.events] == [one.says() for one in entire]
    end = max((told.offset + told.length for told in entire), default=0)
    rest = whole[end:cut].strip(b" \r\n,]}")
    assert bool(torn.malformed) or not rest
    for one in torn.malformed:
        assert end <= one.offset <= one.offset + one.length <= cut


@given(st.randoms(use_true_random=False))
def test_the_order_of_lines_changes_nothing(chance: random.Random):
    """Events are delivered out of order, so their order says nothing."""
    shuffled = MADE.copy()
    chance.shuffle(shuffled)
    ordered = Counter(says(cloudtrail.as_lines(MADE)))
    assert Counter(says(cloudtrail.as_lines(shuffled))) == ordered


@given(st.binary(max_size=200), st.integers(1, 12))
def test_no_bytes_among_the_lines_cost_another_line(junk: bytes, place: int):
    """A line that can't be read leaves the others as they are."""
    lines = cloudtrail.as_lines(MADE).splitlines(keepends=True)
    junk = junk.replace(b"\n", b"") + b"\n"
    lines.insert(place, junk)
    data = b"".join(lines)
    # Not before the first line, which tells what kind of file it is.
    with TemporaryDirectory() as folder:
        reading = cloudtrail.read_bytes(Path(folder), data)
    assert [told.uid for told in reading.events] == UIDS
    assert {one.line for one in reading.malformed} <= {place + 1}


def test_a_broken_item_within_a_document_costs_only_itself(tmp_path: Path):
    """An item with sound brackets and unsound content is malformed by itself."""
    good = [json.dumps(one).encode() for one in MADE[:2]]
    data = b'{"Records":[' + good[0] + b',{"eventTime":}, ' + good[1] + b"]}\n"
    reading = cloudtrail.read_bytes(tmp_path, data)
    assert [told.uid for told in reading.events] == UIDS[:2]
    (one,) = reading.malformed
    assert data[one.offset : one.offset + one.length] == b'{"eventTime":}'


def test_digests_and_insights_are_asides(tmp_path: Path):
    """A digest lists log files and an insight counts calls: neither is an event."""
    digest = {"digestStartTime": "2021-09-01T00:00:00Z", "logFiles": []}
    insight = {
        "eventTime": "2021-09-01T00:00:00Z",
        "eventCategory": "Insight",
        "eventSource": "ec2.amazonaws.com",
        "eventName": "RunInstances",
    }
    other = {"eventCategory": "Insight", "insightDetails": {}}
    data = b"\n".join(json.dumps(one).encode() for one in (digest, insight, other))
    reading = cloudtrail.read_bytes(tmp_path, data)
    assert (reading.events, reading.malformed, reading.asides) == ([], [], 3)


def test_an_event_that_a_look_up_printed_is_read(tmp_path: Path):
    """The look-up interface prints the event as a text within its own list."""
    printed = {"Events": [{"CloudTrailEvent": json.dumps(one)} for one in MADE]}
    data = json.dumps(printed, indent=1).encode()
    reading = cloudtrail.read_bytes(tmp_path, data)
    assert [told.uid for told in reading.events] == UIDS


def test_an_empty_file_and_no_records_are_nothing(tmp_path: Path):
    """Nothing is in them, so nothing comes of them."""
    for data in (b"", b"\n\n", b'{"Records":[]}', b'{\n "Records": [\n ]\n}\n', b"[]"):
        reading = cloudtrail.read_bytes(tmp_path, data)
        assert (reading.events, reading.malformed, reading.asides) == ([], [], 0)


@given(st.integers(1, 12), st.sampled_from([1, 700, 5000]), st.data())
def test_items_that_look_like_borders_change_nothing(count: int, size: int, data):
    """A border within an item, or an item that is none, is told as if read alone."""
    made = list(cloudtrail.events(count, 9))
    place = data.draw(st.integers(0, count - 1))
    made[place] = {"eventVersion": "1", "x": [{"a": 1}, {"eventVersion": 2}]} | made[
        place
    ]
    aside = data.draw(st.booleans())
    if aside:
        made[place]["eventCategory"] = "Insight"
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(layouts, "WINDOW", size)
        reading = cloudtrail.read_bytes(Path(folder), cloudtrail.as_delivered(made))
    kept = [one for one in made if one["eventCategory"] != "Insight"]
    assert [told.uid for told in reading.events] == [one["eventID"] for one in kept]
    assert (reading.malformed, reading.asides) == ([], int(aside))


BETWEEN = st.sampled_from(
    [b",", b",", b",", b", ", b",\n", b"", b"]}\n" + b'{"Records":[', b",[", b",{},"]
)
ENDS = st.sampled_from([b"]}", b"]}\n ", b'],"x":1}', b"]", b"", b',{"eventVersion"'])
BEGINS = st.sampled_from([b'{"Records":[', b'{ "Events" :\n[', b"[", b"\xef\xbb\xbf["])


@given(st.integers(1, 12), BEGINS, ENDS, st.integers(1, 4000), st.data())
def test_a_document_read_in_parts_says_what_it_says_as_a_whole(
    count: int, begin: bytes, end: bytes, size: int, data
):
    """Where a document is cut while it is read changes nothing, be it sound or not."""
    made = [json.dumps(one, separators=(",", ":")).encode() for one in MADE[:count]]
    borders = data.draw(st.lists(BETWEEN, min_size=count - 1, max_size=count - 1))
    items = b"".join(b"".join(pair) for pair in zip(made, [*borders, b""], strict=True))
    content = begin + items + end
    if data.draw(st.booleans()):
        content = gzip.compress(content)[: data.draw(st.integers(100, 20_000))]
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(layouts, "borders", lambda *_: iter(()))
        whole = cloudtrail.read_bytes(Path(folder), content)
        patch.undo()
        patch.setattr(layouts, "WINDOW", size)
        patch.setattr(unpacked, "CHUNK", data.draw(st.integers(1, 3000)))
        parts = cloudtrail.read_bytes(Path(folder), content)
    assert parts.events == whole.events
    assert parts.malformed == whole.malformed
    assert parts.asides == whole.asides


def test_a_list_of_events_may_be_larger_than_a_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Only what isn't plainly a list of events has to be held, and has a limit."""
    data = cloudtrail.as_delivered(MADE)
    monkeypatch.setattr(unpacked, "LARGEST_DOCUMENT", len(data) // 2)
    monkeypatch.setattr(unpacked, "CHUNK", 100)
    monkeypatch.setattr(layouts, "WINDOW", len(data) // 4)
    reading = cloudtrail.read_bytes(tmp_path, data)
    assert [told.uid for told in reading.events] == UIDS
    broken = data.replace(b'},{"eventVersion"', b'} {"eventVersion"')
    assert cloudtrail.read_bytes(tmp_path, broken).events == []
