"""What a scan says: to be read, and to be read by programs."""

from __future__ import annotations

import json

import numpy as np
import pytest

from ringfence.egress.scan.found import Dataset, Scan, Seen
from ringfence.errors import ExitCode
from ringfence.report import scan_text


def seen(column: str, tag: str, *subjects: int) -> Seen:
    return Seen(column, tag, len(subjects), np.array(subjects, np.uint64))


COPY = Dataset(
    "tmp/copy.parquet",
    "file",
    rows=1_200,
    looked=1_200,
    seen=(seen("email", "EMAIL", 1, 2, 3), seen("phone", "PHONE", 3)),
    digest="ab" * 32,
)
CLEAN = Dataset("clean.csv", "file", rows=2, looked=2, digest="cd" * 32)
CLOSED = Dataset("crm.secret", "table", unread="the login may not read it")
PART = Dataset("part.zip", "file", gaps=("encrypted",), digest="ef" * 32)
DRAWN = Dataset(
    "crm.contact",
    "table",
    "rows",
    rows=10_000,
    looked=1_000,
    hits=100,
    seen=(seen("email", "EMAIL", 4),),
    digest="00" * 32,
)
BLOCKS = Dataset(
    "crm.other",
    "table",
    "blocks",
    rows=10_000,
    looked=1_000,
    hits=1,
    seen=(seen("email", "EMAIL", 5),),
    digest="00" * 32,
)


def scan(*datasets: Dataset, sample: str = "", **unread: int) -> Scan:
    return Scan("/srv/x", datasets, sample, "00" * 32, unread, ("a note",))


def test_a_whole_scan_is_told_exactly():
    """How many people, in which datasets and columns, and how much was clean."""
    assert scan_text.as_text(scan(COPY, CLEAN), "sg").splitlines() == [
        "3 protected people in sg (/srv/x)",
        "tmp/copy.parquet: 3 protected people, 1,200 rows",
        "  email  EMAIL  3 protected people",
        "  phone  PHONE  1 protected person",
        "in 1 of 2 datasets, read whole, nobody was seen",
        "note: a note",
    ]


def test_a_sample_is_told_with_its_bounds():
    """Rows have an interval; people are counted from below, and blocks have no bound."""
    told = scan_text.as_text(scan(DRAWN, BLOCKS, sample="a tenth"), "sg")
    assert told.splitlines()[:6] == [
        "at least 2 protected people in sg (/srv/x)",
        "a sample: a tenth",
        "crm.contact: at least 1 protected person, 1,000 of 10,000 rows, 100 of them "
        "with somebody: of all rows 822 to 1,202 (95 %)",
        "  email  EMAIL  1 protected person",
        "crm.other: at least 1 protected person, 1,000 of 10,000 rows, 1 of them with "
        "somebody, no upper bound",
        "  email  EMAIL  1 protected person",
    ]


def test_what_wasnt_looked_through_is_named():
    """A dataset, a part of one, and what is no dataset."""
    told = scan_text.as_text(scan(CLOSED, PART, objects=3), "sg").splitlines()
    assert told == [
        "0 protected people in sg (/srv/x)",
        "in 0 of 2 datasets, read whole, nobody was seen",
        "not looked through: crm.secret: the login may not read it",
        "not looked through: part.zip: encrypted",
        "not looked through: objects: 3",
        "note: a note",
    ]


def test_very_many_are_counted_and_all_can_be_shown():
    """Twenty of each stand on a screen."""
    many = [
        Dataset(f"{n}", "file", seen=(seen("e", "EMAIL", n),), digest="00")
        for n in range(1, 24)
    ]
    lost = [Dataset(f"x{n}", "file", unread="no") for n in range(22)]
    told = scan_text.as_text(scan(*many, *lost), "sg")
    assert "and 3 datasets more: --all shows them" in told
    assert "and 2 more not looked through: --all shows them" in told
    whole = scan_text.as_text(scan(*many, *lost), "sg", everything=True)
    assert "--all" not in whole
    assert whole.count("not looked through") == 22


def test_no_name_steers_the_terminal():
    """Whatever a column is called."""
    odd = Dataset("a", "file", seen=(seen("\x1b[2J", "EMAIL", 1),), digest="00")
    assert "\x1b" not in scan_text.as_text(scan(odd), "sg")


def test_json_says_everything():
    """People from below and above, rows with their level, digests, and no value."""
    told = json.loads(scan_text.as_json(scan(COPY, DRAWN, CLOSED), "sg"))
    assert told["schema"] == "ringfence-scan/1"
    assert told["subjects"] == {"least": 4, "most": None}
    copy, drawn, closed = told["datasets"]
    assert copy["subjects"] == {"least": 3, "most": 3}
    assert copy["rows_with_subjects"] is None
    assert copy["columns"][0] == {
        "name": "email",
        "tag": "EMAIL",
        "values": 3,
        "subjects": 3,
    }
    assert drawn["rows_with_subjects"] == {
        "seen": 100,
        "least": 822,
        "most": 1202,
        "level": 0.95,
    }
    assert closed["unread"] == "the login may not read it"


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (scan(CLEAN), ExitCode.ALL_UPHELD),
        (scan(), ExitCode.ALL_UPHELD),
        (scan(CLEAN, CLOSED), ExitCode.UNPROVEN),
        (scan(CLEAN, PART), ExitCode.UNPROVEN),
        (scan(CLEAN, objects=1), ExitCode.UNPROVEN),
        (scan(CLOSED, COPY), ExitCode.REFUTED),
    ],
)
def test_the_exit_code_is_the_finding(found, code):
    """Somebody seen, nobody seen but not all looked through, or whole and clean."""
    assert scan_text.exit_code(found) is code
