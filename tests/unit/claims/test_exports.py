"""Exports that logs tell of are explained by verdicts of the exit, or round it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from ringfence.claims.case import Case
from ringfence.claims.check import Run
from ringfence.claims.flow import Door, Finding, Flow, Flows
from ringfence.claims.flows import flows as flows_of
from ringfence.claims.flows import flows_and_exports
from ringfence.claims.instants import moment, seconds
from ringfence.claims.released import Released, Releases
from ringfence.claims.snapshot import Ask, opened
from ringfence.errors import ConfigError
from ringfence.report import flows_text
from ringfence.report.answering import Screen
from tests.cases import BOUNDARY, WAREHOUSE, write_case

HERE = (
    '{"at":"db","fact":"attribute","id":"store:w","name":"place","source":"db",'
    '"value":"US"}\n'
)
NOW = "2022-02-02T00:00:00Z"
AT = "2022-01-10T09:00:00Z"
TABLE = "dataset:w/a.b"
EGRESS = """\
egress:
  excluded: [in-cn]
  channels:
    - name: out
      recipients: ["person:bo"]
      purpose: to measure
      owner: head of figures
      approver: "person:bo"
      from: 2022-01-02
      expires: 2022-06-30
      text: true
      takes: [%s]
sources:
"""
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
    fields: {time: t, actor: who, resource: data, columns: columns, verb: did}
    verbs: {export: divert, view: read}
"""


def line(did: str = "export", at: str = AT, **more: str) -> str:
    """Return a line of the log: Bo exported the protected column."""
    told = {"t": at, "who": "person:bo", "data": "a.b", "columns": "c", "did": did}
    return json.dumps({key: text for key, text in (told | more).items() if text})


def found(
    folder: Path,
    lines: Iterable[str],
    told: Releases | None = None,
    *,
    takes: str = "w/a.*",
    logs: str = LOGS,
) -> Flows:
    """Return the flows of a case with a log."""
    boundary = BOUNDARY.replace("sources:\n", EGRESS % f'"{takes}"') + logs
    write_case(folder, boundary=boundary, warehouse=WAREHOUSE + HERE)
    (folder / "w.jsonl").write_text("".join(f"{one}\n" for one in lines))
    return flows_and_exports(Run(folder, folder / "out", NOW), told, 600)


def told_after(after: int, channel: str = "out", *, lost: int = 0) -> Releases:
    """Return a verdict some seconds after the export."""
    time = moment(seconds(AT) + after)
    return Releases((Released(channel, time, "block", 3),), lost)


def only(flows: Flows) -> Flow:
    """Return the one export."""
    (one,) = (one for one in flows.found if one.door is Door.LOGGED)
    return one


@pytest.mark.parametrize(
    ("after", "finding"),
    [
        (-3, Finding.ROUND),
        (-2, Finding.EXPLAINED),
        (0, Finding.EXPLAINED),
        (600, Finding.EXPLAINED),
        (601, Finding.ROUND),
    ],
)
def test_a_verdict_explains_what_came_not_long_before(
    tmp_path: Path, after: int, finding: Finding
):
    """Any verdict of a channel that takes the data, within the window, explains it."""
    one = only(found(tmp_path, [line()], told_after(after)))
    assert (one.finding, one.channel, one.data) == (finding, "out", (TABLE,))
    assert (one.by, one.end, one.events) == ("person:bo", "person:bo", 1)


@pytest.mark.parametrize(
    ("told", "finding"),
    [
        (None, Finding.UNTOLD),
        (told_after(0, "other"), Finding.ROUND),
        (told_after(0, "other", lost=1), Finding.UNTOLD),
    ],
)
def test_without_its_verdict_it_is_round_or_cant_be_told(tmp_path: Path, told, finding):
    """Another channel's verdict explains nothing; a lost one may have."""
    assert only(found(tmp_path, [line()], told)).finding is finding


def test_what_no_channel_takes_is_undeclared(tmp_path: Path):
    """Other data, or a time before the channel, is declared by nothing."""
    other = only(found(tmp_path / "a", [line()], told_after(0), takes="w/x.*"))
    assert (other.finding, other.why) == (
        Finding.UNDECLARED,
        "no channel takes it",
    )
    early = line(at="2022-01-01T09:00:00Z")
    assert only(found(tmp_path / "b", [early])).finding is Finding.UNDECLARED


def test_what_isnt_surely_exported_cant_be_told(tmp_path: Path):
    """Of a dataset whose columns no line names, protected data may have gone."""
    one = only(found(tmp_path, [line(columns="")], takes="w/x.*"))
    assert one.finding is Finding.UNTOLD


def test_reads_and_free_data_are_no_exports(tmp_path: Path):
    """Only exports count, and only of what is or may be protected."""
    lines = [line("view"), line(data="a.free", columns="x")]
    assert found(tmp_path, lines, Releases()).found == ()


def test_exports_alike_are_counted(tmp_path: Path):
    """Exports by one person of the same data are one flow, with an example."""
    lines = [line(at=f"2022-01-1{day}T09:00:00Z") for day in range(3)]
    flows = found(tmp_path, lines, Releases())
    one = only(flows)
    assert (one.events, one.finding) == (3, Finding.ROUND)
    screen = Screen(100, 9, flows.labels, "elsewhere", "case")
    text = flows_text.flows(flows, screen)
    assert "door      exported 3 times" in text
    assert f"ringfence audit show {one.example} case --output elsewhere" in text
    told = found(tmp_path, lines[:1], told_after(0))
    assert "the exit judged by that channel" in flows_text.flows(
        told, Screen(100, 9, told.labels, "out", "case")
    )


def test_without_logs_the_facts_are_all(tmp_path: Path):
    """Logs that nobody asked for aren't read: their exports are no flows."""
    found(tmp_path, [line()])
    there = opened(Ask(tmp_path, NOW))
    case = Case(there.estate, there.boundary, there.boundary.as_of)
    assert flows_of(case, Releases()).found == ()


def test_a_boundary_without_logs_is_refused(tmp_path: Path):
    """Logs that nobody orders can't be read."""
    with pytest.raises(ConfigError, match="orders no logs"):
        found(tmp_path, [], logs="")
