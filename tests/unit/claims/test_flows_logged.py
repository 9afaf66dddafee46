"""Logs of a network as AWS delivers them: every line is counted once, as what it is."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.claims.flows_logged import DEFAULT, Sum, Traffic, traffic

A, B, C = "10.0.1.4", "203.0.113.9", "2001:db8::1"
HEADER = " ".join(DEFAULT)
LINES = {
    "passed": f"2 1234 eni-1 {A} {B} 443 5 6 3 180 1600000000 1600000060 ACCEPT OK",
    "refused": f"2 1234 eni-1 {A} {B} 22 5 6 3 180 1600000000 1600000060 REJECT OK",
    "empty": "2 1234 eni-1 - - - - - - - 1600000000 1600000060 - NODATA",
    "skipped": "2 1234 eni-1 - - - - - - - 1600000000 1600000060 - SKIPDATA",
}
MALFORMED = (
    "2 1234 eni-1",
    f"{LINES['passed']} more",
    LINES["passed"].replace(A, "10.0.1"),
    LINES["passed"].replace(B, "-"),
    LINES["passed"].replace(" 180 ", " -180 "),
    LINES["passed"].replace(" 180 ", f" {'9' * 5_000} "),
    LINES["passed"].replace("ACCEPT", "PERHAPS"),
    LINES["passed"].replace("OK", "WHO KNOWS"),
    LINES["passed"].replace("OK", "LATE"),
    "\x00\xff",
)


def told(folder: Path, content: str | bytes, name: str = "a.log") -> Traffic:
    """Return what one file tells."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return traffic([(path, name)])


def counts(found: Traffic) -> dict[str, int]:
    """Return the kinds of lines, where there are any."""
    names = ("passed", "refused", "empty", "skipped", "malformed")
    return {one: getattr(found, one) for one in names if getattr(found, one)}


@pytest.mark.parametrize("kind", LINES)
@pytest.mark.parametrize("header", [f"{HEADER}\n", ""])
def test_each_kind_of_line_is_counted_as_what_it_is(
    tmp_path: Path, kind: str, header: str
):
    """Flows, refusals, and lines that say what is missing; also without a header."""
    found = told(tmp_path, f"{header}{LINES[kind]}\n")
    assert (counts(found), found.read, found.unread) == ({kind: 1}, 1, [])
    passed = {(A, B): Sum(180, 1, 1600000000, 1600000060)}
    assert found.sums == (passed if kind == "passed" else {})


@pytest.mark.parametrize("line", MALFORMED)
def test_what_is_no_flow_is_malformed(tmp_path: Path, line: str):
    """A line with too few words, no address or no size is counted, and sums nothing."""
    found = told(tmp_path, f"{HEADER}\n{line}\n".encode("latin-1"))
    assert (counts(found), found.sums) == ({"malformed": 1}, {})


@given(
    st.lists(
        st.one_of(
            st.sampled_from([*LINES.values(), *MALFORMED, HEADER, "", "  "]),
            st.text(
                st.characters(codec="latin-1", exclude_characters="\n"), max_size=60
            ),
        )
    )
)
def test_every_line_is_counted_once(tmp_path_factory, lines: list[str]):
    """Whatever a file holds, the kinds of lines add up to the lines that were read."""
    folder = tmp_path_factory.mktemp("traffic")
    content = "\n".join([HEADER, *lines]).encode("latin-1")
    found = told(folder, content)
    rest = (one for one in content.decode("latin-1").split("\n") if one.split())
    whole = [one for one in rest if not {*one.split()} & {"dstaddr", "pkt-dstaddr"}]
    assert sum(counts(found).values()) == found.read
    assert found.unread or found.read == len(whole)
    assert sum(one.lines for one in found.sums.values()) == found.passed


def test_the_header_says_what_stands_where(tmp_path: Path):
    """Fields of version 5 come in any order; the packet's own addresses go before."""
    header = "dstaddr pkt-dstaddr bytes version srcaddr pkt-srcaddr flow-direction"
    lines = [
        f"10.9.9.9 {B} 10 5 10.8.8.8 {A} egress",
        f"{B} - 20 5 {A} - egress",
        f"{C} - 30 5 {A} - ingress",
    ]
    found = told(tmp_path, "\n".join([header, *lines]))
    assert found.sums == {(A, B): Sum(30, 2), (A, C): Sum(30, 1)}
    assert counts(found) == {"passed": 3}


def test_times_are_the_first_and_the_last(tmp_path: Path):
    """Of several lines the earliest begin and the latest end are told."""
    late = LINES["passed"].replace("1600000000 1600000060", "1700000000 1700000060")
    odd = LINES["passed"].replace("1600000000 1600000060", f"- {'9' * 40}")
    found = told(tmp_path, "\n".join([HEADER, late, odd, LINES["passed"]]))
    assert found.sums == {(A, B): Sum(540, 3, 1600000000, 1700000060)}


def test_gzip_is_read_as_far_as_it_goes(tmp_path: Path):
    """A file that is cut off tells what it has, and that there was more."""
    lines = [LINES["passed"].replace("443", str(port)) for port in range(9_999)]
    packed = gzip.compress("\n".join([HEADER, *lines, ""]).encode())
    whole = told(tmp_path, packed)
    assert (whole.passed, whole.unread) == (9_999, [])
    cut = told(tmp_path, packed[: len(packed) // 2], "cut.gz")
    assert 0 < cut.passed < 9_999
    assert cut.unread == ["cut.gz: it is cut off, or damaged"]
    broken = told(tmp_path, packed[:200] + b"\x00" * 99 + packed[299:], "broken.gz")
    assert broken.unread == ["broken.gz: it is cut off, or damaged"]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"PAR1....", "is Parquet"),
        (b"3 eni-1 1 2 3\n", "no line names its fields"),
        (b"version srcaddr dstaddr\n", "its header names no `bytes`"),
        (b"version bytes dstaddr\n", "its header names no `srcaddr`"),
    ],
)
def test_a_file_that_cant_be_read_is_told(tmp_path: Path, content: bytes, why: str):
    """A file of another kind isn't taken for an empty one."""
    found = told(tmp_path, content)
    assert found.read == 0
    assert found.unread[0].startswith(f"a.log: {why}")


def test_a_file_that_is_gone_is_told(tmp_path: Path):
    """What the system says is told; nothing is raised."""
    found = traffic([(tmp_path / "gone", "gone")])
    assert found.unread == ["gone: no such file or directory"]


def test_a_line_without_an_end_costs_no_memory(tmp_path: Path):
    """A line that is too long is one malformed line, and the next is read."""
    found = told(tmp_path, f"{HEADER}\n{'x ' * 500_000}\n{LINES['passed']}\n")
    assert counts(found) == {"malformed": 1, "passed": 1}
