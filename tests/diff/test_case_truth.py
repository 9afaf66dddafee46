"""The audit of the case against its truth table: nothing missed, nobody accused.

`truth.json` is counted from the scenario, by a script that never runs Ringfence. Where
the two count differently, they do so in these two ways, and in no other:

* A line `beneath` a view tells that a statement touched the view's table, not which of
  its columns the view shows. Of people in China such a line is therefore no crossing
  but unknown (`data`); what the view itself shows is a crossing on a line of its own.
* The line of a refusal is no event for the reader of PostgreSQL's log but an aside, and
  so is its second copy. The truth table has it among the permitted and the duplicates.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import shutil
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ringfence.audit.table import EventTable
from ringfence.claims.audited import audited, original
from ringfence.claims.check import Run
from ringfence.claims.crossings import Crossings, Exhibit
from tests.house.tree import PROJECT

CASE = PROJECT / "examples" / "shortvideo"
NOW = "2022-01-31T00:00:00Z"
DOMAIN = "@loopwing.example"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Row = dict[str, Any]


@dataclass(frozen=True)
class Found:
    """What Ringfence says of the case."""

    output: Path
    totals: Crossings
    crossings: list[Exhibit]
    unknown: list[Exhibit]


def judged(case: Path, output: Path) -> Found:
    with audited(Run(case, output, now=NOW)) as answer:
        return Found(
            output,
            answer.crossings,
            list(answer.logs.exhibits(answer.asked)),
            list(answer.logs.exhibits(answer.asked, unknown=True)),
        )


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Found:
    return judged(CASE, tmp_path_factory.mktemp("audit"))


@pytest.fixture(scope="module")
def truth() -> Row:
    told: Row = json.loads((CASE / "truth.json").read_text("utf-8"))
    return told


def micro(text: str) -> int:
    return (datetime.fromisoformat(text) - EPOCH) // timedelta(microseconds=1)


def acts(truth: Row, story: str) -> list[Row]:
    (told,) = (one for one in truth["stories"] if one["story"] == story)
    listed: list[Row] = told["acts"]
    return listed


def refusals(truth: Row) -> list[Row]:
    """Return the acts that the server refused."""
    return acts(truth, "refused")


# --- the sum --------------------------------------------------------------------------


def test_the_four_classes_are_those_of_the_truth_table(found: Found, truth: Row):
    """Crossing, permitted, unknown and malformed are as many as the scenario has."""
    server, tools, vault = truth["warehouse"], truth["tools"], truth["vault"]
    own = [one["own"] for one in tools.values()]
    lines, beneath = server["lines"], server["beneath"]
    told_again = sum(one["events"] for one in tools.values())
    crossing = lines["crossing"] + sum(one["crossing"] for one in own)
    expected = {
        "crossing": crossing,
        "permitted": lines["permitted"]
        - server["refused"]
        + beneath["permitted"]
        + told_again
        - sum(one["crossing"] + one["unknown"] for one in own)
        + vault["permitted"]
        + 2 * sign_ins(),
        "unknown": lines["unknown"] + beneath["unknown"] + beneath["crossing"],
        "malformed": sum(truth["unread"]["malformed"].values()),
    }
    assert {name: getattr(found.totals, name) for name in expected} == expected
    assert found.totals.events == sum(expected.values())
    assert crossing == 164


def sign_ins() -> int:
    """Return how many sign-ins the log has: each has a begin and an end."""
    text = (CASE / "logs" / "signins.jsonl").read_text("utf-8")
    return sum("until" in json.loads(line) for line in text.splitlines())


def test_the_unknown_are_unknown_for_the_reason_that_they_have(
    found: Found, truth: Row
):
    """Nobody behind it, nobody knows the person, an address abroad, data in a view."""
    jobs = ("svc_push", "svc_consent_sweep")  # accounts that no tool speaks for
    by_role = truth["warehouse"]["by_role"]
    nobody = ("lost log", "no request id", "borrowed name", "two at one address")
    trip = [one for one in acts(truth, "business trip") if one["class"] == "unknown"]
    expected = {
        "nobody": sum(
            one["class"] == "unknown" for name in nobody for one in acts(truth, name)
        )
        + sum(by_role[role]["unknown"] for role in jobs),
        "person": len(acts(truth, "unrecorded residence"))
        + len(acts(truth, "stranger")),
        "abroad": sum(one["lines"] + one["beneath"] for one in trip),
        "data": truth["warehouse"]["beneath"]["crossing"],
    }
    assert Counter(one.reason for one in found.unknown) == expected


def test_the_exception_covers_what_the_liaison_did(found: Found, truth: Row):
    """Every row of the vault that was handed out is under the exception, no other."""
    vault = truth["vault"]
    covered = vault["events"] - vault["refused"]
    assert found.totals.reasons["exception"] == covered
    assert not [one for one in found.crossings if "kai.lane" in one.who]


def test_malformed_lines_and_duplicates_are_those_of_the_truth_table(
    found: Found, truth: Row
):
    """Two torn lines and one file that came twice, each counted in its own log."""
    logs = {one.name: one for one in found.totals.logs}
    unread = truth["unread"]
    twice = sum(one["time"].startswith("2021-10") for one in refusals(truth))
    assert {name: one.malformed for name, one in logs.items() if one.malformed} == (
        unread["malformed"]
    )
    assert {name: one.duplicates for name, one in logs.items() if one.duplicates} == {
        "warehouse": unread["duplicates"]["warehouse"] - twice
    }
    # The four, and the second copy of the one in October.
    assert logs["warehouse"].asides == truth["warehouse"]["refused"] + twice


def test_the_server_and_the_tools_told_as_much_as_the_truth_table_says(
    found: Found, truth: Row
):
    """Events log by log, nothing counted twice, nothing left out."""
    server = truth["warehouse"]
    lines = sum(sum(server[part].values()) for part in ("lines", "beneath"))
    tools = {name: one["events"] for name, one in truth["tools"].items()}
    table = EventTable(found.output / "events" / "table")
    told = {
        log.name: sum(file.events - file.duplicates for file in log.files)
        for log in table.states
    }
    assert told == {
        "warehouse": lines - server["refused"],
        "vault": truth["vault"]["events"],
        "sign-ins": 2 * sign_ins(),
        **tools,
    }


# --- one by one -----------------------------------------------------------------------


def test_each_crossing_is_one_of_the_truth_table(found: Found, truth: Row):
    """Crossings agree one by one: when, who, which columns, on how many lines."""
    columns: dict[tuple[int, str], set[str]] = defaultdict(set)
    lines: Counter[tuple[int, str]] = Counter()
    for one in found.crossings:
        columns[one.time, one.who] |= set(one.touched)
        lines[one.time, one.who] += 1
    got = [(*key, sorted(columns[key]), lines[key]) for key in sorted(columns)]
    assert got == sorted(
        (
            micro(one["time"]),
            f"person:{one['person']}",
            sorted(f"column:warehouse/{name}" for name in one["columns"]),
            one["lines"],
        )
        for one in truth["crossings"]
    )


def test_each_line_beneath_a_view_is_unknown_beside_its_crossing(
    found: Found, truth: Row
):
    """Whoever crossed by a view did something to its table: nobody can say to what."""
    beneath = Counter(
        (one.time, one.who) for one in found.unknown if one.reason == "data"
    )
    assert beneath == {
        (micro(one["time"]), f"person:{one['person']}"): one["beneath"]
        for one in truth["crossings"]
        if one["beneath"]
    }


def test_each_person_and_each_tool_answers_for_what_the_truth_table_says(
    found: Found, truth: Row
):
    """Nobody else is accused, and nobody of them of more."""
    people: Counter[str] = Counter()
    tools: Counter[str] = Counter()
    for one in truth["crossings"]:
        people[f"person:{one['person']}"] += one["lines"]
        # A copied password is the tool's own account.
        tools[f"tool:{one['role'].removeprefix('svc_').title()}"] += one["lines"]
    assert {one.id: one.events for one in found.totals.people} == people
    assert {one.id: one.events for one in found.totals.tools} == tools


def test_the_person_is_found_by_the_sign_that_the_truth_table_names(
    found: Found, truth: Row
):
    """Crossings were put down to somebody by log, request, session or address."""
    grades = {1: "named", 2: "request", 3: "session", 4: "address"}
    expected: Counter[str] = Counter()
    for one in truth["crossings"]:
        expected[grades[one["grade"]]] += one["lines"]
    assert Counter(one.grade for one in found.crossings) == expected


def test_a_crossing_can_be_read_again_from_the_bytes_that_it_names(found: Found):
    """File, digest and byte range of each crossing give the line that says so."""
    for one in found.crossings:
        delivered = (CASE / one.file).read_bytes()
        assert hashlib.sha256(delivered).hexdigest() == one.digest
        packed = one.file.endswith(".gz")
        content = gzip.decompress(delivered) if packed else delivered
        line = content[one.offset : one.offset + one.length].decode()
        moment = EPOCH + timedelta(microseconds=one.time)
        if one.log == "warehouse":
            (row,) = csv.reader(io.StringIO(line, newline=""))
            assert datetime.fromisoformat(row[0].replace(" UTC", "+00:00")) == moment
            assert f"role:warehouse/{row[1]}" == one.actor
        else:
            told = json.loads(line)
            assert datetime.fromisoformat(told["ts"]) == moment
            assert f"person:{told['login']}" == one.who


def test_the_bytes_of_an_event_are_shown(found: Found):
    """`audit show` gives the same bytes by the id alone."""
    first = found.crossings[0]
    shown = original(first.id, CASE, found.output)
    assert (len(shown.content), shown.offset) == (first.length, first.offset)
    assert first.actor.rpartition("/")[2].encode() in shown.content


# --- the stories ----------------------------------------------------------------------

LISTED = [
    "bookmarked",
    "acting as a colleague",
    "looking as a colleague",
    "copied password",
    "unrecorded residence",
    "two at one address",
    "through the VPN",
    "business trip",
    "borrowed name",
    "no request id",
    "lost log",
    "leaver",
    "leaver before",
    "refused",
    "from the tool's own store",
    "stranger",
]


@pytest.mark.parametrize("story", LISTED)
def test_a_story_comes_out_as_it_was(story: str, found: Found, truth: Row):
    """Each act of a story has the class and the person that it has in truth."""
    crossed = {(one.log, one.time): one.who for one in found.crossings}
    unknown = {
        (one.log, one.time): one.who for one in found.unknown if one.reason != "data"
    }
    for act in acts(truth, story):
        key, person = (act["log"], micro(act["time"])), f"person:{act['person']}"
        if act["class"] == "crossing":
            assert (crossed.get(key), key in unknown) == (person, False)
        elif act["class"] == "unknown":
            assert unknown.get(key) == (person if act["known"] else "")
            assert key not in crossed
        else:
            assert key not in crossed
            assert key not in unknown


def test_every_story_that_is_listed_is_tested(truth: Row):
    """No story with its acts is left out."""
    assert [one["story"] for one in truth["stories"] if one.get("acts")] == LISTED


def test_who_moved_crosses_from_that_midnight_on(found: Found, truth: Row):
    """Of three who moved, nothing before the move is a crossing; midnight is."""
    midnight = micro("2021-11-01T00:00:00Z")
    (story,) = (one for one in truth["stories"] if one["story"] == "moved to CN")
    movers = {f"person:{who}{DOMAIN}" for who in ("jae.silva", "ola.iyer", "kei.yang")}
    times = [one.time for one in found.crossings if one.who in movers]
    assert (
        len({(one.time, one.who) for one in found.crossings if one.who in movers})
        == (story["statements"]["crossing"])
    )
    assert min(times) == midnight


def test_who_moved_away_crosses_no_more(found: Found):
    """Who left China before the logs begin is accused of nothing."""
    everybody = {one.who for one in (*found.crossings, *found.unknown)}
    assert f"person:liv.vega{DOMAIN}" not in everybody


def test_a_borrowed_name_gives_a_suspect_and_no_culprit(found: Found, truth: Row):
    """The one whose name was borrowed is named as a suspect, and judged for nothing."""
    suspects = {
        (one.time, one.suspect)
        for one in found.unknown
        if one.grade in {"application", "window"}
    }
    assert suspects == {
        (micro(act["time"]), f"person:{who}{DOMAIN}")
        for story, who in (("borrowed name", "bo.lim"), ("no request id", "dana.fox"))
        for act in acts(truth, story)
        if act["class"] == "unknown"
    }


def test_the_lost_days_are_the_only_gap(found: Found, truth: Row):
    """The silence of Backstage is found, from its last sign of life to its next one."""
    gap = truth["gap"]
    since, until = micro(gap["from"]), micro(gap["until"])
    ((log, one),) = ((log.name, one) for log in found.totals.logs for one in log.gaps)
    beat = one.cadence * 1_000_000
    assert log == gap["log"]
    assert since - beat < one.since <= since
    assert until <= one.until < until + beat
    lost = [micro(act["time"]) for act in acts(truth, "lost log")]
    assert all(one.since < time < one.until for time in lost)


# --- changed --------------------------------------------------------------------------


def test_the_crossings_follow_the_staff_list_and_the_exceptions(
    found: Found, truth: Row, tmp_path: Path
):
    """One person lives elsewhere, one moves a month later, one leave isn't given."""
    case, output = tmp_path / "case", tmp_path / "out"
    shutil.copytree(CASE, case, ignore=shutil.ignore_patterns("build"))
    # What was read from the logs stays as it is: only who was who changes.
    shutil.copytree(found.output / "events", output / "events")
    rewritten(case / "people.csv", "Tam Deng,live,CN", "Tam Deng,live,US")
    move = "Jae Silva,growth,{},loopwing-{},employee,no,ola.iyer@loopwing.example,{},"
    for place, employer, dates in (
        ("SG", "services", ",2021-{}-01"),
        ("CN", "engineering", "2021-{}-01,"),
    ):
        old, new = (
            move.format(place, employer, dates.format(month)) for month in (11, 12)
        )
        rewritten(case / "people.csv", old, new)
    old, new = (
        f"from: 2021-07-01\n    expires: {day}" for day in ("2022-06-30", "2021-07-02")
    )
    rewritten(case / "boundary.yaml", old, new)
    expected: Counter[str] = Counter()
    later = micro("2021-12-01T00:00:00Z")
    for one in truth["crossings"]:
        who = one["person"].removesuffix(DOMAIN)
        stays = who != "jae.silva" or micro(one["time"]) >= later
        expected[who] += one["lines"] * (stays and who != "tam.deng")
    expected["kai.lane"] = truth["vault"]["by_exception"]
    changed = judged(case, output)
    assert (
        Counter(
            {
                one.id.removeprefix("person:").removesuffix(DOMAIN): one.events
                for one in changed.totals.people
            }
        )
        == expected
    )
    assert changed.totals.events == found.totals.events


def rewritten(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), "utf-8")


# --- told -----------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["README.md", "docs/tutorial.md"])
def test_a_page_tells_what_the_audit_finds(page: str, found: Found):
    """The sum, the gap and the first crossing are told as they are found."""
    text = (PROJECT / page).read_text("utf-8")
    totals = found.totals
    classes = " + ".join(
        f"{name} {getattr(totals, name):,}"
        for name in ("crossing", "permitted", "unknown", "malformed")
    )
    assert f"events {totals.events:,} = {classes}\n" in text
    people = f"{totals.crossing} crossings by {len(totals.people)} people"
    assert people in text
    assert f"{found.crossings[0].file[-20:]}:{found.crossings[0].line}" in text


def test_the_checkers_page_names_the_bytes_of_the_first_crossing(found: Found):
    """Whoever follows the page by hand gets the line that the audit names."""
    text = (PROJECT / "docs" / "checker.md").read_text("utf-8")
    first = found.crossings[0]
    assert f"tail -c +{first.offset + 1} | head -c {first.length}\n" in text
    assert f"{first.digest}  examples/shortvideo/{first.file}\n" in text
