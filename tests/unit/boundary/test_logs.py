"""Logs, networks, and the claims about what was done: read from the boundary file."""

from __future__ import annotations

import pytest

from ringfence.boundary.model import Network
from ringfence.boundary.order import LogOrder, Naming
from tests.unit.boundary.sample import WHOLE, changed, problems, read

FILE = read(WHOLE)
WAREHOUSE, PULSE = FILE.logs
SECOND = 1_000_000


def test_a_log():
    """Everything that the boundary says of a log, and the reader's own options."""
    assert (WAREHOUSE.name, WAREHOUSE.kind) == ("warehouse", "pgaudit")
    assert WAREHOUSE.files == ("logs/pgaudit-*",)
    assert WAREHOUSE.store == "warehouse"
    assert (WAREHOUSE.since, WAREHOUSE.until) == (
        1_630_454_400 * SECOND,
        1_643_673_600 * SECOND,
    )
    assert WAREHOUSE.cadence == 3 * 3_600
    assert WAREHOUSE.manifest == "logs/SHA256SUMS"
    assert WAREHOUSE.collected == 1_643_760_000 * SECOND
    assert WAREHOUSE.principals == (Naming("*@x", "person:{1}"),)
    assert WAREHOUSE.resources == (Naming("arn:*", "store:archive"),)
    assert {name: one.data for name, one in WAREHOUSE.options.items()} == {
        "dialect": "postgres"
    }


def test_what_a_log_may_leave_out():
    """A file alone is a list of one, and what nobody says is unsaid."""
    expected = LogOrder(
        "pulse",
        "declared",
        ("pulse.jsonl",),
        at=PULSE.at,
        tool="tool:Pulse",
        signs_in=True,
    )
    assert expected == PULSE


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1 second", 1),
        ("30 minutes", 1_800),
        ("1 day", 86_400),
        ("9999999 days", 9_999_999 * 86_400),
    ],
)
def test_a_length_of_time(text, seconds):
    """Seconds, minutes, hours and days."""
    (warehouse, _) = read(changed(("3 hours", text))).logs
    assert warehouse.cadence == seconds


@pytest.mark.parametrize(
    "text", ["0 days", "1.5 hours", "10000000 days", "3hours", "٣ days"]
)
def test_no_length_of_time(text):
    """Nothing, parts, more than a log can live, and other figures are refused."""
    (problem,) = problems(changed(("3 hours", text)))
    assert problem.message == "`cadence` must be a length of time"


def test_networks():
    """A place of a part of a country is that country; an address is a network too."""
    assert FILE.boundary.networks == (
        Network("office-us", ("198.51.100.0/24", "2001:db8::/32"), place="US"),
        Network("vpn", ("203.0.113.7/32",), hides=True),
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("somebody", {"kind": "some_event", "excluded": "in-china", "verbs": ("any",)}),
        ("leavers", {"days": 0, "logs": ()}),
        ("leavers", {"during": ("2021-01-01T00:00:00Z", "2022-01-31T00:00:00Z")}),
        ("kept", {"months": 12, "logs": ("warehouse",)}),
        ("whole", {"logs": ("warehouse", "pulse"), "during": ()}),
    ],
)
def test_claims_about_the_past(name, expected):
    """Each has its own fields; no days at all are days too."""
    found = next(one for one in FILE.boundary.claims if one.id == name)
    assert {key: getattr(found, key) for key in expected} == expected


def test_empty_parts():
    """Whoever orders no log leaves the part out; so with networks."""
    for part in ("logs", "networks"):
        lines = WHOLE.splitlines()
        start = lines.index(f"{part}:")
        ends = [
            n for n, one in enumerate(lines) if n > start and not one.startswith(" ")
        ]
        rest = lines[ends[0] :] if ends else []
        text = "\n".join([*lines[:start], f"{part}: {{}}", *rest])
        (problem,) = problems(text)
        assert problem.message == f"`{part}` is empty"
        assert problem.hint is not None
