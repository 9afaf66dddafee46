"""Bypasses: what was done, matched with what the gate answered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ringfence.audit.event import Touch
from ringfence.boundary.decision.scene import Dataset, Known, Scene
from ringfence.boundary.model import Gate
from ringfence.boundary.status import Status
from ringfence.claims.answered import Answers, answers
from ringfence.claims.audited import bypasses
from ringfence.claims.bypass import Bypass, Bypasses
from ringfence.claims.bypasses import (
    Asked,
    Told,
    asked_of,
    covers,
    is_told,
)
from ringfence.claims.check import Run
from ringfence.claims.crossings import Class
from ringfence.claims.instants import moment, seconds
from ringfence.errors import ConfigError, ExitCode, ProofError
from ringfence.gate.point.book import Book, Ground, Window
from ringfence.gate.point.lines import Line, line_of_gap, payload_of
from ringfence.ledger.entries import made
from ringfence.ledger.keeping.opening import begin, writing
from ringfence.ledger.keeping.payloads import Payloads
from ringfence.ledger.writer.disk import RealDisk
from ringfence.report import bypass_text
from ringfence.report.answering import Screen
from tests.cases import BOUNDARY, CROSSING, WAREHOUSE, write_case

NOW = "2022-02-02T00:00:00Z"
LOGS = """\
logs:
  w:
    kind: declared
    files: [w.jsonl]
    store: w
    from: 2022-01-01
    until: 2022-01-31
    cadence: 60 days
    collected: 2022-02-01
    fields: {time: t, actor: who, resource: data, columns: columns, address: ip}
gate: {excluded: [in-cn]}
"""
BO = (
    '{"t": "2022-01-10T09:00:00Z", "who": "person:bo", "data": "a.b", "columns": "c", '
    '"ip": "10.0.0.7"}'
)
ANN = BO.replace("person:bo", "person:ann")
SERVICE = BO.replace("person:bo", "service_account:svc")
WHOLE = BO.replace(', "columns": "c"', "")
TABLE, COLUMN = "dataset:w/a.b", "column:w/a.b.c"
LINE = Line(
    allowed=True,
    caller="trino",
    columns=(),
    principal="person:bo",
    purpose="",
    reason="not-excluded",
    reference="",
    resource=TABLE,
    salt="00" * 32,
    surface="opa",
    time="2022-01-10T08:58:00Z",
    verb="read",
)


def line(**more: Any) -> Line:
    """Return a decision: Bo may read the table, two minutes before he did."""
    return Line(**(_fields(LINE) | more))


def _fields(one: Line) -> dict[str, Any]:
    return {name: getattr(one, name) for name in one.__struct_fields__}


def matched(
    folder: Path, events: Iterable[str], told: Sequence[Line], **more: Any
) -> Bypasses:
    """Return what no decision explains, of the events of a log."""
    write_case(folder, **({"boundary": BOUNDARY + LOGS} | more))
    (folder / "w.jsonl").write_text("".join(f"{one}\n" for one in events))
    run = Run(folder, folder / "out", NOW)
    return bypasses(run, Answers(tuple(told)), days=60)


# --- what explains --------------------------------------------------------------------


def hourly(*told: Line) -> tuple[list[str], list[Line]]:
    """Return an event an hour, and for each a decision about it."""
    hours = range(9, 9 + len(told))
    events = [BO.replace("T09", f"T{hour:02}") for hour in hours]
    return events, [
        line(**{**_fields(one), "time": shifted(one.time, hour - 9)})
        for hour, one in zip(hours, told, strict=True)
    ]


def shifted(time: str, hours: int) -> str:
    """Return an instant some hours later."""
    return moment(seconds(time) + hours * 3_600)


def test_a_decision_explains_what_follows_it(tmp_path: Path):
    """The same person and verb, what was touched, within the window or a little skew."""
    told = hourly(
        line(),
        line(resource=COLUMN),
        line(resource="store:w"),
        line(columns=("c", "d")),
        line(time="2022-01-10T09:00:00Z"),
        line(time="2022-01-10T08:55:00Z"),
        line(time="2022-01-10T09:00:02Z"),
    )
    found = matched(tmp_path, *told)
    assert (found.explained, found.unexplained, found.unknown) == (7, 0, 0)
    assert bypass_text.exit_code(found) is ExitCode.ALL_UPHELD


def test_another_decision_explains_nothing(tmp_path: Path):
    """Another person's, another verb, other data, or too long ago."""
    told = hourly(
        line(principal="person:ann"),
        line(verb="insert"),
        line(resource="dataset:w/a.c"),
        line(columns=("d",)),
        line(resource="column:w/a.b.d"),
        line(time="2022-01-10T08:54:59Z"),
    )
    found = matched(tmp_path, *told)
    assert (found.explained, found.unknown) == (0, 0)
    (bypass,) = found.found
    assert (bypass.who, bypass.tool, bypass.account) == ("person:bo", "", "person:bo")
    assert (bypass.what, bypass.verb, bypass.events) == ((TABLE,), "read", 6)
    assert (bypass.address, bypass.kind) == ("10.0.0.7", Class.UNKNOWN)
    assert (bypass.log, bypass.file, bypass.line) == ("w", "w.jsonl", 1)
    assert not bypass.was_denied
    assert bypass_text.exit_code(found) is ExitCode.REFUTED


def test_what_comes_after_a_decision_of_the_future_is_not_explained(tmp_path: Path):
    """A decision that is later than the clocks may differ comes too late."""
    early = line(time="2022-01-10T08:00:00Z", principal="person:x")
    late = line(time="2022-01-10T09:00:03Z")
    assert matched(tmp_path, [BO], [early, late]).unexplained == 1


def test_what_was_denied_and_done_is_told_so(tmp_path: Path):
    """The gate had said no."""
    found = matched(
        tmp_path,
        [ANN],
        [line(principal="person:ann", allowed=False, reason="excluded")],
    )
    assert [one.was_denied for one in found.found] == [True]
    assert (found.decisions, found.allowed) == (1, 0)
    assert found.found[0].kind is Class.CROSSING


def test_what_shadow_mode_allowed_explains_nothing_that_it_would_have_denied(
    tmp_path: Path,
):
    """It is a finding, and says that the gate would have denied it."""
    denied = line(principal="person:ann", allowed=False, reason="excluded", shadow=True)
    found = matched(tmp_path, [ANN], [denied])
    (bypass,) = found.found
    assert (bypass.was_denied, bypass.was_spared) == (False, True)
    assert (found.decisions, found.allowed, found.shadow) == (1, 0, 1)
    assert bypass_text.exit_code(found) is ExitCode.REFUTED
    text = bypass_text.bypasses(found, Screen(140, 9, found.labels, "o", "case"))
    assert "1 decision, 1 of them denied, 1 in shadow mode" in text
    assert "would deny" in text


def test_what_shadow_mode_would_have_allowed_explains_what_follows(tmp_path: Path):
    """With masks, or without some rows, it doesn't: nobody carried these out."""
    told = hourly(
        line(shadow=True),
        line(shadow=True, reason="masked"),
        line(shadow=True, reason="rows"),
        line(reason="masked"),
    )
    found = matched(tmp_path, *told)
    assert (found.explained, found.unexplained, found.unknown) == (2, 2, 0)
    (bypass,) = found.found
    assert (bypass.was_denied, bypass.was_spared, bypass.events) == (False, True, 2)


def test_a_shadow_decision_in_anothers_name_leaves_nothing_open(tmp_path: Path):
    """An account of nobody isn't explained by what would have been denied."""
    spared = line(allowed=False, reason="excluded", shadow=True)
    assert matched(tmp_path / "a", [SERVICE], [spared]).unexplained == 1
    assert matched(tmp_path / "b", [SERVICE], [line(shadow=True)]).unknown == 1


def test_what_was_denied_in_earnest_is_told_first(tmp_path: Path):
    """Where a service changed over, the denial that was enforced counts."""
    no = line(principal="person:ann", allowed=False, reason="excluded")
    spared = line(**{**_fields(no), "shadow": True})
    found = matched(tmp_path, [ANN], [spared, no])
    (bypass,) = found.found
    assert (bypass.was_denied, bypass.was_spared) == (True, True)
    text = bypass_text.bypasses(found, Screen(140, 9, found.labels))
    assert "would deny" not in text


def test_events_through_one_door_are_one_bypass(tmp_path: Path):
    """The first of them is the example, and the times are those of all."""
    later = BO.replace("T09", "T10")
    other = BO.replace("10.0.0.7", "10.0.0.8")
    found = matched(tmp_path, [BO, later, other], [line(verb="insert")])
    assert [(one.events, one.address) for one in found.found] == [
        (2, "10.0.0.7"),
        (1, "10.0.0.8"),
    ]
    first, last = (
        seconds(one) * 1_000_000
        for one in ("2022-01-10T09:00:00Z", "2022-01-10T10:00:00Z")
    )
    assert (found.found[0].first, found.found[0].last) == (first, last)


def test_the_time_before_the_gate_is_not_asked_about(tmp_path: Path):
    """Before the first decision nothing could be explained."""
    before = BO.replace("2022-01-10", "2022-01-09")
    found = matched(tmp_path, [before, BO], [line()])
    assert (found.explained, found.unexplained) == (1, 0)


def test_without_decisions_nothing_is_explained(tmp_path: Path):
    """Every event on protected data is a bypass then."""
    assert matched(tmp_path, [BO, ANN], []).unexplained == 2


def test_what_is_not_protected_needs_no_decision(tmp_path: Path):
    """Nor does what the gate doesn't count."""
    harmless = WAREHOUSE.replace('"value":"EMAIL"', '"value":"none"')
    assert not matched(tmp_path / "a", [BO], [], warehouse=harmless).found
    gate = LOGS.replace("[in-cn]}", "[in-cn], verbs: [edit]}")
    assert not matched(tmp_path / "b", [BO], [], boundary=BOUNDARY + gate).found


def test_an_account_of_nobody_is_matched_by_its_name(tmp_path: Path):
    """Else it can't be told, if somebody asked for the same; else it is a bypass."""
    by_name = line(principal="service_account:svc")
    assert matched(tmp_path / "a", [SERVICE], [by_name]).explained == 1
    assert matched(tmp_path / "b", [SERVICE], [line()]).unknown == 1
    found = matched(tmp_path / "c", [SERVICE], [line(verb="insert")])
    assert [one.who for one in found.found] == ["service_account:svc"]


def test_what_nobody_can_say_was_touched_cant_be_told(tmp_path: Path):
    """A decision on the dataset explains a part of it, and none leaves it open."""
    other = (
        '{"at":"db","fact":"attribute","id":"column:w/a.b.d","name":"tag",'
        '"source":"db","value":"none"}\n'
    )
    more = {"warehouse": WAREHOUSE + CROSSING + other}
    told = matched(tmp_path / "a", [WHOLE], [line()], **more)
    assert (told.explained, told.unknown) == (1, 0)
    untold = matched(tmp_path / "b", [WHOLE], [line(verb="insert")], **more)
    assert (untold.explained, untold.unknown, untold.unexplained) == (0, 1, 0)
    assert bypass_text.exit_code(untold) is ExitCode.UNPROVEN


def test_a_case_without_logs_has_no_bypasses(tmp_path: Path):
    """The error says what to add."""
    gate = BOUNDARY + "gate: {excluded: [in-cn]}\n"
    with pytest.raises(ConfigError, match="orders no logs"):
        matched(tmp_path, [], [], boundary=gate)


# --- parts ----------------------------------------------------------------------------

SCENE = Scene(
    "b",
    "e",
    "2022-01-01T00:00:00Z",
    "2022-02-01T00:00:00Z",
    Gate(("x",)),
    (),
    {"person:bo": Known()},
    {},
    {
        TABLE: Dataset({"c": Status.YES, "d": Status.NO}),
        "dataset:w/o": Dataset(status=Status.UNKNOWN),
    },
    {"store:w": (TABLE, "dataset:w/o")},
)


@pytest.mark.parametrize(
    ("touch", "sure", "perhaps"),
    [
        (Touch(columns=(COLUMN, "column:w/a.b.d")), {(TABLE, "c")}, set()),
        (Touch(columns=("column:w/a.b.new",)), {(TABLE, "new")}, set()),
        (Touch(columns=("column:w/z.c",)), {("dataset:w/z", "c")}, set()),
        (Touch(whole=(TABLE,)), {(TABLE, "c")}, set()),
        (Touch(whole=("dataset:w/o",)), {("dataset:w/o", "")}, set()),
        (Touch(whole=("store:w",)), {(TABLE, "c"), ("dataset:w/o", "")}, set()),
        (Touch(part=(TABLE,)), set(), {(TABLE, "c")}),
        (Touch(columns=(COLUMN,), part=(TABLE,)), {(TABLE, "c")}, set()),
        (Touch(unclear=True), set(), {("dataset:?", "")}),
    ],
)
def test_a_touch_needs_decisions(
    touch: Touch, sure: set[tuple[str, str]], perhaps: set[tuple[str, str]]
):
    """On what is, or may be, protected, part by part."""
    assert asked_of(SCENE, touch) == Asked(frozenset(sure), frozenset(perhaps))


def test_a_whole_that_nobody_described_needs_a_decision_on_the_whole():
    """A decision on named columns doesn't cover what nobody has named."""
    part = ("dataset:w/o", "")
    assert covers(SCENE, line(resource="dataset:w/o"), part)
    assert covers(SCENE, line(resource="store:w"), part)
    assert not covers(SCENE, line(resource="dataset:w/o", columns=("c",)), part)
    assert not covers(SCENE, line(resource="store:x"), part)


def test_what_is_unclear_is_never_explained():
    """Whatever was decided: nobody knows what was touched."""
    unclear = frozenset({("dataset:?", "")})
    assert not is_told(SCENE, [line(resource="dataset:?"), line()], unclear)


def test_a_part_is_told_by_a_decision_on_its_dataset():
    """Of each dataset, something has to be decided."""
    parts = frozenset({(TABLE, "c"), ("dataset:w/o", "")})
    assert is_told(SCENE, [line(resource="store:w")], parts)
    assert is_told(SCENE, [line(), line(resource="dataset:w/o")], parts)
    assert not is_told(SCENE, [line()], parts)


def test_decisions_are_found_by_any_of_their_names():
    """A person's and their account's, in the window, for one verb."""
    told = Told([line(), line(principal="role:bo"), line(verb="insert")], 300)
    at = seconds("2022-01-10T09:00:00Z")
    assert len(told.before({"person:bo", "role:bo"}, "read", at)) == 2
    assert len(told.by_anybody("read", at)) == 2
    assert told.before({"person:ann"}, "read", at) == []


# --- the ledger -----------------------------------------------------------------------

GROUND = Ground("11" * 32, "22" * 32, "33" * 32, publish=True)


def kept(folder: Path, *windows: Sequence[bytes]) -> None:
    """Log windows of lines, as the gate's service does."""
    begin(folder, "example.com/log", time=NOW)
    book = Book(folder)
    book.open()
    book.commit([Window(GROUND, one, len(one)) for one in windows], None)
    book.close()


def test_a_ledger_gives_its_decisions(tmp_path: Path):
    """Searches are none; other entries tell of none; bad lines are counted."""
    search = line(reason="search", principal="person").content
    undated = line(time="now").content
    lines = [line().content, search, undated, b"{}", b"\xff"]
    kept(tmp_path, lines, [line(verb="insert").content])
    found = answers(tmp_path)
    assert found == Answers((line(), line(verb="insert")), entries=2, lost=0, unread=3)


def test_a_ledger_tells_what_nobody_enforced(tmp_path: Path):
    """A line has to say what its entry says; what wasn't logged is counted."""
    begin(tmp_path, "example.com/log", time=NOW)
    spared, gap = line(shadow=True), line_of_gap(7, NOW, b"s" * 32)
    book = Book(tmp_path)
    book.open()
    shadow = [spared.content, gap.content, line().content]
    book.commit([Window(GROUND._replace(shadow=True), shadow, 1)], None)
    book.commit([Window(GROUND, [line().content, spared.content], 2)], None)
    book.close()
    told = Answers((spared, line()), entries=2, lost=0, unread=2, unlogged=7)
    assert answers(tmp_path) == told


def test_a_payload_that_is_gone_is_counted(tmp_path: Path):
    """What it would explain, it explains no more."""
    kept(tmp_path, [line().content], [line(verb="insert").content])
    payloads = Payloads(RealDisk(tmp_path))
    (first, *_) = [*payloads.digests()]
    payloads.erase(first)
    found = answers(tmp_path)
    assert (found.entries, found.lost, len(found.lines)) == (2, 1, 1)


def test_a_payload_of_other_decisions_is_no_proof(tmp_path: Path):
    """The entry has the root of its decisions; a payload has to give it."""
    begin(tmp_path, "example.com/log", time=NOW)
    payloads = Payloads(RealDisk(tmp_path))
    digests = {
        "boundary": GROUND.boundary,
        "decisions": "44" * 32,
        "estate": GROUND.estate,
        "payload": payloads.keep(payload_of([line().content])),
        "scene": GROUND.scene,
    }
    values = {"allowed": "1", "denied": "0"}
    with writing(tmp_path) as log:
        log.append([made("decision", NOW, digests=digests, values=values)])
        log.publish()
    with pytest.raises(ProofError, match="entry 1: its payload doesn't hold"):
        answers(tmp_path)


# --- as text --------------------------------------------------------------------------


def test_a_bypass_is_shown_with_its_door(tmp_path: Path):
    """Who, through what, from where, and how to see the line."""
    found = matched(tmp_path / "case", [BO], [line(verb="insert")])
    text = bypass_text.bypasses(found, Screen(140, 9, found.labels, "o", "case"))
    assert (
        "1 event on protected data: 0 explained, 1 by no decision, 0 can't be" in text
    )
    assert "  Bo      -     Bo       10.0.0.7  w/a.b  1       nothing" in text
    assert "    stands in  w: w.jsonl:1" in text
    example = found.found[0].example
    assert f"to look     ringfence audit show {example} case --output o" in text
    assert text.endswith("exit 11: something was done that no decision explains\n")


def test_what_is_lost_is_said():
    """Entries without their payload, decisions that can't be read, many datasets."""
    what = ("a", "b", "c")
    bypass = Bypass(
        "", "", "", "", what, "read", Class.UNKNOWN, was_denied=True, events=2
    )
    found = Bypasses("b", 0, 1, 300, 3, 2, 1, 2, 0, 0, (bypass, bypass), {})
    text = bypass_text.bypasses(found, Screen(140, 1, {}))
    assert "1 entry of the ledger lost what they tell of: it explains nothing" in text
    assert "2 decisions can't be understood, and explain nothing" in text
    assert "3 decisions, 1 of them denied" in text
    assert "a and 2 more" in text
    assert "  1 more: --limit 2, or --format json" in text
    nothing = replace(found, found=())
    assert bypass_text.exit_code(nothing) is ExitCode.UNPROVEN
    assert "exit 10: nothing is seen to go round" in bypass_text.bypasses(
        nothing, Screen(140, 1, {})
    )


def test_where_nothing_was_done_nothing_is_explained():
    """Logs that end before the first decision say nothing of what went round."""
    found = Bypasses("b", 0, 1, 300, 3, 0, 0, 0, 0, 0, (), {})
    assert bypass_text.exit_code(found) is ExitCode.UNPROVEN
    text = bypass_text.bypasses(found, Screen(140, 9, {}))
    assert "exit 10: the logs show nothing done since the first decision" in text
