"""The logs of the case against its truth table, by a plain parse that shares no code.

Nothing here imports Ringfence or what built the logs: `csv`, `json`, and a few loops.
"""

from __future__ import annotations

import csv
import functools
import gzip
import hashlib
import io
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.house.tree import PROJECT
from tests.postgres_server import installations

CASE = PROJECT / "examples" / "shortvideo"
LOGS = CASE / "logs"
SERVER_COLUMNS = 26  # of a csvlog of PostgreSQL 14 and later
EXCLUDED = {"CN", "HK", "MO"}
DOMAIN = "@loopwing.example"
TRIP = "36.110.20.0"  # the one address of the case that is registered in CN
Row = dict[str, Any]


def unpacked(path: Path) -> bytes:
    content = path.read_bytes()
    return gzip.decompress(content) if path.suffix == ".gz" else content


def instant(text: str) -> datetime:
    moment = datetime.fromisoformat(text.replace(" UTC", "+00:00"))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@pytest.fixture(scope="module")
def truth() -> Row:
    found: Row = json.loads((CASE / "truth.json").read_text("utf-8"))
    return found


# --- the logs, read without Ringfence -------------------------------------------------


@pytest.fixture(scope="module")
def server_rows() -> list[list[str]]:
    """Give every row of the server's log, those of October twice, the torn one too."""
    rows: list[list[str]] = []
    for path in sorted(LOGS.glob("warehouse/pgaudit-*")):
        rows += csv.reader(io.StringIO(unpacked(path).decode(), newline=""))
    return rows


def pulse_rows() -> Iterator[Row]:
    """Yield what Pulse's log tells of somebody, its broken line left out."""
    for line in unpacked(LOGS / "tools/pulse.jsonl.gz").splitlines():
        one = json.loads(line.decode(errors="replace"))
        if one["kind"] != "heartbeat" and b"\xe9" not in line:
            names = [f"{one['dataset']}.{field}" for field in one["fields"]]
            yield told("pulse", one["ts"], one["login"], names, one["ip"]) | {
                "session": one["session"],
                "status": one["status"],
                "kept": one["kind"] == "kept",
            }


def quarry_rows() -> Iterator[Row]:
    """Yield what Quarry's log tells of somebody: whoever acts as another is meant."""
    with (LOGS / "tools/quarry.csv").open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            if row["action"] == "run":
                login = (row["original_login"] or row["login"]) + DOMAIN
                names = row["columns"].split(";")
                yield told("quarry", row["time"], login, names, row["ip"]) | {
                    "request": row["request_id"],
                    "status": row["status"],
                }


def backstage_rows() -> Iterator[Row]:
    """Yield what Backstage's log tells of somebody."""
    with (LOGS / "tools/backstage.txt").open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream, delimiter="|"):
            if row["who"]:
                names = [f"{row['relation']}.{one}" for one in row["fields"].split()]
                yield told(
                    "backstage", row["when"], row["who"] + DOMAIN, names, row["from"]
                ) | {"request": row["request"] or "none"}


def compass_rows() -> Iterator[Row]:
    """Yield what Compass's log tells of somebody."""
    for text in (LOGS / "tools/compass.jsonl").read_text("utf-8").splitlines():
        one = json.loads(text)
        if one["type"] == "read":
            names = [f"{one['table']['name']}.{c}" for c in one["table"]["columns"]]
            when = datetime.fromtimestamp(one["t"] / 1000, UTC).isoformat()
            who = one["who"]
            yield told("compass", when, who["login"], names, who["ip"]) | {
                "request": one["call"]["id"]
            }


def told(log: str, when: str, person: str, names: list[str], address: str) -> Row:
    return {
        "log": log,
        "time": instant(when),
        "person": person,
        "columns": names,
        "address": address,
    }


@pytest.fixture(scope="module")
def tools() -> list[Row]:
    return [*pulse_rows(), *quarry_rows(), *backstage_rows(), *compass_rows()]


@pytest.fixture(scope="module")
def statements(server_rows: list[list[str]], tools: list[Row]) -> list[Row]:
    """Give each statement once, with the person that the logs put behind it."""
    groups: dict[tuple[str, ...], list[list[str]]] = {}
    for row in unique(server_rows):
        number = row[13].split(",")[1] if row[11] == "LOG" else f"refused {row[6]}"
        groups.setdefault((row[5], number), []).append(row)
    keyed: dict[str, list[Row]] = {}
    for one in tools:
        keyed.setdefault(one.get("request") or one["session"], []).append(one)
    return [statement(rows, keyed) for rows in groups.values()]


def unique(rows: list[list[str]]) -> list[list[str]]:
    """Return the whole rows, none of them twice: a session numbers its lines."""
    whole = [row for row in rows if len(row) == SERVER_COLUMNS]
    return list({(row[5], row[6]): row for row in whole}.values())


def statement(rows: list[list[str]], keyed: dict[str, list[Row]]) -> Row:
    first = rows[0]
    refused = first[11] != "LOG"
    text = first[19] if refused else next(csv.reader([first[13]], strict=True))[7]
    request = re.search(r"request_id='([^']+)'", text)
    key = request[1] if request else first[22].partition("/")[2]
    at = instant(first[0])
    # The tool notes a question just before it asks the server.
    before = [one for one in keyed.get(key, ()) if one["time"] <= at]
    return {
        "time": at,
        "text": text,
        "refused": refused,
        "relations": [
            next(csv.reader([row[13]]))[6] for row in rows if row[11] == "LOG"
        ],
        "source": max(before, key=lambda one: one["time"]) if before else None,
        "host": first[4].rpartition(":")[0],
        "role": first[1],
    }


# --- judged by a plain loop -----------------------------------------------------------


def protected_columns() -> set[str]:
    contract = YAML(typ="safe").load((CASE / "contract.yaml").read_text("utf-8"))
    return {
        f"{table['name']}.{column['name']}"
        for table in contract["schema"]
        for column in table["properties"]
        if column["tags"] != ["none"]
    }


@functools.cache
def staff() -> list[Row]:
    with (CASE / "people.csv").open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def residence(person: str, at: datetime) -> str:
    day = f"{at:%Y-%m-%d}"
    for row in staff():
        if row["login"] == person and (
            row["valid_from"] <= day < (row["valid_to"] or "9999")
        ):
            return str(row["country_of_residence"])
    return ""


def leased(address: str, at: datetime) -> str:
    """Return who alone had an address at a time, by the sign-in log."""
    found = {
        one["login"]
        for one in signs()
        if one.get("address") == address
        and instant(one["at"]) <= at < instant(one["until"])
    }
    return found.pop() if len(found) == 1 else ""


@functools.cache
def signs() -> list[Row]:
    text = (LOGS / "signins.jsonl").read_text("utf-8")
    return [json.loads(line) for line in text.splitlines()]


def columns_of(one: Row) -> list[str]:
    """Return what a statement takes: as its tool says, else by its own few words."""
    if one["source"]:
        names: list[str] = one["source"]["columns"]
        return names
    found = re.match(r"SELECT ([\w, ]+) FROM ([\w.]+)", one["text"])
    if found is None:
        return []
    return [f"{found[2]}.{name.strip()}" for name in found[1].split(",")]


def judged(one: Row, protected: set[str]) -> tuple[str, str]:
    """Return the class of a statement, and the person known behind it."""
    source = one["source"]
    person = source["person"] if source else leased(one["host"], one["time"])
    place = residence(person, one["time"]) if person else ""
    if one["refused"] or not protected.intersection(columns_of(one)):
        return "permitted", person
    if place in EXCLUDED:
        return "crossing", person
    abroad = source is not None and source["address"] == TRIP
    return ("permitted" if place and not abroad else "unknown"), person


@pytest.fixture(scope="module")
def classes(statements: list[Row]) -> list[tuple[str, str]]:
    protected = protected_columns()
    return [judged(one, protected) for one in statements]


# --- the truth table ------------------------------------------------------------------


def test_the_statements_of_each_class_are_those_of_the_truth_table(
    truth: Row, classes: list[tuple[str, str]]
):
    """A plain loop over the logs gives the truth table's counts, class by class."""
    assert Counter(kind for kind, _ in classes) == truth["warehouse"]["statements"]


def test_each_crossing_of_the_truth_table_stands_in_the_logs(
    truth: Row, statements: list[Row], classes: list[tuple[str, str]], tools: list[Row]
):
    """Crossings agree one by one: when, who, and in which log."""
    found = [
        ("warehouse", one["time"], person)
        for one, (kind, person) in zip(statements, classes, strict=True)
        if kind == "crossing"
    ]
    found += [
        ("pulse", one["time"], one["person"])
        for one in tools
        if one.get("kept") and residence(one["person"], one["time"]) in EXCLUDED
    ]
    expected = Counter(
        (one["log"], one["person"], f"{instant(one['time']):%Y-%m-%d %H:%M}")
        for one in truth["crossings"]
    )
    assert Counter((log, who, f"{at:%Y-%m-%d %H:%M}") for log, at, who in found) == (
        expected
    )


def test_each_person_answers_for_what_the_truth_table_says(
    truth: Row, classes: list[tuple[str, str]]
):
    """Nobody has a crossing in the logs who has none in the truth table."""
    found = Counter(who for kind, who in classes if kind == "crossing")
    told_by_pulse = Counter(
        one["person"] for one in truth["crossings"] if one["log"] == "pulse"
    )
    assert found + told_by_pulse == {
        one: counts["crossing"]
        for one, counts in truth["persons"].items()
        if counts["crossing"]
    }


def test_every_line_of_the_server_is_accounted_for(
    truth: Row, server_rows: list[list[str]]
):
    """Lines are events, second copies, or the one that is torn."""
    whole = [row for row in server_rows if len(row) == SERVER_COLUMNS]
    once = unique(server_rows)
    counts = truth["warehouse"]
    lines = sum(counts["lines"].values()) + sum(counts["beneath"].values())
    assert len(once) == lines
    assert len(whole) - len(once) == truth["unread"]["duplicates"]["warehouse"]
    assert len(server_rows) - len(whole) == truth["unread"]["malformed"]["warehouse"]


def test_the_tools_logs_hold_the_rows_that_the_truth_table_counts(
    truth: Row, tools: list[Row]
):
    """Rows of somebody, and refusals among them, log by log."""
    assert Counter(one["log"] for one in tools) == {
        name: counts["events"] for name, counts in truth["tools"].items()
    }
    refused = Counter(one["log"] for one in tools if one.get("status") == "denied")
    assert refused == {
        name: counts["refused"]
        for name, counts in truth["tools"].items()
        if counts["refused"]
    }
    assert sum(one.get("kept", False) for one in tools) == sum(
        truth["tools"]["pulse"]["own"].values()
    )


def test_one_line_of_pulse_is_no_text():
    """One line of Pulse's log is not UTF-8, and no other."""
    lines = unpacked(LOGS / "tools/pulse.jsonl.gz").splitlines()
    broken = [line for line in lines if b"\xe9" in line]
    assert len(broken) == 1
    with pytest.raises(UnicodeDecodeError):
        broken[0].decode()


def test_the_vault_holds_the_rows_that_the_truth_table_counts(truth: Row):
    """The liaison's monthly totals, and one attempt that was refused."""
    with (LOGS / "vault/queries.csv").open(encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream, delimiter=";") if row["person"]]
    refused = [row for row in rows if row["result"] == "refused"]
    assert (len(rows), len(refused)) == (
        truth["vault"]["events"],
        truth["vault"]["refused"],
    )
    assert {row["object"] for row in rows if row not in refused} == {
        "payouts.monthly_total"
    }


def test_the_gap_is_silent_in_backstage_and_busy_in_the_warehouse(
    truth: Row, statements: list[Row]
):
    """For two days the tool's log says nothing, while its service account reads."""
    since, until = (instant(truth["gap"][end]) for end in ("from", "until"))
    with (LOGS / "tools/backstage.txt").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream, delimiter="|"))
    assert not [row for row in rows if since <= instant(row["when"]) < until]
    busy = [
        one
        for one in statements
        if one["role"] == "svc_backstage" and since <= one["time"] < until
    ]
    assert len(busy) > 20
    assert {tuple(one["relations"]) for one in busy} == {("creators.contract",)}


def test_no_log_is_silent_for_longer_elsewhere():
    """Every log but Backstage's shows a sign of life every few hours."""
    beats = {
        "signins.jsonl": (r'"at":"([^"]+)"', 7),
        "tools/pulse.jsonl.gz": (r'"ts":"([^"]+)"', 7),
        "tools/quarry.csv": (r"(?m)^(2[^,]+),", 7),
    }
    for name, (pattern, hours) in beats.items():
        text = unpacked(LOGS / name).decode(errors="replace")
        times = sorted(instant(found) for found in re.findall(pattern, text))
        gaps = [b - a for a, b in pairwise(times)]
        assert max(gaps).total_seconds() <= hours * 3600, name


def test_the_manifest_lists_the_files_as_delivered():
    """`sha256sum --check` would pass, and no file is left out."""
    folder = LOGS / "warehouse"
    lines = (folder / "SHA256SUMS").read_text("utf-8").splitlines()
    listed = {line[66:]: line[:64] for line in lines}
    assert listed == {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.glob("pgaudit-*")
    }


def test_packed_logs_carry_no_date():
    """A gzip that holds the time of its packing would differ each time."""
    packed = list(LOGS.rglob("*.gz"))
    assert len(packed) == 5
    assert {path.read_bytes()[4:8] for path in packed} == {b"\0\0\0\0"}


def test_the_leavers_login_worked_for_twelve_more_days(tools: list[Row]):
    """The staff list says when somebody left; the last event is 12 days later."""
    with (CASE / "people.csv").open(encoding="utf-8") as stream:
        left = {
            row["login"]: row["valid_from"]
            for row in csv.DictReader(stream)
            if row["active"] == "no"
        }
    last = {
        person: max(one["time"] for one in tools if one["person"] == person)
        for person in left
    }
    after = {
        person: (at - instant(f"{left[person]}T00:00:00Z")).days
        for person, at in last.items()
    }
    assert {person: days for person, days in after.items() if days >= 0} == {
        f"ema.adler{DOMAIN}": 12
    }


# --- rebuilt --------------------------------------------------------------------------


def has_pgaudit() -> bool:
    return any(
        one.version == 15 and (one.bin.parent / "lib" / "pgaudit.so").exists()
        for one in installations()
    )


@pytest.mark.skipif(
    not has_pgaudit() or 18 not in {one.version for one in installations()},
    reason="needs PostgreSQL 15 with pgaudit, and 18",
)
def test_the_real_server_writes_the_same_log_again():
    """Run again on a real server, every statement leaves the same bytes."""
    command = [sys.executable, str(CASE / "build"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = [line for line in done.stdout.splitlines() if "logs/" in line]
    assert [line for line in lines if not line.startswith("same")] == []
    assert len(lines) == 13
