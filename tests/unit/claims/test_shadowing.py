"""Shadow mode: what the gate would have made of what was done, beside the audit."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ringfence.audit.event import SOMEWHERE, Touch
from ringfence.boundary.decision.request import Reason
from ringfence.boundary.decision.scene import Dataset, Scene
from ringfence.boundary.model import Gate
from ringfence.boundary.status import Status
from ringfence.claims.answered import Answers
from ringfence.claims.case import Case
from ringfence.claims.check import Run, collected, past_of
from ringfence.claims.crossings import Class
from ringfence.claims.events.holders import Holding
from ringfence.claims.events.replayed import Sum
from ringfence.claims.gating import gate_of
from ringfence.claims.instants import moment, seconds
from ringfence.claims.shadow import Line, Lived, Outcome, Shadow, Spared
from ringfence.claims.shadowing import Judge, lived, shadowed
from ringfence.claims.stretches import UNCLEAR, resources, window_of
from ringfence.errors import ConfigError, ExitCode
from ringfence.gate.point.lines import Line as Decided
from ringfence.report import shadow_text
from ringfence.report.answering import Screen
from tests.cases import BOUNDARY, CROSSING, WAREHOUSE, write_case
from tests.estates import case, edge

EXAMPLE = Path(__file__).parents[3] / "examples" / "shortvideo"
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
BO = '{"t": "2022-01-10T09:00:00Z", "who": "person:bo", "data": "a.b", "columns": "c"}'
ANN = BO.replace("person:bo", "person:ann").replace("T09", "T10")
NOBODY = BO.replace("person:bo", "svc").replace("T09", "T11")
PART = ANN.replace(', "columns": "c"', "").replace("T10", "T12")
EXCEPTION = """\
exceptions:
  - {name: totals, who: ["person:ann"], columns: ["w/a.b.c"], purpose: books, owner: x,
     cap: 5, from: 2021-01-01, expires: 2023-01-01}
"""


def written(folder: Path, *lines: str, gate: str = LOGS, **more: Any) -> Path:
    """Write a case with a log and a gate."""
    write_case(folder, **({"boundary": BOUNDARY + gate} | more))
    (folder / "w.jsonl").write_text("".join(f"{line}\n" for line in lines))
    return folder


def replayed(folder: Path, days: int = 60) -> Shadow:
    """Return what the gate makes of the log."""
    return shadowed(Run(folder, folder / "out", NOW), days)


def shown(found: Shadow) -> list[tuple[str, Outcome, str, Class, int]]:
    """Return the lines of a shadow without their times and data."""
    return [
        (one.who, one.outcome, one.reason, one.kind, one.events) for one in found.lines
    ]


def test_a_crossing_would_be_denied_and_the_rest_allowed(tmp_path: Path):
    """Event by event, with what the audit calls it."""
    found = replayed(written(tmp_path, BO, BO.replace("T09", "T08"), ANN, NOBODY))
    assert shown(found) == [
        ("person:bo", Outcome.ALLOWED, "not-excluded", Class.PERMITTED, 2),
        ("person:ann", Outcome.DENIED, "excluded", Class.CROSSING, 1),
        ("svc", Outcome.DENIED, "perhaps-excluded", Class.UNKNOWN, 1),
    ]
    first = found.lines[0]
    assert (first.tool, first.what, first.verb) == ("", "dataset:w/a.b", "read")
    times = [moment(one // 1_000_000) for one in (first.first, first.last)]
    assert times == ["2022-01-10T08:00:00Z", "2022-01-10T09:00:00Z"]


def test_only_the_last_days_are_replayed(tmp_path: Path):
    """The days are counted back from the last event of the logs."""
    late = ANN.replace("2022-01-10T10", "2022-01-14T10")
    found = replayed(written(tmp_path, BO, late), days=2)
    assert shown(found) == [
        ("person:ann", Outcome.DENIED, "excluded", Class.CROSSING, 1)
    ]
    assert found.after == (seconds("2022-01-14T10:00:00Z") + 1) * 1_000_000
    assert found.first == found.after - 2 * 86_400_000_000


def test_an_event_is_decided_in_the_scene_of_its_own_time(tmp_path: Path):
    """Whoever moved away is denied from then on."""
    people = (
        "id,residence,label,since\nbo,US,Bo,2020-01-01\nbo,CN,Bo,2022-01-12\n"
        "ann,CN,Ann,2020-01-01\n"
    )
    known = BOUNDARY.replace(
        "collected: 2022-01-30}",
        "collected: 2022-01-30, "
        "columns: {id: id, residence: residence, label: label, since: since}}",
    )
    later = BO.replace("2022-01-10", "2022-01-13")
    folder = written(tmp_path, BO, later, boundary=known + LOGS, people=people)
    found = replayed(folder)
    assert found.scenes == 2
    assert shown(found) == [
        ("person:bo", Outcome.ALLOWED, "not-excluded", Class.PERMITTED, 1),
        ("person:bo", Outcome.DENIED, "excluded", Class.CROSSING, 1),
    ]


def test_an_exception_needs_its_purpose(tmp_path: Path):
    """The audit permits it; the gate asks for a purpose that no log tells."""
    gate = LOGS.replace("[in-cn]}", "[in-cn], exceptions: [totals]}")
    found = replayed(written(tmp_path, ANN, gate=gate + EXCEPTION))
    assert shown(found) == [
        ("person:ann", Outcome.PURPOSE, "no-purpose", Class.PERMITTED, 1)
    ]
    assert shadow_text.exit_code(found) is ExitCode.UNPROVEN


def test_grants_may_break_those_whom_the_audit_permits(tmp_path: Path):
    """Who holds nothing in the estate is denied, and named."""
    gate = LOGS.replace("[in-cn]}", "[in-cn], mode: grants}")
    people = "id,residence,label\nann,CN,Ann\nbo,US,Bo\ncy,US,Cy\n"
    cy = BO.replace("person:bo", "person:cy")
    found = replayed(written(tmp_path, BO, cy, gate=gate, people=people))
    assert sorted(shown(found)) == [
        ("person:bo", Outcome.ALLOWED, "not-excluded", Class.PERMITTED, 1),
        ("person:cy", Outcome.DENIED, "no-grant", Class.PERMITTED, 1),
    ]
    text = shadow_text.shadow(found, Screen(160, 9, found.labels))
    assert "who would break, or work differently, of those whom the audit" in text
    row = "Cy      no tool named  w/a.b  denied  1       nobody surely gave it to them"
    assert row in text
    assert text.endswith("exit 11: something that the audit permits would be denied\n")


def test_what_is_masked_shows_less(tmp_path: Path):
    """A gate with masks denies nothing that it can mask."""
    masks = "[in-cn], masks: [{columns: ['w/*'], mask: hash}]}"
    found = replayed(written(tmp_path, ANN, gate=LOGS.replace("[in-cn]}", masks)))
    assert shown(found) == [("person:ann", Outcome.LESS, "masked", Class.CROSSING, 1)]


def test_a_case_without_a_gate_or_logs_has_no_shadow(tmp_path: Path):
    """Both are said with what to add."""
    without = LOGS.replace("gate: {excluded: [in-cn]}\n", "")
    with pytest.raises(ConfigError, match="says nothing of a gate"):
        replayed(written(tmp_path / "a", BO, gate=without))
    with pytest.raises(ConfigError, match="orders no logs"):
        replayed(written(tmp_path / "b", BO, gate="gate: {excluded: [in-cn]}\n"))


def test_a_log_without_events_has_an_empty_shadow(tmp_path: Path):
    """Nothing is replayed, and nothing breaks."""
    found = replayed(written(tmp_path))
    assert (found.lines, found.total()) == ((), 0)
    text = shadow_text.shadow(found, Screen(100, 9, {}))
    assert "no event was replayed" in text
    assert "who would break: nobody whose events the audit permits" in text
    assert text.endswith("exit 0: nothing that the audit permits would be otherwise\n")


def test_the_example_agrees_with_its_audit(tmp_path: Path):
    """Every crossing of the audit would be denied; whoever is permitted goes on.

    But for a view that is made of what is protected: the audit goes by what was touched
    itself, the gate by what that exposes.
    """
    folder = tmp_path / "case"
    shutil.copytree(EXAMPLE, folder)
    text = (folder / "boundary.yaml").read_text()
    text = re.sub(r"^gate:.*\n([ #].*\n|\n)*", "", text, flags=re.MULTILINE)
    names = "{excluded: [covered-persons], exceptions: [payout-totals]}"
    (folder / "boundary.yaml").write_text(f"{text}\ngate: {names}\n")
    run = Run(folder, tmp_path / "out", NOW)
    ready = collected(run)
    case_ = Case(ready.estate, ready.boundary, ready.boundary.as_of)
    with past_of(run, ready, case_) as past:
        assert past is not None
        asked = window_of(past, gate_of(case_), 36_500)
        crossings = past.answer(asked)
    found = shadowed(run, 36_500)
    assert found.total(kind=Class.CROSSING) == crossings.crossing
    assert found.total(Outcome.DENIED, Class.CROSSING) == crossings.crossing
    assert found.total(kind=Class.UNKNOWN) == crossings.unknown
    broken = {
        one.what
        for one in found.lines
        if (one.outcome, one.kind) == (Outcome.DENIED, Class.PERMITTED)
    }
    assert broken == {"dataset:warehouse/metrics.region_day"}
    assert found.total(Outcome.PURPOSE) == 10


# --- what an event touched ------------------------------------------------------------

KNOWN = Scene(
    "b",
    "e",
    "2022-01-01T00:00:00Z",
    "2022-02-01T00:00:00Z",
    Gate(("x",)),
    (),
    {},
    {},
    {
        "dataset:w/t": Dataset({"c": Status.YES}),
        "dataset:w/u": Dataset({"d": Status.YES}),
    },
)
T_C, T_X, U_D, Z = (f"column:w/{one}" for one in ("t.c", "t.x", "u.d", "z.c"))


@pytest.mark.parametrize(
    ("touch", "expected"),
    [
        (Touch(columns=(T_C,), whole=("store:w",)), [(T_C, True), ("store:w", True)]),
        (Touch(part=("dataset:w/t",)), [("dataset:w/t", False)]),
        (Touch(unclear=True), [(UNCLEAR, False)]),
        (Touch(either=((T_C, U_D),)), [(T_C, True)]),
        (Touch(either=((T_X, U_D),)), [(U_D, True)]),
        (Touch(either=((Z, U_D),)), [(Z, False), (U_D, False)]),
        (Touch(either=((T_X,),)), [(T_X, True)]),
        (Touch(either=((SOMEWHERE, T_C),)), [(UNCLEAR, False), (T_C, False)]),
        (Touch(either=((T_C, U_D),), only="dataset:w/u"), []),
        (Touch(either=((T_X, U_D),), only="dataset:w/u"), [(U_D, True)]),
        (Touch(), []),
    ],
)
def test_a_touch_is_surely_or_perhaps_of(
    touch: Touch, expected: list[tuple[str, bool]]
):
    """Columns and wholes surely; parts, and what isn't told, perhaps."""
    assert [*resources(KNOWN, touch)] == expected


def test_what_is_not_told_is_perhaps_denied(tmp_path: Path):
    """An event whose columns the log doesn't tell is counted apart."""
    tags = WAREHOUSE + CROSSING
    other = (
        '{"at":"db","fact":"attribute","id":"column:w/a.b.d","name":"tag",'
        '"source":"db","value":"none"}\n'
        '{"at":"db","fact":"edge","id":"dataset:w/a.b","name":"contains","source":"db",'
        '"value":"column:w/a.b.d"}\n'
    )
    found = replayed(written(tmp_path, PART, warehouse=tags + other))
    assert [one[1:4] for one in shown(found)] == [
        (Outcome.PERHAPS, "excluded", Class.UNKNOWN)
    ]
    text = shadow_text.shadow(found, Screen(160, 9, found.labels))
    assert "1 event, unknown to the audit, may be denied: the log doesn't tell" in text


# --- beside a ledger ------------------------------------------------------------------

SPARED = Decided(
    allowed=False,
    caller="trino",
    columns=(),
    principal="person:ann",
    purpose="",
    reason="excluded",
    reference="",
    resource="dataset:w/a.b",
    salt="00" * 32,
    shadow=True,
    surface="opa",
    time="2022-01-10T08:58:00Z",
    verb="read",
)


def decided(**more: Any) -> Decided:
    """Return a decision in shadow mode: Ann would have been denied the table."""
    fields = {name: getattr(SPARED, name) for name in SPARED.__struct_fields__}
    return Decided(**(fields | more))


ALLOWED = decided(allowed=True, reason="not-excluded", principal="person:bo")
MASKED = decided(allowed=True, reason="masked", time="2022-01-11T08:58:00Z")
ENFORCED = decided(shadow=False, time="2022-01-11T09:00:00Z")


def test_what_was_spared_is_told_by_who_and_what():
    """Requests that are alike are one line; what would be allowed is counted alone."""
    later = decided(time="2022-01-10T09:58:00Z")
    found = lived(Answers((MASKED, later, ALLOWED, SPARED, ENFORCED), lost=1))
    assert [
        (one.outcome, one.reason, one.requests, one.first, one.last)
        for one in found.spared
    ] == [
        (Outcome.DENIED, "excluded", 2, SPARED.time, later.time),
        (Outcome.LESS, "masked", 1, MASKED.time, MASKED.time),
    ]
    assert (found.requests, found.enforced, found.lost) == (4, 1, 1)
    assert (found.first, found.last) == (SPARED.time, MASKED.time)
    totals = [found.total(one) for one in (Outcome.DENIED, Outcome.LESS)]
    assert [*totals, found.total(Outcome.ALLOWED)] == [2, 1, 1]


@pytest.mark.parametrize(("days", "requests"), [(1, 1), (2, 3), (400, 4)])
def test_only_the_last_days_of_a_ledger_are_told(days: int, requests: int):
    """They end with the last decision in shadow mode, whatever was enforced since."""
    old = decided(time="2021-01-10T08:58:00Z")
    late = decided(shadow=False, time="2022-03-01T00:00:00Z")
    found = lived(Answers((old, SPARED, ALLOWED, MASKED, late)), days)
    assert found.requests == requests


def test_a_ledger_without_shadow_decisions_tells_nothing():
    """What was enforced is none of them."""
    found = lived(Answers((ENFORCED,), unread=2, unlogged=3))
    assert (found.requests, found.enforced, found.spared) == (0, 1, ())
    assert (found.first, found.unread, found.unlogged) == ("", 2, 3)


def test_a_ledger_is_told_beside_the_logs(tmp_path: Path):
    """The replay stays as it is, and the worse of both is the exit code."""
    folder = written(tmp_path, BO)
    run = Run(folder, folder / "out", NOW)
    alone = shadowed(run, 60)
    assert (alone.lived, shadow_text.exit_code(alone)) == (None, ExitCode.ALL_UPHELD)
    both = shadowed(run, 60, Answers((SPARED,)))
    assert replace(both, lived=None, labels=alone.labels) == alone
    assert shadow_text.exit_code(both) is ExitCode.REFUTED
    text = shadow_text.shadow(both, Screen(160, 9, both.labels))
    assert text.startswith(shadow_text.shadow(alone, Screen(160, 9, both.labels))[:99])
    assert "1 request, each answered with an allowance; enforced, 1 would be" in text
    assert "  Ann        read  w/a.b  trino   denied  1         2022-01-10" in text
    assert text.endswith("exit 11: something that is done today would be denied\n")
    assert "ledger" in shadow_text.plain(both)
    assert "ledger" not in shadow_text.plain(alone)


def test_a_case_without_logs_has_its_ledger_alone(tmp_path: Path):
    """Nothing is replayed, and the boundary still has to have a gate."""
    gate = "gate: {excluded: [in-cn]}\n"
    write_case(tmp_path / "a", boundary=BOUNDARY + gate)
    run = Run(tmp_path / "a", tmp_path / "out", NOW)
    found = shadowed(run, 60, Answers((ALLOWED,)))
    assert (found.is_replayed, found.scenes) == (False, 0)
    assert shadow_text.exit_code(found) is ExitCode.ALL_UPHELD
    text = shadow_text.shadow(found, Screen(160, 9, found.labels))
    assert "the boundary orders no logs: nothing is replayed" in text
    assert text.endswith("exit 0: nothing that is done today would be otherwise\n")
    with pytest.raises(ConfigError, match="orders no logs"):
        shadowed(run, 60)
    write_case(tmp_path / "b", boundary=BOUNDARY)
    with pytest.raises(ConfigError, match="add `gate:`"):
        shadowed(replace(run, case=tmp_path / "b"), 60, Answers())


def test_what_a_ledger_does_not_tell_is_counted():
    """What is lost, unread, unlogged, or enforced; a stranger's text is made safe."""
    spared = (
        Spared("p\x1b[2J", "d", "read", "c", Outcome.LESS, "rows", 2, "2022", "2022"),
        Spared("q", "d", "read", "c", Outcome.LESS, "masked", 1, "2022", "2022"),
    )
    live = Lived("2022-01-01T", "2022-01-02T", 5, 1, 2, 3, 4, spared)
    whole = Shadow("b", Gate(("x",)), 0, 0, 0, (), {}, live, is_replayed=False)
    text = shadow_text.shadow(whole, Screen(160, 1, {}))
    for told in (
        "5 requests, each answered with an allowance; enforced, 3 would show less and",
        "1 decision of the same days, enforced, not counted here",
        "2 answers may not be in the ledger: nobody knows what was decided",
        "3 entries of the ledger lost what they tell of",
        "4 decisions can't be understood",
        "  1 more: --limit 2, or --format json",
    ):
        assert told in text
    assert "\x1b" not in text
    assert text.endswith(
        "exit 10: something that is done today would be otherwise, or isn't known\n"
    )
    bare = replace(live, spared=(), enforced=0, lost=0, unread=0, unlogged=0)
    nothing = replace(bare, requests=0)
    for one, code in ((bare, ExitCode.ALL_UPHELD), (nothing, ExitCode.UNPROVEN)):
        assert shadow_text.exit_code(replace(whole, lived=one)) is code
    text = shadow_text.shadow(replace(whole, lived=nothing), Screen(160, 1, {}))
    assert "the ledger: nothing was decided in shadow mode" in text


# --- as text --------------------------------------------------------------------------


def test_every_reason_is_explained():
    """No reason that a decision may have is without words."""
    line = Line(
        "p", "t", "d", "read", Outcome.LESS, "", Class.PERMITTED, 1, 0, 1_000_000
    )
    for reason in (*(one.value for one in Reason), "nothing-touched"):
        one = replace(line, reason=reason)
        found = Shadow("b", Gate(("x",)), 0, 86_400_000_000, 1, (one,), {})
        text = shadow_text.shadow(found, Screen(200, 9, {}))
        assert "1 event, permitted to the audit, would show less: " in text


def test_tables_are_cut_to_the_screen():
    """What isn't shown is counted; JSON has all of it."""
    lines = tuple(
        Line(f"p{n}", "", "d", "read", Outcome.DENIED, "no-grant", kind, 1, 0, 0)
        for n in range(4)
        for kind in (Class.PERMITTED, Class.CROSSING)
    )
    found = Shadow("b", Gate(("x",)), 0, 86_400_000_000, 1, lines, {})
    text = shadow_text.shadow(found, Screen(200, 2, {}))
    assert text.count("  2 more: --limit 4, or --format json") == 2
    told = shadow_text.plain(found)
    assert told["lines"] == lines
    assert told["events"] == 8
    totals: Any = told["totals"]
    assert totals["permitted"]["denied"] == 4


def test_what_turns_out_to_touch_nothing_is_allowed(tmp_path: Path):
    """A column that is another dataset's than the line tells of counts nothing."""
    holding = Holding(case(tmp_path, [edge("person:bo", "member_of", "group:g")]))
    touch = Touch(either=((T_C, U_D),), only="dataset:w/u").text()
    judge = Judge(KNOWN, holding)
    told = [
        judge.line(Sum("person:bo", "", touch, "read", kind, 1, 0, 0))
        for kind in (Class.PERMITTED, Class.UNKNOWN)
    ]
    assert {(one.outcome, one.reason, one.what) for one in told} == {
        (Outcome.ALLOWED, "nothing-touched", "")
    }
