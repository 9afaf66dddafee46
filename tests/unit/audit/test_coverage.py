from __future__ import annotations

import hashlib
import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.audit import reader
from ringfence.audit.coverage import Gap, _gaps, _Life, covered
from tests.sealed import START, Lines, line, order_of, sealed, write

MICRO = 1_000_000


@pytest.fixture(autouse=True)
def lines(monkeypatch):
    monkeypatch.setattr(reader, "reader", lambda *_: Lines())


class Anything:
    """Equal to every kind of log."""

    def __eq__(self, other):
        return True

    def __hash__(self):
        return 0


def at(seconds: int) -> int:
    return (START + seconds) * MICRO


def coverage(base, **more):
    told = {
        "since": at(0),
        "until": at(100),
        "cadence": 30,
        "collected": at(600),
        **more,
    }
    order = order_of(base, **told)
    return covered(sealed(base, order), order)


def codes(found):
    return [one.code for one in found.reasons]


def test_a_log_that_speaks_all_the_time_is_whole(tmp_path):
    """Signs of life as often as declared leave no reason; lines that are no event count."""
    write(tmp_path / "app/one", [line(0), line(30), f"beat {START + 60}", line(75.5)])
    found = coverage(tmp_path)
    assert found.whole
    assert (found.first, found.last) == (at(0), at(75))


def test_silences_are_found_at_both_ends_and_between(tmp_path):
    """A gap is longer than the cadence, not as long, and ends count too."""
    write(tmp_path / "app/one", [line(31), line(61), line(100), line(-5)])
    found = coverage(tmp_path)
    assert found.gaps == (Gap(at(0), at(31)), Gap(at(61), at(100)))
    assert codes(found) == ["gap", "gap"]


def test_a_log_without_any_sign_is_one_gap(tmp_path):
    """Nothing in the period is a gap from end to end, and silence."""
    write(tmp_path / "app/one", [line(500)])
    found = coverage(tmp_path)
    assert found.gaps == (Gap(at(0), at(100)),)
    assert codes(found) == ["gap", "silent"]


def test_what_nobody_declares_is_a_reason(tmp_path):
    """Without cadence or period no silence can be told from a gap."""
    write(tmp_path / "app/one", [line(0)])
    found = coverage(tmp_path, since=None, until=None, collected=None, cadence=0)
    assert codes(found) == ["cadence-unsaid", "collected-unsaid", "period-unsaid"]


def test_a_stamp_from_the_future_hides_no_silence(tmp_path):
    """Who doesn't say when the files were collected can't show that the log lived on."""
    write(tmp_path / "app/one", [line(i) for i in (0, 25, 50, 75, 99)])
    assert codes(coverage(tmp_path, collected=None)) == ["collected-unsaid"]
    assert codes(coverage(tmp_path, collected=at(60))) == ["clock-ahead", "gap"]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, ["file-twice"]),
        ({"kind": "other"}, []),
        ({"kind": "other", "store": "shop"}, ["file-twice"]),
    ],
)
def test_a_file_of_two_logs_alike_is_told(tmp_path, monkeypatch, more, expected):
    """One file under two logs of a kind or a store would count twice: both are told."""
    monkeypatch.setattr(Lines, "kind", property(lambda _: Anything()))
    write(tmp_path / "app/one", [line(i) for i in range(0, 100, 25)])
    write(tmp_path / "app/two", [])
    told: dict[str, Any] = {
        "since": at(0),
        "until": at(100),
        "cadence": 30,
        "collected": at(200),
    }
    told["files"] = ("app/*",)
    one = order_of(tmp_path, "a", **{**told, "store": more.get("store", "")})
    two = order_of(tmp_path, "b", **{**told, **more})
    table = sealed(tmp_path, one, two)
    assert [codes(covered(table, order)) for order in (one, two)] == [expected] * 2


def test_what_could_not_be_read_is_a_reason(tmp_path):
    """Malformed lines and patterns without files speak against a log."""
    write(tmp_path / "app/one", ["junk", *(line(i) for i in range(0, 100, 20))])
    found = coverage(tmp_path, files=("app/*", "other/*"))
    assert codes(found) == ["malformed", "unread"]


def test_clocks_that_disagree_are_reasons(tmp_path):
    """Events from after the files were taken, and a clock set back, are told."""
    write(tmp_path / "app/one", [line(i) for i in (90, 60, 30, 0, 9000, 99)])
    assert codes(coverage(tmp_path, collected=at(200))) == ["clock-ahead", "clock-back"]


def test_an_event_from_the_future_is_no_sign_of_life(tmp_path):
    """A log that stopped isn't alive because one event claims a later time."""
    write(tmp_path / "app/one", [line(0), line(5000)])
    found = coverage(tmp_path, until=None, collected=at(1000))
    assert found.gaps == (Gap(at(0), at(1000)),)


def test_duplicates_are_a_note_alone(tmp_path):
    """What came twice takes nothing from a log."""
    for name in ("one", "two"):
        write(tmp_path / "app" / name, [line(i) for i in range(0, 100, 20)])
    found = coverage(tmp_path)
    assert found.whole
    assert [one.code for one in found.notes] == ["duplicates"]


def test_a_log_that_was_not_read_is_unread(tmp_path):
    """A table that lacks the log shows nothing of it."""
    table = sealed(tmp_path)
    assert codes(covered(table, order_of(tmp_path, "other"))) == ["unread"]


def manifest(base, style):
    files = sorted((base / "app").iterdir())
    sums = [
        (path.name, hashlib.sha256(path.read_bytes()).hexdigest()) for path in files
    ]
    if style == "json":
        listed = [
            {"name": name, "sha256": one, "events": 4, "first": at(0)}
            for name, one in sums
        ]
        text = json.dumps({"files": listed})
    else:
        text = "".join(f"{one}  {name}\n" for name, one in sums)
    (base / "app.sums").write_text(text)


def three_files(base, style):
    for name in "abc":
        write(base / "app" / name, [line(i, actor=name) for i in range(0, 100, 25)])
    manifest(base, style)
    # Names are taken from the manifest's folder.
    (base / "app.sums").rename(base / "sums")
    text = (base / "sums").read_text()
    for name in "abc":
        text = text.replace(f" {name}\n", f" app/{name}\n").replace(
            f'"name": "{name}"', f'"name": "app/{name}"'
        )
    (base / "sums").write_text(text)


@pytest.mark.parametrize("style", ["json", "text"])
def test_a_manifest_that_fits_leaves_no_reason(tmp_path, style):
    """Files as listed are whole, in either way of writing."""
    three_files(tmp_path, style)
    assert coverage(tmp_path, manifest="sums").whole


@pytest.mark.parametrize("style", ["json", "text"])
@pytest.mark.parametrize("name", "abc")
def test_a_file_that_is_gone_is_found(tmp_path, style, name):
    """Whichever file is removed, the manifest tells."""
    three_files(tmp_path, style)
    (tmp_path / "app" / name).unlink()
    assert codes(coverage(tmp_path, manifest="sums")) == ["file-missing"]


def test_changed_and_unlisted_files_are_found(tmp_path):
    """Other bytes under a listed name, and a name that nobody listed, are told."""
    three_files(tmp_path, "json")
    write(tmp_path / "app/b", [line(0, actor="x")])
    write(tmp_path / "app/d", [line(0, actor="d")])
    assert codes(coverage(tmp_path, manifest="sums")) == [
        "file-changed",
        "file-unlisted",
    ]


def test_a_renamed_file_is_not_missing(tmp_path):
    """The bytes are what the manifest asks for, under whatever name."""
    three_files(tmp_path, "text")
    (tmp_path / "app/b").rename(tmp_path / "app/z")
    assert coverage(tmp_path, manifest="sums").whole


@pytest.mark.parametrize(
    "text", ["", "junk\n", "{", '{"files": 1}', "\udcff", '{"files": [{"name": 1}]}']
)
def test_a_manifest_that_is_none_is_a_reason(tmp_path, text):
    """What can't be read lists nothing, and that is told."""
    write(tmp_path / "app/one", [line(i) for i in range(0, 100, 25)])
    (tmp_path / "sums").write_bytes(text.encode(errors="surrogateescape"))
    assert codes(coverage(tmp_path, manifest="sums")) == ["manifest-unreadable"]
    assert codes(coverage(tmp_path, manifest="gone")) == ["manifest-unreadable"]


def test_counts_of_a_manifest_are_compared(tmp_path):
    """A file that holds another number of events than listed is told."""
    three_files(tmp_path, "json")
    text = (tmp_path / "sums").read_text()
    (tmp_path / "sums").write_text(text.replace('"events": 4', '"events": 5', 1))
    assert codes(coverage(tmp_path, manifest="sums")) == ["file-differs"]


@given(st.sets(st.integers(0, 99), min_size=1), st.integers(1, 40))
def test_gaps_are_what_a_loop_over_seconds_finds(tmp_path_factory, seconds, cadence):
    """A stopped log always alarms after its cadence, and a speaking one never."""
    order = order_of(
        tmp_path_factory.getbasetemp(), since=0, until=100 * MICRO, cadence=cadence
    )
    times = sorted(seconds)
    pairs = pairwise(times)
    silences = tuple((a, b) for a, b in pairs if b - a > cadence)
    found = _gaps(order, _Life(times[0], times[-1], silences, 0))
    ends = [0, *times, 100]
    expected = [Gap(a * MICRO, b * MICRO) for a, b in pairwise(ends) if b - a > cadence]
    assert found == expected
